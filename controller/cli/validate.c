/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft validate: all problems of a topology file to stderr, one line about it to stdout. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "topology_file.h"

static const char help_text[] =
	"usage: weft validate [-o json] FILE\n"
	"\n"
	"Says everything that is wrong with a topology file, with the lines. FILE may be '-'.\n"
	"\n"
	"  -o, --output json  problems and a summary as JSON on standard output\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 no errors (warnings don't count), 1 errors, 2 wrong usage.\n"
	"See weft-topology(5) for the format.\n";

/* How many objects of each kind a model has. */
struct summary {
	size_t hosts, networks, subnets, routers, nodes;
};

static struct summary summarise(const struct model *model)
{
	struct summary summary = {model->host_count, model->network_count, 0, 0, 0};

	for (size_t i = 0; i < model->network_count; i++) {
		summary.subnets += model->networks[i].subnet_count;
		summary.routers += model->networks[i].router_count;
		summary.nodes += model->networks[i].node_count;
	}
	return summary;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct topology_file *file)
{
	struct summary s = summarise(file->model);
	size_t errors = file->report.errors;
	size_t warnings = file->report.count + file->report.unlisted - errors;

	printf("%s: %zu host%s, %zu network%s, %zu subnet%s, %zu router%s, %zu node%s; ",
	       file->name, s.hosts, plural(s.hosts), s.networks, plural(s.networks), s.subnets,
	       plural(s.subnets), s.routers, plural(s.routers), s.nodes, plural(s.nodes));
	if (errors)
		printf("%zu error%s%s", errors, plural(errors), warnings ? ", " : "");
	if (warnings)
		printf("%zu warning%s", warnings, plural(warnings));
	puts(errors || warnings ? "" : "no problems");
}

static json_t *problem_json(const struct problem *problem)
{
	json_t *object = json_pack("{s:s, s:s}", "severity",
				   problem->severity == SEVERITY_ERROR ? "error" : "warning",
				   "message", problem->message);

	if (problem->at.line) {
		json_object_set_new(object, "line", json_integer(problem->at.line));
		json_object_set_new(object, "column", json_integer(problem->at.column));
		json_object_set_new(object, "length", json_integer(problem->at.length));
	}
	if (problem->help)
		json_object_set_new(object, "help", json_string(problem->help));
	return object;
}

/* Returns 0, or -1 without memory. */
static int print_json(const struct topology_file *file)
{
	const struct problem **problems = report_sorted(&file->report);
	struct summary s = summarise(file->model);
	json_t *list = json_array(), *root;
	int error = -1;

	for (size_t i = 0; problems && problems[i]; i++)
		json_array_append_new(list, problem_json(problems[i]));
	root = json_pack(
		"{s:s, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "file", file->name, "errors",
		(json_int_t)file->report.errors, "warnings",
		(json_int_t)(file->report.count + file->report.unlisted - file->report.errors),
		"objects", "hosts", (json_int_t)s.hosts, "networks", (json_int_t)s.networks,
		"subnets", (json_int_t)s.subnets, "routers", (json_int_t)s.routers, "nodes",
		(json_int_t)s.nodes, "problems", list);
	if (problems && root)
		error = json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	free(problems);
	return error;
}

static int validate_file(const char *file_name, bool json)
{
	struct topology_file file;
	int status = EXIT_FAILED;

	if (topology_file_open(file_name, &file) == 0) {
		if (json)
			status = print_json(&file) == 0 && file.report.errors == 0 &&
						 !file.report.out_of_memory
					 ? EXIT_DONE
					 : EXIT_FAILED;
		else {
			status = topology_file_report(&file) ? EXIT_DONE : EXIT_FAILED;
			print_summary(&file);
		}
	}
	topology_file_clear(&file);
	return status;
}

int command_validate(int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (strcmp(optarg, "json") != 0)
				return command_usage("validate", "output format '%s' is unknown",
						     optarg);
			json = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return EXIT_DONE;
		default:
			return command_usage("validate",
					     "'%s' is no option of it, or lacks its value",
					     argv[optind - 1]);
		}
	}
	if (argc - optind != 1)
		return command_usage("validate", "it takes one FILE");
	return validate_file(argv[optind], json);
}

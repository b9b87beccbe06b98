/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `weft lab`: reads the arguments and runs the subcommand. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lab.h"

static const char help_text[] =
	"usage: weft lab up [--name LAB] [--physical] FILE\n"
	"       weft lab exec [--name LAB] NETWORK/NODE -- COMMAND...\n"
	"       weft lab exec [--name LAB] --host H | --substrate | --manager -- COMMAND...\n"
	"       weft lab apply [--name LAB] FILE\n"
	"       weft lab restart [--name LAB] --host H | --manager\n"
	"       weft lab down [--name LAB]\n"
	"       weft lab list [-o json]\n"
	"\n"
	"Makes a topology file real on this machine: nodes, hosts and the fabric are network namespaces.\n"
	"\n"
	"      --name LAB     which lab, one of many (default: lab)\n"
	"      --physical     from Linux bridges and routers, without weft\n"
	"      --host H       on a host, where `weft` speaks to its weftd\n"
	"      --substrate    on the IPv6 router between the hosts\n"
	"      --manager      where `weft` speaks to the lab's manager\n"
	"  -o, --output json  the list as JSON\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage; exec: that of the command.\n";

/* What the options say. Each subcommand takes some of them; `used` has a letter for each given. */
struct options {
	const char *name, *host, *output;
	bool physical, substrate, manager, help;
	char used[8];
};

static const struct option long_options[] = {
	{"name", required_argument, NULL, 'n'},   {"host", required_argument, NULL, 'H'},
	{"output", required_argument, NULL, 'o'}, {"physical", no_argument, NULL, 'p'},
	{"substrate", no_argument, NULL, 's'},    {"manager", no_argument, NULL, 'm'},
	{"help", no_argument, NULL, 'h'},         {NULL},
};

static bool option_take(struct options *options, int letter)
{
	char text[2] = {(char)letter, '\0'};

	switch (letter) {
	case 'n':
		options->name = optarg;
		break;
	case 'H':
		options->host = optarg;
		break;
	case 'o':
		options->output = optarg;
		break;
	case 'p':
		options->physical = true;
		break;
	case 's':
		options->substrate = true;
		break;
	case 'm':
		options->manager = true;
		break;
	case 'h':
		options->help = true;
		return true;
	default:
		return false;
	}
	if (!strchr(options->used, letter))
		strcat(options->used, text);
	return true;
}

/* Reads the options of a subcommand, which takes those in `letters`. They may also follow arguments,
 * up to a "--"; the arguments are at *ret_rest then. */
static bool options_read(int argc, char **argv, const char *letters, struct options *ret_options,
			 char ***ret_rest)
{
	int letter;

	*ret_options = (struct options){.name = LAB_DEFAULT};
	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1)
		if (!option_take(ret_options, letter))
			return false;
	*ret_rest = argv + optind;
	return ret_options->used[strspn(ret_options->used, letters)] == '\0';
}

static int run_up(struct lab *lab, const struct options *options, char **arguments)
{
	return lab_up(lab, arguments[0], options->physical);
}

static int run_apply(struct lab *lab, const struct options *options, char **arguments)
{
	return lab_apply(lab, arguments[0]);
}

static int run_down(struct lab *lab, const struct options *options, char **arguments)
{
	return lab_down(lab);
}

static int run_list(struct lab *lab, const struct options *options, char **arguments)
{
	if (options->output && strcmp(options->output, "json") != 0)
		return command_usage("lab", "'%s' is no format: -o json is the only one",
				     options->output);
	return lab_list(options->output);
}

static int run_restart(struct lab *lab, const struct options *options, char **arguments)
{
	if (!options->host == !options->manager)
		return command_usage("lab", "restart takes either --host H or --manager");
	return lab_restart(lab, options->host);
}

static int run_exec(struct lab *lab, const struct options *options, char **arguments)
{
	int places = !!options->host + options->substrate + options->manager;
	enum lab_place place = options->host        ? PLACE_HOST
			       : options->substrate ? PLACE_SUBSTRATE
			       : options->manager   ? PLACE_MANAGER
						    : PLACE_NODE;
	const char *who = place == PLACE_NODE ? arguments[0] : options->host;

	if (places == 0 && *arguments)
		arguments++;
	if (places > 1 || !*arguments)
		return command_usage(
			"lab",
			"exec takes one of NETWORK/NODE, --host H, --substrate or --manager, "
			"then -- and a command");
	return lab_exec(lab, place, who, arguments);
}

static const struct subcommand {
	const char *name;
	int (*run)(struct lab *lab, const struct options *options, char **arguments);
	const char *letters; /* of the options that it takes */
	int arguments; /* how many, -1: the command's own matter */
} subcommands[] = {
	{"up", run_up, "np", 1},        {"apply", run_apply, "n", 1},
	{"exec", run_exec, "nHsm", -1}, {"down", run_down, "n", 0},
	{"list", run_list, "o", 0},     {"restart", run_restart, "nHm", 0},
};

static const struct subcommand *subcommand_find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

static int count(char **arguments)
{
	int n = 0;

	while (arguments[n])
		n++;
	return n;
}

static int help(void)
{
	fputs(help_text, stdout);
	return EXIT_DONE;
}

int command_lab(int argc, char **argv)
{
	const struct subcommand *subcommand = subcommand_find(argv[1]);
	struct options options;
	struct lab lab;
	char **rest;

	if (argv[1] && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help();
	if (argv[1] && strcmp(argv[1], "compare") == 0)
		return lab_compare(argc - 1, argv + 1);
	if (!subcommand)
		return command_usage("lab", "%s%s%s", argv[1] ? "'" : "",
				     argv[1] ? argv[1] : "what",
				     argv[1] ? "' is none of its subcommands" : " shall it do?");
	if (!options_read(argc - 1, argv + 1, subcommand->letters, &options, &rest))
		return command_usage("lab", "an option of %s is unknown or lacks its value",
				     subcommand->name);
	if (options.help)
		return help();
	if (subcommand->arguments >= 0 && count(rest) != subcommand->arguments)
		return command_usage("lab", "%s takes %s", subcommand->name,
				     subcommand->arguments ? "one file" : "no arguments");
	if (lab_name(&lab, options.name) < 0)
		return EXIT_USAGE;
	return subcommand->run(&lab, &options, rest);
}

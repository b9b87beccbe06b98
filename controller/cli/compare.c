/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `weft lab compare`: the same file as an emulated lab and as its physical twin, the same packets
 * through both, and whatever the nodes receive compared octet by octet.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "compare_labs.h"
#include "compare_report.h"
#include "compare_topology.h"
#include "compare_wire.h"
#include "controller/topology.h"
#include "controller/validate.h"
#include "lab_topology.h"

#define PACKETS_DEFAULT 1000
#define FRAMES_SENSIBLE 4 /* there must be a frame to compare for so many packets */

struct compare_options {
	const char *file, *name;
	uint64_t seed;
	uint32_t packets, probe;
	bool random, print, physical, json, all;
};

static const struct option long_options[] = {
	{"seed", required_argument, NULL, 's'},   {"packets", required_argument, NULL, 'p'},
	{"probe", required_argument, NULL, 'b'},  {"name", required_argument, NULL, 'n'},
	{"output", required_argument, NULL, 'o'}, {"random", no_argument, NULL, 'r'},
	{"print", no_argument, NULL, 't'},        {"physical", no_argument, NULL, 'y'},
	{"all", no_argument, NULL, 'a'},          {NULL},
};

static bool number_parse(const char *text, uint64_t max, uint64_t *ret_number)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || number > max)
		return false;
	*ret_number = number;
	return true;
}

/* Reads one option; false if its value is no good. */
static bool option_take(struct compare_options *options, int letter)
{
	uint64_t number;

	switch (letter) {
	case 's':
		return number_parse(optarg, UINT64_MAX, &options->seed);
	case 'p':
	case 'b':
		if (!number_parse(optarg, PROBES_MAX, &number) || number == 0)
			return false;
		*(letter == 'p' ? &options->packets : &options->probe) = (uint32_t)number;
		return true;
	case 'n':
		options->name = optarg;
		return true;
	case 'o':
		options->json = true;
		return strcmp(optarg, "json") == 0;
	case 'r':
		options->random = true;
		return true;
	case 't':
		options->print = true;
		return true;
	case 'a':
		options->all = true;
		return true;
	case 'y':
		options->physical = true;
		return true;
	default:
		return false;
	}
}

static bool options_read(int argc, char **argv, struct compare_options *options)
{
	int letter;

	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1)
		if (!option_take(options, letter))
			return false;
	if (argc - optind != !options->random || (options->print && !options->random))
		return false;
	options->file = argv[optind];
	return options->probe <= options->packets;
}

/* ---- the topology ------------------------------------------------------------------------------ */

/* As lab_topology_open(), of a random topology. Says nothing of its flaws: they are meant. */
static int random_open(const struct lab *lab, uint64_t seed, struct topology_file *ret_file)
{
	struct topology_file file = {.name = "the random topology",
				     .text = topology_generate(seed)};
	int error = file.text ? 0 : -ENOMEM;

	if (!error) {
		file.size = strlen(file.text);
		error = topology_read(file.text, file.size, &file.report, &file.model);
	}
	if (!error) {
		model_validate(file.model, &file.report);
		if (file.report.errors && !topology_file_report(&file))
			error = -EINVAL;
	}
	if (!error)
		error = model_allocate(file.model, NULL);
	if (error) {
		topology_file_clear(&file);
		return lab_fail(lab, error, "seed %" PRIu64 " gives no topology: %s", seed,
				strerror(-error));
	}
	*ret_file = file;
	return 0;
}

static int random_print(uint64_t seed)
{
	char *text = topology_generate(seed);

	if (text)
		fputs(text, stdout);
	else
		fputs("weft lab compare: no memory for a random topology\n", stderr);
	free(text);
	return text ? EXIT_DONE : EXIT_FAILED;
}

/* ---- the result -------------------------------------------------------------------------------- */

/* What to type to do the same again. */
static void command_words(const struct compare_options *options, char *words, size_t size)
{
	snprintf(words, size, "weft lab compare %s --seed %" PRIu64 " --packets %u%s",
		 options->random ? "--random" : options->file, options->seed, options->packets,
		 options->physical ? " --physical" : "");
}

static void result_print(const struct compare_options *options, const struct wire *wire,
			 const struct comparison *comparison)
{
	if (options->json)
		printf("{\"seed\": %" PRIu64 ", \"packets\": %zu, \"frames\": %zu, \"equal\": %zu, "
		       "\"differences\": %zu}\n",
		       options->seed, wire->probes, comparison->twin, comparison->equal,
		       comparison->difference_count);
	else
		printf("seed %" PRIu64 ": %zu packets from %zu nodes, %zu frames compared, "
		       "%zu differences\n",
		       options->seed, wire->probes, wire->count / SIDES, comparison->twin,
		       comparison->difference_count);
}

/* Compares and reports; the exit status. */
static int judge(const struct compare_options *options, const struct model *model,
		 const struct probe_list *probes, struct wire *wire)
{
	struct comparison comparison;
	char command[1024];
	int status = EXIT_FAILED;

	if (sightings_compare(model, probes, &wire->sightings, &comparison) < 0) {
		fputs("weft lab compare: no memory to compare\n", stderr);
		return status;
	}
	command_words(options, command, sizeof(command));
	comparison_report(stderr, model, probes, &comparison,
			  options->all ? SIZE_MAX : REPORT_DIFFERENCES, command);
	result_print(options, wire, &comparison);
	if (comparison.difference_count)
		fprintf(stderr, "weft lab compare: the labs differ; again: %s\n", command);
	else if (!options->probe && comparison.equal * FRAMES_SENSIBLE < wire->probes)
		fprintf(stderr,
			"weft lab compare: only %zu frames came of %zu packets, which proves little; "
			"again: %s\n",
			comparison.equal, wire->probes, command);
	else
		status = EXIT_DONE;
	comparison_clear(&comparison);
	return status;
}

/* ---- the command ------------------------------------------------------------------------------- */

static int compare_in_labs(const struct compare_options *options, const struct topology_file *file,
			   const struct probe_list *probes, const char *name)
{
	struct compare_labs labs;
	struct wire wire = {0};
	int status = EXIT_FAILED;
	int error = compare_labs_open(name, file, options->physical, &labs);

	if (!error) {
		lab_signals_catch();
		error = wire_open(&labs, file->model, &wire);
	}
	if (!error)
		error = wire_run(&wire, probes, options->probe);
	if (error == -EINTR)
		fputs("weft lab compare: interrupted\n", stderr);
	wire_unplug(&wire);
	if (compare_labs_close(&labs) < 0)
		error = -EIO;
	if (!error)
		status = judge(options, file->model, probes, &wire);
	wire_close(&wire);
	return status;
}

static int compare(const struct compare_options *options)
{
	char own_name[32];
	const char *name = options->name ? options->name : own_name;
	struct topology_file file;
	struct probe_list probes;
	struct lab lab;
	int status = EXIT_FAILED;
	int error;

	snprintf(own_name, sizeof(own_name), "compare-%d", getpid());
	if (lab_name(&lab, name) < 0)
		return EXIT_USAGE;
	if (options->random)
		error = random_open(&lab, options->seed, &file);
	else
		error = lab_topology_open(&lab, options->file, &file);
	if (error)
		return EXIT_FAILED;
	error = probes_generate(file.model, options->seed, options->packets, &probes);
	if (!error) {
		status = compare_in_labs(options, &file, &probes, name);
		probes_clear(&probes);
	} else {
		fprintf(stderr, "weft lab compare: nothing can be sent: %s\n",
			error == -EINVAL ? "the topology has no nodes" : strerror(-error));
	}
	topology_file_clear(&file);
	return status;
}

int lab_compare(int argc, char **argv)
{
	struct compare_options options = {.seed = 1, .packets = PACKETS_DEFAULT};

	if (!options_read(argc, argv, &options))
		return command_usage("lab",
				     "compare takes FILE, or --random [--print]; and [--seed N] "
				     "[--packets N] [--probe N] [--all] [--physical] [--name L] "
				     "[-o json]");
	return options.print ? random_print(options.seed) : compare(&options);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft, the operator's command: finds the command by its name and runs it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "controller/version.h"

static const struct command commands[] = {
	{"validate", command_validate, "[-o json] FILE", "what is wrong with a topology file"},
	{"address", command_address, "encode|decode ...", "substrate addresses by hand"},
	{"apply", command_apply, "[-o json] FILE", "make the manager's state what a file says"},
	{"diff", command_diff, "[-o json] FILE", "what apply would change"},
	{"delete", command_delete, "[-o json] network NAME", "delete a virtual network"},
	{"get", command_get, "[-o json] KIND",
	 "hosts, networks, subnets, routers, nodes, mappings"},
	{"status", command_status, "[-o json]", "this host's weftd: manager, ports, cache"},
	{"stats", command_stats, "[-a] [-o json]", "this host's packets by reason"},
	{"lab", command_lab, "up|exec|compare|down|...",
	 "a topology as network namespaces on this machine"},
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int command_usage(const char *name, const char *message, ...)
{
	const struct command *command = command_find(name);
	va_list arguments;

	fprintf(stderr, "weft %s: ", name);
	va_start(arguments, message);
	vfprintf(stderr, message, arguments);
	va_end(arguments);
	fprintf(stderr, "\nusage: weft %s %s\n", name, command ? command->arguments : "");
	return EXIT_USAGE;
}

static void help(FILE *stream)
{
	fputs("usage: weft COMMAND ...\n\n", stream);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stream, "  %-10s%-26s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
	fputs("\nExit status: 0 done, 1 refused or failed, 2 wrong usage. See weft(1).\n", stream);
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("weft " WEFT_VERSION);
		return EXIT_DONE;
	}
	command = command_find(argv[1]);
	if (!command) {
		fprintf(stderr, "weft: '%s' is no command; `weft --help` lists them\n", argv[1]);
		return EXIT_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commands of `weft`, one file each. A command gets its own arguments (argv[0] is its name) and
 * returns the exit status. It prints errors itself, to stderr, one sentence: object, cause,
 * consequence.
 */
#ifndef WEFT_COMMAND_H
#define WEFT_COMMAND_H

#define EXIT_DONE   0
#define EXIT_FAILED 1 /* refused or failed */
#define EXIT_USAGE  2

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments; /* as in usage: "FILE" */
	const char *summary; /* one line */
};

int command_validate(int argc, char **argv);
int command_address(int argc, char **argv);
int command_apply(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_get(int argc, char **argv);
int command_delete(int argc, char **argv);
int command_status(int argc, char **argv);
int command_stats(int argc, char **argv);
int command_lab(int argc, char **argv);

/* Complains about wrong usage of the command: the sentence, then its usage. Returns EXIT_USAGE. */
int command_usage(const char *command, const char *message, ...)
	__attribute__((format(printf, 2, 3)));

#endif

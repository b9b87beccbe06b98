/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the commands that ask a daemon share: finding its socket, asking, showing errors, and tables.
 * The sockets are those that WEFT_MANAGER and WEFT_AGENT name, else those of a host's own daemons.
 */
#ifndef WEFT_CLIENT_H
#define WEFT_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum daemon { DAEMON_MANAGER, DAEMON_AGENT };

/* A request: the verb, NULL-terminated arguments, and for those that take one the topology file. */
struct client_request {
	enum daemon daemon;
	const char *verb;
	const char *const *arguments; /* or NULL */
	const char *file_name; /* or NULL */
	const char *text;
	size_t size;
};

/*
 * Asks, shows the errors of the reply on stderr, and returns the exit status. When that is 0
 * *ret_answer is the reply's JSON, which the caller releases with json_decref(), else NULL.
 */
int client_ask(const struct client_request *request, json_t **ret_answer);

/* Prints a document on standard output as `-o json` does. Returns the exit status. */
int client_print_json(const json_t *document);

/* Prints an array of objects as a table: the keys of the first are its head, in their order. */
void client_print_table(const json_t *rows);

/*
 * Reads the options that these commands have in common: -o json and -h. Returns an exit status to
 * leave with, or -1, then argv[optind] is the first argument.
 */
int client_options(int argc, char **argv, const char *help, bool *ret_json);

#endif

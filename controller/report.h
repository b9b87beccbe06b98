/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wrong with a topology file: a list of problems with their places, shown in the file's
 * order with the line and the place underlined.
 *
 *   shop.yaml:26:40: error: 10.0.1.10 is outside subnet 'db' (10.0.2.0/24)
 *     26 |       db-1:  {host: h2, subnet: db, v4: 10.0.1.10}
 *        |                                         ^^^^^^^^^
 *     help: subnet 'web' contains this address
 */
#ifndef WEFT_REPORT_H
#define WEFT_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "model.h"

#define REPORT_PROBLEMS_MAX 1000 /* more are only counted: nobody reads them */

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct problem {
	enum severity severity;
	struct position at;
	char *message; /* one sentence without a full stop */
	char *help; /* or NULL */
};

struct report {
	struct problem *problems;
	size_t count, capacity;
	size_t errors; /* how many of them, listed or not, are errors */
	size_t unlisted; /* problems beyond REPORT_PROBLEMS_MAX */
	int out_of_memory; /* a problem got lost: treat as an error */
};

/* Adds a problem; `message` is a printf format. It is kept in memory of the report's own. */
void report_error(struct report *report, struct position at, const char *message, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, struct position at, const char *message, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a line of help to the problem reported last. */
void report_help(struct report *report, const char *help, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Prints all problems in the order of their places. `text` (of `size` octets) is the file's content,
 * for the lines shown; `file_name` is what the messages call it.
 */
void report_print(const struct report *report, FILE *stream, const char *file_name,
		  const char *text, size_t size);

/* The problems in the order of their places, ended by NULL; the caller frees the array. NULL: no memory. */
const struct problem **report_sorted(const struct report *report);

/* Where an octet of the text stands; lines end as in YAML 1.1. */
struct position report_position(const char *text, size_t size, size_t octet);

/* The text without a byte order mark, which has no column. Takes it off *size too. */
const char *report_skip_mark(const char *text, size_t *size);

/* Frees what the report owns and makes it empty. */
void report_clear(struct report *report);

#endif

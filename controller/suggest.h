/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What somebody may have meant who wrote a name that doesn't exist: help for a report. */
#ifndef WEFT_SUGGEST_H
#define WEFT_SUGGEST_H

#include "report.h"

/* An array of structs that begin with a name: `char *name`. */
struct names {
	const void *first;
	size_t count;
	size_t stride; /* octets from one to the next */
};

#define NAMES_OF(array, length) \
	((struct names){.first = (array), .count = (length), .stride = sizeof((array)[0])})

/*
 * Adds help to the problem reported last: the name that is closest to `wrong`, or all names if they
 * are few. `plural` says what they are: "hosts".
 */
void suggest_name(struct report *report, const char *wrong, const char *plural,
		  const struct names *names);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON written straight into a text, for what is written a hundred thousand times in a row, or read by
 * libyaml afterwards. jansson is the one for reading and for answers.
 */
#ifndef WEFT_JSON_TEXT_H
#define WEFT_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* All zero is an empty text. */
struct json_text {
	char *octets; /* NUL-terminated once something was added */
	size_t length, capacity;
	bool out_of_memory; /* something is missing */
};

/* Adds text as it is. */
void json_add(struct json_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void json_add_raw(struct json_text *text, const char *octets);

/*
 * Adds a string in quotes. Its characters are kept such that YAML reads them as well: what is not
 * printable ASCII is escaped, as far as JSON's \u without surrogates goes. UTF-8.
 */
void json_add_string(struct json_text *text, const char *string);

/* Adds a value made of objects, arrays, strings and integers. */
void json_add_value(struct json_text *text, const json_t *value);

/* Makes it empty, and keeps the memory. */
void json_text_reset(struct json_text *text);

/* Frees the memory and makes it empty. */
void json_text_clear(struct json_text *text);

#endif

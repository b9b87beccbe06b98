/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A short cut for large topology files, most of which are nodes on a line each:
 *
 *       web-1: {host: h1, subnet: web, v4: 10.0.1.10}
 *
 * Such lines are found here and taken out; all the rest is left to libyaml, which takes ten times as
 * long for a line. What is taken out is what libyaml would read in just the same way: a file in which
 * anything could make that doubtful (a quote or bracket that is open at the end of a line, a block
 * scalar, an anchor, odd indentation) is left to libyaml as a whole. Used by topology*.c only.
 */
#ifndef WEFT_TOPOLOGY_LINES_H
#define WEFT_TOPOLOGY_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

enum { NODE_HOST, NODE_SUBNET, NODE_V4, NODE_MAC, NODE_INTERFACE, NODE_GATEWAY, NODE_FIELDS };

/* The keys of a node, also for topology_objects.c. */
extern const char *const node_field_names[NODE_FIELDS];

/* A piece of a line. */
struct span {
	uint32_t at; /* octet of the text where it begins, behind a quote */
	uint16_t length; /* octets; 0: not given */
	uint16_t quotes; /* 1 if it stands between quotes, else 0 */
};

struct node_line {
	uint32_t line; /* from 1 */
	uint32_t network_line; /* where the key of its network stands */
	uint32_t begins; /* octet of the text */
	struct span name, values[NODE_FIELDS];
};

/* All zero is none. */
struct topology_lines {
	struct node_line *list;
	size_t count;
	char *rest; /* the text, with empty lines instead */
	size_t rest_size;
};

/* Finds them. Returns 0, also if there are none, or -ENOMEM. The caller calls topology_lines_clear(). */
int topology_lines_find(const char *text, size_t size, struct topology_lines *ret_lines);
void topology_lines_clear(struct topology_lines *lines);

/* Copies a piece of the text, ended by NUL. */
#define SPAN_OCTETS_MAX 63
const char *span_text(const char *text, const struct span *span, char copy[SPAN_OCTETS_MAX + 1]);

/* Where a piece of a line stands; line 0 if it isn't given. */
struct position span_position(const struct node_line *line, const struct span *span);

#endif

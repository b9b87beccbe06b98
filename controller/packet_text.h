/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes Ethernet frames apart for people: a list of fields, layer by layer, as deep as the octets go, what
 * an ICMP error quotes included. Frames may be anything: what is cut short is shown as far as it
 * goes. Pure.
 */
#ifndef WEFT_PACKET_TEXT_H
#define WEFT_PACKET_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct packet_field {
	char layer[16]; /* "Ethernet", "IPv4", "quoted UDP", "data" */
	char name[24]; /* "TTL"; of data: its first octet's place */
	char value[64];
};

struct packet_fields {
	struct packet_field *fields;
	size_t count;
};

/* Lists the fields of a frame. Returns 0 and a list that the caller clears, or -ENOMEM. */
int packet_fields(const void *frame, size_t length, struct packet_fields *ret_fields);
void packet_fields_clear(struct packet_fields *fields);

/* Prints a frame, a layer after the other; each line begins with `indent`. */
void packet_print(FILE *out, const char *indent, const void *frame, size_t length);

/* A frame and what the column is called that shows it. */
struct packet_column {
	const char *title;
	const void *frame;
	size_t length;
};

/*
 * Prints two frames beside each other, a line for each field. A '*' in front marks those that
 * differ; of payload only the rows that do are shown.
 */
void packet_print_both(FILE *out, const char *indent, const struct packet_column *left,
		       const struct packet_column *right);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From fields to text: one frame, or two beside each other. See packet_text.h. */
#include <stdbool.h>
#include <string.h>

#include "packet_text.h"

#define LINE_COLUMNS        100
#define DATA_ROWS           2 /* of payload that packet_print() shows */
#define DATA_ROWS_DIFFERING 8 /* that packet_print_both() shows */

static bool field_is_data(const struct packet_field *field)
{
	return field->name[0] == '+';
}

static bool same_layer(const struct packet_field *a, const struct packet_field *b)
{
	return strcmp(a->layer, b->layer) == 0;
}

static bool same_key(const struct packet_field *a, const struct packet_field *b)
{
	return same_layer(a, b) && strcmp(a->name, b->name) == 0;
}

/* ---- one frame --------------------------------------------------------------------------------- */

/* Prints the fields of one layer from `first` on, in as many lines as it takes; returns the next. */
static size_t print_layer(FILE *out, const char *indent, const struct packet_fields *list,
			  size_t first)
{
	const struct packet_field *head = &list->fields[first];
	int column = fprintf(out, "%s%-15s", indent, head->layer);
	size_t i = first, rows = 0;

	for (; i < list->count && same_layer(&list->fields[i], head); i++) {
		const struct packet_field *field = &list->fields[i];
		int width = (int)(strlen(field->name) + strlen(field->value)) + 3;

		if (field_is_data(field) && rows++ >= DATA_ROWS)
			continue;
		if (i > first && (column + width > LINE_COLUMNS || field_is_data(field)))
			column = fprintf(out, "\n%s%-15s", indent, "") - 1;
		else if (i > first)
			column += fprintf(out, ",");
		column += fprintf(out, " %s %s", field->name, field->value);
	}
	fputs(rows > DATA_ROWS ? " ...\n" : "\n", out);
	return i;
}

void packet_print(FILE *out, const char *indent, const void *frame, size_t length)
{
	struct packet_fields list;

	if (packet_fields(frame, length, &list) < 0) {
		fprintf(out, "%s(no memory to show it)\n", indent);
		return;
	}
	for (size_t i = 0; i < list.count;)
		i = print_layer(out, indent, &list, i);
	packet_fields_clear(&list);
}

/* ---- two frames -------------------------------------------------------------------------------- */

/* `rows` counts those of payload. */
static void print_row(FILE *out, const char *indent, const struct packet_field *left,
		      const struct packet_field *right, size_t *rows)
{
	const struct packet_field *key = left ? left : right;
	bool equal = left && right && strcmp(left->value, right->value) == 0;
	int width = field_is_data(key) ? 47 : 30;

	if (field_is_data(key) && (equal || (*rows)++ >= DATA_ROWS_DIFFERING))
		return;
	fprintf(out, "%s%c %-13s %-17s %-*s  %s\n", indent, equal ? ' ' : '*', key->layer,
		key->name, width, left ? left->value : "-", right ? right->value : "-");
}

/* The place of a field with that key, from `first` on; the list's end if there is none. */
static size_t key_find(const struct packet_fields *list, size_t first,
		       const struct packet_field *key)
{
	while (first < list->count && !same_key(&list->fields[first], key))
		first++;
	return first;
}

static void print_rows(FILE *out, const char *indent, const struct packet_fields *left,
		       const struct packet_fields *right)
{
	size_t l = 0, r = 0, rows = 0;

	while (l < left->count) {
		size_t match = key_find(right, r, &left->fields[l]);

		if (match == right->count) {
			print_row(out, indent, &left->fields[l++], NULL, &rows);
			continue;
		}
		while (r < match)
			print_row(out, indent, NULL, &right->fields[r++], &rows);
		print_row(out, indent, &left->fields[l++], &right->fields[r++], &rows);
	}
	while (r < right->count)
		print_row(out, indent, NULL, &right->fields[r++], &rows);
	if (rows > DATA_ROWS_DIFFERING)
		fprintf(out, "%s  and %zu more rows of data\n", indent, rows - DATA_ROWS_DIFFERING);
}

void packet_print_both(FILE *out, const char *indent, const struct packet_column *left,
		       const struct packet_column *right)
{
	struct packet_fields left_list, right_list;

	if (packet_fields(left->frame, left->length, &left_list) < 0) {
		fprintf(out, "%s(no memory to show them)\n", indent);
		return;
	}
	if (packet_fields(right->frame, right->length, &right_list) < 0) {
		fprintf(out, "%s(no memory to show them)\n", indent);
	} else {
		fprintf(out, "%s  %-31s %-30s  %s\n", indent, "", left->title, right->title);
		print_rows(out, indent, &left_list, &right_list);
		packet_fields_clear(&right_list);
	}
	packet_fields_clear(&left_list);
}

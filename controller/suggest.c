/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the closest of many names by edit distance, with bounds: a file may be wrong everywhere. */
#include <string.h>

#include "suggest.h"

#define DISTANCE_MAX    2
#define COMPARED_MAX    2000 /* names looked at for one problem */
#define SUGGESTIONS_MAX 200 /* problems of one report that get a suggestion */
#define LISTED_MAX      8 /* names that are listed when none is close */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (one character in, out, changed, or two swapped) from one name to the other. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][MODEL_NAME_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = smaller(above[j], row[j - 1]) + 1;
			row[j] = smaller(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

static const char *name_at(const struct names *names, size_t i)
{
	return *(char *const *)((const char *)names->first + i * names->stride);
}

static const char *closest_name(const char *wrong, const struct names *names)
{
	size_t length = strlen(wrong), nearest = DISTANCE_MAX + 1;
	const char *closest = NULL;

	if (length > MODEL_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < smaller(names->count, COMPARED_MAX); i++) {
		const char *name = name_at(names, i);
		size_t name_length = strlen(name), distance;

		/* A name of which half would change is not what was meant. */
		if (name_length > MODEL_NAME_MAX || name_length > length + DISTANCE_MAX ||
		    length > name_length + DISTANCE_MAX)
			continue;
		distance = edit_distance(wrong, length, name, name_length);
		if (distance * 2 < name_length && distance < nearest) {
			nearest = distance;
			closest = name;
		}
	}
	return closest;
}

void suggest_name(struct report *report, const char *wrong, const char *plural,
		  const struct names *names)
{
	char list[LISTED_MAX * (MODEL_NAME_MAX + 5)] = "";
	const char *closest;

	if (report->count > SUGGESTIONS_MAX)
		return;
	closest = closest_name(wrong, names);
	if (closest) {
		report_help(report, "did you mean '%s'?", closest);
		return;
	}
	if (names->count == 0 || names->count > LISTED_MAX)
		return;
	for (size_t i = 0; i < names->count; i++) {
		strcat(list, i ? ", '" : "'");
		strncat(list, name_at(names, i), MODEL_NAME_MAX);
		strcat(list, "'");
	}
	report_help(report, "%s: %s", plural, list);
}

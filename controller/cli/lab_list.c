/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `weft lab list`: every lab of this machine, the debris of killed runs too. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lab.h"
#include "lab_netns.h"

static int label_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a copy of a name of `length` to a list that ends with NULL. */
static char **labels_add(char **labels, size_t *count, const char *name, size_t length)
{
	char **grown = labels ? reallocarray(labels, *count + 2, sizeof(*grown)) : NULL;

	if (!grown || !(grown[*count] = strndup(name, length))) {
		netns_names_free(grown ? grown : labels);
		return NULL;
	}
	grown[++*count] = NULL;
	return grown;
}

/* The names of all labs that have a directory or a namespace, some twice; sorted. NULL: no memory. */
static char **labels_find(void)
{
	char **spaces = netns_names("weft:");
	char **labels = spaces ? calloc(1, sizeof(*labels)) : NULL;
	DIR *directory = opendir(LAB_DIRECTORY);
	struct dirent *entry;
	size_t count = 0;

	while (labels && directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			labels = labels_add(labels, &count, entry->d_name, strlen(entry->d_name));
	for (size_t i = 0; labels && spaces[i]; i++)
		labels = labels_add(labels, &count, spaces[i] + strlen("weft:"),
				    strcspn(spaces[i] + strlen("weft:"), ":"));
	if (directory)
		closedir(directory);
	netns_names_free(spaces);
	if (labels)
		qsort(labels, count, sizeof(*labels), label_compare);
	return labels;
}

static json_t *lab_describe(const struct lab *lab, enum lab_state state,
			    const struct lab_record *record)
{
	if (state == LAB_DEBRIS)
		return json_pack("{s:s, s:s}", "name", lab->name, "state", "incomplete");
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "name", lab->name, "state", "up", "kind",
			 record->physical ? "physical" : "emulated", "file", record->file, "hosts",
			 (json_int_t)record->hosts, "nodes", (json_int_t)record->nodes);
}

static void print_table(const json_t *labs)
{
	json_t *lab;
	size_t i;

	printf("%-20s%-12s%-10s%6s%7s  %s\n", "LAB", "STATE", "KIND", "HOSTS", "NODES", "FILE");
	json_array_foreach((json_t *)labs, i, lab)
	{
		const char *name, *state, *kind = "-", *file = "-";
		json_int_t hosts = 0, nodes = 0;

		if (json_unpack(lab, "{s:s, s:s, s?s, s?s, s?I, s?I}", "name", &name, "state",
				&state, "kind", &kind, "file", &file, "hosts", &hosts, "nodes",
				&nodes) == 0)
			printf("%-20s%-12s%-10s%6lld%7lld  %s\n", name, state, kind,
			       (long long)hosts, (long long)nodes, file);
	}
}

int lab_list(bool json)
{
	json_t *labs = json_array();
	char **labels = labels_find();

	for (size_t i = 0; labels && labels[i]; i++) {
		struct lab lab = {.lock = -1};
		struct lab_record record;
		enum lab_state state;

		if (i > 0 && strcmp(labels[i], labels[i - 1]) == 0)
			continue;
		snprintf(lab.name, sizeof(lab.name), "%s", labels[i]);
		state = lab_inspect(&lab, &record);
		if (state != LAB_ABSENT)
			json_array_append_new(labs, lab_describe(&lab, state, &record));
	}
	if (!labs || !labels) {
		fputs("weft lab: no memory for the list of labs\n", stderr);
	} else if (json) {
		json_t *object = json_pack("{s:O}", "labs", labs);

		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
	} else {
		print_table(labs);
	}
	netns_names_free(labels);
	json_decref(labs);
	return labs && labels ? EXIT_DONE : EXIT_FAILED;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A topology file that a command was given: its content, its model and what is wrong with it. */
#ifndef WEFT_TOPOLOGY_FILE_H
#define WEFT_TOPOLOGY_FILE_H

#include "controller/model.h"
#include "controller/report.h"

struct topology_file {
	const char *name; /* as messages call it */
	char *text;
	size_t size;
	struct model *model;
	struct report report;
};

/*
 * Reads a file ("-": standard input), its model, and validates it. Returns 0, also when there are
 * problems (see ret_file->report); or -errno after saying on stderr why the file couldn't be read.
 * `file_name` is kept by reference. To be cleared with topology_file_clear() either way.
 */
int topology_file_open(const char *file_name, struct topology_file *ret_file);

/* Only reads the file's content, for those who leave judging it to the manager. Otherwise the same. */
int topology_file_load(const char *file_name, struct topology_file *ret_file);

void topology_file_clear(struct topology_file *file);

/* Prints the problems, if any, to stderr. Returns true when there is no error among them. */
bool topology_file_report(const struct topology_file *file);

#endif

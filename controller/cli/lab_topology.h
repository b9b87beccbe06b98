/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The topology file of a lab: completed, so that a blueprint can be made of it. */
#ifndef WEFT_LAB_TOPOLOGY_H
#define WEFT_LAB_TOPOLOGY_H

#include "lab.h"
#include "topology_file.h"

/*
 * Reads a file without errors and gives its model what model_allocate() gives; problems go to stderr.
 * Returns 0 and a file that the caller clears, or -errno.
 */
int lab_topology_open(const struct lab *lab, const char *name, struct topology_file *ret_file);

/* Reads the copy that the lab has of its file. */
int lab_topology_reopen(const struct lab *lab, struct topology_file *ret_file);

/* What lab.json is to say of a lab of this file. */
struct lab_record lab_topology_record(const struct topology_file *file, bool physical);

#endif

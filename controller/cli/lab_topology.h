/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The topology file of a lab. */
#ifndef WEFT_LAB_TOPOLOGY_H
#define WEFT_LAB_TOPOLOGY_H

#include "lab.h"

struct lab_topology {
	char path[PATH_MAX]; /* absolute */
	char *text;
	size_t size;
	struct model *model; /* complete: model_allocate() has been called */
};

/*
 * Reads and judges a file; all problems, warnings too, go to stderr. Returns 0 and a topology that the
 * caller clears, or -errno.
 */
int lab_topology_read(const struct lab *lab, const char *file, struct lab_topology *ret_topology);
void lab_topology_clear(struct lab_topology *topology);

/* The computing nodes of all networks. */
size_t lab_topology_nodes(const struct lab_topology *topology);

#endif

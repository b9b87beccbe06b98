/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random topologies to compare: what people build, and what they get wrong. Up to 8 routers in trees, rings,
 * stars and meshes, several on a subnet; routes that lack, detour, loop or cover a part of a subnet;
 * MTUs that differ; nodes on one host or several. Pure: a seed always gives the same.
 */
#ifndef WEFT_COMPARE_TOPOLOGY_H
#define WEFT_COMPARE_TOPOLOGY_H

#include <stdio.h>

#include "compare_random.h"
#include "controller/model.h"

/* A valid topology (which may deserve warnings) as the text of a file that the caller frees; NULL: no memory. */
char *topology_generate(uint64_t seed);

/* ---- for the files of the generator ------------------------------------------------------------- */

/* What is being made. */
struct draft {
	struct random random;
	struct model *model;
	struct network *network; /* the one that is being made */
	uint32_t blocks; /* prefixes given so far */
	uint32_t half; /* the upper half of the last prefix's /24, if free: another /25 */
	bool failed; /* no memory */
};

/* An address of the subnet (index) that nobody has, or 0 if there is none. */
uint32_t draft_address(struct draft *draft, uint32_t subnet);

/* Gives the network's routers their routes: the shortest ways, then some flaws. */
void draft_routes(struct draft *draft);

/* Writes a model as a topology file. */
void topology_write(FILE *out, const struct model *model);

#endif

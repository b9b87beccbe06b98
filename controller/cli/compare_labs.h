/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two labs of a comparison, and what has to be quiet in them: the nodes' own stacks, which would
 * answer probes, and the ARP of the twin's routers. Functions return 0 or -errno and have then told
 * stderr what failed.
 */
#ifndef WEFT_COMPARE_LABS_H
#define WEFT_COMPARE_LABS_H

#include "compare_match.h"
#include "lab.h"
#include "topology_file.h"

struct compare_labs {
	struct lab labs[SIDES];
	bool up[SIDES];
};

/*
 * Brings up NAME-twin, physical, and NAME-weft, emulated (or physical too). To be closed also when it
 * fails.
 */
int compare_labs_open(const char *name, const struct topology_file *file, bool both_physical,
		      struct compare_labs *ret_labs);

/* Removes the labs. */
int compare_labs_close(struct compare_labs *labs);

#endif

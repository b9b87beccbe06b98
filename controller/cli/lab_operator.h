/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a lab asks its own daemons, by the operator's protocol. Functions return 0 or -errno and have
 * then told stderr what failed.
 */
#ifndef WEFT_LAB_OPERATOR_H
#define WEFT_LAB_OPERATOR_H

#include <stdint.h>

#include "lab.h"

#define LAB_READY_MS 20000 /* what daemons may take to become ready */

/* Waits until the manager answers. */
int manager_await(const struct lab *lab);

/* Applies a topology at the lab's manager; the revision it has then. */
int manager_apply(const struct lab *lab, const char *file_name, const char *text, size_t size,
		  uint64_t *ret_revision);

/* Gives the nodes of the model the MACs that the manager has for them. */
int manager_fill_macs(const struct lab *lab, struct model *model);

/* Waits until the weftd of each host from `first` up to `end` (indices) has seen the revision and has
 * attached all its nodes. */
int agents_await(const struct lab *lab, const struct model *model, size_t first, size_t end,
		 uint64_t revision);

#endif

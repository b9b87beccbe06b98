/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames that wait for a mapping: copies, in the order they came. What all of them may take is bounded,
 * and what each node may take of it, so that one that scans doesn't starve the others.
 */
#ifndef WEFT_AGENT_HELD_H
#define WEFT_AGENT_HELD_H

#include <stdbool.h>
#include <sys/queue.h>

#include "agent.h"

#define HELD_OCTETS_MAX      (16U << 20) /* of all frames that weftd holds */
#define HELD_OCTETS_NODE_MAX (1U << 20) /* and of those held for one node */
#define HELD_SHARES          256 /* nodes are told apart by a hash */

struct held;

/* What is held in all queues together, and for each node. */
struct held_budget {
	size_t octets;
	size_t of_node[HELD_SHARES];
};

struct held_queue {
	STAILQ_HEAD(held_list, held) frames;
	uint32_t count;
};

void held_init(struct held_queue *queue);

/* Keeps a copy. False if there is no room. */
bool held_keep(struct held_budget *budget, struct held_queue *queue,
	       const struct held_frame *frame);

/* Sends all frames again, in order, and empties the queue. One that can't be sent is logged. */
void held_send(const struct agent *agent, struct held_budget *budget, struct held_queue *queue);

/* Empties the queue. */
void held_drop(struct held_budget *budget, struct held_queue *queue);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that wait for a mapping: copies, in the order they came, within a bound for all queues. */
#ifndef WEFT_AGENT_HELD_H
#define WEFT_AGENT_HELD_H

#include <stdbool.h>
#include <sys/queue.h>

#include "agent.h"

#define HELD_OCTETS_MAX (16U << 20) /* of all frames that weftd holds */

struct held;

struct held_queue {
	STAILQ_HEAD(held_list, held) frames;
	uint32_t count;
};

void held_init(struct held_queue *queue);

/* Keeps a copy, and adds to *octets, which all queues share. False if there is no room. */
bool held_keep(size_t *octets, struct held_queue *queue, const struct held_frame *frame);

/* Sends all frames again, in order, and empties the queue. One that can't be sent is logged. */
void held_send(const struct agent *agent, size_t *octets, struct held_queue *queue);

/* Empties the queue. */
void held_drop(size_t *octets, struct held_queue *queue);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "controller/log.h"
#include "held.h"
#include "reinject.h"

struct held {
	STAILQ_ENTRY(held) next;
	struct held_frame frame; /* its octets behind it */
};

void held_init(struct held_queue *queue)
{
	STAILQ_INIT(&queue->frames);
	queue->count = 0;
}

/* What is held for the node that sent the frame or shall receive it. */
static size_t *share_of(struct held_budget *budget, const struct held_frame *frame)
{
	uint32_t hash = (frame->network ^ frame->asking_node) * 0x9e3779b1U;

	return &budget->of_node[hash >> 24];
}

bool held_keep(struct held_budget *budget, struct held_queue *queue, const struct held_frame *frame)
{
	size_t *share = share_of(budget, frame);
	struct held *held;

	if (budget->octets + frame->length > HELD_OCTETS_MAX ||
	    *share + frame->length > HELD_OCTETS_NODE_MAX ||
	    queue->count >= HELD_FRAMES_PER_MAPPING)
		return false;
	held = malloc(sizeof(*held) + frame->length);
	if (!held)
		return false;
	memcpy(&held->frame, frame, sizeof(*frame) + frame->length);
	STAILQ_INSERT_TAIL(&queue->frames, held, next);
	queue->count++;
	budget->octets += frame->length;
	*share += frame->length;
	return true;
}

void held_send(const struct agent *agent, struct held_budget *budget, struct held_queue *queue)
{
	struct held *held;

	STAILQ_FOREACH(held, &queue->frames, next)
	{
		int err = reinject_send(agent->reinject, agent->reinject_out_ifindex, &held->frame);

		if (err)
			log_warning("held frame of %u octets: can't send it again: %s; it is lost",
				    held->frame.length, strerror(-err));
	}
	held_drop(budget, queue);
}

void held_drop(struct held_budget *budget, struct held_queue *queue)
{
	struct held *held;

	while ((held = STAILQ_FIRST(&queue->frames)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->frames, next);
		budget->octets -= held->frame.length;
		*share_of(budget, &held->frame) -= held->frame.length;
		free(held);
	}
	queue->count = 0;
}

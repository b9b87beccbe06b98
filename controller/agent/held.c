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

bool held_keep(size_t *octets, struct held_queue *queue, const struct held_frame *frame)
{
	struct held *held;

	if (*octets + frame->length > HELD_OCTETS_MAX || queue->count >= HELD_FRAMES_PER_MAPPING)
		return false;
	held = malloc(sizeof(*held) + frame->length);
	if (!held)
		return false;
	memcpy(&held->frame, frame, sizeof(*frame) + frame->length);
	STAILQ_INSERT_TAIL(&queue->frames, held, next);
	queue->count++;
	*octets += frame->length;
	return true;
}

void held_send(const struct agent *agent, size_t *octets, struct held_queue *queue)
{
	struct held *held;

	STAILQ_FOREACH(held, &queue->frames, next)
	{
		int err = reinject_send(agent->reinject, agent->reinject_out_ifindex, &held->frame);

		if (err)
			log_warning("held frame of %u octets: can't send it again: %s; it is lost",
				    held->frame.length, strerror(-err));
	}
	held_drop(octets, queue);
}

void held_drop(size_t *octets, struct held_queue *queue)
{
	struct held *held;

	while ((held = STAILQ_FIRST(&queue->frames)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->frames, next);
		*octets -= held->frame.length;
		free(held);
	}
	queue->count = 0;
}

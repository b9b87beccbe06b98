/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the state says, as messages for hosts. Texts are borrowed from the state. */
#ifndef WEFT_MESSAGES_H
#define WEFT_MESSAGES_H

#include "gen/control.pb-c.h"
#include "state.h"

#define MAPPING_TIME_TO_LIVE_S  600 /* the push is the mechanism, this the safety net */
#define NEGATIVE_TIME_TO_LIVE_S 10

/* A mapping and what it points to; must not be copied. */
struct mapping_message {
	Weft__Mapping mapping;
	uint8_t locator[16];
};

/* Where a node is; the place is not nobody. */
void message_mapping(const struct state *state, struct place place,
		     struct mapping_message *ret_message);

/* Memory of the messages below. All zero is empty. */
struct message_memory {
	struct message_block *blocks;
};
void message_memory_clear(struct message_memory *memory);

/* All that is on a host (index, or MODEL_NONE: nothing is). NULL: no memory. */
Weft__Assign *message_assign(const struct state *state, uint32_t host,
			     struct message_memory *memory);

/* The topology of a network. NULL: no memory. */
Weft__Topology *message_topology(const struct network *network, struct message_memory *memory);

/* 64 bits of what the message says, never 0: to know whether it was sent before. */
uint64_t message_digest(const ProtobufCMessage *message);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The declared state in memory, as questions need it: the model at one revision and its indexes.
 * It never changes: a commit makes a new one, and what was pushed to hosts is the difference of two.
 */
#ifndef WEFT_STATE_H
#define WEFT_STATE_H

#include "controller/lookup.h"
#include "controller/model.h"

/* Which node: indices into the model. 8 octets, as there is one of it per node in each index. */
struct place {
	uint32_t network, node; /* network MODEL_NONE: nobody */
};

struct state {
	struct model *model; /* owned; addresses of a network are unique */
	uint64_t revision;
	struct lookup hosts, networks; /* index by name, and by id */
	struct place *table; /* hash table by network id and address */
	unsigned int table_bits; /* it has 1 << table_bits entries */
	struct place *host_nodes; /* nodes host by host, those of one network together */
	uint32_t *host_first; /* of each host, and one more: where its nodes begin there */
	uint64_t *digests; /* of each network's Topology message; 0: not needed yet */
};

/* Makes a state of a model, which it owns from then on (not if this fails). 0 or -ENOMEM. */
int state_new(struct model *model, uint64_t revision, struct state **ret_state);
void state_free(struct state *state); /* takes NULL */

/* Who has an address in the network with this id. The one question that must be fast. */
struct place state_find(const struct state *state, uint32_t network_id, uint32_t address);

static inline bool place_is_nobody(struct place place)
{
	return place.network == MODEL_NONE;
}

/* The node and network of a place that is not nobody. */
const struct node *state_node(const struct state *state, struct place place);
const struct network *state_network(const struct state *state, struct place place);

/* The index of a host by its name, or of a network by its id; MODEL_NONE if there is none. */
uint32_t state_host(const struct state *state, const char *name);
uint32_t state_network_by_id(const struct state *state, uint32_t network_id);

/* The nodes of a host (index, or MODEL_NONE: none); those of one network stand together. */
const struct place *state_host_nodes(const struct state *state, uint32_t host, size_t *ret_count);

/* Whether a node would be resolved differently: another host, slot, MAC or subnet. */
bool state_mapping_differs(const struct state *a, struct place in_a, const struct state *b,
			   struct place in_b);

#endif

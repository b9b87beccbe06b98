/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Indexes of the model: 100,000 nodes take 3 MB of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define TABLE_BITS_MIN 4

static uint64_t table_slot(const struct state *state, uint32_t network_id, uint32_t address)
{
	uint64_t key = (uint64_t)network_id << 32 | address;

	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - state->table_bits);
}

struct place state_find(const struct state *state, uint32_t network_id, uint32_t address)
{
	uint64_t mask = (UINT64_C(1) << state->table_bits) - 1;
	uint64_t at = table_slot(state, network_id, address);

	for (;; at = (at + 1) & mask) {
		struct place place = state->table[at];

		if (place_is_nobody(place) || (state_network(state, place)->id == network_id &&
					       state_node(state, place)->address == address))
			return place;
	}
}

static void table_add(struct state *state, struct place place)
{
	uint64_t mask = (UINT64_C(1) << state->table_bits) - 1;
	uint64_t at = table_slot(state, state_network(state, place)->id,
				 state_node(state, place)->address);

	while (!place_is_nobody(state->table[at]))
		at = (at + 1) & mask;
	state->table[at] = place;
}

static size_t node_count(const struct model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < model->network_count; i++)
		count += model->networks[i].node_count;
	return count;
}

/* Open addressing, at most half full. */
static int table_build(struct state *state, size_t count)
{
	state->table_bits = TABLE_BITS_MIN;
	while (((size_t)1 << state->table_bits) < count * 2)
		state->table_bits++;
	state->table = malloc(sizeof(*state->table) << state->table_bits);
	if (!state->table)
		return -ENOMEM;
	memset(state->table, 0xff, sizeof(*state->table) << state->table_bits);
	for (uint32_t i = 0; i < state->model->network_count; i++)
		for (uint32_t k = 0; k < state->model->networks[i].node_count; k++)
			table_add(state, (struct place){i, k});
	return 0;
}

/* Counts the nodes of each host, turns the counts into offsets, and fills in. */
static int host_nodes_build(struct state *state, size_t count)
{
	const struct model *model = state->model;
	uint32_t *first = calloc(model->host_count + 2, sizeof(*first));

	state->host_first = first;
	state->host_nodes = calloc(count + 1, sizeof(*state->host_nodes));
	if (!first || !state->host_nodes)
		return -ENOMEM;
	for (size_t i = 0; i < model->network_count; i++)
		for (size_t k = 0; k < model->networks[i].node_count; k++)
			first[model->networks[i].nodes[k].host + 2]++;
	for (size_t i = 2; i < model->host_count + 2; i++)
		first[i] += first[i - 1];
	/* first[h + 1] is where the next node of h goes, and in the end where those of h + 1 begin. */
	for (uint32_t i = 0; i < model->network_count; i++)
		for (uint32_t k = 0; k < model->networks[i].node_count; k++) {
			uint32_t host = model->networks[i].nodes[k].host;

			state->host_nodes[first[host + 1]++] = (struct place){i, k};
		}
	return 0;
}

static int names_build(struct state *state)
{
	const struct model *model = state->model;
	int error = 0;

	for (size_t i = 0; i < model->host_count && error != -ENOMEM; i++)
		error = lookup_add_name(&state->hosts, model->hosts[i].name, (uint32_t)i, NULL);
	for (size_t i = 0; i < model->network_count && error != -ENOMEM; i++)
		error = lookup_add(&state->networks, &model->networks[i].id, sizeof(uint32_t),
				   (uint32_t)i, NULL);
	return error == -ENOMEM ? error : 0;
}

int state_new(struct model *model, uint64_t revision, struct state **ret_state)
{
	struct state *state = calloc(1, sizeof(*state));
	size_t count = node_count(model);
	int error = -ENOMEM;

	if (!state)
		return -ENOMEM;
	state->model = model;
	state->revision = revision;
	state->digests = calloc(model->network_count + 1, sizeof(*state->digests));
	if (state->digests)
		error = names_build(state);
	if (!error)
		error = table_build(state, count);
	if (!error)
		error = host_nodes_build(state, count);
	if (error) {
		state->model = NULL;
		state_free(state);
		return error;
	}
	*ret_state = state;
	return 0;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	lookup_clear(&state->hosts);
	lookup_clear(&state->networks);
	free(state->table);
	free(state->host_nodes);
	free(state->host_first);
	free(state->digests);
	model_free(state->model);
	free(state);
}

const struct network *state_network(const struct state *state, struct place place)
{
	return &state->model->networks[place.network];
}

const struct node *state_node(const struct state *state, struct place place)
{
	return &state->model->networks[place.network].nodes[place.node];
}

uint32_t state_host(const struct state *state, const char *name)
{
	return lookup_find_name(&state->hosts, name);
}

uint32_t state_network_by_id(const struct state *state, uint32_t network_id)
{
	return lookup_find(&state->networks, &network_id, sizeof(network_id));
}

const struct place *state_host_nodes(const struct state *state, uint32_t host, size_t *ret_count)
{
	if (host == MODEL_NONE) {
		*ret_count = 0;
		return state->host_nodes;
	}
	*ret_count = state->host_first[host + 1] - state->host_first[host];
	return state->host_nodes + state->host_first[host];
}

bool state_mapping_differs(const struct state *a, struct place in_a, const struct state *b,
			   struct place in_b)
{
	const struct node *x = state_node(a, in_a), *y = state_node(b, in_b);
	const struct subnet *from = &state_network(a, in_a)->subnets[x->subnet];
	const struct subnet *to = &state_network(b, in_b)->subnets[y->subnet];

	return memcmp(&a->model->hosts[x->host].locator, &b->model->hosts[y->host].locator,
		      sizeof(struct substrate_locator)) != 0 ||
	       x->slot != y->slot || memcmp(&x->mac, &y->mac, sizeof(x->mac)) != 0 ||
	       strcmp(from->name, to->name) != 0 || from->prefix.address != to->prefix.address ||
	       from->prefix.length != to->prefix.length;
}

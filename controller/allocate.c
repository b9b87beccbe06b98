/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gives the objects of a model the ids, MACs and slots that their topology file doesn't name, so that
 * what was given once is kept. Pure: the same model and the same previous one, the same result.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "model.h"

/* A network and the one of the same name before, by names. */
struct predecessor {
	const struct model *model, *previous; /* NULL: there was none */
	const struct network *network, *before; /* NULL: this one is new */
	struct lookup routers, nodes; /* of `before`, by name */
	size_t next_node; /* of `before`: most likely the next one that is looked for */
};

static void predecessor_clear(struct predecessor *predecessor)
{
	lookup_clear(&predecessor->routers);
	lookup_clear(&predecessor->nodes);
}

static int predecessor_find(const struct model *model, const struct model *previous,
			    const struct lookup *names, const struct network *network,
			    struct predecessor *ret_predecessor)
{
	uint32_t at = lookup_find_name(names, network->name);
	struct predecessor p = {.model = model, .previous = previous, .network = network};
	int error = 0;

	p.before = at == MODEL_NONE ? NULL : &previous->networks[at];
	if (p.before)
		error = lookup_reserve(&p.nodes, p.before->node_count);
	for (size_t i = 0; p.before && i < p.before->router_count && error != -ENOMEM; i++)
		error = lookup_add_name(&p.routers, p.before->routers[i].name, (uint32_t)i, NULL);
	for (size_t i = 0; p.before && i < p.before->node_count && error != -ENOMEM; i++)
		error = lookup_add_name(&p.nodes, p.before->nodes[i].name, (uint32_t)i, NULL);
	if (error == -ENOMEM) {
		predecessor_clear(&p);
		return error;
	}
	*ret_predecessor = p;
	return 0;
}

/* Of models in the same order, which most are, the next one is right: no need to look further. */
static const struct node *node_before(struct predecessor *predecessor, const struct node *node)
{
	const struct network *before = predecessor->before;
	size_t at = predecessor->next_node;

	if (!before)
		return NULL;
	if (at >= before->node_count || strcmp(before->nodes[at].name, node->name) != 0)
		at = lookup_find_name(&predecessor->nodes, node->name);
	if (at == MODEL_NONE)
		return NULL;
	predecessor->next_node = at + 1;
	return &before->nodes[at];
}

static const struct router *router_before(const struct predecessor *predecessor,
					  const struct router *router)
{
	uint32_t at = lookup_find_name(&predecessor->routers, router->name);

	return at == MODEL_NONE ? NULL : &predecessor->before->routers[at];
}

/* ---- network ids ------------------------------------------------------------------------------ */

/* The first id from *next on that neither table has; 0 if there is none. */
static uint32_t free_id(const struct lookup *taken, const struct lookup *avoided, uint32_t *next)
{
	for (; *next <= SUBSTRATE_NETWORK_MAX; (*next)++)
		if (lookup_find(taken, next, sizeof(*next)) == MODEL_NONE &&
		    lookup_find(avoided, next, sizeof(*next)) == MODEL_NONE)
			return (*next)++;
	return 0;
}

static int take_ids(const struct model *model, struct lookup *taken)
{
	for (size_t i = 0; i < model->network_count; i++) {
		const uint32_t *id = &model->networks[i].id;

		if (*id && lookup_add(taken, id, sizeof(*id), (uint32_t)i, NULL) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* Ids of networks that have just been deleted are given out last: hosts may still know them. */
static int allocate_ids(struct model *model, const struct model *previous,
			const struct lookup *names)
{
	static const struct lookup nothing;
	struct lookup taken = {0}, before = {0};
	uint32_t next = 1, reused = 1;
	int error = take_ids(model, &taken);

	if (error == 0 && previous)
		error = take_ids(previous, &before);
	for (size_t i = 0; i < model->network_count && error == 0; i++) {
		struct network *network = &model->networks[i];
		uint32_t at = lookup_find_name(names, network->name);

		if (network->id || at == MODEL_NONE)
			continue;
		network->id = previous->networks[at].id;
		if (network->id)
			error = lookup_add(&taken, &network->id, sizeof(network->id), 0, NULL);
		if (error == -EEXIST) {
			network->id = 0;
			error = 0;
		}
	}
	for (size_t i = 0; i < model->network_count && error == 0; i++) {
		struct network *network = &model->networks[i];

		if (network->id)
			continue;
		network->id = free_id(&taken, &before, &next);
		if (!network->id)
			network->id = free_id(&taken, &nothing, &reused);
		if (!network->id)
			error = -ENOSPC;
		else
			error = lookup_add(&taken, &network->id, sizeof(network->id), 0, NULL);
	}
	lookup_clear(&taken);
	lookup_clear(&before);
	return error;
}

/* ---- MACs ------------------------------------------------------------------------------------- */

/* Takes the MAC if it is one and free. Returns 0, -EEXIST, or -ENOMEM. */
static int take_mac(struct lookup *taken, const struct mac *mac)
{
	return mac_is_zero(mac) ? -EEXIST : lookup_add(taken, mac, sizeof(*mac), 0, NULL);
}

/* Keeps the MAC that the object had, if it has none and that one is free. */
static int keep_mac(struct lookup *taken, struct mac *mac, const struct mac *before)
{
	int error;

	if (!before || !mac_is_zero(mac))
		return 0;
	*mac = *before;
	error = take_mac(taken, mac);
	if (error)
		*mac = (struct mac){{0}};
	return error == -ENOMEM ? error : 0;
}

/* Makes a MAC from the address, if there is none yet. */
static int make_mac(struct lookup *taken, struct mac *mac, uint32_t address)
{
	int error = -EEXIST;

	if (!mac_is_zero(mac))
		return 0;
	for (unsigned int round = 0; round <= 0xff && error == -EEXIST; round++) {
		*mac = (struct mac){{0x02, (uint8_t)round, (uint8_t)(address >> 24),
				     (uint8_t)(address >> 16), (uint8_t)(address >> 8),
				     (uint8_t)address}};
		error = take_mac(taken, mac);
	}
	if (error)
		*mac = (struct mac){{0}};
	return error == -EEXIST ? -ENOSPC : error;
}

/* Keeps the MACs of a router's interfaces: an interface is known by the name of its subnet. */
static int keep_router_macs(const struct predecessor *predecessor, struct router *router,
			    struct lookup *taken)
{
	const struct router *before = router_before(predecessor, router);
	struct lookup interfaces = {0};
	int error = 0;

	for (size_t i = 0; before && i < before->interface_count && error != -ENOMEM; i++) {
		uint32_t subnet = before->interfaces[i].subnet;

		if (subnet != MODEL_NONE)
			error = lookup_add_name(&interfaces,
						predecessor->before->subnets[subnet].name,
						(uint32_t)i, NULL);
	}
	for (size_t i = 0; before && i < router->interface_count && error != -ENOMEM; i++) {
		struct router_interface *interface = &router->interfaces[i];
		uint32_t at = MODEL_NONE;

		if (interface->subnet != MODEL_NONE)
			at = lookup_find_name(
				&interfaces, predecessor->network->subnets[interface->subnet].name);
		if (at != MODEL_NONE)
			error = keep_mac(taken, &interface->mac, &before->interfaces[at].mac);
	}
	lookup_clear(&interfaces);
	return error == -ENOMEM ? error : 0;
}

/* Calls for each MAC of the network: first those of router interfaces, then those of nodes. */
static int each_mac(struct network *network, struct lookup *taken,
		    int (*each)(struct lookup *taken, struct mac *mac, uint32_t address))
{
	int error = 0;

	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count && error == 0; i++) {
			struct router_interface *interface = &network->routers[r].interfaces[i];

			error = each(taken, &interface->mac, interface->address);
		}
	for (size_t i = 0; i < network->node_count && error == 0; i++)
		error = each(taken, &network->nodes[i].mac, network->nodes[i].address);
	return error;
}

static int take_given_mac(struct lookup *taken, struct mac *mac, uint32_t address)
{
	return take_mac(taken, mac) == -ENOMEM ? -ENOMEM : 0;
}

static int allocate_macs(struct predecessor *predecessor, struct network *network)
{
	struct lookup taken = {0};
	int error = lookup_reserve(&taken, network->node_count);

	if (error == 0)
		error = each_mac(network, &taken, take_given_mac);

	for (size_t i = 0; i < network->router_count && error == 0; i++)
		error = keep_router_macs(predecessor, &network->routers[i], &taken);
	predecessor->next_node = 0;
	for (size_t i = 0; i < network->node_count && error == 0; i++) {
		const struct node *before = node_before(predecessor, &network->nodes[i]);

		error = keep_mac(&taken, &network->nodes[i].mac, before ? &before->mac : NULL);
	}
	if (error == 0)
		error = each_mac(network, &taken, make_mac);
	lookup_clear(&taken);
	return error;
}

/* ---- slots ------------------------------------------------------------------------------------ */

#define SLOT_UNKNOWN (SUBSTRATE_SLOT_MAX + 1) /* while slots are given out */
#define SLOTS_USABLE ((UINT64_C(1) << SUBSTRATE_SLOT_NONE) - 1)

/* A node keeps its slot while it stays on its host. `taken` has a bit for each slot of each host. */
static void keep_slots(struct predecessor *predecessor, struct network *network, uint64_t *taken)
{
	for (size_t i = 0; i < network->node_count; i++) {
		struct node *node = &network->nodes[i];
		const struct node *before = node_before(predecessor, node);
		const char *host;

		node->slot = SLOT_UNKNOWN;
		if (!before || before->host == MODEL_NONE || node->host == MODEL_NONE)
			continue;
		host = predecessor->previous->hosts[before->host].name;
		if (strcmp(predecessor->model->hosts[node->host].name, host) != 0 ||
		    before->slot >= SUBSTRATE_SLOT_NONE || taken[node->host] >> before->slot & 1)
			continue;
		node->slot = before->slot;
		taken[node->host] |= UINT64_C(1) << node->slot;
	}
}

static void give_slots(struct network *network, uint64_t *taken)
{
	for (size_t i = 0; i < network->node_count; i++) {
		struct node *node = &network->nodes[i];
		uint64_t free_slots =
			node->host == MODEL_NONE ? 0 : ~taken[node->host] & SLOTS_USABLE;

		if (node->slot != SLOT_UNKNOWN)
			continue;
		node->slot = SUBSTRATE_SLOT_NONE;
		if (!free_slots)
			continue;
		node->slot = (uint8_t)__builtin_ctzll(free_slots);
		taken[node->host] |= UINT64_C(1) << node->slot;
	}
}

/* A bit for each slot of each host that can't be given out: behind a /72 locator there are none [28]. */
static uint64_t *slots_new(const struct model *model)
{
	uint64_t *taken = calloc(model->host_count + 1, sizeof(*taken));

	for (size_t i = 0; taken && i < model->host_count; i++)
		if (model->hosts[i].locator.bits == SUBSTRATE_LOCATOR_LONG)
			taken[i] = UINT64_MAX;
	return taken;
}

int model_allocate(struct model *model, const struct model *previous)
{
	uint64_t *slots = slots_new(model);
	struct lookup names = {0};
	int error = slots ? 0 : -ENOMEM;

	for (size_t i = 0; previous && i < previous->network_count && error == 0; i++)
		if (lookup_add_name(&names, previous->networks[i].name, (uint32_t)i, NULL) ==
		    -ENOMEM)
			error = -ENOMEM;
	if (error == 0)
		error = allocate_ids(model, previous, &names);
	for (size_t i = 0; i < model->network_count && error == 0; i++) {
		struct network *network = &model->networks[i];
		struct predecessor predecessor;

		error = predecessor_find(model, previous, &names, network, &predecessor);
		if (error)
			break;
		keep_slots(&predecessor, network, slots);
		error = allocate_macs(&predecessor, network);
		predecessor_clear(&predecessor);
	}
	for (size_t i = 0; i < model->network_count && error == 0; i++)
		give_slots(&model->networks[i], slots);
	lookup_clear(&names);
	free(slots);
	return error;
}

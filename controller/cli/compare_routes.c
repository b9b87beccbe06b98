/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The routes of a random topology: first those that bring everything everywhere on a shortest way, then
 * flaws. See compare_topology.h.
 */
#include "compare_topology.h"

#define FAR      UINT32_MAX
#define PATIENCE 50 /* random tries to find what a flaw needs */

static uint32_t draft_pick(struct draft *draft, size_t count)
{
	return random_below(&draft->random, (uint32_t)count);
}

/* ---- next hops --------------------------------------------------------------------------------- */

/* Whether another router is on one of the router's subnets; by the address it has there. */
static uint32_t neighbour_address(const struct router *router, const struct router *other)
{
	for (size_t i = 0; i < other->interface_count; i++)
		if (router_on_subnet(router, other->interfaces[i].subnet))
			return other->interfaces[i].address;
	return 0;
}

/* The address of a random neighbour, or 0. */
static uint32_t random_neighbour(struct draft *draft, uint32_t router)
{
	const struct network *network = draft->network;

	for (int i = 0; i < PATIENCE; i++) {
		uint32_t other = draft_pick(draft, network->router_count);
		uint32_t address = other == router ? 0
						   : neighbour_address(&network->routers[router],
								       &network->routers[other]);

		if (address)
			return address;
	}
	return 0;
}

/* Adds a route, unless the router has one to this prefix or is on that very subnet. */
static void draft_route(struct draft *draft, uint32_t index, struct ipv4_prefix prefix,
			uint32_t next_hop)
{
	struct router *router = &draft->network->routers[index];
	struct route *route;

	prefix.address &= prefix_mask(&prefix);
	for (size_t i = 0; i < router->route_count; i++)
		if (router->routes[i].prefix.address == prefix.address &&
		    router->routes[i].prefix.length == prefix.length)
			return;
	for (size_t i = 0; i < router->interface_count; i++) {
		const struct ipv4_prefix *own =
			&draft->network->subnets[router->interfaces[i].subnet].prefix;

		if (own->address == prefix.address && own->length == prefix.length)
			return;
	}
	if (!next_hop)
		return;
	route = router_add_route(router);
	if (!route) {
		draft->failed = true;
		return;
	}
	route->prefix = prefix;
	route->next_hop = next_hop;
}

/* ---- shortest ways ------------------------------------------------------------------------------- */

/* How many routers are between each router and a subnet: Bellman and Ford, there are few. */
static void distances(const struct network *network, uint32_t subnet, uint32_t *ret_distance)
{
	bool changed = true;

	for (size_t r = 0; r < network->router_count; r++)
		ret_distance[r] = router_on_subnet(&network->routers[r], subnet) ? 0 : FAR;
	while (changed) {
		changed = false;
		for (size_t a = 0; a < network->router_count; a++)
			for (size_t b = 0; b < network->router_count; b++)
				if (ret_distance[b] != FAR &&
				    ret_distance[a] > ret_distance[b] + 1 &&
				    neighbour_address(&network->routers[a], &network->routers[b])) {
					ret_distance[a] = ret_distance[b] + 1;
					changed = true;
				}
	}
}

static void draft_routes_to(struct draft *draft, uint32_t subnet)
{
	const struct network *network = draft->network;
	uint32_t distance[16];

	distances(network, subnet, distance);
	for (uint32_t r = 0; r < network->router_count; r++) {
		if (distance[r] == 0 || distance[r] == FAR)
			continue;
		for (uint32_t n = 0, at = draft_pick(draft, network->router_count);
		     n < network->router_count; n++, at = (at + 1) % network->router_count) {
			uint32_t next_hop =
				neighbour_address(&network->routers[r], &network->routers[at]);

			if (at == r || distance[at] != distance[r] - 1 || !next_hop)
				continue;
			draft_route(draft, r, network->subnets[subnet].prefix, next_hop);
			break;
		}
	}
}

/* A default route instead of all: what most routers at an edge have. */
static void draft_default(struct draft *draft, uint32_t router)
{
	struct router *it = &draft->network->routers[router];

	if (it->route_count == 0)
		return;
	it->routes[0] = it->routes[draft_pick(draft, it->route_count)];
	it->routes[0].prefix = (struct ipv4_prefix){0};
	it->route_count = 1;
}

/* ---- flaws ------------------------------------------------------------------------------------- */

static void flaw_hole(struct draft *draft, uint32_t router)
{
	struct router *it = &draft->network->routers[router];

	if (!it->route_count)
		return;
	it->routes[draft_pick(draft, it->route_count)] = it->routes[it->route_count - 1];
	it->route_count--;
}

/* Sends something elsewhere: an asymmetric way, or a loop. */
static void flaw_detour(struct draft *draft, uint32_t router)
{
	struct router *it = &draft->network->routers[router];
	uint32_t next_hop = random_neighbour(draft, router);

	if (it->route_count && next_hop)
		it->routes[draft_pick(draft, it->route_count)].next_hop = next_hop;
}

/* A longer route into a part of a subnet, often where a node is. */
static void flaw_part(struct draft *draft, uint32_t router)
{
	const struct network *network = draft->network;
	uint32_t subnet = draft_pick(draft, network->subnet_count);
	struct ipv4_prefix part = network->subnets[subnet].prefix;
	uint32_t next_hop = random_neighbour(draft, router);

	if (part.length > 30 || !next_hop)
		return;
	part.length = (uint8_t)random_between(&draft->random, part.length + 1U, 32);
	part.address |= (uint32_t)random_next(&draft->random) &
			~prefix_mask(&network->subnets[subnet].prefix);
	if (network->node_count && random_chance(&draft->random, 60))
		part.address = network->nodes[draft_pick(draft, network->node_count)].address;
	draft_route(draft, router, part, next_hop);
}

/* A route that covers everything: what nobody has goes round, or on to the end. */
static void flaw_wide(struct draft *draft, uint32_t router)
{
	static const uint8_t lengths[] = {0, 8, 8, 12};
	struct ipv4_prefix wide = {.address = 10U << 24,
				   .length = RANDOM_OF(&draft->random, lengths)};

	draft_route(draft, router, wide, random_neighbour(draft, router));
}

/* Behind a /72 locator nobody forwards for nodes of other hosts. */
static bool draft_can_forward(const struct draft *draft, const struct node *node)
{
	const struct host *host = &draft->model->hosts[node->host];

	return host->locator.bits != SUBSTRATE_LOCATOR_LONG;
}

/* The next hop is a node, which may forward, or nobody. */
static void flaw_dead_end(struct draft *draft, uint32_t router)
{
	const struct network *network = draft->network;
	const struct router *it = &network->routers[router];
	struct ipv4_prefix beyond = {.address = 192U << 24 | 168U << 16, .length = 24};
	uint32_t next_hop;

	if (it->interface_count == 0)
		return;
	beyond.address |= draft_pick(draft, 4) << 8;
	next_hop =
		draft_address(draft, it->interfaces[draft_pick(draft, it->interface_count)].subnet);
	for (size_t x = 0; x < network->node_count && random_chance(&draft->random, 70); x++)
		if (router_on_subnet(it, network->nodes[x].subnet) &&
		    draft_can_forward(draft, &network->nodes[x]))
			next_hop = network->nodes[x].address;
	draft_route(draft, router, beyond, next_hop);
}

static void draft_flaw(struct draft *draft)
{
	static void (*const flaws[])(struct draft * draft, uint32_t router) = {
		flaw_hole, flaw_detour, flaw_part, flaw_part, flaw_wide, flaw_dead_end,
	};

	RANDOM_OF(&draft->random, flaws)(draft, draft_pick(draft, draft->network->router_count));
}

void draft_routes(struct draft *draft)
{
	uint32_t routers = (uint32_t)draft->network->router_count;

	for (uint32_t s = 0; s < draft->network->subnet_count; s++)
		draft_routes_to(draft, s);
	for (uint32_t r = 0; r < routers; r++)
		if (random_chance(&draft->random, 25))
			draft_default(draft, r);
	if (random_chance(&draft->random, 80))
		for (uint32_t n = draft_pick(draft, routers + 3); n > 0; n--)
			draft_flaw(draft);
}

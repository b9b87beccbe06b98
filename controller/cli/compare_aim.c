/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Destinations and first hops of probes. See compare_aim.h. */
#include "compare_aim.h"
#include "controller/paths.h"

static const struct mac nobody = {{0x02, 0xee, 0xee, 0xee, 0xee, 0xee}};
static const struct mac broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static uint32_t pick(struct random *random, size_t count)
{
	return random_below(random, (uint32_t)count);
}

/* ---- destinations ------------------------------------------------------------------------------ */

static uint32_t address_of_node(const struct network *network, struct random *random)
{
	return network->nodes[pick(random, network->node_count)].address;
}

static uint32_t address_of_router(const struct network *network, struct random *random)
{
	const struct router *router;

	if (!network->router_count)
		return address_of_node(network, random);
	router = &network->routers[pick(random, network->router_count)];
	if (!router->interface_count)
		return address_of_node(network, random);
	return router->interfaces[pick(random, router->interface_count)].address;
}

/* Any address of a subnet: somebody may have it, usually nobody does. */
static uint32_t address_in(const struct network *network, uint32_t subnet, struct random *random)
{
	const struct ipv4_prefix *prefix = &network->subnets[subnet].prefix;

	return prefix->address | ((uint32_t)random_next(random) & ~prefix_mask(prefix));
}

/* The first or the last of a subnet. */
static uint32_t address_at_edge(const struct network *network, struct random *random)
{
	const struct ipv4_prefix *prefix =
		&network->subnets[pick(random, network->subnet_count)].prefix;

	return random_chance(random, 50) ? prefix->address : prefix->address | ~prefix_mask(prefix);
}

static uint32_t address_nowhere(struct random *random)
{
	/* 10.0.0.0/8 and 192.168.0.0/22 are where random topologies have odd routes. */
	if (random_chance(random, 35))
		return 192U << 24 | 168U << 16 | ((uint32_t)random_next(random) & 0x3ff);
	if (random_chance(random, 50))
		return 10U << 24 | ((uint32_t)random_next(random) & 0xffffff);
	return random_between(random, 11U << 24, 126U << 24);
}

static uint32_t address_martian(struct random *random)
{
	static const uint32_t martians[] = {0x00000000, 0x00010203, 0x7f000001, 0xe0000005,
					    0xefffffff, 0xf0000001, 0xffffffff, 0xa9fe0101};

	return RANDOM_OF(random, martians);
}

static uint32_t aim_address(const struct network *network, uint32_t node, struct random *random)
{
	uint32_t chance = random_below(random, 100);

	if (chance < 40)
		return address_of_node(network, random);
	if (chance < 64)
		return address_of_router(network, random);
	if (chance < 78)
		return address_in(network, pick(random, network->subnet_count), random);
	if (chance < 89)
		return address_nowhere(random);
	if (chance < 94)
		return address_at_edge(network, random);
	if (chance < 97)
		return network->nodes[node].address;
	return address_martian(random);
}

/* ---- first hops -------------------------------------------------------------------------------- */

static const struct node *node_of(const struct network *network, uint32_t subnet, uint32_t address)
{
	for (size_t x = 0; x < network->node_count; x++)
		if (network->nodes[x].subnet == subnet && network->nodes[x].address == address)
			return &network->nodes[x];
	return NULL;
}

struct mac aim_neighbour(const struct network *network, uint32_t node, struct random *random)
{
	const struct node *other = &network->nodes[pick(random, network->node_count)];
	const struct node *sender = &network->nodes[node];

	if (other->subnet != sender->subnet || other == sender)
		return nobody;
	/* Behind a /72 locator nobody forwards for nodes of other hosts. */
	if (other->slot == SUBSTRATE_SLOT_NONE && other->host != sender->host)
		return nobody;
	return other->mac;
}

/* Gives the frame to a router of the node's subnet; false if there is none. */
static bool aim_at_router(const struct network *network, uint32_t node, struct random *random,
			  struct aim *aim)
{
	const struct router_interface *interfaces[FLOW_LABEL_ROUTER_MAX];
	uint32_t routers[FLOW_LABEL_ROUTER_MAX];
	size_t count = subnet_router_interfaces(network, network->nodes[node].subnet, interfaces,
						routers, FLOW_LABEL_ROUTER_MAX);
	struct ipv4_prefix destination = {aim->address, 32};
	struct path path;
	uint32_t nth;

	if (!count)
		return false;
	nth = pick(random, count);
	path_walk(network, routers[nth], &destination, &path);
	aim->mac = interfaces[nth]->mac;
	aim->by_router = true;
	aim->hops = path.hops;
	aim->mtu = path.mtu;
	aim->no_route = path.end == PATH_NO_ROUTE;
	for (uint32_t r = 0; aim->no_route && r < network->router_count; r++)
		if (path_router(&network->routers[r]) == path.routers[path.hops])
			aim->end = r;
	return true;
}

static bool address_is_group(const struct network *network, uint32_t node, uint32_t address)
{
	const struct ipv4_prefix *own = &network->subnets[network->nodes[node].subnet].prefix;

	return address >> 28 == 14 || address == 0xffffffff ||
	       (own->length < 31 && address == prefix_broadcast(own));
}

struct aim aim_choose(const struct network *network, uint32_t node, struct random *random)
{
	uint32_t subnet = network->nodes[node].subnet;
	struct aim aim = {.address = aim_address(network, node, random), .mac = nobody};
	const struct node *receiver = node_of(network, subnet, aim.address);

	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++)
			aim.to_router |= network->routers[r].interfaces[i].address == aim.address;
	if (address_is_group(network, node, aim.address) && random_chance(random, 50)) {
		aim.mac = broadcast;
		aim.group = true;
		return aim;
	}
	if (receiver && receiver != &network->nodes[node] && random_chance(random, 60)) {
		aim.mac = receiver->mac;
		return aim;
	}
	if (random_chance(random, 90) && aim_at_router(network, node, random, &aim))
		return aim;
	aim.mac = aim_neighbour(network, node, random);
	return aim;
}

uint32_t aim_arp_target(const struct network *network, uint32_t node, struct random *random)
{
	uint32_t subnet = network->nodes[node].subnet;
	uint32_t chance = random_below(random, 100);

	if (chance < 30)
		return address_of_router(network, random);
	if (chance < 60)
		return address_of_node(network, random);
	if (chance < 85)
		return address_in(network, subnet, random);
	return aim_address(network, node, random);
}

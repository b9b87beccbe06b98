/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The shape of a random topology: hosts, subnets, routers and nodes. See compare_topology.h. */
#include <stdlib.h>
#include <string.h>

#include "compare_topology.h"

#define ROUTERS_MAX   8
#define SUBNETS_MAX   20
#define NODES_MAX     10
#define PATIENCE      200 /* random tries to find something free */
#define ON_SUBNET_MAX FLOW_LABEL_ROUTER_MAX

enum shape { SHAPE_TREE, SHAPE_RING, SHAPE_STAR, SHAPE_MESH, SHAPES };

/* ---- addresses --------------------------------------------------------------------------------- */

static bool address_is_taken(const struct network *network, uint32_t address)
{
	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++)
			if (network->routers[r].interfaces[i].address == address)
				return true;
	for (size_t x = 0; x < network->node_count; x++)
		if (network->nodes[x].address == address)
			return true;
	return false;
}

uint32_t draft_address(struct draft *draft, uint32_t subnet)
{
	const struct ipv4_prefix *prefix = &draft->network->subnets[subnet].prefix;
	uint32_t hosts = ~prefix_mask(prefix);

	for (int i = 0; i < PATIENCE; i++) {
		uint32_t address =
			prefix->address | ((uint32_t)random_next(&draft->random) & hosts);

		if (prefix->length < 31 &&
		    (address == prefix->address || address == prefix_broadcast(prefix)))
			continue;
		if (!address_is_taken(draft->network, address))
			return address;
	}
	return 0;
}

/* A prefix that overlaps with no other; sometimes beside the last. */
static struct ipv4_prefix draft_prefix(struct draft *draft, uint8_t length)
{
	struct ipv4_prefix prefix = {.length = length};

	if (length == 25 && draft->half) {
		prefix.address = draft->half;
		draft->half = 0;
		return prefix;
	}
	prefix.address = 10U << 24 | ++draft->blocks << 16;
	prefix.address |= (uint32_t)random_next(&draft->random) & 0xffff;
	prefix.address &= prefix_mask(&prefix);
	if (length == 25) {
		draft->half = prefix.address | 0x80;
		prefix.address &= ~0x80U;
	}
	return prefix;
}

static struct mac draft_mac(struct draft *draft)
{
	uint64_t octets = random_next(&draft->random);
	struct mac mac;

	memcpy(mac.octets, &octets, sizeof(mac.octets));
	mac.octets[0] &= 0xfe;
	return mac;
}

/* ---- subnets and who is on them ------------------------------------------------------------------ */

static uint16_t draft_mtu(struct draft *draft)
{
	static const uint16_t unusual[] = {576, 1006, 1280, 1400, 1496, 2000, 4000};

	return random_chance(&draft->random, 65) ? MODEL_MTU_DEFAULT
						 : RANDOM_OF(&draft->random, unusual);
}

/* Adds a subnet; returns its index, or MODEL_NONE. */
static uint32_t draft_subnet(struct draft *draft, uint8_t length)
{
	struct network *network = draft->network;
	struct subnet *subnet;
	char name[16];

	if (network->subnet_count >= SUBNETS_MAX)
		return MODEL_NONE;
	snprintf(name, sizeof(name), "s%zu", network->subnet_count + 1);
	subnet = network_add_subnet(network, name);
	if (!subnet) {
		draft->failed = true;
		return MODEL_NONE;
	}
	subnet->prefix = draft_prefix(draft, length);
	subnet->mtu = draft_mtu(draft);
	return (uint32_t)(network->subnet_count - 1);
}

/* Puts a router on a subnet, if there is room. */
static void draft_join(struct draft *draft, uint32_t router, uint32_t subnet)
{
	struct network *network = draft->network;
	struct router_interface *interface;
	uint32_t address;

	if (subnet == MODEL_NONE || router_on_subnet(&network->routers[router], subnet) ||
	    subnet_router_interfaces(network, subnet, NULL, NULL, 0) >= ON_SUBNET_MAX)
		return;
	address = draft_address(draft, subnet);
	if (!address)
		return;
	interface = router_add_interface(&network->routers[router]);
	if (!interface) {
		draft->failed = true;
		return;
	}
	interface->subnet = subnet;
	interface->address = address;
	if (random_chance(&draft->random, 30))
		interface->mac = draft_mac(draft);
}

static void draft_node(struct draft *draft, uint32_t subnet)
{
	struct network *network = draft->network;
	uint32_t address = draft_address(draft, subnet);
	struct node *node;
	char name[16];

	if (!address || network->node_count >= NODES_MAX)
		return;
	snprintf(name, sizeof(name), "n%zu", network->node_count + 1);
	node = network_add_node(network, name);
	if (!node) {
		draft->failed = true;
		return;
	}
	node->subnet = subnet;
	node->address = address;
	node->host = random_below(&draft->random, (uint32_t)draft->model->host_count);
	if (random_chance(&draft->random, 30))
		node->mac = draft_mac(draft);
}

/* ---- shapes ------------------------------------------------------------------------------------ */

/* Links two routers: by a subnet of their own, or one that the first is on already. */
static void draft_link(struct draft *draft, uint32_t a, uint32_t b)
{
	static const uint8_t lengths[] = {30, 30, 31, 29, 25, 24};
	const struct router *router = &draft->network->routers[a];

	if (router->interface_count && random_chance(&draft->random, 25)) {
		uint32_t nth = random_below(&draft->random, (uint32_t)router->interface_count);

		draft_join(draft, b, router->interfaces[nth].subnet);
		if (router_on_subnet(&draft->network->routers[b], router->interfaces[nth].subnet))
			return;
	}
	if (draft->network->subnet_count < SUBNETS_MAX) {
		uint32_t subnet = draft_subnet(draft, RANDOM_OF(&draft->random, lengths));

		draft_join(draft, a, subnet);
		draft_join(draft, b, subnet);
	}
}

static void draft_routers(struct draft *draft)
{
	uint32_t count = random_between(&draft->random, 1, ROUTERS_MAX);

	for (uint32_t r = 0; r < count; r++) {
		char name[16];

		snprintf(name, sizeof(name), "r%u", r + 1);
		if (!network_add_router(draft->network, name))
			draft->failed = true;
	}
}

static void draft_star(struct draft *draft, uint32_t count)
{
	uint32_t middle = draft_subnet(draft, 28);

	for (uint32_t r = 0; r < count && r < ON_SUBNET_MAX; r++)
		draft_join(draft, r, middle);
	for (uint32_t r = ON_SUBNET_MAX; r < count; r++)
		draft_link(draft, random_below(&draft->random, r), r);
}

static void draft_shape(struct draft *draft)
{
	uint32_t count = (uint32_t)draft->network->router_count;
	enum shape shape = random_below(&draft->random, SHAPES);

	if (shape == SHAPE_STAR) {
		draft_star(draft, count);
		return;
	}
	for (uint32_t r = 1; r < count; r++)
		draft_link(draft, shape == SHAPE_RING ? r - 1 : random_below(&draft->random, r), r);
	if (shape == SHAPE_RING && count > 2)
		draft_link(draft, count - 1, 0);
	for (uint32_t more = count / 2; shape == SHAPE_MESH && more > 0; more--) {
		uint32_t a = random_below(&draft->random, count);
		uint32_t b = random_below(&draft->random, count);

		if (a != b)
			draft_link(draft, a, b);
	}
}

/* Subnets at the edge, where nodes are. */
static void draft_leaf(struct draft *draft, uint32_t router)
{
	static const uint8_t lengths[] = {24, 24, 25, 25, 26, 28, 30, 31};
	uint32_t subnet = draft_subnet(draft, RANDOM_OF(&draft->random, lengths));

	draft_join(draft, router, subnet);
	if (subnet == MODEL_NONE)
		return;
	for (uint32_t n = random_between(&draft->random, 1, 3); n > 0; n--)
		draft_node(draft, subnet);
	while (random_chance(&draft->random, 25)) /* several routers on a subnet */
		draft_join(draft,
			   random_below(&draft->random, (uint32_t)draft->network->router_count),
			   subnet);
}

static void draft_edge(struct draft *draft)
{
	uint32_t routers = (uint32_t)draft->network->router_count;
	uint32_t transit = (uint32_t)draft->network->subnet_count;

	for (uint32_t leaves = random_between(&draft->random, 2, 6); leaves > 0; leaves--)
		draft_leaf(draft, random_below(&draft->random, routers));
	for (uint32_t s = 0; s < transit; s++)
		if (random_chance(&draft->random, 30))
			draft_node(draft, s);
}

/* ---- all of it --------------------------------------------------------------------------------- */

static void draft_hosts(struct draft *draft)
{
	uint32_t count = random_between(&draft->random, 1, 3);

	for (uint32_t h = 0; h < count; h++) {
		struct host *host;
		char name[16];

		snprintf(name, sizeof(name), "h%u", h + 1);
		host = model_add_host(draft->model, name);
		if (!host) {
			draft->failed = true;
			return;
		}
		host->locator = (struct substrate_locator){
			.octets = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, (uint8_t)(h + 10)},
			.bits = SUBSTRATE_LOCATOR_SHORT};
		if (random_chance(&draft->random, 20)) {
			host->locator.octets[8] = 0x11;
			host->locator.bits = SUBSTRATE_LOCATOR_LONG;
		}
	}
}

static void draft_network(struct draft *draft, const char *name)
{
	draft->network = model_add_network(draft->model, name);
	if (!draft->network)
		draft->failed = true;
}

/* Another network with the addresses of the first: nothing of one may ever reach the other. */
static void draft_double(struct draft *draft)
{
	struct node first = draft->model->networks[0].nodes[0];
	struct subnet subnet = draft->model->networks[0].subnets[first.subnet];
	struct subnet *copy;
	uint32_t index;

	draft_network(draft, "double");
	if (draft->failed)
		return;
	index = draft_subnet(draft, 24);
	if (index == MODEL_NONE)
		return;
	copy = &draft->network->subnets[index];
	copy->prefix = subnet.prefix;
	draft_node(draft, index);
	if (draft->network->node_count)
		draft->network->nodes[0].address = first.address;
	draft_node(draft, index);
}

static void draft_all(struct draft *draft)
{
	draft_hosts(draft);
	if (!draft->failed)
		draft_network(draft, "net");
	if (!draft->failed)
		draft_routers(draft);
	if (draft->failed)
		return;
	draft_shape(draft);
	draft_edge(draft);
	draft_routes(draft);
	if (!draft->failed && draft->network->node_count && random_chance(&draft->random, 20))
		draft_double(draft);
}

char *topology_generate(uint64_t seed)
{
	struct draft draft = {.random = {seed}, .model = model_new()};
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!draft.model)
		return NULL;
	draft_all(&draft);
	out = draft.failed ? NULL : open_memstream(&text, &size);
	if (out) {
		fprintf(out, "# weft lab compare --random --seed %llu\n", (unsigned long long)seed);
		topology_write(out, draft.model);
		if (fclose(out) != 0) {
			free(text);
			text = NULL;
		}
	}
	model_free(draft.model);
	return text;
}

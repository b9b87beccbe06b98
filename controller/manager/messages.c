/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the model to messages. */
#include <stdlib.h>
#include <string.h>

#include "messages.h"

/* One piece of memory; all of a message are freed together. */
struct message_block {
	struct message_block *next;
	max_align_t octets[];
};

/* `count` zeroed elements. NULL: no memory. */
static void *take(struct message_memory *memory, size_t count, size_t size)
{
	struct message_block *block = calloc(1, sizeof(*block) + (count ? count : 1) * size);

	if (!block)
		return NULL;
	block->next = memory->blocks;
	memory->blocks = block;
	return block->octets;
}

void message_memory_clear(struct message_memory *memory)
{
	while (memory->blocks) {
		struct message_block *block = memory->blocks;

		memory->blocks = block->next;
		free(block);
	}
}

static ProtobufCBinaryData mac_data(const struct mac *mac)
{
	return (ProtobufCBinaryData){.len = sizeof(mac->octets), .data = (uint8_t *)mac->octets};
}

/* The locator as on the wire: 16 octets, zero beyond its length. */
static ProtobufCBinaryData locator_data(const struct substrate_locator *locator, uint8_t octets[16])
{
	memset(octets, 0, 16);
	memcpy(octets, locator->octets, locator->bits / 8);
	return (ProtobufCBinaryData){.len = 16, .data = octets};
}

void message_mapping(const struct state *state, struct place place,
		     struct mapping_message *ret_message)
{
	const struct network *network = state_network(state, place);
	const struct node *node = state_node(state, place);
	const struct substrate_locator *locator = &state->model->hosts[node->host].locator;
	Weft__Mapping *mapping = &ret_message->mapping;

	weft__mapping__init(mapping);
	mapping->network = network->id;
	mapping->address = node->address;
	mapping->locator = locator_data(locator, ret_message->locator);
	mapping->locator_bits = locator->bits;
	mapping->slot = node->slot;
	mapping->mac = mac_data(&node->mac);
	mapping->subnet = network->subnets[node->subnet].name;
	mapping->time_to_live_s = MAPPING_TIME_TO_LIVE_S;
	mapping->revision = state->revision;
}

/* A node and its place in memory: what the pointers of an Assign point to. */
struct node_message {
	Weft__Node node;
	char interface[IFNAMSIZ];
};

static void fill_node(const struct network *network, const struct node *node,
		      struct node_message *message)
{
	weft__node__init(&message->node);
	node_interface_name(network, node, message->interface);
	message->node.network = network->id;
	message->node.name = node->name;
	message->node.subnet = network->subnets[node->subnet].name;
	message->node.address = node->address;
	message->node.mac = mac_data(&node->mac);
	message->node.interface = message->interface;
	message->node.slot = node->slot;
}

Weft__Assign *message_assign(const struct state *state, uint32_t host,
			     struct message_memory *memory)
{
	size_t count;
	const struct place *places = state_host_nodes(state, host, &count);
	Weft__Assign *assign = take(memory, 1, sizeof(*assign));
	Weft__Node **pointers = take(memory, count, sizeof(*pointers));
	struct node_message *nodes = take(memory, count, sizeof(*nodes));
	uint8_t *locator = take(memory, 16, 1);

	if (!assign || !pointers || !nodes || !locator)
		return NULL;
	weft__assign__init(assign);
	if (host == MODEL_NONE)
		return assign;
	assign->locator = locator_data(&state->model->hosts[host].locator, locator);
	assign->locator_bits = state->model->hosts[host].locator.bits;
	assign->n_nodes = count;
	assign->nodes = pointers;
	for (size_t i = 0; i < count; i++) {
		fill_node(state_network(state, places[i]), state_node(state, places[i]), &nodes[i]);
		pointers[i] = &nodes[i].node;
	}
	return assign;
}

static void fill_subnets(const struct network *network, Weft__Subnet *subnets,
			 Weft__Subnet **pointers)
{
	for (size_t i = 0; i < network->subnet_count; i++) {
		const struct subnet *subnet = &network->subnets[i];
		struct node node = {.subnet = (uint32_t)i};

		weft__subnet__init(&subnets[i]);
		subnets[i].name = subnet->name;
		subnets[i].prefix = subnet->prefix.address;
		subnets[i].length = subnet->prefix.length;
		subnets[i].mtu = subnet->mtu;
		subnets[i].gateway = model_gateway(network, &node);
		pointers[i] = &subnets[i];
	}
}

/* Returns false without memory. */
static bool fill_router(const struct network *network, const struct router *router,
			struct message_memory *memory, Weft__Router *message)
{
	size_t interfaces = router->interface_count, routes = router->route_count;
	Weft__RouterInterface *interface = take(memory, interfaces, sizeof(*interface));
	Weft__Route *route = take(memory, routes, sizeof(*route));

	weft__router__init(message);
	message->name = router->name;
	message->interfaces = take(memory, interfaces, sizeof(*message->interfaces));
	message->routes = take(memory, routes, sizeof(*message->routes));
	if (!interface || !route || !message->interfaces || !message->routes)
		return false;
	message->n_interfaces = interfaces;
	message->n_routes = routes;
	for (size_t i = 0; i < interfaces; i++) {
		weft__router_interface__init(&interface[i]);
		interface[i].subnet = network->subnets[router->interfaces[i].subnet].name;
		interface[i].address = router->interfaces[i].address;
		interface[i].mac = mac_data(&router->interfaces[i].mac);
		message->interfaces[i] = &interface[i];
	}
	for (size_t i = 0; i < routes; i++) {
		weft__route__init(&route[i]);
		route[i].prefix = router->routes[i].prefix.address;
		route[i].length = router->routes[i].prefix.length;
		route[i].next_hop = router->routes[i].next_hop;
		message->routes[i] = &route[i];
	}
	return true;
}

Weft__Topology *message_topology(const struct network *network, struct message_memory *memory)
{
	size_t routers = network->router_count;
	Weft__Topology *topology = take(memory, 1, sizeof(*topology));
	Weft__Subnet *subnet = take(memory, network->subnet_count, sizeof(*subnet));
	Weft__Subnet **subnet_pointers =
		take(memory, network->subnet_count, sizeof(*subnet_pointers));
	Weft__Router *router = take(memory, routers, sizeof(*router));
	Weft__Router **router_pointers = take(memory, routers, sizeof(*router_pointers));

	if (!topology || !subnet || !subnet_pointers || !router || !router_pointers)
		return NULL;
	weft__topology__init(topology);
	topology->network = network->id;
	topology->name = network->name;
	topology->n_subnets = network->subnet_count;
	topology->subnets = subnet_pointers;
	topology->n_routers = routers;
	topology->routers = router_pointers;
	fill_subnets(network, subnet, subnet_pointers);
	for (size_t i = 0; i < routers; i++) {
		if (!fill_router(network, &network->routers[i], memory, &router[i]))
			return NULL;
		router_pointers[i] = &router[i];
	}
	return topology;
}

/* A buffer that keeps nothing but the FNV-1a hash of what is written to it. */
struct digest_buffer {
	ProtobufCBuffer base;
	uint64_t digest;
};

static void digest_append(ProtobufCBuffer *buffer, size_t length, const uint8_t *octets)
{
	struct digest_buffer *digest = (struct digest_buffer *)buffer;

	for (size_t i = 0; i < length; i++)
		digest->digest = (digest->digest ^ octets[i]) * UINT64_C(0x100000001b3);
}

uint64_t message_digest(const ProtobufCMessage *message)
{
	struct digest_buffer buffer = {{digest_append}, UINT64_C(0xcbf29ce484222325)};

	protobuf_c_message_pack_to_buffer(message, &buffer.base);
	return buffer.digest ? buffer.digest : 1;
}

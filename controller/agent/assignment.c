/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the manager's messages to a model. Everything that comes from the socket is judged here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"

/* Copies a message by packing and unpacking it. NULL without memory. */
static ProtobufCMessage *message_copy(const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = malloc(size ? size : 1);
	ProtobufCMessage *copy;

	if (!packed)
		return NULL;
	protobuf_c_message_pack(message, packed);
	copy = protobuf_c_message_unpack(message->descriptor, NULL, size, packed);
	free(packed);
	return copy;
}

static bool mac_is_valid(const ProtobufCBinaryData *mac)
{
	return mac->len == sizeof(struct mac);
}

static bool network_is_valid(uint32_t network)
{
	return network > 0 && network <= SUBSTRATE_NETWORK_MAX;
}

static const char *node_problem(const Weft__Node *node)
{
	if (!network_is_valid(node->network))
		return "a node's network id is out of range";
	if (!mac_is_valid(&node->mac))
		return "a node's MAC has not 6 octets";
	if (!node->interface[0] || strlen(node->interface) >= IFNAMSIZ)
		return "a node's interface is no interface name";
	if (node->slot > SUBSTRATE_SLOT_MAX)
		return "a node's slot is out of range";
	return NULL;
}

static const char *router_problem(const Weft__Router *router)
{
	if (!router->n_interfaces)
		return "a router has no interface";
	for (size_t i = 0; i < router->n_interfaces; i++)
		if (!mac_is_valid(&router->interfaces[i]->mac))
			return "a router's MAC has not 6 octets";
	for (size_t i = 0; i < router->n_routes; i++)
		if (router->routes[i]->length > 32)
			return "a route's prefix is longer than 32 bits";
	return NULL;
}

static const char *topology_problem(const Weft__Topology *topology)
{
	const char *problem = NULL;

	if (!network_is_valid(topology->network))
		return "a topology's network id is out of range";
	for (size_t i = 0; i < topology->n_subnets; i++) {
		if (topology->subnets[i]->length > 32)
			return "a subnet's prefix is longer than 32 bits";
		if (topology->subnets[i]->mtu > UINT16_MAX)
			return "a subnet's MTU is out of range";
	}
	for (size_t i = 0; !problem && i < topology->n_routers; i++)
		problem = router_problem(topology->routers[i]);
	return problem;
}

int assignment_nodes(struct assignment *assignment, const Weft__Assign *assign,
		     const char **ret_why)
{
	const char *problem = NULL;
	ProtobufCMessage *copy;

	if (assign->locator.len != 0 &&
	    (assign->locator.len != 16 || (assign->locator_bits != SUBSTRATE_LOCATOR_SHORT &&
					   assign->locator_bits != SUBSTRATE_LOCATOR_LONG)))
		problem = "the locator is neither a /64 nor a /72";
	for (size_t i = 0; !problem && i < assign->n_nodes; i++)
		problem = node_problem(assign->nodes[i]);
	if (problem) {
		*ret_why = problem;
		return -EPROTO;
	}
	copy = message_copy(&assign->base);
	if (!copy)
		return -ENOMEM;
	if (assignment->assign)
		weft__assign__free_unpacked(assignment->assign, NULL);
	assignment->assign = (Weft__Assign *)copy;
	return 0;
}

int assignment_topology(struct assignment *assignment, const Weft__Topology *topology,
			const char **ret_why)
{
	const char *problem = topology_problem(topology);
	ProtobufCMessage *copy;

	if (problem) {
		*ret_why = problem;
		return -EPROTO;
	}
	if (assignment->topology_count == assignment->topology_capacity) {
		size_t capacity = assignment->topology_capacity * 2 + 8;
		Weft__Topology **topologies =
			reallocarray(assignment->topologies, capacity, sizeof(*topologies));

		if (!topologies)
			return -ENOMEM;
		assignment->topologies = topologies;
		assignment->topology_capacity = capacity;
	}
	copy = message_copy(&topology->base);
	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < assignment->topology_count; i++) {
		if (assignment->topologies[i]->network != topology->network)
			continue;
		weft__topology__free_unpacked(assignment->topologies[i], NULL);
		assignment->topologies[i] = (Weft__Topology *)copy;
		return 0;
	}
	assignment->topologies[assignment->topology_count++] = (Weft__Topology *)copy;
	return 0;
}

static uint32_t subnet_index(const struct network *network, const char *name)
{
	const struct subnet *subnet = network_find_subnet(network, name);

	return subnet ? (uint32_t)(subnet - network->subnets) : MODEL_NONE;
}

/* Copies a router; 0, -ENOMEM, or -EPROTO if it is on a subnet that isn't there. */
static int router_copy(struct network *network, const Weft__Router *from)
{
	struct router *router = network_add_router(network, from->name);

	if (!router)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_interfaces; i++) {
		struct router_interface *interface = router_add_interface(router);

		if (!interface)
			return -ENOMEM;
		interface->subnet = subnet_index(network, from->interfaces[i]->subnet);
		interface->address = from->interfaces[i]->address;
		memcpy(interface->mac.octets, from->interfaces[i]->mac.data, sizeof(struct mac));
		if (interface->subnet == MODEL_NONE)
			return -EPROTO;
	}
	for (size_t i = 0; i < from->n_routes; i++) {
		struct route *route = router_add_route(router);

		if (!route)
			return -ENOMEM;
		route->prefix.address = from->routes[i]->prefix;
		route->prefix.length = (uint8_t)from->routes[i]->length;
		route->next_hop = from->routes[i]->next_hop;
	}
	return 0;
}

static int network_copy(struct model *model, const Weft__Topology *from)
{
	struct network *network = model_add_network(model, from->name);
	int err = 0;

	if (!network)
		return -ENOMEM;
	network->id = from->network;
	for (size_t i = 0; i < from->n_subnets; i++) {
		struct subnet *subnet = network_add_subnet(network, from->subnets[i]->name);

		if (!subnet)
			return -ENOMEM;
		subnet->prefix.address = from->subnets[i]->prefix;
		subnet->prefix.length = (uint8_t)from->subnets[i]->length;
		subnet->mtu = (uint16_t)from->subnets[i]->mtu;
		subnet->gateway = from->subnets[i]->gateway;
	}
	for (size_t i = 0; !err && i < from->n_routers; i++)
		err = router_copy(network, from->routers[i]);
	return err;
}

static struct network *network_by_id(const struct model *model, uint32_t id)
{
	for (size_t i = 0; i < model->network_count; i++)
		if (model->networks[i].id == id)
			return &model->networks[i];
	return NULL;
}

static int node_copy(struct model *model, const Weft__Node *from, const char **ret_why)
{
	struct network *network = network_by_id(model, from->network);
	struct node *node;

	if (!network) {
		*ret_why = "the topology of a node's network is missing";
		return -EPROTO;
	}
	node = network_add_node(network, from->name);
	if (!node)
		return -ENOMEM;
	node->host = 0;
	node->subnet = subnet_index(network, from->subnet);
	node->address = from->address;
	node->slot = (uint8_t)from->slot;
	memcpy(node->mac.octets, from->mac.data, sizeof(struct mac));
	node->interface = strdup(from->interface);
	if (!node->interface)
		return -ENOMEM;
	if (node->subnet == MODEL_NONE) {
		*ret_why = "a node's subnet is not in the topology of its network";
		return -EPROTO;
	}
	return 0;
}

static bool assignment_uses(const struct assignment *assignment, uint32_t network)
{
	for (size_t i = 0; i < assignment->assign->n_nodes; i++)
		if (assignment->assign->nodes[i]->network == network)
			return true;
	return false;
}

static void forget_unused(struct assignment *assignment)
{
	size_t kept = 0;

	for (size_t i = 0; i < assignment->topology_count; i++) {
		Weft__Topology *topology = assignment->topologies[i];

		if (assignment_uses(assignment, topology->network))
			assignment->topologies[kept++] = topology;
		else
			weft__topology__free_unpacked(topology, NULL);
	}
	assignment->topology_count = kept;
}

static int model_fill(const struct assignment *assignment, const char **ret_why,
		      struct model *model)
{
	const Weft__Assign *assign = assignment->assign;
	struct host *host;
	int err = 0;

	if (assign->locator.len) {
		host = model_add_host(model, "");
		if (!host)
			return -ENOMEM;
		memcpy(host->locator.octets, assign->locator.data, sizeof(host->locator.octets));
		host->locator.bits = (uint8_t)assign->locator_bits;
		if (host->locator.bits == SUBSTRATE_LOCATOR_SHORT)
			host->locator.octets[8] = 0;
	}
	*ret_why = "a router is on a subnet that its network doesn't have";
	for (size_t i = 0; !err && i < assignment->topology_count; i++)
		err = network_copy(model, assignment->topologies[i]);
	for (size_t i = 0; !err && i < assign->n_nodes; i++)
		err = node_copy(model, assign->nodes[i], ret_why);
	return err;
}

int assignment_model(struct assignment *assignment, const char **ret_why, struct model **ret_model)
{
	struct model *model;
	int err;

	if (!assignment->assign) {
		*ret_why = "SYNC came before ASSIGN";
		return -EPROTO;
	}
	forget_unused(assignment);
	model = model_new();
	if (!model)
		return -ENOMEM;
	err = model_fill(assignment, ret_why, model);
	if (err) {
		model_free(model);
		return err;
	}
	*ret_model = model;
	return 0;
}

void assignment_clear(struct assignment *assignment)
{
	if (assignment->assign)
		weft__assign__free_unpacked(assignment->assign, NULL);
	for (size_t i = 0; i < assignment->topology_count; i++)
		weft__topology__free_unpacked(assignment->topologies[i], NULL);
	free(assignment->topologies);
	memset(assignment, 0, sizeof(*assignment));
}

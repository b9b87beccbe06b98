/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model's memory, and questions that one look at it answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

static void subnet_free(struct subnet *subnet)
{
	free(subnet->name);
}

static void router_free(struct router *router)
{
	free(router->name);
	free(router->interfaces);
	free(router->routes);
}

static void node_free(struct node *node)
{
	free(node->name);
	free(node->interface);
}

static void network_free(struct network *network)
{
	for (size_t i = 0; i < network->subnet_count; i++)
		subnet_free(&network->subnets[i]);
	for (size_t i = 0; i < network->router_count; i++)
		router_free(&network->routers[i]);
	for (size_t i = 0; i < network->node_count; i++)
		node_free(&network->nodes[i]);
	free(network->subnets);
	free(network->routers);
	free(network->nodes);
	free(network->name);
	free(network->entity);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->host_count; i++) {
		free(model->hosts[i].name);
		free(model->hosts[i].interface);
	}
	for (size_t i = 0; i < model->network_count; i++)
		network_free(&model->networks[i]);
	free(model->hosts);
	free(model->networks);
	free(model);
}

/*
 * Makes room for one more element behind `count`, all zero, and returns the array, or NULL and leaves
 * it as it was. Memory doubles each time the count reaches a power of two, so that no capacity has
 * to be kept.
 */
static void *grow(void *array, size_t count, size_t element)
{
	char *grown = array;

	if ((count & (count - 1)) == 0) {
		grown = reallocarray(array, count ? count * 2 : 1, element);
		if (!grown)
			return NULL;
	}
	memset(grown + count * element, 0, element);
	return grown;
}

struct host *model_add_host(struct model *model, const char *name)
{
	char *copy = strdup(name);
	struct host *hosts = copy ? grow(model->hosts, model->host_count, sizeof(*hosts)) : NULL;

	if (!hosts) {
		free(copy);
		return NULL;
	}
	model->hosts = hosts;
	hosts += model->host_count++;
	hosts->name = copy;
	return hosts;
}

struct network *model_add_network(struct model *model, const char *name)
{
	char *copy = strdup(name);
	struct network *networks =
		copy ? grow(model->networks, model->network_count, sizeof(*networks)) : NULL;

	if (!networks) {
		free(copy);
		return NULL;
	}
	model->networks = networks;
	networks += model->network_count++;
	networks->name = copy;
	return networks;
}

struct subnet *network_add_subnet(struct network *network, const char *name)
{
	char *copy = strdup(name);
	struct subnet *subnets =
		copy ? grow(network->subnets, network->subnet_count, sizeof(*subnets)) : NULL;

	if (!subnets) {
		free(copy);
		return NULL;
	}
	network->subnets = subnets;
	subnets += network->subnet_count++;
	subnets->name = copy;
	return subnets;
}

struct router *network_add_router(struct network *network, const char *name)
{
	char *copy = strdup(name);
	struct router *routers =
		copy ? grow(network->routers, network->router_count, sizeof(*routers)) : NULL;

	if (!routers) {
		free(copy);
		return NULL;
	}
	network->routers = routers;
	routers += network->router_count++;
	routers->name = copy;
	return routers;
}

struct node *network_add_node(struct network *network, const char *name)
{
	char *copy = strdup(name);
	struct node *nodes =
		copy ? grow(network->nodes, network->node_count, sizeof(*nodes)) : NULL;

	if (!nodes) {
		free(copy);
		return NULL;
	}
	network->nodes = nodes;
	nodes += network->node_count++;
	nodes->name = copy;
	nodes->host = MODEL_NONE;
	nodes->subnet = MODEL_NONE;
	return nodes;
}

struct router_interface *router_add_interface(struct router *router)
{
	struct router_interface *interfaces =
		grow(router->interfaces, router->interface_count, sizeof(*interfaces));

	if (!interfaces)
		return NULL;
	router->interfaces = interfaces;
	interfaces += router->interface_count++;
	interfaces->subnet = MODEL_NONE;
	return interfaces;
}

struct route *router_add_route(struct router *router)
{
	struct route *routes = grow(router->routes, router->route_count, sizeof(*routes));

	if (!routes)
		return NULL;
	router->routes = routes;
	return &routes[router->route_count++];
}

struct host *model_find_host(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->host_count; i++)
		if (strcmp(model->hosts[i].name, name) == 0)
			return &model->hosts[i];
	return NULL;
}

struct network *model_find_network(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->network_count; i++)
		if (strcmp(model->networks[i].name, name) == 0)
			return &model->networks[i];
	return NULL;
}

struct subnet *network_find_subnet(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->subnet_count; i++)
		if (strcmp(network->subnets[i].name, name) == 0)
			return &network->subnets[i];
	return NULL;
}

struct router *network_find_router(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->router_count; i++)
		if (strcmp(network->routers[i].name, name) == 0)
			return &network->routers[i];
	return NULL;
}

struct node *network_find_node(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->node_count; i++)
		if (strcmp(network->nodes[i].name, name) == 0)
			return &network->nodes[i];
	return NULL;
}

struct router_interface *router_on_subnet(const struct router *router, uint32_t subnet)
{
	for (size_t i = 0; i < router->interface_count; i++)
		if (router->interfaces[i].subnet == subnet)
			return &router->interfaces[i];
	return NULL;
}

size_t subnet_router_interfaces(const struct network *network, uint32_t subnet,
				const struct router_interface **interfaces, uint32_t *routers,
				size_t max)
{
	size_t found = 0, kept = 0;

	for (size_t r = 0; r < network->router_count; r++) {
		const struct router_interface *interface =
			router_on_subnet(&network->routers[r], subnet);
		size_t at;

		if (!interface)
			continue;
		found++;
		if (kept < max)
			kept++;
		else if (max == 0 || interfaces[kept - 1]->address <= interface->address)
			continue;
		for (at = kept - 1; at > 0 && interfaces[at - 1]->address > interface->address;
		     at--) {
			interfaces[at] = interfaces[at - 1];
			if (routers)
				routers[at] = routers[at - 1];
		}
		interfaces[at] = interface;
		if (routers)
			routers[at] = (uint32_t)r;
	}
	return found;
}

uint32_t model_gateway(const struct network *network, const struct node *node)
{
	const struct router_interface *lowest;

	if (node->gateway || node->subnet == MODEL_NONE)
		return node->gateway;
	if (network->subnets[node->subnet].gateway)
		return network->subnets[node->subnet].gateway;
	return subnet_router_interfaces(network, node->subnet, &lowest, NULL, 1) ? lowest->address
										 : 0;
}

/* FNV-1a. Interfaces of running nodes are named by it: it must never change. */
static uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return hash;
}

void node_interface_name(const struct network *network, const struct node *node,
			 char ret_name[IFNAMSIZ])
{
	char full[2 * MODEL_NAME_MAX + 2], *end;
	uint32_t hash;

	if (node->interface) {
		snprintf(ret_name, IFNAMSIZ, "%s", node->interface);
		return;
	}
	/* Once for each of 100,000 nodes: snprintf() would be a tenth of validating a file. */
	end = stpncpy(full, network->name, MODEL_NAME_MAX);
	*end++ = '-';
	*stpncpy(end, node->name, MODEL_NAME_MAX) = '\0';
	if (strlen(full) < IFNAMSIZ) {
		memcpy(ret_name, full, strlen(full) + 1);
		return;
	}
	hash = name_hash(full);
	snprintf(ret_name, IFNAMSIZ, "%.8s-%06x", full, (hash ^ hash >> 24) & 0xffffff);
}

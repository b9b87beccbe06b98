/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The blueprint of a physical lab, the twin: the same file, and nothing of weft in it.
 *
 *   node Z/A        switch Z                    router Z/J             switch Z
 *  +--------+  +-----------------+      +-----------------------+  +----------------
 *  |   eth0 |--| A [front] J,front |----| front            core |--| J,core [core] ...
 *  +--------+  +-----------------+      +-----------------------+  +----------------
 *
 * Each subnet is a bridge; the bridges of a network share a namespace and nothing else. Each router is
 * a namespace that forwards. What such Linux routers do is the definition of correct.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_blueprint.h"
#include "lab_blueprint_parts.h"

/* Bridges are "[subnet]", ports "node" or "router,subnet": none can be another. */
static void bridge_name(char ret_name[IFNAMSIZ], const struct subnet *subnet)
{
	char name[MODEL_NAME_MAX + 3];

	snprintf(name, sizeof(name), "[%s]", subnet->name);
	interface_name(ret_name, name, false);
}

/* The end at the switch of a link to a node or a router. */
static struct link_end switch_port(const char *lab, const struct network *network,
				   const struct subnet *subnet, const char *name, bool reserved)
{
	struct link_end port = {0};
	char bridge[IFNAMSIZ];

	space_name(port.space, lab, SPACE_SWITCH, network->name, NULL);
	interface_name(port.interface, name, reserved);
	bridge_name(bridge, subnet);
	port.commands = text_format("link set dev %1$s master %2$s up\n", port.interface, bridge);
	return port;
}

static char *bridge_commands(const struct network *network)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	char name[IFNAMSIZ];

	if (!stream)
		return NULL;
	for (size_t s = 0; s < network->subnet_count; s++) {
		bridge_name(name, &network->subnets[s]);
		fprintf(stream,
			"link add name %1$s mtu %2$u type bridge stp_state 0 forward_delay 0 "
			"mcast_snooping 0\n"
			"link set dev %1$s up\n",
			name, network->subnets[s].mtu);
	}
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

static int add_switch(struct blueprint *blueprint, const char *lab, const struct network *network)
{
	struct space space = {
		.kind = SPACE_SWITCH, .devices = bridge_commands(network), .routes = strdup("")};

	space_name(space.name, lab, SPACE_SWITCH, network->name, NULL);
	return blueprint_add_space(blueprint, &space);
}

static char *route_commands(const struct router *router)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	char prefix[PREFIX_TEXT_MAX], next_hop[IPV4_TEXT_MAX];

	if (!stream)
		return NULL;
	/* "append": a subnet of the router's own, which the kernel has added, stays in front. */
	for (size_t r = 0; r < router->route_count; r++)
		fprintf(stream, "route append %s via %s\n",
			prefix_text(&router->routes[r].prefix, prefix),
			ipv4_text(router->routes[r].next_hop, next_hop));
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

void router_interface_name(const struct subnet *subnet, char ret_name[IFNAMSIZ])
{
	interface_name(ret_name, subnet->name, strcmp(subnet->name, "lo") == 0);
}

static int add_router_interface(struct blueprint *blueprint, const char *lab,
				const struct network *network, const struct router *router,
				const struct router_interface *interface)
{
	const struct subnet *subnet = &network->subnets[interface->subnet];
	struct link link = {.mtu = subnet->mtu};
	struct link_end *end = &link.ends[0];
	char port[2 * MODEL_NAME_MAX + 2], address[IPV4_TEXT_MAX];

	space_name(end->space, lab, SPACE_ROUTER, network->name, router->name);
	router_interface_name(subnet, end->interface);
	end->mac = interface->mac;
	end->commands = text_format("addr add %2$s/%3$u dev %1$s\n"
				    "link set dev %1$s up\n",
				    end->interface, ipv4_text(interface->address, address),
				    subnet->prefix.length);
	snprintf(port, sizeof(port), "%s,%s", router->name, subnet->name);
	link.ends[1] = switch_port(lab, network, subnet, port, false);
	return blueprint_add_link(blueprint, &link);
}

static int add_router(struct blueprint *blueprint, const char *lab, const struct network *network,
		      const struct router *router)
{
	struct space space = {
		.kind = SPACE_ROUTER, .devices = strdup(""), .routes = route_commands(router)};
	int error;

	space_name(space.name, lab, SPACE_ROUTER, network->name, router->name);
	error = blueprint_add_space(blueprint, &space);
	for (size_t i = 0; !error && i < router->interface_count; i++)
		error = add_router_interface(blueprint, lab, network, router,
					     &router->interfaces[i]);
	return error;
}

static int add_network(struct blueprint *blueprint, const char *lab, const struct network *network)
{
	int error = add_switch(blueprint, lab, network);

	for (size_t r = 0; !error && r < network->router_count; r++)
		error = add_router(blueprint, lab, network, &network->routers[r]);
	for (size_t x = 0; !error && x < network->node_count; x++) {
		const struct node *node = &network->nodes[x];
		struct link_end port = switch_port(lab, network, &network->subnets[node->subnet],
						   node->name, strcmp(node->name, "lo") == 0);

		error = blueprint_add_node(blueprint, lab, network, node, &port);
	}
	return error;
}

int blueprint_physical(const char *lab, const struct model *model, struct blueprint *ret_blueprint)
{
	struct blueprint blueprint = {0};
	int error = 0;

	for (size_t n = 0; !error && n < model->network_count; n++)
		error = add_network(&blueprint, lab, &model->networks[n]);
	if (error) {
		blueprint_clear(&blueprint);
		return error;
	}
	*ret_blueprint = blueprint;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a model as a topology file: what is not given stays open. See compare_topology.h. */
#include "compare_topology.h"

static void write_hosts(FILE *out, const struct model *model)
{
	char locator[IPV6_TEXT_MAX + 4];

	fputs("hosts:\n", out);
	for (size_t h = 0; h < model->host_count; h++)
		fprintf(out, "  %s: {locator: \"%s\"}\n", model->hosts[h].name,
			locator_text(&model->hosts[h].locator, locator));
}

static void write_subnets(FILE *out, const struct network *network)
{
	char prefix[PREFIX_TEXT_MAX], gateway[IPV4_TEXT_MAX];

	fputs("    subnets:\n", out);
	for (size_t s = 0; s < network->subnet_count; s++) {
		const struct subnet *subnet = &network->subnets[s];

		fprintf(out, "      %s: {v4: %s", subnet->name,
			prefix_text(&subnet->prefix, prefix));
		if (subnet->mtu != MODEL_MTU_DEFAULT)
			fprintf(out, ", mtu: %u", subnet->mtu);
		if (subnet->gateway)
			fprintf(out, ", gateway: %s", ipv4_text(subnet->gateway, gateway));
		fputs("}\n", out);
	}
}

static void write_mac(FILE *out, const struct mac *mac)
{
	char text[MAC_TEXT_MAX];

	if (!mac_is_zero(mac))
		fprintf(out, ", mac: \"%s\"", mac_text(mac, text));
}

static void write_router(FILE *out, const struct network *network, const struct router *router)
{
	char prefix[PREFIX_TEXT_MAX], address[IPV4_TEXT_MAX];

	fprintf(out, "      %s:\n        interfaces:\n", router->name);
	for (size_t i = 0; i < router->interface_count; i++) {
		const struct router_interface *interface = &router->interfaces[i];

		fprintf(out, "          %s: {v4: %s", network->subnets[interface->subnet].name,
			ipv4_text(interface->address, address));
		write_mac(out, &interface->mac);
		fputs("}\n", out);
	}
	if (router->route_count)
		fputs("        routes:\n", out);
	for (size_t r = 0; r < router->route_count; r++)
		fprintf(out, "          %s: %s\n", prefix_text(&router->routes[r].prefix, prefix),
			ipv4_text(router->routes[r].next_hop, address));
}

static void write_nodes(FILE *out, const struct model *model, const struct network *network)
{
	char address[IPV4_TEXT_MAX];

	fputs("    nodes:\n", out);
	for (size_t x = 0; x < network->node_count; x++) {
		const struct node *node = &network->nodes[x];

		fprintf(out, "      %s: {host: %s, subnet: %s, v4: %s", node->name,
			model->hosts[node->host].name, network->subnets[node->subnet].name,
			ipv4_text(node->address, address));
		write_mac(out, &node->mac);
		fputs("}\n", out);
	}
}

void topology_write(FILE *out, const struct model *model)
{
	fputs("weft: 1\n", out);
	write_hosts(out, model);
	fputs("networks:\n", out);
	for (size_t n = 0; n < model->network_count; n++) {
		const struct network *network = &model->networks[n];

		fprintf(out, "  %s:\n", network->name);
		write_subnets(out, network);
		if (network->router_count)
			fputs("    routers:\n", out);
		for (size_t r = 0; r < network->router_count; r++)
			write_router(out, network, &network->routers[r]);
		if (network->node_count)
			write_nodes(out, model, network);
	}
}

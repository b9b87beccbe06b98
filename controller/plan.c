/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From topology to map entries: this file names things as schemas/dataplane.h does, in the wire's
 * byte order, and paths.h says where packets go. Ports share most of it, so the work is done once per
 * network, router or origin, not once per port.
 */
#include "plan.h"
#include "paths.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The ports of the host that are in one network, and where their packets start. */
struct network_ports {
	const struct network *network;
	const struct origin *origins; /* each once, those of one subnet next to each other */
	size_t origin_count;
	struct path_step *steps; /* room for one of each router, to the prefix at hand */
};

/* One origin of one network: what the ports are reduced to. */
struct port_origin {
	const struct network *network;
	struct origin origin;
};

static struct origin_key origin_key(const struct network *network, const struct origin *origin)
{
	return (struct origin_key){
		.network_bits = network->id << 8 | origin->sources.length,
		.prefix = htonl(origin->sources.address),
	};
}

void plan_address(const struct substrate_locator *locator, uint32_t network, uint32_t address,
		  struct substrate_address *ret_address, uint16_t *ret_correction)
{
	const struct substrate_parts parts = {.network = network, .address = htonl(address)};
	uint32_t sum = 0;

	substrate_encode(locator, &parts, ret_address);
	/* The last two words of the one are the two of the other: they cancel out. */
	for (size_t i = 0; i < 12; i += sizeof(uint16_t)) {
		uint16_t word;

		memcpy(&word, ret_address->octets + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	*ret_correction = (uint16_t)sum;
}

/* The two entries of a port: by interface for what it sends, by address for what it receives. */
static int plan_port(const struct substrate_locator *locator, const struct plan_port *from,
		     const struct origin *origin, struct plan *plan)
{
	const struct network *network = from->network;
	const struct node *node = from->node;
	const struct subnet *subnet = &network->subnets[node->subnet];
	const struct router_interface *interfaces[FLOW_LABEL_ROUTER_MAX];
	const struct node_key key = {.network = network->id, .address = htonl(node->address)};
	struct port port = {
		.network = network->id,
		.ifindex = from->ifindex,
		.address = htonl(node->address),
		.subnet = htonl(subnet->prefix.address),
		.subnet_mask = htonl(prefix_mask(&subnet->prefix)),
		.origin = origin_key(network, origin),
		.mtu = subnet->mtu,
		.flags = from->flags,
	};
	size_t count = subnet_router_interfaces(network, node->subnet, interfaces, NULL,
						FLOW_LABEL_ROUTER_MAX);
	const __u32 slot = node->slot;
	int ret;

	memcpy(port.mac, node->mac.octets, sizeof(port.mac));
	plan_address(locator, network->id, node->address, &port.substrate, &port.correction);
	for (size_t i = 0; i < count && i < FLOW_LABEL_ROUTER_MAX; i++)
		memcpy(port.router_macs[i], interfaces[i]->mac.octets, sizeof(port.router_macs[i]));

	ret = table_add(&plan->tables[PLAN_PORTS], &port.ifindex, &port);
	if (!ret)
		ret = table_add(&plan->tables[PLAN_LOCALS], &key, &port);
	if (!ret && slot != SUBSTRATE_SLOT_NONE)
		ret = table_add(&plan->tables[PLAN_SLOTS], &slot, &port.ifindex);
	return ret;
}

/* What ARP and frames see of one router on one subnet: its MAC there, behind each of its addresses. */
static int plan_router_port(const struct network *network, const struct router *router,
			    const struct router_interface *interface, struct plan *plan)
{
	const __be32 subnet = htonl(network->subnets[interface->subnet].prefix.address);
	const struct router_port value = {.interface = htonl(interface->address)};
	struct router_port_key key = {.network = network->id, .subnet = subnet};
	struct router_address_key address_key = {.network = network->id, .subnet = subnet};
	struct router_address address = {0};
	int ret;

	memcpy(key.mac, interface->mac.octets, sizeof(key.mac));
	ret = table_add(&plan->tables[PLAN_ROUTER_PORTS], &key, &value);

	memcpy(address.mac, interface->mac.octets, sizeof(address.mac));
	for (size_t i = 0; !ret && i < router->interface_count; i++) {
		address_key.address = htonl(router->interfaces[i].address);
		ret = table_add(&plan->tables[PLAN_ROUTER_ADDRESSES], &address_key, &address);
	}
	return ret;
}

/* The routers on each subnet that has ports. */
static int plan_router_ports(const struct network_ports *ports, struct plan *plan)
{
	const struct network *network = ports->network;

	for (size_t i = 0; i < ports->origin_count; i++) {
		uint32_t subnet = ports->origins[i].subnet;

		if (i && subnet == ports->origins[i - 1].subnet)
			continue;
		for (size_t r = 0; r < network->router_count; r++) {
			const struct router *router = &network->routers[r];
			const struct router_interface *interface = router_on_subnet(router, subnet);
			int ret =
				interface ? plan_router_port(network, router, interface, plan) : 0;

			if (ret)
				return ret;
		}
	}
	return 0;
}

/* The way from one router to one prefix: an entry for each origin that has the router as its first. */
static int plan_route(const struct network_ports *ports, uint32_t router,
		      const struct ipv4_prefix *prefix, struct plan *plan)
{
	const struct network *network = ports->network;
	struct path path;

	path_follow(network, ports->steps, router, &path);
	for (size_t i = 0; i < ports->origin_count; i++) {
		const struct origin *origin = &ports->origins[i];
		const struct router_interface *interface =
			router_on_subnet(&network->routers[router], origin->subnet);
		struct route_key key;
		int ret;

		if (!interface)
			continue;
		key = (struct route_key){
			.prefix_bits = ROUTE_KEY_FIXED_BITS + prefix->length,
			.origin = origin_key(network, origin),
			.interface = htonl(interface->address),
			.destination = htonl(prefix->address),
		};
		ret = table_add(&plan->tables[PLAN_ROUTES], &key, &path);
		if (ret)
			return ret;
	}
	return 0;
}

/* Whether a port's packets can come to this router first. */
static bool router_is_first(const struct network_ports *ports, const struct router *router)
{
	for (size_t i = 0; i < ports->origin_count; i++)
		if (router_on_subnet(router, ports->origins[i].subnet))
			return true;
	return false;
}

/* The ways from all first routers to one prefix. */
static int plan_prefix(const struct network_ports *ports, const struct ipv4_prefix *prefix,
		       struct plan *plan)
{
	const struct network *network = ports->network;
	int ret = 0;

	path_steps(network, prefix, ports->steps);
	for (uint32_t r = 0; !ret && r < network->router_count; r++)
		if (router_is_first(ports, &network->routers[r]))
			ret = plan_route(ports, r, prefix, plan);
	return ret;
}

/* There is always a way to 0.0.0.0/0, so that the dataplane learns which router has no route. */
static int plan_routes(const struct network_ports *ports, struct plan *plan)
{
	const struct ipv4_prefix everything = {0};
	struct ipv4_prefix *prefixes;
	size_t count;
	int ret = path_prefixes(ports->network, &prefixes, &count);

	if (ret)
		return ret;
	for (size_t i = 0; !ret && i < count; i++)
		ret = plan_prefix(ports, &prefixes[i], plan);
	if (!ret && (!count || prefixes[0].length))
		ret = plan_prefix(ports, &everything, plan);
	free(prefixes);
	return ret;
}

/* How each router of the network answers one origin. */
static int plan_origin(const struct network_ports *ports, const struct origin *origin,
		       struct plan *plan)
{
	const struct network *network = ports->network;
	struct answer_key key = {.origin = origin_key(network, origin)};

	path_steps(network, &origin->sources, ports->steps);
	for (uint32_t r = 0; r < network->router_count; r++) {
		struct answer answer;
		int ret;

		if (!path_follow_back(network, ports->steps, r, origin, &answer))
			continue;
		key.router = path_router(&network->routers[r]);
		ret = table_add(&plan->tables[PLAN_ANSWERS], &key, &answer);
		if (ret)
			return ret;
	}
	return 0;
}

static int port_origin_compare(const void *a, const void *b)
{
	const struct port_origin *left = a, *right = b;
	const uint32_t keys[][2] = {
		{left->network->id, right->network->id},
		{left->origin.subnet, right->origin.subnet},
		{left->origin.sources.address, right->origin.sources.address},
		{left->origin.sources.length, right->origin.sources.length},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

/* All that the ports of one network share. */
static int plan_shared(const struct network_ports *ports, struct plan *plan)
{
	int ret = plan_router_ports(ports, plan);

	if (!ret)
		ret = plan_routes(ports, plan);
	for (size_t i = 0; !ret && i < ports->origin_count; i++)
		ret = plan_origin(ports, &ports->origins[i], plan);
	return ret;
}

/* One network: the origins of its ports are `all[0..count-1]`, sorted, each once or more. */
static int plan_network(const struct port_origin *all, size_t count, struct plan *plan)
{
	const struct network *network = all->network;
	struct origin *origins = calloc(count, sizeof(*origins));
	struct network_ports ports = {
		.network = network,
		.origins = origins,
		.steps = calloc(network->router_count + 1, sizeof(*ports.steps)),
	};
	int ret = -ENOMEM;

	if (origins && ports.steps) {
		for (size_t i = 0; i < count; i++)
			if (!i || port_origin_compare(&all[i - 1], &all[i]))
				origins[ports.origin_count++] = all[i].origin;
		ret = plan_shared(&ports, plan);
	}
	free(ports.steps);
	free(origins);
	return ret;
}

static int plan_networks(struct port_origin *origins, size_t count, struct plan *plan)
{
	size_t end;

	qsort(origins, count, sizeof(*origins), port_origin_compare);
	for (size_t start = 0; start < count; start = end) {
		int ret;

		for (end = start + 1; end < count; end++)
			if (origins[end].network->id != origins[start].network->id)
				break;
		ret = plan_network(origins + start, end - start, plan);
		if (ret)
			return ret;
	}
	return 0;
}

static int plan_fill(const struct substrate_locator *locator, const struct plan_port *ports,
		     size_t count, struct plan *plan)
{
	struct port_origin *origins = calloc(count ? count : 1, sizeof(*origins));
	int ret = origins ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < count; i++) {
		origins[i].network = ports[i].network;
		origins[i].origin = path_origin(ports[i].network, ports[i].node);
		ret = plan_port(locator, &ports[i], &origins[i].origin, plan);
	}
	if (!ret)
		ret = plan_networks(origins, count, plan);
	free(origins);
	for (size_t i = 0; !ret && i < PLAN_TABLES; i++)
		ret = table_sort(&plan->tables[i]);
	return ret;
}

int plan_build(const struct substrate_locator *locator, const struct plan_port *ports, size_t count,
	       struct plan *ret_plan)
{
	struct plan plan = {
		.tables = {
			[PLAN_PORTS] = {sizeof(__u32), sizeof(struct port)},
			[PLAN_LOCALS] = {sizeof(struct node_key), sizeof(struct port)},
			[PLAN_ROUTER_PORTS] = {sizeof(struct router_port_key),
					       sizeof(struct router_port)},
			[PLAN_ROUTER_ADDRESSES] = {sizeof(struct router_address_key),
						   sizeof(struct router_address)},
			[PLAN_ROUTES] = {sizeof(struct route_key), sizeof(struct path)},
			[PLAN_ANSWERS] = {sizeof(struct answer_key), sizeof(struct answer)},
			[PLAN_SLOTS] = {sizeof(__u32), sizeof(__u32)},
		}};
	int ret = plan_fill(locator, ports, count, &plan);

	if (ret) {
		plan_clear(&plan);
		return ret;
	}
	*ret_plan = plan;
	return 0;
}

void plan_clear(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < PLAN_TABLES; i++)
		table_clear(&plan->tables[i]);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The blueprint of an emulated lab:
 *
 *   node Z/A                host R             fabric            host S             node Z/G
 *  +--------+  veth  +----------------+  veth  +-----+  veth  +----------------+  veth  +--------+
 *  |   eth0 |--------| Z-A  weftd nic |--------| R S |--------| nic weftd  Z-G |--------| eth0   |
 *  +--------+        +----------------+        |  m  |        +----------------+        +--------+
 *                                              +-----+
 *                                                 |        manager
 *                                                 +-------| nic  weft-manager |
 *
 * The fabric is an IPv6 router with a link of its own to each host: it is fe80::1 there, the host
 * fe80::2, and it routes the host's address and its locator. It knows nothing else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lab_blueprint.h"
#include "lab_blueprint_parts.h"

/* What re-heading adds to an IPv4 packet: a longer header, and a fragment header. */
#define SUBSTRATE_EXTRA   (40 - 20 + 8)
#define SUBSTRATE_MTU_MAX 65535

const char *host_interface(const struct host *host)
{
	return host->interface ? host->interface : "nic";
}

struct in6_addr host_address(const struct host *host)
{
	/* fd00:77ef:0:LOCATOR: as unique and as stable as the locator, and never the manager's. */
	struct in6_addr address = {.s6_addr = {0xfd, 0x00, 0x77, 0xef}};
	static const uint8_t none[16];

	if (memcmp(host->address, none, sizeof(none)) != 0)
		memcpy(&address, host->address, sizeof(address));
	else
		memcpy(&address.s6_addr[6], host->locator.octets, sizeof(host->locator.octets));
	return address;
}

/* The MTU that the substrate needs for the largest packet of any node. */
static uint16_t substrate_mtu(const struct model *model)
{
	uint32_t mtu = MODEL_MTU_DEFAULT;

	for (size_t n = 0; n < model->network_count; n++)
		for (size_t s = 0; s < model->networks[n].subnet_count; s++)
			if (model->networks[n].subnets[s].mtu > mtu)
				mtu = model->networks[n].subnets[s].mtu;
	mtu += SUBSTRATE_EXTRA;
	return mtu < SUBSTRATE_MTU_MAX ? mtu : SUBSTRATE_MTU_MAX;
}

/* The end of a fabric link at a host or the manager. */
static char *substrate_end(const char *interface, const char *address)
{
	return text_format("link set dev %1$s addrgenmode none\n"
			   "link set dev %1$s up\n"
			   "addr add fe80::2/64 dev %1$s nodad\n"
			   "addr add %2$s/128 dev %1$s nodad\n"
			   "route add default via fe80::1 dev %1$s src %2$s\n",
			   interface, address);
}

/* Its end at the fabric; `locator` is NULL for the manager. */
static char *fabric_end(const char *interface, const char *address, const char *locator)
{
	return text_format("link set dev %1$s addrgenmode none\n"
			   "link set dev %1$s up\n"
			   "addr add fe80::1/64 dev %1$s nodad\n"
			   "route add %2$s/128 via fe80::2 dev %1$s src " FABRIC_ADDRESS "\n"
			   "%3$s%4$s%5$s%6$s%7$s",
			   interface, address, locator ? "route add " : "", locator ? locator : "",
			   locator ? " via fe80::2 dev " : "", locator ? interface : "",
			   locator ? " src " FABRIC_ADDRESS "\n" : "");
}

/* Adds the space of a host or the manager, and its link to the fabric. */
static int add_station(struct blueprint *blueprint, const char *lab, uint16_t mtu,
		       struct space *space, const char *interface, const char *fabric_interface,
		       const char *address, const char *locator)
{
	struct link link = {.mtu = mtu};
	struct link_end *near = &link.ends[0], *far = &link.ends[1];
	int error;

	space->devices = strdup("");
	space->routes = strdup("");
	error = blueprint_add_space(blueprint, space);
	if (error)
		return error;

	near->ipv6 = far->ipv6 = true;
	memcpy(near->space, space->name, sizeof(near->space));
	interface_name(near->interface, interface, false);
	near->commands = substrate_end(near->interface, address);
	space_name(far->space, lab, SPACE_FABRIC, NULL, NULL);
	strcpy(far->interface, fabric_interface);
	far->commands = fabric_end(fabric_interface, address, locator);
	return blueprint_add_link(blueprint, &link);
}

static int add_host(struct blueprint *blueprint, const char *lab, uint16_t mtu,
		    const struct host *host)
{
	/* Interfaces that the fabric has already, and two names that sysctl takes for itself. */
	bool reserved = strcmp(host->name, "manager") == 0 || strcmp(host->name, "lo") == 0 ||
			strcmp(host->name, "all") == 0 || strcmp(host->name, "default") == 0;
	struct space space = {.kind = SPACE_HOST};
	struct in6_addr address = host_address(host);
	char address_text[INET6_ADDRSTRLEN], locator[IPV6_TEXT_MAX + 4], interface[IFNAMSIZ];

	space_name(space.name, lab, SPACE_HOST, host->name, NULL);
	inet_ntop(AF_INET6, &address, address_text, sizeof(address_text));
	interface_name(interface, host->name, reserved);
	return add_station(blueprint, lab, mtu, &space, host_interface(host), interface,
			   address_text, locator_text(&host->locator, locator));
}

static int add_fabric(struct blueprint *blueprint, const char *lab, uint16_t mtu)
{
	struct space fabric = {
		.kind = SPACE_FABRIC,
		/* The source of its ICMPv6 errors; link-local ones don't cross a router. */
		.devices = strdup("addr add " FABRIC_ADDRESS "/128 dev lo nodad\n"),
		.routes = strdup(""),
	};
	struct space manager = {.kind = SPACE_MANAGER};
	int error;

	space_name(fabric.name, lab, SPACE_FABRIC, NULL, NULL);
	error = blueprint_add_space(blueprint, &fabric);
	if (error)
		return error;
	space_name(manager.name, lab, SPACE_MANAGER, NULL, NULL);
	return add_station(blueprint, lab, mtu, &manager, "nic", "manager", MANAGER_ADDRESS, NULL);
}

static int add_node(struct blueprint *blueprint, const char *lab, const struct model *model,
		    const struct network *network, const struct node *node)
{
	struct link_end port = {0};

	space_name(port.space, lab, SPACE_HOST, model->hosts[node->host].name, NULL);
	node_interface_name(network, node, port.interface);
	port.commands = text_format("link set dev %s up\n", port.interface);
	return blueprint_add_node(blueprint, lab, network, node, &port);
}

int blueprint_emulated(const char *lab, const struct model *model, struct blueprint *ret_blueprint)
{
	struct blueprint blueprint = {0};
	uint16_t mtu = substrate_mtu(model);
	int error = add_fabric(&blueprint, lab, mtu);

	for (size_t h = 0; !error && h < model->host_count; h++)
		error = add_host(&blueprint, lab, mtu, &model->hosts[h]);
	for (size_t n = 0; n < model->network_count; n++)
		for (size_t x = 0; !error && x < model->networks[n].node_count; x++)
			error = add_node(&blueprint, lab, model, &model->networks[n],
					 &model->networks[n].nodes[x]);
	if (error) {
		blueprint_clear(&blueprint);
		return error;
	}
	*ret_blueprint = blueprint;
	return 0;
}

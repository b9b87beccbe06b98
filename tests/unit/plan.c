/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the maps of a host hold, for figure 2 and beyond it; and the tables they are planned in. */
#include <arpa/inet.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/plan.h"
#include "tests/support/topology.h"

#define Z_BITS (0x5a << 8) /* of origin_key.network_bits */

static const struct substrate_locator host_r = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a}, 64};

static struct model *model;
static struct plan plan;

static struct plan_port port_of(const char *network_name, const char *node_name, uint32_t ifindex)
{
	const struct network *network = model_find_network(model, network_name);

	return (struct plan_port){
		.network = network,
		.node = network_find_node(network, node_name),
		.ifindex = ifindex,
	};
}

/* The plan of host R. */
static void figure2(void)
{
	struct plan_port ports[3];

	model = topology_figure2();
	ports[0] = port_of("Z", "A", 11);
	ports[1] = port_of("Z", "C", 12);
	ports[2] = port_of("Y", "D", 13);
	ports[1].flags = PORT_PEER;
	cr_assert_eq(plan_build(&host_r, ports, 3, &plan), 0);
}

static void forget(void)
{
	plan_clear(&plan);
	model_free(model);
}

static const void *find(enum plan_table table, const void *key)
{
	return table_find(&plan.tables[table], key);
}

static const struct port *port_at(uint32_t ifindex)
{
	const struct port *port = find(PLAN_PORTS, &ifindex);

	cr_assert(port, "no port %u", ifindex);
	return port;
}

/* The way from a router interface of Z to exactly this prefix, for packets of an origin /24. */
static const struct path *route(const char *origin, const char *interface, const char *destination,
				uint32_t length)
{
	const struct route_key key = {
		.prefix_bits = ROUTE_KEY_FIXED_BITS + length,
		.origin = {Z_BITS | 24, topology_address(origin)},
		.interface = topology_address(interface),
		.destination = topology_address(destination),
	};

	return find(PLAN_ROUTES, &key);
}

static const char *route_words(const char *origin, const char *interface, const char *destination,
			       uint32_t length)
{
	const struct path *path = route(origin, interface, destination, length);

	return path ? path_words(model_find_network(model, "Z"), path) : "no entry";
}

TestSuite(figure2_plan, .init = figure2, .fini = forget);

Test(figure2_plan, has_a_port_by_interface_with_all_that_its_packets_share)
{
	const struct port expected = {
		.network = 0x5a,
		.ifindex = 11,
		.address = topology_address("10.0.0.2"),
		.subnet = topology_address("10.0.0.0"),
		.subnet_mask = topology_address("255.255.255.0"),
		.origin = {Z_BITS | 24, topology_address("10.0.0.0")},
		.mtu = 1500,
		.mac = {0x00, 0x05, 0x02, 0x0b, 0x27, 0x44},
		/* 2001 + 0db8 + 000a + 005a = 2e1d */
		.correction = htons(0x2e1d),
		.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a, 0, 0, 0, 0x5a, 10, 0, 0,
				2}}},
		.router_macs = {{0x00, 0x01, 0x42, 0x09, 0x88, 0x73}},
	};

	cr_assert_eq(plan.tables[PLAN_PORTS].count, 3);
	cr_assert_eq(memcmp(port_at(11), &expected, sizeof(expected)), 0);
	cr_assert_eq(port_at(12)->flags, PORT_PEER);
}

Test(figure2_plan, has_the_same_port_by_address)
{
	const struct node_key a = {0x5a, topology_address("10.0.0.2")};
	const struct node_key elsewhere = {0x59, topology_address("10.0.0.2")};

	cr_assert_eq(plan.tables[PLAN_LOCALS].count, 3);
	cr_assert(find(PLAN_LOCALS, &a));
	cr_assert_eq(memcmp(find(PLAN_LOCALS, &a), port_at(11), sizeof(struct port)), 0);
	cr_assert_eq(find(PLAN_LOCALS, &elsewhere), NULL);
}

Test(figure2_plan, knows_the_routers_on_the_subnets_of_its_ports_only)
{
	const struct router_port_key j = {
		.network = 0x5a,
		.subnet = topology_address("10.0.0.0"),
		.mac = {0x00, 0x01, 0x42, 0x09, 0x88, 0x73},
	};
	const struct router_port *port = find(PLAN_ROUTER_PORTS, &j);

	cr_assert_eq(plan.tables[PLAN_ROUTER_PORTS].count, 2);
	cr_assert(port);
	cr_assert_eq(port->interface, topology_address("10.0.0.1"));
}

Test(figure2_plan, answers_arp_for_all_addresses_of_a_router_with_the_mac_on_that_subnet)
{
	static const char *const addresses[] = {"10.0.0.1", "10.0.5.254", "10.255.0.1"};
	struct router_address_key key = {0x5a, topology_address("10.0.0.0"),
					 topology_address("10.255.0.2")};

	cr_assert_eq(plan.tables[PLAN_ROUTER_ADDRESSES].count, 6);
	cr_assert_eq(find(PLAN_ROUTER_ADDRESSES, &key), NULL, "L is not on front");
	for (size_t i = 0; i < 3; i++) {
		const struct router_address *address;

		key.address = topology_address(addresses[i]);
		address = find(PLAN_ROUTER_ADDRESSES, &key);
		cr_assert(address);
		cr_assert_arr_eq(address->mac, "\x00\x01\x42\x09\x88\x73", 6);
	}
}

Test(figure2_plan, has_a_route_to_each_prefix_from_each_origin)
{
	cr_assert_eq(plan.tables[PLAN_ROUTES].count, 2 * (14 + 1));
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "10.1.5.0", 24), "J, L, delivered");
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "10.0.5.0", 24), "J, delivered");
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "10.0.0.1", 32), "at J");
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "10.1.5.1", 32), "J, at L");
	cr_assert_str_eq(route_words("10.0.5.0", "10.0.5.254", "10.1.5.0", 24), "J, L, delivered");
	cr_assert_str_eq(route_words("10.1.5.0", "10.1.5.1", "10.0.0.0", 24), "no entry");
}

Test(figure2_plan, names_the_first_router_where_nothing_covers_the_destination)
{
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "0.0.0.0", 0), "no route at J");
	cr_assert_eq(route("10.0.0.0", "10.0.0.1", "0.0.0.0", 0)->mtu, 65535);
}

Test(figure2_plan, has_the_answers_of_each_router_to_each_origin)
{
	const struct answer_key l_to_a = {{Z_BITS | 24, topology_address("10.0.0.0")},
					  topology_address("10.1.5.1")};
	const struct answer expected = {
		.address = topology_address("10.255.0.2"),
		.ttl = 63,
		.mac = {0x00, 0x01, 0x42, 0x09, 0x88, 0x73},
		.mtu_count = 1,
		.mtus = {1500},
	};

	cr_assert_eq(plan.tables[PLAN_ANSWERS].count, 4);
	cr_assert(find(PLAN_ANSWERS, &l_to_a));
	cr_assert_eq(memcmp(find(PLAN_ANSWERS, &l_to_a), &expected, sizeof(expected)), 0);
}

Test(figure2_plan, is_the_same_bytes_whatever_the_order_of_the_ports)
{
	const struct plan_port ports[] = {port_of("Y", "D", 13), port_of("Z", "A", 11),
					  port_of("Z", "C", 12)};
	struct plan again;

	cr_assert_eq(plan_build(&host_r, ports, 3, &again), 0);
	for (size_t i = 1; i < PLAN_TABLES; i++) {
		const struct table *table = &plan.tables[i], *other = &again.tables[i];

		if (i == PLAN_LOCALS)
			continue; /* C has no flags this time */
		cr_assert_eq(table->count, other->count);
		if (table->count)
			cr_assert_arr_eq(table->entries, other->entries,
					 table->count * (table->key_size + table->value_size));
	}
	plan_clear(&again);
}

Test(figure2_plan, does_not_grow_with_ports_of_one_origin)
{
	const struct plan_port ports[] = {port_of("Z", "A", 11), port_of("Z", "G", 14)};
	struct plan both;

	cr_assert_eq(plan_build(&host_r, ports, 2, &both), 0);
	cr_assert_eq(both.tables[PLAN_PORTS].count, 2);
	cr_assert_eq(both.tables[PLAN_ROUTER_PORTS].count, 1);
	cr_assert_eq(both.tables[PLAN_ROUTES].count, 15);
	cr_assert_eq(both.tables[PLAN_ANSWERS].count, 2);
	plan_clear(&both);
}

TestSuite(plan, .fini = forget);

Test(plan, is_empty_without_ports)
{
	cr_assert_eq(plan_build(&host_r, NULL, 0, &plan), 0);
	for (size_t i = 0; i < PLAN_TABLES; i++)
		cr_assert_eq(plan.tables[i].count, 0);
}

Test(plan, keeps_a_declared_default_route)
{
	struct plan_port port;

	model = topology_of_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
			      "  routers:\n"
			      "    J:\n"
			      "      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
			      "      routes: {0.0.0.0/0: 10.255.0.2}\n"
			      "    L: {interfaces: {core: 10.255.0.2}}\n"
			      "  nodes:\n"
			      "    A: {host: R, subnet: front, v4: 10.0.0.2}\n");
	port = port_of("Z", "A", 11);
	cr_assert_eq(plan_build(&host_r, &port, 1, &plan), 0);
	cr_assert_str_eq(route_words("10.0.0.0", "10.0.0.1", "0.0.0.0", 0), "J, no route at L");
}

Test(plan, leaves_out_answers_of_routers_that_have_no_way_back)
{
	struct plan_port port;

	model = topology_of_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
			      "  routers:\n"
			      "    J: {interfaces: {front: 10.0.0.1, core: 10.255.0.1}}\n"
			      "    L: {interfaces: {core: 10.255.0.2}}\n"
			      "  nodes:\n"
			      "    A: {host: R, subnet: front, v4: 10.0.0.2}\n");
	port = port_of("Z", "A", 11);
	cr_assert_eq(plan_build(&host_r, &port, 1, &plan), 0);
	cr_assert_eq(plan.tables[PLAN_ANSWERS].count, 1);
}

Test(plan, separates_the_origins_of_a_split_subnet)
{
	const struct origin_key lower = {Z_BITS | 25, topology_address("10.0.0.0")};
	const struct origin_key rest = {Z_BITS | 24, topology_address("10.0.0.0")};
	struct plan_port ports[2];

	model = topology_of_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
			      "  routers:\n"
			      "    J: {interfaces: {front: 10.0.0.1, core: 10.255.0.1}}\n"
			      "    L:\n"
			      "      interfaces: {core: 10.255.0.2}\n"
			      "      routes: {10.0.0.0/25: 10.255.0.1}\n"
			      "  nodes:\n"
			      "    A: {host: R, subnet: front, v4: 10.0.0.2}\n"
			      "    G: {host: R, subnet: front, v4: 10.0.0.200}\n");
	ports[0] = port_of("Z", "A", 11);
	ports[1] = port_of("Z", "G", 12);
	cr_assert_eq(plan_build(&host_r, ports, 2, &plan), 0);
	cr_assert_eq(memcmp(&port_at(11)->origin, &lower, sizeof(lower)), 0);
	cr_assert_eq(memcmp(&port_at(12)->origin, &rest, sizeof(rest)), 0);
	cr_assert_eq(plan.tables[PLAN_ANSWERS].count, 3, "L answers A only");
}

Test(plan, gives_each_port_the_macs_of_its_routers_in_the_order_of_the_flow_label)
{
	struct plan_port port;

	model = topology_of_z("  subnets: {front: {v4: 10.0.0.0/24}}\n"
			      "  routers:\n"
			      "    J: {interfaces: {front: 10.0.0.254}}\n"
			      "    L: {interfaces: {front: 10.0.0.1}}\n"
			      "  nodes:\n"
			      "    A: {host: R, subnet: front, v4: 10.0.0.2}\n");
	port = port_of("Z", "A", 11);
	cr_assert_eq(plan_build(&host_r, &port, 1, &plan), 0);
	cr_assert_arr_eq(port_at(11)->router_macs[0], "\x02\x00\x0a\x00\x00\x01", 6);
	cr_assert_arr_eq(port_at(11)->router_macs[1], "\x02\x00\x0a\x00\x00\xfe", 6);
	cr_assert_arr_eq(port_at(11)->router_macs[2], "\0\0\0\0\0\0", 6);
}

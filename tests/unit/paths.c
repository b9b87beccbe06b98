/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where packets go that cross declared routers. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/paths.h"
#include "tests/support/topology.h"

static struct model *model;
static struct network *z; /* its first network */

static void given(struct model *topology)
{
	model = topology;
	z = &model->networks[0];
}

static void given_z(const char *yaml)
{
	given(topology_of_z(yaml));
}

static void forget(void)
{
	model_free(model);
}

/* The longest of path_prefixes() that contains the address; 0.0.0.0/0 if none does. */
static struct ipv4_prefix longest_prefix(const char *address)
{
	struct ipv4_prefix *prefixes, longest = {0};
	size_t count;

	cr_assert_eq(path_prefixes(z, &prefixes, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (prefixes[i].length >= longest.length &&
		    prefix_contains(&prefixes[i], ntohl(topology_address(address))))
			longest = prefixes[i];
	free(prefixes);
	return longest;
}

static struct path walk(const char *router, const char *address)
{
	struct ipv4_prefix prefix = longest_prefix(address);
	struct path path;

	path_walk(z, topology_router(z, router), &prefix, &path);
	return path;
}

struct walk_case {
	const char *router, *address, *words;
};

static void expect_walks(const struct walk_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct path path = walk(cases[i].router, cases[i].address);
		const char *words = path_words(z, &path);

		cr_assert_str_eq(words, cases[i].words, "%s to %s: '%s', expected '%s'",
				 cases[i].router, cases[i].address, words, cases[i].words);
	}
}

#define EXPECT_WALKS(...)                                     \
	expect_walks((const struct walk_case[]){__VA_ARGS__}, \
		     sizeof((const struct walk_case[]){__VA_ARGS__}) / sizeof(struct walk_case))

/* "ADDRESS, TTL, MAC" of what the node gets from the router, or "silent". */
static void figure2(void)
{
	given(topology_figure2());
}

TestSuite(figure2, .init = figure2, .fini = forget);

Test(figure2, crosses_both_routers_between_a_and_h)
{
	EXPECT_WALKS({"J", "10.1.5.3", "J, L, delivered"}, {"L", "10.0.0.2", "L, J, delivered"});
}

Test(figure2, crosses_one_router_between_a_and_c)
{
	EXPECT_WALKS({"J", "10.0.5.1", "J, delivered"}, {"J", "10.0.0.2", "J, delivered"});
}

Test(figure2, delivers_with_the_mac_and_number_of_the_last_router)
{
	struct path path = walk("J", "10.1.5.3");

	cr_assert_eq(path.router, 1);
	cr_assert_arr_eq(path.mac, "\x00\x01\x42\xcd\x11\x01", 6);
	cr_assert_eq(path.next_hop, 0);
	cr_assert_eq(path.mtu, 1500);
	cr_assert_eq(path.routers[0], topology_address("10.0.0.1"));
	cr_assert_eq(path.routers[1], topology_address("10.1.5.1"));
}

Test(figure2, ends_at_each_router_interface_whatever_side_it_is_on)
{
	EXPECT_WALKS({"J", "10.0.0.1", "at J"}, {"J", "10.0.5.254", "at J"},
		     {"J", "10.255.0.1", "at J"}, {"J", "10.255.0.2", "J, at L"},
		     {"J", "10.1.5.1", "J, at L"}, {"L", "10.1.5.1", "at L"},
		     {"L", "10.255.0.2", "at L"}, {"L", "10.255.0.1", "L, at J"},
		     {"L", "10.0.0.1", "L, at J"}, {"L", "10.0.5.254", "L, at J"});
}

Test(figure2, has_no_route_to_nowhere_at_the_router_that_notices)
{
	EXPECT_WALKS({"J", "192.0.2.1", "no route at J"}, {"L", "192.0.2.1", "no route at L"},
		     {"L", "10.0.9.9", "L, no route at J"}, {"J", "10.0.9.9", "no route at J"});
}

Test(figure2, discards_a_directed_broadcast_at_the_first_router_of_its_subnet)
{
	EXPECT_WALKS(
		{"J", "10.0.0.255", "discarded by J"}, {"L", "10.0.0.255", "L, discarded by J"},
		{"J", "10.1.5.255", "J, discarded by L"}, {"J", "10.255.0.3", "discarded by J"});
}

Test(figure2, treats_the_lowest_address_of_a_subnet_as_any_other)
{
	EXPECT_WALKS({"J", "10.0.0.0", "J, delivered"}, {"J", "10.1.5.0", "J, L, delivered"});
}

Test(figure2, tells_these_prefixes_apart)
{
	static const char *const expected[] = {
		"10.0.0.0/16",   "10.0.0.0/24",   "10.0.0.1/32",   "10.0.0.255/32", "10.0.5.0/24",
		"10.0.5.254/32", "10.0.5.255/32", "10.1.5.0/24",   "10.1.5.1/32",   "10.1.5.255/32",
		"10.255.0.0/30", "10.255.0.1/32", "10.255.0.2/32", "10.255.0.3/32",
	};
	struct ipv4_prefix *prefixes;
	char text[PREFIX_TEXT_MAX];
	size_t count;

	cr_assert_eq(path_prefixes(z, &prefixes, &count), 0);
	cr_assert_eq(count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < count; i++)
		cr_assert_str_eq(prefix_text(&prefixes[i], text), expected[i]);
	free(prefixes);
}

TestSuite(paths, .fini = forget);

Test(paths, follow_the_longest_prefix_at_each_router)
{
	given_z("  subnets:\n"
		"    front: {v4: 10.0.0.0/24}\n"
		"    core: {v4: 10.255.0.0/29}\n"
		"    back: {v4: 10.1.5.0/24}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes:\n"
		"        0.0.0.0/0: 10.255.0.2\n"
		"        10.1.0.0/16: 10.255.0.3\n"
		"        10.1.5.128/25: 10.255.0.2\n"
		"        10.1.5.200/32: 10.255.0.3\n"
		"    K: {interfaces: {core: 10.255.0.2}}\n"
		"    L: {interfaces: {core: 10.255.0.3, back: 10.1.5.1}}\n");
	EXPECT_WALKS({"J", "10.1.5.3", "J, L, delivered"}, {"J", "10.1.5.130", "J, no route at K"},
		     {"J", "10.1.5.200", "J, L, delivered"}, {"J", "10.1.6.1", "J, no route at L"},
		     {"J", "192.0.2.1", "J, no route at K"}, {"L", "192.0.2.1", "no route at L"});
}

Test(paths, prefer_the_connected_subnet_to_a_route_of_the_same_prefix)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {10.0.0.0/24: 10.255.0.2}\n"
		"    L: {interfaces: {core: 10.255.0.2}}\n");
	EXPECT_WALKS({"J", "10.0.0.2", "J, delivered"});
}

Test(paths, leave_a_connected_subnet_by_a_longer_route)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {10.0.0.128/25: 10.255.0.2}\n"
		"    L: {interfaces: {core: 10.255.0.2}}\n");
	EXPECT_WALKS({"J", "10.0.0.2", "J, delivered"}, {"J", "10.0.0.200", "J, no route at L"},
		     {"J", "10.0.0.255", "discarded by J"});
}

Test(paths, follow_default_routes)
{
	given_z("  subnets:\n"
		"    front: {v4: 10.0.0.0/24}\n"
		"    core: {v4: 10.255.0.0/30}\n"
		"    back: {v4: 10.1.5.0/24}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {0.0.0.0/0: 10.255.0.2}\n"
		"    L:\n"
		"      interfaces: {core: 10.255.0.2, back: 10.1.5.1}\n"
		"      routes: {10.0.0.0/8: 10.255.0.1}\n");
	EXPECT_WALKS({"J", "10.1.5.3", "J, L, delivered"}, {"J", "192.0.2.1", "J, no route at L"},
		     {"J", "10.9.9.9", "J, L, loop to J"});
}

Test(paths, number_the_router_interfaces_of_a_subnet_by_their_addresses)
{
	static const struct {
		const char *router;
		uint8_t number;
		char mac[7];
	} cases[] = {
		{"J", 3, "\x02\x00\x0a\x00\x00\xfe"},
		{"K", 1, "\x02\x00\x0a\x00\x00\x01"},
		{"L", 2, "\x02\x00\x0a\x00\x00\x07"},
	};

	given_z("  subnets: {front: {v4: 10.0.0.0/24}, back: {v4: 10.1.5.0/24}}\n"
		"  routers:\n"
		"    J: {interfaces: {front: 10.0.0.254, back: 10.1.5.1}}\n"
		"    K: {interfaces: {front: 10.0.0.1, back: 10.1.5.2}}\n"
		"    L: {interfaces: {front: 10.0.0.7, back: 10.1.5.3}}\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct path path = walk(cases[i].router, "10.0.0.2");

		cr_assert_eq(path.router, cases[i].number);
		cr_assert_arr_eq(path.mac, cases[i].mac, 6);
	}
}

Test(paths, reach_another_router_of_a_connected_subnet)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}, back: {v4: 10.1.5.0/24}}\n"
		"  routers:\n"
		"    J: {interfaces: {front: 10.0.0.1, back: 10.1.5.1}}\n"
		"    K: {interfaces: {front: 10.0.0.4, back: 10.1.5.4}}\n");
	EXPECT_WALKS({"J", "10.0.0.4", "J, at K"}, {"J", "10.1.5.4", "J, at K"},
		     {"K", "10.1.5.4", "at K"});
}

/* Out by J, back by K; L has the way back, and M stands between L and K. */
Test(paths, loop_between_two_routers_that_trust_each_other)
{
	struct path path;

	given_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {10.9.0.0/16: 10.255.0.2}\n"
		"    L:\n"
		"      interfaces: {core: 10.255.0.2}\n"
		"      routes: {10.9.0.0/16: 10.255.0.1}\n");
	EXPECT_WALKS({"J", "10.9.1.1", "J, L, loop to J"});
	path = walk("J", "10.9.1.1");
	cr_assert_eq(path.hops, 2);
	cr_assert_eq(path.loop, 0);
	cr_assert_eq(path.routers[2], 0);
}

Test(paths, loop_among_three_after_a_lead_in)
{
	struct path path;

	given_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/29}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {10.9.0.0/16: 10.255.0.2}\n"
		"    K:\n"
		"      interfaces: {core: 10.255.0.2}\n"
		"      routes: {10.9.0.0/16: 10.255.0.3}\n"
		"    L:\n"
		"      interfaces: {core: 10.255.0.3}\n"
		"      routes: {10.9.0.0/16: 10.255.0.4}\n"
		"    M:\n"
		"      interfaces: {core: 10.255.0.4}\n"
		"      routes: {10.9.0.0/16: 10.255.0.2}\n");
	EXPECT_WALKS({"J", "10.9.1.1", "J, K, L, M, loop to K"},
		     {"M", "10.9.1.1", "M, K, L, loop to M"});
	path = walk("J", "10.9.1.1");
	cr_assert_eq(path.hops, 4);
	cr_assert_eq(path.loop, 1);
}

/* J sends 10.9.0.0/16 to `next_hop`, a default route leads to L. */
#define NEXT_HOP(next_hop)                                                   \
	"  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n" \
	"  routers:\n"                                                       \
	"    J:\n"                                                           \
	"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"            \
	"      routes: {10.9.0.0/16: " next_hop ", 0.0.0.0/0: 10.255.0.2}\n" \
	"    L: {interfaces: {core: 10.255.0.2}}\n"                          \
	"  nodes:\n"                                                         \
	"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"                    \
	"    G: {host: S, subnet: front, v4: 10.0.0.3}\n"

Test(paths, deliver_to_a_node_that_is_the_next_hop)
{
	struct path path;

	given_z(NEXT_HOP("10.0.0.2"));
	EXPECT_WALKS({"J", "10.9.1.1", "J, delivered to 10.0.0.2"});
	path = walk("J", "10.9.1.1");
	cr_assert_eq(path.next_hop, topology_address("10.0.0.2"));
	cr_assert_eq(path.router, 1);
	cr_assert_arr_eq(path.mac, "\x02\x00\x0a\x00\x00\x01", 6);
}

Test(paths, leave_it_to_the_mapping_whether_somebody_is_the_next_hop)
{
	given_z(NEXT_HOP("10.0.0.99"));
	EXPECT_WALKS({"J", "10.9.1.1", "J, delivered to 10.0.0.99"});
}

Test(paths, deliver_to_nobody_when_a_router_is_its_own_next_hop)
{
	given_z(NEXT_HOP("10.0.0.1"));
	EXPECT_WALKS({"J", "10.9.1.1", "J, delivered to 10.0.0.1"});
}

Test(paths, ignore_a_route_whose_next_hop_is_on_no_connected_subnet)
{
	given_z(NEXT_HOP("10.77.0.1"));
	EXPECT_WALKS({"J", "10.9.1.1", "J, no route at L"});
	forget();
	given_z(NEXT_HOP("10.0.0.255"));
	EXPECT_WALKS({"J", "10.9.1.1", "J, no route at L"});
}

Test(paths, cross_links_of_two_addresses_and_reach_lone_ones)
{
	given_z("  subnets:\n"
		"    front: {v4: 10.0.0.0/24}\n"
		"    core: {v4: 10.255.0.0/31}\n"
		"    pair: {v4: 10.3.0.0/31}\n"
		"    lone: {v4: 10.7.7.7/32}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.0}\n"
		"      routes: {10.0.0.0/8: 10.255.0.1}\n"
		"    L: {interfaces: {core: 10.255.0.1, pair: 10.3.0.0, lone: 10.7.7.7}}\n");
	EXPECT_WALKS({"J", "10.255.0.1", "J, at L"}, {"J", "10.255.0.0", "at J"},
		     {"J", "10.3.0.0", "J, at L"}, {"J", "10.3.0.1", "J, L, delivered"},
		     {"J", "10.7.7.7", "J, at L"}, {"L", "10.255.0.0", "L, at J"});
	cr_assert_eq(longest_prefix("0.0.0.0").length, 0, "they have no broadcast address");
}

Test(paths, carry_the_smallest_mtu_that_a_router_sends_into)
{
	given_z("  subnets:\n"
		"    front: {v4: 10.0.0.0/24, mtu: 1280}\n"
		"    core: {v4: 10.255.0.0/30, mtu: 1400}\n"
		"    back: {v4: 10.1.5.0/24, mtu: 9000}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {0.0.0.0/0: 10.255.0.2}\n"
		"    L:\n"
		"      interfaces: {core: 10.255.0.2, back: 10.1.5.1}\n"
		"      routes: {0.0.0.0/0: 10.255.0.1}\n");
	cr_assert_eq(walk("J", "10.1.5.3").mtu, 1400);
	cr_assert_eq(walk("L", "10.1.5.3").mtu, 9000);
	cr_assert_eq(walk("L", "10.0.0.2").mtu, 1280);
	cr_assert_eq(walk("J", "10.1.5.1").mtu, 1400);
	cr_assert_eq(walk("J", "10.0.0.1").mtu, 65535);
	cr_assert_eq(walk("J", "192.0.2.1").mtu, 1400);
}

/* Routers R0, R1, ... between subnets 10.0.0.0/24, 10.0.1.0/24, ...; each knows the way to the last. */
static void given_chain(uint32_t length)
{
	given(model_new());
	z = model_add_network(model, "Z");
	for (uint32_t i = 0; i <= length; i++) {
		struct subnet *subnet = network_add_subnet(z, "link");

		subnet->prefix = (struct ipv4_prefix){10U << 24 | i << 8, 24};
		subnet->mtu = MODEL_MTU_DEFAULT;
	}
	for (uint32_t i = 0; i < length; i++) {
		struct router *router = network_add_router(z, "R");

		for (uint32_t side = 0; side < 2; side++) {
			struct router_interface *interface = router_add_interface(router);

			interface->subnet = i + side;
			interface->address = 10U << 24 | (i + side) << 8 | (side ? 1 : 2);
		}
		if (i + 1 < length)
			*router_add_route(router) =
				(struct route){.prefix = z->subnets[length].prefix,
					       .next_hop = 10U << 24 | (i + 1) << 8 | 2};
	}
}

Test(paths, cross_as_many_routers_as_a_path_can_hold)
{
	struct path path;

	given_chain(PATH_HOPS_MAX);
	path_walk(z, 0, &z->subnets[PATH_HOPS_MAX].prefix, &path);
	cr_assert_eq(path.end, PATH_DELIVERS);
	cr_assert_eq(path.hops, PATH_HOPS_MAX);
	cr_assert_eq(path.routers[31], topology_address("10.0.31.2"));
}

Test(paths, are_too_long_with_one_router_more)
{
	struct path path;

	given_chain(PATH_HOPS_MAX + 1);
	path_walk(z, 0, &z->subnets[PATH_HOPS_MAX + 1].prefix, &path);
	cr_assert_eq(path.end, PATH_TOO_LONG);
	cr_assert_eq(path.hops, PATH_HOPS_MAX);
	path_walk(z, 1, &z->subnets[PATH_HOPS_MAX + 1].prefix, &path);
	cr_assert_eq(path.end, PATH_DELIVERS);
}

Test(paths, end_at_a_router_only_where_it_has_a_place_in_the_path)
{
	const struct ipv4_prefix last = {10U << 24 | (PATH_HOPS_MAX + 1) << 8 | 1, 32};
	struct path path;

	given_chain(PATH_HOPS_MAX + 1);
	path_walk(z, 0, &last, &path);
	cr_assert_eq(path.end, PATH_TOO_LONG);
	path_walk(z, 1, &last, &path);
	cr_assert_eq(path.end, PATH_AT_ROUTER);
	cr_assert_eq(path.hops, PATH_HOPS_MAX - 1);
	cr_assert_eq(path.routers[path.hops], topology_address("10.0.32.2"));
}

Test(paths, survive_a_model_with_unknown_subnets)
{
	given(model_new());
	z = model_add_network(model, "Z");
	router_add_interface(network_add_router(z, "J"))->address = 10U << 24 | 1;
	*router_add_route(&z->routers[0]) = (struct route){.next_hop = 10U << 24 | 2};
	EXPECT_WALKS({"J", "10.0.0.9", "no route at J"}, {"J", "10.0.0.1", "at J"});
}

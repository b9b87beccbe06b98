/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How ICMP messages of declared routers come back to the nodes that caused them. */
#include <arpa/inet.h>
#include <stdio.h>
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

/* "ADDRESS, TTL, MAC" of what the node gets from the router, or "silent". */
static const char *answer_words(const char *router, const char *node)
{
	static char words[128];
	struct origin origin = path_origin(z, network_find_node(z, node));
	char address[IPV4_TEXT_MAX], mac_words[MAC_TEXT_MAX];
	struct answer answer;
	struct mac mac;

	if (!path_answer(z, topology_router(z, router), &origin, &answer))
		return "silent";
	memcpy(mac.octets, answer.mac, sizeof(mac.octets));
	snprintf(words, sizeof(words), "%s, %d, %s", ipv4_text(ntohl(answer.address), address),
		 answer.ttl, mac_text(&mac, mac_words));
	return words;
}

/* What routers know of the node's whereabouts. */
static const char *origin_words(const char *node)
{
	static char text[PREFIX_TEXT_MAX];
	struct origin origin = path_origin(z, network_find_node(z, node));

	cr_assert_eq(origin.subnet, network_find_node(z, node)->subnet);
	return prefix_text(&origin.sources, text);
}

static void figure2(void)
{
	given(topology_figure2());
}

TestSuite(figure2_answers, .init = figure2, .fini = forget);

Test(figure2_answers, come_from_the_interface_towards_the_sender)
{
	cr_assert_str_eq(answer_words("J", "A"), "10.0.0.1, 64, 00:01:42:09:88:73");
	cr_assert_str_eq(answer_words("L", "A"), "10.255.0.2, 63, 00:01:42:09:88:73");
	cr_assert_str_eq(answer_words("L", "H"), "10.1.5.1, 64, 00:01:42:cd:11:01");
	cr_assert_str_eq(answer_words("J", "H"), "10.255.0.1, 63, 00:01:42:cd:11:01");
	cr_assert_str_eq(answer_words("J", "C"), "10.0.5.254, 64, 02:00:0a:00:05:fe");
}

Test(figure2_answers, need_one_origin_per_subnet)
{
	cr_assert_str_eq(origin_words("A"), "10.0.0.0/24");
	cr_assert_str_eq(origin_words("G"), "10.0.0.0/24");
	cr_assert_str_eq(origin_words("C"), "10.0.5.0/24");
	cr_assert_str_eq(origin_words("H"), "10.1.5.0/24");
}

/* The way out is J, L; the way back L, M, K; front is on both J and K. */
#define TRIANGLE(routes_of_l)                                                      \
	"  subnets:\n"                                                             \
	"    front: {v4: 10.0.0.0/24}\n"                                           \
	"    core:  {v4: 10.255.0.0/30}\n"                                         \
	"    west:  {v4: 10.255.1.0/30}\n"                                         \
	"    east:  {v4: 10.255.2.0/30}\n"                                         \
	"    back:  {v4: 10.1.5.0/24}\n"                                           \
	"  routers:\n"                                                             \
	"    J:\n"                                                                 \
	"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"                  \
	"      routes: {10.1.5.0/24: 10.255.0.2}\n"                                \
	"    K: {interfaces: {front: 10.0.0.4, east: 10.255.2.1}}\n"               \
	"    M:\n"                                                                 \
	"      interfaces: {east: 10.255.2.2, west: 10.255.1.1}\n"                 \
	"      routes: {10.0.0.0/16: 10.255.2.1}\n"                                \
	"    L:\n"                                                                 \
	"      interfaces: {core: 10.255.0.2, west: 10.255.1.2, back: 10.1.5.1}\n" \
	"      routes: {" routes_of_l "}\n"                                        \
	"  nodes:\n"                                                               \
	"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"                          \
	"    G: {host: S, subnet: front, v4: 10.0.0.200}\n"

TestSuite(answers, .fini = forget);

Test(answers, come_back_another_way)
{
	given_z(TRIANGLE("10.0.0.0/24: 10.255.1.1"));
	cr_assert_str_eq(answer_words("J", "A"), "10.0.0.1, 64, 02:00:0a:00:00:01");
	cr_assert_str_eq(answer_words("L", "A"), "10.255.1.2, 62, 02:00:0a:00:00:04");
	cr_assert_str_eq(answer_words("M", "A"), "10.255.2.2, 63, 02:00:0a:00:00:04");
}

Test(answers, follow_routes_to_parts_of_a_subnet)
{
	given_z(TRIANGLE("10.0.0.0/24: 10.255.0.1, 10.0.0.128/25: 10.255.1.1"));
	cr_assert_str_eq(origin_words("A"), "10.0.0.0/24");
	cr_assert_str_eq(origin_words("G"), "10.0.0.128/25");
	cr_assert_str_eq(answer_words("L", "A"), "10.255.0.2, 63, 02:00:0a:00:00:01");
	cr_assert_str_eq(answer_words("L", "G"), "10.255.1.2, 62, 02:00:0a:00:00:04");
}

Test(answers, dont_come_over_a_one_way_route)
{
	given_z(TRIANGLE(""));
	cr_assert_str_eq(answer_words("L", "A"), "silent");
	cr_assert_str_eq(answer_words("J", "A"), "10.0.0.1, 64, 02:00:0a:00:00:01");
}

Test(answers, dont_come_through_a_loop)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/29}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1, core: 10.255.0.1}\n"
		"      routes: {10.0.0.2/32: 10.255.0.2}\n"
		"    L:\n"
		"      interfaces: {core: 10.255.0.2}\n"
		"      routes: {10.0.0.0/24: 10.255.0.1}\n"
		"  nodes:\n"
		"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"    G: {host: S, subnet: front, v4: 10.0.0.3}\n");
	cr_assert_str_eq(origin_words("A"), "10.0.0.2/32");
	cr_assert_str_eq(answer_words("J", "A"), "silent");
	cr_assert_str_eq(answer_words("L", "A"), "silent");
	cr_assert_str_eq(answer_words("J", "G"), "10.0.0.1, 64, 02:00:0a:00:00:01");
	cr_assert_str_eq(answer_words("L", "G"), "10.255.0.2, 63, 02:00:0a:00:00:01");
}

Test(answers, take_a_detour_back_when_a_connected_router_has_a_longer_route)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1}\n"
		"      routes: {10.0.0.128/25: 10.0.0.4}\n"
		"    K: {interfaces: {front: 10.0.0.4}}\n"
		"  nodes:\n"
		"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"    G: {host: S, subnet: front, v4: 10.0.0.200}\n");
	cr_assert_str_eq(answer_words("J", "A"), "10.0.0.1, 64, 02:00:0a:00:00:01");
	cr_assert_str_eq(answer_words("J", "G"), "10.0.0.1, 63, 02:00:0a:00:00:04");
}

Test(answers, dont_come_when_a_forwarding_node_gets_them)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}}\n"
		"  routers:\n"
		"    J:\n"
		"      interfaces: {front: 10.0.0.1}\n"
		"      routes: {10.0.0.128/25: 10.0.0.2, 10.0.0.3/32: 10.0.0.3}\n"
		"  nodes:\n"
		"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"    G: {host: S, subnet: front, v4: 10.0.0.3}\n"
		"    H: {host: S, subnet: front, v4: 10.0.0.200}\n");
	cr_assert_str_eq(answer_words("J", "H"), "silent");
	cr_assert_str_eq(answer_words("J", "G"), "10.0.0.1, 64, 02:00:0a:00:00:01");
}

Test(answers, dont_come_when_they_are_delivered_on_another_subnet)
{
	given_z("  subnets: {front: {v4: 10.0.0.0/24}, wide: {v4: 10.0.0.0/16}}\n"
		"  routers:\n"
		"    J: {interfaces: {front: 10.0.0.1}}\n"
		"    L: {interfaces: {wide: 10.0.5.1}}\n"
		"  nodes:\n"
		"    A: {host: R, subnet: front, v4: 10.0.0.2}\n");
	cr_assert_str_eq(answer_words("J", "A"), "10.0.0.1, 64, 02:00:0a:00:00:01");
	cr_assert_str_eq(answer_words("L", "A"), "silent");
}

/* The MTUs at which a large message of the router is cut on its way to the node: "1280 1006". */
static const char *cut_words(const char *router, const char *node)
{
	static char words[128];
	struct origin origin = path_origin(z, network_find_node(z, node));
	struct answer answer;
	int length = 0;

	cr_assert(path_answer(z, topology_router(z, router), &origin, &answer));
	words[0] = '\0';
	for (int i = 0; i < answer.mtu_count; i++)
		length += snprintf(words + length, sizeof(words) - (size_t)length, "%s%d",
				   i ? " " : "", answer.mtus[i]);
	return words;
}

/* A chain from A's front to M, with these MTUs of the subnets between J, K, L and M. */
#define CHAIN(first, second, third)                                                                  \
	"  subnets:\n"                                                                               \
	"    front: {v4: 10.0.0.0/24}\n"                                                             \
	"    core:  {v4: 10.255.0.0/30, mtu: " first "}\n"                                           \
	"    west:  {v4: 10.255.1.0/30, mtu: " second "}\n"                                          \
	"    east:  {v4: 10.255.2.0/30, mtu: " third "}\n"                                           \
	"  routers:\n"                                                                               \
	"    J: {interfaces: {front: 10.0.0.1, core: 10.255.0.1}, routes: {default: 10.255.0.2}}\n"  \
	"    K: {interfaces: {core: 10.255.0.2, west: 10.255.1.1}, routes: {default: 10.255.0.1}}\n" \
	"    L: {interfaces: {west: 10.255.1.2, east: 10.255.2.1}, routes: {default: 10.255.1.1}}\n" \
	"    M: {interfaces: {east: 10.255.2.2}, routes: {default: 10.255.2.1}}\n"                   \
	"  nodes:\n"                                                                                 \
	"    A: {host: R, subnet: front, v4: 10.0.0.2}\n"

Test(answers, are_cut_wherever_the_mtu_is_smaller_than_all_before)
{
	given_z(CHAIN("1006", "1280", "1400"));
	cr_assert_str_eq(cut_words("M", "A"), "1400 1280 1006");
	cr_assert_str_eq(cut_words("K", "A"), "1006");
	cr_assert_str_eq(cut_words("J", "A"), "1500");
}

Test(answers, are_not_cut_again_where_the_mtu_is_larger)
{
	given_z(CHAIN("1280", "1400", "1006"));
	cr_assert_str_eq(cut_words("M", "A"), "1006");
	cr_assert_str_eq(cut_words("L", "A"), "1400 1280");
}

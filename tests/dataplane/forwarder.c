/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Nodes that forward for others [49, 70]: what is sent to their MAC keeps its destination, and crosses
 * the substrate by slot. G is one: a route of J leads to it, and A may use it as a router.
 */
#include "cases.h"

#define FORWARDER                                                                         \
	"weft: 1\n"                                                                       \
	"hosts: {R: {locator: '2001:db8:0:a::/64'}, S: {locator: '2001:db8:0:b::/64'}}\n" \
	"networks:\n"                                                                     \
	"  Z:\n"                                                                          \
	"    id: 0x5a\n"                                                                  \
	"    subnets: {front: {v4: 10.0.0.0/24}}\n"                                       \
	"    routers:\n"                                                                  \
	"      J:\n"                                                                      \
	"        interfaces: {front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}}\n"         \
	"        routes: {10.9.0.0/16: 10.0.0.3, 10.8.0.0/16: 10.0.0.77}\n"               \
	"    nodes:\n"                                                                    \
	"      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n"     \
	"      H: {host: S, subnet: front, v4: 10.0.0.9}\n"                               \
	"      G: {host: S, subnet: front, v4: 10.0.0.3}\n"                               \
	"  Y:\n"                                                                          \
	"    id: 0x59\n"                                                                  \
	"    subnets: {front: {v4: 10.0.0.0/24}}\n"                                       \
	"    nodes: {E: {host: S, subnet: front, v4: 10.0.0.2}}\n"

#define ADDRESS(number) __builtin_bswap32(number)
#define FAR_ADDRESS     10, 9, 0, 1
/* The octet of a slot and the flag U. */
#define SLOT(number) ((number) << 2 | SUBSTRATE_TO_SLOT)
#define BY_SLOT(slot)                                                                            \
	{                                                                                        \
		.substrate = {                                                                   \
			{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0b, slot, 0, 0, 0x5a, FAR_ADDRESS}} \
		}                                                                                \
	}

/* Somebody behind G, as an address; behind S by the slots of G, of E, and of nobody. */
static const struct party FAR = {.address = ADDRESS(0x0a090001)};
static const struct party FAR_BY_G = BY_SLOT(SLOT(1)), FAR_BY_E = BY_SLOT(SLOT(2)),
			  FAR_BY_NOBODY = BY_SLOT(SLOT(3)),
			  FAR_BY_GROUP = BY_SLOT(SLOT(1) | SUBSTRATE_GROUP);

static const struct party A_BY_G = {
	.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0b, SLOT(1), 0, 0, 0x5a, 10, 0, 0, 2}}}};

static void forget_g(struct fixture *fixture)
{
	fixture_forget(fixture, NETWORK_Z, G.address);
}

static void remember_g(struct fixture *fixture)
{
	fixture_remember(fixture, "G");
}

static void refuse_g(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, G.address);
}

static void front_77_is_nobody(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, NOBODY_ON_FRONT.address);
}

/* G has another MAC now than its neighbours think. */
static void g_has_changed(struct fixture *fixture)
{
	struct mapping mapping;

	fixture_remember(fixture, "G");
	cr_assert(fixture_get(fixture, NETWORK_Z, G.address, &mapping));
	mapping.mac[5] = 0xee;
	fixture_put(fixture, NETWORK_Z, G.address, &mapping);
}

static void g_has_no_slot(struct fixture *fixture)
{
	struct mapping mapping;

	fixture_remember(fixture, "G");
	cr_assert(fixture_get(fixture, NETWORK_Z, G.address, &mapping));
	mapping.slot = SUBSTRATE_SLOT_NONE;
	fixture_put(fixture, NETWORK_Z, G.address, &mapping);
}

TABLE(to_forwarder, .host = "R", .sender = "A", .topology = FORWARDER)
{
	static const struct held_for g = {"A", NETWORK_Z, ADDRESS(0x0a000003), ADDRESS(0x0a000002)};
	const struct frame *by_g = FRAME(ETH(A, G), IPV4(A, FAR), TCP(1, 2), DATA(9));
	const struct frame *unhad =
		FRAME(ETH(A, J_FRONT),
		      IPV4(A, *(&(const struct party){.address = ADDRESS(0x0a080001)})), PING);
	const struct frame *datagram = FRAME(ETH(A, G), IPV4(A, FAR), UDP(1, 2), DATA(64));
	const struct frame *datagram6 = FRAME(ETH(A, G), IPV6(A, FAR_BY_G), UDP(1, 2), DATA(64));

	CASE("A uses G as a router", FROM_NODE, by_g, REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, FAR_BY_G), TCP(1, 2), DATA(9)));
	CASE("for UDP", FROM_NODE, datagram, REASON_FORWARDED, datagram6);
	CASE("for a fragment", FROM_NODE, frame_fragment(datagram, 7, 0, 32), REASON_FORWARDED,
	     frame_fragment(datagram6, 7, 0, 32));
	CASE("to A itself", FROM_NODE, FRAME(ETH(A, G), IPV4(A, A), UDP(1, 2)), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, A_BY_G), UDP(1, 2)));
	CASE("G's own address needs no slot", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(A, G), PING));
	CASE("J sends to G what G is the next hop of", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, FAR), UDP(1, 2), DATA(9)), REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, FAR_BY_G, .ttl = 63, .router = 1), UDP(1, 2), DATA(9)));
	CASE("a next hop that nobody has: J says so", FROM_NODE, unhad, REASON_HOST_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xc0), ICMP(3, 1), QUOTE(unhad, 63)),
	     .before = front_77_is_nobody, .forgets_sum = true);
	CASE("G's mapping is gone: it is asked for, not the destination", FROM_NODE, by_g,
	     REASON_HELD, .held = &g, .before = forget_g);
	CASE("the same by way of J", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, FAR), PING),
	     REASON_HELD, .held = &g);
	CASE("G is gone", FROM_NODE, by_g, REASON_DESTINATION_MAC_UNKNOWN, .before = refuse_g);
	CASE("G has another MAC", FROM_NODE, by_g, REASON_DESTINATION_MAC_UNKNOWN,
	     .before = g_has_changed);
	CASE("G has no slot", FROM_NODE, by_g, REASON_DESTINATION_MAC_UNKNOWN,
	     .before = g_has_no_slot);
	CASE("A's own MAC", FROM_NODE, FRAME(ETH(A, A), IPV4(A, FAR), PING),
	     REASON_DESTINATION_MAC_UNKNOWN, .before = remember_g);
	CASE("a MAC that nobody has", FROM_NODE, FRAME(ETH(A, STRANGER), IPV4(A, FAR), PING),
	     REASON_DESTINATION_MAC_UNKNOWN);
}

TABLE(by_slot, .host = "S", .topology = FORWARDER)
{
	static const struct party false_a = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0c,
							     0, 0, 0, 0x5a, 10, 0, 0, 2}}}};
	const struct frame *datagram6 =
		FRAME(ETH(A, G), IPV6(A, FAR_BY_G, .ttl = 63, .router = 1), UDP(1, 2), DATA(64));
	const struct frame *datagram =
		FRAME(ETH(J_FRONT, G), IPV4(A, FAR, .ttl = 63), UDP(1, 2), DATA(64));

	CASE("G gets what is for its slot, the destination as it was", FROM_SUBSTRATE,
	     FRAME(ETH(A, G), IPV6(A, FAR_BY_G), TCP(1, 2), DATA(9)), REASON_DELIVERED,
	     FRAME(ETH(A, G), IPV4(A, FAR), TCP(1, 2), DATA(9)));
	CASE("from J", FROM_SUBSTRATE, datagram6, REASON_DELIVERED, datagram);
	CASE("for the one it comes from", FROM_SUBSTRATE,
	     FRAME(ETH(A, G), IPV6(A, A_BY_G), UDP(1, 2)), REASON_DELIVERED,
	     FRAME(ETH(A, G), IPV4(A, A), UDP(1, 2)));
	CASE("in fragments", FROM_SUBSTRATE, frame_fragment(datagram6, 7, 0, 32), REASON_DELIVERED,
	     frame_fragment(datagram, 7, 0, 32));
	CASE("the slot of a node of another network", FROM_SUBSTRATE,
	     FRAME(ETH(A, G), IPV6(A, FAR_BY_E), PING), REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("the slot of nobody", FROM_SUBSTRATE, FRAME(ETH(A, G), IPV6(A, FAR_BY_NOBODY), PING),
	     REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("another network's sender", FROM_SUBSTRATE, FRAME(ETH(A, G), IPV6(D, FAR_BY_G), PING),
	     REASON_SUBSTRATE_NETWORK_FOREIGN);
	CASE("a sender that isn't where it says", FROM_SUBSTRATE,
	     FRAME(ETH(A, G), IPV6(false_a, FAR_BY_G), PING), REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("a slot and a group", FROM_SUBSTRATE, FRAME(ETH(A, G), IPV6(A, FAR_BY_GROUP), PING),
	     REASON_SUBSTRATE_NODE_UNKNOWN);
}

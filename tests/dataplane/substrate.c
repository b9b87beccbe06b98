/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the substrate brings besides sound packets: the host's own traffic, and lies. */
#include "cases.h"

/* A with the locator of another host, another network, slot or flag. */
#define AT_A(eighth, network_)                                                                     \
	{                                                                                          \
		.mac = {0}, .substrate =                                                           \
		{ {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a, eighth, 0, 0, network_, 10, 0, 0, 2}} } \
	}

TABLE(passed, .host = "R")
{
	static const struct party host_own = AT_A(0, 0);
	static const struct party other_host = {
		.substrate = {
			{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0c, 0, 0, 0, 0x5a, 10, 0, 0, 2}}}};
	static const struct party other_site = {
		.substrate = {
			{{0x20, 0x01, 0x0d, 0xb9, 0, 0, 0, 0x0a, 0, 0, 0, 0x5a, 10, 0, 0, 2}}}};
	static const struct party group = {.substrate = {{{0xff, 0x02, [15] = 1}}}};

	CASE("network 0 is the host's own", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, host_own), PING), REASON_PASSED,
	     FRAME(ETH(G, A), IPV6(G, host_own), PING));
	CASE("what is for another host", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, other_host), PING), REASON_PASSED,
	     FRAME(ETH(G, A), IPV6(G, other_host), PING));
	CASE("what is for another site", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, other_site), PING), REASON_PASSED,
	     FRAME(ETH(G, A), IPV6(G, other_site), PING));
	CASE("what is for a group", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, group, .next = 58), DATA(24)), REASON_PASSED,
	     FRAME(ETH(G, A), IPV6(G, group, .next = 58), DATA(24)));
	CASE("IPv4 of the host", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV4(G, A), PING), REASON_PASSED,
	     FRAME(ETH(G, A), IPV4(G, A), PING));
	CASE("ARP of the host", FROM_SUBSTRATE, FRAME(ETH(G, EVERYBODY), ARP_ASKS(G, A)),
	     REASON_PASSED, FRAME(ETH(G, EVERYBODY), ARP_ASKS(G, A)));
	CASE("anything else", FROM_SUBSTRATE, FRAME(ETH_TYPED(G, A, 0x88cc), DATA(46)),
	     REASON_PASSED, FRAME(ETH_TYPED(G, A, 0x88cc), DATA(46)));
}

static void forget_g(struct fixture *fixture)
{
	fixture_forget(fixture, NETWORK_Z, G.address);
}

static void refuse_g(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, G.address);
}

static void remember_g(struct fixture *fixture)
{
	fixture_remember(fixture, "G");
}

TABLE(verified, .host = "R")
{
	static const struct held_for unknown_g = {NULL, NETWORK_Z, __builtin_bswap32(0x0a000003),
						  __builtin_bswap32(0x0a000002)};
	static const struct party no_node = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a,
							     0, 0, 0, 0x5a, 10, 0, 0, 9}}}};
	static const struct party no_network = AT_A(0, 0x5b);
	static const struct party group = AT_A(SUBSTRATE_GROUP, 0x5a);
	static const struct party with_slot = AT_A(4, 0x5a);
	/* G's address behind a locator that is not S's. */
	static const struct party false_g = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0c,
							     0, 0, 0, 0x5a, 10, 0, 0, 3}}}};
	static const struct party slotted_g = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,
							       0x0b, 4, 0, 0, 0x5a, 10, 0, 0, 3}}}};

	CASE("an address of R that no node has", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, no_node), PING), REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("a network that R has no node of", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, no_network), PING), REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("a node of another host behind R's locator", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(H, no_node), PING), REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("a group", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, group), PING),
	     REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("a slot without the flag that says so", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, with_slot), PING), REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("E of network Y to A of network Z", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(E, A), PING),
	     REASON_SUBSTRATE_NETWORK_FOREIGN);
	CASE("E to D, which have the addresses of A and G the other way round", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(E, D), PING), REASON_DELIVERED,
	     FRAME(ETH(E, D), IPV4(E, D), PING));
	CASE("G from where G isn't", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(false_g, A), PING),
	     REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("G with a slot", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(slotted_g, A), PING),
	     REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("C, which is on R itself", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(C, A), PING),
	     REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("A's own packet comes back", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(A, A), PING),
	     REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("G before it is resolved: the packet waits, A asks", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A), PING), REASON_HELD, .held = &unknown_g,
	     .before = forget_g);
	CASE("G while it is being resolved", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A), TCP(1, 2)), REASON_HELD, .held = &unknown_g);
	CASE("G, but nobody has its address", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), PING),
	     REASON_SUBSTRATE_SOURCE_UNKNOWN, .before = refuse_g);
	CASE("G, resolved", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), PING), REASON_DELIVERED,
	     FRAME(ETH(G, A), IPV4(G, A), PING), .before = remember_g);
	CASE("a router that A's subnet has", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(H, A, .router = 1), PING), REASON_DELIVERED,
	     FRAME(ETH(J_FRONT, A), IPV4(H, A), PING));
	CASE("a router that A's subnet doesn't have", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(H, A, .router = 2), PING), REASON_SUBSTRATE_MALFORMED);
	CASE("the last router there can be", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(H, A, .router = 7), PING), REASON_SUBSTRATE_MALFORMED);
	CASE("the substrate's hop limit is its own", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A, .hop_limit = 3, .ttl = 17), PING), REASON_DELIVERED,
	     FRAME(ETH(G, A), IPV4(G, A, .ttl = 17), PING));
	CASE("the MACs of the fabric are", FROM_SUBSTRATE,
	     FRAME(ETH(STRANGER, EVERYBODY), IPV6(G, A), PING), REASON_DELIVERED,
	     FRAME(ETH(G, A), IPV4(G, A), PING));
	CASE("padding of the fabric is not given to A", FROM_SUBSTRATE,
	     frame_extend(FRAME(ETH(G, A), IPV6(G, A, .next = 253), DATA(2)), 60), REASON_DELIVERED,
	     FRAME(ETH(G, A), IPV4(G, A, .next = 253), DATA(2)), .forgets_sum = true);
}

TABLE(malformed, .host = "R")
{
	const struct frame *datagram = FRAME(ETH(G, A), IPV6(G, A), UDP(4000, 53), DATA(64));
	const struct frame *fragment = frame_fragment(datagram, 7, 0, 32);

	CASE("a fragment header of a packet that is whole", FROM_SUBSTRATE,
	     PATCHED(fragment, 56, 0, 0), REASON_SUBSTRATE_MALFORMED);
	CASE("a fragment header that isn't whole", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A, .next = 44), DATA(7)), REASON_SUBSTRATE_MALFORMED);
	CASE("a payload that is longer than its frame", FROM_SUBSTRATE,
	     PATCHED(datagram, 18, 0, 73), REASON_FRAME_TRUNCATED);
	CASE("a payload that no IPv4 packet could have", FROM_SUBSTRATE,
	     PATCHED(datagram, 18, 0xff, 0xff), REASON_FRAME_TRUNCATED);
	CASE("a fragment without octets", FROM_SUBSTRATE,
	     PATCHED(FRAME(ETH(G, A), IPV6(G, A, .next = 44), DATA(8)), 54, 17, 0, 0, 9, 0, 0, 0,
		     7),
	     REASON_DELIVERED,
	     frame_right(PATCHED(FRAME(ETH(G, A), IPV4(G, A, .next = 17, .id = 7), DATA(0)), 20,
				 0x20, 0x01)));
}

/* With a /72 locator there are neither slots nor flags: the octet is the locator's. */
TABLE(long_locators, .host = "R", .sender = "A",
      .topology =
	      "weft: 1\n"
	      "hosts: {R: {locator: '2001:db8:0:a:9c00::/72'}, S: {locator: '2001:db8:0:b:ff00::/72'}}\n"
	      "networks:\n"
	      "  Z:\n"
	      "    id: 0x5a\n"
	      "    subnets: {front: {v4: 10.0.0.0/24}}\n"
	      "    nodes:\n"
	      "      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n"
	      "      G: {host: S, subnet: front, v4: 10.0.0.3}\n")
{
	static const struct party long_a = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a,
							    0x9c, 0, 0, 0x5a, 10, 0, 0, 2}}}};
	static const struct party long_g = {.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0b,
							    0xff, 0, 0, 0x5a, 10, 0, 0, 3}}}};

	CASE("A to G", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(3)),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(long_a, long_g), TCP(1, 2), DATA(3)));
	CASE("G to A", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(long_g, long_a), UDP(1, 2), DATA(3)),
	     REASON_DELIVERED, FRAME(ETH(G, A), IPV4(G, A), UDP(1, 2), DATA(3)));
	CASE("another host behind the same 64 bits", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(long_g, A), PING), REASON_PASSED,
	     FRAME(ETH(G, A), IPV6(long_g, A), PING));
	CASE("G behind another octet", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, long_a), PING),
	     REASON_SUBSTRATE_SOURCE_SPOOFED);
	CASE("a node of a host without slots forwards for nobody", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, NOWHERE), PING), REASON_DESTINATION_MAC_UNKNOWN);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets between nodes of one host, which never become substrate packets [45]. */
#include "cases.h"

/* Figure 2 with A and G on one host, and a second network with A's and G's addresses. */
#define ONE_HOST                                                                      \
	"weft: 1\n"                                                                   \
	"hosts: {R: {locator: '2001:db8:0:a::/64'}}\n"                                \
	"networks:\n"                                                                 \
	"  Z:\n"                                                                      \
	"    id: 0x5a\n"                                                              \
	"    subnets: {front: {v4: 10.0.0.0/24}, mid: {v4: 10.0.5.0/24}}\n"           \
	"    routers:\n"                                                              \
	"      J:\n"                                                                  \
	"        interfaces:\n"                                                       \
	"          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"                 \
	"          mid: 10.0.5.254\n"                                                 \
	"    nodes:\n"                                                                \
	"      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n" \
	"      G: {host: R, subnet: front, v4: 10.0.0.3}\n"                           \
	"      C: {host: R, subnet: mid, v4: 10.0.5.1}\n"                             \
	"  Y:\n"                                                                      \
	"    id: 0x59\n"                                                              \
	"    subnets: {front: {v4: 10.0.0.0/24}}\n"                                   \
	"    nodes:\n"                                                                \
	"      D: {host: R, subnet: front, v4: 10.0.0.4}\n"

TABLE(local_delivery, .host = "R", .sender = "A", .topology = ONE_HOST)
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV4(A, G), PING);
	const struct frame *broken = FRAME(ETH(A, G), IPV4(A, G, .dont_fragment = true, .id = 7),
					   UDP(1, 2, .checksum = CHECKSUM_UNFINISHED), DATA(9));
	const struct frame *fragment =
		frame_fragment(FRAME(ETH(A, J_FRONT), IPV4(A, C), UDP(1, 2), DATA(64)), 7, 8, 16);
	const struct frame *forwarded = frame_fragment(
		FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 63), UDP(1, 2), DATA(64)), 7, 8, 16);
	static const struct party unseen = {.mac = {2, 0, 10, 0, 0, 4},
					    .address = __builtin_bswap32(0x0a000004)};

	CASE("A's frame to G arrives as it is", FROM_NODE, to_g, REASON_DELIVERED_LOCAL, to_g);
	CASE("whatever is in it", FROM_NODE, broken, REASON_DELIVERED_LOCAL, broken,
	     .left = REASON_LEFT_CHECKSUM);
	CASE("also its padding", FROM_NODE, frame_extend(to_g, 80), REASON_DELIVERED_LOCAL,
	     frame_extend(to_g, 80));
	CASE("a switch doesn't look at the TTL", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G, .ttl = TTL_0), PING), REASON_DELIVERED_LOCAL,
	     FRAME(ETH(A, G), IPV4(A, G, .ttl = TTL_0), PING));
	CASE("A to C through J, which lowers the TTL", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, C), PING), REASON_DELIVERED_LOCAL,
	     FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 63), PING));
	CASE("A to C with the last TTL that reaches", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, C, .ttl = 2), PING), REASON_DELIVERED_LOCAL,
	     FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 1), PING));
	CASE("J keeps all else", FROM_NODE,
	     FRAME(ETH(A, J_FRONT),
		   IPV4(A, C, .ttl = 255, .tos = 0xff, .dont_fragment = true, .id = 0xfedc),
		   TCP(1, 2, .checksum = CHECKSUM_UNFINISHED), DATA(1000)),
	     REASON_DELIVERED_LOCAL,
	     FRAME(ETH(J_MID, C),
		   IPV4(A, C, .ttl = 254, .tos = 0xff, .dont_fragment = true, .id = 0xfedc),
		   TCP(1, 2, .checksum = CHECKSUM_UNFINISHED), DATA(1000)),
	     .left = REASON_LEFT_CHECKSUM);
	CASE("but not the padding", FROM_NODE,
	     frame_extend(FRAME(ETH(A, J_FRONT), IPV4(A, C), ICMP(8, 0)), 60),
	     REASON_DELIVERED_LOCAL, FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 63), ICMP(8, 0)),
	     .forgets_sum = true);
	CASE("a fragment", FROM_NODE, fragment, REASON_DELIVERED_LOCAL, forwarded);
	CASE("A to G by way of J, which sends it back to where it came from", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, G), PING), REASON_DELIVERED_LOCAL,
	     FRAME(ETH(J_FRONT, G), IPV4(A, G, .ttl = 63), PING));
	CASE("A to itself by way of J", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, A), PING),
	     REASON_DELIVERED_LOCAL, FRAME(ETH(J_FRONT, A), IPV4(A, A, .ttl = 63), PING));
	CASE("A to its own MAC: a switch sends no frame back", FROM_NODE,
	     FRAME(ETH(A, A), IPV4(A, A), PING), REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to its own MAC with another address", FROM_NODE, FRAME(ETH(A, A), IPV4(A, C), PING),
	     REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to a MAC that nobody has", FROM_NODE, FRAME(ETH(A, STRANGER), IPV4(A, G), PING),
	     REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to the MAC of a router that is elsewhere", FROM_NODE,
	     FRAME(ETH(A, J_MID), IPV4(A, C), PING), REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to the MAC of a node that is elsewhere", FROM_NODE,
	     FRAME(ETH(A, C), IPV4(A, C), PING), REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to the MAC of a node of another network", FROM_NODE,
	     FRAME(ETH(A, unseen), IPV4(A, G), PING), REASON_DESTINATION_MAC_UNKNOWN);
	CASE("A to G's MAC with C's address: G may know what to do with it [49]", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, C), PING), REASON_DELIVERED_LOCAL,
	     FRAME(ETH(A, G), IPV4(A, C), PING));
}

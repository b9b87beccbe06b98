/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the fabric says of packets of this host (RFC 4443), said again to the nodes that sent them. */
#include "cases.h"

/* A router of the fabric, and an address that R has no node for. */
static const struct party FABRIC = {
	.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0xf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}};

static const struct party NOBODY_ON_R = {
	.substrate = {{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a, 0, 0, 0, 0x5a, 10, 0, 0, 9}}}};

/* An ICMPv6 message of the fabric to A, with so many octets of a substrate packet. */
#define FABRIC_SAYS(type, code, rest, packet, count)                              \
	FRAME(ETH(STRANGER, STRANGER), IPV6(FABRIC, A), ICMPV6(type, code, rest), \
	      OCTETS((packet)->octets + FRAME_IPV6_AT, count))
#define WHOLE(packet) ((packet)->length - FRAME_IPV6_AT)

#define FROM_G(code, rest, packet, tos_)                                           \
	FRAME(ETH(G, A), IPV4(G, A, .tos = tos_), ICMP(3, code, .sequence = rest), \
	      QUOTE(packet, TTL_DEFAULT))
#define FROM_H(code, rest, packet)                                                       \
	FRAME(ETH(J_FRONT, A), IPV4(H, A, .tos = 0xc0), ICMP(3, code, .sequence = rest), \
	      QUOTE(packet, 62))

TABLE(packet_too_big, .host = "R")
{
	const struct frame *udp = FRAME(ETH(A, G), IPV4(A, G, .tos = 0xb8, .dont_fragment = true),
					UDP(4000, 53), DATA(1400));
	const struct frame *udp6 = FRAME(ETH(A, G), IPV6(A, G, .tos = 0xb8, .dont_fragment = true),
					 UDP(4000, 53), DATA(1400));
	const struct frame *tcp = FRAME(ETH(A, J_FRONT), IPV4(A, H, .dont_fragment = true),
					TCP(4000, 80), DATA(1401));
	const struct frame *tcp6 =
		FRAME(ETH(A, J_FRONT), IPV6(A, H, .dont_fragment = true, .ttl = 62, .router = 1),
		      TCP(4000, 80), DATA(1401));
	const struct frame *bare =
		FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, .checksum = CHECKSUM_NONE), DATA(9));
	const struct frame *bare6 =
		FRAME(ETH(A, G), IPV6(A, G), UDP(1, 2, .checksum = CHECKSUM_NONE), DATA(9));
	const struct frame *first = frame_fragment(udp, 7, 0, 1000);
	const struct frame *first6 = frame_fragment(udp6, 7, 0, 1000);
	const struct frame *error =
		FRAME(ETH(A, G), IPV6(A, G), ICMP(3, 3), QUOTE(bare, TTL_DEFAULT));

	CASE("UDP, as much of it as IPv6 quotes, with the checksum that A gave it", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1400, udp6, 1232), REASON_FRAGMENTATION_NEEDED,
	     FROM_G(4, 1380, udp, 0xd8), .forgets_sum = true);
	CASE("TCP through routers, the TTL as they have left it", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1400, tcp6, 1232), REASON_FRAGMENTATION_NEEDED, FROM_H(4, 1380, tcp),
	     .forgets_sum = true);
	CASE("a small packet whole; without DF its fragments will take 8 octets more",
	     FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, bare6, WHOLE(bare6)),
	     REASON_FRAGMENTATION_NEEDED, FROM_G(4, 1252, bare, 0xc0), .forgets_sum = true);
	CASE("the first fragment: it has these octets already", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, first6, WHOLE(first6)), REASON_FRAGMENTATION_NEEDED,
	     FROM_G(4, 1252, first, 0xd8), .forgets_sum = true);
	CASE("an MTU that no IPv4 link may have", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 60, udp6, 1232),
	     REASON_FRAGMENTATION_NEEDED, FROM_G(4, 68, udp, 0xd8), .forgets_sum = true);
	CASE("an MTU that no IPv4 packet can have", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 0x10028, udp6, 1232), REASON_FRAGMENTATION_NEEDED,
	     FROM_G(4, 0xffff, udp, 0xd8), .forgets_sum = true);
	CASE("a later fragment: nobody sends errors about these", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, frame_fragment(udp6, 7, 1000, 408), 456),
	     REASON_ANSWER_SUPPRESSED);
	CASE("an ICMP error of A", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, error, WHOLE(error)),
	     REASON_ANSWER_SUPPRESSED);
}

TABLE(fabric_unreachable, .host = "R")
{
	const struct frame *ping = FRAME(ETH(A, J_FRONT), IPV4(A, H), PING);
	const struct frame *ping6 =
		FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), PING);

	CASE("no route to S", FROM_SUBSTRATE, FABRIC_SAYS(1, 0, 0, ping6, WHOLE(ping6)),
	     REASON_HOST_UNREACHABLE, FROM_H(1, 0, ping), .forgets_sum = true);
	CASE("a loop in the fabric", FROM_SUBSTRATE, FABRIC_SAYS(3, 0, 0, ping6, WHOLE(ping6)),
	     REASON_HOST_UNREACHABLE, FROM_H(1, 0, ping), .forgets_sum = true);
	CASE("a header that it doesn't like", FROM_SUBSTRATE,
	     FABRIC_SAYS(4, 1, 6, ping6, WHOLE(ping6)), REASON_HOST_UNREACHABLE, FROM_H(1, 0, ping),
	     .forgets_sum = true);
}

static void refuse_g(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, G.address);
}

/* What A can't have sent, or nobody can have said. */
TABLE(fabric_lies, .host = "R")
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV6(A, G), UDP(4000, 53), DATA(100));
	const struct frame *said = FABRIC_SAYS(2, 0, 1280, to_g, WHOLE(to_g));
	const struct frame *from_c = FRAME(ETH(A, G), IPV6(C, G), UDP(4000, 53), DATA(100));
	const struct frame *from_g = FRAME(ETH(A, G), IPV6(G, A), UDP(4000, 53), DATA(100));
	const struct frame *to_local = FRAME(ETH(A, G), IPV6(A, C), UDP(4000, 53), DATA(100));
	const struct frame *to_other = FRAME(ETH(A, G), IPV6(A, E), UDP(4000, 53), DATA(100));
	const struct frame *to_stranger =
		FRAME(ETH(A, G), IPV6(A, STRANGER), UDP(4000, 53), DATA(100));
	const struct frame *atomic =
		PATCHED(frame_fragment(to_g, 7, 0, 64), FRAME_IPV6_L4_AT + 2, 0, 0);
	const struct frame *cut_header = FRAME(ETH(A, G), IPV6(A, G, .next = 44), DATA(7));

	CASE("about a packet of C", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, from_c, 100),
	     REASON_SUBSTRATE_ERROR);
	CASE("about a packet to A", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, from_g, 100),
	     REASON_SUBSTRATE_ERROR);
	CASE("about a packet to C on the same host", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, to_local, 100), REASON_SUBSTRATE_ERROR);
	CASE("about a packet to another network", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, to_other, 100), REASON_SUBSTRATE_ERROR);
	CASE("about a packet to somebody unknown", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, to_stranger, 100), REASON_SUBSTRATE_ERROR);
	CASE("about a packet that A wouldn't have made", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, atomic, WHOLE(atomic)), REASON_SUBSTRATE_ERROR);
	CASE("about half a fragment header", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, cut_header, WHOLE(cut_header)), REASON_SUBSTRATE_ERROR);
	CASE("about half an IPv6 header", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, to_g, 39),
	     REASON_SUBSTRATE_ERROR);
	CASE("about less of a packet than IPv4 has to quote", FROM_SUBSTRATE,
	     FABRIC_SAYS(2, 0, 1280, to_g, 47), REASON_SUBSTRATE_ERROR);
	CASE("about nothing", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, to_g, 0),
	     REASON_SUBSTRATE_ERROR);
	CASE("half a message", FROM_SUBSTRATE,
	     FRAME(ETH(STRANGER, STRANGER), IPV6(FABRIC, A, .next = 58), DATA(7)),
	     REASON_SUBSTRATE_ERROR);
	CASE("a wrong checksum", FROM_SUBSTRATE, PATCHED(said, 56, 0x12, 0x34),
	     REASON_SUBSTRATE_ERROR);
	CASE("an echo request, which nodes have another number for", FROM_SUBSTRATE,
	     FABRIC_SAYS(128, 0, 1, to_g, 20), REASON_SUBSTRATE_ERROR);
	CASE("a neighbour solicitation", FROM_SUBSTRATE, FABRIC_SAYS(135, 0, 0, to_g, 20),
	     REASON_SUBSTRATE_ERROR);
	CASE("about a packet to nobody any more", FROM_SUBSTRATE, said, REASON_SUBSTRATE_ERROR,
	     .before = refuse_g);
	CASE("to nobody", FROM_SUBSTRATE,
	     FRAME(ETH(STRANGER, STRANGER), IPV6(FABRIC, NOBODY_ON_R), ICMPV6(2, 0, 1280)),
	     REASON_SUBSTRATE_NODE_UNKNOWN);
	CASE("from an address in A's network: then it is a packet of that node", FROM_SUBSTRATE,
	     FRAME(ETH(STRANGER, STRANGER), IPV6(H, A), ICMPV6(2, 0, 1280), DATA(100)),
	     REASON_DELIVERED,
	     FRAME(ETH(H, A), IPV4(H, A, .next = 58),
		   OCTETS(FRAME(IPV6(H, A), ICMPV6(2, 0, 1280), DATA(100))->octets + 40, 108)));
	CASE("from a node that isn't there", FROM_SUBSTRATE,
	     FRAME(ETH(STRANGER, STRANGER), IPV6(G, A), ICMPV6(2, 0, 1280), DATA(100)),
	     REASON_SUBSTRATE_SOURCE_UNKNOWN);
}

/* Figure 2's front alone, for packets of 100 octets. */
#define SMALL                                                                                 \
	"weft: 1\n"                                                                           \
	"hosts: {R: {locator: '2001:db8:0:a::/64'}, S: {locator: '2001:db8:0:b::/64'}}\n"     \
	"networks:\n"                                                                         \
	"  Z:\n"                                                                              \
	"    id: 0x5a\n"                                                                      \
	"    subnets: {front: {v4: 10.0.0.0/24, mtu: 100}}\n"                                 \
	"    routers: {J: {interfaces: {front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}}}}\n" \
	"    nodes:\n"                                                                        \
	"      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n"         \
	"      G: {host: S, subnet: front, v4: 10.0.0.3}\n"

TABLE(errors_fit_the_subnet, .host = "R", .sender = "A", .topology = SMALL)
{
	const struct frame *to_j =
		FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), UDP(4000, 53), DATA(72));
	const struct frame *to_g =
		FRAME(ETH(A, G), IPV4(A, G, .dont_fragment = true), UDP(4000, 53), DATA(72));
	const struct frame *to_g6 =
		FRAME(ETH(A, G), IPV6(A, G, .dont_fragment = true), UDP(4000, 53), DATA(72));

	CASE("a router's: it quotes less", FROM_NODE, to_j, REASON_PORT_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xc0), ICMP(3, 3),
		   QUOTE(to_j, 64, .octets = 72)),
	     .forgets_sum = true);
	CASE("the fabric's", FROM_SUBSTRATE, FABRIC_SAYS(2, 0, 1280, to_g6, WHOLE(to_g6)),
	     REASON_FRAGMENTATION_NEEDED,
	     FRAME(ETH(G, A), IPV4(G, A, .tos = 0xc0), ICMP(3, 4, .sequence = 1260),
		   QUOTE(to_g, 64, .octets = 72)),
	     .forgets_sum = true);
}

TABLE(fabric_is_limited, .host = "R", .answers = 1)
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV6(A, G), PING);
	const struct frame *said = FABRIC_SAYS(1, 0, 0, to_g, WHOLE(to_g));

	CASE("a first error", FROM_SUBSTRATE, said, REASON_HOST_UNREACHABLE,
	     FROM_G(1, 0, FRAME(ETH(A, G), IPV4(A, G), PING), 0xc0), .forgets_sum = true);
	CASE("a second one is too much", FROM_SUBSTRATE, said, REASON_ANSWER_LIMITED);
}

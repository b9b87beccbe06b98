/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that end at a logical router: pings, errors and silence, as of a Linux router. */
#include "cases.h"

/* ICMP errors of J and L as they arrive at A: a router that is one further away loses one TTL. */
#define FROM_J(type, code, quoted, ttl_) \
	FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xc0), ICMP(type, code), QUOTE(quoted, ttl_))
#define FROM_L(type, code, quoted, ttl_)                                                  \
	FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63, .tos = 0xc0), ICMP(type, code), \
	      QUOTE(quoted, ttl_))

TABLE(time_exceeded, .host = "R", .sender = "A")
{
	const struct frame *ttl_0 = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = TTL_0), PING);
	const struct frame *ttl_1 = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), PING);
	const struct frame *ttl_2 = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), PING);
	const struct frame *ttl_3 = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 3), PING);
	const struct frame *udp =
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), UDP(4000, 33434), TEXT("traceroute"));
	const struct frame *tcp = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), TCP(4000, 80));
	const struct frame *to_mid = FRAME(ETH(A, J_FRONT), IPV4(A, C, .ttl = 1), PING);

	CASE("TTL 1 ends at J", FROM_NODE, ttl_1, REASON_TIME_EXCEEDED, FROM_J(11, 0, ttl_1, 1),
	     .forgets_sum = true);
	CASE("TTL 0 does too", FROM_NODE, ttl_0, REASON_TIME_EXCEEDED, FROM_J(11, 0, ttl_0, TTL_0),
	     .forgets_sum = true);
	CASE("TTL 2 ends at L, that answers from its interface towards A", FROM_NODE, ttl_2,
	     REASON_TIME_EXCEEDED, FROM_L(11, 0, ttl_2, 1), .forgets_sum = true);
	CASE("TTL 3 arrives with 1", FROM_NODE, ttl_3, REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 1, .router = 1), PING));
	CASE("UDP", FROM_NODE, udp, REASON_TIME_EXCEEDED, FROM_L(11, 0, udp, 1),
	     .forgets_sum = true);
	CASE("TCP", FROM_NODE, tcp, REASON_TIME_EXCEEDED, FROM_L(11, 0, tcp, 1),
	     .forgets_sum = true);
	CASE("to a node of the same host it ends just as well", FROM_NODE, to_mid,
	     REASON_TIME_EXCEEDED, FROM_J(11, 0, to_mid, 1), .forgets_sum = true);
}

TABLE(time_exceeded_on_the_other_side, .host = "S", .sender = "H")
{
	const struct frame *ttl_1 = FRAME(ETH(H, L_BACK), IPV4(H, A, .ttl = 1), PING);
	const struct frame *ttl_2 = FRAME(ETH(H, L_BACK), IPV4(H, A, .ttl = 2), PING);

	CASE("TTL 1 ends at L", FROM_NODE, ttl_1, REASON_TIME_EXCEEDED,
	     FRAME(ETH(L_BACK, H), IPV4(L_BACK, H, .tos = 0xc0), ICMP(11, 0), QUOTE(ttl_1, 1)),
	     .forgets_sum = true);
	CASE("TTL 2 ends at J", FROM_NODE, ttl_2, REASON_TIME_EXCEEDED,
	     FRAME(ETH(L_BACK, H), IPV4(J_CORE, H, .ttl = 63, .tos = 0xc0), ICMP(11, 0),
		   QUOTE(ttl_2, 1)),
	     .forgets_sum = true);
}

/* An error quotes as much as fits 576 octets of IPv4. */
TABLE(quote, .host = "R", .sender = "A")
{
	static const size_t sizes[] = {0, 1, 2, 3, 4, 11, 484, 518, 519, 520, 521, 522, 548, 1472};
	const struct frame *bare = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1, .next = 253));

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct frame *sent =
			FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), UDP(4000, 53), DATA(sizes[i]));

		CASE("a UDP datagram of any size", FROM_NODE, sent, REASON_TIME_EXCEEDED,
		     FROM_J(11, 0, sent, 1), .forgets_sum = true);
	}
	CASE("nothing but a header", FROM_NODE, bare, REASON_TIME_EXCEEDED, FROM_J(11, 0, bare, 1),
	     .forgets_sum = true);
	CASE("padding is not quoted", FROM_NODE, frame_extend(bare, 60), REASON_TIME_EXCEEDED,
	     FROM_J(11, 0, bare, 1), .forgets_sum = true);
	CASE("a GSO frame is one packet, and its answer too", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), TCP(1, 2), DATA(3000)),
	     REASON_TIME_EXCEEDED,
	     FROM_J(11, 0, FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), TCP(1, 2), DATA(3000)), 1),
	     .gso_size = 1448, .forgets_sum = true);
}

/* An error is internetwork control, and keeps the packet's old TOS bits. */
TABLE(error_tos, .host = "R", .sender = "A")
{
	static const uint8_t given[] = {0x00, 0xff, 0xb8, 0x1e, 0x03, 0xe1};
	static const uint8_t answered[] = {0xc0, 0xde, 0xd8, 0xde, 0xc2, 0xc0};

	for (size_t i = 0; i < sizeof(given); i++) {
		const struct frame *sent =
			FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1, .tos = given[i]), PING);

		CASE("any TOS", FROM_NODE, sent, REASON_TIME_EXCEEDED,
		     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = answered[i]), ICMP(11, 0),
			   QUOTE(sent, 1)),
		     .forgets_sum = true);
	}
}

static bool is_error_type(unsigned int type)
{
	static const unsigned char queries[] = {0, 8, 13, 14, 15, 16, 17, 18};

	for (size_t i = 0; i < sizeof(queries); i++)
		if (type == queries[i])
			return false;
	return true; /* or one that nobody knows, which could be an error */
}

TABLE(no_errors, .host = "R", .sender = "A")
{
	const struct frame *datagram =
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), UDP(4000, 53), DATA(64));
	const struct frame *first = frame_fragment(datagram, 7, 0, 32);
	const struct frame *bare = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1, .next = 1));

	for (unsigned int type = 0; type < 256; type++) {
		const struct frame *sent =
			FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), ICMP((uint8_t)type, 0));

		if (is_error_type(type))
			CASE("about an ICMP error or an unknown type", FROM_NODE, sent,
			     REASON_ANSWER_SUPPRESSED);
		else
			CASE("but about any ICMP query or answer", FROM_NODE, sent,
			     REASON_TIME_EXCEEDED, FROM_J(11, 0, sent, 1), .forgets_sum = true);
	}
	CASE("about ICMP without a type", FROM_NODE, bare, REASON_ANSWER_SUPPRESSED);
	CASE("about ICMP without a type, with padding where it would be", FROM_NODE,
	     frame_extend(bare, 60), REASON_ANSWER_SUPPRESSED);
	CASE("about a later fragment", FROM_NODE, frame_fragment(datagram, 7, 32, 40),
	     REASON_ANSWER_SUPPRESSED);
	CASE("but about the first", FROM_NODE, first, REASON_TIME_EXCEEDED, FROM_J(11, 0, first, 1),
	     .forgets_sum = true);
}

static void back_77_is_nobody(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, NOBODY_ON_BACK.address);
}

static void front_77_is_nobody(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, NOBODY_ON_FRONT.address);
}

TABLE(unreachable, .host = "R", .sender = "A")
{
	const struct frame *nowhere = FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE), PING);
	const struct frame *nowhere_1 = FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE, .ttl = 1), PING);
	const struct frame *nobody = FRAME(ETH(A, J_FRONT), IPV4(A, NOBODY_ON_BACK), PING);
	const struct frame *nobody_3 =
		FRAME(ETH(A, J_FRONT), IPV4(A, NOBODY_ON_BACK, .ttl = 3), PING);
	const struct frame *nobody_2 =
		FRAME(ETH(A, J_FRONT), IPV4(A, NOBODY_ON_BACK, .ttl = 2), PING);
	const struct frame *nobody_here = FRAME(ETH(A, J_FRONT), IPV4(A, NOBODY_ON_FRONT), PING);
	const struct frame *later = frame_fragment(
		FRAME(ETH(A, J_FRONT), IPV4(A, NOBODY_ON_BACK), UDP(1, 2), DATA(64)), 7, 8, 64);

	CASE("no route at J", FROM_NODE, nowhere, REASON_NET_UNREACHABLE, FROM_J(3, 0, nowhere, 64),
	     .forgets_sum = true);
	CASE("J looks for a route before it looks at the TTL", FROM_NODE, nowhere_1,
	     REASON_NET_UNREACHABLE, FROM_J(3, 0, nowhere_1, 1), .forgets_sum = true);
	CASE("L asks in vain for an address on back, the TTL lowered by J and L", FROM_NODE, nobody,
	     REASON_HOST_UNREACHABLE, FROM_L(3, 1, nobody, 62), .before = back_77_is_nobody,
	     .forgets_sum = true);
	CASE("the TTL just reaches that far", FROM_NODE, nobody_3, REASON_HOST_UNREACHABLE,
	     FROM_L(3, 1, nobody_3, 1), .forgets_sum = true);
	CASE("or it doesn't", FROM_NODE, nobody_2, REASON_TIME_EXCEEDED, FROM_L(11, 0, nobody_2, 1),
	     .forgets_sum = true);
	CASE("J asks in vain on A's own subnet", FROM_NODE, nobody_here, REASON_HOST_UNREACHABLE,
	     FROM_J(3, 1, nobody_here, 63), .before = front_77_is_nobody, .forgets_sum = true);
	CASE("L asks in vain about a later fragment", FROM_NODE, later, REASON_ANSWER_SUPPRESSED);
}

TABLE(unreachable_behind_another_router, .host = "S", .sender = "H")
{
	static const struct party unrouted = {.address = __builtin_bswap32(0x0a004d01)};
	const struct frame *sent = FRAME(ETH(H, L_BACK), IPV4(H, unrouted, .ttl = 9), PING);

	CASE("L has a route to 10.0.77.1 by way of J, J has none", FROM_NODE, sent,
	     REASON_NET_UNREACHABLE,
	     FRAME(ETH(L_BACK, H), IPV4(J_CORE, H, .ttl = 63, .tos = 0xc0), ICMP(3, 0),
		   QUOTE(sent, 8)),
	     .forgets_sum = true);
}

TABLE(echo, .host = "R", .sender = "A")
{
	const struct frame *tiny = FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(8, 0, .id = 7));
	const struct frame *cut = frame_right(PATCHED(tiny, 16, 0, 24));
	const struct frame *wrong = PATCHED(FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PING), 36, 1);

	CASE("A pings its router", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PING),
	     REASON_ECHO_REPLIED, FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), PONG));
	CASE("and another interface of it", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_MID), PING),
	     REASON_ECHO_REPLIED, FRAME(ETH(J_FRONT, A), IPV4(J_MID, A), PONG));
	CASE("and that between the routers", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_CORE), PING), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_CORE, A), PONG));
	CASE("and the next router, a hop further", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, L_CORE), PING), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63), PONG));
	CASE("and the far side of that", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, L_BACK), PING),
	     REASON_ECHO_REPLIED, FRAME(ETH(J_FRONT, A), IPV4(L_BACK, A, .ttl = 63), PONG));
	CASE("its TTL must reach", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .ttl = 1), PING), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), PONG));
	CASE("the router itself doesn't look at it", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .ttl = TTL_0), PING), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), PONG));
	CASE("TOS is kept, DF is not", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .tos = 0xff, .dont_fragment = true), PING),
	     REASON_ECHO_REPLIED, FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xff), PONG));
	CASE("the code is kept", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(8, 3, .id = 1), TEXT("x")),
	     REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 3, .id = 1), TEXT("x")));
	CASE("1472 octets", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(8, 0), DATA(1472)), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 0), DATA(1472)));
	CASE("no octets, padded to 60: the answer isn't", FROM_NODE, frame_extend(tiny, 60),
	     REASON_ECHO_REPLIED, FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 0, .id = 7)),
	     .forgets_sum = true);
	CASE("zeros, whose answer has no sum", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(8, 0)), REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 0)));
	CASE("less than an ICMP header", FROM_NODE, frame_cut(cut, 38), REASON_ROUTER_IGNORES);
	CASE("less than an ICMP header, padded to 60", FROM_NODE, frame_extend(cut, 60),
	     REASON_ROUTER_IGNORES);
	CASE("a wrong checksum", FROM_NODE, wrong, REASON_ROUTER_IGNORES);
}

TABLE(echo_from_the_other_side, .host = "S", .sender = "H")
{
	CASE("H pings J's farthest interface", FROM_NODE,
	     FRAME(ETH(H, L_BACK), IPV4(H, J_FRONT), PING), REASON_ECHO_REPLIED,
	     FRAME(ETH(L_BACK, H), IPV4(J_FRONT, H, .ttl = 63), PONG));
}

TABLE(router_services, .host = "R", .sender = "A")
{
	static const struct held_for for_j = {"A", NETWORK_Z, __builtin_bswap32(0x0a000001),
					      __builtin_bswap32(0x0a000002), HELD_FOR_REASSEMBLY};
	const struct frame *udp =
		FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .ttl = 9), UDP(4000, 53), TEXT("who?"));
	const struct frame *far = FRAME(ETH(A, J_FRONT), IPV4(A, L_BACK), UDP(4000, 53));
	const struct frame *far_2 =
		FRAME(ETH(A, J_FRONT), IPV4(A, L_BACK, .ttl = 2), UDP(4000, 53));
	const struct frame *unsummed =
		FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), UDP(4000, 53, .checksum = CHECKSUM_NONE),
		      TEXT("who?"));
	const struct frame *esp = FRAME(ETH(A, J_FRONT), IPV4(A, J_MID, .next = 50), DATA(40));
	const struct frame *datagram =
		FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), UDP(4000, 53), DATA(64));

	CASE("UDP to the router: no such port", FROM_NODE, udp, REASON_PORT_UNREACHABLE,
	     FROM_J(3, 3, udp, 9), .forgets_sum = true);
	CASE("UDP to the next router answers from the address it was sent to", FROM_NODE, far,
	     REASON_PORT_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(L_BACK, A, .ttl = 63, .tos = 0xc0), ICMP(3, 3),
		   QUOTE(far, 63)),
	     .forgets_sum = true);
	CASE("its TTL must reach", FROM_NODE, far_2, REASON_PORT_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(L_BACK, A, .ttl = 63, .tos = 0xc0), ICMP(3, 3),
		   QUOTE(far_2, 1)),
	     .forgets_sum = true);
	CASE("UDP without a checksum", FROM_NODE, unsummed, REASON_PORT_UNREACHABLE,
	     FROM_J(3, 3, unsummed, 64), .forgets_sum = true);
	CASE("UDP with a wrong checksum", FROM_NODE, PATCHED(udp, 40, 0x12, 0x34),
	     REASON_ROUTER_IGNORES);
	CASE("UDP that says it is longer than its packet", FROM_NODE, PATCHED(unsummed, 38, 0, 13),
	     REASON_ROUTER_IGNORES);
	CASE("UDP that says it is shorter than its header", FROM_NODE, PATCHED(unsummed, 38, 0, 7),
	     REASON_ROUTER_IGNORES);
	CASE("UDP that is shorter than its header", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .next = 17), DATA(7)), REASON_ROUTER_IGNORES);
	CASE("a protocol that routers don't speak", FROM_NODE, esp, REASON_PROTOCOL_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(J_MID, A, .tos = 0xc0), ICMP(3, 2), QUOTE(esp, 64)),
	     .forgets_sum = true);
	CASE("IGMP, which they do speak", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .next = 2), DATA(8)), REASON_ROUTER_IGNORES);
	CASE("an echo reply that nobody has asked for", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PONG), REASON_ROUTER_IGNORES);
	CASE("an ICMP error", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(3, 3), QUOTE(udp, 1)),
	     REASON_ROUTER_IGNORES);
	CASE("a fragment: weftd puts it together with the others", FROM_NODE,
	     frame_fragment(datagram, 7, 0, 32), REASON_HELD, .held = &for_j);
	CASE("ICMP without a type", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .next = 1)),
	     REASON_ROUTER_IGNORES);
}

/* A destination address, written as a number. */
#define TO(number) (&(const struct party){.address = __builtin_bswap32(number)})

TABLE(martians, .host = "R", .sender = "A")
{
	const struct party *loopback = TO(0x7f000001), *zero = TO(0), *all = TO(0xffffffff);
	const struct party *group = TO(0xe0000005), *last_group = TO(0xefffffff);
	const struct party *class_e = TO(0xf0000001), *almost_all = TO(0xfffffffe);
	const struct party *zero_net = TO(0x00010203), *mid_all = TO(0x0a0005ff);
	const struct party *front_all = TO(0x0a0000ff), *back_all = TO(0x0a0105ff);
	const struct frame *to_zero_net = FRAME(ETH(A, J_FRONT), IPV4(A, *zero_net), PING);
	const struct frame *to_class_e = FRAME(ETH(A, J_FRONT), IPV4(A, *class_e), PING);
	const struct frame *to_almost_all = FRAME(ETH(A, J_FRONT), IPV4(A, *almost_all), PING);
	const struct frame *mid_all_1 = FRAME(ETH(A, J_FRONT), IPV4(A, *mid_all, .ttl = 1), PING);
	const struct frame *back_all_1 = FRAME(ETH(A, J_FRONT), IPV4(A, *back_all, .ttl = 1), PING);

	CASE("127.0.0.1", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, *loopback), PING),
	     REASON_DESTINATION_MARTIAN);
	CASE("0.0.0.0", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, *zero), PING),
	     REASON_DESTINATION_MARTIAN);
	CASE("255.255.255.255", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, *all), PING),
	     REASON_DESTINATION_MARTIAN);
	CASE("a group", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, *group), PING),
	     REASON_DESTINATION_MARTIAN);
	CASE("the last group", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, *last_group), PING),
	     REASON_DESTINATION_MARTIAN);
	CASE("0.1.2.3 is an address, Linux 5.3 has decided", FROM_NODE, to_zero_net,
	     REASON_NET_UNREACHABLE, FROM_J(3, 0, to_zero_net, 64), .forgets_sum = true);
	CASE("240.0.0.1 is one too", FROM_NODE, to_class_e, REASON_NET_UNREACHABLE,
	     FROM_J(3, 0, to_class_e, 64), .forgets_sum = true);
	CASE("and 255.255.255.254", FROM_NODE, to_almost_all, REASON_NET_UNREACHABLE,
	     FROM_J(3, 0, to_almost_all, 64), .forgets_sum = true);
	CASE("the broadcast address of A's subnet", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, *front_all), PING), REASON_DESTINATION_MARTIAN);
	CASE("that of the next subnet, whatever the TTL", FROM_NODE, mid_all_1,
	     REASON_DESTINATION_MARTIAN);
	CASE("that of a subnet of the next router", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, *back_all), PING), REASON_DESTINATION_MARTIAN);
	CASE("J doesn't know that it is one", FROM_NODE, back_all_1, REASON_TIME_EXCEEDED,
	     FROM_J(11, 0, back_all_1, 1), .forgets_sum = true);
	CASE("broadcast to everybody", FROM_NODE, FRAME(ETH(A, EVERYBODY), IPV4(A, *all), PING),
	     REASON_GROUP_UNSUPPORTED);
	CASE("a unicast packet in a broadcast frame", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), IPV4(A, G), PING), REASON_GROUP_UNSUPPORTED);
	CASE("multicast", FROM_NODE,
	     PATCHED(FRAME(ETH(A, EVERYBODY), IPV4(A, *group), PING), 0, 1, 0, 0x5e, 0, 0, 5),
	     REASON_GROUP_UNSUPPORTED);
}

/* Like figure 2, but L has no way back to A. */
TABLE(no_way_back, .host = "R", .sender = "A",
      .topology = "weft: 1\n"
		  "hosts: {R: {locator: '2001:db8:0:a::/64'}, S: {locator: '2001:db8:0:b::/64'}}\n"
		  "networks:\n"
		  "  Z:\n"
		  "    id: 0x5a\n"
		  "    subnets:\n"
		  "      front: {v4: 10.0.0.0/24}\n"
		  "      core:  {v4: 10.255.0.0/30}\n"
		  "      back:  {v4: 10.1.5.0/24}\n"
		  "    routers:\n"
		  "      J:\n"
		  "        interfaces:\n"
		  "          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"
		  "          core: 10.255.0.1\n"
		  "        routes: {10.1.5.0/24: 10.255.0.2}\n"
		  "      L:\n"
		  "        interfaces: {core: 10.255.0.2, back: 10.1.5.1}\n"
		  "    nodes:\n"
		  "      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n"
		  "      H: {host: S, subnet: back, v4: 10.1.5.3, mac: '00:00:7d:a2:34:11'}\n")
{
	const struct frame *ttl_1 = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), PING);

	CASE("J answers", FROM_NODE, ttl_1, REASON_TIME_EXCEEDED, FROM_J(11, 0, ttl_1, 1),
	     .forgets_sum = true);
	CASE("L can't", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), PING),
	     REASON_ANSWER_SUPPRESSED);
	CASE("not even to a ping", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, L_CORE), PING),
	     REASON_ANSWER_SUPPRESSED);
	CASE("what it forwards arrives", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, H), PING),
	     REASON_FORWARDED, FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), PING));
}

/* J sends 10.9.0.0/16 to L, L back to J. */
TABLE(loop, .host = "R", .sender = "A",
      .topology = "weft: 1\n"
		  "hosts: {R: {locator: '2001:db8:0:a::/64'}}\n"
		  "networks:\n"
		  "  Z:\n"
		  "    id: 0x5a\n"
		  "    subnets: {front: {v4: 10.0.0.0/24}, core: {v4: 10.255.0.0/30}}\n"
		  "    routers:\n"
		  "      J:\n"
		  "        interfaces:\n"
		  "          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"
		  "          core: 10.255.0.1\n"
		  "        routes: {10.9.0.0/16: 10.255.0.2}\n"
		  "      L:\n"
		  "        interfaces: {core: 10.255.0.2}\n"
		  "        routes: {0.0.0.0/0: 10.255.0.1}\n"
		  "    nodes:\n"
		  "      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n")
{
	const struct party *away = TO(0x0a090001);

	for (int ttl = 1; ttl < 256; ttl++) {
		const struct frame *sent = FRAME(ETH(A, J_FRONT), IPV4(A, *away, .ttl = ttl), PING);

		CASE("the packet ends at J or L, as its TTL is odd or even", FROM_NODE, sent,
		     REASON_TIME_EXCEEDED,
		     ttl % 2 ? FROM_J(11, 0, sent, 1) : FROM_L(11, 0, sent, 1),
		     .forgets_sum = true);
	}
}

TABLE(answers_are_limited, .host = "R", .sender = "A", .answers = 3)
{
	const struct frame *ping = FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PING);
	const struct frame *pong = FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), PONG);

	CASE("a first ping", FROM_NODE, ping, REASON_ECHO_REPLIED, pong);
	CASE("a second ping", FROM_NODE, ping, REASON_ECHO_REPLIED, pong);
	CASE("a third ping", FROM_NODE, ping, REASON_ECHO_REPLIED, pong);
	CASE("a fourth ping is too much", FROM_NODE, ping, REASON_ANSWER_LIMITED);
	CASE("so is an error", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE), PING),
	     REASON_ANSWER_LIMITED);
	CASE("and ARP", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_FRONT)),
	     REASON_ANSWER_LIMITED);
	CASE("but packets to nodes go on", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(A, G), PING));
}

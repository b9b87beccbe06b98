/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Re-heading, there and back: each case is the packet as A sends it and as it crosses the substrate. The
 * tables of G and H take the same packets in again. A test run
 * can't say that a NIC is to finish a checksum, so that is for tests/e2e.
 */
#include "cases.h"

/* A packet of A to the same subnet and through J and L, and what it is on the substrate. */
struct crossing {
	const char *sentence;
	const struct frame *sent, *substrate, *received;
};

#define CROSSINGS_MAX 300
#define PING_OCTETS   31

struct crossings {
	struct crossing list[CROSSINGS_MAX];
	size_t count;
};

static void crossing_add(struct crossings *crossings, const char *sentence,
			 const struct frame *sent, const struct frame *substrate,
			 const struct frame *received)
{
	cr_assert_lt(crossings->count, CROSSINGS_MAX);
	crossings->list[crossings->count++] =
		(struct crossing){sentence, sent, substrate, received};
}

/* In the subnet the received frame is the sent one; routers change MACs and TTL. The IPv4 header's
 * fields are given once, the payload too. */
#define IN_SUBNET(sentence, payload, ...)                                                     \
	crossing_add(crossings, sentence, FRAME(ETH(A, G), IPV4(A, G, __VA_ARGS__), payload), \
		     FRAME(ETH(A, G), IPV6(A, G, __VA_ARGS__), payload),                      \
		     FRAME(ETH(A, G), IPV4(A, G, __VA_ARGS__), payload))
#define ROUTED(sentence, payload, ...)                                                            \
	crossing_add(                                                                             \
		crossings, sentence, FRAME(ETH(A, J_FRONT), IPV4(A, H, __VA_ARGS__), payload),    \
		FRAME(ETH(A, J_FRONT), IPV6(A, H, __VA_ARGS__, .ttl = 62, .router = 1), payload), \
		FRAME(ETH(L_BACK, H), IPV4(A, H, __VA_ARGS__, .ttl = 62), payload))
#define AND ,

static void cross_payloads(struct crossings *crossings)
{
	IN_SUBNET("ICMP stays ICMP", PING, .ttl = 64);
	IN_SUBNET("an ICMP type that nobody knows", ICMP(200, 9) AND DATA(33), .ttl = 64);
	IN_SUBNET("ICMPv6 of a node that makes such IPv4 packets", DATA(33), .next = 58);
	IN_SUBNET("UDP", UDP(4000, 53) AND TEXT("who?"), .ttl = 64);
	IN_SUBNET("UDP without payload", UDP(4000, 53), .ttl = 64);
	IN_SUBNET("UDP of odd length", UDP(4000, 53) AND DATA(511), .ttl = 64);
	IN_SUBNET("UDP without a checksum", UDP(4000, 53, .checksum = CHECKSUM_NONE) AND DATA(9),
		  .ttl = 64);
	IN_SUBNET("TCP", TCP(4000, 80, .flags = TCP_SYN), .ttl = 64);
	IN_SUBNET("TCP with data", TCP(4000, 80) AND DATA(1001), .ttl = 64);
	IN_SUBNET("ESP", DATA(80), .next = 50);
	IN_SUBNET("IPv4 in IPv4", DATA(80), .next = 4);
	IN_SUBNET("a fragment header's number as protocol", DATA(80), .next = 255);
	IN_SUBNET("UDP that is shorter than its header", DATA(7), .next = 17);
	IN_SUBNET("UDP that ends in its checksum", DATA(7), .next = 17);
	IN_SUBNET("TCP that ends before its checksum", DATA(16), .next = 6);
	IN_SUBNET("TCP that ends in its checksum", DATA(17), .next = 6);
	IN_SUBNET("one octet", DATA(1), .next = 253);
	IN_SUBNET("no octet", DATA(0), .next = 253);
}

static void cross_headers(struct crossings *crossings)
{
	for (unsigned int tos = 0; tos < 256; tos++)
		if (tos < 4 || !(tos & (tos - 1)) || tos == 255)
			IN_SUBNET("all bits of TOS", PING, .tos = (uint8_t)tos);
	IN_SUBNET("DF", PING, .dont_fragment = true);
	IN_SUBNET("a TTL of 255", PING, .ttl = 255);
	IN_SUBNET("a TTL of 1", PING, .ttl = 1);
	IN_SUBNET("a TTL of 0, which no switch looks at", PING, .ttl = TTL_0);
	crossing_add(crossings, "the reserved flag, which takes a fragment header",
		     frame_right(PATCHED(FRAME(ETH(A, G), IPV4(A, G, .id = 7), PING), 20, 0x80)),
		     PATCHED(frame_fragment(FRAME(ETH(A, G), IPV6(A, G), PING), 7, 0, PING_OCTETS),
			     FRAME_IPV6_L4_AT + 3, 2),
		     frame_right(PATCHED(FRAME(ETH(A, G), IPV4(A, G, .id = 7), PING), 20, 0x80)));
	ROUTED("routers lower the TTL and are named", PING, .tos = 0);
	ROUTED("TCP through routers", TCP(4000, 80) AND DATA(99), .dont_fragment = true);
	ROUTED("UDP through routers", UDP(4000, 53) AND DATA(98), .tos = 0xb8);
}

/* The fragments of one datagram: the first has the checksum, all have the id. */
static void cross_fragments(struct crossings *crossings)
{
	static const struct {
		const char *sentence;
		size_t offset, octets;
	} cuts[] = {
		{"the first fragment", 0, 64},          {"a fragment between", 64, 64},
		{"the last fragment", 128, 72},         {"a fragment with an odd end", 192, 8},
		{"a first fragment of 8 octets", 0, 8},
	};
	const struct frame *udp[] = {
		FRAME(ETH(A, G), IPV4(A, G), UDP(4000, 53), DATA(192)),
		FRAME(ETH(A, G), IPV6(A, G), UDP(4000, 53), DATA(192)),
	};
	const struct frame *tcp[] = {
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .tos = 4), TCP(4000, 80), DATA(180)),
		FRAME(ETH(A, J_FRONT), IPV6(A, H, .tos = 4, .ttl = 62, .router = 1), TCP(4000, 80),
		      DATA(180)),
		FRAME(ETH(L_BACK, H), IPV4(A, H, .tos = 4, .ttl = 62), TCP(4000, 80), DATA(180)),
	};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		size_t offset = cuts[i].offset, octets = cuts[i].octets;

		crossing_add(crossings, cuts[i].sentence,
			     frame_fragment(udp[0], 0xbeef, offset, octets),
			     frame_fragment(udp[1], 0xbeef, offset, octets),
			     frame_fragment(udp[0], 0xbeef, offset, octets));
		crossing_add(crossings, cuts[i].sentence, frame_fragment(tcp[0], 0, offset, octets),
			     frame_fragment(tcp[1], 0, offset, octets),
			     frame_fragment(tcp[2], 0, offset, octets));
	}
}

static const struct crossings *cross(void)
{
	static struct crossings crossings;

	crossings.count = 0;
	cross_payloads(&crossings);
	cross_headers(&crossings);
	cross_fragments(&crossings);
	return &crossings;
}

TABLE(out, .host = "R", .sender = "A")
{
	const struct crossings *crossings = cross();

	for (size_t i = 0; i < crossings->count; i++)
		CASE(crossings->list[i].sentence, FROM_NODE, crossings->list[i].sent,
		     REASON_FORWARDED, crossings->list[i].substrate);
}

TABLE(in, .host = "S")
{
	const struct crossings *crossings = cross();

	for (size_t i = 0; i < crossings->count; i++)
		CASE(crossings->list[i].sentence, FROM_SUBSTRATE, crossings->list[i].substrate,
		     REASON_DELIVERED, crossings->list[i].received);
}

/* What isn't kept, and what isn't sent. */
TABLE(out_only, .host = "R", .sender = "A")
{
	static const unsigned char extensions[] = {0, 43, 44, 60};
	const struct frame *tiny = FRAME(ETH(A, G), IPV4(A, G), ICMP(8, 0));

	CASE("the id of a packet that is no fragment is not kept (RFC 6864)", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G, .id = 0x1234), PING), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING));
	CASE("padding is not sent", FROM_NODE, frame_extend(tiny, 60), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), ICMP(8, 0)), .forgets_sum = true);
	CASE("a GSO frame stays whole", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(3400)), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), TCP(1, 2), DATA(3400)), .gso_size = 1448);
	for (size_t i = 0; i < sizeof(extensions); i++) {
		const struct frame *packet = frame_right(
			PATCHED(FRAME(ETH(A, G), IPV4(A, G), DATA(80)), 23, extensions[i]));

		CASE("a protocol's number that is an extension header's in IPv6", FROM_NODE, packet,
		     REASON_PROTOCOL_UNSUPPORTED);
	}
}

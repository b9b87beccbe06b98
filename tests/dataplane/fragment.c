/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that are too large for a subnet on their way: cut, or refused, where a router would. */
#include "cases.h"

/* Figure 2 with a narrow core and a narrower subnet behind it. */
#define NARROW                                                                            \
	"weft: 1\n"                                                                       \
	"hosts: {R: {locator: '2001:db8:0:a::/64'}, S: {locator: '2001:db8:0:b::/64'}}\n" \
	"networks:\n"                                                                     \
	"  Z:\n"                                                                          \
	"    id: 0x5a\n"                                                                  \
	"    subnets:\n"                                                                  \
	"      front: {v4: 10.0.0.0/24, mtu: 3000}\n"                                     \
	"      mid:   {v4: 10.0.5.0/24, mtu: 1006}\n"                                     \
	"      core:  {v4: 10.255.0.0/30, mtu: 1400}\n"                                   \
	"      back:  {v4: 10.1.5.0/24, mtu: 1000}\n"                                     \
	"    routers:\n"                                                                  \
	"      J:\n"                                                                      \
	"        interfaces:\n"                                                           \
	"          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"                     \
	"          mid: 10.0.5.254\n"                                                     \
	"          core: 10.255.0.1\n"                                                    \
	"        routes: {10.1.5.0/24: 10.255.0.2}\n"                                     \
	"      L:\n"                                                                      \
	"        interfaces: {core: 10.255.0.2, back: 10.1.5.1}\n"                        \
	"        routes: {0.0.0.0/0: 10.255.0.1}\n"                                       \
	"    nodes:\n"                                                                    \
	"      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n"     \
	"      C: {host: R, subnet: mid, v4: 10.0.5.1}\n"                                 \
	"      H: {host: S, subnet: back, v4: 10.1.5.3, mac: '00:00:7d:a2:34:11'}\n"

#define TO_H(octets, ...) \
	FRAME(ETH(A, J_FRONT), IPV4(A, H, .id = 7, __VA_ARGS__), UDP(1, 2), DATA((octets)-28))

TABLE(fragmented, .host = "R", .sender = "A", .topology = NARROW, .reinjection = true)
{
	const struct frame *to_h = TO_H(2520, .tos = 0xb8);
	const struct frame *reply = FRAME(ETH(A, J_FRONT), IPV4(A, H, .id = 7), DATA(2000));
	const struct frame *middle = frame_fragment(reply, 9, 8, 1376);
	const struct frame *last = frame_fragment(reply, 9, 800, 1200);
	const struct frame *to_c =
		FRAME(ETH(A, J_FRONT), IPV4(A, C, .id = 7), UDP(1, 2), DATA(1962));
	const struct frame *plain =
		FRAME(ETH(A, J_FRONT), IPV4(A, L_CORE, .id = 7), UDP(1, 2), DATA(1472));
	const struct frame *reserved = frame_right(PATCHED(plain, 20, 0x80));
	const struct frame *reserved_small = frame_right(PATCHED(
		FRAME(ETH(A, J_FRONT), IPV4(A, L_CORE, .id = 7), UDP(1, 2), DATA(999)), 20, 0x80));
	static const struct frame *three[4], *two[3], *of_middle[3], *of_last[3], *for_c[3];

	three[0] = frame_fragment(to_h, 7, 0, 1376);
	three[1] = frame_fragment(to_h, 7, 1376, 1124);
	two[0] = frame_fragment(TO_H(1200), 7, 0, 976);
	two[1] = frame_fragment(TO_H(1200), 7, 976, 204);
	/* A fragment of a fragment is one of the whole. */
	of_middle[0] = frame_fragment(reply, 9, 8, 976);
	of_middle[1] = frame_fragment(reply, 9, 984, 400);
	of_last[0] = frame_fragment(reply, 9, 800, 976);
	of_last[1] = frame_fragment(reply, 9, 1776, 224);
	/* The last one may fill the MTU, the others end at a multiple of 8. */
	for_c[0] = frame_fragment(to_c, 7, 0, 984);
	for_c[1] = frame_fragment(to_c, 7, 984, 986);

	CASE("as large as the narrowest subnet", FROM_NODE, TO_H(1000), REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), UDP(1, 2), DATA(972)));
	CASE("too large for the core, where J cuts it; L will cut it again", FROM_NODE, to_h,
	     REASON_FRAGMENTED, .left = REASON_LEFT_CUTTING, .copies = three);
	CASE("too large for back, where L cuts it", FROM_NODE, TO_H(1200), REASON_FRAGMENTED,
	     .left = REASON_LEFT_CUTTING, .copies = two);
	CASE("a fragment that comes back and fits", FROM_NODE, two[0], REASON_FORWARDED,
	     frame_fragment(FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), UDP(1, 2),
				  DATA(1172)),
			    7, 0, 976));
	CASE("a fragment with others before and behind it", FROM_NODE, middle, REASON_FRAGMENTED,
	     .left = REASON_LEFT_CUTTING, .copies = of_middle);
	CASE("a last fragment", FROM_NODE, last, REASON_FRAGMENTED, .left = REASON_LEFT_CUTTING,
	     .copies = of_last);
	CASE("for a node of the same host, and a last piece that fills the MTU", FROM_NODE, to_c,
	     REASON_FRAGMENTED, .left = REASON_LEFT_CUTTING, .copies = for_c);
	CASE("padding is no part of it", FROM_NODE, frame_extend(TO_H(1200), 1300),
	     REASON_FRAGMENTED, .left = REASON_LEFT_CUTTING, .copies = two, .forgets_sum = true);
	CASE("the TTL ends before it would be cut", FROM_NODE, TO_H(1200, .ttl = 2),
	     REASON_TIME_EXCEEDED,
	     FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63, .tos = 0xc0), ICMP(11, 0),
		   QUOTE(TO_H(1200, .ttl = 2), 1)),
	     .forgets_sum = true);
	CASE("a checksum that isn't finished is finished first, only the whole has it", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED),
		   DATA(1200)),
	     REASON_CHECKSUM_FINISHED, .left = REASON_LEFT_CHECKSUM,
	     .mark_out = REINJECT_MARK | TEST_RUN_IFINDEX);
	CASE("a GSO frame of segments that fit stays whole", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H), TCP(1, 2), DATA(3000)), REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), TCP(1, 2), DATA(3000)),
	     .gso_size = 960);
	CASE("of segments that don't fit it is made into segments first", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H), TCP(1, 2), DATA(3000)), REASON_CHECKSUM_FINISHED,
	     .gso_size = 961, .mark_out = REINJECT_MARK | TEST_RUN_IFINDEX);
	CASE("within A's subnet nobody cuts", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), ICMP(8, 0, .id = 7), DATA(2000)),
	     REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 0, .id = 7), DATA(2000)));
	CASE("what L gets is put together again; the flag that fragments don't keep is gone",
	     FROM_NODE, reserved, REASON_PORT_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63, .tos = 0xc0), ICMP(3, 3),
		   QUOTE(plain, 63)),
	     .forgets_sum = true);
	CASE("what comes to L whole has it still", FROM_NODE, reserved_small,
	     REASON_PORT_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63, .tos = 0xc0), ICMP(3, 3),
		   QUOTE(reserved_small, 63)),
	     .forgets_sum = true);
}

/* "Fragmentation needed" of a router: the MTU of the next subnet is in it. */
#define NEEDED(router, ttl_, mtu, packet, quoted_ttl)                     \
	FRAME(ETH(J_FRONT, A), IPV4(router, A, .ttl = ttl_, .tos = 0xc0), \
	      ICMP(3, 4, .sequence = mtu), QUOTE(packet, quoted_ttl))

TABLE(fragmentation_needed, .host = "R", .sender = "A", .topology = NARROW)
{
	const struct frame *large = TO_H(2000, .dont_fragment = true);
	const struct frame *medium = TO_H(1001, .dont_fragment = true);
	const struct frame *gso =
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .dont_fragment = true), TCP(1, 2), DATA(3000));
	const struct frame *error =
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .dont_fragment = true), ICMP(3, 3), DATA(1200));

	CASE("too large for the core: J says so", FROM_NODE, large, REASON_FRAGMENTATION_NEEDED,
	     NEEDED(J_FRONT, 64, 1400, large, 64), .forgets_sum = true);
	CASE("an octet too large for back: L says so", FROM_NODE, medium,
	     REASON_FRAGMENTATION_NEEDED, NEEDED(L_CORE, 63, 1000, medium, 63),
	     .forgets_sum = true);
	CASE("as large as back", FROM_NODE, TO_H(1000, .dont_fragment = true), REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1, .dont_fragment = true),
		   UDP(1, 2), DATA(972)));
	CASE("GSO is judged by its segments", FROM_NODE, gso, REASON_FRAGMENTATION_NEEDED,
	     NEEDED(L_CORE, 63, 1000, gso, 63), .gso_size = 1300, .forgets_sum = true);
	CASE("no error about an error", FROM_NODE, error, REASON_ANSWER_SUPPRESSED);
	CASE("the reinjection device is gone: it can't be cut", FROM_NODE, TO_H(1200),
	     REASON_RESIZE_FAILED, .left = REASON_LEFT_CUTTING);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Misses: frames that wait for a mapping, what weftd gets of them, and how many there may be. */
#include "cases.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gen/weft.skel.h"

static void forget_g(struct fixture *fixture)
{
	fixture_forget(fixture, NETWORK_Z, G.address);
}

static void forget_h(struct fixture *fixture)
{
	fixture_forget(fixture, NETWORK_Z, H.address);
}

static void refuse_g(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, G.address);
}

static void remember_g(struct fixture *fixture)
{
	fixture_remember(fixture, "G");
}

/* How many frames wait for G; 0: G was not asked for. */
static uint32_t waiting_for_g(struct fixture *fixture)
{
	struct mapping mapping;

	if (!fixture_get(fixture, NETWORK_Z, G.address, &mapping))
		return 0;
	cr_assert_eq(mapping.state, MAPPING_PENDING);
	return mapping.held;
}

static void one_waits(struct fixture *fixture)
{
	cr_assert_eq(waiting_for_g(fixture), 1);
}

static void two_wait(struct fixture *fixture)
{
	cr_assert_eq(waiting_for_g(fixture), 2);
}

static void none_waits(struct fixture *fixture)
{
	cr_assert_eq(waiting_for_g(fixture), 0);
}

#define ADDRESS(number) __builtin_bswap32(number)

TABLE(held, .host = "R", .sender = "A")
{
	static const struct held_for g = {"A", NETWORK_Z, ADDRESS(0x0a000003), ADDRESS(0x0a000002)};
	static const struct held_for h = {"A", NETWORK_Z, ADDRESS(0x0a010503), ADDRESS(0x0a000002)};
	static const struct held_for nobody = {"A", NETWORK_Z, ADDRESS(0x0a00004d),
					       ADDRESS(0x0a000002)};
	const struct frame *to_g = FRAME(ETH(A, G), IPV4(A, G), PING);
	const struct frame *to_nobody =
		FRAME(ETH(A, NOBODY_ON_FRONT), IPV4(A, NOBODY_ON_FRONT), PING);

	CASE("A's first packet to G", FROM_NODE, to_g, REASON_HELD, .held = &g, .before = forget_g,
	     .after = one_waits);
	CASE("the next one waits with it", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2), DATA(999)), REASON_HELD, .held = &g,
	     .after = two_wait);
	CASE("resolved, it is sent", FROM_NODE, to_g, REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING), .before = remember_g);
	CASE("or nobody has the address", FROM_NODE, to_g, REASON_DESTINATION_MAC_UNKNOWN,
	     .before = refuse_g);
	CASE("through routers the destination is asked for", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H), PING), REASON_HELD, .held = &h, .before = forget_h);
	CASE("what a router says itself needs nobody", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), PING), REASON_TIME_EXCEEDED,
	     FRAME(ETH(J_FRONT, A), IPV4(L_CORE, A, .ttl = 63, .tos = 0xc0), ICMP(11, 0),
		   QUOTE(FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 2), PING), 1)),
	     .forgets_sum = true);
	CASE("an address that nobody has is asked for too", FROM_NODE, to_nobody, REASON_HELD,
	     .held = &nobody);
	CASE("the largest frame of the small records", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2), DATA(1982)), REASON_HELD, .held = &g,
	     .before = forget_g);
	CASE("the smallest of the large ones", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2), DATA(1983)), REASON_HELD, .held = &g,
	     .before = forget_g);
	CASE("a GSO frame, with the size of its segments", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(3400)), REASON_HELD, .held = &g,
	     .before = forget_g, .gso_size = 1448);
	CASE("padding waits too", FROM_NODE, frame_extend(to_g, 80), REASON_HELD, .held = &g,
	     .before = forget_g);
}

TABLE(hold_full, .host = "R", .sender = "A")
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV4(A, G), PING);

	for (int i = 0; i < HELD_FRAMES_PER_MAPPING; i++)
		CASE("a frame that waits", FROM_NODE, to_g, REASON_HELD,
		     .before = i ? NULL : forget_g);
	CASE("one too many", FROM_NODE, to_g, REASON_HOLD_FULL);
	CASE("the same from the substrate", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), PING),
	     REASON_HOLD_FULL);
	CASE("others wait for others", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, H), PING),
	     REASON_HELD, .before = forget_h);
	CASE("the answer makes room", FROM_NODE, to_g, REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING), .before = remember_g);
}

/* Fills the ring with frames that nobody takes out. */
static void fill_ring(struct fixture *fixture)
{
	const struct frame *large = FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(3400));
	const struct packet_in in = {FROM_NODE, large};
	struct packet_out out;

	fixture->leave_ring = true;
	do {
		forget_g(fixture);
		out = fixture_run(fixture, &in);
	} while (out.reason == REASON_HELD);
	do {
		const struct packet_in small = {FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING)};

		forget_g(fixture);
		out = fixture_run(fixture, &small);
	} while (out.reason == REASON_HELD);
	cr_assert_eq(out.reason, REASON_HOLD_RING_FULL);
	forget_g(fixture);
}

static void fill_ring_while_g_is_asked(struct fixture *fixture)
{
	const struct mapping pending = {.state = MAPPING_PENDING, .held = 1};

	fixture_put(fixture, NETWORK_Z, G.address, &pending);
}

static void empty_ring(struct fixture *fixture)
{
	fixture->leave_ring = false;
	ring_buffer__consume(fixture->ring);
	forget_g(fixture);
}

TABLE(ring_full, .host = "R", .sender = "A")
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV4(A, G), PING);

	CASE("no room: nobody would ask for G, so G is not marked as asked for", FROM_NODE, to_g,
	     REASON_HOLD_RING_FULL, .before = fill_ring, .after = none_waits);
	CASE("no room for a frame more: it isn't counted as waiting", FROM_NODE, to_g,
	     REASON_HOLD_RING_FULL, .before = fill_ring_while_g_is_asked, .after = one_waits);
	CASE("weftd empties the ring", FROM_NODE, to_g, REASON_HELD, .before = empty_ring,
	     .after = one_waits);
}

static void forget_both(struct fixture *fixture)
{
	forget_g(fixture);
	forget_h(fixture);
}

static void one_waits_after_all(struct fixture *fixture)
{
	one_waits(fixture);
}

TABLE(misses_are_limited, .host = "R", .sender = "A", .misses = 2)
{
	const struct frame *to_g = FRAME(ETH(A, G), IPV4(A, G), PING);
	const struct frame *to_h = FRAME(ETH(A, J_FRONT), IPV4(A, H), PING);
	const struct frame *from_g = FRAME(ETH(G, A), IPV6(G, A), PING);

	CASE("a first miss", FROM_NODE, to_g, REASON_HELD, .before = forget_both);
	CASE("a frame more is no miss", FROM_NODE, to_g, REASON_HELD);
	CASE("a second miss", FROM_NODE, to_h, REASON_HELD);
	CASE("a third miss is too much, and isn't marked as asked for", FROM_NODE, to_g,
	     REASON_MISS_LIMITED, .before = forget_g, .after = none_waits);
	CASE("ARP counts as well", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
	     REASON_MISS_LIMITED);
	CASE("what strangers send to A has a rate of its own", FROM_SUBSTRATE, from_g, REASON_HELD,
	     .after = one_waits_after_all);
	CASE("a second stranger", FROM_SUBSTRATE, from_g, REASON_HELD, .before = forget_g);
	CASE("a third one is too much", FROM_SUBSTRATE, from_g, REASON_MISS_LIMITED,
	     .before = forget_g);
	CASE("but not to C, which is another node", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, C, .router = 1), PING), REASON_HELD);
	CASE("A's packets to those who are known go on", FROM_NODE, to_g, REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING), .before = remember_g);
}

/* Frames that weftd sends again come in on the reinjection device, with the port as mark. */
TABLE(reinjected, .host = "R", .sender = "A", .reinjected = true)
{
	const uint32_t from_a = REINJECT_MARK | NODE_IFINDEX;
	const struct frame *unfinished = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1),
					       TCP(1, 2, .checksum = CHECKSUM_UNFINISHED));
	static const struct held_for g = {"A", NETWORK_Z, ADDRESS(0x0a000003), ADDRESS(0x0a000002)};

	CASE("A's frame goes where it would have gone", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), PING), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING), .mark = from_a);
	CASE("a question is answered", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
	     REASON_ARP_REPLIED, FRAME(ETH(G, A), ARP_SAYS(G, A)), .mark = from_a);
	CASE("it is guarded as if it came from A's interface", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(C, G), PING), REASON_SOURCE_ADDRESS_FOREIGN, .mark = from_a);
	CASE("the mapping is gone again: it waits again, for A", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), PING), REASON_HELD, .held = &g, .mark = from_a,
	     .before = forget_g);
	CASE("a checksum that doesn't get finished goes round once only", FROM_NODE, unfinished,
	     REASON_TIME_EXCEEDED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xc0), ICMP(11, 0),
		   QUOTE(unfinished, 1)),
	     .mark = from_a, .forgets_sum = true);
	CASE("the port is gone", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING), REASON_PORT_UNKNOWN,
	     .mark = REINJECT_MARK | 99);
	CASE("a frame without a mark is the kernel's own", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), PING), REASON_PORT_UNKNOWN);
	CASE("a mark that weftd doesn't give", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_PORT_UNKNOWN, .mark = NODE_IFINDEX);
	CASE("from the substrate", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), PING),
	     REASON_DELIVERED, FRAME(ETH(G, A), IPV4(G, A), PING), .mark = REINJECT_FROM_SUBSTRATE,
	     .before = remember_g);
}

Test(tc, what_the_substrate_brought_passes_from_node_on_the_reinjection_device)
{
	static const struct fixture_setup setup = {.host = "R", .reinjected = true};
	const struct frame *frame = FRAME(ETH(G, A), IPV6(G, A), PING);
	const struct packet_in in = {FROM_NODE, frame, .mark = REINJECT_FROM_SUBSTRATE};
	struct fixture fixture;
	struct packet_out out;

	fixture_open(&fixture, &setup, &hook_tc);
	out = fixture_run(&fixture, &in);
	cr_assert_eq(out.outcome, PASSED);
	cr_assert_eq(out.reason, -1, "from_substrate, which comes next, counts it");
	cr_assert(frame_equal(out.frame, frame));
	cr_assert_eq(out.mark, REINJECT_FROM_SUBSTRATE);
	fixture_close(&fixture);
	frames_free();
}

/* A frame whose checksum is unfinished, on its way to become a quote. */
TABLE(unfinished, .host = "R", .sender = "A")
{
	const uint32_t from_a = REINJECT_MARK | TEST_RUN_IFINDEX;

	CASE("TCP that a router is to quote goes round", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1),
		   TCP(1, 2, .checksum = CHECKSUM_UNFINISHED), DATA(99)),
	     REASON_CHECKSUM_FINISHED,
	     FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1),
		   TCP(1, 2, .checksum = CHECKSUM_UNFINISHED), DATA(99)),
	     .mark_out = from_a, .left = REASON_LEFT_CHECKSUM);
	CASE("UDP too", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED)),
	     REASON_CHECKSUM_FINISHED,
	     FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED)),
	     .mark_out = from_a, .left = REASON_LEFT_CHECKSUM);
	CASE("UDP for the router itself too", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED)),
	     REASON_CHECKSUM_FINISHED,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED)),
	     .mark_out = from_a, .left = REASON_LEFT_CHECKSUM);
	CASE("but nothing that is sent on", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, .checksum = CHECKSUM_UNFINISHED)),
	     REASON_FORWARDED, .left = REASON_LEFT_CHECKSUM);
}

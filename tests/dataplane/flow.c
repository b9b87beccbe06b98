/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The hash in the flow label: the same for all of a flow, so that ECMP keeps it on one way, and spread. */
#include "cases.h"

#include <string.h>

static const struct fixture_setup setup = {.host = "R", .sender = "A"};
static struct fixture fixture;

static void open_host(void)
{
	fixture_open(&fixture, &setup, &hook_tc);
}

static void close_host(void)
{
	fixture_close(&fixture);
	frames_free();
}

TestSuite(flow, .init = open_host, .fini = close_host);

/* The flow label of what a frame becomes. */
static struct flow_label label_of(const struct frame *frame)
{
	struct packet_out out = fixture_run(&fixture, &(struct packet_in){FROM_NODE, frame});
	struct flow_label label;
	uint32_t first;

	cr_assert_eq(out.reason, REASON_FORWARDED);
	memcpy(&first, out.frame->octets + FRAME_IPV6_AT, sizeof(first));
	flow_label_decode(ntohl(first), &label);
	return label;
}

Test(flow, has_one_hash_whatever_its_packets_carry)
{
	uint8_t hash = label_of(FRAME(ETH(A, G), IPV4(A, G), TCP(4000, 80))).hash;

	cr_assert_eq(label_of(FRAME(ETH(A, G), IPV4(A, G), TCP(4000, 80), DATA(999))).hash, hash);
	cr_assert_eq(label_of(FRAME(ETH(A, G), IPV4(A, G, .tos = 9, .ttl = 5),
				    TCP(4000, 80, .sequence = 77, .flags = TCP_FIN)))
			     .hash,
		     hash);
}

Test(flow, has_one_hash_for_all_fragments_of_two_nodes)
{
	const struct frame *one = FRAME(ETH(A, G), IPV4(A, G), UDP(4000, 53), DATA(64));
	const struct frame *other = FRAME(ETH(A, G), IPV4(A, G), UDP(4001, 53), DATA(64));
	uint8_t hash = label_of(frame_fragment(one, 1, 0, 32)).hash;

	cr_assert_eq(label_of(frame_fragment(one, 1, 32, 40)).hash, hash);
	cr_assert_eq(label_of(frame_fragment(other, 2, 0, 32)).hash, hash);
}

Test(flow, spreads_ports_over_the_hashes)
{
	bool seen[256] = {false};
	int count = 0;

	for (unsigned int port = 0; port < 256; port++) {
		uint8_t hash =
			label_of(FRAME(ETH(A, G), IPV4(A, G), TCP((uint16_t)(40000 + port), 80)))
				.hash;

		count += !seen[hash];
		seen[hash] = true;
	}
	/* 162 of 256 are what chance gives; half of that is enough to use all of a fabric's ways. */
	cr_assert_gt(count, 80, "only %d hashes", count);
}

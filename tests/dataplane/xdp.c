/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is XDP's own: what it leaves to tc and why, checksums that it writes itself, frames in pieces. */
#include "cases.h"

TABLE(router_of_the_substrate_unknown, .host = "R", .sender = "A", .no_next_hop = true)
{
	CASE("A to G, which is on another host", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(A, G), PING), .left = REASON_LEFT_NEXT_HOP);
	CASE("padding may be gone", FROM_NODE,
	     frame_extend(FRAME(ETH(A, J_FRONT), IPV4(A, H), PING), 90), REASON_FORWARDED,
	     FRAME(ETH(A, J_FRONT), IPV6(A, H, .ttl = 62, .router = 1), PING),
	     .left = REASON_LEFT_NEXT_HOP, .forgets_sum = true);
	CASE("A to C doesn't leave the host", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, C), PING),
	     REASON_DELIVERED_LOCAL, FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 63), PING));
	CASE("what nobody would send needs no way", FROM_NODE, FRAME(ETH(A, G), IPV4(C, G), PING),
	     REASON_SOURCE_ADDRESS_FOREIGN);
}

TABLE(receivers_take_nothing_from_xdp, .host = "R", .sender = "A", .no_xdp = true)
{
	CASE("A to G leaves by the NIC", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(A, G), PING));
	CASE("G to A", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), PING), REASON_DELIVERED,
	     FRAME(ETH(G, A), IPV4(G, A), PING), .left = REASON_LEFT_RECEIVER);
	CASE("A to C, on the same host", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, C), PING),
	     REASON_DELIVERED_LOCAL, FRAME(ETH(J_MID, C), IPV4(A, C, .ttl = 63), PING),
	     .left = REASON_LEFT_RECEIVER);
	CASE("an answer to A", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
	     REASON_ARP_REPLIED, FRAME(ETH(G, A), ARP_SAYS(G, A)), .left = REASON_LEFT_RECEIVER);
	CASE("a router's answer", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PING),
	     REASON_ECHO_REPLIED,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(0, 0, .id = 7, .sequence = 1),
		   TEXT("abcdefghijklmnopqrstuvw")),
	     .left = REASON_LEFT_RECEIVER);
	CASE("a lie is dropped all the same", FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(E, A), PING),
	     REASON_SUBSTRATE_NETWORK_FOREIGN);
}

/* (What tc makes of such a checksum depends on more of the skb than a test run sets: see tests/e2e.) */
TABLE(unfinished_from_the_substrate, .host = "R")
{
	CASE("TCP whose checksum the sender's NIC was to finish", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A), TCP(80, 4000, .checksum = CHECKSUM_UNFINISHED), DATA(99)),
	     REASON_DELIVERED, .left = REASON_LEFT_CHECKSUM);
	CASE("UDP too", FROM_SUBSTRATE,
	     FRAME(ETH(G, A), IPV6(G, A), UDP(53, 4000, .checksum = CHECKSUM_UNFINISHED), DATA(99)),
	     REASON_DELIVERED, .left = REASON_LEFT_CHECKSUM);
}

/* What XDP makes of a frame of A for G has the addresses of the substrate in its checksum. */
static void check_forwarded(const struct frame *actual, const struct frame *expected)
{
	expected = frame_patch(expected, 0, (const unsigned char *)NEXT_HOP_MACS,
			       sizeof(NEXT_HOP_MACS) - 1);
	expected = frame_patch(expected, FRAME_IPV6_AT + 3, &actual->octets[FRAME_IPV6_AT + 3], 1);
	if (frame_equal(actual, expected))
		return;
	frame_print(stderr, "  expected  ", expected->octets, expected->length);
	frame_print(stderr, "  actual    ", actual->octets, actual->length);
	cr_assert(false, "another frame comes out");
}

/* Sends a datagram with one word in it; returns the checksum that it has on the substrate. */
static unsigned int checksum_of(struct fixture *fixture, unsigned int word)
{
	const unsigned char payload[] = {(unsigned char)(word >> 8), (unsigned char)word};
	const struct frame *in =
		FRAME(ETH(A, G), IPV4(A, G), UDP(4000, 53), OCTETS(payload, sizeof(payload)));
	struct packet_out out;

	cr_assert(fixture_run_xdp(fixture, &(struct packet_in){FROM_NODE, in}, &out));
	cr_assert_eq(out.reason, REASON_FORWARDED);
	check_forwarded(out.frame, FRAME(ETH(A, G), IPV6(A, G), UDP(4000, 53),
					 OCTETS(payload, sizeof(payload))));
	return (unsigned int)out.frame->octets[FRAME_IPV6_L4_AT + 6] << 8 |
	       out.frame->octets[FRAME_IPV6_L4_AT + 7];
}

/* A datagram's checksum is never 0, which would mean that it has none (RFC 768). */
Test(xdp, writes_a_udp_checksum_of_0_as_its_complement)
{
	static const struct fixture_setup setup = {.host = "R", .sender = "A"};
	struct fixture fixture;
	unsigned int checksum;

	fixture_open(&fixture, &setup, &hook_xdp);
	checksum = checksum_of(&fixture, 0);
	cr_assert_eq(checksum_of(&fixture, checksum - 1), 1);
	cr_assert_eq(checksum_of(&fixture, checksum), 0xffff);
	fixture_close(&fixture);
	frames_free();
}

/* A test run has room for so much in the first buffer; a larger frame comes in several. */
#define SEVERAL_BUFFERS 6000

Test(xdp, carries_frames_in_several_buffers_both_ways)
{
	static const struct fixture_setup setup = {.host = "R", .sender = "A"};
	const struct frame *out_of_a =
		FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(SEVERAL_BUFFERS));
	const struct frame *to_a = FRAME(ETH(G, A), IPV6(G, A), TCP(2, 1), DATA(SEVERAL_BUFFERS));
	struct fixture fixture;
	struct packet_out out;

	fixture_open(&fixture, &setup, &hook_xdp);
	cr_assert(fixture_run_xdp(&fixture, &(struct packet_in){FROM_SUBSTRATE, to_a}, &out));
	cr_assert_eq(out.reason, REASON_DELIVERED);
	cr_assert(frame_equal(out.frame,
			      FRAME(ETH(G, A), IPV4(G, A), TCP(2, 1), DATA(SEVERAL_BUFFERS))));
	cr_assert(fixture_run_xdp(&fixture, &(struct packet_in){FROM_NODE, out_of_a}, &out));
	cr_assert_eq(out.reason, REASON_FORWARDED);
	check_forwarded(out.frame, FRAME(ETH(A, G), IPV6(A, G), TCP(1, 2), DATA(SEVERAL_BUFFERS)));
	fixture_close(&fixture);
	frames_free();
}

Test(xdp, holds_a_frame_in_several_buffers_whole)
{
	static const struct fixture_setup setup = {.host = "R", .sender = "A"};
	const struct frame *frame = FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(SEVERAL_BUFFERS));
	struct fixture fixture;
	struct packet_out out;

	fixture_open(&fixture, &setup, &hook_xdp);
	fixture_forget(&fixture, NETWORK_Z, G.address);
	cr_assert(fixture_run_xdp(&fixture, &(struct packet_in){FROM_NODE, frame}, &out));
	cr_assert_eq(out.reason, REASON_HELD);
	cr_assert(frame_equal(fixture.held_frame, frame));
	fixture_close(&fixture);
	frames_free();
}

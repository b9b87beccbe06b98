/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a node may send at all: whole frames of IPv4 or ARP, from its own interface and in its own name. */
#include "cases.h"

#include <stdlib.h>

TABLE(ipv4_header, .host = "R", .sender = "A")
{
	const struct frame *ping = FRAME(ETH(A, G), IPV4(A, G), PING);
	const struct frame *empty = FRAME(ETH(A, G), IPV4(A, G, .next = 253));

	CASE("version 6 in an IPv4 frame", FROM_NODE, PATCHED(ping, 14, 0x65), REASON_IP_MALFORMED);
	CASE("a header of 16 octets", FROM_NODE, PATCHED(ping, 14, 0x44), REASON_IP_MALFORMED);
	CASE("a header with options", FROM_NODE, PATCHED(ping, 14, 0x46), REASON_IP_OPTIONS);
	CASE("a total length that the header doesn't fit in", FROM_NODE,
	     frame_right(PATCHED(ping, 16, 0, 19)), REASON_IP_MALFORMED);
	CASE("total length 0, as of a packet of more than 64 KiB", FROM_NODE,
	     frame_right(PATCHED(ping, 16, 0, 0)), REASON_IP_MALFORMED);
	CASE("a total length beyond the frame", FROM_NODE, frame_right(PATCHED(ping, 16, 1, 0)),
	     REASON_FRAME_TRUNCATED);
	CASE("a checksum that is wrong", FROM_NODE, PATCHED(ping, 24, 0x12, 0x34),
	     REASON_IP_CHECKSUM);
	CASE("a TTL that the checksum doesn't know of", FROM_NODE, PATCHED(ping, 22, 63),
	     REASON_IP_CHECKSUM);
	CASE("a header alone is a packet", FROM_NODE, empty, REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G, .next = 253)));
	CASE("IPv6", FROM_NODE, PATCHED(ping, 12, 0x86, 0xdd), REASON_ETHERTYPE_UNSUPPORTED);
	CASE("a VLAN tag", FROM_NODE, PATCHED(ping, 12, 0x81, 0x00), REASON_ETHERTYPE_UNSUPPORTED);
	CASE("a length instead of a type, as STP has", FROM_NODE, PATCHED(ping, 12, 0, 38),
	     REASON_ETHERTYPE_UNSUPPORTED);
}

/*
 * Adds `frame` cut to each length that a test run takes: an IPv4 or IPv6 frame has its header at least,
 * of others the Ethernet header is enough.
 */
static void add_cuts(struct cases *cases, enum program program, const struct frame *frame,
		     size_t shortest)
{
	for (size_t length = shortest; length < frame->length; length++)
		CASE("an octet or more is missing at the end", program, frame_cut(frame, length),
		     REASON_FRAME_TRUNCATED);
}

TABLE(truncated, .host = "R", .sender = "A")
{
	const struct frame *datagram = FRAME(ETH(A, H), IPV4(A, H), UDP(4000, 53), DATA(64));
	const struct frame *golden[] = {
		FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
		FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_FRONT)),
		FRAME(ETH(A, G), IPV4(A, G), PING),
		FRAME(ETH(A, J_FRONT), IPV4(A, H), PING),
		FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), UDP(4000, 53), TEXT("who?")),
		FRAME(ETH(A, J_FRONT), IPV4(A, L_BACK), PING),
		FRAME(ETH(A, J_FRONT), IPV4(A, NOWHERE), TCP(4000, 80)),
		frame_fragment(datagram, 7, 0, 32),
		frame_fragment(datagram, 7, 32, 40),
	};

	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		add_cuts(cases, FROM_NODE, golden[i], i < 2 ? 14 : FRAME_IPV4_L4_AT);
}

TABLE(truncated_on_the_substrate, .host = "R")
{
	const struct frame *datagram = FRAME(ETH(G, A), IPV6(G, A), UDP(4000, 53), DATA(64));
	const struct frame *golden[] = {
		FRAME(ETH(G, A), IPV6(G, A), PING),
		FRAME(ETH(G, A), IPV6(G, A), TCP(80, 4000), TEXT("hello")),
		FRAME(ETH(G, A), IPV6(H, A, .ttl = 62, .router = 1), UDP(53, 4000), TEXT("me")),
		frame_fragment(datagram, 7, 0, 32),
		frame_fragment(datagram, 7, 32, 40),
	};

	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		add_cuts(cases, FROM_SUBSTRATE, golden[i], FRAME_IPV6_L4_AT);
}

TABLE(port, .host = "R", .sender = "A")
{
	CASE("A sends from its own MAC and address", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING),
	     REASON_FORWARDED, FRAME(ETH(A, G), IPV6(A, G), PING));
	CASE("A sends from another MAC", FROM_NODE, FRAME(ETH(STRANGER, G), IPV4(A, G), PING),
	     REASON_SOURCE_MAC_FOREIGN);
	CASE("A sends from its router's MAC", FROM_NODE, FRAME(ETH(J_FRONT, G), IPV4(A, G), PING),
	     REASON_SOURCE_MAC_FOREIGN);
	CASE("A sends from an address of nobody", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(STRANGER, G), PING), REASON_SOURCE_ADDRESS_FOREIGN);
	CASE("A sends in C's name", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(C, H), PING),
	     REASON_SOURCE_ADDRESS_FOREIGN);
	CASE("A sends from 0.0.0.0", FROM_NODE,
	     frame_right(PATCHED(FRAME(ETH(A, G), IPV4(A, G), PING), 26, 0, 0, 0, 0)),
	     REASON_SOURCE_ADDRESS_FOREIGN);
}

TABLE(no_port, .host = "R")
{
	CASE("a frame from an interface that is no node's", FROM_NODE,
	     FRAME(ETH(A, G), IPV4(A, G), PING), REASON_PORT_UNKNOWN);
	CASE("an ARP request from there", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
	     REASON_PORT_UNKNOWN);
}

/* Octets of the frame are replaced at random, the same at each run: whatever it has become, it ends in
 * one reason. */
static void disturb(struct fixture *fixture, enum program program, const struct frame *golden,
		    unsigned int count)
{
	unsigned int seed = 1;

	for (unsigned int i = 0; i < count; i++) {
		const struct frame *frame = golden;
		struct packet_out out;

		for (int octets = rand_r(&seed) % 4; octets >= 0; octets--)
			frame = PATCHED(frame, (size_t)rand_r(&seed) % golden->length,
					(unsigned char)rand_r(&seed));
		if (rand_r(&seed) % 2)
			frame = frame_right(frame);
		out = fixture_run(fixture, &(struct packet_in){program, frame});
		if (out.reason >= 0 && out.outcome != OUTCOME_UNKNOWN)
			continue;
		frame_print(stderr, "  ", frame->octets, frame->length);
		cr_assert(false, "not one reason, or an unknown verdict");
	}
	frames_free();
}

Test(tc, every_disturbed_frame_ends_in_one_reason)
{
	static const struct fixture_setup setup = {.host = "R", .sender = "A"};
	struct fixture fixture;

	fixture_open(&fixture, &setup, &hook_tc);
	disturb(&fixture, FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)), 500);
	disturb(&fixture, FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING), 500);
	disturb(&fixture, FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, H), UDP(1, 2)), 1000);
	disturb(&fixture, FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_MID), PING), 500);
	disturb(&fixture, FROM_SUBSTRATE, FRAME(ETH(G, A), IPV6(G, A), TCP(1, 2)), 1000);
	disturb(&fixture, FROM_SUBSTRATE,
		frame_fragment(FRAME(ETH(G, A), IPV6(G, A), UDP(1, 2), DATA(32)), 7, 8, 16), 1000);
	fixture_close(&fixture);
}

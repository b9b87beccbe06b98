/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fragments of A for the router J become the packet that A meant. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/ip.h>
#include <string.h>

#include "controller/agent/reassembly.h"

#define A         0x0a000002U
#define J         0x0a000001U
#define IFINDEX_A 7
#define ETHERNET  14
#define HEADERS   (ETHERNET + 20)
#define MORE      IP_MF

static struct reassembly *reassembly;
static struct {
	struct held_frame held;
	unsigned char octets[4096];
} fragment;

static void begin(void)
{
	reassembly = reassembly_new();
	cr_assert_not_null(reassembly);
}

static void finish(void)
{
	reassembly_free(reassembly);
}

TestSuite(reassembly, .init = begin, .fini = finish);

/* The octet at an offset of the datagram that everybody sends here. */
static unsigned char octet_at(size_t offset)
{
	return (unsigned char)(offset * 7 + offset / 256);
}

/* Octets [from, to) of datagram `id`, with these flags and TOS. */
static const struct held_frame *fragment_of(uint16_t id, uint16_t from, uint16_t to, uint16_t flags,
					    uint8_t tos)
{
	struct iphdr header = {
		.version = 4,
		.ihl = 5,
		.tos = tos,
		.tot_len = htons((uint16_t)(20 + to - from)),
		.id = htons(id),
		.frag_off = htons((uint16_t)(flags | from / 8)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = htonl(A),
		.daddr = htonl(J),
	};

	memset(&fragment, 0, sizeof(fragment));
	fragment.held.ifindex = IFINDEX_A;
	fragment.held.purpose = HELD_FOR_REASSEMBLY;
	fragment.held.length = (uint32_t)(HEADERS + to - from);
	memcpy(fragment.octets + ETHERNET, &header, sizeof(header));
	for (uint16_t i = from; i < to; i++)
		fragment.octets[HEADERS + i - from] = octet_at(i);
	return &fragment.held;
}

static const struct held_frame *add(uint16_t id, uint16_t from, uint16_t to, uint16_t flags)
{
	return reassembly_add(reassembly, fragment_of(id, from, to, flags, 0), 1000);
}

static struct iphdr header_of(const struct held_frame *whole)
{
	struct iphdr header;

	memcpy(&header, (const unsigned char *)(whole + 1) + ETHERNET, sizeof(header));
	return header;
}

static void assert_whole(const struct held_frame *whole, size_t octets)
{
	const unsigned char *frame = (const unsigned char *)(whole + 1);
	struct iphdr header;
	uint32_t sum = 0;

	cr_assert_not_null(whole);
	cr_assert_eq(whole->length, HEADERS + octets);
	cr_assert_eq(whole->ifindex, IFINDEX_A);
	header = header_of(whole);
	cr_assert_eq(ntohs(header.tot_len), 20 + octets);
	cr_assert_eq(ntohs(header.frag_off) & ~IP_DF, 0);
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)frame[ETHERNET + i] << 8 | frame[ETHERNET + i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	cr_assert_eq((sum & 0xffff) + (sum >> 16), 0xffff);
	for (size_t i = 0; i < octets; i++)
		cr_assert_eq(frame[HEADERS + i], octet_at(i), "octet %zu", i);
}

Test(reassembly, gives_the_packet_with_its_last_fragment)
{
	cr_assert_null(add(1, 0, 1480, MORE));
	cr_assert_null(add(1, 1480, 2960, MORE));
	assert_whole(add(1, 2960, 3001, 0), 3001);
}

Test(reassembly, does_not_care_about_the_order)
{
	cr_assert_null(add(1, 2960, 3001, 0));
	cr_assert_null(add(1, 0, 1480, MORE));
	assert_whole(add(1, 1480, 2960, MORE), 3001);
}

Test(reassembly, fills_gaps_in_any_order)
{
	cr_assert_null(add(1, 16, 24, MORE));
	cr_assert_null(add(1, 48, 50, 0));
	cr_assert_null(add(1, 32, 40, MORE));
	cr_assert_null(add(1, 0, 8, MORE));
	cr_assert_null(add(1, 24, 32, MORE));
	cr_assert_null(add(1, 40, 48, MORE));
	assert_whole(add(1, 8, 16, MORE), 50);
}

Test(reassembly, keeps_datagrams_apart_by_their_id)
{
	cr_assert_null(add(1, 0, 8, MORE));
	cr_assert_null(add(2, 0, 16, MORE));
	assert_whole(add(1, 8, 20, 0), 20);
	assert_whole(add(2, 16, 30, 0), 30);
}

Test(reassembly, keeps_nodes_apart)
{
	cr_assert_null(add(1, 0, 8, MORE));
	fragment_of(1, 8, 20, 0, 0);
	fragment.held.ifindex = IFINDEX_A + 1;
	cr_assert_null(reassembly_add(reassembly, &fragment.held, 1000));
}

Test(reassembly, takes_a_fragment_that_comes_twice)
{
	cr_assert_null(add(1, 0, 800, MORE));
	cr_assert_null(add(1, 0, 800, MORE));
	assert_whole(add(1, 800, 900, 0), 900);
}

Test(reassembly, gives_up_a_datagram_whose_fragments_overlap)
{
	cr_assert_null(add(1, 0, 800, MORE));
	cr_assert_null(add(1, 400, 1200, MORE));
	cr_assert_null(add(1, 800, 900, 0), "nothing is left of it");
}

Test(reassembly, takes_no_fragment_beyond_the_last)
{
	cr_assert_null(add(1, 800, 900, 0));
	cr_assert_null(add(1, 1600, 2400, MORE));
	assert_whole(add(1, 0, 800, MORE), 900);
}

Test(reassembly, cuts_what_a_middle_fragment_has_beyond_eight_octets)
{
	cr_assert_null(add(1, 0, 803, MORE));
	assert_whole(add(1, 800, 900, 0), 900);
}

Test(reassembly, forgets_a_datagram_after_its_time)
{
	cr_assert_null(add(1, 0, 800, MORE));
	cr_assert_null(reassembly_add(reassembly, fragment_of(1, 800, 900, 0, 0),
				      1000 + REASSEMBLY_TIMEOUT_MS));
}

Test(reassembly, lets_a_node_have_so_many_datagrams_at_once_and_no_more)
{
	for (uint16_t id = 1; id <= REASSEMBLY_NODE_MAX + 1; id++)
		cr_assert_null(reassembly_add(reassembly, fragment_of(id, 0, 8, MORE, 0), id));
	cr_assert_null(add(1, 8, 16, 0), "the oldest has made room");
	assert_whole(add(REASSEMBLY_NODE_MAX + 1, 8, 16, 0), 16);
}

Test(reassembly, keeps_df_if_the_largest_fragment_had_it)
{
	cr_assert_null(add(1, 0, 800, MORE | IP_DF));
	cr_assert_eq(header_of(add(1, 800, 900, 0)).frag_off, htons(IP_DF));
	cr_assert_null(add(2, 0, 800, MORE));
	cr_assert_eq(header_of(add(2, 800, 900, IP_DF)).frag_off, 0);
}

Test(reassembly, remembers_that_a_fragment_has_seen_congestion)
{
	cr_assert_null(reassembly_add(reassembly, fragment_of(1, 0, 8, MORE, 2), 1000));
	cr_assert_eq(header_of(reassembly_add(reassembly, fragment_of(1, 8, 9, 0, 3), 1000)).tos,
		     3);
	cr_assert_null(reassembly_add(reassembly, fragment_of(2, 0, 8, MORE, 0), 1000));
	cr_assert_null(reassembly_add(reassembly, fragment_of(2, 8, 9, 0, 3), 1000),
		       "one can't have been marked that is not capable of it");
}

Test(reassembly, reads_no_frame_shorter_than_it_says)
{
	for (uint32_t length = 0; length < HEADERS + 800; length++) {
		fragment_of(1, 0, 800, 0, 0);
		fragment.held.length = length;
		cr_assert_null(reassembly_add(reassembly, &fragment.held, 1000));
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The checksum correction of an end, against checksums computed from scratch. */
#include <arpa/inet.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/plan.h"
#include "tests/support/topology.h"

/* A SYN of 24 octets; its checksum is the word at CHECKSUM_AT. */
#define CHECKSUM_AT 16
static unsigned char syn[24] = {
	0x9c, 0x40, 0x00, 0x50, 0x12, 0x34, 0x56, 0x78, 0,    0,    0,    0,
	0x60, 0x02, 0xfa, 0xf0, 0,    0,    0,    0,    0x02, 0x04, 0x05, 0xb4,
};

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* One's complement sum of words as they lie in memory (RFC 1071); `size` is even. */
static uint16_t sum_words(const void *octets, size_t size)
{
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, (const unsigned char *)octets + i, sizeof(word));
		sum += word;
	}
	return fold(sum);
}

/* The TCP checksum behind a pseudo header: addresses of `size` octets, length and protocol. */
static uint16_t checksum(const void *source, const void *destination, size_t size)
{
	const uint32_t rest[] = {htonl(sizeof(syn)), htonl(IPPROTO_TCP)};
	unsigned char zeroed[sizeof(syn)];

	memcpy(zeroed, syn, sizeof(syn));
	memset(zeroed + CHECKSUM_AT, 0, 2);
	return (uint16_t)~fold(sum_words(source, size) + sum_words(destination, size) +
			       sum_words(rest, sizeof(rest)) + sum_words(zeroed, sizeof(zeroed)));
}

/* As the kernel's csum_replace_by_diff(). */
static uint16_t replace_by_difference(uint16_t check, uint32_t difference)
{
	return (uint16_t)~fold((uint16_t)~check + difference);
}

struct end {
	struct substrate_locator locator;
	const char *address;
};

static const struct end ends[] = {
	{{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a}, 64}, "10.0.0.2"},
	{{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0b}, 64}, "10.1.5.3"},
	{{{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 72}, "255.255.255.254"},
	{{{0xff, 0xa5}, 64}, "192.0.2.1"}, /* + network 5a: the sum is 0xffff */
	{{{0}, 64}, "0.0.0.1"},
};
#define ENDS (sizeof(ends) / sizeof(ends[0]))

Test(correction, turns_the_checksum_over_ipv4_into_the_one_over_ipv6_and_back)
{
	for (size_t i = 0; i < ENDS * ENDS; i++) {
		const struct end *from = &ends[i / ENDS], *to = &ends[i % ENDS];
		__be32 source = topology_address(from->address);
		__be32 destination = topology_address(to->address);
		struct substrate_address source6, destination6;
		uint16_t out, in, over_ipv4, over_ipv6;

		plan_address(&from->locator, 0x5a, ntohl(source), &source6, &out);
		plan_address(&to->locator, 0x5a, ntohl(destination), &destination6, &in);
		over_ipv4 = checksum(&source, &destination, 4);
		over_ipv6 = checksum(&source6, &destination6, 16);

		cr_assert_eq(replace_by_difference(over_ipv4, (uint32_t)out + in), over_ipv6);
		cr_assert_eq(
			replace_by_difference(over_ipv6, (uint32_t)(uint16_t)~out + (uint16_t)~in),
			over_ipv4);
	}
}

Test(correction, is_the_difference_of_the_sums_and_never_zero)
{
	for (size_t i = 0; i < ENDS; i++) {
		__be32 address = topology_address(ends[i].address);
		struct substrate_address substrate;
		uint16_t correction;

		plan_address(&ends[i].locator, 0x5a, ntohl(address), &substrate, &correction);
		cr_assert_eq(fold(sum_words(&address, 4) + correction), sum_words(&substrate, 16));
		cr_assert_neq(correction, 0);
	}
}

Test(correction, is_all_ones_where_the_sums_do_not_differ)
{
	struct substrate_address substrate;
	uint16_t correction;

	plan_address(&ends[3].locator, 0x5a, 0xc0000201, &substrate, &correction);
	cr_assert_eq(correction, 0xffff);
}

Test(correction, belongs_to_an_address_without_slot_and_flags)
{
	const unsigned char expected[] = {0x20, 0x01, 0x0d, 0xb8, 0,  0, 0, 0x0a,
					  0,    0,    0,    0x5a, 10, 0, 0, 2};
	struct substrate_address substrate;
	uint16_t correction;

	plan_address(&ends[0].locator, 0x5a, 0x0a000002, &substrate, &correction);
	cr_assert_arr_eq(substrate.octets, expected, sizeof(expected));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's neighbour table says, and what the map of next hops is told of it. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "controller/agent/neighbours.h"
#include "controller/agent/next_hops.h"

#define NIC     7
#define NOW_NS  5000000000ULL
#define GOOD_NS 65000000000ULL /* a minute later */

static const uint8_t fabric_mac[WEFT_MAC_OCTETS] = {0x02, 0, 0, 0, 0, 0x0b};
static const uint8_t other_mac[WEFT_MAC_OCTETS] = {0x02, 0, 0, 0, 0, 0x0c};

static struct substrate_address address_of(const char *text)
{
	struct substrate_address address;

	cr_assert_eq(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

/* A message of the kernel about the gateway fe80::1. */
struct message {
	_Alignas(struct nlmsghdr) char buffer[256];
};

static struct nlmsghdr *message_begin(struct message *message, uint16_t type, uint8_t family,
				      uint16_t state)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(message->buffer);
	struct ndmsg *entry;

	header->nlmsg_type = type;
	entry = mnl_nlmsg_put_extra_header(header, sizeof(*entry));
	entry->ndm_family = family;
	entry->ndm_ifindex = NIC;
	entry->ndm_state = state;
	return header;
}

static struct nlmsghdr *message_of(struct message *message, uint16_t type, uint16_t state)
{
	struct nlmsghdr *header = message_begin(message, type, AF_INET6, state);
	struct substrate_address gateway = address_of("fe80::1");

	mnl_attr_put(header, NDA_DST, sizeof(gateway), &gateway);
	mnl_attr_put(header, NDA_LLADDR, sizeof(fabric_mac), fabric_mac);
	return header;
}

static bool is_known(uint16_t type, uint16_t state)
{
	struct neighbour neighbour;
	struct message message;

	cr_assert(neighbour_read(message_of(&message, type, state), &neighbour));
	return neighbour.known;
}

Test(neighbours, reads_which_neighbour_has_which_mac)
{
	struct substrate_address gateway = address_of("fe80::1");
	struct neighbour neighbour;
	struct message message;

	cr_assert(neighbour_read(message_of(&message, RTM_NEWNEIGH, NUD_REACHABLE), &neighbour));
	cr_assert_eq(neighbour.ifindex, NIC);
	cr_assert_arr_eq(&neighbour.address, &gateway, sizeof(gateway));
	cr_assert(neighbour.known);
	cr_assert_arr_eq(neighbour.mac, fabric_mac, sizeof(fabric_mac));
}

Test(neighbours, knows_a_mac_in_the_states_that_the_kernel_sends_in)
{
	static const uint16_t known[] = {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE,
					 NUD_PERMANENT};
	static const uint16_t unknown[] = {NUD_NONE, NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		cr_assert(is_known(RTM_NEWNEIGH, known[i]), "state 0x%x", known[i]);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		cr_assert_not(is_known(RTM_NEWNEIGH, unknown[i]), "state 0x%x", unknown[i]);
}

Test(neighbours, does_not_know_a_deleted_one)
{
	cr_assert_not(is_known(RTM_DELNEIGH, NUD_REACHABLE));
}

Test(neighbours, does_not_know_one_without_a_mac)
{
	struct substrate_address gateway = address_of("fe80::1");
	struct neighbour neighbour;
	struct message message;
	struct nlmsghdr *header = message_begin(&message, RTM_NEWNEIGH, AF_INET6, NUD_REACHABLE);

	mnl_attr_put(header, NDA_DST, sizeof(gateway), &gateway);
	cr_assert(neighbour_read(header, &neighbour));
	cr_assert_not(neighbour.known);
}

Test(neighbours, passes_over_what_is_about_no_ipv6_neighbour)
{
	struct neighbour neighbour;
	struct message message;
	struct nlmsghdr *header = message_begin(&message, RTM_NEWNEIGH, AF_INET, NUD_REACHABLE);

	mnl_attr_put_u32(header, NDA_DST, htonl(0x0a000001));
	cr_assert_not(neighbour_read(header, &neighbour));
	cr_assert_not(neighbour_read(message_of(&message, RTM_NEWLINK, NUD_REACHABLE), &neighbour));
	/* An entry of a bridge: a MAC only. */
	header = message_begin(&message, RTM_NEWNEIGH, AF_BRIDGE, NUD_REACHABLE);
	mnl_attr_put(header, NDA_LLADDR, sizeof(fabric_mac), fabric_mac);
	cr_assert_not(neighbour_read(header, &neighbour));
	header = message_begin(&message, RTM_NEWNEIGH, AF_INET6, NUD_REACHABLE);
	cr_assert_not(neighbour_read(header, &neighbour));
}

static struct neighbour neighbour_with(const uint8_t mac[WEFT_MAC_OCTETS])
{
	struct neighbour neighbour = {.known = true};

	memcpy(neighbour.mac, mac, sizeof(neighbour.mac));
	return neighbour;
}

Test(next_hop, is_good_for_a_minute_after_the_kernel_has_said_so)
{
	struct neighbour neighbour = neighbour_with(fabric_mac);
	struct next_hop hop = {0};

	cr_assert(next_hop_learn(&hop, &neighbour, NOW_NS));
	cr_assert_eq(hop.good_until_ns, GOOD_NS);
	cr_assert_arr_eq(hop.mac, fabric_mac, sizeof(hop.mac));
}

Test(next_hop, is_written_again_when_the_kernel_says_the_same_later)
{
	struct neighbour neighbour = neighbour_with(fabric_mac);
	struct next_hop hop = {0};

	next_hop_learn(&hop, &neighbour, NOW_NS);
	cr_assert(next_hop_learn(&hop, &neighbour, NOW_NS + 1));
	cr_assert_eq(hop.good_until_ns, GOOD_NS + 1);
}

Test(next_hop, takes_over_another_mac)
{
	struct neighbour neighbour = neighbour_with(fabric_mac);
	struct neighbour other = neighbour_with(other_mac);
	struct next_hop hop = {0};

	next_hop_learn(&hop, &neighbour, NOW_NS);
	cr_assert(next_hop_learn(&hop, &other, NOW_NS));
	cr_assert_arr_eq(hop.mac, other_mac, sizeof(hop.mac));
}

Test(next_hop, is_not_good_any_more_when_the_kernel_has_lost_it)
{
	struct neighbour neighbour = neighbour_with(fabric_mac);
	struct neighbour gone = {.known = false};
	struct next_hop hop = {.gateway = address_of("fe80::1"),
			       .source_mac = {2, 0, 0, 0, 0, 0x0a}};
	struct next_hop before = hop;

	next_hop_learn(&hop, &neighbour, NOW_NS);
	cr_assert(next_hop_learn(&hop, &gone, NOW_NS));
	cr_assert_arr_eq(&hop, &before, sizeof(hop));
}

Test(next_hop, is_not_written_for_what_was_not_known_before_either)
{
	struct neighbour gone = {.known = false};
	struct next_hop hop = {0};

	cr_assert_not(next_hop_learn(&hop, &gone, NOW_NS));
}

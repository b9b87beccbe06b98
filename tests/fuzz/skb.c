/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The helpers of the kernel, on a frame in the heap. See skb.h. */
#include "skb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_HEADER     20
#define IPV6_HEADER     40
#define ADJUST_ROOM_MAX 0xfff
#define CSUM_MANGLED_0  0xffff

static unsigned char *allocate(uint32_t octets)
{
	unsigned char *memory = malloc(octets);

	if (!memory)
		abort();
	return memory;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Lays `octets` out anew. */
static void lay_out(struct skb *skb, const unsigned char *octets, uint32_t length, uint32_t linear)
{
	skb->length = length;
	skb->linear = smaller(linear, length);
	skb->head = allocate(skb->linear);
	skb->rest = allocate(length - skb->linear);
	memcpy(skb->head, octets, skb->linear);
	memcpy(skb->rest, octets + skb->linear, length - skb->linear);
}

void skb_make(struct skb *skb, const unsigned char *octets, uint32_t length, uint32_t linear)
{
	*skb = (struct skb){0};
	lay_out(skb, octets, length, linear);
	if (length >= ETH_HLEN)
		memcpy(&skb->protocol, octets + 2 * ETH_ALEN, sizeof(skb->protocol));
}

void skb_free(struct skb *skb)
{
	free(skb->head);
	free(skb->rest);
}

void skb_copy(const struct skb *skb, unsigned char *ret_octets)
{
	memcpy(ret_octets, skb->head, skb->linear);
	memcpy(ret_octets + skb->linear, skb->rest, skb->length - skb->linear);
}

/* Cuts out `removed` octets at `offset` and puts as many zeros there as `inserted` says. All pointers to
 * what was there are dead after it. */
static void rebuild(struct skb *skb, uint32_t offset, uint32_t removed, uint32_t inserted,
		    uint32_t linear)
{
	uint32_t length = skb->length - removed + inserted;
	unsigned char *old = allocate(skb->length), *octets = allocate(length);

	skb_copy(skb, old);
	memcpy(octets, old, offset);
	memset(octets + offset, 0, inserted);
	memcpy(octets + offset + inserted, old + offset + removed, skb->length - offset - removed);
	skb_free(skb);
	lay_out(skb, octets, length, linear);
	free(old);
	free(octets);
}

bool skb_fails(struct skb *skb)
{
	return skb->failing && --skb->failing == 0;
}

/* __bpf_try_make_writable() */
static bool make_writable(struct skb *skb, uint32_t octets)
{
	if (octets > skb->length || skb_fails(skb))
		return false;
	rebuild(skb, 0, 0, 0, octets > skb->linear ? octets : skb->linear);
	return true;
}

long skb_pull(struct skb *skb, uint32_t octets)
{
	return make_writable(skb, octets ? octets : skb->linear) ? 0 : -ENOMEM;
}

long skb_load(const struct skb *skb, uint32_t offset, void *ret_octets, uint32_t count)
{
	unsigned char *to = ret_octets;
	uint32_t direct;

	if (offset > INT_MAX || offset > skb->length || count > skb->length - offset) {
		memset(to, 0, count);
		return -EFAULT;
	}
	direct = offset < skb->linear ? smaller(count, skb->linear - offset) : 0;
	memcpy(to, skb->head + (direct ? offset : 0), direct);
	if (count > direct)
		memcpy(to + direct, skb->rest + (offset + direct - skb->linear), count - direct);
	return 0;
}

long skb_store(struct skb *skb, uint32_t offset, const void *octets, uint32_t count)
{
	if (offset > INT_MAX || count > UINT32_MAX - offset || !make_writable(skb, offset + count))
		return -EFAULT;
	memcpy(skb->head + offset, octets, count);
	return 0;
}

/* __bpf_skb_min_len(): the headers stay, and a checksum that is still to be stored. */
static uint32_t length_min(const struct skb *skb)
{
	if (skb->unfinished)
		return skb->sum_at + (uint32_t)sizeof(uint16_t);
	return skb->transport_at > 0 ? (uint32_t)skb->transport_at : ETH_HLEN;
}

long skb_set_length(struct skb *skb, uint32_t length)
{
	if (length > SKB_OCTETS_MAX || length < length_min(skb))
		return -EINVAL;
	if (!make_writable(skb, skb->length))
		return -ENOMEM;
	skb->forgets_sum |= length != skb->length;
	if (length > skb->length)
		rebuild(skb, skb->length, 0, length - skb->length, length);
	else
		rebuild(skb, length, skb->length - length, 0, length);
	skb->gso_size = 0;
	return 0;
}

/* bpf_skb_net_hdr_push(): in front of what is at `offset`. */
static void header_push(struct skb *skb, uint32_t offset, uint32_t octets)
{
	rebuild(skb, offset, 0, octets, skb->linear + octets);
	skb->sum_start += octets;
	skb->sum_at += octets;
	skb->transport_at += skb->transport_at ? (int32_t)octets : 0;
}

/* bpf_skb_net_hdr_pop() */
static long header_pop(struct skb *skb, uint32_t offset, uint32_t octets)
{
	if (!make_writable(skb, offset + octets))
		return -ENOMEM;
	rebuild(skb, offset, octets, 0, skb->linear - octets);
	skb->sum_start -= octets;
	skb->sum_at -= octets;
	skb->transport_at -= skb->transport_at ? (int32_t)octets : 0;
	return 0;
}

long skb_change_protocol(struct skb *skb, uint16_t protocol)
{
	const uint32_t difference = IPV6_HEADER - IPV4_HEADER;
	long err = 0;

	if (skb_fails(skb))
		return -ENOMEM;
	if (skb->protocol == htons(ETH_P_IP) && protocol == htons(ETH_P_IPV6))
		header_push(skb, ETH_HLEN, difference);
	else if (skb->protocol == htons(ETH_P_IPV6) && protocol == htons(ETH_P_IP))
		err = header_pop(skb, ETH_HLEN, difference);
	else
		return -ENOTSUP;
	if (!err)
		skb->protocol = protocol;
	return err;
}

long skb_adjust_room(struct skb *skb, int octets)
{
	uint32_t count = (uint32_t)abs(octets), header, current;

	if (count > ADJUST_ROOM_MAX)
		return -EFAULT;
	if (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6))
		return -ENOTSUP;
	header = skb->protocol == htons(ETH_P_IP) ? IPV4_HEADER : IPV6_HEADER;
	current = skb->length - ETH_HLEN;
	if (octets < 0 ? count >= current || current - count < header
		       : skb->length + count > SKB_OCTETS_MAX && !skb->gso_size)
		return -ENOTSUP;
	/* As in BPF_PROG_TEST_RUN, which doesn't say of which kind a GSO frame is. */
	if (skb->gso_size)
		return -ENOTSUP;
	if (skb_fails(skb))
		return -ENOMEM;
	if (octets < 0)
		return header_pop(skb, ETH_HLEN + header, count);
	header_push(skb, ETH_HLEN + header, count);
	return 0;
}

/* csum_add() and csum_fold() */
static uint16_t folded_sum(uint32_t a, uint32_t b)
{
	uint64_t sum = (uint64_t)a + b;

	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

long skb_correct_checksum(struct skb *skb, uint32_t offset, uint32_t difference, bool zero_is_none)
{
	uint16_t field;

	if (offset > 0xffff || offset & 1 || !make_writable(skb, offset + sizeof(field)))
		return -EFAULT;
	memcpy(&field, skb->head + offset, sizeof(field));
	if (zero_is_none && !field)
		return 0;
	if (skb->unfinished)
		field = folded_sum(difference, field);
	else
		field = (uint16_t)~folded_sum(difference, ~(uint32_t)field);
	if (zero_is_none && !field)
		field = CSUM_MANGLED_0;
	memcpy(skb->head + offset, &field, sizeof(field));
	return 0;
}

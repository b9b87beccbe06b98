/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the steps need from the hook they run in, for a native build: stands in for bpf/context_tc.h
 * and <bpf/bpf_helpers.h>, so that the rest of bpf/ compiles unchanged. What helpers do to a frame is
 * in skb.h, what maps do in native_map.h; here they get the names and the types that steps use.
 */
#ifndef WEFT_FUZZ_CONTEXT_NATIVE_H
#define WEFT_FUZZ_CONTEXT_NATIVE_H

#define WEFT_CONTEXT_TC_H /* the entry programs include that one: it shall be this one */

#include <bpf/bpf_endian.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "departure.h"
#include "native.h"
#include "native_map.h"
#include "skb.h"

/* ---- <bpf/bpf_helpers.h> ---------------------------------------------------------------------- */

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value) *name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline))

enum { LIBBPF_PIN_BY_NAME = 1 };

/* The host whose program runs. */
struct native_hook {
	struct native_maps *maps;
	struct departure *departure;
	bool ring_full;
	__u32 reinject_ifindex;
	const void *mappings; /* the map of which it is to be told what is new */
};
static struct native_hook native_hook;

#define NATIVE_NUMBER(field) (sizeof(*(field)) / sizeof(int))
#define NATIVE_MAP(map)                                                            \
	native_map_of(native_hook.maps, &(const struct native_map_shape){          \
						(map), NATIVE_NUMBER((map)->type), \
						NATIVE_NUMBER((map)->max_entries), \
						sizeof(*(map)->key), sizeof(*(map)->value)})

#define bpf_map_lookup_elem(map, key_) native_map_lookup(NATIVE_MAP(map), key_)
#define bpf_map_update_elem(map, key_, value_, flags) \
	native_update(NATIVE_MAP(map), key_, value_, flags)
#define bpf_map_delete_elem(map, key_)          native_delete(NATIVE_MAP(map), key_)
#define bpf_ringbuf_reserve(map, octets, flags) native_reserve(octets)

static inline long native_update(struct native_map *map, const void *key, const void *value,
				 uint64_t flags)
{
	long err = native_map_update(map, key, value, flags);

	if (!err && map->shape.definition == native_hook.mappings) {
		native_hook.departure->is_missed = true;
		memcpy(&native_hook.departure->missed, key, sizeof(struct node_key));
	}
	return err;
}

static inline long native_delete(struct native_map *map, const void *key)
{
	if (map->shape.definition == native_hook.mappings)
		native_hook.departure->is_missed = false;
	return native_map_delete(map, key);
}

/* A record has no more room than was asked for. */
static inline void *native_reserve(uint64_t octets)
{
	struct departure_copy *held = &native_hook.departure->held;

	if (native_hook.ring_full)
		return NULL;
	held->length = (uint32_t)octets;
	held->octets = malloc(octets);
	return held->octets;
}

static inline void bpf_ringbuf_discard(void *record, uint64_t flags)
{
	free(record);
	native_hook.departure->held = (struct departure_copy){0};
}

/* What weftd gets is what the record says, not what it has room for. */
static inline void bpf_ringbuf_submit(void *record, uint64_t flags)
{
	const struct held_frame *frame = record;
	struct departure_copy *held = &native_hook.departure->held;

	if (frame->length > held->length - sizeof(*frame))
		abort();
	held->length = (uint32_t)sizeof(*frame) + frame->length;
}

static inline __u64 bpf_ktime_get_ns(void)
{
	return NATIVE_NOW_NS;
}

static inline __u64 bpf_ktime_get_tai_ns(void)
{
	return NATIVE_NOW_NS;
}

static inline __u32 bpf_get_prandom_u32(void)
{
	return 4;
}

static inline __u32 bpf_get_smp_processor_id(void)
{
	return 0;
}

static inline long bpf_loop(__u32 count, long (*step)(__u32 index, void *data), void *data,
			    __u64 flags)
{
	for (__u32 i = 0; i < count; i++)
		if (step(i, data))
			return (long)i + 1;
	return count;
}

/* The sum of whole words, folded to 16 bits. */
static inline __s64 bpf_csum_diff(const __be32 *from, __u32 from_octets, const __be32 *to,
				  __u32 to_octets, __u32 seed)
{
	__u64 sum = seed;

	if ((from_octets | to_octets) % sizeof(__be32) || from_octets)
		return -EINVAL;
	for (__u32 i = 0; i < to_octets / sizeof(__be32); i++)
		sum += to[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__s64)sum;
}

/* ---- bpf/context_tc.h ------------------------------------------------------------------------- */

struct context {
	struct skb skb;
};

#define CONTEXT_SECTION "tc"
#define CONTEXT_DROP    TC_ACT_SHOT
#define CONTEXT_PASS    TC_ACT_UNSPEC

#define CONTEXT_IS_LAST           true
#define CONTEXT_PULLS             true
#define CONTEXT_FINISHES_CHECKSUM true
#define CONTEXT_COPIES            true

static __always_inline void *context_data(struct context *context)
{
	return context->skb.head;
}

static __always_inline void *context_data_end(struct context *context)
{
	return context->skb.head + context->skb.linear;
}

static __always_inline __u32 context_length(const struct context *context)
{
	return context->skb.length;
}

static __always_inline __u32 context_gso_size(const struct context *context)
{
	return context->skb.gso_size;
}

static __always_inline __u32 context_ifindex(const struct context *context)
{
	return context->skb.ifindex;
}

static __always_inline bool context_is_reinjected(const struct context *context)
{
	return context->skb.ifindex == native_hook.reinject_ifindex;
}

static __always_inline __u32 context_mark(const struct context *context)
{
	return context->skb.mark;
}

static __always_inline void context_find_start(struct context *context)
{
}

static __always_inline long context_pull(struct context *context, __u32 length)
{
	return skb_pull(&context->skb, length);
}

static __always_inline long context_load(struct context *context, __u32 offset, void *to,
					 __u32 length)
{
	return skb_load(&context->skb, offset, to, length);
}

static __always_inline long context_store(struct context *context, __u32 offset, const void *from,
					  __u32 length)
{
	return skb_store(&context->skb, offset, from, length);
}

static __always_inline long context_set_length(struct context *context, __u32 length)
{
	return skb_set_length(&context->skb, length);
}

static __always_inline long context_remake(struct context *context, __u32 length)
{
	if (skb_set_length(&context->skb, length) == 0)
		return 0;
	return skb_adjust_room(&context->skb, (int)(length - context->skb.length));
}

/* Frames here have no sum by a NIC; frame_bpf.c sees to them. */
static __always_inline void context_sum_add(struct context *context, __u16 difference)
{
}

static __always_inline long context_to_ipv6(struct context *context)
{
	return skb_change_protocol(&context->skb, bpf_htons(ETH_P_IPV6));
}

static __always_inline long context_to_ipv4(struct context *context)
{
	return skb_change_protocol(&context->skb, bpf_htons(ETH_P_IP));
}

static __always_inline long context_resize_behind_ipv6(struct context *context, int octets)
{
	return skb_adjust_room(&context->skb, octets);
}

static __always_inline long context_correct_checksum(struct context *context, __u32 offset,
						     __u32 difference, bool zero_is_none)
{
	return skb_correct_checksum(&context->skb, offset, difference, zero_is_none);
}

static inline int native_redirect(enum departure_way way, __u32 ifindex)
{
	native_hook.departure->way = way;
	native_hook.departure->ifindex = ifindex;
	return TC_ACT_REDIRECT;
}

static __always_inline bool context_can_deliver(__u16 flags)
{
	return true;
}

static __always_inline bool context_can_forward(const struct next_hop *next_hop)
{
	return true;
}

static __always_inline int context_deliver(struct context *context, __u32 ifindex, bool peer)
{
	context->skb.mark = 0;
	return native_redirect(peer ? WAY_PEER : WAY_DEVICE, ifindex);
}

static __always_inline int context_forward(struct context *context, __u32 ifindex,
					   const struct next_hop *next_hop)
{
	context->skb.mark = 0;
	return native_redirect(WAY_SUBSTRATE, ifindex);
}

static __always_inline int context_reinject(struct context *context, __u32 ifindex, __u32 mark)
{
	context->skb.mark = mark;
	return native_redirect(WAY_DEVICE, ifindex);
}

static __always_inline long context_send_copy(struct context *context, __u32 ifindex, __u32 mark)
{
	struct departure *departure = native_hook.departure;
	struct departure_copy *copy;

	context->skb.mark = mark;
	if (skb_fails(&context->skb))
		return -ENOMEM;
	copy = &departure->copies[departure->copy_count++];
	if (departure->copy_count == DEPARTURE_COPIES_MAX)
		abort();
	copy->ifindex = ifindex;
	copy->length = context->skb.length;
	copy->octets = malloc(copy->length);
	skb_copy(&context->skb, copy->octets);
	skb_pull(&context->skb, 0); /* pointers are dead after bpf_clone_redirect() too */
	return 0;
}

#endif

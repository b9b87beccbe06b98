/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Cutting an IPv4 packet into fragments (RFC 791), as ip_do_fragment() of the kernel does, for one MTU or for
 * several that come one after the other: what the first has cut, the next cuts again.
 */
#ifndef WEFT_CUT_H
#define WEFT_CUT_H

#include "maps.h"
#include "packet.h"

#define FRAGMENT_UNIT        8 /* octets */
#define FRAGMENTS_MAX        1400 /* of 65535 octets at the smallest MTU, 68 */
#define FRAGMENT_PAYLOAD_MAX 65535

/*
 * A packet while it is cut, one for each CPU: an entry is larger than per-CPU maps allow, and all of it
 * would be too much for the stack.
 */
struct cut {
	struct iphdr head; /* of the whole packet */
	struct iphdr next; /* of the next fragment */
	__u32 out_ifindex; /* where fragments are sent */
	__u32 mark; /* with this mark */
	__u32 octets; /* of the whole payload */
	__u32 offset; /* of the next fragment */
	__u32 room
		[ANSWER_MTUS_MAX]; /* octets behind the header that fit each MTU; 0: no more MTUs */
	__u32 left[ANSWER_MTUS_MAX]; /* of the piece that is being cut at each */
	__u8 payload[2 *
		     (FRAGMENT_PAYLOAD_MAX + 1)]; /* twice: offset and length have a bound each */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* for each CPU: see loader/sizes.h */
	__type(key, __u32);
	__type(value, struct cut);
} fragment_scratch SEC(".maps");

/* The loop's state; the context can't be kept in a map. */
struct cutting {
	struct context *context;
	struct cut *cut;
	bool failed;
};

/* A new cut, without MTUs. NULL: there is none for this CPU. */
static __always_inline struct cut *cut_begin(__u32 out_ifindex, __u32 mark)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cut *cut = bpf_map_lookup_elem(&fragment_scratch, &cpu);

	if (!cut)
		return NULL;
	cut->out_ifindex = out_ifindex;
	cut->mark = mark;
	cut->offset = 0;
	for (int i = 0; i < ANSWER_MTUS_MAX; i++)
		cut->room[i] = cut->left[i] = 0;
	return cut;
}

/* How large the next fragment is: each MTU cuts the piece that the one before it has left. */
static __always_inline __u32 cut_next(struct cut *cut)
{
	__u32 octets = cut->octets - cut->offset;

#pragma unroll
	for (int i = 0; i < ANSWER_MTUS_MAX; i++) {
		__u32 room = cut->room[i];

		if (!room)
			break;
		if (!cut->left[i])
			cut->left[i] = octets <= room ? octets : room & ~(FRAGMENT_UNIT - 1U);
		octets = cut->left[i];
	}
#pragma unroll
	for (int i = 0; i < ANSWER_MTUS_MAX; i++)
		cut->left[i] -= cut->left[i] >= octets ? octets : 0;
	return octets;
}

/* Sends one fragment; 1 ends the loop. */
static long cut_send(__u32 index, void *data)
{
	struct cutting *cutting = data;
	struct cut *cut = cutting->cut;
	__s64 octets = cut_next(cut), offset = cut->offset;
	bool last = offset + octets == cut->octets;
	struct iphdr *head = &cut->next;
	__u16 whole = bpf_ntohs(cut->head.frag_off);

	asm volatile("" : "+r"(octets), "+r"(offset)); /* bounds on one register each */
	if (octets < 1 || octets > FRAGMENT_PAYLOAD_MAX || offset < 0 ||
	    offset > FRAGMENT_PAYLOAD_MAX) {
		cutting->failed = true;
		return 1;
	}
	*head = cut->head;
	head->tot_len = bpf_htons(sizeof(*head) + octets);
	head->frag_off = bpf_htons(((whole & IP_OFFSET_MASK) + (__u16)offset / FRAGMENT_UNIT) |
				   (last ? whole & IP_MORE_FRAGMENTS : IP_MORE_FRAGMENTS));
	head->check = 0;
	head->check = checksum_ipv4_header(head);
	cut->offset += octets;
	if (context_remake(cutting->context, L4_OFFSET + octets) < 0 ||
	    context_store(cutting->context, IPV4_OFFSET, head, sizeof(*head)) < 0 ||
	    context_store(cutting->context, L4_OFFSET, &cut->payload[offset], octets) < 0 ||
	    context_send_copy(cutting->context, cut->out_ifindex, cut->mark) < 0)
		cutting->failed = true;
	if (last || cutting->failed)
		return 1;
	return 0;
}

/* Cuts the packet to the room that the caller has set. */
static __noinline enum verdict packet_split(struct packet *pkt, struct cut *cut, enum reason reason)
{
	struct cutting cutting = {.context = pkt->context, .cut = cut};
	__s64 octets;

	if (!cut)
		return drop(pkt, REASON_RESIZE_FAILED);
	if (!packet_require(pkt, L4_OFFSET))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	cut->head = *(const struct iphdr *)(pkt->eth + 1);
	octets = bpf_ntohs(cut->head.tot_len) - sizeof(struct iphdr);
	cut->octets = octets;
	asm volatile("" : "+r"(octets));
	if (octets < 1 || octets > FRAGMENT_PAYLOAD_MAX ||
	    context_load(pkt->context, L4_OFFSET, cut->payload, octets) < 0)
		return drop(pkt, REASON_RESIZE_FAILED);
	bpf_loop(FRAGMENTS_MAX, cut_send, &cutting, 0);
	return drop(pkt, cutting.failed ? REASON_RESIZE_FAILED : reason);
}

#endif

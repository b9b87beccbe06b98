/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet larger than the MTU of a subnet on its way: with DF the router there says so, without it
 * cuts the packet (RFC 791, as ip_do_fragment() in the kernel does). The fragments start again from the
 * node's port, where the same path takes them as far as they fit.
 */
#ifndef WEFT_FRAGMENT_H
#define WEFT_FRAGMENT_H

#include "config.h"
#include "icmp.h"
#include "packet.h"
#include "protocols.h"

#define FRAGMENT_UNIT        8 /* octets */
#define FRAGMENTS_MAX        1400 /* of 65535 octets at the smallest MTU, 68 */
#define FRAGMENT_PAYLOAD_MAX 65535

/* A packet while it is cut, one for each CPU (an entry may be larger than per-CPU maps allow). */
struct fragment_scratch {
	__u8 payload[2 *
		     (FRAGMENT_PAYLOAD_MAX + 1)]; /* twice: offset and length have a bound each */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the loader makes it one for each CPU */
	__type(key, __u32);
	__type(value, struct fragment_scratch);
} fragment_scratch SEC(".maps");

/* What stays the same from fragment to fragment. */
struct fragmentation {
	struct context *context;
	struct fragment_scratch *scratch;
	struct iphdr head; /* of the whole packet */
	__u32 mark;
	__u32 payload; /* octets of the whole packet */
	__u32 share; /* octets in each fragment but the last */
	__u32 room; /* octets that the last may have */
	__u32 offset; /* of the next fragment */
	bool failed;
};

/* Octets of the largest IPv4 packet in a frame: of a segment, if it is GSO's. */
static __always_inline __u32 packet_octets(struct packet *pkt)
{
	__u32 segment = context_gso_size(pkt->context);
	__u32 octets = sizeof(struct iphdr) + sizeof(struct udp_header) + segment;
	__u8 offset = 0;

	if (!segment)
		return bpf_ntohs(pkt->ip->tot_len);
	if (pkt->ip->protocol != IPPROTO_TCP)
		return octets;
	context_load(pkt->context, L4_OFFSET + 12, &offset, sizeof(offset));
	return sizeof(struct iphdr) + (offset >> 4) * 4 + segment;
}

/* Sends one fragment; 1 ends the loop. */
static long fragment_send(__u32 index, void *data)
{
	struct fragmentation *cut = data;
	__u64 octets = cut->payload - cut->offset, offset = cut->offset;
	bool last = octets <= cut->room;
	struct iphdr head = cut->head;
	__u16 flags = bpf_ntohs(head.frag_off) & IP_MORE_FRAGMENTS;

	if (!last)
		octets = cut->share;
	asm volatile("" : "+r"(octets), "+r"(offset)); /* bounds on one register each */
	if (octets == 0 || octets > FRAGMENT_PAYLOAD_MAX || offset > FRAGMENT_PAYLOAD_MAX) {
		cut->failed = true;
		return 1;
	}
	head.tot_len = bpf_htons(sizeof(head) + octets);
	head.frag_off = bpf_htons(
		((bpf_ntohs(head.frag_off) & IP_OFFSET_MASK) + (__u16)offset / FRAGMENT_UNIT) |
		(last ? flags : IP_MORE_FRAGMENTS));
	head.check = 0;
	head.check = checksum_ipv4_header(&head);
	cut->offset += octets;
	cut->failed = context_set_length(cut->context, L4_OFFSET + octets) < 0 ||
		      context_store(cut->context, IPV4_OFFSET, &head, sizeof(head)) < 0 ||
		      context_store(cut->context, L4_OFFSET, &cut->scratch->payload[offset],
				    octets) < 0 ||
		      context_send_copy(cut->context, reinject_out_ifindex, cut->mark) < 0;
	return last || cut->failed;
}

/* Cuts the packet to an MTU. */
static __noinline enum verdict packet_fragment(struct packet *pkt, __u16 mtu)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct fragmentation cut = {
		.context = pkt->context,
		.scratch = bpf_map_lookup_elem(&fragment_scratch, &cpu),
		.mark = REINJECT_MARK | pkt->ifindex,
		.head = *pkt->ip,
		.room = mtu - sizeof(struct iphdr),
	};
	__u64 payload = bpf_ntohs(pkt->ip->tot_len) - sizeof(struct iphdr);

	cut.share = cut.room & ~(FRAGMENT_UNIT - 1U);
	cut.payload = payload;
	asm volatile("" : "+r"(payload));
	if (!cut.scratch || cut.share == 0 || payload == 0 || payload > FRAGMENT_PAYLOAD_MAX ||
	    context_load(pkt->context, L4_OFFSET, cut.scratch->payload, payload) < 0)
		return drop(pkt, REASON_RESIZE_FAILED);
	bpf_loop(FRAGMENTS_MAX, fragment_send, &cut, 0);
	return drop(pkt, cut.failed ? REASON_RESIZE_FAILED : REASON_FRAGMENTED);
}

/* The packet doesn't fit the subnet behind router `index` of the path. */
static __noinline enum verdict packet_too_big(struct packet *pkt, __u32 index)
{
	const struct path *path = pkt->path;
	struct icmp_error error = {
		.type = ICMP_UNREACHABLE,
		.code = ICMP_FRAGMENTATION_NEEDED,
		.ttl = pkt->ttl - index,
		.mtu = path->mtus[index & (PATH_HOPS_MAX - 1)],
		.reason = REASON_FRAGMENTATION_NEEDED,
		.router = path->routers[index & (PATH_HOPS_MAX - 1)],
	};

	if (pkt->ip->frag_off & bpf_htons(IP_DONT_FRAGMENT))
		return icmp_error_send(pkt, &error);
	/* Completes the checksum, which only the whole packet can have, and segments GSO's. */
	if (context_gso_size(pkt->context) || (!pkt->reinjected && checksum_is_unfinished(pkt)))
		return end(pkt, FINISH_CHECKSUM, REASON_CHECKSUM_FINISHED);
	return packet_fragment(pkt, error.mtu);
}

#endif

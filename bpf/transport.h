/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ICMP, UDP and TCP say of themselves, judged only where a logical router answers: its stack
 * would take no packet whose checksum is wrong. What goes on to a node is the node's to judge.
 */
#ifndef WEFT_TRANSPORT_H
#define WEFT_TRANSPORT_H

#include "maps.h"
#include "packet.h"
#include "protocols.h"

#define SUM_CHUNK  512U /* octets at once: what bpf_csum_diff() takes on old kernels */
#define SUM_CHUNKS 128 /* of the largest packet */

/* A chunk of a packet and zeros up to a whole word, one for each CPU: private to this file. */
struct sum_chunk {
	__u8 octets[SUM_CHUNK + sizeof(__u32)];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sum_chunk);
} sum_scratch SEC(".maps");

/* Octets behind the IPv4 header. */
static __always_inline __u32 payload_octets(const struct packet *pkt)
{
	return bpf_ntohs(pkt->ip->tot_len) - sizeof(*pkt->ip);
}

/* The sum of TCP's and UDP's pseudo header, not folded. */
static __always_inline __u64 pseudo_header_sum(const struct iphdr *ip, __u16 length)
{
	return (__u64)ip->saddr + ip->daddr + bpf_htons(ip->protocol) + bpf_htons(length);
}

/* A sum on its way over a packet. */
struct payload_sum {
	struct packet *pkt;
	__u32 octets; /* to be summed, from L4 on */
	__u32 sum;
	bool failed;
};

/* Adds the chunk of that number; 1: there are no more. */
static long payload_sum_chunk(__u32 number, struct payload_sum *payload)
{
	__u32 zero = 0, offset = number * SUM_CHUNK;
	struct sum_chunk *chunk = bpf_map_lookup_elem(&sum_scratch, &zero);
	__u64 length = payload->octets - offset;

	if (offset >= payload->octets)
		return 1;
	payload->failed = true;
	if (length > SUM_CHUNK)
		length = SUM_CHUNK;
	asm volatile("" : "+r"(length)); /* the verifier shall see the bounds on one register */
	if (!chunk || length == 0 || length > SUM_CHUNK)
		return 1;
	*(__u32 *)&chunk->octets[length & ~3ULL] = 0;
	if (context_load(payload->pkt->context, L4_OFFSET + offset, chunk->octets, length) < 0)
		return 1;
	payload->sum =
		bpf_csum_diff(NULL, 0, (__be32 *)chunk->octets, (length + 3) & ~3U, payload->sum);
	payload->failed = false;
	return 0;
}

/* Whether a sum comes out right with the first `octets` behind the IPv4 header added. */
static __always_inline bool payload_sum_is_right(struct packet *pkt, __u32 octets, __u16 sum)
{
	struct payload_sum payload = {.pkt = pkt, .octets = octets, .sum = sum};

	/* Not a loop: the verifier would walk through each turn of it. */
	bpf_loop(SUM_CHUNKS, payload_sum_chunk, &payload, 0);
	return !payload.failed && checksum_fold(payload.sum) == 0xffff;
}

/*
 * Whether a TCP or UDP checksum is left to the NIC: the field holds the folded sum of the pseudo
 * header, not its complement. (One finished checksum in 65536 looks the same; then the packet
 * takes a way round that changes nothing.)
 */
static __always_inline bool checksum_is_unfinished(struct packet *pkt)
{
	const struct iphdr *ip = pkt->ip;
	__u32 offset = L4_OFFSET;
	__u16 field;

	if (ip->protocol == IPPROTO_TCP)
		offset += 16;
	else if (ip->protocol == IPPROTO_UDP)
		offset += 6;
	else
		return false;
	if (context_load(pkt->context, offset, &field, sizeof(field)) < 0)
		return false;
	return field == checksum_fold(pseudo_header_sum(ip, payload_octets(pkt)));
}

/* A whole ICMP message with a right checksum. */
static __always_inline bool icmp_is_right(struct packet *pkt)
{
	__u32 octets = payload_octets(pkt);

	return octets >= sizeof(struct icmp_header) && payload_sum_is_right(pkt, octets, 0);
}

/* A whole UDP datagram with a right checksum, with none, or with one that isn't finished. */
static __always_inline bool udp_is_right(struct packet *pkt)
{
	struct udp_header udp;
	__u16 length;

	if (payload_octets(pkt) < sizeof(udp) ||
	    context_load(pkt->context, L4_OFFSET, &udp, sizeof(udp)) < 0)
		return false;
	length = bpf_ntohs(udp.length);
	if (length < sizeof(udp) || length > payload_octets(pkt))
		return false;
	if (udp.checksum == 0 || checksum_is_unfinished(pkt))
		return true;
	return payload_sum_is_right(pkt, length, checksum_fold(pseudo_header_sum(pkt->ip, length)));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Summing what a packet carries, for those who answer it: a stack takes nothing whose checksum is wrong.
 * What goes on to a node is the node's to judge.
 */
#ifndef WEFT_SUM_H
#define WEFT_SUM_H

#include "checksum.h"
#include "maps.h"
#include "packet.h"

#define SUM_CHUNK  512 /* octets that bpf_csum_diff() takes at once, before Linux 6.13 */
#define SUM_CHUNKS (65536 / SUM_CHUNK)

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

struct sum {
	struct context *context;
	struct sum_chunk *scratch;
	__u32 offset; /* in the frame */
	__u32 octets; /* left */
	__u64 sum;
	bool failed;
};

/* Adds the next chunk; 1 ends the loop. */
static long sum_add_chunk(__u32 index, void *data)
{
	struct sum *sum = data;
	__s64 octets = sum->octets;

	if (octets > SUM_CHUNK)
		octets = SUM_CHUNK;
	asm volatile("" : "+r"(octets)); /* the verifier shall see the bounds on one register */
	if (octets < 1 || octets > SUM_CHUNK)
		return 1;
	*(__u32 *)&sum->scratch->octets[octets & ~3ULL] = 0;
	if (context_load(sum->context, sum->offset, sum->scratch->octets, octets) < 0) {
		sum->failed = true;
		return 1;
	}
	sum->sum += (__u32)bpf_csum_diff(NULL, 0, (__be32 *)sum->scratch->octets,
					 (octets + 3) & ~3ULL, 0);
	sum->offset += octets;
	sum->octets -= octets;
	return 0;
}

/* The folded sum of so many octets of the frame, and of `seed`; -1 if they aren't there. */
static __noinline int sum_packet(struct packet *pkt, __u32 offset, __u32 octets, __u64 seed)
{
	__u32 zero = 0;
	struct sum sum = {
		.context = pkt->context,
		.scratch = bpf_map_lookup_elem(&sum_scratch, &zero),
		.offset = offset,
		.octets = octets,
		.sum = seed,
	};

	if (!sum.scratch)
		return -1;
	/* A loop would take the verifier through each of its turns. */
	bpf_loop(SUM_CHUNKS, sum_add_chunk, &sum, 0);
	return sum.failed ? -1 : checksum_fold(sum.sum);
}

/* Whether so many octets of the frame have a right checksum in them; `seed` is the sum of what else it
 * covers. */
static __always_inline bool sum_is_right(struct packet *pkt, __u32 offset, __u32 octets, __u64 seed)
{
	return sum_packet(pkt, offset, octets, seed) == 0xffff;
}

#endif

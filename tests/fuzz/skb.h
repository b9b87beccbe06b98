/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A frame as the kernel holds it, and what the helpers of BPF programs do to it (net/core/filter.c): the
 * same limits, the same errors, the same content where they leave old octets behind.
 *
 * What a program may read directly lies in a heap buffer of just that size, and every helper after which
 * the verifier takes a program's pointers away moves it: AddressSanitizer then finds each read
 * beyond the frame, and each use of a pointer that is dead.
 */
#ifndef WEFT_FUZZ_SKB_H
#define WEFT_FUZZ_SKB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SKB_MAX_ALLOC: no helper makes a packet longer than this, unless it is GSO's. 4 KiB pages. */
#define SKB_OCTETS_MAX 16064

struct skb {
	unsigned char *head; /* what can be read directly: the first `linear` octets */
	unsigned char *rest; /* what can't, as in the fragments of a real one */
	uint32_t linear, length;
	uint16_t protocol; /* the frame's ethertype when it came; network byte order */
	uint32_t gso_size; /* 0: it is one packet */
	uint32_t mark;
	uint32_t ifindex; /* the interface that it came in on */
	/* CHECKSUM_PARTIAL: the sum from `sum_start` on is still to be stored at `sum_at`. */
	bool unfinished;
	uint32_t sum_start, sum_at;
	/* Where the kernel believes the transport header is, as it sees tunnels too: no frame is cut before
	 * that. 0 or less: it has found none. */
	int32_t transport_at;
	/* The how many-th helper from now on that needs memory doesn't get it; 0: all get it. */
	uint32_t failing;
	/* CHECKSUM_COMPLETE: its length was changed, with which the stack forgets the NIC's sum. */
	bool forgets_sum;
};

/* Makes a frame of `length` octets, `linear` of which can be read directly. */
void skb_make(struct skb *skb, const unsigned char *octets, uint32_t length, uint32_t linear);

/* Frees its memory. */
void skb_free(struct skb *skb);

/* Whether a helper that needs memory, as any does that changes a frame, doesn't get it. */
bool skb_fails(struct skb *skb);

/* Copies all of it, `skb->length` octets. */
void skb_copy(const struct skb *skb, unsigned char *ret_octets);

/* bpf_skb_pull_data(): at least `octets` can then be read directly. 0 or -ENOMEM. */
long skb_pull(struct skb *skb, uint32_t octets);

/* bpf_skb_load_bytes(). 0, or -EFAULT and zeros if the frame ends before. */
long skb_load(const struct skb *skb, uint32_t offset, void *ret_octets, uint32_t count);

/* bpf_skb_store_bytes(). 0 or -EFAULT. */
long skb_store(struct skb *skb, uint32_t offset, const void *octets, uint32_t count);

/* bpf_skb_change_tail(). 0 or -errno. */
long skb_set_length(struct skb *skb, uint32_t length);

/* bpf_skb_change_proto(): `protocol` in network byte order, ETH_P_IP or ETH_P_IPV6. 0 or -errno. */
long skb_change_protocol(struct skb *skb, uint16_t protocol);

/* bpf_skb_adjust_room() with BPF_ADJ_ROOM_NET: behind the IP header. 0 or -errno. */
long skb_adjust_room(struct skb *skb, int octets);

/* bpf_l4_csum_replace() by a difference with BPF_F_PSEUDO_HDR, and BPF_F_MARK_MANGLED_0 if
 * `zero_is_none`. 0 or -EFAULT. */
long skb_correct_checksum(struct skb *skb, uint32_t offset, uint32_t difference, bool zero_is_none);

#endif

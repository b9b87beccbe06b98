/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the steps need from the hook they run in, for XDP: the same as context_tc.h offers, before there
 * is an skb. Behind each XDP program of weft its tc program is attached, and gets what can't be done
 * here (CONTEXT_*): frames with unfinished checksums, those for interfaces that take none from
 * XDP, and packets that have to be cut. What is left to it is as it came.
 */
#ifndef WEFT_CONTEXT_XDP_H
#define WEFT_CONTEXT_XDP_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "checksum.h"
#include "schemas/dataplane.h"

struct context {
	struct xdp_md xdp;
};

#define CONTEXT_SECTION "xdp.frags" /* also frames in several buffers */
#define CONTEXT_DROP    XDP_DROP
#define CONTEXT_PASS    XDP_PASS /* to the tc program */

#define CONTEXT_IS_LAST false /* the tc program comes next, and counts what passes here */
#define CONTEXT_PULLS   false /* all headers have to be in the first buffer */
#define CONTEXT_FINISHES_CHECKSUM \
	false /* a checksum that was left to the NIC has no NIC any more */
#define CONTEXT_COPIES false /* one frame comes in, one goes out */

/* A field of the context that holds a pointer; in assembly as in context_tc.h. */
#define CONTEXT_POINTER(context, field)                                                      \
	({                                                                                   \
		void *pointer_;                                                              \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                        \
			     : "=r"(pointer_)                                                \
			     : "r"(context), "i"(__builtin_offsetof(struct xdp_md, field))); \
		pointer_;                                                                    \
	})

static __always_inline void *context_data(struct context *context)
{
	return CONTEXT_POINTER(context, data);
}

static __always_inline void *context_data_end(struct context *context)
{
	return CONTEXT_POINTER(context, data_end);
}

static __always_inline __u32 context_length(struct context *context)
{
	return bpf_xdp_get_buff_len(&context->xdp);
}

/* A GSO frame comes with an unfinished checksum, and is left to tc for that. */
static __always_inline __u32 context_gso_size(const struct context *context)
{
	return 0;
}

static __always_inline __u32 context_ifindex(const struct context *context)
{
	return context->xdp.ingress_ifindex;
}

/* Frames that weftd sends again are tc's. */
static __always_inline bool context_is_reinjected(const struct context *context)
{
	return false;
}

static __always_inline __u32 context_mark(const struct context *context)
{
	return 0;
}

/* It does. */
static __always_inline void context_find_start(struct context *context)
{
}

static __always_inline long context_pull(struct context *context, __u32 length)
{
	return -1;
}

/* Copies from the frame. 0 or -errno. */
static __always_inline long context_load(struct context *context, __u32 offset, void *to,
					 __u32 length)
{
	return bpf_xdp_load_bytes(&context->xdp, offset, to, length);
}

static __always_inline long context_store(struct context *context, __u32 offset, const void *from,
					  __u32 length)
{
	return bpf_xdp_store_bytes(&context->xdp, offset, (void *)from, length);
}

/* Cuts the frame at its end, or appends zeros, for which there need not be room. 0 or -errno. */
static __always_inline long context_set_length(struct context *context, __u32 length)
{
	return bpf_xdp_adjust_tail(&context->xdp, (int)(length - context_length(context)));
}

/* The same of a frame that is going to be written anew: at its start, where there is always room. */
static __always_inline long context_remake(struct context *context, __u32 length)
{
	int growth = (int)(length - context_length(context));

	return growth > 0 ? bpf_xdp_adjust_head(&context->xdp, -growth)
			  : bpf_xdp_adjust_tail(&context->xdp, growth);
}

/* Nobody has summed the frame yet. */
static __always_inline void context_sum_add(struct context *context, __u16 difference)
{
}

#define CONTEXT_GROWTH (int)(sizeof(struct ipv6hdr) - sizeof(struct iphdr))

/* Swaps a 20 octet IPv4 header for a 40 octet IPv6 header. What is in it, and in the Ethernet header, is
 * garbage; context_forward() writes the MACs. 0 or -errno. */
static __always_inline long context_to_ipv6(struct context *context)
{
	return bpf_xdp_adjust_head(&context->xdp, -CONTEXT_GROWTH);
}

/* The reverse: all of both headers is to be written. */
static __always_inline long context_to_ipv4(struct context *context)
{
	return bpf_xdp_adjust_head(&context->xdp, CONTEXT_GROWTH);
}

#define CONTEXT_WORDS(octets) ((octets) / sizeof(__u16))
#define CONTEXT_KEPT          (ETH_HLEN + sizeof(struct ipv6hdr))

/*
 * Makes (or, when negative, removes) octets right behind the IPv6 header: the headers before it are moved, in
 * the direction that lets both places overlap. 0 or -errno.
 */
static __always_inline long context_resize_behind_ipv6(struct context *context, int octets)
{
	__u16 *from, *to;

	if (octets < 0) {
		from = context_data(context);
		to = context_data(context) - octets;
		if ((void *)to + CONTEXT_KEPT > context_data_end(context))
			return -1;
#pragma unroll
		for (int i = (int)CONTEXT_WORDS(CONTEXT_KEPT) - 1; i >= 0; i--)
			to[i] = from[i];
		return bpf_xdp_adjust_head(&context->xdp, -octets);
	}
	if (bpf_xdp_adjust_head(&context->xdp, -octets) < 0)
		return -1;
	to = context_data(context);
	from = context_data(context) + octets;
	if ((void *)from + CONTEXT_KEPT > context_data_end(context))
		return -1;
#pragma unroll
	for (int i = 0; i < (int)CONTEXT_WORDS(CONTEXT_KEPT); i++)
		to[i] = from[i];
	return 0;
}

/* Corrects a TCP or UDP checksum at `offset`, which is finished. A UDP checksum of 0 stays 0. */
static __always_inline long context_correct_checksum(struct context *context, __u32 offset,
						     __u32 difference, bool zero_is_none)
{
	__u16 *field = context_data(context) + offset;
	__u16 sum;

	if ((void *)(field + 1) > context_data_end(context))
		return -1;
	if (zero_is_none && !*field)
		return 0;
	sum = (__u16)~checksum_fold((__u64)(__u16) ~*field + difference);
	*field =
		zero_is_none && !sum ? 0xffff : sum; /* 0 would mean that there is none (RFC 768) */
	return 0;
}

/* Whether context_deliver() reaches a port with these flags (PORT_*). */
static __always_inline bool context_can_deliver(__u16 flags)
{
	return flags & PORT_XDP;
}

static __always_inline int context_deliver(struct context *context, __u32 ifindex, bool peer)
{
	return (int)bpf_redirect(ifindex, 0);
}

/* Whether context_forward() knows the way: XDP can't ask the kernel's neighbour table. */
static __always_inline bool context_can_forward(const struct next_hop *next_hop)
{
	return next_hop && next_hop->good_until_ns > bpf_ktime_get_coarse_ns();
}

/* Sends a packet out of the substrate's interface, to a next hop that context_can_forward() allows. */
static __always_inline int context_forward(struct context *context, __u32 ifindex,
					   const struct next_hop *next_hop)
{
	const __u32 *macs = (const void *)next_hop->mac; /* and source_mac, which follows it */
	__u32 *words = context_data(context);

	if ((void *)(words + 3) > context_data_end(context))
		return CONTEXT_DROP;
	words[0] = macs[0];
	words[1] = macs[1];
	words[2] = macs[2];
	return (int)bpf_redirect(ifindex, 0);
}

/* Only what CONTEXT_FINISHES_CHECKSUM or CONTEXT_COPIES rules out would come here. */
static __always_inline int context_reinject(struct context *context, __u32 ifindex, __u32 mark)
{
	return CONTEXT_DROP;
}

static __always_inline long context_send_copy(struct context *context, __u32 ifindex, __u32 mark)
{
	return -1;
}

#endif

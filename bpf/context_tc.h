/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the steps need from the hook they run in, for tc: reading, resizing, and sending. Steps call
 * nothing of the kernel that changes or sends a packet but through here; context_xdp.h offers the
 * same. After anything that resizes, packet_reload() has to restore the packet's pointers.
 */
#ifndef WEFT_CONTEXT_TC_H
#define WEFT_CONTEXT_TC_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "config.h"
#include "schemas/dataplane.h"

#ifndef AF_INET6
#define AF_INET6 10 /* <sys/socket.h> needs a libc */
#endif

struct context {
	struct __sk_buff skb;
};

#define CONTEXT_SECTION "tc"
#define CONTEXT_DROP    TC_ACT_SHOT
#define CONTEXT_PASS    TC_ACT_UNSPEC /* TCX_NEXT: the next program, or the stack */

/* What this hook can do, and XDP can't. */
#define CONTEXT_IS_LAST           true
#define CONTEXT_PULLS             true
#define CONTEXT_FINISHES_CHECKSUM true
#define CONTEXT_COPIES            true

/*
 * A field of the context that holds a pointer. In assembly, because a compiler that keeps the value
 * across a resize, or in 32 bits, makes a program that the verifier refuses.
 */
#define CONTEXT_POINTER(context, field)                                                         \
	({                                                                                      \
		void *pointer_;                                                                 \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                           \
			     : "=r"(pointer_)                                                   \
			     : "r"(context), "i"(__builtin_offsetof(struct __sk_buff, field))); \
		pointer_;                                                                       \
	})

static __always_inline void *context_data(struct context *context)
{
	return CONTEXT_POINTER(context, data);
}

static __always_inline void *context_data_end(struct context *context)
{
	return CONTEXT_POINTER(context, data_end);
}

/* Octets of the whole frame, also those that context_data_end() doesn't show. */
static __always_inline __u32 context_length(const struct context *context)
{
	return context->skb.len;
}

/* Octets of payload in each segment of a GSO frame; 0: it is one packet. */
static __always_inline __u32 context_gso_size(const struct context *context)
{
	return context->skb.gso_size;
}

static __always_inline __u32 context_ifindex(const struct context *context)
{
	return context->skb.ifindex;
}

/* Whether the frame comes from weftd, or once round from here: then its mark says more. */
static __always_inline bool context_is_reinjected(const struct context *context)
{
	return context->skb.ifindex == config.reinject_ifindex;
}

static __always_inline __u32 context_mark(const struct context *context)
{
	return context->skb.mark;
}

/* Makes the first `length` octets readable and writable. 0 or -errno. */
static __always_inline long context_pull(struct context *context, __u32 length)
{
	return bpf_skb_pull_data(&context->skb, length);
}

/* Puts the Ethernet header in front again; nothing happens if what is in front is one. */
static __noinline int context_restore_start(struct context *context)
{
	struct ethhdr eth;

	if (bpf_skb_load_bytes_relative(&context->skb, 0, &eth, sizeof(eth), BPF_HDR_START_MAC) <
		    0 ||
	    eth.h_proto != context->skb.protocol)
		return 0;
	if (bpf_skb_change_head(&context->skb, ETH_HLEN, 0) == 0)
		bpf_skb_store_bytes(&context->skb, 0, &eth, sizeof(eth), 0);
	return 0;
}

/*
 * Makes the frame begin with its Ethernet header. Where generic XDP copies a frame, to have room in front, newer
 * kernels (6.18; not 6.1) forget how long that header is, and tc gets the frame from behind it.
 */
static __always_inline void context_find_start(struct context *context)
{
	const struct ethhdr *eth = context_data(context);

	if ((void *)(eth + 1) <= context_data_end(context) &&
	    eth->h_proto != (__be16)context->skb.protocol)
		context_restore_start(context);
}

/* Copies from the frame. 0, or -EFAULT and zeros if it ends before. */
static __always_inline long context_load(struct context *context, __u32 offset, void *to,
					 __u32 length)
{
	return bpf_skb_load_bytes(&context->skb, offset, to, length);
}

/* Copies to the frame, behind the Ethernet header. 0 or -errno. */
static __always_inline long context_store(struct context *context, __u32 offset, const void *from,
					  __u32 length)
{
	return bpf_skb_store_bytes(&context->skb, offset, from, length,
				   BPF_F_INVALIDATE_HASH | BPF_F_RECOMPUTE_CSUM);
}

/* Cuts the frame at its end, or appends zeros. GSO ends: it becomes one packet. 0 or -errno. */
static __always_inline long context_set_length(struct context *context, __u32 length)
{
	return bpf_skb_change_tail(&context->skb, length, 0);
}

/*
 * Says that the words behind the Ethernet header now add up to `difference` more: some NICs give the
 * stack the sum of all octets (CHECKSUM_COMPLETE), and it must be told of what was written directly.
 */
static __always_inline void context_sum_add(struct context *context, __u16 difference)
{
	bpf_csum_update(&context->skb, difference);
}

/*
 * Sets the length of an IPv4 frame that is going to be written anew. The kernel cuts no frame
 * before the transport header that it believes to have found (in protocol 4, say, behind another IPv4
 * header), so then octets are taken out behind the IPv4 header. 0 or -errno.
 */
static __always_inline long context_remake(struct context *context, __u32 length)
{
	if (context_set_length(context, length) == 0)
		return 0;
	return bpf_skb_adjust_room(&context->skb, (__s32)(length - context_length(context)),
				   BPF_ADJ_ROOM_NET, 0);
}

/* Swaps a 20 octet IPv4 header for a 40 octet IPv6 header. What is in it, and in the Ethernet header, is
 * garbage; context_forward() writes the MACs. 0 or -errno. */
static __always_inline long context_to_ipv6(struct context *context)
{
	return bpf_skb_change_proto(&context->skb, bpf_htons(ETH_P_IPV6), 0);
}

/* The reverse: all of both headers is to be written. */
static __always_inline long context_to_ipv4(struct context *context)
{
	return bpf_skb_change_proto(&context->skb, bpf_htons(ETH_P_IP), 0);
}

/* Makes (or, when negative, removes) octets right behind the IPv6 header. 0 or -errno. */
static __always_inline long context_resize_behind_ipv6(struct context *context, int octets)
{
	return bpf_skb_adjust_room(&context->skb, octets, BPF_ADJ_ROOM_NET, 0);
}

/*
 * Corrects a TCP or UDP checksum at `offset` for other addresses in the pseudo header, whether the
 * field holds a sum or, unfinished, only a seed. A UDP checksum of 0 stays 0.
 */
static __always_inline long context_correct_checksum(struct context *context, __u32 offset,
						     __u32 difference, bool zero_is_none)
{
	return bpf_l4_csum_replace(&context->skb, offset, 0, difference,
				   BPF_F_PSEUDO_HDR | (zero_is_none ? BPF_F_MARK_MANGLED_0 : 0));
}

/* Whether context_deliver() reaches a port with these flags (PORT_*). */
static __always_inline bool context_can_deliver(__u16 flags)
{
	return true;
}

/*
 * Gives the frame to the node behind an interface. `peer`: it is a veth whose other end is in
 * another namespace, then the frame is received there at once.
 */
static __always_inline int context_deliver(struct context *context, __u32 ifindex, bool peer)
{
	context->skb.mark = 0;
	if (!peer)
		return bpf_redirect(ifindex, 0);
	if (context->skb.pkt_type != PACKET_HOST)
		bpf_skb_change_type(&context->skb, PACKET_HOST);
	return bpf_redirect_peer(ifindex, 0);
}

/* Whether context_forward() knows the way. */
static __always_inline bool context_can_forward(const struct next_hop *next_hop)
{
	return true;
}

/*
 * Sends an IPv6 packet out of the substrate's interface, to a next hop, whose MAC the kernel knows. NULL:
 * the kernel also looks for the route.
 */
static __always_inline int context_forward(struct context *context, __u32 ifindex,
					   const struct next_hop *next_hop)
{
	struct bpf_redir_neigh to = {.nh_family = AF_INET6};

	context->skb.mark = 0;
	if (!next_hop)
		return bpf_redirect_neigh(ifindex, NULL, 0, 0);
	__builtin_memcpy(to.ipv6_nh, &next_hop->gateway, sizeof(next_hop->gateway));
	return bpf_redirect_neigh(ifindex, &to, sizeof(to), 0);
}

/* Sends the frame round through the reinjection device, whose driver finishes checksums. */
static __always_inline int context_reinject(struct context *context, __u32 ifindex, __u32 mark)
{
	context->skb.mark = mark;
	return bpf_redirect(ifindex, 0);
}

/* Sends a copy of the frame as it is now the same way, and goes on with the frame. 0 or -errno. */
static __always_inline long context_send_copy(struct context *context, __u32 ifindex, __u32 mark)
{
	context->skb.mark = mark;
	return bpf_clone_redirect(&context->skb, ifindex, 0);
}

#endif

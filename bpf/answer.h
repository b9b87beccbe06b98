/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all answers of emulated routers share: whether this hook can send one, whether the port's rate
 * allows it, and giving it to the node, in fragments if the way back is narrow.
 */
#ifndef WEFT_ANSWER_H
#define WEFT_ANSWER_H

#include "cut.h"
#include "packet.h"
#include "rate.h"

/* Whether so many octets of IPv4 come back whole. */
static __always_inline bool answer_fits(const struct answer *answer, __u32 octets)
{
	__u8 count = answer->mtu_count;

	return count == 0 || count > ANSWER_MTUS_MAX || octets <= answer->mtus[count - 1];
}

/*
 * Comes before anything of the packet is changed to answer it, with at most so many octets of IPv4 by
 * the way back that `answer` says; NULL: to the subnet itself.
 */
static __always_inline enum verdict answer_begin(struct packet *pkt, const struct answer *answer,
						 __u32 octets)
{
	if (!context_can_deliver(pkt->port->flags))
		return leave(pkt, REASON_LEFT_RECEIVER);
	if (!CONTEXT_COPIES && answer && !answer_fits(answer, octets))
		return leave(pkt, REASON_LEFT_CUTTING);
	return rate_allows_answer(pkt->port) ? NEXT : drop(pkt, REASON_ANSWER_LIMITED);
}

/*
 * Delivers what a router says to the node that caused it; the frame is complete. On its way back it is
 * fragmented wherever a subnet's MTU is too small.
 */
static __noinline enum verdict answer_deliver(struct packet *pkt, const struct answer *answer,
					      __u32 octets, enum reason reason)
{
	struct iphdr *ip;
	struct cut *cut;

	if (answer_fits(answer, octets))
		return deliver(pkt, pkt->port->ifindex, pkt->port->flags, reason);
	cut = cut_begin(pkt->port->ifindex, 0);
	if (!cut || !packet_require(pkt, L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	for (int i = 0; i < ANSWER_MTUS_MAX; i++)
		if (i < answer->mtu_count && answer->mtus[i] > sizeof(struct iphdr))
			cut->room[i] = answer->mtus[i] - sizeof(struct iphdr);
	/* Fragments are told apart by their id. */
	ip = (void *)(pkt->eth + 1);
	ip->id = (__be16)bpf_get_prandom_u32() | 1;
	return packet_split(pkt, cut, reason);
}

#endif

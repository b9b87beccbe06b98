/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet larger than the MTU of a subnet on its way: with DF the router there says so, without it
 * cuts the packet (RFC 791, as ip_do_fragment() in the kernel does). The fragments start again from the
 * node's port, where the same path takes them as far as they fit.
 */
#ifndef WEFT_FRAGMENT_H
#define WEFT_FRAGMENT_H

#include "config.h"
#include "cut.h"
#include "icmp.h"
#include "packet.h"
#include "protocols.h"

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
	struct cut *cut;

	if (pkt->ip->frag_off & bpf_htons(IP_DONT_FRAGMENT))
		return icmp_error_send(pkt, &error);
	if (!CONTEXT_COPIES)
		return leave(pkt, REASON_LEFT_CUTTING);
	/* Completes the checksum, which only the whole packet can have, and segments GSO's. */
	if (context_gso_size(pkt->context) || (!pkt->reinjected && checksum_is_unfinished(pkt)))
		return end(pkt, FINISH_CHECKSUM, REASON_CHECKSUM_FINISHED);
	cut = cut_begin(config.reinject_out_ifindex, REINJECT_MARK | pkt->ifindex);
	if (cut)
		cut->room[0] = error.mtu - sizeof(struct iphdr);
	return packet_split(pkt, cut, REASON_FRAGMENTED);
}

#endif

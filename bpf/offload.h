/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checksums that a stack has left to the NIC: their field holds the folded sum of the pseudo header, not a
 * complement of anything. tc hands on the order to finish them with the skb; XDP can't, and what it
 * redirects has lost it.
 */
#ifndef WEFT_OFFLOAD_H
#define WEFT_OFFLOAD_H

#include <linux/ipv6.h>

#include "checksum.h"
#include "packet.h"

/* Offset of a TCP or UDP checksum from its header; 0: the protocol is neither. */
static __always_inline __u32 checksum_offset(__u8 protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 0;
}

/*
 * Whether the checksum of so many octets of TCP or UDP at `l4_offset` is unfinished; `addresses` is the
 * sum of the pseudo header's. (One finished checksum in 65536 looks the same. Such a packet takes a way
 * round that changes nothing.)
 */
static __always_inline bool checksum_is_seed(struct packet *pkt, __u32 l4_offset, __u8 protocol,
					     __u16 octets, __u64 addresses)
{
	__u32 offset = checksum_offset(protocol);
	const __u16 *field = context_data(pkt->context) + l4_offset + offset;
	__u16 copy;

	if (!offset)
		return false;
	if ((const void *)(field + 1) <= context_data_end(pkt->context))
		copy = *field;
	else if (context_load(pkt->context, l4_offset + offset, &copy, sizeof(copy)) < 0)
		return false;
	return copy == checksum_fold(addresses + bpf_htons(protocol) + bpf_htons(octets));
}

/* The same of an IPv4 packet. */
static __always_inline bool checksum_is_unfinished(struct packet *pkt)
{
	const struct iphdr *ip = pkt->ip;

	return checksum_is_seed(pkt, L4_OFFSET, ip->protocol, bpf_ntohs(ip->tot_len) - sizeof(*ip),
				(__u64)ip->saddr + ip->daddr);
}

/* The same of an IPv6 packet without fragment header; `addresses` is the sum of its addresses. */
static __always_inline bool checksum_is_unfinished_ipv6(struct packet *pkt,
							const struct ipv6hdr *ipv6, __u64 addresses)
{
	return checksum_is_seed(pkt, IPV4_OFFSET + sizeof(*ipv6), ipv6->nexthdr,
				bpf_ntohs(ipv6->payload_len), addresses);
}

/* Step: tc knows what is to be done to an unfinished checksum. */
static __always_inline enum verdict checksum_judge(struct packet *pkt)
{
	if (CONTEXT_FINISHES_CHECKSUM || !pkt->ip || !checksum_is_unfinished(pkt))
		return NEXT;
	return leave(pkt, REASON_LEFT_CHECKSUM);
}

#endif

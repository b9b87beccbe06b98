/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is the same of a packet behind either header: read from IPv4 and from IPv6, and the checksum that
 * covers the addresses of both. schemas/address.h draws the flow label.
 */
#ifndef WEFT_HEADING_H
#define WEFT_HEADING_H

#include <linux/ipv6.h>

#include "packet.h"
#include "protocols.h"

#define SUBSTRATE_HOP_LIMIT     64
#define SUBSTRATE_L4_OFFSET     (IPV4_OFFSET + sizeof(struct ipv6hdr))
#define SUBSTRATE_HEADER_GROWTH (sizeof(struct ipv6hdr) - sizeof(struct iphdr))

/* What an IPv4 header says that has to be said again behind another one. */
struct heading {
	__u8 tos;
	__u8 ttl;
	__u8 protocol;
	__u8 router; /* that delivers, see struct flow_label */
	__u16 payload; /* octets behind the IPv4 header */
	__be16 id; /* 0 without fragment header */
	/* Flags but DF, and offset, as in the IPv4 header, host byte order. If not 0 there is a
	 * fragment header: also for the reserved flag alone. */
	__u16 fragment;
	bool dont_fragment;
	__u8 hash;
};

/* Offset of the checksum that covers the addresses, from the L4 header; 0 if there is none. */
static __always_inline __u32 pseudo_checksum_offset(const struct heading *heading)
{
	if (heading->fragment & IP_OFFSET_MASK)
		return 0;
	if (heading->protocol == IPPROTO_TCP && heading->payload >= 18)
		return 16;
	if (heading->protocol == IPPROTO_UDP && heading->payload >= 8)
		return 6;
	return 0;
}

/* Makes up for other addresses in the pseudo header at both ends. */
static __always_inline bool correct_checksum(struct packet *pkt, const struct heading *heading,
					     __u32 l4_offset, __u32 difference)
{
	__u32 offset = pseudo_checksum_offset(heading);

	return !offset || context_correct_checksum(pkt->context, l4_offset + offset, difference,
						   heading->protocol == IPPROTO_UDP) == 0;
}

/* Reads what the IPv4 header was, from an IPv6 header and what follows it at `l4_offset`; false if no
 * weft has made this. */
static __always_inline bool heading_read_ipv6(struct packet *pkt, const struct ipv6hdr *ipv6,
					      __u32 l4_offset, struct heading *ret_heading)
{
	__u32 first = bpf_ntohl(*(const __be32 *)ipv6);
	struct ipv6_fragment fragment;
	struct flow_label label;
	__u16 offset;

	flow_label_decode(first, &label);
	*ret_heading = (struct heading){
		.tos = first >> 20,
		.ttl = label.ttl,
		.protocol = ipv6->nexthdr,
		.router = label.router,
		.payload = bpf_ntohs(ipv6->payload_len),
		.dont_fragment = label.dont_fragment,
	};
	if (ipv6->nexthdr == IPPROTO_FRAGMENT) {
		if (ret_heading->payload < sizeof(fragment) ||
		    context_load(pkt->context, l4_offset, &fragment, sizeof(fragment)) < 0)
			return false;
		ret_heading->payload -= sizeof(fragment);
		ret_heading->protocol = fragment.next_header;
		ret_heading->id = bpf_htons(bpf_ntohl(fragment.id));
		offset = bpf_ntohs(fragment.offset);
		ret_heading->fragment = offset >> 3 |
					(offset & FRAGMENT_RESERVED ? IP_RESERVED : 0) |
					(offset & FRAGMENT_MORE ? IP_MORE_FRAGMENTS : 0);
		if (!ret_heading->fragment)
			return false;
	}
	return ret_heading->payload <= 0xffff - sizeof(struct iphdr);
}

/* Writes the IPv4 header that `heading` was read from: in whole words and summed from registers, because to
 * read back what was just written in pieces takes long. */
static __always_inline void heading_to_ipv4(const struct heading *heading, __be32 source,
					    __be32 destination, struct iphdr *ret_ip)
{
	__u32 fragment = heading->fragment | (heading->dont_fragment ? IP_DONT_FRAGMENT : 0);
	__be32 *words = (void *)ret_ip;
	__be32 first = bpf_htonl((4U << 4 | 5) << 24 | (__u32)heading->tos << 16 |
				 (__u32)(sizeof(*ret_ip) + heading->payload));
	__be32 second = bpf_htonl((__u32)bpf_ntohs(heading->id) << 16 | fragment);
	__be32 third = bpf_htonl((__u32)heading->ttl << 24 | (__u32)heading->protocol << 16);
	__u16 checksum =
		(__u16)~checksum_fold((__u64)first + second + third + source + destination);

	words[0] = first;
	words[1] = second;
	words[2] = third | bpf_htonl(bpf_ntohs(checksum));
	words[3] = source;
	words[4] = destination;
}

#endif

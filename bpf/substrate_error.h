/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Step: what the fabric says about a packet of ours (RFC 4443), said again to the node that sent it: a
 * link with a smaller MTU becomes "fragmentation needed", everything else "host unreachable". The
 * fabric's routers are no part of the node's network, so the message comes from the destination.
 */
#ifndef WEFT_SUBSTRATE_ERROR_H
#define WEFT_SUBSTRATE_ERROR_H

#include "icmp.h"
#include "substrate.h"

#define ERROR_QUOTE_OFFSET (SUBSTRATE_L4_OFFSET + sizeof(struct icmp_header))
#define ERROR_QUOTE_L4     (ERROR_QUOTE_OFFSET + sizeof(struct ipv6hdr))
#define IPV4_MTU_MIN       68

/* The quoted packet: its header as the node sent it, and how much follows it here. */
struct quoted {
	struct iphdr ip;
	__u32 l4_offset; /* in the frame */
	__u32 octets; /* from there */
	__u16 growth; /* of the substrate packet, compared to the node's */
	__u32 checksum_offset; /* from there; 0: none */
	__u32 difference; /* to correct the checksum by */
};

/* The mapping that the quoted packet was sent to, or NULL: then we did not send it. */
static __always_inline const struct mapping *quoted_mapping(struct packet *pkt,
							    const struct substrate_address *to)
{
	struct node_key key = {.network = pkt->port->network, .address = to->words[3]};
	const struct mapping *mapping = bpf_map_lookup_elem(&mappings, &key);

	if (!mapping || mapping->state != MAPPING_REMOTE || !address_equal(to, &mapping->substrate))
		return NULL;
	return mapping;
}

/* Reads the quoted packet; false if it is none that this node has sent. */
static __noinline bool quoted_read(struct packet *pkt, struct quoted *ret_quoted)
{
	const struct substrate_address *from, *to;
	const struct mapping *mapping;
	struct heading heading = {};
	struct ipv6hdr ipv6;

	if (context_load(pkt->context, ERROR_QUOTE_OFFSET, &ipv6, sizeof(ipv6)) < 0)
		return false;
	from = (const void *)&ipv6.saddr;
	to = (const void *)&ipv6.daddr;
	if (!address_equal(from, &pkt->port->substrate))
		return false;
	mapping = quoted_mapping(pkt, to);
	if (!mapping || !heading_read_ipv6(pkt, &ipv6, ERROR_QUOTE_L4, &heading))
		return false;
	ret_quoted->l4_offset = ERROR_QUOTE_L4;
	ret_quoted->growth = SUBSTRATE_HEADER_GROWTH;
	if (heading.fragment)
		ret_quoted->l4_offset += sizeof(struct ipv6_fragment);
	/* Without DF the node is going to send fragments, which grow by a header more. */
	if (heading.fragment || !heading.dont_fragment)
		ret_quoted->growth += sizeof(struct ipv6_fragment);
	if (context_length(pkt->context) < ret_quoted->l4_offset)
		return false;
	ret_quoted->octets = context_length(pkt->context) - ret_quoted->l4_offset;
	if (ret_quoted->octets > heading.payload)
		ret_quoted->octets = heading.payload;
	ret_quoted->checksum_offset = pseudo_checksum_offset(&heading);
	ret_quoted->difference = (__u32)(__u16)~pkt->port->correction + (__u16)~mapping->correction;
	heading_to_ipv4(&heading, from->words[3], to->words[3], &ret_quoted->ip);
	pkt->mapping = mapping;
	return true;
}

/* Copies the quote behind the error's headers; returns its octets, 0 if it can't. */
static __always_inline __u32 quoted_copy(struct packet *pkt, const struct quoted *quoted,
					 struct icmp_message *message)
{
	const __u32 room = ICMP_QUOTE_MAX - sizeof(struct iphdr);
	__u64 octets = quoted->octets, checksum = quoted->checksum_offset;
	__u16 *field;

	if (octets > pkt->port->mtu - ICMP_ERROR_HEADERS - sizeof(struct iphdr))
		octets = pkt->port->mtu - ICMP_ERROR_HEADERS - sizeof(struct iphdr);
	if (octets > room)
		octets = room;
	asm volatile("" : "+r"(octets), "+r"(checksum));
	if (octets < 8 || octets > room || checksum > 16)
		return 0;
	__builtin_memcpy(message->quote, &quoted->ip, sizeof(quoted->ip));
	*(__u32 *)&message->quote[sizeof(struct iphdr) + (octets & ~3ULL)] = 0;
	if (context_load(pkt->context, quoted->l4_offset, &message->quote[sizeof(struct iphdr)],
			 octets) < 0)
		return 0;
	if (checksum && checksum + sizeof(*field) <= octets) {
		field = (__u16 *)&message->quote[sizeof(struct iphdr) + checksum];
		if (*field || quoted->ip.protocol != IPPROTO_UDP)
			*field = (__u16)~checksum_fold((__u64)(__u16) ~*field + quoted->difference);
	}
	return sizeof(struct iphdr) + octets;
}

/* No errors about errors nor about later fragments, whoever they come from. */
static __always_inline bool quoted_is_due(const struct quoted *quoted,
					  const struct icmp_message *message)
{
	if (ip_is_later_fragment(&quoted->ip))
		return false;
	return quoted->ip.protocol != IPPROTO_ICMP ||
	       icmp_is_query(message->quote[sizeof(struct iphdr)]);
}

/* The MTU for IPv4 packets of a substrate link that has so many octets for IPv6's. */
static __always_inline __u16 mtu_for_ipv4(__u32 mtu, __u16 growth)
{
	if (mtu < IPV4_MTU_MIN + growth)
		return IPV4_MTU_MIN;
	return mtu - growth < 0xffff ? mtu - growth : 0xffff;
}

/* Replaces the ICMPv6 error by an ICMP error for the node. */
static __noinline enum verdict substrate_error_send(struct packet *pkt, __u8 type, __u32 mtu)
{
	struct icmp_error error = {
		.type = ICMP_UNREACHABLE,
		.code = ICMP_HOST_UNREACHABLE,
		.reason = REASON_HOST_UNREACHABLE,
	};
	struct answer answer = {.ttl = SUBSTRATE_HOP_LIMIT};
	struct icmp_message *message;
	struct quoted quoted = {};
	__u32 zero = 0, octets;
	enum verdict v;
	__u64 length;

	if (!quoted_read(pkt, &quoted))
		return drop(pkt, REASON_SUBSTRATE_ERROR);
	if (type == ICMPV6_PACKET_TOO_BIG) {
		error.code = ICMP_FRAGMENTATION_NEEDED;
		error.reason = REASON_FRAGMENTATION_NEEDED;
		error.mtu = mtu_for_ipv4(mtu, quoted.growth);
	}
	answer.address = quoted.ip.daddr;
	mac_copy(answer.mac, pkt->mapping->subnet == pkt->port->subnet ? pkt->mapping->mac
								       : pkt->port->router_macs[0]);
	message = bpf_map_lookup_elem(&icmp_scratch, &zero);
	if (!message)
		return drop(pkt, REASON_RESIZE_FAILED);
	octets = quoted_copy(pkt, &quoted, message);
	if (octets == 0 || octets > ICMP_QUOTE_MAX)
		return drop(pkt, REASON_SUBSTRATE_ERROR);
	if (!quoted_is_due(&quoted, message))
		return drop(pkt, REASON_ANSWER_SUPPRESSED);
	v = answer_begin(pkt, NULL, 0);
	if (v != NEXT)
		return v;
	icmp_error_head(pkt, &quoted.ip, &error, &answer, octets, message);
	length = ICMP_ERROR_HEADERS + octets;
	if (context_to_ipv4(pkt->context) < 0 ||
	    !icmp_message_put(pkt, message, answer.mac, length))
		return drop(pkt, REASON_RESIZE_FAILED);
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, error.reason);
}

/* The sum of an ICMPv6 message's pseudo header (RFC 4443 2.3). */
static __always_inline __u64 icmpv6_pseudo_sum(const struct ipv6hdr *ipv6)
{
	const __u32 *words = (const void *)&ipv6->saddr;
	__u64 sum = (__u64)ipv6->payload_len + bpf_htons(IPPROTO_ICMPV6);

	for (int i = 0; i < 8; i++)
		sum += words[i];
	return sum;
}

/* Step: ICMPv6 of somebody who is not in the network is the fabric's, nodes' ICMP is next header 1. (A
 * node may send a protocol of its number; then it has to be that node, substrate_verify() looks.) */
static __always_inline enum verdict substrate_error(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	struct icmp_header icmp;

	if (ipv6->nexthdr != IPPROTO_ICMPV6 ||
	    substrate_network((const void *)&ipv6->saddr) == pkt->port->network)
		return NEXT;
	if (context_load(pkt->context, SUBSTRATE_L4_OFFSET, &icmp, sizeof(icmp)) < 0 ||
	    icmp.type > ICMPV6_ERROR_MAX ||
	    !sum_is_right(pkt, SUBSTRATE_L4_OFFSET, bpf_ntohs(ipv6->payload_len),
			  icmpv6_pseudo_sum(ipv6)))
		return drop(pkt, REASON_SUBSTRATE_ERROR);
	return substrate_error_send(pkt, icmp.type, bpf_ntohl(icmp.rest));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps: re-heading. Out, a node's IPv4 header becomes an IPv6 header that loses nothing; in, the
 * packet is verified and gets its header back. schemas/address.h draws the addresses and the flow
 * label.
 */
#ifndef WEFT_SUBSTRATE_H
#define WEFT_SUBSTRATE_H

#include <linux/ipv6.h>

#include "config.h"
#include "mapping.h"
#include "maps.h"
#include "offload.h"
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

static __always_inline bool address_equal(const struct substrate_address *a,
					  const struct substrate_address *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

/* 8 bits of the flow for ECMP; fragments of a datagram have no ports but for the first. */
static __always_inline __u8 flow_hash(struct packet *pkt)
{
	const struct iphdr *ip = pkt->ip;
	const __be32 *l4_ports = (const void *)(ip + 1);
	__u32 hash = ip->saddr ^ (ip->daddr * 0x9e3779b1U) ^ ip->protocol;

	if (!ip_is_fragment(ip) && (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) &&
	    (void *)(l4_ports + 1) <= pkt->end)
		hash ^= *l4_ports;
	return (hash * 0x9e3779b1U) >> 24;
}

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

/* ---- out -------------------------------------------------------------------------------------- */

static __always_inline void heading_read(struct packet *pkt, struct heading *ret_heading)
{
	const struct iphdr *ip = pkt->ip;
	__u16 fragment = bpf_ntohs(ip->frag_off);

	*ret_heading = (struct heading){
		.tos = ip->tos,
		.ttl = pkt->ttl,
		.protocol = ip->protocol,
		.router = pkt->path ? pkt->path->router : 0,
		.payload = bpf_ntohs(ip->tot_len) - sizeof(*ip),
		.id = ip->id,
		.fragment = fragment & ~IP_DONT_FRAGMENT,
		.dont_fragment = fragment & IP_DONT_FRAGMENT,
		.hash = flow_hash(pkt),
	};
}

static __always_inline void heading_write_ipv6(struct packet *pkt, const struct heading *heading,
					       const struct substrate_address *source,
					       const struct substrate_address *destination)
{
	struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	struct flow_label label = {
		.ttl = heading->ttl,
		.dont_fragment = heading->dont_fragment,
		.router = heading->router,
		.hash = heading->hash,
	};
	__u16 payload = heading->payload;

	if (heading->fragment)
		payload += sizeof(struct ipv6_fragment);
	pkt->eth->h_proto = bpf_htons(ETH_P_IPV6);
	*(__be32 *)ipv6 =
		bpf_htonl(6U << 28 | (__u32)heading->tos << 20 | flow_label_encode(&label));
	ipv6->payload_len = bpf_htons(payload);
	ipv6->nexthdr = heading->fragment ? IPPROTO_FRAGMENT : heading->protocol;
	ipv6->hop_limit = SUBSTRATE_HOP_LIMIT;
	__builtin_memcpy(&ipv6->saddr, source, sizeof(*source));
	__builtin_memcpy(&ipv6->daddr, destination, sizeof(*destination));
}

static __always_inline bool fragment_write(struct packet *pkt, const struct heading *heading)
{
	struct ipv6_fragment fragment = {
		.next_header = heading->protocol,
		.offset = bpf_htons((heading->fragment & IP_OFFSET_MASK) << 3 |
				    (heading->fragment & IP_RESERVED ? FRAGMENT_RESERVED : 0) |
				    (heading->fragment & IP_MORE_FRAGMENTS ? FRAGMENT_MORE : 0)),
		.id = bpf_htonl(bpf_ntohs(heading->id)),
	};

	return context_resize_behind_ipv6(pkt->context, sizeof(fragment)) == 0 &&
	       context_store(pkt->context, SUBSTRATE_L4_OFFSET, &fragment, sizeof(fragment)) == 0;
}

/*
 * A node that forwards for others gets packets by its slot, and the virtual address stays the packet's
 * [49, 70]. Returns what that adds to the checksum correction.
 */
static __always_inline __u32 address_to_slot(struct substrate_address *address, __u8 slot,
					     __be32 destination)
{
	address->octets[8] |= (__u8)(slot << 2 | SUBSTRATE_TO_SLOT);
	address->words[3] = destination;
	return bpf_htons((__u16)(slot << 2 | SUBSTRATE_TO_SLOT) << 8);
}

/* Numbers that the fabric or the other end would not take for a protocol's. */
static __always_inline bool protocol_is_extension(__u8 protocol)
{
	const __u64 extensions = 1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING |
				 1ULL << IPPROTO_FRAGMENT | 1ULL << IPPROTO_DSTOPTS;

	return protocol < 64 && extensions >> protocol & 1;
}

/* The router of the substrate towards a mapping, NULL if the kernel has to look for it. */
static __always_inline const struct next_hop *next_hop_of(const struct mapping *mapping)
{
	__u32 number = mapping->next_hop;
	const struct next_hop *hop = bpf_map_lookup_elem(&next_hops, &number);

	return number ? hop : NULL;
}

/* Step: the virtual addresses become part of the physical ones [10, 36]. (Not inlined: its headers would
 * take up stack of the entry program while other steps answer, and 6.1 has 512 octets for all.) */
static __noinline enum verdict substrate_embed(struct packet *pkt)
{
	__u32 difference = (__u32)pkt->port->correction + pkt->mapping->correction;
	struct substrate_address destination = pkt->mapping->substrate;
	__u32 l4_offset = SUBSTRATE_L4_OFFSET;
	struct heading heading;

	if (protocol_is_extension(pkt->ip->protocol))
		return drop(pkt, REASON_PROTOCOL_UNSUPPORTED);
	pkt->next_hop = next_hop_of(pkt->mapping);
	if (!context_can_forward(pkt->next_hop))
		return leave(pkt, REASON_LEFT_NEXT_HOP);
	if (pkt->to_forwarder) {
		if (pkt->mapping->slot == SUBSTRATE_SLOT_NONE)
			return drop(pkt, REASON_DESTINATION_MAC_UNKNOWN);
		difference += address_to_slot(&destination, pkt->mapping->slot, pkt->ip->daddr);
	}
	if (!packet_trim(pkt))
		return drop(pkt, REASON_RESIZE_FAILED);
	heading_read(pkt, &heading);
	if (context_to_ipv6(pkt->context) < 0)
		return resize_failed(pkt);
	if (!packet_reload(pkt, SUBSTRATE_L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	heading_write_ipv6(pkt, &heading, &pkt->port->substrate, &destination);
	/* Before, there were 20 zeros and an IPv4 header, which adds up to nothing. */
	context_sum_add(pkt->context, checksum_fold((__u64)checksum_sum20(pkt->eth + 1) +
						    checksum_sum20((void *)(pkt->eth + 1) + 20)));
	if (heading.fragment) {
		if (!fragment_write(pkt, &heading))
			return drop(pkt, REASON_RESIZE_FAILED);
		l4_offset += sizeof(struct ipv6_fragment);
	}
	if (!correct_checksum(pkt, &heading, l4_offset, difference))
		return drop(pkt, REASON_RESIZE_FAILED);
	return end(pkt, FORWARD, REASON_FORWARDED);
}

/* ---- in --------------------------------------------------------------------------------------- */

/* Whether the substrate routes this address here because weft has it. */
static __always_inline bool substrate_is_ours(const struct substrate_address *address)
{
	return address->words[0] == config.locator_words[0] &&
	       address->words[1] == config.locator_words[1] &&
	       (address->octets[8] & config.locator_octet_mask) == config.locator_octet &&
	       substrate_network(address) != 0;
}

/* Step: is it for a node of this host at all? Everything else is the host's own traffic. */
static __always_inline enum verdict substrate_parse(struct packet *pkt)
{
	const struct ipv6hdr *ipv6;
	__u32 length;

	if (packet_is_scattered(pkt))
		return leave(pkt, REASON_LEFT_SCATTERED);
	if (!packet_require(pkt, SUBSTRATE_L4_OFFSET) ||
	    ethertype(pkt->eth) != bpf_htons(ETH_P_IPV6))
		return end(pkt, PASS, REASON_PASSED);
	ipv6 = (void *)(pkt->eth + 1);
	if (!substrate_is_ours((const void *)&ipv6->daddr))
		return end(pkt, PASS, REASON_PASSED);
	length = SUBSTRATE_L4_OFFSET + bpf_ntohs(ipv6->payload_len);
	if (length > context_length(pkt->context))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	if (!packet_cut(pkt, length, SUBSTRATE_L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	return NEXT;
}

/* The port of a slot of this host, if it is of the network; NULL otherwise. */
static __noinline const struct port *port_of_slot(const struct substrate_address *address)
{
	__u32 slot = address->octets[8] >> 2;
	const __u32 *ifindex = bpf_map_lookup_elem(&slots, &slot);
	const struct port *port = ifindex ? bpf_map_lookup_elem(&ports, ifindex) : NULL;

	return port && port->network == substrate_network(address) ? port : NULL;
}

/* Step: the node that shall receive. */
static __always_inline enum verdict substrate_port(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const struct substrate_address *destination = (const void *)&ipv6->daddr;
	struct node_key key = {.network = substrate_network(destination),
			       .address = destination->words[3]};
	__u8 flags = destination->octets[8] & ~config.locator_octet_mask;

	if ((flags & (SUBSTRATE_TO_SLOT | SUBSTRATE_GROUP)) == SUBSTRATE_TO_SLOT) {
		pkt->to_forwarder = true;
		pkt->port = port_of_slot(destination);
	} else if (!flags) {
		pkt->port = bpf_map_lookup_elem(&locals, &key);
	}
	return pkt->port ? NEXT : drop(pkt, REASON_SUBSTRATE_NODE_UNKNOWN);
}

/* Step: does it come from where its virtual source is? [53, 54] */
static __always_inline enum verdict substrate_verify(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const struct substrate_address *source = (const void *)&ipv6->saddr;
	enum verdict v;

	if (substrate_network(source) != pkt->port->network)
		return drop(pkt, REASON_SUBSTRATE_NETWORK_FOREIGN);
	v = mapping_find(pkt, source->words[3]);
	if (v != NEXT)
		return v;
	if (pkt->mapping->state == MAPPING_NEGATIVE)
		return drop(pkt, REASON_SUBSTRATE_SOURCE_UNKNOWN);
	if (pkt->mapping->state != MAPPING_REMOTE ||
	    !address_equal(source, &pkt->mapping->substrate))
		return drop(pkt, REASON_SUBSTRATE_SOURCE_SPOOFED);
	return NEXT;
}

/* Step: can this hook give the node what the packet is going to be? */
static __always_inline enum verdict substrate_judge(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const __u32 *words = (const void *)&ipv6->saddr;
	__u64 addresses = 0;

	if (!context_can_deliver(pkt->port->flags))
		return leave(pkt, REASON_LEFT_RECEIVER);
	if (CONTEXT_FINISHES_CHECKSUM)
		return NEXT;
	for (int i = 0; i < 8; i++)
		addresses += words[i];
	if (checksum_is_seed(pkt, SUBSTRATE_L4_OFFSET, ipv6->nexthdr, bpf_ntohs(ipv6->payload_len),
			     addresses))
		return leave(pkt, REASON_LEFT_CHECKSUM);
	return NEXT;
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

/* Writes the IPv4 header that `heading` was read from. */
static __always_inline void heading_to_ipv4(const struct heading *heading, __be32 source,
					    __be32 destination, struct iphdr *ret_ip)
{
	__u16 fragment = heading->fragment | (heading->dont_fragment ? IP_DONT_FRAGMENT : 0);

	*(__u8 *)ret_ip = 4 << 4 | 5;
	ret_ip->tos = heading->tos;
	ret_ip->tot_len = bpf_htons(sizeof(*ret_ip) + heading->payload);
	ret_ip->id = heading->id;
	ret_ip->frag_off = bpf_htons(fragment);
	ret_ip->ttl = heading->ttl;
	ret_ip->protocol = heading->protocol;
	ret_ip->check = 0;
	ret_ip->saddr = source;
	ret_ip->daddr = destination;
	ret_ip->check = checksum_ipv4_header(ret_ip);
}

/* The delivering router's MAC, or the source node's; NULL if the subnet has no such router. */
static __always_inline const __u8 *delivering_mac(struct packet *pkt, __u8 router)
{
	__u32 index = router - 1;
	const __u8 *mac;

	if (router == 0)
		return pkt->mapping->mac;
	asm volatile("" : "+r"(index)); /* the verifier of 6.1 learns nothing from "is not 0" */
	if (index >= FLOW_LABEL_ROUTER_MAX)
		return NULL;
	mac = pkt->port->router_macs[index];
	return *(const __u32 *)mac || *(const __u16 *)(mac + 4) ? mac : NULL;
}

/* Step: the packet gets its header back, with what the flow label kept [10]. */
static __always_inline enum verdict substrate_restore(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const struct substrate_address *from = (const void *)&ipv6->saddr;
	const struct substrate_address *to = (const void *)&ipv6->daddr;
	__be32 source = from->words[3], destination = to->words[3];
	/* The complement of what was added on the way out. */
	__u32 difference = (__u32)(__u16)~pkt->port->correction + (__u16)~pkt->mapping->correction;
	struct heading heading;
	const __u8 *mac;

	if (pkt->to_forwarder)
		difference += (__u16)~bpf_htons((__u16)to->octets[8] << 8);
	if (!heading_read_ipv6(pkt, ipv6, SUBSTRATE_L4_OFFSET, &heading))
		return drop(pkt, REASON_SUBSTRATE_MALFORMED);
	mac = delivering_mac(pkt, heading.router);
	if (!mac)
		return drop(pkt, REASON_SUBSTRATE_MALFORMED);
	if (heading.fragment &&
	    context_resize_behind_ipv6(pkt->context, -(int)sizeof(struct ipv6_fragment)) < 0)
		return drop(pkt, REASON_RESIZE_FAILED);
	if (context_to_ipv4(pkt->context) < 0 || !packet_reload(pkt, L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	mac_copy(pkt->eth->h_dest, pkt->port->mac);
	mac_copy(pkt->eth->h_source, mac);
	pkt->eth->h_proto = bpf_htons(ETH_P_IP);
	/* What is left of the IPv6 header goes, and a header that adds up to nothing comes. */
	context_sum_add(pkt->context, (__u16)~checksum_sum20(pkt->eth + 1));
	heading_to_ipv4(&heading, source, destination, (void *)(pkt->eth + 1));
	if (!correct_checksum(pkt, &heading, L4_OFFSET, difference))
		return drop(pkt, REASON_RESIZE_FAILED);
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, REASON_DELIVERED);
}

#endif

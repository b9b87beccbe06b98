/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step: re-heading, out. A node's IPv4 header becomes an IPv6 header that loses nothing. */
#ifndef WEFT_EMBED_H
#define WEFT_EMBED_H

#include "flow.h"
#include "heading.h"
#include "maps.h"
#include "packet.h"

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

static __always_inline void heading_read(struct packet *pkt, struct heading *ret_heading)
{
	const struct iphdr *ip = pkt->ip;
	__u16 fragment = bpf_ntohs(ip->frag_off);

	*ret_heading = (struct heading){
		.tos = ip->tos,
		.ttl = pkt->ttl,
		.protocol = ip->protocol,
		.router = pkt->flow_out->router,
		.payload = bpf_ntohs(ip->tot_len) - sizeof(*ip),
		.id = ip->id,
		.fragment = fragment & ~IP_DONT_FRAGMENT,
		.dont_fragment = fragment & IP_DONT_FRAGMENT,
		.hash = flow_hash(pkt),
	};
}

static __always_inline void heading_write_ipv6(struct packet *pkt, const struct heading *heading,
					       const struct flow_out *flow)
{
	struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	struct flow_label label = {
		.ttl = heading->ttl,
		.dont_fragment = heading->dont_fragment,
		.router = heading->router,
		.hash = heading->hash,
	};
	__u8 next = heading->fragment ? IPPROTO_FRAGMENT : heading->protocol;
	__u32 payload = heading->payload + (heading->fragment ? sizeof(struct ipv6_fragment) : 0);
	/* In whole words, and summed from registers: to read back what was just written takes long. */
	__be32 first = bpf_htonl(6U << 28 | (__u32)heading->tos << 20 | flow_label_encode(&label));
	__be32 second = bpf_htonl(payload << 16 | (__u32)next << 8 | SUBSTRATE_HOP_LIMIT);

	pkt->eth->h_proto = bpf_htons(ETH_P_IPV6);
	((__be32 *)ipv6)[0] = first;
	((__be32 *)ipv6)[1] = second;
	((__be32 *)ipv6)[2] = config.locator_words[0];
	((__be32 *)ipv6)[3] = config.locator_words[1];
	((__be32 *)ipv6)[4] = flow->source;
	((__be32 *)ipv6)[5] = flow->address;
	__builtin_memcpy(&ipv6->daddr, &flow->to, sizeof(flow->to));
	/* Before, there were 20 zeros and an IPv4 header, which adds up to nothing. */
	context_sum_add(pkt->context, checksum_fold((__u64)flow->sum + first + second));
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

/* Numbers that the fabric or the other end would not take for a protocol's. */
static __always_inline bool protocol_is_extension(__u8 protocol)
{
	const __u64 extensions = 1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING |
				 1ULL << IPPROTO_FRAGMENT | 1ULL << IPPROTO_DSTOPTS;

	return protocol < 64 && extensions >> protocol & 1;
}

/* The router of the substrate, NULL if the kernel has to look for it. */
static __always_inline const struct next_hop *next_hop_of(const struct flow_out *flow)
{
	__u32 number = flow->next_hop;

	return number ? bpf_map_lookup_elem(&next_hops, &number) : NULL;
}

/* The virtual addresses become part of the physical ones [10, 36]. */
static __always_inline enum verdict substrate_embed(struct packet *pkt)
{
	const struct flow_out *flow = pkt->flow_out;
	__u32 l4_offset = SUBSTRATE_L4_OFFSET;
	struct heading heading;

	if (protocol_is_extension(pkt->ip->protocol))
		return drop(pkt, REASON_PROTOCOL_UNSUPPORTED);
	pkt->next_hop = next_hop_of(flow);
	if (!context_can_forward(pkt->next_hop))
		return leave(pkt, REASON_LEFT_NEXT_HOP);
	heading_read(pkt, &heading);
	if (context_to_ipv6(pkt->context) < 0)
		return resize_failed(pkt);
	if (!packet_reload(pkt, SUBSTRATE_L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	heading_write_ipv6(pkt, &heading, flow);
	if (heading.fragment) {
		if (!fragment_write(pkt, &heading))
			return drop(pkt, REASON_RESIZE_FAILED);
		l4_offset += sizeof(struct ipv6_fragment);
	}
	if (!correct_checksum(pkt, &heading, l4_offset, flow->correction))
		return drop(pkt, REASON_RESIZE_FAILED);
	return end(pkt, FORWARD, REASON_FORWARDED);
}

/* Step: the same of a packet that has come all the way. (Not inlined: its headers would take up stack of the
 * entry program while other steps answer, and there are 512 octets for all.) */
static __noinline enum verdict substrate_embed_first(struct packet *pkt)
{
	return packet_trim(pkt) ? substrate_embed(pkt) : drop(pkt, REASON_RESIZE_FAILED);
}

#endif

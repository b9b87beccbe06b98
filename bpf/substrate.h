/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps: what the substrate brings. A packet is verified, and gets the header back that it had when it
 * was sent (embed.h).
 */
#ifndef WEFT_SUBSTRATE_H
#define WEFT_SUBSTRATE_H

#include "config.h"
#include "flow.h"
#include "heading.h"
#include "mapping.h"
#include "maps.h"
#include "packet.h"

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

	if (!context_can_deliver(pkt->port->flags))
		return leave(pkt, REASON_LEFT_RECEIVER);
	if (CONTEXT_FINISHES_CHECKSUM ||
	    !checksum_is_unfinished_ipv6(pkt, ipv6,
					 checksum_words((const __be32 *)&ipv6->saddr, 8)))
		return NEXT;
	return leave(pkt, REASON_LEFT_CHECKSUM);
}

/* The packet gets its header back, with what the flow label kept [10]. */
static __always_inline enum verdict substrate_restore(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const struct flow_in *flow = pkt->flow_in;
	struct heading heading;

	if (!heading_read_ipv6(pkt, ipv6, SUBSTRATE_L4_OFFSET, &heading))
		return drop(pkt, REASON_SUBSTRATE_MALFORMED);
	if (heading.fragment &&
	    context_resize_behind_ipv6(pkt->context, -(int)sizeof(struct ipv6_fragment)) < 0)
		return drop(pkt, REASON_RESIZE_FAILED);
	if (context_to_ipv4(pkt->context) < 0 || !packet_reload(pkt, L4_OFFSET))
		return drop(pkt, REASON_RESIZE_FAILED);
	mac_copy(pkt->eth->h_dest, flow->mac);
	mac_copy(pkt->eth->h_source, flow->source_mac);
	pkt->eth->h_proto = bpf_htons(ETH_P_IP);
	/* What is left of the IPv6 header goes, and a header that adds up to nothing comes. */
	context_sum_add(pkt->context, (__u16)~checksum_sum20(pkt->eth + 1));
	heading_to_ipv4(&heading, flow->source.words[3], flow->destination.words[3],
			(void *)(pkt->eth + 1));
	if (!correct_checksum(pkt, &heading, L4_OFFSET, flow->correction))
		return drop(pkt, REASON_RESIZE_FAILED);
	return deliver(pkt, flow->ifindex, flow->flags, REASON_DELIVERED);
}

/* Step: the same of a packet that has come all the way. */
static __noinline enum verdict substrate_restore_first(struct packet *pkt)
{
	return substrate_restore(pkt);
}

#endif

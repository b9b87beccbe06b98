/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Step: ARP (RFC 826), answered for every node and router of the subnet from here. Nodes are never
 * asked. A question whose answer is unknown is held like any other packet.
 */
#ifndef WEFT_ARP_H
#define WEFT_ARP_H

#include "answer.h"
#include "mapping.h"
#include "protocols.h"

#define ARP_FRAME_OCTETS (sizeof(struct ethhdr) + sizeof(struct arp_ipv4))

static __always_inline __be32 arp_address(const __u8 *octets)
{
	return (__be32)octets[0] | (__be32)octets[1] << 8 | (__be32)octets[2] << 16 |
	       (__be32)octets[3] << 24;
}

static __always_inline bool arp_is_well_formed(const struct arp_ipv4 *arp)
{
	return arp->hardware == bpf_htons(ARP_HARDWARE_ETHERNET) &&
	       arp->protocol == bpf_htons(ETH_P_IP) && arp->hardware_octets == WEFT_MAC_OCTETS &&
	       arp->protocol_octets == 4;
}

/* Turns the request into its answer: `mac` has the address that was asked for. */
static __always_inline enum verdict arp_reply(struct packet *pkt, const __u8 *mac)
{
	struct arp_ipv4 *arp;
	enum verdict v;
	__u8 asked[4];

	/* A question to one MAC is heard by nobody else. */
	if (!mac_is_group(pkt->eth->h_dest) && !mac_equal(pkt->eth->h_dest, mac))
		return drop(pkt, REASON_ARP_UNANSWERED);
	v = answer_begin(pkt, NULL, 0);
	if (v != NEXT)
		return v;
	if (context_length(pkt->context) > ARP_FRAME_OCTETS &&
	    context_set_length(pkt->context, ARP_FRAME_OCTETS) < 0)
		return drop(pkt, REASON_RESIZE_FAILED);
	if (!packet_reload(pkt, ARP_FRAME_OCTETS))
		return drop(pkt, REASON_RESIZE_FAILED);
	arp = (void *)(pkt->eth + 1);
	mac_copy(pkt->eth->h_dest, pkt->eth->h_source);
	mac_copy(pkt->eth->h_source, mac);
	arp->operation = bpf_htons(ARP_REPLY);
	__builtin_memcpy(asked, arp->target_address, sizeof(asked));
	mac_copy(arp->target_mac, arp->sender_mac);
	__builtin_memcpy(arp->target_address, arp->sender_address, sizeof(asked));
	mac_copy(arp->sender_mac, mac);
	__builtin_memcpy(arp->sender_address, asked, sizeof(asked));
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, REASON_ARP_REPLIED);
}

/* Who has `target`? A router of the subnet, a node of the subnet, or nobody. */
static __noinline enum verdict arp_request(struct packet *pkt, __be32 target)
{
	const struct port *port = pkt->port;
	struct router_address_key key = {
		.network = port->network, .subnet = port->subnet, .address = target};
	const struct router_address *router = bpf_map_lookup_elem(&router_addresses, &key);
	enum verdict v;

	if (router)
		return arp_reply(pkt, router->mac);
	/* Its own address: a gratuitous request or a probe, which nobody else can answer. */
	if (target == port->address || (target & port->subnet_mask) != port->subnet)
		return drop(pkt, REASON_ARP_UNANSWERED);
	v = mapping_find(pkt, target);
	if (v != NEXT)
		return v;
	if (pkt->mapping->state == MAPPING_NEGATIVE || pkt->mapping->subnet != port->subnet)
		return drop(pkt, REASON_ARP_UNANSWERED);
	return arp_reply(pkt, pkt->mapping->mac);
}

/* Step: ARP is answered, IPv4 goes on. */
static __always_inline enum verdict arp_answer(struct packet *pkt)
{
	const struct port *port = pkt->port;
	struct arp_ipv4 *arp;
	__be32 sender;

	if (pkt->ip)
		return NEXT;
	if (!packet_require(pkt, ARP_FRAME_OCTETS))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	arp = (void *)(pkt->eth + 1);
	if (!arp_is_well_formed(arp))
		return drop(pkt, REASON_ARP_MALFORMED);
	if (!mac_equal(arp->sender_mac, port->mac))
		return drop(pkt, REASON_SOURCE_MAC_FOREIGN);
	/* A probe has no sender yet (RFC 5227). */
	sender = arp_address(arp->sender_address);
	if (sender != port->address && sender != 0)
		return drop(pkt, REASON_SOURCE_ADDRESS_FOREIGN);
	if (arp->operation == bpf_htons(ARP_REPLY))
		return drop(pkt, REASON_ARP_UNANSWERED);
	if (arp->operation != bpf_htons(ARP_REQUEST))
		return drop(pkt, REASON_ARP_MALFORMED);
	return arp_request(pkt, arp_address(arp->target_address));
}

#endif

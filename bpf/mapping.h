/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The mapping cache: where is a virtual address? A miss marks it pending and holds the frame, a
 * burst of misses asks once. Nothing here looks at expiry, weftd deletes what is too old.
 */
#ifndef WEFT_MAPPING_H
#define WEFT_MAPPING_H

#include "hold.h"
#include "icmp.h"
#include "maps.h"
#include "packet.h"
#include "rate.h"

/* A mapping that was asked and isn't answered: one more frame waits for it, up to a bound. */
static __always_inline enum verdict mapping_wait(struct packet *pkt, const struct node_key *key,
						 struct mapping *pending)
{
	if (pending->held >= HELD_FRAMES_PER_MAPPING)
		return drop(pkt, REASON_HOLD_FULL);
	hold(pkt, key, HELD_FOR_MAPPING);
	if (pkt->reason == REASON_HELD)
		__sync_fetch_and_add(&pending->held, 1);
	return DROP;
}

/* A mapping that nobody has asked for: marks it, and holds the frame, which makes weftd ask. */
static __noinline enum verdict mapping_miss(struct packet *pkt, const struct node_key *key)
{
	struct mapping pending = {.state = MAPPING_PENDING, .held = 1};
	struct mapping *raced;
	bool marked;

	if (!rate_allows_miss(pkt->port, pkt->ifindex == HELD_FROM_SUBSTRATE))
		return drop(pkt, REASON_MISS_LIMITED);
	marked = bpf_map_update_elem(&mappings, key, &pending, BPF_NOEXIST) == 0;
	if (!marked) {
		raced = bpf_map_lookup_elem(&mappings, key);
		if (raced && raced->state == MAPPING_PENDING)
			return mapping_wait(pkt, key, raced);
	}
	/* Nobody asks for what weftd doesn't get: the next packet is to be a miss again. */
	hold(pkt, key, HELD_FOR_MAPPING);
	if (marked && pkt->reason != REASON_HELD)
		bpf_map_delete_elem(&mappings, key);
	return DROP;
}

/* Finds the mapping of an address in the port's network, known or negative. NEXT: packet.mapping. */
static __always_inline enum verdict mapping_find(struct packet *pkt, __be32 address)
{
	struct node_key key = {.network = pkt->port->network, .address = address};
	struct mapping *mapping = bpf_map_lookup_elem(&mappings, &key);

	if (!mapping)
		return mapping_miss(pkt, &key);
	if (mapping->state == MAPPING_PENDING)
		return mapping_wait(pkt, &key, mapping);
	pkt->mapping = mapping;
	return NEXT;
}

/* A router's next hop that is no router, or the destination itself. */
static __always_inline enum verdict mapping_of_path(struct packet *pkt)
{
	__be32 address = pkt->path->next_hop ? pkt->path->next_hop : pkt->ip->daddr;
	enum verdict v = mapping_find(pkt, address);

	if (v != NEXT)
		return v;
	pkt->to_forwarder = address != pkt->ip->daddr;
	return pkt->mapping->state == MAPPING_NEGATIVE ? icmp_host_unreachable(pkt) : NEXT;
}

/*
 * A frame for a node's MAC with another destination: the node forwards for others [49]. Its MAC is
 * known, because the sender has asked for it.
 */
static __noinline enum verdict mapping_of_forwarder(struct packet *pkt)
{
	struct neighbour_key key = {.network = pkt->port->network, .subnet = pkt->port->subnet};
	const __be32 *address;
	enum verdict v;

	mac_copy(key.mac, pkt->eth->h_dest);
	address = bpf_map_lookup_elem(&neighbours, &key);
	if (!address || *address == pkt->port->address)
		return drop(pkt, REASON_DESTINATION_MAC_UNKNOWN);
	v = mapping_find(pkt, *address);
	if (v != NEXT)
		return v;
	if (pkt->mapping->state == MAPPING_NEGATIVE ||
	    !mac_equal(pkt->eth->h_dest, pkt->mapping->mac))
		return drop(pkt, REASON_DESTINATION_MAC_UNKNOWN);
	pkt->to_forwarder = true;
	return NEXT;
}

/* Within the subnet: the MAC says who receives, and nearly always the address says the same. */
static __always_inline enum verdict mapping_of_frame(struct packet *pkt)
{
	const struct port *port = pkt->port;
	__be32 address = pkt->ip->daddr;
	enum verdict v;

	if ((address & port->subnet_mask) != port->subnet || address == port->address)
		return mapping_of_forwarder(pkt);
	v = mapping_find(pkt, address);
	if (v != NEXT)
		return v;
	if (pkt->mapping->state != MAPPING_NEGATIVE && pkt->mapping->subnet == port->subnet &&
	    mac_equal(pkt->eth->h_dest, pkt->mapping->mac))
		return NEXT;
	return mapping_of_forwarder(pkt);
}

/* Step: the node that shall receive. Nobody: the last router says so, or nobody takes the frame. */
static __always_inline enum verdict mapping_lookup(struct packet *pkt)
{
	return pkt->path ? mapping_of_path(pkt) : mapping_of_frame(pkt);
}

/* Step: both nodes are on this host, so the packet never becomes a substrate packet [45]. */
static __always_inline enum verdict deliver_local(struct packet *pkt)
{
	const struct mapping *mapping = pkt->mapping;
	struct iphdr *ip = pkt->ip;

	if (mapping->state != MAPPING_LOCAL)
		return NEXT;
	if (!context_can_deliver(mapping->flags))
		return leave(pkt, REASON_LEFT_RECEIVER);
	if (pkt->path) {
		mac_copy(pkt->eth->h_dest, mapping->mac);
		mac_copy(pkt->eth->h_source, pkt->path->mac);
		/* TTL is the upper octet of a word that the header's checksum covers. */
		ip->check = checksum_replace(ip->check, bpf_htons(ip->ttl << 8),
					     bpf_htons(pkt->ttl << 8));
		ip->ttl = pkt->ttl;
	}
	return deliver(pkt, mapping->ifindex, mapping->flags, REASON_DELIVERED_LOCAL);
}

#endif

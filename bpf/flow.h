/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows: what the steps have found out about one packet is true of the next that is like it, as long as
 * nothing has changed. Each CPU remembers it, in a table of places that flows share; so nearly all packets
 * need one lookup that costs next to nothing, whatever their way. A flow takes another's place when its
 * second packet comes: those of which nothing else comes don't push out the others.
 *
 * `generation` says whether something has changed: weftd counts it up after it has written to a map that
 * steps look into, and from time to time, so that flows don't hide from the cache of mappings what is
 * in use. A flow has the generation of before the lookups that it is made of.
 *
 * What is not the same for all packets of a flow (TTL, length, fragments, checksums) is looked at again for
 * each. What isn't sound is left to the steps, which say why.
 */
#ifndef WEFT_FLOW_H
#define WEFT_FLOW_H

#include "config.h"
#include "heading.h"
#include "maps.h"
#include "offload.h"
#include "packet.h"

#define FLOWS_BITS 12 /* of the number of places that a CPU has, each way */
#define FLOWS      (1U << FLOWS_BITS)
#define FLOW_ONCE  FLOWS /* one place more: for a packet whose flow is not kept */
#define FLOW_HASH  0x9e3779b1U

/* What a node sends. One line of the cache: all of it is needed. */
struct flow_out {
	__u64 stamp; /* flow_stamp() of when it was found out; 0: never */
	__u32 ifindex; /* of the node's port */
	__be32 destination;
	__be32 address; /* the node's, which its packets must bear */
	__u8 to_mac[WEFT_MAC_OCTETS]; /* that the frame is for */
	__u8 mac[WEFT_MAC_OCTETS]; /* and is from */
	/* What becomes of it. */
	__u16 mtu; /* octets of an IPv4 packet, the smallest on the way */
	__u8 hops; /* routers that lower the TTL */
	__u8 router; /* that delivers, for the flow label */
	__u16 next_hop; /* number in `next_hops` */
	__u16 correction; /* of TCP and UDP checksums, for both ends */
	__u16 sum; /* of source and destination */
	__u16 candidate; /* flow_tag() of who was here last without being kept */
	__be32 source; /* word 2 of the address; 0 and 1 are this host's locator, 3 is `address` */
	struct substrate_address to;
};
WEFT_ASSERT_SIZE(struct flow_out, 64);

/* What the substrate brings. */
struct flow_in {
	__u64 stamp;
	struct substrate_address source;
	struct substrate_address destination;
	__u32 ifindex; /* of the port */
	__u8 flags; /* PORT_* */
	__u8 router; /* that delivers, as the flow label says; 0: the other node */
	__u16 correction;
	__u8 mac[WEFT_MAC_OCTETS]; /* the node's */
	__u8 source_mac[WEFT_MAC_OCTETS]; /* of who delivers */
	__u16 sum; /* of source and destination */
	__u16 candidate; /* as above */
};
WEFT_ASSERT_SIZE(struct flow_in, 64);

/* Arrays, as looking into them is a handful of instructions on every kernel; a CPU has FLOWS + 1 places of
 * them for itself (loader/sizes.h). To be mapped, because then they begin where a line of the cache does. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FLOWS + 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_out);
} flows_out SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FLOWS + 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_in);
} flows_in SEC(".maps");

/* The place of a flow's hash, and what tells flows of one place apart, nearly always. */
static __always_inline __u32 flow_place(__u32 hash)
{
	return hash >> (32 - FLOWS_BITS);
}

static __always_inline __u16 flow_tag(__u32 hash)
{
	return (__u16)hash;
}

/* What a flow is stamped with now. Never 0, but if the map isn't there. */
static __always_inline __u64 flow_stamp(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	const volatile struct cpu_state *state = bpf_map_lookup_elem(&cpus, &cpu);

	return state ? state->generation + 1 : 0;
}

/* The number of one of this CPU's places. */
static __always_inline __u32 flow_number(__u32 place)
{
	return bpf_get_smp_processor_id() * (FLOWS + 1) + place;
}

static __always_inline bool flow_is_current(const struct packet *pkt, __u64 stamp)
{
	return stamp == pkt->stamp && stamp;
}

static __always_inline bool address_equal(const struct substrate_address *a,
					  const struct substrate_address *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

/* ---- out -------------------------------------------------------------------------------------- */

/* The hash of the flow of a node's frame. */
static __always_inline __u32 flow_out_hash(const struct packet *pkt, __be32 destination)
{
	__u32 mac = *(const __u32 *)(pkt->eth->h_dest + 2);

	return (destination ^ mac ^ pkt->ifindex) * FLOW_HASH;
}

static __always_inline struct flow_out *flow_out_at(__u32 place)
{
	__u32 number = flow_number(place);

	return bpf_map_lookup_elem(&flows_out, &number);
}

/* Where to write what was found out: to the flow's place if this is its second packet. */
static __always_inline struct flow_out *flow_out_take(__u32 hash)
{
	struct flow_out *flow = flow_out_at(flow_place(hash));

	if (!flow || flow->candidate == flow_tag(hash))
		return flow;
	flow->candidate = flow_tag(hash);
	return flow_out_at(FLOW_ONCE);
}

/* Whether the flow is that of the frame, which comes from who it must. */
static __always_inline bool flow_out_fits(const struct packet *pkt, const struct flow_out *flow,
					  const struct iphdr *ip)
{
	return flow_is_current(pkt, flow->stamp) && flow->ifindex == pkt->ifindex &&
	       flow->destination == ip->daddr && flow->address == ip->saddr &&
	       mac_equal(flow->to_mac, pkt->eth->h_dest) &&
	       mac_equal(flow->mac, pkt->eth->h_source);
}

/* Whether the frame is as long as its IPv4 packet. (One with padding takes the steps, which cut it.) */
static __always_inline bool packet_is_whole(const struct packet *pkt)
{
	__u32 octets = bpf_ntohs(pkt->ip->tot_len);

	return octets >= sizeof(*pkt->ip) && IPV4_OFFSET + octets == context_length(pkt->context);
}

/* Whether the packet is sound and of a flow that is known: packet.flow_out. */
static __always_inline bool flow_find_out(struct packet *pkt)
{
	struct flow_out *flow;
	struct iphdr *ip;

	pkt->stamp = flow_stamp();
	if (!packet_reload(pkt, L4_OFFSET))
		return false;
	ip = (void *)(pkt->eth + 1);
	if (ethertype(pkt->eth) != bpf_htons(ETH_P_IP) || *(const __u8 *)ip != (4 << 4 | 5) ||
	    (ip->frag_off & ~bpf_htons(IP_DONT_FRAGMENT)))
		return false;
	flow = flow_out_at(flow_place(flow_out_hash(pkt, ip->daddr)));
	if (!flow || !flow_out_fits(pkt, flow, ip))
		return false;
	pkt->ip = ip;
	if (!packet_is_whole(pkt) || packet_octets(pkt) > flow->mtu ||
	    (flow->hops && ip->ttl <= flow->hops) || checksum_ipv4_header(ip) != 0 ||
	    (!CONTEXT_FINISHES_CHECKSUM && checksum_is_unfinished(pkt)))
		return false;
	pkt->ttl = ip->ttl - flow->hops;
	pkt->flow_out = flow;
	return true;
}

/* A node that forwards for others gets packets by its slot, and the virtual address stays the packet's
 * [49, 70]. */
static __always_inline void address_to_slot(struct substrate_address *address, __u8 slot,
					    __be32 destination)
{
	address->octets[8] |= (__u8)(slot << 2 | SUBSTRATE_TO_SLOT);
	address->words[3] = destination;
}

/* Step: what was found out becomes the packet's flow. */
static __noinline enum verdict flow_keep_out(struct packet *pkt)
{
	const struct port *port = pkt->port;
	const struct mapping *mapping = pkt->mapping;
	const struct path *path = pkt->path;
	struct flow_out *flow = flow_out_take(flow_out_hash(pkt, pkt->ip->daddr));
	__u32 correction = (__u32)port->correction + mapping->correction;

	if (!flow)
		return drop(pkt, REASON_PATH_UNKNOWN);
	flow->stamp = 0; /* not before it is complete */
	flow->ifindex = pkt->ifindex;
	flow->destination = pkt->ip->daddr;
	flow->address = port->address;
	mac_copy(flow->to_mac, pkt->eth->h_dest);
	mac_copy(flow->mac, port->mac);
	flow->mtu = path ? path->mtu : 0xffff;
	flow->next_hop = mapping->next_hop;
	flow->source = port->substrate.words[2];
	flow->to = mapping->substrate;
	if (pkt->to_forwarder) {
		if (mapping->slot == SUBSTRATE_SLOT_NONE)
			return drop(pkt, REASON_DESTINATION_MAC_UNKNOWN);
		address_to_slot(&flow->to, mapping->slot, pkt->ip->daddr);
		correction += bpf_htons((__u16)flow->to.octets[8] << 8);
	}
	flow->correction = checksum_fold(correction);
	flow->sum = checksum_fold(checksum_words(port->substrate.words, 4) +
				  checksum_words(flow->to.words, 4));
	flow->hops = path ? path->hops : 0;
	flow->router = path ? path->router : 0;
	flow->stamp = pkt->stamp;
	pkt->flow_out = flow;
	return NEXT;
}

/* ---- in --------------------------------------------------------------------------------------- */

static __always_inline __u32 flow_in_hash(const struct substrate_address *source,
					  const struct substrate_address *destination)
{
	return (source->words[3] ^ source->words[1] ^ source->words[2] ^
		destination->words[3] * FLOW_HASH ^ destination->words[2]) *
	       FLOW_HASH;
}

static __always_inline struct flow_in *flow_in_at(__u32 place)
{
	__u32 number = flow_number(place);

	return bpf_map_lookup_elem(&flows_in, &number);
}

static __always_inline struct flow_in *flow_in_take(__u32 hash)
{
	struct flow_in *flow = flow_in_at(flow_place(hash));

	if (!flow || flow->candidate == flow_tag(hash))
		return flow;
	flow->candidate = flow_tag(hash);
	return flow_in_at(FLOW_ONCE);
}

static __always_inline __u8 label_router(const struct ipv6hdr *ipv6)
{
	return bpf_ntohl(*(const __be32 *)ipv6) >> FLOW_LABEL_ROUTER_SHIFT & FLOW_LABEL_ROUTER_MAX;
}

/* As flow_find_out(): packet.flow_in. */
static __always_inline bool flow_find_in(struct packet *pkt)
{
	const struct substrate_address *source, *destination;
	const struct ipv6hdr *ipv6;
	struct flow_in *flow;

	pkt->stamp = flow_stamp();
	if (!packet_reload(pkt, SUBSTRATE_L4_OFFSET) ||
	    ethertype(pkt->eth) != bpf_htons(ETH_P_IPV6))
		return false;
	ipv6 = (void *)(pkt->eth + 1);
	source = (const void *)&ipv6->saddr;
	destination = (const void *)&ipv6->daddr;
	flow = flow_in_at(flow_place(flow_in_hash(source, destination)));
	if (!flow || !flow_is_current(pkt, flow->stamp) || !address_equal(source, &flow->source) ||
	    !address_equal(destination, &flow->destination) || flow->router != label_router(ipv6))
		return false;
	if (ipv6->nexthdr == IPPROTO_FRAGMENT ||
	    SUBSTRATE_L4_OFFSET + bpf_ntohs(ipv6->payload_len) != context_length(pkt->context) ||
	    !context_can_deliver(flow->flags) ||
	    (!CONTEXT_FINISHES_CHECKSUM && checksum_is_unfinished_ipv6(pkt, ipv6, flow->sum)))
		return false;
	pkt->flow_in = flow;
	return true;
}

/* The delivering router's MAC, or the source node's; NULL if the subnet has no such router. */
static __always_inline const __u8 *delivering_mac(const struct packet *pkt, __u8 router)
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

/* Step: likewise. */
static __noinline enum verdict flow_keep_in(struct packet *pkt)
{
	const struct ipv6hdr *ipv6 = (void *)(pkt->eth + 1);
	const struct substrate_address *source = (const void *)&ipv6->saddr;
	const struct substrate_address *destination = (const void *)&ipv6->daddr;
	struct flow_in *flow = flow_in_take(flow_in_hash(source, destination));
	const __u8 *mac = delivering_mac(pkt, label_router(ipv6));
	/* The complement of what was added on the way out. */
	__u32 correction = (__u32)(__u16)~pkt->port->correction + (__u16)~pkt->mapping->correction;

	if (!mac)
		return drop(pkt, REASON_SUBSTRATE_MALFORMED);
	if (!flow)
		return drop(pkt, REASON_PATH_UNKNOWN);
	if (pkt->to_forwarder)
		correction += (__u16)~bpf_htons((__u16)destination->octets[8] << 8);
	flow->stamp = 0; /* not before it is complete */
	flow->source = *source;
	flow->destination = *destination;
	flow->ifindex = pkt->port->ifindex;
	flow->flags = (__u8)pkt->port->flags;
	flow->correction = checksum_fold(correction);
	mac_copy(flow->mac, pkt->port->mac);
	mac_copy(flow->source_mac, mac);
	flow->router = label_router(ipv6);
	flow->sum = checksum_fold(checksum_words((const __be32 *)&ipv6->saddr, 8));
	flow->stamp = pkt->stamp;
	pkt->flow_in = flow;
	return NEXT;
}

#endif

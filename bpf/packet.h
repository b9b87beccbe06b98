/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet on its way through the steps: what is known of it so far, how a step ends, and the
 * parsing of what a node sends. Parsed once; after a resize every pointer is dead until
 * packet_reload().
 */
#ifndef WEFT_PACKET_H
#define WEFT_PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include "checksum.h"
#include "protocols.h"
#include "schemas/dataplane.h"

/* How a step ends. Anything but NEXT ends the packet's way, with packet.reason saying why. */
enum verdict {
	NEXT, /* to the next step */
	DROP,
	PASS, /* not ours: to the host's stack */
	DELIVER, /* to the node behind packet.out_ifindex */
	FORWARD, /* to the substrate */
	LEAVE, /* XDP only: to the tc program behind it, as it came */
	FINISH_CHECKSUM, /* once round through the reinjection device */
};

struct packet {
	struct context *context;
	struct ethhdr *eth;
	struct iphdr *ip; /* of an IPv4 packet, else NULL */
	void *end; /* of what can be read directly */

	const struct port *port; /* the node that sends, or shall receive */
	const struct path *path; /* through routers; NULL within the subnet */
	const struct mapping *mapping; /* of the other end */
	__u64 stamp; /* flow_stamp() of before anything was looked up */
	union { /* what becomes of it */
		const struct flow_out *flow_out;
		const struct flow_in *flow_in;
	};
	union {
		const struct next_hop *next_hop; /* FORWARD: NULL if not known */
		__u32 out_ifindex; /* DELIVER: to whom */
	};

	__u32 ifindex; /* of the port that sent it; HELD_FROM_SUBSTRATE */
	enum reason reason;
	__u8 ttl; /* after all routers */
	bool out_peer; /* DELIVER */
	bool to_forwarder; /* the other end is not the destination: it forwards for others */
	bool reinjected; /* it was held before, or its checksum was finished */
	bool whole; /* put together from fragments at the router that it is for */
};

/* Ends the packet's way: with a drop, and with anything else. */
static __always_inline enum verdict drop(struct packet *pkt, enum reason reason)
{
	pkt->reason = reason;
	return DROP;
}

static __always_inline enum verdict end(struct packet *pkt, enum verdict verdict,
					enum reason reason)
{
	pkt->reason = reason;
	return verdict;
}

/* XDP can't do that. Of the packet nothing but padding has been changed so far. */
static __always_inline enum verdict leave(struct packet *pkt, enum reason reason)
{
	pkt->reason = reason;
	return LEAVE;
}

/* The packet, of which nothing has been changed, can't be made longer or shorter. */
static __always_inline enum verdict resize_failed(struct packet *pkt)
{
	return CONTEXT_IS_LAST ? drop(pkt, REASON_RESIZE_FAILED) : leave(pkt, REASON_LEFT_ROOM);
}

/* Delivers to a port: a reply to the one that sent, or a packet to the one it is for. */
static __always_inline enum verdict deliver(struct packet *pkt, __u32 ifindex, __u16 flags,
					    enum reason reason)
{
	pkt->out_ifindex = ifindex;
	pkt->out_peer = flags & PORT_PEER;
	return end(pkt, DELIVER, reason);
}

static __always_inline bool mac_equal(const __u8 *a, const __u8 *b)
{
	return *(const __u32 *)a == *(const __u32 *)b &&
	       *(const __u16 *)(a + 4) == *(const __u16 *)(b + 4);
}

static __always_inline void mac_copy(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(const __u32 *)from;
	*(__u16 *)(to + 4) = *(const __u16 *)(from + 4);
}

/* The group bit of IEEE 802: broadcast and multicast. */
static __always_inline bool mac_is_group(const __u8 *mac)
{
	return mac[0] & 1;
}

/* struct ethhdr is packed, which would make this two loads. */
static __always_inline __be16 ethertype(const struct ethhdr *eth)
{
	return *(const __be16 *)((const __u8 *)eth + 2 * WEFT_MAC_OCTETS);
}

/* Takes the pointers anew after the frame was resized. False if it is too short for `octets`. */
static __always_inline bool packet_reload(struct packet *pkt, __u32 octets)
{
	void *data = context_data(pkt->context);

	pkt->end = context_data_end(pkt->context);
	if (data + octets > pkt->end)
		return false;
	pkt->eth = data;
	return true;
}

/* As packet_reload(), but first makes `octets` readable that may lie in the skb's fragments. */
static __always_inline bool packet_require(struct packet *pkt, __u32 octets)
{
	if (packet_reload(pkt, octets))
		return true;
	return octets <= context_length(pkt->context) && context_pull(pkt->context, octets) == 0 &&
	       packet_reload(pkt, octets);
}

/* Octets of headers that steps read or write in place, at most: up to a TCP checksum behind IPv6. */
#define PACKET_HEADERS_MAX 80

/* Whether headers lie where this hook can't reach them: XDP, when a driver cuts them off. */
static __always_inline bool packet_is_scattered(struct packet *pkt)
{
	__u32 octets;

	if (CONTEXT_PULLS)
		return false;
	octets = context_length(pkt->context);
	if (octets > PACKET_HEADERS_MAX)
		octets = PACKET_HEADERS_MAX;
	return context_data(pkt->context) + octets > context_data_end(pkt->context);
}

#define IPV4_OFFSET (sizeof(struct ethhdr))
#define L4_OFFSET   (IPV4_OFFSET + sizeof(struct iphdr))

#define IP_RESERVED       0x8000 /* routers leave it alone */
#define IP_DONT_FRAGMENT  0x4000
#define IP_MORE_FRAGMENTS 0x2000
#define IP_OFFSET_MASK    0x1fff
#define IP_ECN_MASK       0x03 /* of TOS, RFC 3168 */

static __always_inline bool ip_is_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_OFFSET_MASK);
}

static __always_inline bool ip_is_later_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(IP_OFFSET_MASK);
}

/* Octets of the largest IPv4 packet in a frame: of a segment, if it is GSO's. */
static __always_inline __u32 packet_octets(struct packet *pkt)
{
	__u32 segment = context_gso_size(pkt->context);
	__u32 octets = sizeof(struct iphdr) + sizeof(struct udp_header) + segment;
	__u8 offset = 0;

	if (!segment)
		return bpf_ntohs(pkt->ip->tot_len);
	if (pkt->ip->protocol != IPPROTO_TCP)
		return octets;
	context_load(pkt->context, L4_OFFSET + 12, &offset, sizeof(offset));
	return sizeof(struct iphdr) + (offset >> 4) * 4 + segment;
}

/*
 * Cuts off Ethernet's padding, which the packet's length doesn't count. Then the pointers are good for
 * `octets` again. The kernel doesn't cut before a transport header that it believes to have found; as
 * octets behind a packet mean nothing, the packet then goes on with them.
 */
static __always_inline bool packet_cut(struct packet *pkt, __u32 length, __u32 octets)
{
	if (context_length(pkt->context) <= length || context_gso_size(pkt->context))
		return true;
	context_set_length(pkt->context, length);
	return packet_reload(pkt, octets);
}

/* The same for the IPv4 packet. */
static __always_inline bool packet_trim(struct packet *pkt)
{
	if (!packet_cut(pkt, IPV4_OFFSET + bpf_ntohs(pkt->ip->tot_len), L4_OFFSET))
		return false;
	pkt->ip = (void *)(pkt->eth + 1);
	return true;
}

/* Checks the IPv4 header as a Linux router does (ip_rcv_core), and takes no options. */
static __always_inline enum verdict packet_parse_ipv4(struct packet *pkt)
{
	struct iphdr *ip;
	__u32 length;

	if (!packet_require(pkt, L4_OFFSET))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	ip = (void *)(pkt->eth + 1);
	if (ip->version != 4 || ip->ihl < 5)
		return drop(pkt, REASON_IP_MALFORMED);
	if (ip->ihl > 5)
		return drop(pkt, REASON_IP_OPTIONS);
	length = bpf_ntohs(ip->tot_len);
	if (length < sizeof(*ip))
		return drop(pkt, REASON_IP_MALFORMED);
	if (IPV4_OFFSET + length > context_length(pkt->context))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	if (checksum_ipv4_header(ip) != 0)
		return drop(pkt, REASON_IP_CHECKSUM);
	pkt->ip = ip;
	pkt->ttl = ip->ttl;
	return NEXT;
}

/* Step: what a node sent, as far as it has to be understood. */
static __always_inline enum verdict packet_parse(struct packet *pkt)
{
	if (packet_is_scattered(pkt))
		return leave(pkt, REASON_LEFT_SCATTERED);
	if (!packet_require(pkt, sizeof(struct ethhdr)))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	switch (ethertype(pkt->eth)) {
	case bpf_htons(ETH_P_IP):
		return packet_parse_ipv4(pkt);
	case bpf_htons(ETH_P_ARP):
		return NEXT;
	default:
		return drop(pkt, REASON_ETHERTYPE_UNSUPPORTED);
	}
}

#endif

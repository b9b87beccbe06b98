/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A logical router as a host: what its own stack says to packets for one of its addresses. It has no
 * service open, so that is ICMP queries, resets and unreachables, and silence to what is not sound.
 */
#ifndef WEFT_ROUTER_HOST_H
#define WEFT_ROUTER_HOST_H

#include "answer.h"
#include "hold.h"
#include "icmp.h"
#include "packet.h"
#include "protocols.h"
#include "sum.h"

#define NANOSECONDS_A_MILLISECOND 1000000ULL
#define MILLISECONDS_A_DAY        (24 * 60 * 60 * 1000ULL)

/* The sum of the pseudo header for so many octets (RFC 9293 3.1). */
static __always_inline __u64 pseudo_sum(const struct iphdr *ip, __u32 octets)
{
	return (__u64)ip->saddr + ip->daddr + bpf_htons(ip->protocol) + bpf_htons((__u16)octets);
}

/* Turns the packet's Ethernet and IPv4 headers round: from the router to the node. */
static __always_inline void router_host_head(struct packet *pkt, const struct answer *answer,
					     __u16 payload, __u16 fragment)
{
	struct iphdr *ip = (void *)(pkt->eth + 1);
	__be32 address = ip->saddr;

	mac_copy(pkt->eth->h_dest, pkt->port->mac);
	mac_copy(pkt->eth->h_source, answer->mac);
	ip->saddr = ip->daddr;
	ip->daddr = address;
	ip->ttl = answer->ttl;
	ip->tot_len = bpf_htons(sizeof(*ip) + payload);
	ip->frag_off = bpf_htons(fragment);
	ip->id = 0;
	ip->check = 0;
	ip->check = checksum_ipv4_header(ip);
}

/* A ping becomes its own answer. */
static __always_inline enum verdict router_host_echo(struct packet *pkt,
						     const struct answer *answer, __u16 octets)
{
	struct icmp_header *icmp;

	if (!packet_require(pkt, L4_OFFSET + sizeof(*icmp)))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	router_host_head(pkt, answer, octets, 0);
	icmp = (void *)pkt->eth + L4_OFFSET;
	icmp->type = ICMP_ECHO_REPLY;
	icmp->checksum = checksum_replace(icmp->checksum, bpf_htons(ICMP_ECHO << 8),
					  bpf_htons(ICMP_ECHO_REPLY << 8));
	/* 0 and 0xffff are the same number, but the sum of nothing but zeros is 0. */
	if (icmp->checksum == 0 && sum_packet(pkt, L4_OFFSET, octets, 0) == 0)
		icmp->checksum = 0xffff;
	return answer_deliver(pkt, answer, sizeof(struct iphdr) + octets, REASON_ECHO_REPLIED);
}

/* Milliseconds since midnight UT. */
static __always_inline __be32 time_of_day(void)
{
	return bpf_htonl(bpf_ktime_get_tai_ns() / NANOSECONDS_A_MILLISECOND % MILLISECONDS_A_DAY);
}

/* A timestamp request that has no room for all its fields still gets them in the reply. */
static __always_inline enum verdict router_host_timestamp(struct packet *pkt,
							  const struct answer *answer, __u16 octets)
{
	const __u32 message = sizeof(struct icmp_header) + sizeof(struct icmp_timestamp);
	struct icmp_timestamp *times;
	struct icmp_header *icmp;

	if (octets < sizeof(*icmp) + sizeof(times->originate))
		return drop(pkt, REASON_ROUTER_IGNORES);
	if (context_set_length(pkt->context, L4_OFFSET + message) < 0)
		return resize_failed(pkt);
	if (!packet_require(pkt, L4_OFFSET + message))
		return drop(pkt, REASON_RESIZE_FAILED);
	router_host_head(pkt, answer, message, 0);
	icmp = (void *)pkt->eth + L4_OFFSET;
	times = (void *)(icmp + 1);
	icmp->type = ICMP_TIMESTAMP_REPLY;
	icmp->code = 0;
	icmp->checksum = 0;
	times->receive = time_of_day();
	times->transmit = times->receive;
	icmp->checksum =
		(__u16)~checksum_fold((__u32)bpf_csum_diff(NULL, 0, (__be32 *)icmp, message, 0));
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, REASON_TIMESTAMP_REPLIED);
}

/* ICMP for the router: icmp_rcv() of the kernel answers echo and timestamp requests. */
static __noinline enum verdict router_host_icmp(struct packet *pkt, const struct answer *answer)
{
	__u16 octets = bpf_ntohs(pkt->ip->tot_len) - sizeof(struct iphdr);
	struct icmp_header icmp;
	enum verdict v;

	if (octets < sizeof(icmp) ||
	    context_load(pkt->context, L4_OFFSET, &icmp, sizeof(icmp)) < 0 ||
	    (icmp.type != ICMP_ECHO && icmp.type != ICMP_TIMESTAMP) ||
	    !sum_is_right(pkt, L4_OFFSET, octets, 0))
		return drop(pkt, REASON_ROUTER_IGNORES);
	if (!answer)
		return drop(pkt, REASON_ANSWER_SUPPRESSED);
	v = answer_begin(pkt, answer, sizeof(struct iphdr) + octets);
	if (v != NEXT)
		return v;
	return icmp.type == ICMP_ECHO ? router_host_echo(pkt, answer, octets)
				      : router_host_timestamp(pkt, answer, octets);
}

/* Writes the reset into the frame that has room for just that (RFC 9293 3.10.7.1). */
static __always_inline void tcp_reset_write(struct packet *pkt, const struct tcp_header *segment,
					    __u32 data_octets)
{
	struct iphdr *ip = (void *)(pkt->eth + 1);
	struct tcp_header *reset = (void *)(ip + 1);
	__u32 next = bpf_ntohl(segment->sequence) + data_octets + !!(segment->flags & TCP_SYN) +
		     !!(segment->flags & TCP_FIN);

	*reset = (struct tcp_header){
		.source = segment->destination,
		.destination = segment->source,
		.offset = sizeof(*reset) / 4 << 4,
		.flags = TCP_RST,
	};
	if (segment->flags & TCP_ACK) {
		reset->sequence = segment->acknowledgement;
	} else {
		reset->acknowledgement = bpf_htonl(next);
		reset->flags = TCP_RST | TCP_ACK;
	}
	reset->checksum = (__u16)~checksum_fold(
		pseudo_sum(ip, sizeof(*reset)) +
		(__u32)bpf_csum_diff(NULL, 0, (__be32 *)reset, sizeof(*reset), 0));
}

/* TCP for the router: no port is open (tcp_v4_send_reset() of the kernel). */
static __noinline enum verdict router_host_tcp(struct packet *pkt, const struct answer *answer)
{
	__u16 octets = bpf_ntohs(pkt->ip->tot_len) - sizeof(struct iphdr);
	struct tcp_header segment;
	enum verdict v;
	__u32 header;

	if (octets < sizeof(segment) ||
	    context_load(pkt->context, L4_OFFSET, &segment, sizeof(segment)) < 0)
		return drop(pkt, REASON_ROUTER_IGNORES);
	header = (segment.offset >> 4) * 4;
	if (header < sizeof(segment) || header > octets || (segment.flags & TCP_RST) ||
	    !sum_is_right(pkt, L4_OFFSET, octets, pseudo_sum(pkt->ip, octets)))
		return drop(pkt, REASON_ROUTER_IGNORES);
	if (!answer)
		return drop(pkt, REASON_ANSWER_SUPPRESSED);
	v = answer_begin(pkt, answer, sizeof(struct iphdr) + sizeof(segment));
	if (v != NEXT)
		return v;
	if (context_set_length(pkt->context, L4_OFFSET + sizeof(segment)) < 0 ||
	    !packet_require(pkt, L4_OFFSET + sizeof(segment)))
		return drop(pkt, REASON_RESIZE_FAILED);
	((struct iphdr *)(pkt->eth + 1))->tos &= ~IP_ECN_MASK;
	router_host_head(pkt, answer, sizeof(segment), IP_DONT_FRAGMENT);
	tcp_reset_write(pkt, &segment, octets - header);
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, REASON_TCP_RESET);
}

/*
 * Octets of UDP, without what is behind it; 0 if it isn't sound enough for a port unreachable
 * (__udp4_lib_rcv() of the kernel).
 */
static __noinline __u16 udp_sound_octets(struct packet *pkt)
{
	__u16 octets = bpf_ntohs(pkt->ip->tot_len) - sizeof(struct iphdr);
	struct udp_header udp;
	__u16 length;

	if (octets < sizeof(udp) || context_load(pkt->context, L4_OFFSET, &udp, sizeof(udp)) < 0)
		return 0;
	length = bpf_ntohs(udp.length);
	if (length < sizeof(udp) || length > octets)
		return 0;
	if (udp.checksum != 0 && !sum_is_right(pkt, L4_OFFSET, length, pseudo_sum(pkt->ip, length)))
		return 0;
	return length;
}

/* A router puts fragments together before it looks at them: weftd does, and sends the whole packet. */
static __noinline enum verdict hold_fragment(struct packet *pkt)
{
	struct node_key key = {.network = pkt->port->network, .address = pkt->ip->daddr};

	if (!rate_allows_miss(pkt->port, false))
		return drop(pkt, REASON_MISS_LIMITED);
	return hold(pkt, &key, HELD_FOR_REASSEMBLY);
}

/* An address of the router itself. `error` says which; what it is about is found out here. (One error for
 * both: the stack has 512 octets for a chain of calls, and 6.1 counts in steps of 32.) */
static __always_inline enum verdict router_host(struct packet *pkt, struct icmp_error *error)
{
	struct answer_key key = {.origin = pkt->port->origin, .router = error->router};

	error->code = ICMP_PROTOCOL_UNREACHABLE;
	error->reason = REASON_PROTOCOL_UNREACHABLE;
	error->address = pkt->ip->daddr;
	error->reassembled = packet_octets(pkt) > pkt->path->mtu;
	if (ip_is_fragment(pkt->ip))
		return hold_fragment(pkt);
	if (!pkt->reinjected && checksum_is_unfinished(pkt))
		return end(pkt, FINISH_CHECKSUM, REASON_CHECKSUM_FINISHED);
	switch (pkt->ip->protocol) {
	case IPPROTO_ICMP:
		return router_host_icmp(pkt, bpf_map_lookup_elem(&answers, &key));
	case IPPROTO_TCP:
		return router_host_tcp(pkt, bpf_map_lookup_elem(&answers, &key));
	case IPPROTO_IGMP:
		return drop(pkt, REASON_ROUTER_IGNORES);
	case IPPROTO_UDP:
		error->quotable = udp_sound_octets(pkt);
		if (!error->quotable)
			return drop(pkt, REASON_ROUTER_IGNORES);
		error->quotable += sizeof(struct iphdr);
		error->code = ICMP_PORT_UNREACHABLE;
		error->reason = REASON_PORT_UNREACHABLE;
		break;
	}
	return icmp_error_send(pkt, error);
}

#endif

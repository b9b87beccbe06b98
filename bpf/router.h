/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps: the logical routers, flattened. The way through all of them is one lookup; what is left to
 * do is to see how far the TTL reaches, and to answer for the router where the packet ends.
 */
#ifndef WEFT_ROUTER_H
#define WEFT_ROUTER_H

#include "icmp.h"
#include "maps.h"
#include "packet.h"
#include "protocols.h"

/* No router forwards to these (RFC 1812 5.3.7), whatever its routes say. Linux takes the rest of 0/8,
 * and all of 240/4, for addresses. */
static __always_inline bool address_is_martian(__be32 address)
{
	__u8 first = bpf_ntohl(address) >> 24;

	return address == 0 || first == 127 || (first & 0xf0) == 224 || address == 0xffffffff;
}

/* Step: is the frame for a router? Then finds the path from there; else it stays in the subnet. */
static __always_inline enum verdict router_enter(struct packet *pkt)
{
	const struct port *port = pkt->port;
	struct router_port_key port_key = {.network = port->network, .subnet = port->subnet};
	const struct router_port *router_port;
	struct route_key key;

	if (mac_is_group(pkt->eth->h_dest))
		return drop(pkt, REASON_GROUP_UNSUPPORTED);
	mac_copy(port_key.mac, pkt->eth->h_dest);
	router_port = bpf_map_lookup_elem(&router_ports, &port_key);
	if (!router_port)
		return NEXT;
	if (address_is_martian(pkt->ip->daddr))
		return drop(pkt, REASON_DESTINATION_MARTIAN);
	if (!packet_trim(pkt))
		return drop(pkt, REASON_RESIZE_FAILED);
	key.prefix_bits = ROUTE_KEY_FIXED_BITS + 32;
	key.origin = port->origin;
	key.interface = router_port->interface;
	key.destination = pkt->ip->daddr;
	pkt->path = bpf_map_lookup_elem(&routes, &key);
	return pkt->path ? NEXT : drop(pkt, REASON_PATH_UNKNOWN);
}

/* The TTL reaches 0 at the router that is the `ttl`-th on the way (the first, if it comes with 0). */
static __always_inline enum verdict router_time_exceeded(struct packet *pkt)
{
	const struct path *path = pkt->path;
	__u32 index = pkt->ttl ? pkt->ttl - 1 : 0;
	struct icmp_error error = {
		.type = ICMP_TIME_EXCEEDED,
		.code = ICMP_TTL_EXCEEDED,
		.ttl = pkt->ttl ? 1 : 0,
		.reason = REASON_TIME_EXCEEDED,
	};

	if (index >= path->hops && path->hops > path->loop)
		index = path->loop + (index - path->loop) % (path->hops - path->loop);
	error.router = path->routers[index & (PATH_HOPS_MAX - 1)];
	return icmp_error_send(pkt, &error);
}

/* A ping is for the router: it becomes its own answer. */
static __noinline enum verdict router_echo(struct packet *pkt, const struct answer *answer)
{
	struct iphdr *ip;
	struct icmp_header *icmp;
	__be32 address;

	if (!rate_allows_answer(pkt->port))
		return drop(pkt, REASON_ANSWER_LIMITED);
	if (!packet_require(pkt, L4_OFFSET + sizeof(*icmp)))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	ip = (void *)(pkt->eth + 1);
	icmp = (void *)(ip + 1);
	mac_copy(pkt->eth->h_dest, pkt->port->mac);
	mac_copy(pkt->eth->h_source, answer->mac);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	ip->ttl = answer->ttl;
	ip->frag_off = 0;
	ip->check = 0;
	ip->check = checksum_ipv4_header(ip);
	icmp->type = ICMP_ECHO_REPLY;
	icmp->checksum = checksum_replace(icmp->checksum, bpf_htons(ICMP_ECHO << 8),
					  bpf_htons(ICMP_ECHO_REPLY << 8));
	return deliver(pkt, pkt->port->ifindex, pkt->port->flags, REASON_ECHO_REPLIED);
}

/* An address of the router itself: what its own stack would say, which has no service open. */
static __always_inline enum verdict router_answer(struct packet *pkt, __be32 router)
{
	struct answer_key key = {.origin = pkt->port->origin, .router = router};
	struct icmp_error error = {
		.type = ICMP_UNREACHABLE,
		.code = ICMP_PROTOCOL_UNREACHABLE,
		.ttl = pkt->ttl,
		.reason = REASON_PROTOCOL_UNREACHABLE,
		.router = router,
		.address = pkt->ip->daddr,
	};
	const struct answer *answer;
	__u8 type;

	if (ip_is_fragment(pkt->ip))
		return drop(pkt, REASON_ROUTER_IGNORES);
	switch (pkt->ip->protocol) {
	case IPPROTO_ICMP:
		if (context_load(pkt->context, L4_OFFSET, &type, sizeof(type)) < 0 ||
		    type != ICMP_ECHO || !icmp_is_right(pkt))
			return drop(pkt, REASON_ROUTER_IGNORES);
		answer = bpf_map_lookup_elem(&answers, &key);
		return answer ? router_echo(pkt, answer) : drop(pkt, REASON_ANSWER_SUPPRESSED);
	case IPPROTO_IGMP:
	case IPPROTO_TCP:
		return drop(pkt, REASON_ROUTER_IGNORES);
	case IPPROTO_UDP:
		if (!udp_is_right(pkt))
			return drop(pkt, REASON_ROUTER_IGNORES);
		error.code = ICMP_PORT_UNREACHABLE;
		error.reason = REASON_PORT_UNREACHABLE;
		break;
	}
	return icmp_error_send(pkt, &error);
}

/* A path that leads to no node: the router where it ends answers, or nobody. */
static __noinline enum verdict path_end_early(struct packet *pkt)
{
	const struct path *path = pkt->path;
	struct icmp_error error = {
		.type = ICMP_UNREACHABLE,
		.code = ICMP_NET_UNREACHABLE,
		.ttl = pkt->ttl,
		.reason = REASON_NET_UNREACHABLE,
		.router = path->routers[path->hops & (PATH_HOPS_MAX - 1)],
	};

	switch (path->end) {
	case PATH_AT_ROUTER:
		return router_answer(pkt, error.router);
	case PATH_NO_ROUTE:
		return icmp_error_send(pkt, &error);
	case PATH_DISCARDS:
		return drop(pkt, REASON_DESTINATION_MARTIAN);
	default:
		return drop(pkt, REASON_PATH_TOO_LONG);
	}
}

/* Step: through all routers at once, as far as the TTL reaches. */
static __always_inline enum verdict path_follow(struct packet *pkt)
{
	const struct path *path = pkt->path;

	if (!path)
		return NEXT;
	if (path->hops && (pkt->ttl <= path->hops || path->end == PATH_LOOPS))
		return router_time_exceeded(pkt);
	pkt->ttl -= path->hops;
	return path->end == PATH_DELIVERS ? NEXT : path_end_early(pkt);
}

#endif

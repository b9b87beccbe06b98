/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps: the logical routers, flattened. The way through all of them is one lookup; what is left to
 * do is to see how far the TTL reaches, and to answer for the router where the packet ends.
 */
#ifndef WEFT_ROUTER_H
#define WEFT_ROUTER_H

#include "fragment.h"
#include "icmp.h"
#include "router_host.h"
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
		return router_host(pkt, &error);
	case PATH_NO_ROUTE:
		return icmp_error_send(pkt, &error);
	case PATH_DISCARDS:
		return drop(pkt, REASON_DESTINATION_MARTIAN);
	default:
		return drop(pkt, REASON_PATH_TOO_LONG);
	}
}

/*
 * Which router of the path can't send the packet on because its next subnet's MTU is too small? Returns its
 * index, or PATH_HOPS_MAX if the packet doesn't come to such a router.
 */
static __noinline __u32 path_find_narrow(struct packet *pkt, __u32 octets)
{
	const struct path *path = pkt->path;

	for (__u32 i = 0; i < PATH_HOPS_MAX; i++) {
		/* Here the TTL is looked at first. */
		if (i >= path->hops || pkt->ttl <= i + 1)
			break;
		if (octets > path->mtus[i])
			return i;
	}
	return PATH_HOPS_MAX;
}

/*
 * A packet for a router comes there whatever the MTUs, if routers may fragment it, as this one puts it
 * together again; or if that has been done already.
 */
static __always_inline bool router_gets_whole(struct packet *pkt)
{
	if (pkt->path->end != PATH_AT_ROUTER || pkt->ttl <= pkt->path->hops)
		return false;
	return pkt->whole ||
	       (!ip_is_fragment(pkt->ip) && !(pkt->ip->frag_off & bpf_htons(IP_DONT_FRAGMENT)));
}

/* Step: through all routers at once, as far as TTL and MTUs let it. */
static __always_inline enum verdict path_follow(struct packet *pkt)
{
	const struct path *path = pkt->path;
	__u32 octets, narrow;

	if (!path)
		return NEXT;
	octets = packet_octets(pkt);
	if (octets > path->mtu && !router_gets_whole(pkt)) {
		narrow = path_find_narrow(pkt, octets);
		if (narrow < PATH_HOPS_MAX)
			return packet_too_big(pkt, narrow);
	}
	if (path->hops && (pkt->ttl <= path->hops || path->end == PATH_LOOPS))
		return router_time_exceeded(pkt);
	pkt->ttl -= path->hops;
	return path->end == PATH_DELIVERS ? NEXT : path_end_early(pkt);
}

#endif

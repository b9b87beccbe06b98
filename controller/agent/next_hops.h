/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The routers of the substrate that packets to other hosts are sent to, as the host's routing table has
 * them: looked up once for a mapping, so that it need not be done for each packet. With them are the MACs
 * that XDP needs, which can't ask the kernel: as the neighbour table has them, and good for a minute.
 */
#ifndef WEFT_AGENT_NEXT_HOPS_H
#define WEFT_AGENT_NEXT_HOPS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "neighbours.h"
#include "schemas/dataplane.h"

#define NEXT_HOP_USE_S  10 /* how often the kernel is told that a next hop's MAC is in use */
#define NEXT_HOP_GOOD_S 60 /* how long XDP believes a MAC after the kernel last did */

/*
 * Takes over what the kernel says of the gateway now, in nanoseconds of CLOCK_MONOTONIC; the caller has
 * compared the addresses. True if the map has to be told.
 */
bool next_hop_learn(struct next_hop *hop, const struct neighbour *neighbour, uint64_t now_ns);

struct next_hops;

struct next_hops_handlers {
	/* The routing table has changed, so next_hops_find() may find others. */
	void (*routes_changed)(void *context);
	/* Writes an entry of the map of next hops. 0 or -errno. */
	int (*write)(uint32_t number, const struct next_hop *hop, void *context);
};

/* Opens the routing table and the neighbour table. The handlers are called from the event loop, and `write`
 * also from the calls below. 0 or -errno. */
int next_hops_open(struct event_base *base, const struct next_hops_handlers *handlers,
		   void *context, struct next_hops **ret_next_hops);
void next_hops_close(struct next_hops *next_hops); /* takes NULL */

/*
 * Says which interface leads to the substrate, its MAC, and whether it takes frames that XDP redirects:
 * if not, no MAC is good for XDP. Until then no next hop is found.
 */
void next_hops_set_interface(struct next_hops *next_hops, uint32_t ifindex,
			     const uint8_t mac[WEFT_MAC_OCTETS], bool xdp_receives);

/*
 * The number of the router that packets to an address are sent to; the map has it by then. 0 when the
 * kernel had better decide for each packet: no route, several of equal cost, another interface, no router
 * in between, or no room for it in the map.
 */
uint32_t next_hops_find(struct next_hops *next_hops, const struct substrate_address *to);

#endif

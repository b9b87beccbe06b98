/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The routers of the substrate that packets to other hosts are sent to, as the host's routing table has
 * them: looked up once for a mapping, so that it need not be done for each packet.
 */
#ifndef WEFT_AGENT_NEXT_HOPS_H
#define WEFT_AGENT_NEXT_HOPS_H

#include <event2/event.h>
#include <stdint.h>

#include "schemas/dataplane.h"

struct next_hops;

/* Opens the routing table, and calls `changed` (from the event loop) after it has changed. 0 or -errno. */
int next_hops_open(struct event_base *base, void (*changed)(void *context), void *context,
		   struct next_hops **ret_next_hops);
void next_hops_close(struct next_hops *next_hops); /* takes NULL */

/*
 * The number of the router that packets to an address are sent to by an interface, with the router in
 * *ret_hop. 0 when the kernel had better decide for each packet: no route, several of equal cost, another
 * interface, or no router in between.
 */
uint32_t next_hops_find(struct next_hops *next_hops, const struct substrate_address *to,
			uint32_t ifindex, struct next_hop *ret_hop);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's routes through the substrate, by rtnetlink: questions, and word of changes. */
#ifndef WEFT_AGENT_ROUTES_H
#define WEFT_AGENT_ROUTES_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "schemas/address.h"

struct routes;

/* Opens the routing table, and calls `changed` (from the event loop) after it has changed. 0 or -errno. */
int routes_open(struct event_base *base, void (*changed)(void *context), void *context,
		struct routes **ret_routes);
void routes_close(struct routes *routes); /* takes NULL */

/*
 * The router that packets to an address are sent to by an interface. False when the kernel had better
 * decide for each packet: no route, several of equal cost, another interface, or no router in between.
 */
bool routes_gateway(struct routes *routes, const struct substrate_address *to, uint32_t ifindex,
		    struct substrate_address *ret_gateway);

#endif

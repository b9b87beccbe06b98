/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where probes go: to which address, by whom, and how far. For the generator of probes. */
#ifndef WEFT_COMPARE_AIM_H
#define WEFT_COMPARE_AIM_H

#include "compare_random.h"
#include "controller/model.h"

struct aim {
	uint32_t address; /* the destination */
	struct mac mac; /* who gets the frame */
	bool to_router; /* the destination is a router's address */
	bool by_router; /* a router gets the frame */
	bool group; /* everybody does */
	uint8_t hops; /* routers that forward it, if a router gets it */
	uint16_t mtu; /* of the way through them, octets of an IPv4 packet */
	bool no_route; /* and then router `end` (index) has no route for it */
	uint32_t end;
};

/* A random destination for a packet of the node (index), and a first hop that may suit it. */
struct aim aim_choose(const struct network *network, uint32_t node, struct random *random);

/* A random address to ask for by ARP, mostly on the node's subnet. */
uint32_t aim_arp_target(const struct network *network, uint32_t node, struct random *random);

/* The MAC of somebody on the node's subnet, or of nobody. */
struct mac aim_neighbour(const struct network *network, uint32_t node, struct random *random);

#endif

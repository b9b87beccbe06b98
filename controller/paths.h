/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flattens the declared routers of a network: walks from router to router as a packet would, longest
 * prefix first at each, and writes down what the dataplane needs to know of the whole way. Pure:
 * a function of the model, tested without a kernel.
 *
 * Where packets start matters too, because a router's ICMP error goes the way back: from the
 * address of its interface towards the sender, with a TTL that the routers in between have lowered.
 * Two senders of one subnet can have different ways back when somebody declared a route to a part
 * of their subnet. So packets start at an **origin**: a subnet and the longest declared prefix
 * inside it that contains the sender.
 */
#ifndef WEFT_PATHS_H
#define WEFT_PATHS_H

#include "model.h"
#include "schemas/dataplane.h"

/* Where packets of a node start. Equal for all nodes that routers can't tell apart. */
struct origin {
	uint32_t subnet; /* index in the network */
	struct ipv4_prefix
		sources; /* the subnet's own prefix, or the longest declared one inside */
};

/* The origin of a node's packets. */
struct origin path_origin(const struct network *network, const struct node *node);

/*
 * The prefixes that routers of the network tell apart: subnets, destinations of routes, and each
 * router address as a /32; each once, in ascending order of address and length. An address
 * takes the same way as the longest of them that contains it. Returns 0 and an array that the
 * caller frees, or -ENOMEM.
 */
int path_prefixes(const struct network *network, struct ipv4_prefix **ret_prefixes,
		  size_t *ret_count);

/*
 * Walks from router interface `interface` of router `router` (indices), where a packet comes in, to
 * the destinations of which `prefix` is the longest of path_prefixes() that contains them.
 * In ret_path a router is named by the lowest address of its interfaces, network byte order. A path
 * of PATH_LOOPS has each router of the way once: routers[0..hops-1], then from [loop] again. A
 * destination that no prefix covers has no route at the first router: prefix 0.0.0.0/0.
 */
void path_walk(const struct network *network, uint32_t router, uint32_t interface,
	       const struct ipv4_prefix *prefix, struct path *ret_path);

/*
 * How an ICMP message that router `router` (index) sends to `origin` looks when it arrives there.
 * Returns false, and leaves ret_answer alone, when none arrives: no route back, or a loop.
 */
bool path_answer(const struct network *network, uint32_t router, const struct origin *origin,
		 struct answer *ret_answer);

#endif

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

/* The origin of a node's packets. The node's subnet is one of the network. */
struct origin path_origin(const struct network *network, const struct node *node);

/*
 * The prefixes that routers of the network tell apart: subnets, destinations of routes, and as /32s
 * each router address and each subnet's broadcast; each once, in ascending order of address and
 * length. An address takes the same way as the longest of them that contains it. Returns 0 and an
 * array that the caller frees, or -ENOMEM.
 */
int path_prefixes(const struct network *network, struct ipv4_prefix **ret_prefixes,
		  size_t *ret_count);

/* The name of a router in `struct path` and `struct answer_key`: the lowest of its addresses. */
__be32 path_router(const struct router *router);

/*
 * Walks from router `router` (index), where a packet comes in, to the destinations of which `prefix`
 * is the longest of path_prefixes() that contains them. On which interface it comes in makes no
 * difference to a Linux router (weak host model, rp_filter 0).
 *
 * - A destination that no prefix covers is walked as 0.0.0.0/0.
 * - PATH_LOOPS has each router of the way once: routers[0..hops-1], then from [loop] again.
 * - PATH_TOO_LONG has the first PATH_HOPS_MAX; the end needs a place in routers[] too, so an end at
 *   a router is told from up to one router less than a delivery.
 * - ret_path->mtu is the largest IPv4 packet that all routers on the way send on: the smallest MTU
 *   of the subnets they send it to; 65535 if none forwards.
 * - ret_path->router counts on beyond FLOW_LABEL_ROUTER_MAX; the validator refuses such a subnet.
 */
void path_walk(const struct network *network, uint32_t router, const struct ipv4_prefix *prefix,
	       struct path *ret_path);

/*
 * How an ICMP message that router `router` (index) sends to `origin` looks when it arrives there.
 * Returns false, and leaves ret_answer alone, when none arrives: no route back, a loop, more than
 * PATH_HOPS_MAX routers on the way, itself included, or a node that forwards for others gets it.
 */
bool path_answer(const struct network *network, uint32_t router, const struct origin *origin,
		 struct answer *ret_answer);

/* What one router does with packets to a prefix: `out` and `next` say where they go, or `end`. */
struct path_step {
	const struct router_interface *out; /* the interface they leave on; NULL: none */
	uint32_t next; /* the router that gets them (index); MODEL_NONE: the path ends */
	uint32_t next_hop; /* PATH_DELIVERS: 0, or the node that gets them */
	enum path_end end;
	uint8_t number; /* PATH_DELIVERS: of `out`, for the flow label */
};

/*
 * For those who walk to one prefix from many routers: path_steps() searches the table of each router once
 * and fills ret_steps[router_count], which are good until the network changes. path_follow() is
 * path_walk(), and path_follow_back() path_answer(), with the steps to the same prefix.
 */
void path_steps(const struct network *network, const struct ipv4_prefix *prefix,
		struct path_step *ret_steps);
void path_follow(const struct network *network, const struct path_step *steps, uint32_t router,
		 struct path *ret_path);
bool path_follow_back(const struct network *network, const struct path_step *steps, uint32_t router,
		      const struct origin *origin, struct answer *ret_answer);

#endif

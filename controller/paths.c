/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk through the declared routers. Each does what a Linux router does: first its own
 * addresses and the broadcasts of its subnets (the table `local`), then the longest prefix among
 * connected subnets and routes (the table `main`). `docs/paths.md` explains it with figure 2.
 *
 * Also walks models that have not been validated yet: an interface without a subnet is no
 * interface, and a route that no interface leads to is no route.
 */
#include "paths.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TTL 64 /* of a router's own packets: Linux' net.ipv4.ip_default_ttl */
#define HOST_BITS  32 /* length of a prefix that is one address */

/* What a router's table says of a destination. */
struct way {
	const struct router_interface
		*out; /* the interface that the packet leaves on; NULL: none */
	uint32_t next_hop; /* on that interface's subnet; 0: the destination itself */
};

/* Packets to one destination, from wherever. */
struct journey {
	const struct network *network;
	const struct ipv4_prefix *destination;
	const struct path_step *steps; /* of all routers, or NULL: looked up as it gets there */
};

static bool prefix_is(const struct ipv4_prefix *prefix, uint32_t address)
{
	return prefix->length == HOST_BITS && prefix->address == address;
}

/* The subnet of an interface, or NULL when the model doesn't say. */
static const struct subnet *interface_subnet(const struct network *network,
					     const struct router_interface *interface)
{
	return interface->subnet < network->subnet_count ? &network->subnets[interface->subnet]
							 : NULL;
}

static bool subnet_broadcasts(const struct subnet *subnet, uint32_t address)
{
	return subnet->prefix.length < 31 && prefix_broadcast(&subnet->prefix) == address;
}

static bool router_owns(const struct router *router, const struct ipv4_prefix *prefix)
{
	for (size_t i = 0; i < router->interface_count; i++)
		if (prefix_is(prefix, router->interfaces[i].address))
			return true;
	return false;
}

/* Whether the prefix is the broadcast address of a subnet that the router is connected to. */
static bool router_takes_broadcast(const struct network *network, const struct router *router,
				   const struct ipv4_prefix *prefix)
{
	for (size_t i = 0; i < router->interface_count; i++) {
		const struct subnet *subnet = interface_subnet(network, &router->interfaces[i]);

		if (subnet && prefix->length == HOST_BITS &&
		    subnet_broadcasts(subnet, prefix->address))
			return true;
	}
	return false;
}

/* The interface of the router on whose subnet the next hop is, or NULL: Linux refuses the route. */
static const struct router_interface *router_towards(const struct network *network,
						     const struct router *router, uint32_t next_hop)
{
	for (size_t i = 0; i < router->interface_count; i++) {
		const struct subnet *subnet = interface_subnet(network, &router->interfaces[i]);

		if (subnet && prefix_contains(&subnet->prefix, next_hop) &&
		    !subnet_broadcasts(subnet, next_hop))
			return &router->interfaces[i];
	}
	return NULL;
}

/* The longest prefix that covers the destination; of equal ones a connected subnet. */
static struct way router_lookup(const struct network *network, const struct router *router,
				const struct ipv4_prefix *destination)
{
	struct way way = {0};
	int longest = -1;

	for (size_t i = 0; i < router->interface_count; i++) {
		const struct subnet *subnet = interface_subnet(network, &router->interfaces[i]);

		if (subnet && subnet->prefix.length > longest &&
		    prefix_covers(&subnet->prefix, destination)) {
			longest = subnet->prefix.length;
			way = (struct way){.out = &router->interfaces[i]};
		}
	}
	for (size_t i = 0; i < router->route_count; i++) {
		const struct route *route = &router->routes[i];
		const struct router_interface *out;

		if (route->prefix.length <= longest || !prefix_covers(&route->prefix, destination))
			continue;
		out = router_towards(network, router, route->next_hop);
		if (!out)
			continue;
		longest = route->prefix.length;
		way = (struct way){.out = out, .next_hop = route->next_hop};
	}
	return way;
}

/* The router with this address on the subnet (both are indices), or MODEL_NONE. */
static uint32_t subnet_find_router(const struct network *network, uint32_t subnet, uint32_t address)
{
	for (uint32_t r = 0; r < network->router_count; r++) {
		const struct router *router = &network->routers[r];

		for (size_t i = 0; i < router->interface_count; i++)
			if (router->interfaces[i].address == address &&
			    router->interfaces[i].subnet == subnet)
				return r;
	}
	return MODEL_NONE;
}

/* The interface's number on its subnet, from 1, in the order of subnet_router_interfaces(). */
static uint8_t interface_number(const struct network *network,
				const struct router_interface *interface)
{
	uint8_t number = 1;

	for (size_t r = 0; r < network->router_count; r++) {
		const struct router_interface *other =
			router_on_subnet(&network->routers[r], interface->subnet);

		if (other && other->address < interface->address && number < UINT8_MAX)
			number++;
	}
	return number;
}

/* The packet leaves router `sender` (index) the given way. Who gets it? */
static struct path_step step_along(const struct network *network, uint32_t sender,
				   const struct way *way, const struct ipv4_prefix *destination)
{
	struct path_step step = {.out = way->out, .next = MODEL_NONE};

	if (way->next_hop)
		step.next = subnet_find_router(network, way->out->subnet, way->next_hop);
	else if (destination->length == HOST_BITS)
		step.next = subnet_find_router(network, way->out->subnet, destination->address);
	if (step.next == sender)
		step.next = MODEL_NONE; /* a route to itself: nobody else has that address */
	if (step.next == MODEL_NONE) {
		step.end = PATH_DELIVERS;
		step.next_hop = way->next_hop;
		step.number = interface_number(network, way->out);
	}
	return step;
}

static struct path_step router_step(const struct network *network, uint32_t index,
				    const struct ipv4_prefix *destination)
{
	const struct router *router = &network->routers[index];
	struct way way;

	if (router_owns(router, destination))
		return (struct path_step){.next = MODEL_NONE, .end = PATH_AT_ROUTER};
	if (router_takes_broadcast(network, router, destination))
		return (struct path_step){.next = MODEL_NONE, .end = PATH_DISCARDS};
	way = router_lookup(network, router, destination);
	if (!way.out)
		return (struct path_step){.next = MODEL_NONE, .end = PATH_NO_ROUTE};
	return step_along(network, index, &way, destination);
}

void path_steps(const struct network *network, const struct ipv4_prefix *prefix,
		struct path_step *ret_steps)
{
	for (uint32_t r = 0; r < network->router_count; r++)
		ret_steps[r] = router_step(network, r, prefix);
}

static struct path_step journey_step(const struct journey *journey, uint32_t router)
{
	return journey->steps ? journey->steps[router]
			      : router_step(journey->network, router, journey->destination);
}

__be32 path_router(const struct router *router)
{
	uint32_t lowest = UINT32_MAX;

	for (size_t i = 0; i < router->interface_count; i++)
		if (router->interfaces[i].address < lowest)
			lowest = router->interfaces[i].address;
	return htonl(lowest);
}

/* Writes down where the path ends: the last router's step leads to no other router. */
static void path_finish(const struct path_step *step, struct path *path)
{
	path->end = (__u8)step->end;
	if (step->end != PATH_DELIVERS)
		return;
	path->router = step->number;
	memcpy(path->mac, step->out->mac.octets, sizeof(path->mac));
	path->next_hop = htonl(step->next_hop);
}

/* Walks as path_walk(). Returns the last interface that the packet left on, or NULL. */
static const struct router_interface *journey_walk(const struct journey *journey, uint32_t router,
						   struct path *ret_path)
{
	const struct network *network = journey->network;
	uint32_t visited[PATH_HOPS_MAX]; /* index of each router in ret_path->routers[] */
	const struct router_interface *out = NULL;

	*ret_path = (struct path){.mtu = UINT16_MAX};
	while (ret_path->hops < PATH_HOPS_MAX) {
		struct path_step step = journey_step(journey, router);

		visited[ret_path->hops] = router;
		ret_path->routers[ret_path->hops] = path_router(&network->routers[router]);
		if (step.out) {
			uint16_t mtu = network->subnets[step.out->subnet].mtu;

			out = step.out;
			ret_path->mtus[ret_path->hops++] = mtu;
			ret_path->mtu = mtu < ret_path->mtu ? mtu : ret_path->mtu;
		}
		if (step.next == MODEL_NONE) {
			path_finish(&step, ret_path);
			return out;
		}
		router = step.next;
		for (uint8_t i = 0; i < ret_path->hops; i++) {
			if (visited[i] == router) {
				ret_path->end = PATH_LOOPS;
				ret_path->loop = i;
				return out;
			}
		}
	}
	ret_path->end = PATH_TOO_LONG;
	return out;
}

void path_walk(const struct network *network, uint32_t router, const struct ipv4_prefix *prefix,
	       struct path *ret_path)
{
	const struct journey journey = {network, prefix};

	journey_walk(&journey, router, ret_path);
}

void path_follow(const struct network *network, const struct path_step *steps, uint32_t router,
		 struct path *ret_path)
{
	const struct journey journey = {.network = network, .steps = steps};

	journey_walk(&journey, router, ret_path);
}

/* Where a large message is fragmented on its way: wherever the MTU is smaller than all before. */
static void answer_mtus(const struct path *back, struct answer *answer)
{
	for (uint8_t i = 0; i < back->hops; i++) {
		if (answer->mtu_count && back->mtus[i] >= answer->mtus[answer->mtu_count - 1])
			continue;
		if (answer->mtu_count < ANSWER_MTUS_MAX)
			answer->mtu_count++;
		answer->mtus[answer->mtu_count - 1] = back->mtus[i];
	}
}

/* The answer of router `router` on its journey to the origin's sources. */
static bool journey_answer(const struct journey *journey, uint32_t router,
			   const struct origin *origin, struct answer *ret_answer)
{
	const struct path_step first = journey_step(journey, router);
	const struct router_interface *last;
	struct path back;

	last = journey_walk(journey, router, &back);
	if (back.end != PATH_DELIVERS || last->subnet != origin->subnet)
		return false;
	if (back.next_hop && !prefix_is(&origin->sources, ntohl(back.next_hop)))
		return false; /* some node gets it, which is not the sender */

	*ret_answer = (struct answer){
		.address = htonl(first.out->address),
		.ttl = ANSWER_TTL - (back.hops - 1), /* the first one sends, it doesn't forward */
	};
	memcpy(ret_answer->mac, back.mac, sizeof(ret_answer->mac));
	answer_mtus(&back, ret_answer);
	return true;
}

bool path_answer(const struct network *network, uint32_t router, const struct origin *origin,
		 struct answer *ret_answer)
{
	const struct journey journey = {network, &origin->sources};

	return journey_answer(&journey, router, origin, ret_answer);
}

bool path_follow_back(const struct network *network, const struct path_step *steps, uint32_t router,
		      const struct origin *origin, struct answer *ret_answer)
{
	const struct journey journey = {.network = network, .steps = steps};

	return journey_answer(&journey, router, origin, ret_answer);
}

struct origin path_origin(const struct network *network, const struct node *node)
{
	const struct ipv4_prefix *subnet = &network->subnets[node->subnet].prefix;
	struct origin origin = {.subnet = node->subnet, .sources = *subnet};

	for (size_t r = 0; r < network->router_count; r++) {
		const struct router *router = &network->routers[r];

		for (size_t i = 0; i < router->route_count; i++) {
			const struct ipv4_prefix *prefix = &router->routes[i].prefix;

			if (prefix->length > origin.sources.length &&
			    prefix_covers(subnet, prefix) && prefix_contains(prefix, node->address))
				origin.sources = *prefix;
		}
	}
	return origin;
}

/* How many prefixes path_prefixes() starts from, at most. */
static size_t prefixes_bound(const struct network *network)
{
	size_t bound = 2 * network->subnet_count; /* each and its broadcast */

	for (size_t r = 0; r < network->router_count; r++)
		bound += network->routers[r].interface_count + network->routers[r].route_count;
	return bound;
}

static int prefix_compare(const void *a, const void *b)
{
	const struct ipv4_prefix *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return (int)left->length - right->length;
}

int path_prefixes(const struct network *network, struct ipv4_prefix **ret_prefixes,
		  size_t *ret_count)
{
	size_t bound = prefixes_bound(network), found = 0, unique = 0;
	struct ipv4_prefix *prefixes = calloc(bound ? bound : 1, sizeof(*prefixes));

	if (!prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < network->subnet_count; i++) {
		const struct subnet *subnet = &network->subnets[i];

		prefixes[found++] = subnet->prefix;
		if (subnet->prefix.length < 31)
			prefixes[found++] =
				(struct ipv4_prefix){prefix_broadcast(&subnet->prefix), HOST_BITS};
	}
	for (size_t r = 0; r < network->router_count; r++) {
		const struct router *router = &network->routers[r];

		for (size_t i = 0; i < router->interface_count; i++)
			prefixes[found++] =
				(struct ipv4_prefix){router->interfaces[i].address, HOST_BITS};
		for (size_t i = 0; i < router->route_count; i++)
			prefixes[found++] = router->routes[i].prefix;
	}

	qsort(prefixes, found, sizeof(*prefixes), prefix_compare);
	for (size_t i = 0; i < found; i++)
		if (!unique || prefix_compare(&prefixes[unique - 1], &prefixes[i]))
			prefixes[unique++] = prefixes[i];
	*ret_prefixes = prefixes;
	*ret_count = unique;
	return 0;
}

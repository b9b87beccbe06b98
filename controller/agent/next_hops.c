/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops: their numbers, and what the map says of each. The kernel is asked by routes.c and neighbours.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "next_hops.h"
#include "routes.h"

#define AGAIN_MS 100 /* after changes were lost */
#define NS_PER_S 1000000000ULL

struct known_hop {
	struct next_hop entry; /* of the map */
	bool wanted; /* some route leads to it */
};

struct next_hops {
	struct routes *routes;
	struct neighbours *neighbours;
	struct event *use_due;
	struct next_hops_handlers handlers;
	void *context;
	uint32_t ifindex; /* of the substrate's interface; 0: not known */
	uint8_t mac[WEFT_MAC_OCTETS]; /* likewise */
	bool xdp_receives; /* likewise */
	struct known_hop known[NEXT_HOPS_MAX]; /* by number; [0] is none */
	uint32_t count;
};

bool next_hop_learn(struct next_hop *hop, const struct neighbour *neighbour, uint64_t now_ns)
{
	if (!neighbour->known && !hop->good_until_ns)
		return false;
	hop->good_until_ns = neighbour->known ? now_ns + NEXT_HOP_GOOD_S * NS_PER_S : 0;
	memcpy(hop->mac, neighbour->mac, sizeof(hop->mac));
	return true;
}

/* As BPF's bpf_ktime_get_ns() has it. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The number of a gateway; 0 if it has none. */
static uint32_t number_of(const struct next_hops *next_hops,
			  const struct substrate_address *gateway)
{
	for (uint32_t number = 1; number <= next_hops->count; number++)
		if (memcmp(&next_hops->known[number].entry.gateway, gateway, sizeof(*gateway)) == 0)
			return number;
	return 0;
}

static int hop_write(struct next_hops *next_hops, uint32_t number)
{
	struct next_hop entry = next_hops->known[number].entry;

	if (!next_hops->xdp_receives)
		entry.good_until_ns = 0;
	return next_hops->handlers.write(number, &entry, next_hops->context);
}

static void neighbour_told(const struct neighbour *neighbour, void *context)
{
	struct next_hops *next_hops = context;
	uint32_t number = number_of(next_hops, &neighbour->address);

	if (!number || neighbour->ifindex != next_hops->ifindex)
		return;
	if (next_hop_learn(&next_hops->known[number].entry, neighbour, now_ns()))
		hop_write(next_hops, number);
}

/* All are asked for anew, after a while: what was lost is lost to a swarm of changes. */
static void neighbours_lost(void *context)
{
	struct timeval again = {.tv_usec = AGAIN_MS * 1000};
	struct next_hops *next_hops = context;

	event_add(next_hops->use_due, &again);
}

/* XDP's packets go past the neighbour table, so it is weftd that keeps the entries in use. The kernel's
 * answers renew how long the MACs are good. */
static void use_is_due(int fd, short what, void *context)
{
	struct timeval period = {.tv_sec = NEXT_HOP_USE_S};
	struct next_hops *next_hops = context;

	for (uint32_t number = 1; number <= next_hops->count; number++)
		if (next_hops->known[number].wanted)
			neighbours_use(next_hops->neighbours, next_hops->ifindex,
				       &next_hops->known[number].entry.gateway);
	event_add(next_hops->use_due, &period);
}

void next_hops_set_interface(struct next_hops *next_hops, uint32_t ifindex,
			     const uint8_t mac[WEFT_MAC_OCTETS], bool xdp_receives)
{
	bool other = ifindex != next_hops->ifindex;

	if (!other && xdp_receives == next_hops->xdp_receives &&
	    memcmp(mac, next_hops->mac, sizeof(next_hops->mac)) == 0)
		return;
	next_hops->ifindex = ifindex;
	next_hops->xdp_receives = xdp_receives;
	memcpy(next_hops->mac, mac, sizeof(next_hops->mac));
	for (uint32_t number = 1; number <= next_hops->count; number++) {
		struct next_hop *hop = &next_hops->known[number].entry;

		memcpy(hop->source_mac, mac, sizeof(hop->source_mac));
		if (other) /* its neighbours are others, too */
			hop->good_until_ns = 0;
		hop_write(next_hops, number);
	}
	use_is_due(-1, 0, next_hops);
}

/* Gives a gateway a number; 0 if there is none left. */
static uint32_t hop_add(struct next_hops *next_hops, const struct substrate_address *gateway)
{
	struct next_hop *hop;

	if (next_hops->count + 1 == NEXT_HOPS_MAX)
		return 0;
	hop = &next_hops->known[++next_hops->count].entry;
	hop->gateway = *gateway;
	memcpy(hop->source_mac, next_hops->mac, sizeof(hop->source_mac));
	return next_hops->count;
}

uint32_t next_hops_find(struct next_hops *next_hops, const struct substrate_address *to)
{
	struct substrate_address gateway;
	uint32_t number;

	if (!next_hops->ifindex ||
	    !routes_gateway(next_hops->routes, to, next_hops->ifindex, &gateway))
		return 0;
	number = number_of(next_hops, &gateway);
	if (!number)
		number = hop_add(next_hops, &gateway);
	if (!number || hop_write(next_hops, number) < 0)
		return 0;
	if (!next_hops->known[number].wanted)
		neighbours_use(next_hops->neighbours, next_hops->ifindex, &gateway);
	next_hops->known[number].wanted = true;
	return number;
}

/* Those that a route still leads to are found again. */
static void routes_changed(void *context)
{
	struct next_hops *next_hops = context;

	for (uint32_t number = 1; number <= next_hops->count; number++)
		next_hops->known[number].wanted = false;
	next_hops->handlers.routes_changed(next_hops->context);
}

int next_hops_open(struct event_base *base, const struct next_hops_handlers *handlers,
		   void *context, struct next_hops **ret_next_hops)
{
	static const struct neighbours_handlers neighbours_handlers = {
		.told = neighbour_told,
		.lost = neighbours_lost,
	};
	struct next_hops *next_hops = calloc(1, sizeof(*next_hops));
	int err;

	if (!next_hops)
		return -ENOMEM;
	next_hops->handlers = *handlers;
	next_hops->context = context;
	next_hops->use_due = event_new(base, -1, 0, use_is_due, next_hops);
	err = next_hops->use_due ? 0 : -ENOMEM;
	if (!err)
		err = routes_open(base, routes_changed, next_hops, &next_hops->routes);
	if (!err)
		err = neighbours_open(base, &neighbours_handlers, next_hops,
				      &next_hops->neighbours);
	if (err) {
		next_hops_close(next_hops);
		return err;
	}
	*ret_next_hops = next_hops;
	return 0;
}

void next_hops_close(struct next_hops *next_hops)
{
	if (!next_hops)
		return;
	if (next_hops->use_due)
		event_free(next_hops->use_due);
	neighbours_close(next_hops->neighbours);
	routes_close(next_hops->routes);
	free(next_hops);
}

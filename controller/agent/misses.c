/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Misses: a held frame asks the manager, the answer is written as a mapping, the frame is sent
 * again. weftd remembers every mapping that it has written, because it expires them: a known one is
 * asked for anew in time and goes on working meanwhile, a negative one is deleted, and a question
 * without an answer is given up with the frames that waited for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "agent.h"
#include "controller/log.h"
#include "controller/plan.h"
#include "held.h"
#include "next_hops.h"

#define ANSWER_TIMEOUT_MS 3000 /* how long frames wait */
#define REASK_MS          1000 /* a question that got no answer is asked again */
#define REFRESH_RETRY_MS  2000 /* the same for a mapping that is known */
#define REFRESH_SHARE     2 /* a mapping is asked for anew after 1/2 of its time to live */
#define TICK_MS           250

enum resolution_state { ASKED, KNOWN, NOBODY };

/* What weftd knows of one address. */
struct resolution {
	struct node_key key;
	enum resolution_state state;
	uint32_t asking_node; /* on whose behalf, host byte order */
	uint64_t due_ms; /* when to look at it again: ask, delete, give up */
	uint64_t asked_ms; /* when the question that has no answer was first asked; 0: none open */
	struct substrate_locator locator; /* KNOWN */
	struct mac mac;
	uint8_t slot;
	__be32 subnet;
	struct held_queue held;
	TAILQ_ENTRY(resolution) all;
};

struct misses {
	struct agent *agent;
	void *tree; /* of struct resolution by key: tsearch(3) */
	TAILQ_HEAD(, resolution) all;
	struct event *tick;
	struct held_budget budget;
	uint64_t expired_frames;
};

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int key_compare(const void *a, const void *b)
{
	return memcmp(&((const struct resolution *)a)->key, &((const struct resolution *)b)->key,
		      sizeof(struct node_key));
}

static struct resolution *resolution_find(struct misses *misses, const struct node_key *key)
{
	struct resolution wanted = {.key = *key};
	struct resolution **found = tfind(&wanted, &misses->tree, key_compare);

	return found ? *found : NULL;
}

/* Finds it, or makes one in state ASKED that nobody has asked for. NULL without memory. */
static struct resolution *resolution_get(struct misses *misses, const struct node_key *key)
{
	struct resolution *resolution = resolution_find(misses, key);

	if (resolution)
		return resolution;
	resolution = calloc(1, sizeof(*resolution));
	if (!resolution)
		return NULL;
	resolution->key = *key;
	resolution->state = ASKED;
	held_init(&resolution->held);
	if (!tsearch(resolution, &misses->tree, key_compare)) {
		free(resolution);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&misses->all, resolution, all);
	return resolution;
}

static void resolution_free(struct misses *misses, struct resolution *resolution)
{
	held_drop(&misses->budget, &resolution->held);
	tdelete(resolution, &misses->tree, key_compare);
	TAILQ_REMOVE(&misses->all, resolution, all);
	free(resolution);
}

static struct neighbour_key neighbour_of(const struct resolution *resolution)
{
	struct neighbour_key key = {
		.network = resolution->key.network,
		.subnet = resolution->subnet,
	};

	memcpy(key.mac, resolution->mac.octets, sizeof(key.mac));
	return key;
}

/* Deletes it with its entries in the maps: the next packet is a miss. */
static void resolution_forget(struct misses *misses, struct resolution *resolution)
{
	struct neighbour_key neighbour = neighbour_of(resolution);

	if (misses->agent->dataplane) {
		dataplane_delete(misses->agent->dataplane, DATAPLANE_MAPPINGS, &resolution->key);
		dataplane_delete(misses->agent->dataplane, DATAPLANE_NEIGHBOURS, &neighbour);
	}
	resolution_free(misses, resolution);
}

/* ---- answers become mappings ------------------------------------------------------------------ */

/* What the map should say of a known address. */
static struct mapping mapping_of(const struct agent *agent, const struct resolution *resolution)
{
	uint32_t network = resolution->key.network, address = ntohl(resolution->key.address);
	const struct agent_port *port = agent_find_port(agent, network, address);
	bool here = memcmp(&resolution->locator, &agent->locator, sizeof(agent->locator)) == 0;
	struct mapping mapping;

	memset(&mapping, 0, sizeof(mapping));
	/* A node of this host without an interface is unplugged: nobody answers for it. */
	if (resolution->state == NOBODY || (here && !port)) {
		mapping.state = MAPPING_NEGATIVE;
		return mapping;
	}
	mapping.state = here ? MAPPING_LOCAL : MAPPING_REMOTE;
	mapping.subnet = resolution->subnet;
	mapping.slot = resolution->slot;
	memcpy(mapping.mac, resolution->mac.octets, sizeof(mapping.mac));
	plan_address(&resolution->locator, network, address, &mapping.substrate,
		     &mapping.correction);
	if (here) {
		mapping.ifindex = port->ifindex;
		mapping.flags = port->flags;
	} else {
		mapping.next_hop = next_hops_find(agent->next_hops, &mapping.substrate);
	}
	return mapping;
}

/* Writes the mapping, and who has the MAC. */
static void resolution_write(struct misses *misses, struct resolution *resolution)
{
	struct mapping mapping = mapping_of(misses->agent, resolution);
	struct neighbour_key neighbour = neighbour_of(resolution);
	int err;

	if (mapping.state != MAPPING_NEGATIVE)
		dataplane_put(misses->agent->dataplane, DATAPLANE_NEIGHBOURS, &neighbour,
			      &resolution->key.address);
	err = dataplane_put(misses->agent->dataplane, DATAPLANE_MAPPINGS, &resolution->key,
			    &mapping);
	if (err)
		log_error("mapping: can't write it: %s; its packets wait", strerror(-err));
}

static void resolution_answered(struct misses *misses, struct resolution *resolution,
				uint64_t due_ms)
{
	resolution->asked_ms = 0;
	resolution->due_ms = due_ms;
	if (!misses->agent->dataplane)
		return;
	resolution_write(misses, resolution);
	held_send(misses->agent, &misses->budget, &resolution->held);
}

/* The prefix of a subnet by its name, network order; 0 if the topology doesn't have it (yet). */
static __be32 subnet_prefix(const struct agent *agent, uint32_t network, const char *name)
{
	const struct agent_port *port = agent_any_port(agent, network);
	const struct subnet *subnet = port ? network_find_subnet(port->network, name) : NULL;

	return subnet ? htonl(subnet->prefix.address) : 0;
}

int misses_mapping(struct misses *misses, const Weft__Mapping *mapping, const char **ret_why)
{
	struct node_key key = {.network = mapping->network, .address = htonl(mapping->address)};
	struct resolution *resolution;

	if (mapping->locator.len != 16 || mapping->mac.len != sizeof(struct mac) ||
	    mapping->slot > SUBSTRATE_SLOT_MAX ||
	    (mapping->locator_bits != SUBSTRATE_LOCATOR_SHORT &&
	     mapping->locator_bits != SUBSTRATE_LOCATOR_LONG)) {
		*ret_why = "a mapping's locator, slot or MAC is malformed";
		return -EPROTO;
	}
	resolution = resolution_get(misses, &key);
	if (!resolution)
		return -ENOMEM;
	resolution->state = KNOWN;
	memset(&resolution->locator, 0, sizeof(resolution->locator));
	resolution->locator.bits = (uint8_t)mapping->locator_bits;
	memcpy(resolution->locator.octets, mapping->locator.data, mapping->locator_bits / 8);
	memcpy(resolution->mac.octets, mapping->mac.data, sizeof(resolution->mac));
	resolution->slot = (uint8_t)mapping->slot;
	resolution->subnet = subnet_prefix(misses->agent, mapping->network, mapping->subnet);
	resolution_answered(misses, resolution,
			    now_ms() + mapping->time_to_live_s * 1000ULL / REFRESH_SHARE);
	return 0;
}

int misses_negative(struct misses *misses, const Weft__Negative *negative)
{
	struct node_key key = {.network = negative->network, .address = htonl(negative->address)};
	struct resolution *resolution = resolution_get(misses, &key);

	if (!resolution)
		return -ENOMEM;
	resolution->state = NOBODY;
	resolution_answered(misses, resolution, now_ms() + negative->time_to_live_s * 1000ULL);
	return 0;
}

void misses_forget(struct misses *misses, uint32_t network, uint32_t address)
{
	struct node_key key = {.network = network, .address = htonl(address)};
	struct resolution *resolution = resolution_find(misses, &key);

	if (resolution)
		resolution_forget(misses, resolution);
	else if (misses->agent->dataplane) /* evicted, but packets may still follow it */
		dataplane_forget_flows(misses->agent->dataplane);
}

/* ---- questions -------------------------------------------------------------------------------- */

/* Asks, on behalf of the node that wanted it or of another one of the network. */
static int resolution_ask(struct misses *misses, struct resolution *resolution)
{
	struct agent *agent = misses->agent;
	uint32_t network = resolution->key.network;

	if (!agent_find_port(agent, network, resolution->asking_node)) {
		const struct agent_port *port = agent_any_port(agent, network);

		if (!port)
			return -ENOENT;
		resolution->asking_node = port->node->address;
	}
	if (!resolution->asked_ms)
		resolution->asked_ms = now_ms();
	return session_resolve(agent->session, network, ntohl(resolution->key.address),
			       resolution->asking_node);
}

void misses_held(struct misses *misses, const struct held_frame *frame)
{
	struct node_key key = {.network = frame->network, .address = frame->address};
	struct resolution *resolution = resolution_get(misses, &key);

	if (!resolution || !held_keep(&misses->budget, &resolution->held, frame)) {
		misses->expired_frames++;
		return;
	}
	/* It was answered meanwhile, or the map has evicted what weftd still knows. */
	if (resolution->state != ASKED) {
		resolution_write(misses, resolution);
		held_send(misses->agent, &misses->budget, &resolution->held);
		return;
	}
	if (resolution->asked_ms)
		return;
	resolution->asking_node = ntohl(frame->asking_node);
	resolution->due_ms = now_ms() + REASK_MS;
	resolution_ask(misses, resolution);
}

/* ---- time ------------------------------------------------------------------------------------- */

/* A known mapping is asked for anew; nothing happens to it while the manager is away. */
static void known_is_due(struct misses *misses, struct resolution *resolution, uint64_t now)
{
	struct mapping present;

	/* Evicted: nobody uses it. */
	if (dataplane_get(misses->agent->dataplane, DATAPLANE_MAPPINGS, &resolution->key,
			  &present) == -ENOENT) {
		resolution_free(misses, resolution);
		return;
	}
	resolution->due_ms = now + REFRESH_RETRY_MS;
	if (resolution_ask(misses, resolution) == -ENOENT)
		resolution_forget(misses, resolution);
}

static void asked_is_due(struct misses *misses, struct resolution *resolution, uint64_t now)
{
	if (now - resolution->asked_ms >= ANSWER_TIMEOUT_MS) {
		misses->expired_frames += resolution->held.count;
		resolution_forget(misses, resolution);
		return;
	}
	resolution->due_ms = now + REASK_MS;
	resolution_ask(misses, resolution);
}

static void misses_tick(int fd, short what, void *context)
{
	struct misses *misses = context;
	struct resolution *resolution, *next;
	uint64_t now = now_ms();

	if (!misses->agent->dataplane)
		return;
	/* So that what is in use is seen to be. */
	dataplane_forget_flows(misses->agent->dataplane);
	for (resolution = TAILQ_FIRST(&misses->all); resolution; resolution = next) {
		next = TAILQ_NEXT(resolution, all);
		if (resolution->due_ms > now)
			continue;
		if (resolution->state == KNOWN)
			known_is_due(misses, resolution, now);
		else if (resolution->state == NOBODY)
			resolution_forget(misses, resolution);
		else
			asked_is_due(misses, resolution, now);
	}
}

/* ---- the whole cache -------------------------------------------------------------------------- */

/* Takes one entry of the map over; what can't be vouched for is deleted. */
static int mapping_adopt(const void *key, const void *value, void *context)
{
	struct misses *misses = context;
	const struct mapping *mapping = value;
	struct resolution *resolution;

	if (resolution_find(misses, key))
		return 0;
	resolution = mapping->state == MAPPING_REMOTE || mapping->state == MAPPING_LOCAL
			     ? resolution_get(misses, key)
			     : NULL;
	if (!resolution) {
		dataplane_delete(misses->agent->dataplane, DATAPLANE_MAPPINGS, key);
		return 0;
	}
	resolution->state = KNOWN;
	resolution->locator.bits = misses->agent->locator.bits;
	memcpy(resolution->locator.octets, mapping->substrate.octets, resolution->locator.bits / 8);
	memcpy(resolution->mac.octets, mapping->mac, sizeof(resolution->mac));
	resolution->slot = mapping->slot;
	resolution->subnet = mapping->subnet;
	return 0; /* due at once: it is asked for anew */
}

void misses_adopt(struct misses *misses)
{
	dataplane_each(misses->agent->dataplane, DATAPLANE_MAPPINGS, mapping_adopt, misses);
}

void misses_resync(struct misses *misses)
{
	struct resolution *resolution;

	TAILQ_FOREACH(resolution, &misses->all, all)
	resolution->due_ms = 0;
	misses_tick(-1, 0, misses);
}

void misses_rewrite(struct misses *misses)
{
	struct resolution *resolution;

	if (!misses->agent->dataplane)
		return;
	TAILQ_FOREACH(resolution, &misses->all, all)
	if (resolution->state == KNOWN)
		resolution_write(misses, resolution);
}

void misses_status(const struct misses *misses, struct misses_status *ret_status)
{
	const struct resolution *resolution;

	*ret_status = (struct misses_status){
		.held_octets = misses->budget.octets,
		.expired_frames = misses->expired_frames,
	};
	TAILQ_FOREACH(resolution, &misses->all, all)
	{
		ret_status->held_frames += resolution->held.count;
		if (resolution->state == ASKED)
			ret_status->pending++;
		else if (resolution->state == NOBODY)
			ret_status->negative++;
		else if (memcmp(&resolution->locator, &misses->agent->locator,
				sizeof(resolution->locator)) == 0)
			ret_status->local++;
		else
			ret_status->remote++;
	}
}

int misses_open(struct agent *agent, struct misses **ret_misses)
{
	struct timeval period = {.tv_usec = TICK_MS * 1000};
	struct misses *misses = calloc(1, sizeof(*misses));

	if (!misses)
		return -ENOMEM;
	misses->agent = agent;
	TAILQ_INIT(&misses->all);
	misses->tick = event_new(agent->base, -1, EV_PERSIST, misses_tick, misses);
	if (!misses->tick || event_add(misses->tick, &period) < 0) {
		misses_close(misses);
		return -ENOMEM;
	}
	*ret_misses = misses;
	return 0;
}

void misses_close(struct misses *misses)
{
	struct resolution *resolution;

	if (!misses)
		return;
	while ((resolution = TAILQ_FIRST(&misses->all)) != NULL)
		resolution_free(misses, resolution);
	if (misses->tick)
		event_free(misses->tick);
	free(misses);
}

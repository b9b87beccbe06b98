/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dataplane of this host, once its locator is known: loaded, or taken over from an earlier weftd, with the
 * pair of devices through which held frames go in again. What it holds goes to misses.c and reassembly.c.
 */
#include <errno.h>
#include <string.h>

#include "agent.h"
#include "controller/log.h"
#include "interfaces.h"
#include "next_hops.h"
#include "reassembly.h"
#include "reinject.h"

#define SUBSTRATE_GROWTH 28 /* IPv6's 40 octets for IPv4's 20, and 8 for a fragment header */

/* The substrate must carry what the nodes may send, and what the new header adds. */
static void mtu_check(struct agent *agent, const struct interface *substrate)
{
	uint32_t needed = 0;

	for (size_t i = 0; i < agent->port_count; i++) {
		const struct agent_port *port = &agent->ports[i];
		uint32_t mtu = port->network->subnets[port->node->subnet].mtu;

		if (mtu + SUBSTRATE_GROWTH > needed)
			needed = mtu + SUBSTRATE_GROWTH;
	}
	if (needed > agent->mtu_needed && substrate->mtu < needed)
		log_warning("interface %s: its MTU is %u and the nodes' packets need %u; longer "
			    "ones will be lost",
			    substrate->name, substrate->mtu, needed);
	agent->mtu_needed = needed;
}

static void held_frame(const struct held_frame *frame, void *context)
{
	struct agent *agent = context;
	const struct held_frame *whole;

	if (frame->purpose != HELD_FOR_REASSEMBLY) {
		misses_held(agent->misses, frame);
		return;
	}
	whole = reassembly_add(agent->reassembly, frame, now_ms());
	if (whole && reinject_send(agent->reinject, agent->reinject_out_ifindex, whole) < 0)
		log_debug("packet of %u octets for a router: can't send it; it is lost",
			  whole->length);
}

static void held_readable(int fd, short what, void *context)
{
	struct agent *agent = context;

	dataplane_held_take(agent->dataplane, held_frame, agent);
}

static int reinjection_open(struct agent *agent)
{
	int fd, err;

	if (agent->reinject >= 0)
		return 0;
	err = interfaces_make_pair(REINJECT_DEVICE_OUT, REINJECT_DEVICE_IN,
				   &agent->reinject_out_ifindex, &agent->reinject_in_ifindex);
	if (err) {
		log_error("devices %s and %s: %s; frames can't be held, so nothing is attached",
			  REINJECT_DEVICE_OUT, REINJECT_DEVICE_IN, strerror(-err));
		return err;
	}
	fd = reinject_open(agent->reinject_out_ifindex);
	if (fd < 0) {
		log_error("device %s: %s; frames can't be held, so nothing is attached",
			  REINJECT_DEVICE_OUT, strerror(-fd));
		return fd;
	}
	agent->reinject = fd;
	return 0;
}

/* Loads the programs for this locator, taking over what an earlier weftd has left. */
static int dataplane_start(struct agent *agent, const struct substrate_locator *locator,
			   uint32_t substrate_ifindex)
{
	struct dataplane_config config = {
		.hook = agent->hook,
		.pins = agent->options.pins,
		.locator = *locator,
		.substrate_ifindex = substrate_ifindex,
		.reinject_ifindex = agent->reinject_in_ifindex,
		.reinject_out_ifindex = agent->reinject_out_ifindex,
		.answers_per_second = agent->options.answers_per_second,
		.answers_burst = agent->options.answers_burst,
		.misses_per_second = agent->options.misses_per_second,
		.misses_burst = agent->options.misses_burst,
		.mappings = agent->options.mappings,
	};
	char why[512], text[IPV6_TEXT_MAX + 4];
	bool adopted;
	int err = dataplane_open(&config, why, sizeof(why), &adopted, &agent->dataplane);

	if (err) {
		log_error("dataplane in %s: %s; no packet of a node is handled", config.pins, why);
		return err;
	}
	agent->held = event_new(agent->base, dataplane_held_fd(agent->dataplane),
				EV_READ | EV_PERSIST, held_readable, agent);
	if (!agent->held || event_add(agent->held, NULL) < 0) {
		dataplane_close(agent->dataplane);
		agent->dataplane = NULL;
		return -ENOMEM;
	}
	agent->locator = *locator;
	agent->substrate_ifindex = substrate_ifindex;
	log_info("dataplane for %s on %s %s", locator_text(locator, text), agent->options.interface,
		 adopted ? "adopted" : "loaded");
	if (adopted)
		misses_adopt(agent->misses);
	return 0;
}

static void dataplane_stop(struct agent *agent)
{
	if (agent->held)
		event_free(agent->held);
	agent->held = NULL;
	dataplane_close(agent->dataplane);
	agent->dataplane = NULL;
}

static bool dataplane_is_for(const struct agent *agent, const struct substrate_locator *locator,
			     uint32_t substrate_ifindex)
{
	return agent->dataplane && memcmp(locator, &agent->locator, sizeof(*locator)) == 0 &&
	       substrate_ifindex == agent->substrate_ifindex;
}

int agent_ensure_dataplane(struct agent *agent)
{
	const struct interface *substrate =
		interfaces_find(agent->interfaces, agent->options.interface);
	const struct substrate_locator *locator;
	int err;

	if (!agent->model || !agent->model->host_count)
		return agent->dataplane ? 0 : -ENODATA;
	if (!substrate) {
		log_warning("interface %s: not there; weftd waits for it",
			    agent->options.interface);
		return -ENODEV;
	}
	locator = &agent->model->hosts[0].locator;
	mtu_check(agent, substrate);
	if (!dataplane_is_for(agent, locator, substrate->ifindex)) {
		err = reinjection_open(agent);
		if (err)
			return err;
		dataplane_stop(agent);
		err = dataplane_start(agent, locator, substrate->ifindex);
		if (err)
			return err;
	}
	next_hops_set_interface(agent->next_hops, substrate->ifindex, substrate->mac,
				substrate->xdp_receives);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The nodes of this host whose interfaces are there, and the dataplane that serves them. A new
 * assignment and an interface that comes or goes end in the same place: agent_reconcile().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "controller/log.h"
#include "controller/plan.h"
#include "headroom.h"
#include "interfaces.h"
#include "next_hops.h"
#include "reconcile.h"
#include "reassembly.h"
#include "reinject.h"

#define SUBSTRATE_GROWTH 28 /* IPv6's 40 octets for IPv4's 20, and 8 for a fragment header */

static struct agent_port *ports_of(struct model *model, size_t *ret_count)
{
	struct agent_port *ports;
	size_t count = 0;

	for (size_t n = 0; n < model->network_count; n++)
		count += model->networks[n].node_count;
	ports = calloc(count ? count : 1, sizeof(*ports));
	if (!ports)
		return NULL;
	*ret_count = 0;
	for (size_t n = 0; n < model->network_count; n++) {
		struct network *network = &model->networks[n];

		for (size_t i = 0; i < network->node_count; i++) {
			struct agent_port *port = &ports[(*ret_count)++];

			port->network = network;
			port->node = &network->nodes[i];
			node_interface_name(network, port->node, port->name);
		}
	}
	return ports;
}

int agent_assign(struct agent *agent, struct model *model)
{
	size_t count;
	struct agent_port *ports = ports_of(model, &count);

	if (!ports) {
		model_free(model);
		return -ENOMEM;
	}
	free(agent->ports);
	model_free(agent->model);
	agent->model = model;
	agent->ports = ports;
	agent->port_count = count;
	agent_reconcile(agent);
	return 0;
}

const struct agent_port *agent_find_port(const struct agent *agent, uint32_t network,
					 uint32_t address)
{
	for (size_t i = 0; i < agent->port_count; i++) {
		const struct agent_port *port = &agent->ports[i];

		if (port->ifindex && port->network->id == network && port->node->address == address)
			return port;
	}
	return NULL;
}

bool agent_has_port(const struct agent *agent, uint32_t ifindex)
{
	for (size_t i = 0; i < agent->port_count; i++)
		if (agent->ports[i].ifindex == ifindex)
			return true;
	return false;
}

const struct agent_port *agent_any_port(const struct agent *agent, uint32_t network)
{
	for (size_t i = 0; i < agent->port_count; i++)
		if (agent->ports[i].network->id == network)
			return &agent->ports[i];
	return NULL;
}

/* Looks which interfaces of ports are there now. */
static void ports_refresh(struct agent *agent)
{
	for (size_t i = 0; i < agent->port_count; i++) {
		struct agent_port *port = &agent->ports[i];
		const struct interface *found = interfaces_find(agent->interfaces, port->name);

		port->ifindex = found ? found->ifindex : 0;
		port->master = found ? found->master : 0;
		port->flags = 0;
		if (found && found->peer_elsewhere)
			port->flags |= PORT_PEER;
		if (found && found->xdp_receives)
			port->flags |= PORT_XDP;
	}
}

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

/* Has the dataplane that the assignment wants; 0, or -errno and none. */
static int dataplane_ensure(struct agent *agent)
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

static bool port_is_wanted(uint32_t ifindex, void *context)
{
	return agent_has_port(context, ifindex);
}

/* Gives an interface its datapath, and says once what is new about that. */
static void datapath_apply(struct agent *agent, const char *name, uint32_t ifindex,
			   bool is_substrate, int *error)
{
	enum datapath wanted = datapath_rules_find(&agent->options.datapaths, name, is_substrate);
	enum xdp_place place;
	enum datapath before = dataplane_datapath(agent->dataplane, ifindex, &place);
	int err = dataplane_set_datapath(agent->dataplane, ifindex, wanted);

	if (err && err != *error && err != -ENODEV)
		log_warning("interface %s: %s can't be had: %s; its packets go by tc", name,
			    datapath_name(wanted),
			    err == -EBUSY ? "another XDP program is there" : strerror(-err));
	*error = err;
	if (dataplane_datapath(agent->dataplane, ifindex, &place) != before)
		log_info("interface %s: %s", name,
			 datapath_text(err ? DATAPATH_TC : wanted, place));
}

/* Attaches where it isn't yet; the maps already know the port. */
static void ports_attach(struct agent *agent)
{
	for (size_t i = 0; i < agent->port_count; i++) {
		struct agent_port *port = &agent->ports[i];
		int err;

		if (!port->ifindex)
			continue;
		if (!dataplane_is_attached(agent->dataplane, port->ifindex))
			log_info("port %s: node %s/%s", port->name, port->network->name,
				 port->node->name);
		err = dataplane_attach(agent->dataplane, port->ifindex);
		if (err && err != -ENODEV) /* that one is about to be reported as gone */
			log_error("port %s: can't attach: %s; node %s/%s has no network",
				  port->name, strerror(-err), port->network->name,
				  port->node->name);
		if (!err)
			datapath_apply(agent, port->name, port->ifindex, false, &port->xdp_error);
	}
}

static int plan_ports(const struct agent *agent, struct plan *ret_plan)
{
	struct plan_port *ports = calloc(agent->port_count + 1, sizeof(*ports));
	size_t count = 0;
	int err;

	if (!ports)
		return -ENOMEM;
	for (size_t i = 0; i < agent->port_count; i++) {
		const struct agent_port *port = &agent->ports[i];

		if (port->ifindex)
			ports[count++] = (struct plan_port){port->network, port->node,
							    port->ifindex, port->flags};
	}
	err = plan_build(&agent->locator, ports, count, ret_plan);
	free(ports);
	return err;
}

void agent_reconcile(struct agent *agent)
{
	struct plan plan;
	int err;

	ports_refresh(agent);
	if (dataplane_ensure(agent) < 0)
		return;
	err = plan_ports(agent, &plan);
	if (err) {
		log_error("plan: %s; the dataplane stays as it was", strerror(-err));
		return;
	}
	/* What is new works before it is used, what is old is unused before it goes. */
	err = reconcile_write(agent->dataplane, &plan);
	if (err)
		log_error("maps: can't write the plan: %s; some packets will be dropped",
			  strerror(-err));
	ports_attach(agent);
	datapath_apply(agent, agent->options.interface, agent->substrate_ifindex, true,
		       &agent->substrate_xdp_error);
	dataplane_detach_others(agent->dataplane, port_is_wanted, agent);
	reconcile_delete(agent->dataplane, &plan);
	headroom_reconcile(agent);
	plan_clear(&plan);
	misses_rewrite(agent->misses);
}

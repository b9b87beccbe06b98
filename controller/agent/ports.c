/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The nodes of this host whose interfaces are there, and what the dataplane is to know of them. A new
 * assignment and an interface that comes or goes end in the same place: agent_reconcile().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "controller/log.h"
#include "controller/plan.h"
#include "headroom.h"
#include "interfaces.h"
#include "reconcile.h"

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
	if (agent_ensure_dataplane(agent) < 0)
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

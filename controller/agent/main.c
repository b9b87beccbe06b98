/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weftd: the event loop that brings the parts together. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "controller/daemon.h"
#include "controller/log.h"
#include "controller/version.h"
#include "headroom.h"
#include "interfaces.h"
#include "link.h"
#include "next_hops.h"
#include "reassembly.h"
#include "reinject.h"

/* Leaves nothing of weft on this host. */
static int host_clear(const struct agent_options *options)
{
	int err = dataplane_remove(options->pins);

	if (err == -ENOENT)
		err = 0; /* nothing is pinned there */
	if (err)
		log_error("dataplane in %s: %s; some of it is still there", options->pins,
			  strerror(-err));
	if (err)
		return err;
	err = link_remove(REINJECT_DEVICE_OUT);
	if (!err)
		err = headroom_remove();
	if (err)
		log_error("devices: %s; some of weft's are still there", strerror(-err));
	return err;
}

static void interfaces_changed(void *context)
{
	agent_reconcile(context);
}

static void routes_changed(void *context)
{
	const struct agent *agent = context;

	misses_rewrite(agent->misses);
}

static int next_hop_write(uint32_t number, const struct next_hop *hop, void *context)
{
	const struct agent *agent = context;
	int err;

	if (!agent->dataplane)
		return -ENODEV;
	err = dataplane_put(agent->dataplane, DATAPLANE_NEXT_HOPS, &number, hop);
	if (err)
		log_error(
			"next hop %u: can't write it: %s; XDP may send to an old MAC for a minute",
			number, strerror(-err));
	return err;
}

static const struct next_hops_handlers next_hops_handlers = {
	.routes_changed = routes_changed,
	.write = next_hop_write,
};

/* Opens all parts; what fails is logged. */
static int agent_open(struct agent *agent)
{
	int err = interfaces_open(agent->base, interfaces_changed, agent, &agent->interfaces);

	if (err) {
		log_error("interfaces: %s; weftd can't work without", strerror(-err));
		return err;
	}
	err = next_hops_open(agent->base, &next_hops_handlers, agent, &agent->next_hops);
	if (err) {
		log_error("routes and neighbours: %s; weftd can't work without", strerror(-err));
		return err;
	}
	agent->reassembly = reassembly_new();
	err = agent->reassembly ? misses_open(agent, &agent->misses) : -ENOMEM;
	if (!err)
		err = session_open(agent, &agent->session);
	if (err == -EINVAL) {
		log_error("manager %s: it is no address, [IPv6]:PORT, IPv4:PORT or NAME:PORT is; "
			  "not started",
			  agent->options.manager);
		return err;
	}
	if (err) {
		log_error("event loop: %s; weftd can't work without", strerror(-err));
		return err;
	}
	daemon_make_directory_of(agent->options.socket);
	err = operator_open(agent, &agent->operator_socket);
	if (err)
		log_error("socket %s: %s; weftd ends, is another one running?",
			  agent->options.socket, strerror(-err));
	return err;
}

static void agent_close(struct agent *agent)
{
	operator_close(agent->operator_socket);
	session_close(agent->session);
	misses_close(agent->misses);
	reassembly_free(agent->reassembly);
	next_hops_close(agent->next_hops);
	interfaces_close(agent->interfaces);
	if (agent->held)
		event_free(agent->held);
	dataplane_close(agent->dataplane);
	if (agent->reinject >= 0)
		close(agent->reinject);
	free(agent->ports);
	model_free(agent->model);
}

int main(int argc, char **argv)
{
	struct agent agent = {.reinject = -1};
	int status = options_parse(argc, argv, &agent.options);

	if (status >= 0)
		return status;
	log_open("weftd", agent.options.debug);
	if (agent.options.task == TASK_PROBE)
		return kernel_print() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (agent.options.task == TASK_REMOVE)
		return host_clear(&agent.options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (agent_probe(&agent) < 0)
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	agent.base = event_base_new();
	if (!agent.base) {
		log_error("event loop: out of memory; weftd ends");
		return EXIT_FAILURE;
	}
	status = agent_open(&agent) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (status == EXIT_SUCCESS) {
		log_info("host %s: started, weft " WEFT_VERSION, agent.options.host);
		status = daemon_run(agent.base) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		log_info("host %s: ends; its traffic goes on", agent.options.host);
	}
	agent_close(&agent);
	event_base_free(agent.base);
	return status;
}

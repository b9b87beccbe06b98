/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The operator's Unix socket of weftd: what `weft status` and `weft stats` ask for, as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "controller/channel.h"
#include "controller/log.h"
#include "controller/version.h"
#include "headroom.h"
#include "interfaces.h"

struct operator_socket {
	struct agent *agent;
	struct channel_listener *listener;
};

/* Which way the packets that come in on an interface go. */
static const char *datapath_of(const struct agent *agent, uint32_t ifindex)
{
	enum xdp_place place = XDP_NOWHERE;
	enum datapath datapath = DATAPATH_TC;

	if (agent->dataplane)
		datapath = dataplane_datapath(agent->dataplane, ifindex, &place);
	return datapath_text(datapath, place);
}

static json_t *ports_json(const struct agent *agent)
{
	json_t *ports = json_array();

	for (size_t i = 0; i < agent->port_count; i++) {
		const struct agent_port *port = &agent->ports[i];
		char address[IPV4_TEXT_MAX], mac[MAC_TEXT_MAX];
		bool attached = port->ifindex && agent->dataplane &&
				dataplane_is_attached(agent->dataplane, port->ifindex);

		json_array_append_new(
			ports,
			json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:b}", "node",
				  json_sprintf("%s/%s", port->network->name, port->node->name),
				  "interface", port->name, "address",
				  ipv4_text(port->node->address, address), "mac",
				  mac_text(&port->node->mac, mac), "state",
				  attached ? "attached" : "missing", "datapath",
				  attached ? datapath_of(agent, port->ifindex) : "none",
				  "xdp_receive", (port->flags & PORT_XDP) != 0));
	}
	return ports;
}

static json_t *mtu_json(const struct agent *agent)
{
	const struct interface *substrate =
		interfaces_find(agent->interfaces, agent->options.interface);

	return json_pack("{s:i, s:i}", "interface", substrate ? (int)substrate->mtu : 0, "needed",
			 (int)agent->mtu_needed);
}

static json_t *headroom_json(const struct agent *agent)
{
	size_t present = 0;

	for (size_t i = 0; i < agent->port_count; i++)
		present += agent->ports[i].ifindex != 0;
	return json_pack("{s:s, s:I, s:I}", "wanted", agent->options.no_headroom ? "off" : "auto",
			 "have", (json_int_t)headroom_count(agent), "ports", (json_int_t)present);
}

static json_t *kernel_json(const struct kernel *kernel)
{
	json_t *features = json_object(), *without = json_object();

	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		const struct kernel_feature_text *text = &kernel_features[i];

		json_object_set_new(features, text->name, json_boolean(kernel->has[i]));
		if (!kernel->has[i])
			json_object_set_new(without, text->name, json_string(text->without));
	}
	return json_pack("{s:s, s:o, s:o}", "release", kernel->release, "features", features,
			 "without", without);
}

static json_t *status_json(const struct agent *agent)
{
	char locator[IPV6_TEXT_MAX + 4] = "";
	struct misses_status misses;
	const char *hook = "none";

	misses_status(agent->misses, &misses);
	if (agent->dataplane) {
		hook = hook_name(dataplane_hook(agent->dataplane));
		locator_text(&agent->locator, locator);
	}
	return json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:I, s:I}, s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o,"
		" s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}}",
		"host", agent->options.host, "version", WEFT_VERSION, "manager", "address",
		agent->options.manager, "state",
		session_is_connected(agent->session) ? "connected" : "connecting", "revision",
		(json_int_t)agent->revision, "epoch", (json_int_t)agent->epoch, "synced",
		agent->synced, "interface", agent->options.interface, "locator", locator, "hook",
		hook, "datapath", datapath_of(agent, agent->substrate_ifindex), "kernel",
		kernel_json(&agent->kernel), "mtu", mtu_json(agent), "headroom",
		headroom_json(agent), "ports", ports_json(agent), "mappings", "remote",
		(json_int_t)misses.remote, "local", (json_int_t)misses.local, "negative",
		(json_int_t)misses.negative, "pending", (json_int_t)misses.pending, "held",
		"frames", (json_int_t)misses.held_frames, "bytes", (json_int_t)misses.held_octets,
		"expired", (json_int_t)misses.expired_frames);
}

static json_t *stats_json(const struct agent *agent)
{
	uint64_t counts[REASON_COUNT] = {};
	json_t *counters = json_object();

	if (agent->dataplane)
		dataplane_counters(agent->dataplane, counts);
	for (int reason = 0; reason < REASON_COUNT; reason++)
		json_object_set_new(counters, reason_text(reason)->name,
				    json_integer((json_int_t)counts[reason]));
	return json_pack("{s:o}", "counters", counters);
}

/* Answers one request. `document` is taken over; NULL: it could not be made. */
static int reply(struct channel *channel, json_t *document)
{
	Weft__OperatorReply message = WEFT__OPERATOR_REPLY__INIT;
	char *output = document ? json_dumps(document, JSON_COMPACT) : NULL;
	int err;

	json_decref(document);
	message.output = output ? output : (char *)"";
	message.status = output ? 0 : 1;
	message.errors =
		output ? (char *)"" : (char *)"weftd: the counters can't be read; no answer\n";
	err = channel_send(channel, WEFT__MESSAGE_TYPE__OPERATOR_REPLY, &message.base);
	free(output);
	return err;
}

static int operator_received(struct channel *channel, Weft__MessageType type,
			     const ProtobufCMessage *message, void *context)
{
	const Weft__OperatorRequest *request = (const Weft__OperatorRequest *)message;
	Weft__OperatorReply refusal = WEFT__OPERATOR_REPLY__INIT;
	struct agent *agent = context;

	if (type != WEFT__MESSAGE_TYPE__OPERATOR_REQUEST)
		return channel_fail(channel, "message type %d is none that an operator sends",
				    type);
	if (strcmp(request->verb, "status") == 0)
		return reply(channel, status_json(agent));
	if (strcmp(request->verb, "stats") == 0)
		return reply(channel, stats_json(agent));
	refusal.status = 2;
	refusal.errors = (char *)"weftd: it knows `status` and `stats`; nothing was done\n";
	return channel_send(channel, WEFT__MESSAGE_TYPE__OPERATOR_REPLY, &refusal.base);
}

static const struct channel_handlers operator_handlers = {.received = operator_received};

static void operator_accepted(struct channel *channel, void *context)
{
	struct operator_socket *socket = context;

	channel_handle(channel, &operator_handlers, socket->agent);
}

int operator_open(struct agent *agent, struct operator_socket **ret_socket)
{
	struct operator_socket *socket = calloc(1, sizeof(*socket));
	char address[256];
	int err;

	if (!socket)
		return -ENOMEM;
	socket->agent = agent;
	snprintf(address, sizeof(address), "unix:%s", agent->options.socket);
	err = channel_listen(agent->base, address, OPERATOR_FRAME_MAX, operator_accepted, socket,
			     &socket->listener);
	if (err) {
		free(socket);
		return err;
	}
	*ret_socket = socket;
	return 0;
}

void operator_close(struct operator_socket *socket)
{
	if (!socket)
		return;
	channel_listener_close(socket->listener);
	free(socket);
}

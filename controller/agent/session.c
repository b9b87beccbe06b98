/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection to the manager: made again whenever it breaks, soon at first and then less often.
 * What is assigned is collected until SYNC and handed on as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "assignment.h"
#include "controller/channel.h"
#include "controller/log.h"
#include "controller/version.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  2000
#define HEARTBEAT_S    5
#define SILENCE_MAX    3 /* heartbeats that may be missing */
#define FRAME_MAX      (64U << 20) /* an assignment of some 100,000 nodes */

struct session {
	struct agent *agent;
	struct channel *channel; /* NULL while waiting to connect */
	struct event *retry;
	struct event *heartbeat;
	struct assignment assignment;
	unsigned int retry_ms;
	unsigned int silent; /* heartbeats since something came */
	bool connected;
	bool complained; /* that the manager is not there: once, not at each try */
};

static int session_connect(struct session *session);

static struct timeval milliseconds(unsigned int ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static void session_lost(struct session *session)
{
	struct timeval delay = milliseconds(session->retry_ms);

	session->channel = NULL;
	session->connected = false;
	session->agent->synced = false;
	event_del(session->heartbeat);
	event_add(session->retry, &delay);
	session->retry_ms *= 2;
	if (session->retry_ms > RETRY_LAST_MS)
		session->retry_ms = RETRY_LAST_MS;
}

static void session_closed(struct channel *channel, const char *reason, void *context)
{
	struct session *session = context;

	if (session->connected || !session->complained)
		log_warning("manager %s: %s; known mappings go on, misses wait for it",
			    session->agent->options.manager, reason);
	session->complained = true;
	session_lost(session);
}

static void session_opened(struct channel *channel, void *context)
{
	struct session *session = context;
	Weft__Hello hello = WEFT__HELLO__INIT;
	struct timeval period = {.tv_sec = HEARTBEAT_S};

	log_info("manager %s: connected", session->agent->options.manager);
	session->connected = true;
	session->complained = false;
	session->silent = 0;
	hello.version = WEFT__PROTOCOL_VERSION__VERSION_CURRENT;
	hello.host = (char *)session->agent->options.host;
	hello.software = (char *)"weft " WEFT_VERSION;
	channel_send(channel, WEFT__MESSAGE_TYPE__HELLO, &hello.base);
	event_add(session->heartbeat, &period);
}

static void heartbeat_send(struct session *session)
{
	Weft__Heartbeat heartbeat = WEFT__HEARTBEAT__INIT;

	heartbeat.revision = session->agent->revision;
	channel_send(session->channel, WEFT__MESSAGE_TYPE__HEARTBEAT, &heartbeat.base);
}

static int session_sync(struct session *session, const Weft__Sync *sync)
{
	struct agent *agent = session->agent;
	const char *why = "out of memory";
	struct model *model;
	int err = assignment_model(&session->assignment, &why, &model);

	if (err)
		return channel_fail(session->channel, "%s", why);
	err = agent_assign(agent, model);
	if (err)
		log_error("assignment of revision %lu: %s; the dataplane stays as it was",
			  (unsigned long)sync->revision, strerror(-err));
	agent->epoch = sync->epoch;
	agent->revision = sync->revision;
	if (!agent->synced)
		misses_resync(agent->misses);
	agent->synced = true;
	session->retry_ms = RETRY_FIRST_MS;
	heartbeat_send(session); /* at once: the operator sees which revision the host has */
	return 0;
}

static int session_invalidate(struct session *session, const Weft__Invalidate *invalidate)
{
	Weft__Acknowledge acknowledge = WEFT__ACKNOWLEDGE__INIT;
	const char *why;

	if (!invalidate->mapping)
		misses_forget(session->agent->misses, invalidate->network, invalidate->address);
	else if (misses_mapping(session->agent->misses, invalidate->mapping, &why) == -EPROTO)
		return channel_fail(session->channel, "%s", why);
	acknowledge.id = invalidate->id;
	return channel_send(session->channel, WEFT__MESSAGE_TYPE__ACKNOWLEDGE, &acknowledge.base);
}

static int session_received(struct channel *channel, Weft__MessageType type,
			    const ProtobufCMessage *message, void *context)
{
	struct session *session = context;
	struct misses *misses = session->agent->misses;
	const char *why = "out of memory";
	int err = 0;

	session->silent = 0;
	switch (type) {
	case WEFT__MESSAGE_TYPE__REFUSE:
		return channel_fail(channel, "refused this host: %s",
				    ((const Weft__Refuse *)message)->reason);
	case WEFT__MESSAGE_TYPE__ASSIGN:
		err = assignment_nodes(&session->assignment, (const Weft__Assign *)message, &why);
		break;
	case WEFT__MESSAGE_TYPE__TOPOLOGY:
		err = assignment_topology(&session->assignment, (const Weft__Topology *)message,
					  &why);
		break;
	case WEFT__MESSAGE_TYPE__SYNC:
		return session_sync(session, (const Weft__Sync *)message);
	case WEFT__MESSAGE_TYPE__MAPPING:
		err = misses_mapping(misses, (const Weft__Mapping *)message, &why);
		break;
	case WEFT__MESSAGE_TYPE__NEGATIVE:
		err = misses_negative(misses, (const Weft__Negative *)message);
		break;
	case WEFT__MESSAGE_TYPE__INVALIDATE:
		return session_invalidate(session, (const Weft__Invalidate *)message);
	case WEFT__MESSAGE_TYPE__HEARTBEAT:
		break;
	default:
		return channel_fail(channel, "message type %d is none that a manager sends", type);
	}
	return err ? channel_fail(channel, "%s", why) : 0;
}

static const struct channel_handlers session_handlers = {
	.received = session_received,
	.opened = session_opened,
	.closed = session_closed,
};

static void session_heartbeat(int fd, short what, void *context)
{
	struct session *session = context;

	if (++session->silent > SILENCE_MAX) {
		log_warning("manager %s: silent for %d s; connecting anew",
			    session->agent->options.manager, HEARTBEAT_S * SILENCE_MAX);
		channel_close(session->channel);
		session_lost(session);
		return;
	}
	heartbeat_send(session);
}

static void session_retry(int fd, short what, void *context)
{
	session_connect(context);
}

/* Starts connecting; when that fails it is tried again. 0, or -EINVAL if it never can succeed. */
static int session_connect(struct session *session)
{
	struct agent *agent = session->agent;
	int err = channel_connect(agent->base, agent->options.manager, FRAME_MAX, &session_handlers,
				  session, &session->channel);

	if (err == 0 || err == -EINVAL)
		return err;
	if (!session->complained)
		log_warning("manager %s: %s; trying again", agent->options.manager, strerror(-err));
	session->complained = true;
	session_lost(session);
	return 0;
}

int session_open(struct agent *agent, struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->agent = agent;
	session->retry_ms = RETRY_FIRST_MS;
	session->retry = event_new(agent->base, -1, 0, session_retry, session);
	session->heartbeat = event_new(agent->base, -1, EV_PERSIST, session_heartbeat, session);
	if (!session->retry || !session->heartbeat) {
		session_close(session);
		return -ENOMEM;
	}
	if (session_connect(session) == -EINVAL) {
		session_close(session);
		return -EINVAL;
	}
	*ret_session = session;
	return 0;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	channel_close(session->channel);
	if (session->retry)
		event_free(session->retry);
	if (session->heartbeat)
		event_free(session->heartbeat);
	assignment_clear(&session->assignment);
	free(session);
}

bool session_is_connected(const struct session *session)
{
	return session->connected;
}

int session_resolve(struct session *session, uint32_t network, uint32_t address, uint32_t node)
{
	Weft__Resolve resolve = WEFT__RESOLVE__INIT;

	if (!session->connected)
		return -ENOTCONN;
	resolve.network = network;
	resolve.address = address;
	resolve.node = node;
	return channel_send(session->channel, WEFT__MESSAGE_TYPE__RESOLVE, &resolve.base);
}

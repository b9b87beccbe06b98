/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections of hosts: HELLO first, then questions, acknowledgements and heartbeats. Whatever else
 * comes closes the connection, and nothing but the connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/log.h"
#include "manager.h"
#include "messages.h"

#define SOFTWARE_MAX 64 /* characters of what a host calls its software */

static void session_free(struct session *session)
{
	TAILQ_REMOVE(&session->manager->sessions, session, next);
	address_set_clear(&session->known);
	address_set_clear(&session->absent);
	free(session->topologies);
	free(session->software);
	free(session->name);
	free(session);
}

static void session_close(struct session *session)
{
	channel_close(session->channel);
	session_free(session);
}

static void session_closed(struct channel *channel, const char *reason, void *context)
{
	struct session *session = context;

	if (session->name)
		log_info("host %s at %s: %s; it goes on with what it knows", session->name,
			 channel_peer(channel), reason);
	else
		log_warning("a connection from %s, which had not said which host it is: %s",
			    channel_peer(channel), reason);
	session_free(session);
}

/* ---- HELLO ------------------------------------------------------------------------------------- */

static int session_refuse(struct session *session, const char *reason)
{
	Weft__Refuse refuse = WEFT__REFUSE__INIT;

	log_warning("a connection from %s is refused: %s", channel_peer(session->channel), reason);
	refuse.reason = (char *)reason;
	channel_send(session->channel, WEFT__MESSAGE_TYPE__REFUSE, &refuse.base);
	session_close(session);
	return 0;
}

/* As topology files name hosts: it is going to be logged and shown. */
static bool name_is_good(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= MODEL_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

static struct session *session_find(struct manager *manager, const char *name)
{
	struct session *session;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		if (session->name && strcmp(session->name, name) == 0)
			return session;
	}
	return NULL;
}

/* The newest connection of a host is the one that counts: of the other it may not know any more. */
static void session_replace(struct session *session, const char *name)
{
	struct session *old = session_find(session->manager, name);

	if (!old)
		return;
	log_warning("host %s connects from %s: its connection from %s is closed", name,
		    channel_peer(session->channel), channel_peer(old->channel));
	session_close(old);
}

static int session_hello(struct session *session, const Weft__Hello *hello)
{
	struct manager *manager = session->manager;
	char reason[128];

	if (session->name)
		return channel_fail(session->channel, "it sent a second Hello message");
	if (hello->version != WEFT__PROTOCOL_VERSION__VERSION_CURRENT) {
		snprintf(reason, sizeof(reason),
			 "it speaks version %u of the protocol, this manager version %d",
			 hello->version, WEFT__PROTOCOL_VERSION__VERSION_CURRENT);
		return session_refuse(session, reason);
	}
	if (!name_is_good(hello->host))
		return session_refuse(session, "what it calls itself can't be the name of a host");
	session_replace(session, hello->host);
	session->name = strdup(hello->host);
	session->software = strndup(hello->software, SOFTWARE_MAX);
	if (!session->name || !session->software)
		return channel_fail(session->channel, "there is no memory for it");
	session->host = state_host(manager->state, session->name);
	log_info("host %s at %s: connected, with %s%s", session->name,
		 channel_peer(session->channel), session->software,
		 session->host == MODEL_NONE ? "; the topology doesn't declare it (yet)" : "");
	if (session_push(session) < 0)
		return channel_fail(session->channel, "its state could not be sent");
	return 0;
}

/* ---- RESOLVE ----------------------------------------------------------------------------------- */

/* Whether the node on whose behalf a host asks is there, and of that network. */
static bool session_may_ask(const struct session *session, const Weft__Resolve *resolve)
{
	const struct state *state = session->manager->state;
	struct place asking = state_find(state, resolve->network, resolve->node);

	return session->host != MODEL_NONE && !place_is_nobody(asking) &&
	       state_node(state, asking)->host == session->host;
}

/* TTLs end what was forgotten here, so the set may be emptied when a host scans its networks. */
static int session_miss(struct session *session, uint32_t network_id, uint32_t address)
{
	if (session->absent.count >= NEGATIVES_MAX)
		address_set_clear(&session->absent);
	return address_set_add(&session->absent, network_id, address);
}

static int session_answer_negative(struct session *session, const Weft__Resolve *resolve,
				   Weft__NegativeReason reason)
{
	Weft__Negative negative = WEFT__NEGATIVE__INIT;

	negative.network = resolve->network;
	negative.address = resolve->address;
	negative.reason = reason;
	negative.time_to_live_s = NEGATIVE_TIME_TO_LIVE_S;
	negative.revision = session->manager->state->revision;
	return channel_send(session->channel, WEFT__MESSAGE_TYPE__NEGATIVE, &negative.base);
}

static int session_resolve(struct session *session, const Weft__Resolve *resolve)
{
	const struct state *state = session->manager->state;
	struct mapping_message message;
	struct place place;
	int error;

	session->questions++;
	/* Who may not ask is not subscribed either. */
	if (!session_may_ask(session, resolve))
		return session_answer_negative(session, resolve,
					       WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	place = state_find(state, resolve->network, resolve->address);
	if (place_is_nobody(place)) {
		error = session_miss(session, resolve->network, resolve->address);
		return error ? error
			     : session_answer_negative(session, resolve,
						       WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
	}
	error = address_set_add(&session->known, resolve->network, resolve->address);
	if (error)
		return error;
	message_mapping(state, place, &message);
	return channel_send(session->channel, WEFT__MESSAGE_TYPE__MAPPING, &message.mapping.base);
}

/* ---- everything that comes --------------------------------------------------------------------- */

static int session_acknowledged(struct session *session, uint64_t id)
{
	if (id <= session->last_acknowledged || id > session->last_sent)
		return channel_fail(session->channel,
				    "it acknowledged what it had not been sent, or twice");
	session->last_acknowledged = id;
	session->acknowledged++;
	return 0;
}

static int session_received(struct channel *channel, enum _Weft__MessageType type,
			    const ProtobufCMessage *message, void *context)
{
	struct session *session = context;
	int error;

	session->silent = 0;
	if (type == WEFT__MESSAGE_TYPE__HELLO)
		return session_hello(session, (const Weft__Hello *)message);
	if (!session->name)
		return channel_fail(channel, "it sent a %s message before Hello",
				    message->descriptor->short_name);
	switch (type) {
	case WEFT__MESSAGE_TYPE__RESOLVE:
		error = session_resolve(session, (const Weft__Resolve *)message);
		if (error == -ENOBUFS)
			return channel_fail(channel, "it asks but doesn't read the answers");
		return error ? channel_fail(channel, "its question found no memory") : 0;
	case WEFT__MESSAGE_TYPE__ACKNOWLEDGE:
		return session_acknowledged(session, ((const Weft__Acknowledge *)message)->id);
	case WEFT__MESSAGE_TYPE__HEARTBEAT:
		session->revision = ((const Weft__Heartbeat *)message)->revision;
		return 0;
	default:
		return channel_fail(channel, "it sent a %s message, which no host sends",
				    message->descriptor->short_name);
	}
}

static const struct channel_handlers session_handlers = {
	.received = session_received,
	.closed = session_closed,
};

static void host_accepted(struct channel *channel, void *context)
{
	struct manager *manager = context;
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		log_error("a connection from %s: out of memory; it is closed",
			  channel_peer(channel));
		channel_close(channel);
		return;
	}
	session->manager = manager;
	session->channel = channel;
	session->host = MODEL_NONE;
	TAILQ_INSERT_TAIL(&manager->sessions, session, next);
	channel_handle(channel, &session_handlers, session);
}

/* ---- heartbeats -------------------------------------------------------------------------------- */

/* Says so if the session must end. */
static bool session_is_over(struct session *session)
{
	if (!session->broken && ++session->silent > SILENCE_MAX) {
		log_warning("%s%s at %s: silent for %d s; the connection is closed",
			    session->name ? "host " : "a connection",
			    session->name ? session->name : "", channel_peer(session->channel),
			    HEARTBEAT_S * SILENCE_MAX);
		return true;
	}
	return session->broken;
}

static void heartbeat(evutil_socket_t fd, short events, void *context)
{
	struct manager *manager = context;
	Weft__Heartbeat message = WEFT__HEARTBEAT__INIT;
	struct session *session, *next;

	message.revision = manager->state->revision;
	for (session = TAILQ_FIRST(&manager->sessions); session; session = next) {
		next = TAILQ_NEXT(session, next);
		if (session_is_over(session))
			session_close(session);
		else if (session->name)
			channel_send(session->channel, WEFT__MESSAGE_TYPE__HEARTBEAT,
				     &message.base);
	}
}

int hosts_open(struct manager *manager, const char *address)
{
	struct timeval period = {.tv_sec = HEARTBEAT_S};

	manager->heartbeat = event_new(manager->base, -1, EV_PERSIST, heartbeat, manager);
	if (!manager->heartbeat || event_add(manager->heartbeat, &period) < 0)
		return -ENOMEM;
	return channel_listen(manager->base, address, HOST_FRAME_MAX, host_accepted, manager,
			      &manager->host_listener);
}

void hosts_close(struct manager *manager)
{
	channel_listener_close(manager->host_listener);
	manager->host_listener = NULL;
	while (!TAILQ_EMPTY(&manager->sessions))
		session_close(TAILQ_FIRST(&manager->sessions));
	if (manager->heartbeat)
		event_free(manager->heartbeat);
	manager->heartbeat = NULL;
}

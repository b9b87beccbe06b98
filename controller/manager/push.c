/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What hosts are sent without asking. Each session remembers digests of what it was sent, so the
 * difference needs no comparison of models: what has another digest now is sent. Mappings are
 * compared node by node, and only told to those who asked for them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/log.h"
#include "manager.h"
#include "messages.h"

/* ---- assignment and topology ------------------------------------------------------------------- */

static int push_assign(struct session *session)
{
	struct message_memory memory = {0};
	Weft__Assign *assign = message_assign(session->manager->state, session->host, &memory);
	uint64_t digest = assign ? message_digest(&assign->base) : 0;
	int error = assign ? 0 : -ENOMEM;

	if (!error && digest != session->assign_digest)
		error = channel_send(session->channel, WEFT__MESSAGE_TYPE__ASSIGN, &assign->base);
	if (!error)
		session->assign_digest = digest;
	message_memory_clear(&memory);
	return error;
}

static uint64_t sent_digest(const struct session *session, uint32_t network_id)
{
	for (size_t i = 0; i < session->topology_count; i++)
		if (session->topologies[i].network_id == network_id)
			return session->topologies[i].digest;
	return 0;
}

/* Sends the topology of a network (index) if the host has not got it. */
static int push_topology(struct session *session, uint32_t network, struct sent_topology *ret_sent)
{
	struct state *state = session->manager->state;
	struct message_memory memory = {0};
	Weft__Topology *topology = NULL;
	uint32_t id = state->model->networks[network].id;
	uint64_t before = sent_digest(session, id);
	int error = 0;

	if (!state->digests[network] || state->digests[network] != before) {
		topology = message_topology(&state->model->networks[network], &memory);
		error = topology ? 0 : -ENOMEM;
	}
	if (!error && !state->digests[network])
		state->digests[network] = message_digest(&topology->base);
	if (!error && state->digests[network] != before)
		error = channel_send(session->channel, WEFT__MESSAGE_TYPE__TOPOLOGY,
				     &topology->base);
	message_memory_clear(&memory);
	*ret_sent = (struct sent_topology){id, state->digests[network]};
	return error;
}

/* Nodes of one network stand together among those of a host. */
static int push_topologies(struct session *session)
{
	const struct state *state = session->manager->state;
	size_t count, sent = 0;
	const struct place *nodes = state_host_nodes(state, session->host, &count);
	struct sent_topology *topologies = calloc(count + 1, sizeof(*topologies));
	int error = topologies ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++)
		if (i == 0 || nodes[i].network != nodes[i - 1].network)
			error = push_topology(session, nodes[i].network, &topologies[sent++]);
	if (error) {
		free(topologies);
		return error;
	}
	free(session->topologies);
	session->topologies = topologies;
	session->topology_count = sent;
	return 0;
}

int session_push(struct session *session)
{
	Weft__Sync sync = WEFT__SYNC__INIT;
	int error = push_assign(session);

	if (!error)
		error = push_topologies(session);
	if (error)
		return error;
	/* Also when there was nothing to send: it says that the host is right as of this revision. */
	sync.epoch = session->manager->epoch;
	sync.revision = session->manager->state->revision;
	return channel_send(session->channel, WEFT__MESSAGE_TYPE__SYNC, &sync.base);
}

/* ---- mappings ---------------------------------------------------------------------------------- */

static bool session_has_network(const struct session *session, uint32_t network_id)
{
	return sent_digest(session, network_id) != 0;
}

/* Tells a host of a mapping that it asked for: the new one, or that there is none any more. */
static int push_mapping(struct session *session, uint32_t network_id, uint32_t address,
			struct place place)
{
	Weft__Invalidate invalidate = WEFT__INVALIDATE__INIT;
	struct mapping_message message;
	int error = 0;

	invalidate.id = ++session->manager->invalidations;
	invalidate.network = network_id;
	invalidate.address = address;
	/* A host whose last node of the network has gone is owed an end, not an answer. */
	if (!place_is_nobody(place) && session_has_network(session, network_id)) {
		message_mapping(session->manager->state, place, &message);
		invalidate.mapping = &message.mapping;
		error = address_set_add(&session->known, network_id, address);
	} else {
		address_set_remove(&session->known, network_id, address);
	}
	address_set_remove(&session->absent, network_id, address);
	if (!error)
		error = channel_send(session->channel, WEFT__MESSAGE_TYPE__INVALIDATE,
				     &invalidate.base);
	session->last_sent = invalidate.id;
	session->sent++;
	return error;
}

static void session_break(struct session *session, int error)
{
	log_warning("host %s at %s: %s; its connection is closed, it will come back for its state",
		    session->name, channel_peer(session->channel),
		    error == -ENOBUFS ? "it doesn't read what it is sent" : strerror(-error));
	session->broken = true;
}

static void mapping_changed(struct manager *manager, uint32_t network_id, uint32_t address,
			    struct place place)
{
	struct session *session;
	int error;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		if (session->broken || !session->name ||
		    (!address_set_has(&session->known, network_id, address) &&
		     !address_set_has(&session->absent, network_id, address)))
			continue;
		error = push_mapping(session, network_id, address, place);
		if (error)
			session_break(session, error);
	}
}

/* Calls `each` for every node of a state. */
static void push_mappings(struct manager *manager, const struct state *before)
{
	const struct state *now = manager->state;
	const struct model *model = before->model;

	for (uint32_t i = 0; i < model->network_count; i++)
		for (uint32_t k = 0; k < model->networks[i].node_count; k++) {
			uint32_t id = model->networks[i].id;
			uint32_t address = model->networks[i].nodes[k].address;
			struct place old = {i, k}, new = state_find(now, id, address);

			if (place_is_nobody(new) || state_mapping_differs(before, old, now, new))
				mapping_changed(manager, id, address, new);
		}
	model = now->model;
	for (uint32_t i = 0; i < model->network_count; i++)
		for (uint32_t k = 0; k < model->networks[i].node_count; k++) {
			uint32_t id = model->networks[i].id;
			uint32_t address = model->networks[i].nodes[k].address;

			if (place_is_nobody(state_find(before, id, address)))
				mapping_changed(manager, id, address, (struct place){i, k});
		}
}

/* ---- everything -------------------------------------------------------------------------------- */

/* Whether the host has a node now that it did not have. */
static bool session_gains(const struct session *session, const struct state *before)
{
	const struct state *now = session->manager->state;
	size_t count;
	const struct place *nodes = state_host_nodes(now, session->host, &count);

	for (size_t i = 0; i < count; i++) {
		struct place old = state_find(before, state_network(now, nodes[i])->id,
					      state_node(now, nodes[i])->address);

		if (place_is_nobody(old) ||
		    strcmp(before->model->hosts[state_node(before, old)->host].name,
			   session->name) != 0)
			return true;
	}
	return false;
}

static void push_states(struct manager *manager, const struct state *before, bool gaining)
{
	struct session *session;
	int error;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		if (session->broken || !session->name || session_gains(session, before) != gaining)
			continue;
		error = session_push(session);
		if (error)
			session_break(session, error);
	}
}

/*
 * In this order, so that nothing is lost on the way to a node that moves: its new host takes it in,
 * then the others, its old host among them, and then those who talk to it are told.
 */
void hosts_push(struct manager *manager, const struct state *before)
{
	struct session *session;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		session->host =
			session->name ? state_host(manager->state, session->name) : MODEL_NONE;
	}
	push_states(manager, before, true);
	push_states(manager, before, false);
	push_mappings(manager, before);
}

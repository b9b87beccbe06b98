/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * weft-manager, the system manager: what its parts share.
 *
 *   state.c     the declared state in memory and its indexes
 *   commit.c    from one state to the next: difference, store, then the hosts
 *   hosts.c     connections of hosts, and their questions
 *   push.c      what hosts are sent without asking
 *   messages.c  the state as messages
 *   operator.c  the operator's socket; get.c what it shows
 *   main.c      options, and bringing these together
 *
 * One thread, one event loop. Questions are answered from memory; only a commit touches the store.
 */
#ifndef WEFT_MANAGER_H
#define WEFT_MANAGER_H

#include <event2/event.h>
#include <stdio.h>
#include <sys/queue.h>

#include "controller/address_set.h"
#include "controller/channel.h"
#include "controller/store.h"
#include "state.h"

#define HEARTBEAT_S   5
#define SILENCE_MAX   3 /* heartbeats that may be missing */
#define NEGATIVES_MAX 65536 /* addresses that nobody has, and a host wants to know of */

TAILQ_HEAD(session_list, session);
TAILQ_HEAD(caller_list, caller);

struct manager {
	struct event_base *base;
	struct store *store;
	struct state *state;
	uint64_t epoch; /* of this run */
	uint64_t invalidations; /* sent so far; the last one's id */
	struct channel_listener *host_listener, *operator_listener;
	struct event *heartbeat;
	struct session_list sessions;
	struct caller_list callers; /* operators */
};

/* What a host has been sent of a network. */
struct sent_topology {
	uint32_t network_id;
	uint64_t digest;
};

/* The connection of one host. */
struct session {
	TAILQ_ENTRY(session) next;
	struct manager *manager;
	struct channel *channel;
	char *name; /* of the host; NULL before HELLO */
	char *software; /* likewise */
	uint32_t host; /* index in the state; MODEL_NONE: undeclared */
	unsigned int silent; /* heartbeats since something came */
	bool broken; /* can't be sent to: to be closed when that is safe */
	uint64_t assign_digest; /* of the last Assign; 0: none yet */
	struct sent_topology *topologies; /* of the networks that have a node on the host */
	size_t topology_count;
	uint64_t revision; /* the newest that the host says it knows */
	struct address_set known, absent; /* subscriptions: answered by MAPPING, by NEGATIVE */
	uint64_t last_sent, last_acknowledged; /* ids of INVALIDATE */
	uint64_t sent, acknowledged; /* how many */
	uint64_t questions;
};

/* hosts.c ------------------------------------------------------------------------------------ */

/* Listens for hosts at an address as channel_listen() takes it. 0 or -errno. */
int hosts_open(struct manager *manager, const char *address);
void hosts_close(struct manager *manager);

/* push.c ------------------------------------------------------------------------------------- */

/* Sends a host what it should have and was not sent yet, then SYNC. 0, or -errno of the channel. */
int session_push(struct session *session);

/* The state has changed from `before`: tells every host that is concerned. */
void hosts_push(struct manager *manager, const struct state *before);

/* commit.c ----------------------------------------------------------------------------------- */

/*
 * The reply to an operator: exit status, whole lines for stderr, JSON. A verb prints to both streams.
 */
struct reply {
	uint32_t status;
	FILE *errors, *output;
};

/* Loads the state from the store. Returns 0; or -errno with a reason in *ret_why (to be freed). */
int state_load(struct store *store, char **ret_why, struct state **ret_state);

/*
 * Makes `model`, which it takes over, the state, unless `dry_run`. Prints what changes, or why
 * nothing does.
 */
void state_commit(struct manager *manager, struct model *model, bool dry_run, struct reply *reply);

/* operator.c --------------------------------------------------------------------------------- */

/* Listens for operators on a Unix socket. 0 or -errno. */
int operator_open(struct manager *manager, const char *path);
void operator_close(struct manager *manager);

/* get.c -------------------------------------------------------------------------------------- */

/* Prints objects of a kind as a JSON array. Returns false if there is no such kind. */
bool get_print(const struct manager *manager, const char *kind, FILE *output);

#endif

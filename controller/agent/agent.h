/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * weftd, the communication manager of one host: what its parts share.
 *
 *   session.c       the connection to the manager: assignment in, questions out
 *   interfaces.c    which interfaces there are (pair.c: makes those that weftd needs)
 *   xdp_features.c  which of them take frames from XDP
 *   next_hops.c     which routers of the substrate lead to other hosts, and their MACs
 *   routes.c        the kernel's routing table, for those
 *   neighbours.c    the kernel's neighbour table, likewise
 *   ports.c         assigned nodes whose interface is there: plan, reconcile, attach
 *   serve.c         the dataplane that serves them: load, take over, hand out what is held
 *   datapaths.c     what comes before tc on which interface
 *   headroom.c      room in front of the nodes' frames, for the larger header
 *   misses.c        held frames: ask, write the mapping, send again; expiry
 *   reassembly.c    fragments that are for a logical router
 *   operator.c      `weft status` and `weft stats`
 *   kernel.c        what the kernel can do, and what follows
 *   options.c       what weftd is told when it is started
 *   main.c          bringing these together
 *
 * One thread, one event loop. Nothing here is needed for traffic between nodes that know each other.
 */
#ifndef WEFT_AGENT_H
#define WEFT_AGENT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/model.h"
#include "datapaths.h"
#include "gen/control.pb-c.h"
#include "loader/dataplane.h"
#include "loader/probe.h"

/* What --attach asks for. */
enum attach { ATTACH_AUTO, ATTACH_TCX, ATTACH_CLSACT };

/* What weftd was started for: its work, --probe or --remove. */
enum task { TASK_RUN, TASK_PROBE, TASK_REMOVE };

struct agent_options {
	enum task task;
	const char *host; /* this host's name in the topology file */
	const char *manager; /* its address, as channel_connect() takes it */
	const char *interface; /* the substrate NIC */
	const char *pins; /* directory in a bpffs */
	const char *socket; /* path of the operator's Unix socket */
	enum attach attach;
	uint32_t answers_per_second, answers_burst;
	uint32_t misses_per_second, misses_burst;
	uint32_t mappings; /* addresses to remember; 0: default */
	struct datapath_rules datapaths;
	bool no_headroom; /* for nodes' frames */
	bool debug;
};

struct agent {
	struct agent_options options;
	struct kernel kernel; /* that weftd runs on */
	enum dataplane_hook hook; /* by what programs are attached */
	struct event_base *base;
	struct interfaces *interfaces;
	struct next_hops *next_hops;
	struct session *session;
	struct misses *misses;
	struct reassembly *reassembly;
	struct operator_socket *operator_socket;
	struct dataplane *dataplane; /* NULL until the host's locator is known */
	struct event *held; /* the ring of held frames is readable */
	struct substrate_locator locator; /* that the dataplane was loaded with */
	uint32_t substrate_ifindex; /* likewise */
	int substrate_xdp_error; /* as of ports */
	struct model *model; /* what is assigned; NULL before the first SYNC */
	struct agent_port *ports; /* of the assigned nodes, present or not */
	size_t port_count;
	uint64_t epoch, revision; /* of the last SYNC */
	bool synced; /* since the connection was made */
	uint32_t mtu_needed; /* of the substrate interface, octets */
	int reinject; /* packet socket, -1 until it is needed */
	uint32_t reinject_out_ifindex, reinject_in_ifindex;
	bool headroom_impossible; /* on this kernel: it was said, and isn't tried again */
	bool headroom_refused; /* for some port: it was said */
};

/* An assigned node and its interface on this host. */
struct agent_port {
	struct network *network; /* of agent.model */
	struct node *node;
	char name[IFNAMSIZ];
	uint32_t ifindex; /* 0: not there */
	uint32_t master; /* ifindex of the bridge, or the like, that it is a port of; 0: none */
	uint16_t flags; /* PORT_* */
	int xdp_error; /* why it has no XDP although it shall, as -errno */
};

/* Milliseconds of a clock that only goes forward. */
uint64_t now_ms(void);

/* options.c ---------------------------------------------------------------------------------- */

/* Reads the command line and the environment; what is wrong is said on stderr. Returns an exit status to
 * leave with, or -1 to go on. */
int options_parse(int argc, char **argv, struct agent_options *options);

/* kernel.c ----------------------------------------------------------------------------------- */

/* Asks the kernel what it can do and decides what follows. 0, or -errno when weftd can't work on it; both
 * are logged. */
int agent_probe(struct agent *agent);

/* Prints what the kernel can do, for people. 0, or -errno if weftd can't work on it. */
int kernel_print(void);

/* Reads auto, tcx or clsact; false if it is none of them. */
bool attach_parse(const char *text, enum attach *ret_attach);

const char *hook_name(enum dataplane_hook hook);

/* session.c ---------------------------------------------------------------------------------- */

/* Starts connecting, and goes on until session_close(). 0 or -errno: -EINVAL if the manager's address is
 * none. */
int session_open(struct agent *agent, struct session **ret_session);
void session_close(struct session *session); /* takes NULL */
bool session_is_connected(const struct session *session);

/* Asks the manager where an address is, on behalf of a node of this host. Returns 0, or -ENOTCONN. */
int session_resolve(struct session *session, uint32_t network, uint32_t address, uint32_t node);

/* ports.c ------------------------------------------------------------------------------------ */

/* A new assignment is complete. The model now belongs to the agent. Returns 0 or -errno. */
int agent_assign(struct agent *agent, struct model *model);

/* Makes the dataplane what assignment and interfaces say; nothing if it is so already. */
void agent_reconcile(struct agent *agent);

/* The port of an address of this host, or NULL; only one whose interface is there. */
const struct agent_port *agent_find_port(const struct agent *agent, uint32_t network,
					 uint32_t address);

/* Whether the interface is that of an assigned node. */
bool agent_has_port(const struct agent *agent, uint32_t ifindex);

/* Any node of the network on this host, or NULL: to ask on its behalf. */
const struct agent_port *agent_any_port(const struct agent *agent, uint32_t network);

/* serve.c ------------------------------------------------------------------------------------ */

/* Has the dataplane that the assignment wants; 0, or -errno and none. */
int agent_ensure_dataplane(struct agent *agent);

/* misses.c ----------------------------------------------------------------------------------- */

int misses_open(struct agent *agent, struct misses **ret_misses);
void misses_close(struct misses *misses); /* takes NULL */

/* A frame was held. */
void misses_held(struct misses *misses, const struct held_frame *frame);

/* Answers of the manager, and its invalidations. Malformed ones are -EPROTO with the reason. */
int misses_mapping(struct misses *misses, const Weft__Mapping *mapping, const char **ret_why);
int misses_negative(struct misses *misses, const Weft__Negative *negative);
void misses_forget(struct misses *misses, uint32_t network, uint32_t address);

/* Takes over the mappings that the map has: after a restart. */
void misses_adopt(struct misses *misses);

/* The manager is in sync: ask anew for everything that is known, which also subscribes to it. */
void misses_resync(struct misses *misses);

/* Ports or the substrate's routes have changed: known mappings are written as they are now. */
void misses_rewrite(struct misses *misses);

struct misses_status {
	size_t remote, local, negative, pending; /* mappings */
	size_t held_frames, held_octets;
	uint64_t expired_frames; /* held in vain */
};
void misses_status(const struct misses *misses, struct misses_status *ret_status);

/* operator.c --------------------------------------------------------------------------------- */

int operator_open(struct agent *agent, struct operator_socket **ret_socket);
void operator_close(struct operator_socket *socket); /* takes NULL */

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the manager has assigned to this host: its nodes, and the topology of their networks. Messages
 * are collected until SYNC says that they fit together, then they become a model. Pure.
 */
#ifndef WEFT_AGENT_ASSIGNMENT_H
#define WEFT_AGENT_ASSIGNMENT_H

#include "controller/model.h"
#include "gen/control.pb-c.h"

/* The last messages, as they came; all zero before the first. */
struct assignment {
	Weft__Assign *assign;
	Weft__Topology **topologies; /* one a network */
	size_t topology_count, topology_capacity;
};

/* Keep a copy of the message. Return 0, -ENOMEM, or -EPROTO and say in *ret_why what is malformed. */
int assignment_nodes(struct assignment *assignment, const Weft__Assign *assign,
		     const char **ret_why);
int assignment_topology(struct assignment *assignment, const Weft__Topology *topology,
			const char **ret_why);

/*
 * Makes a model of what is assigned: one host (unless it has no locator yet), its networks with
 * their subnets and routers, and of the nodes those of this host. Topologies of networks without a
 * node here are forgotten. Returns 0, -ENOMEM, or -EPROTO as above when a node's network or subnet
 * is not among the topologies. *ret_model belongs to the caller.
 */
int assignment_model(struct assignment *assignment, const char **ret_why, struct model **ret_model);

/* Frees the copies. */
void assignment_clear(struct assignment *assignment);

#endif

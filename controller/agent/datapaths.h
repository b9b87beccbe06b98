/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which datapath each interface of this host is to have (`weftd --datapath`, $WEFT_DATAPATH), and giving
 * it to them.
 */
#ifndef WEFT_AGENT_DATAPATHS_H
#define WEFT_AGENT_DATAPATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/dataplane.h"

#define DATAPATH_RULES_MAX 64

/* The last rule that fits an interface's name counts. All zero: tc for all. */
struct datapath_rules {
	struct {
		char pattern[32]; /* fnmatch(3); "": all interfaces of nodes */
		enum datapath datapath;
	} list[DATAPATH_RULES_MAX];
	size_t count;
};

/*
 * Adds what `text` says: DATAPATH or INTERFACE=DATAPATH, several with commas in between. Returns 0, or
 * -EINVAL and in *ret_why, a constant, what is wrong with it; then the rules are as they were.
 */
int datapath_rules_add(struct datapath_rules *rules, const char *text, const char **ret_why);

/* What an interface is to have. The substrate's own interface is no node's. */
enum datapath datapath_rules_find(const struct datapath_rules *rules, const char *interface,
				  bool is_substrate);

/* Whether any of them asks for XDP, as a guard or in full. */
bool datapath_rules_want_xdp(const struct datapath_rules *rules);

const char *datapath_name(enum datapath datapath);

/* How it is for people and in JSON: "tc", "guard native", "xdp generic". */
const char *datapath_text(enum datapath datapath, enum xdp_place place);

#endif

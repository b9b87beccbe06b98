/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a lab consists of, worked out from the model: namespaces, the veth pairs between them, and
 * the `ip` commands that finish both. Pure: nothing is touched; lab_build.h carries it out. Two
 * kinds of the same file: "emulated", hosts around an IPv6 fabric that run weft; and "physical", the
 * twin, where bridges and routers are real. The nodes are the same in both.
 */
#ifndef WEFT_LAB_BLUEPRINT_H
#define WEFT_LAB_BLUEPRINT_H

#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>

#include "controller/model.h"

enum space_kind {
	SPACE_NODE, /* a computing node */
	SPACE_HOST, /* where its weftd runs */
	SPACE_FABRIC, /* the IPv6 router between the hosts */
	SPACE_MANAGER, /* where weft-manager runs */
	SPACE_SWITCH, /* physical: the bridges of one network */
	SPACE_ROUTER, /* physical */
};

/* A network namespace. */
struct space {
	char name[NAME_MAX + 1];
	enum space_kind kind;
	char *devices; /* ip commands before its link ends are configured; never NULL */
	char *routes; /* and after; never NULL */
};

struct link_end {
	char space[NAME_MAX + 1];
	char interface[IFNAMSIZ];
	struct mac mac; /* zero: the kernel chooses */
	bool ipv6; /* otherwise IPv6 is switched off on it */
	char *commands; /* ip commands that configure it, in its space; never NULL */
};

/* A veth pair. */
struct link {
	uint16_t mtu; /* octets of an IP packet, both ends */
	struct link_end ends[2];
};

struct blueprint {
	struct space *spaces;
	struct link *links;
	size_t space_count, link_count;
};

/*
 * Fill ret_blueprint for a model that model_allocate() has completed. Return 0 and a blueprint that the
 * caller clears, or -ENOMEM.
 */
int blueprint_emulated(const char *lab, const struct model *model, struct blueprint *ret_blueprint);
int blueprint_physical(const char *lab, const struct model *model, struct blueprint *ret_blueprint);
void blueprint_clear(struct blueprint *blueprint);

/*
 * What must go and what must come to make `old` into `new`: spaces and links that only one of them
 * has, and the links of such spaces. A link of which only the MTU changed is in neither, but in
 * ret_changed. Returns 0 and blueprints that the caller clears, or -ENOMEM.
 */
int blueprint_difference(const struct blueprint *old, const struct blueprint *new,
			 struct blueprint *ret_removed, struct blueprint *ret_added,
			 struct blueprint *ret_changed);

/* The namespace of something: "weft:LAB:node:N:X"; `name` and `inner` as the kind needs, or NULL. */
void space_name(char ret_name[NAME_MAX + 1], const char *lab, enum space_kind kind,
		const char *name, const char *inner);

/* The prefix of the names of all namespaces of a lab: "weft:LAB:". */
void space_prefix(char ret_prefix[NAME_MAX + 1], const char *lab);

/* The interface of a host on the fabric, as the file names it or "nic". */
const char *host_interface(const struct host *host);

/* The substrate address of a host, as the file gives it or one that the lab makes from the locator. */
struct in6_addr host_address(const struct host *host);

/* The interface of a physical router on a subnet. */
void router_interface_name(const struct subnet *subnet, char ret_name[IFNAMSIZ]);

/* The substrate addresses of the manager and of the fabric itself. */
#define MANAGER_ADDRESS "fd00:77ef::1"
#define FABRIC_ADDRESS  "fd00:77ef::2"

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the maps of one host's dataplane should hold, worked out from the topology it was sent and
 * the interfaces that are there. Pure: the same input gives the same tables, after a restart
 * too; reconcile writes the difference between them and the maps. Mappings are not planned, they
 * are resolved.
 */
#ifndef WEFT_PLAN_H
#define WEFT_PLAN_H

#include "model.h"
#include "schemas/dataplane.h"

/*
 * The wanted content of one map: entries of key and value, back to back. Once sorted they are in
 * ascending order of key (memcmp), each key once. Sizes are multiples of 4, as in
 * schemas/dataplane.h, so that keys and values may be read in place.
 */
struct table {
	size_t key_size, value_size;
	unsigned char *entries;
	size_t count, capacity;
};

/* Adds an entry; it replaces one with the same key when the table is sorted. 0 or -ENOMEM. */
int table_add(struct table *table, const void *key, const void *value);
/* Sorts by key; of equal keys the one added last stays. Returns 0, or -ENOMEM and changes nothing. */
int table_sort(struct table *table);
/* The value of a key in a sorted table, good until the table changes, or NULL. */
const void *table_find(const struct table *table, const void *key);
/* Frees the entries; the table may be filled again. */
void table_clear(struct table *table);

enum plan_table {
	PLAN_PORTS, /* __u32 ifindex -> struct port */
	PLAN_LOCALS, /* struct node_key -> struct port */
	PLAN_ROUTER_PORTS, /* struct router_port_key -> struct router_port */
	PLAN_ROUTER_ADDRESSES, /* struct router_address_key -> struct router_address */
	PLAN_ROUTES, /* struct route_key -> struct path */
	PLAN_ANSWERS, /* struct answer_key -> struct answer */
	PLAN_SLOTS, /* __u32 slot -> __u32 ifindex */
	PLAN_TABLES,
};

struct plan {
	struct table tables[PLAN_TABLES];
};

/* A node of this host whose interface is there. */
struct plan_port {
	const struct network *network;
	const struct node *node;
	uint32_t ifindex;
	uint16_t flags; /* PORT_* */
};

/*
 * Fills ret_plan for a host at `locator` with these ports; only what they can reach is in it. Networks
 * are free of errors (validate.h) and have all ids and MACs (model_allocate()). Returns 0 and a plan
 * that the caller clears with plan_clear(), or -ENOMEM.
 */
int plan_build(const struct substrate_locator *locator, const struct plan_port *ports, size_t count,
	       struct plan *ret_plan);
/* Frees all tables; takes NULL. */
void plan_clear(struct plan *plan);

/*
 * The substrate address of a node at `locator` (no slot, no flags), and the checksum correction of
 * that end: the one's complement sum of the substrate address less that of the virtual one, its
 * words as they lie in memory. Added for source and destination it turns an IPv4 pseudo header's sum
 * into IPv6's (bpf_l4_csum_replace()); its complement turns it back. Never 0: no difference is 0xffff.
 */
void plan_address(const struct substrate_locator *locator, uint32_t network, uint32_t address,
		  struct substrate_address *ret_address, uint16_t *ret_correction);

#endif

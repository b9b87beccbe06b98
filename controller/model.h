/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The declared state: hosts and virtual networks, as a topology file says it. Plain data that owns
 * all its memory, filled by `topology.h`, judged by `validate.h`, walked by `paths.h`.
 *
 * Objects refer to each other by index into the array of their parent, so arrays may grow while a
 * model is read. IPv4 addresses are numbers in host byte order here; the wire's order begins at
 * `schemas/`.
 */
#ifndef WEFT_MODEL_H
#define WEFT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>

#include "schemas/address.h"

#define MODEL_NONE        UINT32_MAX /* an index that names nothing: not given, or unknown */
#define MODEL_NAME_MAX    63 /* characters of an object's name */
#define MODEL_MTU_DEFAULT 1500
#define MODEL_MTU_MIN     68 /* RFC 791 */
#define MODEL_MTU_MAX     65515 /* 65535 on the substrate, less the 20 that its header is longer */

/* Where in the topology file something stands; line 0: it does not come from a file. */
struct position {
	uint32_t line; /* from 1 */
	uint16_t column; /* from 1, in characters */
	uint16_t length; /* characters to underline */
};

struct mac {
	uint8_t octets[6]; /* all zero: not given yet; see model_allocate() */
};

struct ipv4_prefix {
	uint32_t address; /* host byte order, bits beyond the length are zero */
	uint8_t length; /* 0..32 */
};

struct host {
	char *name;
	struct substrate_locator locator;
	uint8_t address[16]; /* substrate address, all zero if not given */
	char *interface; /* substrate NIC, NULL if not given */
	struct position at, locator_at, address_at;
};

struct subnet {
	char *name;
	struct ipv4_prefix prefix;
	uint16_t mtu; /* octets of an IPv4 packet */
	uint32_t gateway; /* as given, 0 if not; model_gateway() has the default */
	struct position at, prefix_at, mtu_at, gateway_at;
};

struct router_interface {
	uint32_t subnet; /* index */
	uint32_t address;
	struct mac mac;
	struct position at, address_at, mac_at;
};

struct route {
	struct ipv4_prefix prefix;
	uint32_t next_hop;
	struct position at, next_hop_at;
};

struct router {
	char *name;
	struct router_interface *interfaces;
	struct route *routes;
	size_t interface_count, route_count;
	struct position at;
};

struct node {
	char *name;
	uint32_t host; /* index */
	uint32_t subnet; /* index */
	uint32_t address;
	uint32_t gateway; /* as given, 0 if not */
	struct mac mac;
	uint8_t slot; /* port of the host, 0..63; given by model_allocate() */
	char *interface; /* as given, NULL if not; node_interface_name() has the default */
	struct position at, host_at, subnet_at, address_at, mac_at, interface_at, gateway_at;
};

struct network {
	char *name;
	uint32_t id; /* 0: not given yet */
	char *entity; /* NULL if not given */
	struct subnet *subnets;
	struct router *routers;
	struct node *nodes;
	size_t subnet_count, router_count, node_count;
	struct position at, id_at;
};

struct model {
	struct host *hosts;
	struct network *networks;
	size_t host_count, network_count;
};

/* Returns an empty model, or NULL without memory. */
struct model *model_new(void);

/* Frees the model and all it owns; takes NULL. */
void model_free(struct model *model);

/*
 * Append an object with a copy of `name`, all else zero (indices MODEL_NONE). Return it, or NULL
 * without memory. The pointer is good until the next one is added to the same array.
 */
struct host *model_add_host(struct model *model, const char *name);
struct network *model_add_network(struct model *model, const char *name);
struct subnet *network_add_subnet(struct network *network, const char *name);
struct router *network_add_router(struct network *network, const char *name);
struct node *network_add_node(struct network *network, const char *name);
struct router_interface *router_add_interface(struct router *router);
struct route *router_add_route(struct router *router);

/* Find by name. Return the object, or NULL. */
struct host *model_find_host(const struct model *model, const char *name);
struct network *model_find_network(const struct model *model, const char *name);
struct subnet *network_find_subnet(const struct network *network, const char *name);
struct router *network_find_router(const struct network *network, const char *name);
struct node *network_find_node(const struct network *network, const char *name);

/* The router's interface on a subnet (index), or NULL. */
struct router_interface *router_on_subnet(const struct router *router, uint32_t subnet);

/*
 * The router interfaces on a subnet (index) in ascending order of their addresses. This order is
 * what the flow label's router number counts, on all hosts alike. Writes at most `max` pointers to
 * `interfaces` (and the routers' indices to `routers`, unless NULL); returns how many there are.
 */
size_t subnet_router_interfaces(const struct network *network, uint32_t subnet,
				const struct router_interface **interfaces, uint32_t *routers,
				size_t max);

/* The gateway of a node: its own, its subnet's, or the lowest router address; 0 without any. */
uint32_t model_gateway(const struct network *network, const struct node *node);

/*
 * The name of a node's interface on its host: as given; else NETWORK-NODE where that fits Linux' 15
 * characters; else its first 8 characters, a dash and 6 hexadecimal digits of a hash of it.
 */
void node_interface_name(const struct network *network, const struct node *node,
			 char ret_name[IFNAMSIZ]);

/*
 * Gives ids, MACs and slots to the objects that have none: first those that the object of the same
 * name has in `previous` (NULL for none), then free ones. Same input, same result: a MAC is made
 * from the address (02:00:a:b:c:d, the second octet counts up while it is taken).
 * Slots are always given anew, a node keeps its previous one while it stays on its host; nodes of a
 * host beyond its 63 have none (SUBSTRATE_SLOT_NONE). Ids of networks that `previous` has but the model doesn't
 * are given out last. Returns 0, or -ENOSPC when ids or MACs run out, or -ENOMEM.
 */
int model_allocate(struct model *model, const struct model *previous);

/*
 * Sorts everything by name (interfaces by their subnets', routes by prefix), so that the order in the
 * topology file doesn't matter. Returns 0, or -ENOMEM and a model that is good for nothing but
 * model_free().
 */
int model_sort(struct model *model);

/* Whether the prefix contains the address, or the whole other prefix. */
bool prefix_contains(const struct ipv4_prefix *prefix, uint32_t address);
bool prefix_covers(const struct ipv4_prefix *outer, const struct ipv4_prefix *inner);
/* Network mask, host byte order. */
uint32_t prefix_mask(const struct ipv4_prefix *prefix);
/* The last address of a prefix shorter than /31; 0 for others, they have none. */
uint32_t prefix_broadcast(const struct ipv4_prefix *prefix);

/* Text of addresses. The buffers fit the longest; each returns its buffer. */
#define IPV4_TEXT_MAX   16
#define PREFIX_TEXT_MAX 19
#define MAC_TEXT_MAX    18
#define IPV6_TEXT_MAX   46
const char *ipv4_text(uint32_t address, char text[IPV4_TEXT_MAX]);
const char *prefix_text(const struct ipv4_prefix *prefix, char text[PREFIX_TEXT_MAX]);
const char *mac_text(const struct mac *mac, char text[MAC_TEXT_MAX]);
const char *locator_text(const struct substrate_locator *locator, char text[IPV6_TEXT_MAX + 4]);

/* Parse. Return 0, or -EINVAL and leave the output untouched. */
int ipv4_parse(const char *text, uint32_t *ret_address);
int prefix_parse(const char *text, struct ipv4_prefix *ret_prefix); /* -ERANGE: host bits set */
int mac_parse(const char *text, struct mac *ret_mac);
/* -ERANGE: an IPv6 prefix, but neither /64 nor /72, or with bits set beyond its length. */
int locator_parse(const char *text, struct substrate_locator *ret_locator);

bool mac_is_zero(const struct mac *mac);

#endif

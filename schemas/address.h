/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The substrate address: a virtual IPv4 address and its network, inside an IPv6 address.
 *
 *  0                              64   70 71 72            96                        127
 *  +------------------------------+-----+-+-+---------------+--------------------------+
 *  |           locator            |slot |U|G|  network id   |   virtual IPv4 address   |
 *  +------------------------------+-----+-+-+---------------+--------------------------+
 *
 * With a /72 locator the octet 64..71 belongs to the locator: no slot, no flags ([28], [34]).
 * The one codec of the project: compiled by gcc, by clang and as BPF, and proven under each by the
 * table in tests/vectors/address.h. Includes nothing but the kernel's types.
 */
#ifndef WEFT_ADDRESS_H
#define WEFT_ADDRESS_H

#include <linux/types.h>
#ifndef __bpf__
#include <stdbool.h>
#else
typedef _Bool bool;
#define true 1
#define false 0
#endif

#define SUBSTRATE_LOCATOR_SHORT 64 /* bits: the host has slots and flags */
#define SUBSTRATE_LOCATOR_LONG  72 /* bits: the locator takes their octet [28] */
#define SUBSTRATE_SLOT_MAX      63 /* 6 bits */
#define SUBSTRATE_SLOT_NONE     63 /* of a node that has none: its host has more nodes than slots */
#define SUBSTRATE_NETWORK_MAX   0xffffff /* 24 bits; 0 is never a network: it is the host's own */

/* Flags in the octet of the slot. */
#define SUBSTRATE_TO_SLOT 2 /* U */
#define SUBSTRATE_GROUP   1 /* G */

/* An IPv6 address as it is on the wire. */
struct substrate_address {
	union {
		__u8 octets[16];
		__be32 words[4];
	};
};

/* The prefix that the substrate routes to one host. Octets beyond the length are zero. */
struct substrate_locator {
	__u8 octets[9];
	__u8 bits; /* SUBSTRATE_LOCATOR_SHORT or SUBSTRATE_LOCATOR_LONG */
};

/* What a substrate address says besides the host's locator. */
struct substrate_parts {
	__u32 network; /* host byte order, 1..SUBSTRATE_NETWORK_MAX */
	__be32 address; /* the virtual IPv4 address */
	__u8 slot; /* port of the host, 0..SUBSTRATE_SLOT_MAX; only read when to_slot */
	bool to_slot; /* U: deliver to the slot, whatever the virtual address [49, 70] */
	bool group; /* G: a group, not one node [43] */
};

/*
 * Writes the substrate address of parts behind locator into ret_address, all 16 octets.
 * The caller has checked the ranges; bits beyond a field's width are cut off. A /72 locator has no
 * room for slot and flags, they are left out.
 */
static inline void substrate_encode(const struct substrate_locator *locator,
				    const struct substrate_parts *parts,
				    struct substrate_address *ret_address)
{
	__u8 *o = ret_address->octets;

	for (int i = 0; i < 9; i++)
		o[i] = locator->octets[i];
	if (locator->bits == SUBSTRATE_LOCATOR_SHORT)
		o[8] = (__u8)((parts->slot & SUBSTRATE_SLOT_MAX) << 2 | parts->to_slot << 1 |
			      parts->group);
	o[9] = (__u8)(parts->network >> 16);
	o[10] = (__u8)(parts->network >> 8);
	o[11] = (__u8)parts->network;
	ret_address->words[3] = parts->address;
}

/* Whether address lies behind locator, that is, whether the substrate routes it to this host. */
static inline bool substrate_matches(const struct substrate_locator *locator,
				     const struct substrate_address *address)
{
	for (int i = 0; i < 8; i++)
		if (address->octets[i] != locator->octets[i])
			return false;
	return locator->bits == SUBSTRATE_LOCATOR_SHORT || address->octets[8] == locator->octets[8];
}

/* The network id of a substrate address, host byte order; the same bits for both locators. */
static inline __u32 substrate_network(const struct substrate_address *address)
{
	return (__u32)address->octets[9] << 16 | (__u32)address->octets[10] << 8 |
	       address->octets[11];
}

/*
 * Reads what address says, behind a locator of locator_bits. Every 128-bit value decodes; whether
 * the network exists is the caller's question.
 */
static inline void substrate_decode(const struct substrate_address *address, __u8 locator_bits,
				    struct substrate_parts *ret_parts)
{
	bool flagged = locator_bits == SUBSTRATE_LOCATOR_SHORT;

	ret_parts->network = substrate_network(address);
	ret_parts->address = address->words[3];
	ret_parts->slot = flagged ? address->octets[8] >> 2 : 0;
	ret_parts->to_slot = flagged && (address->octets[8] & 2);
	ret_parts->group = flagged && (address->octets[8] & 1);
}

/*
 * The flow label of a weft packet carries what the IPv6 header has no field for. All of it is
 * constant within a flow, so ECMP and GRO keep working (design: "Re-heading that loses nothing").
 *
 *   19            12  11  10     8 7             0
 *  +----------------+----+--------+---------------+
 *  |      TTL       | DF | router |     hash      |
 *  +----------------+----+--------+---------------+
 */
#define FLOW_LABEL_TTL_SHIFT    12
#define FLOW_LABEL_DF           (1U << 11)
#define FLOW_LABEL_ROUTER_SHIFT 8
#define FLOW_LABEL_ROUTER_MAX   7 /* router interfaces of one subnet that a label can name */
#define FLOW_LABEL_HASH_MASK    0xffU

struct flow_label {
	__u8 ttl; /* as the node shall receive it */
	bool dont_fragment;
	__u8 router; /* 0: sent by the source node; n: by the n-th router interface of the subnet */
	__u8 hash; /* of the 5-tuple, for ECMP */
};

/* Returns the 20-bit label, host byte order. */
static inline __u32 flow_label_encode(const struct flow_label *label)
{
	return (__u32)label->ttl << FLOW_LABEL_TTL_SHIFT |
	       (label->dont_fragment ? FLOW_LABEL_DF : 0) |
	       (__u32)(label->router & FLOW_LABEL_ROUTER_MAX) << FLOW_LABEL_ROUTER_SHIFT |
	       label->hash;
}

/* Reads a 20-bit label in host byte order; higher bits are ignored. */
static inline void flow_label_decode(__u32 label, struct flow_label *ret_label)
{
	ret_label->ttl = (__u8)(label >> FLOW_LABEL_TTL_SHIFT);
	ret_label->dont_fragment = label & FLOW_LABEL_DF;
	ret_label->router = (label >> FLOW_LABEL_ROUTER_SHIFT) & FLOW_LABEL_ROUTER_MAX;
	ret_label->hash = label & FLOW_LABEL_HASH_MASK;
}

#endif

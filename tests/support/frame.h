/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ethernet frames for tests, written down layer by layer as they lie on the wire:
 *
 *	FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 3), UDP(4000, 53), TEXT("who?"))
 *
 * Lengths, protocols and checksums are what they should be, worked out here and not by the code
 * that is tested. Wrong frames are right ones, patched or cut. frame_print() takes a frame apart.
 */
#ifndef WEFT_TESTS_FRAME_H
#define WEFT_TESTS_FRAME_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "schemas/dataplane.h"

struct frame {
	size_t length;
	unsigned char octets[];
};

/* Somebody frames come from and go to: a node, or the interface of a router. */
struct party {
	unsigned char mac[WEFT_MAC_OCTETS];
	__be32 address;
	struct substrate_address substrate; /* of nodes */
};

/* Offsets of headers without options. */
#define FRAME_IPV4_AT    14
#define FRAME_IPV4_L4_AT 34
#define FRAME_IPV6_AT    14
#define FRAME_IPV6_L4_AT 54

/* What a layer has 0 for means something else: the default. */
#define TTL_DEFAULT 64
#define TTL_0       (-1) /* .ttl = TTL_0 is a TTL of 0 */

enum frame_checksum {
	CHECKSUM_RIGHT,
	CHECKSUM_NONE, /* UDP: 0 */
	CHECKSUM_UNFINISHED, /* left to the NIC: the sum of the pseudo header */
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

enum frame_layer_kind {
	LAYER_END,
	LAYER_ETH,
	LAYER_ARP,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_ICMP,
	LAYER_ICMPV6,
	LAYER_UDP,
	LAYER_TCP,
	LAYER_DATA,
	LAYER_QUOTE,
	LAYER_PADDING,
};

/* One layer; made by the macros below. Numbers are in host byte order unless their type says. */
struct frame_layer {
	enum frame_layer_kind kind;
	union {
		struct frame_eth {
			const unsigned char *from, *to;
			uint16_t type; /* 0: as the next layer says */
		} eth;
		struct frame_arp {
			uint16_t operation;
			const unsigned char *sender_mac, *target_mac; /* NULL: zero */
			__be32 sender, target;
		} arp;
		struct frame_ipv4 {
			__be32 source, destination;
			int ttl;
			uint8_t tos, next; /* next: the protocol; 0: as the next layer says */
			bool dont_fragment;
			uint16_t id;
		} ipv4;
		struct frame_ipv6 {
			const struct substrate_address *source, *destination;
			uint8_t tos,
				next; /* traffic class, next header; 0: as the next layer says */
			uint8_t hop_limit; /* 0: 64 */
			/* The flow label of a weft packet. Its hash is 0 here. */
			int ttl;
			bool dont_fragment;
			uint8_t router;
		} ipv6;
		struct frame_icmp {
			uint8_t type, code;
			uint16_t id, sequence;
		} icmp;
		struct frame_icmpv6 {
			uint8_t type, code;
			uint32_t rest; /* as the type says: an MTU */
		} icmpv6;
		struct frame_udp {
			uint16_t source, destination;
			enum frame_checksum checksum;
		} udp;
		struct frame_tcp {
			uint16_t source, destination;
			uint32_t sequence, acknowledgement;
			uint8_t flags; /* TCP_*; 0: PSH and ACK */
			int options; /* octets that the header says it is longer; they are no part of it */
			enum frame_checksum checksum;
		} tcp;
		struct frame_data {
			const void *octets; /* NULL: a pattern */
			size_t count;
		} data;
		struct frame_quote {
			const struct frame *of;
			int ttl;
			size_t octets; /* at most; 0: 548 */
		} quote;
		size_t padding;
	};
};

#define FRAME_LAYER(kind_, member, ...)                          \
	(struct frame_layer)                                     \
	{                                                        \
		.kind = kind_, .member = (struct frame_##member) \
		{                                                \
			__VA_ARGS__                              \
		}                                                \
	}

#define ETH(from, to)             FRAME_LAYER(LAYER_ETH, eth, (from).mac, (to).mac)
#define ETH_TYPED(from, to, type) FRAME_LAYER(LAYER_ETH, eth, (from).mac, (to).mac, type)
/* "Who has `asked`? Tell `asker`." and what answers it. */
#define ARP_ASKS(asker, asked) \
	FRAME_LAYER(LAYER_ARP, arp, 1, (asker).mac, NULL, (asker).address, (asked).address)
#define ARP_SAYS(owner, asker) \
	FRAME_LAYER(LAYER_ARP, arp, 2, (owner).mac, (asker).mac, (owner).address, (asker).address)
/* IPV4(A, H, .ttl = 3, .tos = 0xb8, .dont_fragment = true, .id = 7, .next = 50) */
#define IPV4(from, to, ...) \
	FRAME_LAYER(LAYER_IPV4, ipv4, (from).address, (to).address, ##__VA_ARGS__)
/* The IPv6 header that weft makes of IPV4(from, to, ...); what both have is named alike. */
#define IPV6(from, to, ...) \
	FRAME_LAYER(LAYER_IPV6, ipv6, &(from).substrate, &(to).substrate, ##__VA_ARGS__)
#define ICMP(type, code, ...)    FRAME_LAYER(LAYER_ICMP, icmp, type, code, ##__VA_ARGS__)
#define ICMPV6(type, code, rest) FRAME_LAYER(LAYER_ICMPV6, icmpv6, type, code, rest)
#define UDP(from, to, ...)       FRAME_LAYER(LAYER_UDP, udp, from, to, ##__VA_ARGS__)
#define TCP(from, to, ...)       FRAME_LAYER(LAYER_TCP, tcp, from, to, ##__VA_ARGS__)
#define TEXT(text)               FRAME_LAYER(LAYER_DATA, data, text, sizeof(text) - 1)
#define DATA(count)              FRAME_LAYER(LAYER_DATA, data, NULL, count)
#define OCTETS(octets, count)    FRAME_LAYER(LAYER_DATA, data, octets, count)
/* What an ICMP error quotes of a frame: its IPv4 packet with that TTL, up to .octets = 548. */
#define QUOTE(frame, ttl, ...) FRAME_LAYER(LAYER_QUOTE, quote, frame, ttl, ##__VA_ARGS__)
/* Zeros that no length counts: Ethernet's. */
#define PADDING(octets)                                    \
	(struct frame_layer)                               \
	{                                                  \
		.kind = LAYER_PADDING, .padding = (octets) \
	}

#define PING ICMP(8, 0, .id = 7, .sequence = 1), TEXT("abcdefghijklmnopqrstuvw")
#define PONG ICMP(0, 0, .id = 7, .sequence = 1), TEXT("abcdefghijklmnopqrstuvw")

#define FRAME(...) frame_build((const struct frame_layer[]){__VA_ARGS__, {.kind = LAYER_END}})

/* All functions that return a frame make a new one, that lives until frames_free(). */
const struct frame *frame_build(const struct frame_layer *layers);

/* The same with `count` octets at `offset` replaced. */
#define PATCHED(frame, offset, ...)                                      \
	frame_patch(frame, offset, (const unsigned char[]){__VA_ARGS__}, \
		    sizeof((const unsigned char[]){__VA_ARGS__}))
const struct frame *frame_patch(const struct frame *frame, size_t offset,
				const unsigned char *octets, size_t count);

/* The same, with the checksum of its IPv4 header made right again. */
const struct frame *frame_right(const struct frame *frame);

/* The first `length` octets; frame_extend(): up to `length` octets, with zeros. */
const struct frame *frame_cut(const struct frame *frame, size_t length);
const struct frame *frame_extend(const struct frame *frame, size_t length);

/*
 * A fragment: `octets` of the IPv4 or IPv6 payload from `offset` (a multiple of 8). More follow,
 * unless they are the last. `id` is the IPv4 header's, or the fragment header's.
 */
const struct frame *frame_fragment(const struct frame *frame, uint16_t id, size_t offset,
				   size_t octets);

bool frame_equal(const struct frame *a, const struct frame *b);
/* The offset of the first octet that is not the same in both, or that only one has. */
size_t frame_difference(const struct frame *a, const struct frame *b);

/* Takes `length` octets apart, a line a layer, the payload in hex; each line begins with `indent`. */
void frame_print(FILE *out, const char *indent, const unsigned char *octets, size_t length);

/* Frees all frames. */
void frames_free(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a fuzzer's input means: a frame, and where and in which state of the host it comes in.
 *
 *   octet 0      scene; bit 7: from the substrate
 *         1      0: the reinjection device, 1: the substrate's, n: a port
 *         2      what is put right before it is sent, ARRIVAL_*
 *         3      octets that can be read directly; 0: all
 *         4      low 4 bits: a mapping, high 4 bits: what the cache says of it, enum cache_change
 *         5      low 4 bits: what is used up, and how it was sent, ARRIVAL_*;
 *                high 4 bits: the how many-th helper of the kernel fails; 0: none does
 *         6..7   gso_size, little endian
 *         8..11  mark, little endian
 *        12..    the frame
 */
#ifndef WEFT_FUZZ_ARRIVAL_H
#define WEFT_FUZZ_ARRIVAL_H

#include <stdbool.h>

#include "scene.h"

#define ARRIVAL_OCTETS    12 /* in front of the frame */
#define ARRIVAL_FRAME_MAX 65600

/* Octet 2. Fuzzers can't guess a checksum: without these few inputs came far. */
#define ARRIVAL_OWN_SOURCE   (1U << 0) /* a port's frame comes from its MAC and address */
#define ARRIVAL_RIGHT_LENGTH (1U << 1) /* of IP and UDP */
#define ARRIVAL_RIGHT_HEADER (1U << 2) /* the IPv4 header's checksum */
#define ARRIVAL_RIGHT_SUM    (1U << 3) /* of ICMP, UDP and TCP */
#define ARRIVAL_TUNNEL       (1U << 4) /* no repair: the kernel sees a header in the packet (natively) */

/* Octet 5. */
#define ARRIVAL_NO_ANSWERS (1U << 0) /* the port may cause no more answers */
#define ARRIVAL_NO_MISSES  (1U << 1) /* nor misses */
#define ARRIVAL_RING_FULL  (1U << 2) /* weftd doesn't empty the ring (only natively) */
#define ARRIVAL_UNFINISHED (1U << 3) /* TCP or UDP leaves its checksum to the NIC (only natively) */

/* What the cache says of a node, instead of the truth. */
enum cache_change {
	CACHE_AS_IS,
	CACHE_FORGOTTEN,
	CACHE_PENDING,
	CACHE_PENDING_FULL,
	CACHE_NEGATIVE,
	CACHE_MOVED, /* to a host that is not in the topology: arrival_elsewhere */
	CACHE_MAC_CHANGED,
	CACHE_WITHOUT_SLOT,
	CACHE_CHANGES,
};

extern const struct substrate_locator arrival_elsewhere;

struct arrival {
	enum scene_name scene;
	bool from_substrate;
	uint32_t ifindex, mark, gso_size;
	uint32_t linear;
	enum cache_change change;
	size_t mapping; /* that is changed: an index in scene->mappings */
	unsigned int state; /* ARRIVAL_* of octet 5 */
	uint32_t failing; /* see struct skb; only natively */
	bool again; /* not by the input: one like it has been there, its flow is known */
	bool tunnel; /* the kernel believes the transport header to be that of a packet in the packet */
	uint32_t length;
	unsigned char frame[ARRIVAL_FRAME_MAX];
};

/*
 * Reads an input for one of the scenes; false if it is shorter than what stands before the frame, or
 * too long.
 */
bool arrival_read(const struct scene scenes[SCENES], const uint8_t *data, size_t size,
		  struct arrival *ret_arrival);

/* Puts right what `repairs` says, ARRIVAL_* of octet 2. */
void arrival_repair(const struct scene *scene, struct arrival *arrival, unsigned int repairs);

/* What the cache says of the changed node; false if that is nothing at all. */
bool arrival_mapping(const struct scene *scene, const struct arrival *arrival,
		     struct mapping *ret_mapping);

#endif

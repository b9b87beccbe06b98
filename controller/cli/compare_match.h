/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges what the nodes of two labs have received: which frames of one have their equal in the other.
 * Pure. What is left out of the comparison is left out here, and docs/fidelity.md says why.
 */
#ifndef WEFT_COMPARE_MATCH_H
#define WEFT_COMPARE_MATCH_H

#include "compare_probe.h"

/* The two labs. The twin is right, by definition. */
enum side { SIDE_TWIN, SIDE_WEFT, SIDES };

/* A frame that a node has received. */
struct sighting {
	enum side side;
	uint32_t network, node; /* indices */
	uint8_t *octets;
	size_t length;
};

struct sightings {
	struct sighting *list;
	size_t count;
};

/* Keeps a copy of a frame. Returns 0 or -ENOMEM. */
int sightings_add(struct sightings *sightings, const struct sighting *sighting);
void sightings_clear(struct sightings *sightings);

/* Whether frames like this one are compared: no broadcasts and multicasts, no ARP requests. */
bool frame_is_compared(const uint8_t *frame, size_t length);

/*
 * Makes equal what may differ: the IPv4 id of an unfragmented packet, and of what a router has
 * fragmented of its own; the time in an ICMP timestamp reply.
 */
void frame_normalise(const struct network *network, uint8_t *frame, size_t length);

/* A frame without an equal, or a pair of them: what both labs made of the same probe. */
struct difference {
	uint32_t probe; /* its number; 0: unknown */
	const struct sighting *seen[SIDES]; /* one of them may be NULL */
};

struct comparison {
	size_t equal; /* pairs of equal frames */
	size_t twin; /* frames of the twin */
	struct difference *differences; /* in the order of probes */
	size_t difference_count;
};

/*
 * Compares: normalises the sightings, and refers to them in ret_comparison.
 * Returns 0 and a comparison that the caller clears, or -ENOMEM.
 */
int sightings_compare(const struct model *model, const struct probe_list *probes,
		      struct sightings *sightings, struct comparison *ret_comparison);
void comparison_clear(struct comparison *comparison);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is sent to compare two labs: raw frames, each from a node's own MAC and address, as random as
 * what programs, and people who look for trouble, send. Pure: the same topology and seed always
 * give the same.
 */
#ifndef WEFT_COMPARE_PROBE_H
#define WEFT_COMPARE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/model.h"

#define PROBE_FRAMES_MAX 4
#define ASKS_SHARE       4 /* 1/4 of the probes may be such questions */
#define PROBES_MAX       65535 /* each has an IPv4 id of its own */

struct probe_frame {
	uint8_t *octets; /* from the Ethernet header on */
	size_t length;
};

/* One packet, or a datagram in fragments. */
struct probe {
	uint32_t number; /* from 1 */
	uint32_t network, node; /* who sends it (indices) */
	bool asks; /* for a MAC that others need: it comes before them, and is always sent */
	const char *kind; /* "TCP", "ICMP error in fragments" */
	struct probe_frame frames[PROBE_FRAMES_MAX];
	size_t frame_count;
};

struct probe_list {
	struct probe *probes; /* probe n at n - 1 */
	size_t count;
};

/*
 * Makes `count` probes for the nodes of a model that model_allocate() has completed. Returns 0 and a list
 * that the caller clears, -EINVAL if no network has a node, or -ENOMEM.
 */
int probes_generate(const struct model *model, uint64_t seed, size_t count,
		    struct probe_list *ret_list);
void probes_clear(struct probe_list *list);

/* The number of the probe that a frame, received somewhere, comes from; 0 if that can't be told. */
uint32_t probe_number_of(const struct probe_list *list, const uint8_t *frame, size_t length);

#endif

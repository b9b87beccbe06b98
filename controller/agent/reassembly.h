/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments for a logical router, put together (RFC 791; overlaps as Linux: net/ipv4/ip_fragment.c). The
 * whole packet goes through the same program again, which answers it. Pure.
 */
#ifndef WEFT_AGENT_REASSEMBLY_H
#define WEFT_AGENT_REASSEMBLY_H

#include <stdint.h>

#include "schemas/dataplane.h"

#define REASSEMBLY_DATAGRAMS_MAX 64 /* being put together, of all nodes */
#define REASSEMBLY_NODE_MAX      8 /* of one node; its oldest makes room */
#define REASSEMBLY_TIMEOUT_MS    30000

struct reassembly;

/* Returns an empty one, or NULL without memory. */
struct reassembly *reassembly_new(void);
void reassembly_free(struct reassembly *reassembly); /* takes NULL */

/*
 * Takes a held frame with a fragment. Returns the whole packet when this was the last that was missing, as
 * a held frame with its octets behind it, good until the next call; else NULL. Fragments that make no
 * sense are dropped, what is too old or too much is given up.
 */
const struct held_frame *reassembly_add(struct reassembly *reassembly,
					const struct held_frame *fragment, uint64_t now_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What has become of a frame: what a program returned and counted, the frame as it is then, and all
 * that was left behind on the way.
 */
#ifndef WEFT_FUZZ_DEPARTURE_H
#define WEFT_FUZZ_DEPARTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/dataplane.h"

#define DEPARTURE_COPIES_MAX 2048
#define DEPARTURE_UNCOUNTED  (-1) /* no reason, or more than one */

/* Where a program sends a frame that it doesn't drop or pass. The kernel's test run can't tell. */
enum departure_way { WAY_NONE, WAY_DEVICE, WAY_PEER, WAY_SUBSTRATE };

/* A copy that a program sends before it goes on; or a held frame, with its header. */
struct departure_copy {
	unsigned char *octets;
	uint32_t length;
	uint32_t ifindex; /* where it is sent */
};

struct departure {
	int verdict; /* TC_ACT_* */
	int reason; /* enum reason, or DEPARTURE_UNCOUNTED */
	uint32_t mark, gso_size;
	unsigned char *frame;
	uint32_t length;
	enum departure_way way;
	uint32_t ifindex;
	bool unfinished; /* its checksum is still to be stored: see struct skb */
	uint32_t sum_start, sum_at;
	bool forgets_sum; /* a NIC's sum of it would not have been kept */

	struct departure_copy copies[DEPARTURE_COPIES_MAX];
	size_t copy_count;
	struct departure_copy held; /* struct held_frame and the frame; length 0: none */
	struct node_key missed; /* the mapping that the program has marked as pending */
	bool is_missed;
	struct mapping changed; /* the arrival's changed mapping, as the program left it */
};

/* Frees what it owns, and makes it empty. */
void departure_clear(struct departure *departure);

/* Says on stderr what it is, a name in front of each line. */
void departure_print(const char *name, const struct departure *departure);

#endif

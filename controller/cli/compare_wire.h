/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends probes from the nodes of two labs, the same in both, and keeps what their nodes receive: a
 * packet socket on each node's eth0, all of them in one process. Functions return 0 or -errno and
 * have then told stderr what failed.
 */
#ifndef WEFT_COMPARE_WIRE_H
#define WEFT_COMPARE_WIRE_H

#include "compare_labs.h"
#include "compare_match.h"

/* The socket of a node in one of the labs. */
struct tap {
	int fd;
	enum side side;
	uint32_t network, node; /* indices */
	size_t received; /* frames that are compared */
};

struct wire {
	struct tap *taps; /* first those of one lab, then those of the other, in the same order */
	size_t count;
	struct sightings sightings;
	size_t probes; /* that were sent */
};

/* To be closed also when it fails. */
int wire_open(const struct compare_labs *labs, const struct model *model, struct wire *ret_wire);
void wire_close(struct wire *wire);

/* Closes the sockets, which would keep their namespaces alive; what was received is kept. */
void wire_unplug(struct wire *wire);

/* Sends the probes (only that of number `only` if it isn't 0) and waits for what comes of them. */
int wire_run(struct wire *wire, const struct probe_list *probes, uint32_t only);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's neighbour table by rtnetlink: which MAC a router of the substrate has. It is the kernel that
 * asks (RFC 4861) and that judges who is there; weftd makes it look, listens, and remembers nothing here.
 */
#ifndef WEFT_AGENT_NEIGHBOURS_H
#define WEFT_AGENT_NEIGHBOURS_H

#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "schemas/dataplane.h"

/* What the kernel says of a neighbour. */
struct neighbour {
	uint32_t ifindex; /* of the interface that it is a neighbour on */
	struct substrate_address address;
	bool known; /* whether frames can be sent to it */
	uint8_t mac[WEFT_MAC_OCTETS]; /* if it is known */
};

/* Reads RTM_NEWNEIGH or RTM_DELNEIGH. False if the message is none, or not about an IPv6 neighbour. */
bool neighbour_read(const struct nlmsghdr *message, struct neighbour *ret_neighbour);

struct neighbours;

struct neighbours_handlers {
	/* A neighbour, any of this host's, has changed; or it is the answer to neighbours_use(). */
	void (*told)(const struct neighbour *neighbour, void *context);
	/* The kernel had more to tell than there was room for: some changes will not be told. */
	void (*lost)(void *context);
};

/* Opens the neighbour table. The handlers are called from the event loop. 0 or -errno. */
int neighbours_open(struct event_base *base, const struct neighbours_handlers *handlers,
		    void *context, struct neighbours **ret_neighbours);
void neighbours_close(struct neighbours *neighbours); /* takes NULL */

/*
 * Does to the kernel's entry what a packet sent there does: it is made if there is none, asked for if its
 * MAC isn't known, and probed if it is stale. What the kernel knows by then is told by and by; nothing is
 * if the interface is gone.
 */
void neighbours_use(struct neighbours *neighbours, uint32_t ifindex,
		    const struct substrate_address *address);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which interfaces take frames that XDP redirects to them (ndo_xdp_xmit), as the kernel says by generic
 * netlink, family "netdev" (Linux 6.3). A veth does if its other end has an XDP program or GRO, so this
 * changes at any time. Nothing is remembered here: see interfaces.h.
 */
#ifndef WEFT_AGENT_XDP_FEATURES_H
#define WEFT_AGENT_XDP_FEATURES_H

#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads a message of the family about one interface. False if it says nothing of XDP. */
bool xdp_features_read(const struct nlmsghdr *message, uint32_t *ret_ifindex, bool *ret_receives);

/* Whether the kernel can say it at all. */
bool xdp_features_known(void);

struct xdp_features;

/*
 * Asks for all interfaces, and calls `told` (from the event loop) with each and then with each that
 * changes. 0 or -errno: -ENOENT if the kernel is too old to know.
 */
int xdp_features_open(struct event_base *base,
		      void (*told)(uint32_t ifindex, bool receives, void *context), void *context,
		      struct xdp_features **ret_features);
void xdp_features_close(struct xdp_features *features); /* takes NULL */

/* Has `told` called for one interface: it wasn't known when the kernel spoke of it. Takes NULL. */
void xdp_features_ask(struct xdp_features *features, uint32_t ifindex);

#endif

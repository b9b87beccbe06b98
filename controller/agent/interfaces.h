/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The network interfaces of this host, kept up to date by rtnetlink. */
#ifndef WEFT_AGENT_INTERFACES_H
#define WEFT_AGENT_INTERFACES_H

#include <event2/event.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct interface {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t mtu;
	uint8_t mac[ETH_ALEN]; /* zeroes if it is no Ethernet interface */
	uint32_t master; /* ifindex of the bridge, or the like, that it is a port of; 0: none */
	bool up;
	bool peer_elsewhere; /* a veth whose other end is in another namespace */
	/* It takes frames that XDP redirects to it. A kernel before 6.3 doesn't say: then only taps do. */
	bool xdp_receives;
};

struct interfaces;

/* Reads all interfaces, and calls `changed` (from the event loop) whenever some came, went or
 * changed. Returns 0 or -errno. */
int interfaces_open(struct event_base *base, void (*changed)(void *context), void *context,
		    struct interfaces **ret_interfaces);
void interfaces_close(struct interfaces *interfaces); /* takes NULL */

/* Finds an interface; NULL if there is none of that name. Good until the next `changed`. */
const struct interface *interfaces_find(const struct interfaces *interfaces, const char *name);

/* The interface after `previous`, the first after NULL, or NULL; in no order. Good as long. */
const struct interface *interfaces_next(const struct interfaces *interfaces,
					const struct interface *previous);

/*
 * Makes a veth pair in this namespace, up, with the largest MTU and without IPv6, so that nothing
 * but weft sends on it, and with the first one's checksum offload off. An existing pair is taken.
 * Returns 0 or -errno.
 */
int interfaces_make_pair(const char *out, const char *in, uint32_t *ret_out_ifindex,
			 uint32_t *ret_in_ifindex);

#endif

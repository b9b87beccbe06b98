/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Making and changing network interfaces by rtnetlink, for the devices that weft has of its own.
 * What interfaces there are is in interfaces.h.
 */
#ifndef WEFT_AGENT_LINK_H
#define WEFT_AGENT_LINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#define LINK_REQUEST_MAX 1024 /* octets of any request that is made of this */

/*
 * Begins a request in a buffer of LINK_REQUEST_MAX octets: RTM_NEWLINK or RTM_DELLINK with NLM_F_*,
 * about an interface, or 0 if an attribute names it. Returns the message, in the buffer.
 */
struct nlmsghdr *link_request(void *buffer, uint16_t type, uint16_t flags, uint32_t ifindex);

/* Begins a request for a new interface of this name, which must not be there. */
struct nlmsghdr *link_request_new(void *buffer, const char *name);

/* Sends a request and waits for the kernel's acknowledgement. 0 or the kernel's -errno. */
int link_send(struct nlmsghdr *message);

/* Sets an interface up or down. 0 or -errno. */
int link_set_up(uint32_t ifindex, bool up);

/* Without IPv6 the kernel sends nothing by itself on the interface. 0, also on a kernel that has no
 * IPv6, or -errno. */
int link_ipv6_off(const char *name);

/* Removes an interface. 0, also if it is not there, or -errno. */
int link_remove(const char *name);

#endif

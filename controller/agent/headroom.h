/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Room in front of the frames that nodes send, so that IPv4's header becomes IPv6's, 20 octets larger
 * (28 with a fragment header), where the frame lies. By itself a veth leaves two octets, and each
 * UDP packet is copied. How much it leaves is up to what its other end is a port of, and the kernel
 * only asks a bridge: so the host's ends of the nodes' veths become ports of one, together with a
 * VXLAN device, which is what wants the room.
 *
 * Neither of the two ever is up. The programs come before the bridge, and frames are redirected past
 * it, so it carries nothing; what the programs let pass ends there.
 */
#ifndef WEFT_AGENT_HEADROOM_H
#define WEFT_AGENT_HEADROOM_H

#include <stddef.h>

#include "agent.h"

/* Gives headroom to the ports that assignment and interfaces say, takes it from others; nothing if it
 * is so already. What can't be done is logged, once: nothing depends on it. */
void headroom_reconcile(struct agent *agent);

/* How many ports have it. */
size_t headroom_count(const struct agent *agent);

/* Removes bridge and VXLAN device; ports are let go. 0, also if they aren't there, or -errno. */
int headroom_remove(void);

#endif

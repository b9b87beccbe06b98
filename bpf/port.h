/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps: whose interface is this, and does the frame come from who it says? */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#include "maps.h"
#include "packet.h"

/* Step: the node that sends. */
static __always_inline enum verdict port_identify(struct packet *pkt)
{
	pkt->port = bpf_map_lookup_elem(&ports, &pkt->ifindex);
	return pkt->port ? NEXT : drop(pkt, REASON_PORT_UNKNOWN);
}

/* Step: a node sends from its own MAC and its own address only (ARP is judged in arp_answer()). */
static __always_inline enum verdict guard_source(struct packet *pkt)
{
	if (!mac_equal(pkt->eth->h_source, pkt->port->mac))
		return drop(pkt, REASON_SOURCE_MAC_FOREIGN);
	if (pkt->ip && pkt->ip->saddr != pkt->port->address)
		return drop(pkt, REASON_SOURCE_ADDRESS_FOREIGN);
	return NEXT;
}

#endif

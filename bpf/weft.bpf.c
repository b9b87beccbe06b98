/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The entry programs: the way of a packet, as lists of steps. Each step is in the header of its
 * noun; a step that ends the way says why in packet.reason, and finish() counts that.
 *
 * Both also run on the reinjection device, where weftd sends held frames again: the mark says
 * which port (or the substrate) a frame came from.
 *
 * This is the tc program; weft_xdp.bpf.c makes the XDP program of it.
 */
#ifndef CONTEXT_SECTION
#include "context_tc.h"
#endif

#include "packet.h"
#include "port.h"
#include "offload.h"
#include "arp.h"
#include "router.h"
#include "mapping.h"
#include "substrate.h"
#include "substrate_error.h"

static __always_inline int finish(struct packet *pkt, enum verdict verdict)
{
	__u32 reason = pkt->reason;
	__u64 *count;

	if (verdict == PASS && !CONTEXT_IS_LAST)
		return CONTEXT_PASS;
	count = bpf_map_lookup_elem(&counters, &reason);
	if (count)
		(*count)++;
	switch (verdict) {
	case PASS:
	case LEAVE:
		return CONTEXT_PASS;
	case DELIVER:
		return context_deliver(pkt->context, pkt->out_ifindex, pkt->out_peer);
	case FORWARD:
		return context_forward(pkt->context, config.substrate_ifindex, pkt->next_hop);
	case FINISH_CHECKSUM:
		return context_reinject(pkt->context, config.reinject_out_ifindex,
					REINJECT_MARK | pkt->ifindex);
	default:
		return CONTEXT_DROP;
	}
}

/* The port that a mark says; 0, which is none, if the kernel sends something of its own there. */
static __always_inline __u32 reinject_port(__u32 mark)
{
	return mark & REINJECT_MARK ? mark & REINJECT_IFINDEX_MASK : 0;
}

/* A frame that a computing node sends. */
SEC(CONTEXT_SECTION)
int from_node(struct context *context)
{
	struct packet pkt = {.context = context, .ifindex = context_ifindex(context)};
	enum verdict v;

	context_find_start(context);
	if (context_is_reinjected(context)) {
		if (context_mark(context) == REINJECT_FROM_SUBSTRATE)
			return CONTEXT_PASS; /* to from_substrate, which comes next there */
		pkt.ifindex = reinject_port(context_mark(context));
		pkt.reinjected = true;
		pkt.whole = context_mark(context) & REINJECT_WHOLE;
	}
	v = packet_parse(&pkt);
	if (v == NEXT)
		v = port_identify(&pkt); /* whose interface is this? */
	if (v == NEXT)
		v = guard_source(&pkt); /* only its own MAC and addresses */
	if (v == NEXT)
		v = checksum_judge(&pkt); /* whether XDP can take it */
	if (v == NEXT)
		v = arp_answer(&pkt); /* RFC 826 */
	if (v == NEXT)
		v = router_enter(&pkt); /* addressed to a logical router? */
	if (v == NEXT)
		v = path_follow(&pkt); /* hops, TTL, unreachables */
	if (v == NEXT)
		v = mapping_lookup(&pkt); /* miss: held, asked */
	if (v == NEXT)
		v = deliver_local(&pkt);
	if (v == NEXT)
		v = substrate_embed(&pkt);
	return finish(&pkt, v);
}

/* A packet that the substrate brings. */
SEC(CONTEXT_SECTION)
int from_substrate(struct context *context)
{
	struct packet pkt = {.context = context, .ifindex = HELD_FROM_SUBSTRATE};
	enum verdict v;

	context_find_start(context);
	v = substrate_parse(&pkt); /* for a node of this host? */
	if (v == NEXT)
		v = substrate_port(&pkt);
	if (v == NEXT)
		v = substrate_error(&pkt); /* the fabric about a packet of ours */
	if (v == NEXT)
		v = substrate_verify(&pkt); /* from where its source is? */
	if (v == NEXT)
		v = substrate_judge(&pkt); /* whether XDP can deliver it */
	if (v == NEXT)
		v = substrate_restore(&pkt); /* deliver */
	return finish(&pkt, v);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The entry programs: the way of a packet, as lists of steps. Each step is in the header of its
 * noun; a step that ends the way says why in packet.reason, and finish() counts that. A packet that is
 * like one before takes none of them: it follows its flow (flow.h).
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
#include "flow.h"
#include "port.h"
#include "offload.h"
#include "arp.h"
#include "router.h"
#include "mapping.h"
#include "embed.h"
#include "substrate.h"
#include "substrate_error.h"

static __always_inline void count(enum reason reason)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *state = bpf_map_lookup_elem(&cpus, &cpu);

	if (state && reason < REASONS_MAX)
		state->packets[reason]++;
}

static __always_inline int finish(struct packet *pkt, enum verdict verdict)
{
	if (verdict == PASS && !CONTEXT_IS_LAST)
		return CONTEXT_PASS;
	count(pkt->reason);
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

/* The steps of a node's frame whose flow isn't known: what becomes of it? `pkt` is what the flow was looked
 * for with, and begins anew: 6.1 has no stack for two. */
static __always_inline int from_node_first(struct context *context, struct packet *pkt)
{
	enum verdict v;

	*pkt = (struct packet){.context = context, .ifindex = context_ifindex(context)};

	context_find_start(context);
	if (context_is_reinjected(context)) {
		if (context_mark(context) == REINJECT_FROM_SUBSTRATE)
			return CONTEXT_PASS; /* to from_substrate, which comes next there */
		pkt->ifindex = reinject_port(context_mark(context));
		pkt->reinjected = true;
		pkt->whole = context_mark(context) & REINJECT_WHOLE;
	}
	pkt->stamp = flow_stamp();
	v = packet_parse(pkt);
	if (v == NEXT)
		v = port_identify(pkt); /* whose interface is this? */
	if (v == NEXT)
		v = guard_source(pkt); /* only its own MAC and addresses */
	if (v == NEXT)
		v = checksum_judge(pkt); /* whether XDP can take it */
	if (v == NEXT)
		v = arp_answer(pkt); /* RFC 826 */
	if (v == NEXT)
		v = router_enter(pkt); /* addressed to a logical router? */
	if (v == NEXT)
		v = path_follow(pkt); /* hops, TTL, unreachables */
	if (v == NEXT)
		v = mapping_lookup(pkt); /* miss: held, asked */
	if (v == NEXT)
		v = deliver_local(pkt);
	if (v == NEXT)
		v = flow_keep_out(pkt);
	if (v == NEXT)
		v = substrate_embed_first(pkt);
	return finish(pkt, v);
}

/* A frame that a computing node sends. */
SEC(CONTEXT_SECTION)
int from_node(struct context *context)
{
	struct packet pkt = {.context = context, .ifindex = context_ifindex(context)};

	if (flow_find_out(&pkt)) /* like one before */
		return finish(&pkt, substrate_embed(&pkt));
	return from_node_first(context, &pkt);
}

/* The steps of a packet of the substrate whose flow isn't known. */
static __always_inline int from_substrate_first(struct context *context, struct packet *pkt)
{
	enum verdict v;

	*pkt = (struct packet){.context = context, .ifindex = HELD_FROM_SUBSTRATE};

	context_find_start(context);
	pkt->stamp = flow_stamp();
	v = substrate_parse(pkt); /* for a node of this host? */
	if (v == NEXT)
		v = substrate_port(pkt);
	if (v == NEXT)
		v = substrate_error(pkt); /* the fabric about a packet of ours */
	if (v == NEXT)
		v = substrate_verify(pkt); /* from where its source is? */
	if (v == NEXT)
		v = substrate_judge(pkt); /* whether XDP can deliver it */
	if (v == NEXT)
		v = flow_keep_in(pkt);
	if (v == NEXT)
		v = substrate_restore_first(pkt);
	return finish(pkt, v);
}

/* A packet that the substrate brings. */
SEC(CONTEXT_SECTION)
int from_substrate(struct context *context)
{
	struct packet pkt = {.context = context, .ifindex = HELD_FROM_SUBSTRATE};

	if (flow_find_in(&pkt)) /* like one before */
		return finish(&pkt, substrate_restore(&pkt));
	return from_substrate_first(context, &pkt);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

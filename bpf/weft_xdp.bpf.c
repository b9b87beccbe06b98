/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP programs: the same steps as in tc (weft.bpf.c), and one that an interface of the substrate can
 * have although its packets are tc's.
 */
#include "context_xdp.h"

#include "weft.bpf.c"

/*
 * What from_substrate would drop is dropped here, before there is an skb: a flood of packets that are
 * for nobody, or not from where they say, costs little. The others go on to tc as they came.
 */
SEC(CONTEXT_SECTION)
int guard_substrate(struct context *context)
{
	struct packet pkt = {.context = context, .ifindex = HELD_FROM_SUBSTRATE};
	enum verdict v = substrate_parse(&pkt);

	if (v == NEXT)
		v = substrate_port(&pkt);
	if (v == NEXT)
		v = substrate_error(&pkt);
	if (v == NEXT)
		v = substrate_verify(&pkt);
	return finish(&pkt, v == NEXT ? PASS : v);
}

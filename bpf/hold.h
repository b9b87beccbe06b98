/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holding a packet whose mapping is unknown: weftd gets a copy of the frame, asks the manager, and
 * sends the same frame through the same program again. So the first packet is not lost, and
 * everything that is ever sent is made here and not in weftd.
 */
#ifndef WEFT_HOLD_H
#define WEFT_HOLD_H

#include "maps.h"
#include "packet.h"
#include "rate.h"

/* Copies the frame into a record of `record_octets`, a constant that is large enough. */
#define HOLD_FRAME_MAX(record_octets) ((record_octets) - sizeof(struct held_frame))

static __always_inline enum verdict hold_copy(struct packet *pkt, const struct node_key *key,
					      enum held_purpose purpose, __u32 length,
					      __u32 record_octets)
{
	struct held_frame *frame = bpf_ringbuf_reserve(&misses, record_octets, 0);

	if (!frame)
		return drop(pkt, REASON_HOLD_RING_FULL);
	frame->ifindex = pkt->ifindex;
	frame->network = key->network;
	frame->address = key->address;
	frame->asking_node = pkt->port->address;
	frame->length = length;
	frame->gso_size = (__u16)context_gso_size(pkt->context);
	frame->purpose = purpose;
	if (context_load(pkt->context, 0, frame + 1, length) < 0) {
		bpf_ringbuf_discard(frame, 0);
		return drop(pkt, REASON_FRAME_TRUNCATED);
	}
	bpf_ringbuf_submit(frame, 0);
	return end(pkt, DROP, REASON_HELD);
}

/* Gives weftd the frame, with what was looked up and not found. */
static __noinline enum verdict hold(struct packet *pkt, const struct node_key *key,
				    enum held_purpose purpose)
{
	__u32 length = context_length(pkt->context);

	if (length < sizeof(struct ethhdr))
		return drop(pkt, REASON_FRAME_TRUNCATED);
	if (length <= HOLD_FRAME_MAX(HELD_SMALL_OCTETS))
		return hold_copy(pkt, key, purpose, length, HELD_SMALL_OCTETS);
	if (length <= HOLD_FRAME_MAX(HELD_LARGE_OCTETS))
		return hold_copy(pkt, key, purpose, length, HELD_LARGE_OCTETS);
	return drop(pkt, REASON_HOLD_TOO_LARGE);
}

#endif

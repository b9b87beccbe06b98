/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judging two runs together: one after the other on two hosts, or of the same frame. */
#include "judge.h"

#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/frame.h"
#include "wire.h"

#define HASH_AT 17 /* in an IPv6 frame: the octet of the flow label that may be anything */

/* ---- there, and out again ---------------------------------------------------------------------- */

/* A TCP checksum of 0xffff may become 0, which is the same number. */
static bool octets_are_equal(const struct wire_packet *a, const struct wire_packet *b)
{
	size_t at = wire_sum_at(a);

	for (size_t i = 0; i < a->l4_octets; i++)
		if (a->l4[i] != b->l4[i] && !(at && (i == at || i == at + 1)))
			return false;
	return !at || wire_get16(a->l4 + at) == wire_get16(b->l4 + at) ||
	       (wire_get16(a->l4 + at) == 0xffff && !wire_get16(b->l4 + at));
}

void judge_round_trip(const struct arrival *sent, const struct arrival *crossed,
		      const struct departure *received)
{
	static unsigned char before[ARRIVAL_FRAME_MAX];
	struct wire_packet in, out;
	const char *complaint = NULL;

	memcpy(before, sent->frame, sent->length);
	if (received->reason != REASON_DELIVERED)
		judge_fail(crossed, received, "what was forwarded is not delivered");
	if (!wire_parse(before, sent->length, &in) ||
	    !wire_parse(received->frame, received->length, &out))
		judge_fail(crossed, received, "no packet is delivered");
	if (memcmp(in.ip, out.ip, 4) != 0)
		complaint = "TOS or length is not what was sent";
	else if (in.fragment && memcmp(in.ip + 4, out.ip + 4, 2) != 0)
		complaint = "a fragment's id is not what was sent";
	else if (memcmp(in.ip + 6, out.ip + 6, 2) != 0)
		complaint = "the flags are not what was sent";
	else if (out.ip[8] > in.ip[8])
		complaint = "the TTL has grown";
	else if (in.ip[9] != out.ip[9])
		complaint = "the protocol is not what was sent";
	else if (memcmp(in.ip + 12, out.ip + 12, 8) != 0)
		complaint = "the addresses are not what was sent";
	else if (in.l4_octets != out.l4_octets || !octets_are_equal(&in, &out))
		complaint = "the content is not what was sent";
	if (complaint) {
		fprintf(stderr, "\nsent:\n");
		frame_print(stderr, "  ", before, sent->length);
		judge_fail(crossed, received, complaint);
	}
}

/* ---- the same again ---------------------------------------------------------------------------- */

static bool copies_are_equal(const struct departure_copy *a, const struct departure_copy *b)
{
	return a->length == b->length && a->ifindex == b->ifindex &&
	       (!a->length || memcmp(a->octets, b->octets, a->length) == 0);
}

/* Fragments of a reply have an id by chance. */
static bool pieces_are_equal(const struct departure_copy *a, const struct departure_copy *b)
{
	const unsigned char *x = a->octets, *y = b->octets;
	const size_t flags_at = WIRE_ID_AT + 2, source_at = WIRE_SUM_AT + 2;

	return a->length == b->length && a->ifindex == b->ifindex && a->length >= WIRE_L4_AT &&
	       memcmp(x, y, WIRE_ID_AT) == 0 &&
	       memcmp(x + flags_at, y + flags_at, WIRE_SUM_AT - flags_at) == 0 &&
	       memcmp(x + source_at, y + source_at, a->length - source_at) == 0 &&
	       wire_header_is_right(x + WIRE_IPV4_AT) && wire_header_is_right(y + WIRE_IPV4_AT);
}

static bool frames_are_equal(const struct departure *a, const struct departure *b)
{
	bool hashed = a->reason == REASON_FORWARDED && a->length > HASH_AT;

	if (a->verdict == TC_ACT_SHOT)
		return true; /* nobody sees it */
	if (a->length != b->length)
		return false;
	for (uint32_t i = 0; i < a->length; i++)
		if (a->frame[i] != b->frame[i] && !(hashed && i == HASH_AT))
			return false;
	return true;
}

const char *judge_difference(const struct departure *a, const struct departure *b, bool ways)
{
	if (a->reason != b->reason)
		return "the reasons differ";
	if (a->verdict != b->verdict)
		return "the verdicts differ";
	if (ways && (a->way != b->way || a->ifindex != b->ifindex))
		return "they go to different interfaces";
	if (ways && a->gso_size != b->gso_size)
		return "their gso_size differs";
	if (a->mark != b->mark)
		return "the marks differ";
	if (!frames_are_equal(a, b))
		return "the frames differ";
	if (!copies_are_equal(&a->held, &b->held))
		return "the held frames differ";
	if (a->copy_count != b->copy_count)
		return "one sends more copies";
	for (size_t i = 0; i < a->copy_count; i++)
		if (!copies_are_equal(&a->copies[i], &b->copies[i]) &&
		    (a->reason == REASON_FRAGMENTED ||
		     !pieces_are_equal(&a->copies[i], &b->copies[i])))
			return "their copies differ";
	if (a->is_missed != b->is_missed || memcmp(&a->missed, &b->missed, sizeof(a->missed)) != 0)
		return "they mark different mappings";
	if (memcmp(&a->changed, &b->changed, sizeof(a->changed)) != 0)
		return "they change a mapping differently";
	return NULL;
}

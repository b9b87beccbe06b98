/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Running tables of cases, and saying what is wrong with them. */
#include "cases.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "loader/dataplane.h"

#define HASH_AT (FRAME_IPV6_AT + 3) /* the octet of the flow label that may be anything */

void cases_add(struct cases *cases, const struct packet_case *packet_case)
{
	cases->list = realloc(cases->list, (cases->count + 1) * sizeof(*cases->list));
	cr_assert(cases->list);
	cases->list[cases->count++] = *packet_case;
}

void cases_clear(struct cases *cases)
{
	free(cases->list);
	*cases = (struct cases){0};
}

static const char *reason_words(int reason)
{
	return reason < 0 ? "(not one reason)" : reason_text((enum reason)reason)->name;
}

static const char *outcome_words(enum outcome outcome)
{
	static const char *const words[] = {"dropped", "passed on", "sent", "(unknown)"};

	return words[outcome];
}

/* How a packet that ends in this reason leaves the program. */
static enum outcome outcome_of(enum reason reason)
{
	if (reason == REASON_PASSED)
		return PASSED;
	if (reason == REASON_HELD || reason == REASON_FRAGMENTED ||
	    reason_text(reason)->kind == REASON_KIND_DROP)
		return DROPPED;
	return SENT;
}

static void print_frame(const char *title, const struct frame *frame)
{
	if (!frame)
		return;
	fprintf(stderr, "    %s:\n", title);
	frame_print(stderr, "      ", frame->octets, frame->length);
}

/* Says once which case it is, then what is wrong. */
static void complain(const struct packet_case *wanted, bool *is_wrong, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(const struct packet_case *wanted, bool *is_wrong, const char *format, ...)
{
	va_list arguments;

	if (!*is_wrong) {
		fprintf(stderr, "  %s\n", wanted->sentence);
		print_frame("in", wanted->in);
	}
	*is_wrong = true;
	va_start(arguments, format);
	fputs("    ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

/* What XDP sends to the substrate has the MACs already. */
static const struct frame *with_macs(const struct frame *expected)
{
	return frame_patch(expected, 0, (const unsigned char *)NEXT_HOP_MACS,
			   sizeof(NEXT_HOP_MACS) - 1);
}

/* The expected frame with the hash that the program has chosen. */
static const struct frame *with_hash(const struct frame *expected, const struct frame *actual)
{
	if (actual->length <= HASH_AT || expected->length <= HASH_AT ||
	    expected->octets[12] != 0x86 || expected->octets[13] != 0xdd)
		return expected;
	return frame_patch(expected, HASH_AT, &actual->octets[HASH_AT], 1);
}

static void check_frame(const struct packet_case *wanted, const struct packet_out *out, bool by_xdp,
			bool *is_wrong)
{
	const struct frame *expected = wanted->out;

	if (!expected || !out->frame)
		return;
	if (by_xdp && wanted->reason == REASON_FORWARDED)
		expected = with_macs(expected);
	expected = with_hash(expected, out->frame);
	if (frame_equal(expected, out->frame))
		return;
	complain(wanted, is_wrong, "another frame comes out, from octet %zu on",
		 frame_difference(expected, out->frame));
	print_frame("expected", expected);
	print_frame("actual", out->frame);
}

/* What was sent to the reinjection device is what is expected, in this order. */
static void check_copies(struct fixture *fixture, const struct packet_case *wanted, bool *is_wrong)
{
	const struct frame *const *expected = wanted->copies;
	const struct frame *copy;
	uint32_t mark;

	while (expected && *expected) {
		copy = fixture_take_copy(fixture, &mark);
		if (copy && frame_equal(*expected, copy) &&
		    mark == (REINJECT_MARK | TEST_RUN_IFINDEX)) {
			expected++;
			continue;
		}
		complain(wanted, is_wrong, "another copy is sent round, mark 0x%x",
			 copy ? mark : 0);
		print_frame("expected", *expected++);
		print_frame("actual", copy);
	}
	if (!fixture->setup->reinjection)
		return;
	while ((copy = fixture_take_copy(fixture, &mark))) {
		complain(wanted, is_wrong, "one copy more is sent round");
		print_frame("actual", copy);
	}
}

static void check_held(const struct fixture *fixture, const struct packet_case *wanted,
		       bool *is_wrong)
{
	size_t expected = wanted->reason == REASON_HELD;
	const struct held_for *held_for = wanted->held;
	struct held_frame held = {0};

	if (fixture->held_count != expected)
		complain(wanted, is_wrong, "%zu records in the ring, not %zu", fixture->held_count,
			 expected);
	if (!held_for || !fixture->held_count)
		return;
	held.ifindex =
		held_for->sender ? fixture_ifindex(fixture, held_for->sender) : HELD_FROM_SUBSTRATE;
	held.network = held_for->network;
	held.address = held_for->address;
	held.asking_node = held_for->asking_node;
	held.purpose = (uint16_t)held_for->purpose;
	held.length = (uint32_t)wanted->in->length;
	held.gso_size = wanted->gso_size;
	if (memcmp(&held, &fixture->held, sizeof(held)) != 0)
		complain(wanted, is_wrong,
			 "the record says ifindex %u, network 0x%x, address 0x%x, asking 0x%x, "
			 "length %u, gso_size %u",
			 fixture->held.ifindex, fixture->held.network, ntohl(fixture->held.address),
			 ntohl(fixture->held.asking_node), fixture->held.length,
			 fixture->held.gso_size);
	if (!frame_equal(fixture->held_frame, wanted->in)) {
		complain(wanted, is_wrong, "another frame is held");
		print_frame("held", fixture->held_frame);
	}
}

/* Whether anybody will look at the sum of what comes out. */
static bool sum_matters(const struct packet_case *wanted)
{
	bool is_arp = wanted->in->octets[12] == 0x08 && wanted->in->octets[13] == 0x06;

	return outcome_of(wanted->reason) != DROPPED && !is_arp && !wanted->forgets_sum;
}

/* What XDP leaves to tc is as it came, but for padding. */
static void check_left(const struct fixture *fixture, const struct packet_case *wanted,
		       const struct packet_out *out, bool *is_wrong)
{
	int left = fixture->hook->is_xdp && wanted->left ? (int)wanted->left : -1;
	const struct frame *expected = wanted->in;

	if (out->reason != left)
		complain(wanted, is_wrong, "is left by XDP as %s, not as %s",
			 reason_words(out->reason), reason_words(left));
	if (out->frame->length < expected->length)
		expected = frame_cut(expected, out->frame->length);
	if (!frame_equal(expected, out->frame)) {
		complain(wanted, is_wrong, "XDP has changed what it leaves to tc");
		print_frame("left", out->frame);
	}
}

/* What a flood may be made of ends with the guard. */
static bool guard_ends(enum reason reason)
{
	return reason == REASON_SUBSTRATE_NODE_UNKNOWN ||
	       reason == REASON_SUBSTRATE_NETWORK_FOREIGN ||
	       reason == REASON_SUBSTRATE_SOURCE_UNKNOWN ||
	       reason == REASON_SUBSTRATE_SOURCE_SPOOFED;
}

/* Whether XDP may leave it to tc. */
static bool may_leave(const struct fixture *fixture, const struct packet_case *wanted)
{
	if (fixture->hook->is_guard)
		return !guard_ends(wanted->reason);
	return wanted->left || wanted->reason == REASON_PASSED;
}

/* XDP comes first, where it is; then tc, if that hasn't settled it. Returns whether XDP has. */
static bool run_hook(struct fixture *fixture, const struct packet_case *wanted,
		     struct packet_out *ret_out, bool *is_wrong)
{
	struct packet_in in = {wanted->program, wanted->in, wanted->mark, wanted->gso_size};

	if (fixture_run_xdp(fixture, &in, ret_out)) {
		if (ret_out->outcome != PASSED)
			return true;
		if (may_leave(fixture, wanted))
			check_left(fixture, wanted, ret_out, is_wrong);
		else
			complain(wanted, is_wrong, "is left by XDP as %s",
				 reason_words(ret_out->reason));
		in.frame = ret_out->frame;
	} else if (fixture->hook->is_xdp && wanted->left) {
		complain(wanted, is_wrong, "never comes to XDP, which can't leave it");
	}
	*ret_out = fixture_run(fixture, &in);
	return false;
}

/* Runs the packet once. `again`: one like it has been there, so it follows what was found out then. */
static void run_once(struct fixture *fixture, const struct packet_case *wanted, bool again,
		     bool *is_wrong)
{
	struct packet_out out;
	bool was_right = !*is_wrong;
	bool by_xdp = run_hook(fixture, wanted, &out, is_wrong);

	if (out.reason != (int)wanted->reason)
		complain(wanted, is_wrong, "ends in %s, not in %s", reason_words(out.reason),
			 reason_words(wanted->reason));
	if (by_xdp && fixture->hook->is_xdp && may_leave(fixture, wanted))
		complain(wanted, is_wrong, "is not left to tc");
	if (out.sum_is_wrong && sum_matters(wanted))
		complain(wanted, is_wrong,
			 "the sum that the NIC gave (skb->csum) has become wrong");
	if (!out.sum_is_wrong && out.outcome != outcome_of(wanted->reason))
		complain(wanted, is_wrong, "is %s, not %s", outcome_words(out.outcome),
			 outcome_words(outcome_of(wanted->reason)));
	if (!out.sum_is_wrong && out.outcome == SENT && out.mark != wanted->mark_out)
		complain(wanted, is_wrong, "has mark 0x%x, not 0x%x", out.mark, wanted->mark_out);
	check_frame(wanted, &out, by_xdp, is_wrong);
	check_held(fixture, wanted, is_wrong);
	check_copies(fixture, wanted, is_wrong);
	if (again && was_right && *is_wrong)
		complain(wanted, is_wrong, "but not the first time");
}

static bool case_run(struct fixture *fixture, const struct packet_case *wanted)
{
	bool is_wrong = false;

	if (wanted->before) {
		wanted->before(fixture);
		fixture_change(fixture);
	}
	/* What becomes of a flow is kept when its second packet comes, and the third follows that. */
	run_once(fixture, wanted, false, &is_wrong);
	if (wanted->reason == REASON_FORWARDED || wanted->reason == REASON_DELIVERED) {
		run_once(fixture, wanted, true, &is_wrong);
		run_once(fixture, wanted, true, &is_wrong);
	}
	if (wanted->after)
		wanted->after(fixture);
	return !is_wrong;
}

void cases_run(const struct case_table *entry, const struct hook *hook)
{
	struct cases cases = {0};
	struct fixture fixture;
	size_t wrong = 0;

	entry->fill(&cases);
	cr_assert_gt(cases.count, 0, "%s has no cases", entry->name);
	fixture_open(&fixture, &entry->setup, hook);
	for (size_t i = 0; i < cases.count; i++)
		wrong += !case_run(&fixture, &cases.list[i]);
	cr_assert_eq(wrong, 0, "%s in %s: %zu of %zu cases are wrong", hook->name, entry->file,
		     wrong, cases.count);
	fixture_close(&fixture);
	cases_clear(&cases);
	frames_free();
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables of cases: each is a sentence, a frame that goes into a program, the reason it ends in, and the
 * frame that comes out, octet by octet. A table is one Criterion test for each hook; its cases
 * run one after the other on one loaded dataplane.
 *
 *	TABLE(arp, .host = "R", .sender = "A")
 *	{
 *		CASE("A asks for its router", FROM_NODE, FRAME(...), REASON_ARP_REPLIED, FRAME(...));
 *	}
 */
#ifndef WEFT_TESTS_CASES_H
#define WEFT_TESTS_CASES_H

#include <criterion/criterion.h>

#include "fixture.h"

/* What weftd gets to know of a held frame, besides its octets and gso_size. */
struct held_for {
	const char *sender; /* the port it came from, by its node's name; NULL: the substrate */
	uint32_t network;
	__be32 address; /* that nobody knows yet */
	__be32 asking_node;
	enum held_purpose purpose;
};

struct packet_case {
	const char *sentence;
	enum program program;
	const struct frame *in;
	enum reason reason;
	const struct frame *out; /* NULL: the packet ends here. The hash in a flow label is free */
	/* The rest is seldom needed. */
	const struct frame *const *copies; /* sent round the reinjection device; ends with NULL */
	const struct held_for *held; /* REASON_HELD: not looked at if NULL */
	void (*before)(struct fixture *fixture); /* what has happened */
	void (*after)(struct fixture *fixture); /* asserts what else has become of it */
	uint32_t mark, mark_out;
	uint16_t gso_size;
	enum reason left; /* LEFT_*: why XDP can't do that, and tc does; 0: XDP does it */
	/* The helper that changes a frame's length makes the stack forget the NIC's sum, but a test run
	 * would still compare it. */
	bool forgets_sum;
};

struct cases {
	struct packet_case *list;
	size_t count;
};

/* All tables, for those who want to know what they cover: a section that the linker collects. */
struct case_table {
	const char *name;
	const char *file;
	struct fixture_setup setup;
	void (*fill)(struct cases *cases);
};
extern const struct case_table *const case_tables_begin[] __asm__("__start_tables");
extern const struct case_table *const case_tables_end[] __asm__("__stop_tables");

#define TABLE(name_, ...)                                                  \
	static void table_##name_(struct cases *cases);                    \
	static const struct case_table entry_##name_ = {                   \
		#name_, __FILE__, {__VA_ARGS__}, table_##name_};           \
	static const struct case_table *const listed_##name_               \
		__attribute__((used, section("tables"))) = &entry_##name_; \
	Test(tc, name_)                                                    \
	{                                                                  \
		cases_run(&entry_##name_, &hook_tc);                       \
	}                                                                  \
	Test(tc_summed, name_)                                             \
	{                                                                  \
		cases_run(&entry_##name_, &hook_tc_summed);                \
	}                                                                  \
	Test(xdp, name_)                                                   \
	{                                                                  \
		cases_run(&entry_##name_, &hook_xdp);                      \
	}                                                                  \
	Test(guard, name_)                                                 \
	{                                                                  \
		cases_run(&entry_##name_, &hook_guard);                    \
	}                                                                  \
	static void table_##name_(struct cases *cases)

/* Adds a case: its fields in order, then by name. */
#define CASE(...) cases_add(cases, &(const struct packet_case){__VA_ARGS__})

void cases_add(struct cases *cases, const struct packet_case *packet_case);

/* Runs all cases; fails with all that are wrong, taken apart. */
void cases_run(const struct case_table *entry, const struct hook *hook);

void cases_clear(struct cases *cases);

#endif

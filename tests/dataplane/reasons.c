/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every reason has a case. A new one without fails here. */
#include "cases.h"

#include "loader/dataplane.h"

/* Reasons that a test run can't have, and why. */
static const struct {
	enum reason reason;
	const char *why;
} impossible[] = {
	{REASON_LEFT_ROOM, "the buffer of a test run has room"},
	{REASON_LEFT_SCATTERED, "the first buffer of a test run is large enough"},
	{REASON_HOLD_TOO_LARGE, "a test run takes frames of less than 4 KiB, these have 64"},
};

static bool is_impossible(enum reason reason)
{
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		if (impossible[i].reason == reason)
			return true;
	return false;
}

Test(reasons, are_all_provoked_by_a_case)
{
	bool provoked[REASON_COUNT] = {false};
	int missing = 0;

	for (const struct case_table *const *table = case_tables_begin; table < case_tables_end;
	     table++) {
		struct cases cases = {0};

		(*table)->fill(&cases);
		for (size_t i = 0; i < cases.count; i++) {
			provoked[cases.list[i].reason] = true;
			if (cases.list[i].left)
				provoked[cases.list[i].left] = true;
		}
		cases_clear(&cases);
	}
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		bool expected = !is_impossible((enum reason)reason);

		if (provoked[reason] == expected)
			continue;
		fprintf(stderr, expected ? "no case ends in %s\n" : "%s is possible after all\n",
			reason_text((enum reason)reason)->name);
		missing++;
	}
	cr_assert_eq(missing, 0);
	frames_free();
}

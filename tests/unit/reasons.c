/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reasons as users see them: names that can be keys, and a table in the docs that has them all. */
#include <ctype.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "loader/dataplane.h"

Test(reasons, have_names_of_lower_case_letters_and_underscores)
{
	for (int reason = 0; reason < REASON_COUNT; reason++)
		for (const char *c = reason_text(reason)->name; *c; c++)
			cr_assert(islower(*c) || *c == '_', "%s", reason_text(reason)->name);
}

Test(reasons, have_each_a_name_of_its_own)
{
	for (int a = 0; a < REASON_COUNT; a++)
		for (int b = a + 1; b < REASON_COUNT; b++)
			cr_assert_str_neq(reason_text(a)->name, reason_text(b)->name);
}

Test(reasons, stand_in_the_docs_as_the_list_says)
{
	FILE *file = fopen("docs/reasons.md", "r");
	static char text[65536];
	char row[512];

	cr_assert_not_null(file, "docs/reasons.md: run the tests from the top of the tree");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		const struct reason_text *reason_ = reason_text(reason);

		snprintf(row, sizeof(row), "| `%s` | %s |\n", reason_->name, reason_->meaning);
		cr_assert_not_null(strstr(text, row), "docs/reasons.md lacks the row: %s", row);
	}
}

Test(reasons, end_where_the_list_ends)
{
	cr_assert_null(reason_text(REASON_COUNT));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables of map entries: sorted, each key once. */
#include <string.h>

#include <criterion/criterion.h>

#include "controller/plan.h"

static struct table table = {.key_size = 4, .value_size = 4};

static void add(const char *key, const char *value)
{
	cr_assert_eq(table_add(&table, key, value), 0);
}

static void clear(void)
{
	table_clear(&table);
}

TestSuite(table, .fini = clear);

Test(table, is_sorted_by_key)
{
	add("key3", "val3");
	add("key1", "val1");
	add("key2", "val2");
	cr_assert_eq(table_sort(&table), 0);
	cr_assert_arr_eq(table.entries, "key1val1key2val2key3val3", 24);
}

Test(table, keeps_the_entry_that_was_added_last)
{
	add("key1", "old1");
	add("key2", "val2");
	add("key1", "new1");
	add("key1", "last");
	cr_assert_eq(table_sort(&table), 0);
	cr_assert_eq(table.count, 2);
	cr_assert_arr_eq(table_find(&table, "key1"), "last", 4);
}

Test(table, replaces_entries_that_are_added_after_it_was_sorted)
{
	for (int i = 0; i < 100; i++)
		add("key1", "old1");
	cr_assert_eq(table_sort(&table), 0);
	add("key0", "val0");
	add("key1", "new1");
	cr_assert_eq(table_sort(&table), 0);
	cr_assert_arr_eq(table.entries, "key0val0key1new1", 16);
}

Test(table, finds_each_of_many_keys_and_no_other)
{
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t key = i * 7919 % 1000 * 2;

		cr_assert_eq(table_add(&table, &key, &key), 0);
	}
	cr_assert_eq(table_sort(&table), 0);
	cr_assert_eq(table.count, 1000);
	for (uint32_t key = 0; key < 2000; key++) {
		const void *value = table_find(&table, &key);

		cr_assert_eq(value != NULL, key % 2 == 0);
		if (value)
			cr_assert_arr_eq(value, &key, sizeof(key));
	}
}

Test(table, finds_nothing_when_it_is_empty)
{
	cr_assert_eq(table_sort(&table), 0);
	cr_assert_eq(table_find(&table, "key1"), NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wanted, or the dumped, content of one map, as plain memory: what plan_build() makes and
 * reconcile compares. Knows nothing of what the entries mean.
 */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t table_stride(const struct table *table)
{
	return table->key_size + table->value_size;
}

int table_add(struct table *table, const void *key, const void *value)
{
	size_t stride = table_stride(table);
	unsigned char *entry;

	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 16;
		unsigned char *entries = reallocarray(table->entries, capacity, stride);

		if (!entries)
			return -ENOMEM;
		table->entries = entries;
		table->capacity = capacity;
	}
	entry = table->entries + table->count++ * stride;
	memcpy(entry, key, table->key_size);
	memcpy(entry + table->key_size, value, table->value_size);
	return 0;
}

/* Orders pointers to entries: by key, of equal keys the one added last first. */
static int entry_compare(const void *a, const void *b, void *key_size)
{
	const unsigned char *left = *(unsigned char *const *)a;
	const unsigned char *right = *(unsigned char *const *)b;
	int order = memcmp(left, right, *(size_t *)key_size);

	if (order)
		return order;
	return left > right ? -1 : left < right;
}

int table_sort(struct table *table)
{
	size_t stride = table_stride(table), unique = 0;
	unsigned char *entries, **order;

	if (table->count < 2)
		return 0;
	order = calloc(table->count, sizeof(*order));
	entries = calloc(table->count, stride);
	if (!order || !entries) {
		free(order);
		free(entries);
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->count; i++)
		order[i] = table->entries + i * stride;
	qsort_r(order, table->count, sizeof(*order), entry_compare, &table->key_size);
	for (size_t i = 0; i < table->count; i++)
		if (!i || memcmp(order[i - 1], order[i], table->key_size))
			memcpy(entries + unique++ * stride, order[i], stride);
	free(order);
	free(table->entries);
	table->entries = entries;
	table->capacity = table->count;
	table->count = unique;
	return 0;
}

const void *table_find(const struct table *table, const void *key)
{
	size_t stride = table_stride(table), low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const unsigned char *entry = table->entries + middle * stride;
		int order = memcmp(key, entry, table->key_size);

		if (!order)
			return entry + table->key_size;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void table_clear(struct table *table)
{
	free(table->entries);
	table->entries = NULL;
	table->count = 0;
	table->capacity = 0;
}

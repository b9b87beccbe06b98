/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hash table from keys (names, addresses, MACs) to indices, so that reading and judging a model of
 * 100,000 nodes stays linear. Keys are borrowed: they live in the model and must outlive the table.
 */
#ifndef WEFT_LOOKUP_H
#define WEFT_LOOKUP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct lookup_entry {
	const void *key; /* NULL: free */
	uint32_t size; /* octets of the key */
	uint32_t hash;
	uint32_t value;
};

/* All zero is an empty table. */
struct lookup {
	struct lookup_entry *entries;
	size_t capacity; /* 0 or a power of two */
	size_t count;
};

/*
 * Adds a key. Returns 0; -EEXIST and the value that it has already; or -ENOMEM. ret_existing may be
 * NULL.
 */
int lookup_add(struct lookup *lookup, const void *key, size_t size, uint32_t value,
	       uint32_t *ret_existing);

/* Makes room for so many keys at once, which saves growing step by step. Returns 0 or -ENOMEM. */
int lookup_reserve(struct lookup *lookup, size_t count);

/* The value of a key, or MODEL_NONE. */
uint32_t lookup_find(const struct lookup *lookup, const void *key, size_t size);

/* Frees the table's memory and makes it empty. */
void lookup_clear(struct lookup *lookup);

/* The same with a string as the key. */
static inline int lookup_add_name(struct lookup *lookup, const char *name, uint32_t value,
				  uint32_t *ret_existing)
{
	return lookup_add(lookup, name, strlen(name), value, ret_existing);
}

static inline uint32_t lookup_find_name(const struct lookup *lookup, const char *name)
{
	return lookup_find(lookup, name, strlen(name));
}

#endif

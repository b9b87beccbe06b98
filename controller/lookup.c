/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A hash table with open addressing, at most half full. Nothing is ever taken out of it. */
#include <errno.h>
#include <stdlib.h>

#include "lookup.h"
#include "model.h"

#define LOOKUP_CAPACITY_MIN 16

/* FNV-1a, its bits mixed once more because the table is indexed by the low ones. */
static uint32_t hash_key(const void *key, size_t size)
{
	const unsigned char *octets = key;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ octets[i]) * 16777619U;
	hash ^= hash >> 16;
	hash *= 0x85ebca6bU;
	return hash ^ hash >> 13;
}

/* The entry of a key, or the free one where it belongs. The table has a free entry. */
static struct lookup_entry *find_entry(struct lookup_entry *entries, size_t capacity,
				       const void *key, size_t size, uint32_t hash)
{
	size_t at = hash & (capacity - 1);

	for (;; at = (at + 1) & (capacity - 1)) {
		struct lookup_entry *entry = &entries[at];

		if (!entry->key || (entry->hash == hash && entry->size == size &&
				    memcmp(entry->key, key, size) == 0))
			return entry;
	}
}

static int grow(struct lookup *lookup, size_t capacity)
{
	struct lookup_entry *entries = calloc(capacity, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < lookup->capacity; i++) {
		const struct lookup_entry *old = &lookup->entries[i];

		if (old->key)
			*find_entry(entries, capacity, old->key, old->size, old->hash) = *old;
	}
	free(lookup->entries);
	lookup->entries = entries;
	lookup->capacity = capacity;
	return 0;
}

int lookup_reserve(struct lookup *lookup, size_t count)
{
	size_t capacity = LOOKUP_CAPACITY_MIN;

	while (capacity < count * 2)
		capacity *= 2;
	return capacity > lookup->capacity ? grow(lookup, capacity) : 0;
}

int lookup_add(struct lookup *lookup, const void *key, size_t size, uint32_t value,
	       uint32_t *ret_existing)
{
	uint32_t hash = hash_key(key, size);
	struct lookup_entry *entry;

	if (lookup->count * 2 >= lookup->capacity && lookup_reserve(lookup, lookup->count + 1) < 0)
		return -ENOMEM;
	entry = find_entry(lookup->entries, lookup->capacity, key, size, hash);
	if (entry->key) {
		if (ret_existing)
			*ret_existing = entry->value;
		return -EEXIST;
	}
	*entry = (struct lookup_entry){key, (uint32_t)size, hash, value};
	lookup->count++;
	return 0;
}

uint32_t lookup_find(const struct lookup *lookup, const void *key, size_t size)
{
	const struct lookup_entry *entry;

	if (lookup->count == 0)
		return MODEL_NONE;
	entry = find_entry(lookup->entries, lookup->capacity, key, size, hash_key(key, size));
	return entry->key ? entry->value : MODEL_NONE;
}

void lookup_clear(struct lookup *lookup)
{
	free(lookup->entries);
	*lookup = (struct lookup){0};
}

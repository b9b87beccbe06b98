/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Open addressing with linear probing, at most half full; removing closes the gap. */
#include <errno.h>
#include <stdlib.h>

#include "address_set.h"

#define CAPACITY_MIN 8

static uint64_t key_of(uint32_t network_id, uint32_t address)
{
	return (uint64_t)network_id << 32 | address;
}

/* Where a key belongs: the high bits of the product are the well mixed ones. */
static size_t home_of(const struct address_set *set, uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (set->capacity - 1);
}

/* Where the key is, or the free entry where it goes. */
static size_t find(const struct address_set *set, uint64_t key)
{
	size_t at = home_of(set, key);

	while (set->keys[at] && set->keys[at] != key)
		at = (at + 1) & (set->capacity - 1);
	return at;
}

static int grow(struct address_set *set)
{
	struct address_set larger = {.capacity = set->capacity ? set->capacity * 2 : CAPACITY_MIN};

	larger.keys = calloc(larger.capacity, sizeof(*larger.keys));
	if (!larger.keys)
		return -ENOMEM;
	for (size_t i = 0; i < set->capacity; i++)
		if (set->keys[i])
			larger.keys[find(&larger, set->keys[i])] = set->keys[i];
	larger.count = set->count;
	free(set->keys);
	*set = larger;
	return 0;
}

int address_set_add(struct address_set *set, uint32_t network_id, uint32_t address)
{
	uint64_t key = key_of(network_id, address);
	size_t at;

	if (set->count * 2 >= set->capacity && grow(set) < 0)
		return -ENOMEM;
	at = find(set, key);
	set->count += !set->keys[at];
	set->keys[at] = key;
	return 0;
}

bool address_set_has(const struct address_set *set, uint32_t network_id, uint32_t address)
{
	return set->count && set->keys[find(set, key_of(network_id, address))];
}

void address_set_remove(struct address_set *set, uint32_t network_id, uint32_t address)
{
	size_t mask = set->capacity - 1, gap, at;

	if (!address_set_has(set, network_id, address))
		return;
	gap = find(set, key_of(network_id, address));
	set->keys[gap] = 0;
	set->count--;
	/* An entry behind the gap that is found by way of it moves into it. */
	for (at = (gap + 1) & mask; set->keys[at]; at = (at + 1) & mask) {
		size_t home = home_of(set, set->keys[at]);

		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		set->keys[gap] = set->keys[at];
		set->keys[at] = 0;
		gap = at;
	}
}

void address_set_clear(struct address_set *set)
{
	free(set->keys);
	*set = (struct address_set){0};
}

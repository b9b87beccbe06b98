/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps in the heap; see native_map.h. */
#include "native_map.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct native_entry {
	struct native_entry *next;
	unsigned char *key, *value;
};

static void *allocate(size_t octets)
{
	void *memory = calloc(1, octets);

	if (!memory)
		abort();
	return memory;
}

static bool is_array(const struct native_map *map)
{
	return map->shape.type == BPF_MAP_TYPE_ARRAY ||
	       map->shape.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_trie(const struct native_map *map)
{
	return map->shape.type == BPF_MAP_TYPE_LPM_TRIE;
}

struct native_map *native_map_of(struct native_maps *maps, const struct native_map_shape *shape)
{
	struct native_map *map;

	for (size_t i = 0; i < maps->count; i++)
		if (maps->maps[i].shape.definition == shape->definition)
			return &maps->maps[i];
	if (maps->count == NATIVE_MAPS_MAX)
		abort();
	map = &maps->maps[maps->count++];
	map->shape = *shape;
	if (is_array(map))
		map->elements = allocate(shape->max_entries * sizeof(*map->elements));
	return map;
}

/* FNV-1a */
static size_t bucket_of(const struct native_map *map, const void *key)
{
	const unsigned char *octets = key;
	uint32_t hash = 2166136261U;

	if (is_trie(map))
		return 0;
	for (size_t i = 0; i < map->shape.key_size; i++)
		hash = (hash ^ octets[i]) * 16777619U;
	return hash % NATIVE_MAP_BUCKETS;
}

static void *element_of(const struct native_map *map, const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	if (index >= map->shape.max_entries)
		return NULL;
	if (!map->elements[index])
		map->elements[index] = allocate(map->shape.value_size);
	return map->elements[index];
}

/* The place of the pointer to the entry that has exactly this key, or where it would go. */
static struct native_entry **find(struct native_map *map, const void *key)
{
	struct native_entry **place = &map->buckets[bucket_of(map, key)];

	while (*place && memcmp((*place)->key, key, map->shape.key_size) != 0)
		place = &(*place)->next;
	return place;
}

static uint32_t trie_bits(const void *key)
{
	uint32_t bits;

	memcpy(&bits, key, sizeof(bits));
	return bits;
}

/* Whether the first `bits` behind the length are the same. */
static bool trie_matches(const unsigned char *a, const unsigned char *b, uint32_t bits)
{
	const size_t data = sizeof(uint32_t), whole = bits / 8;
	unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

	if (memcmp(a + data, b + data, whole) != 0)
		return false;
	return bits % 8 == 0 || ((a[data + whole] ^ b[data + whole]) & mask) == 0;
}

static void *trie_lookup(const struct native_map *map, const void *key)
{
	const struct native_entry *best = NULL;

	for (const struct native_entry *entry = map->buckets[0]; entry; entry = entry->next) {
		uint32_t bits = trie_bits(entry->key);

		if (bits <= trie_bits(key) && (!best || bits > trie_bits(best->key)) &&
		    trie_matches(entry->key, key, bits))
			best = entry;
	}
	return best ? best->value : NULL;
}

void *native_map_lookup(const struct native_map *map, const void *key)
{
	const struct native_entry *entry;

	if (is_array(map))
		return element_of(map, key);
	if (is_trie(map))
		return trie_lookup(map, key);
	entry = map->buckets[bucket_of(map, key)];
	while (entry && memcmp(entry->key, key, map->shape.key_size) != 0)
		entry = entry->next;
	return entry ? entry->value : NULL;
}

long native_map_update(struct native_map *map, const void *key, const void *value, uint64_t flags)
{
	struct native_entry **place;

	if (is_array(map)) {
		void *element = element_of(map, key);

		if (!element)
			return -E2BIG;
		memcpy(element, value, map->shape.value_size);
		return 0;
	}
	place = find(map, key);
	if (*place && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!*place) {
		if (map->entry_count == map->shape.max_entries)
			return -E2BIG;
		*place = allocate(sizeof(**place));
		(*place)->key = allocate(map->shape.key_size);
		(*place)->value = allocate(map->shape.value_size);
		memcpy((*place)->key, key, map->shape.key_size);
		map->entry_count++;
	}
	memcpy((*place)->value, value, map->shape.value_size);
	return 0;
}

static void entry_free(struct native_entry *entry)
{
	free(entry->key);
	free(entry->value);
	free(entry);
}

long native_map_delete(struct native_map *map, const void *key)
{
	struct native_entry **place, *entry;

	if (is_array(map))
		return 0;
	place = find(map, key);
	entry = *place;
	if (!entry)
		return -ENOENT;
	*place = entry->next;
	map->entry_count--;
	entry_free(entry);
	return 0;
}

static void map_clear(struct native_map *map)
{
	for (size_t i = 0; i < NATIVE_MAP_BUCKETS; i++) {
		struct native_entry *entry = map->buckets[i], *next;

		for (; entry; entry = next) {
			next = entry->next;
			entry_free(entry);
		}
	}
	for (uint32_t i = 0; map->elements && i < map->shape.max_entries; i++)
		free(map->elements[i]);
	free(map->elements);
}

void native_maps_clear(struct native_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		map_clear(&maps->maps[i]);
	*maps = (struct native_maps){0};
}

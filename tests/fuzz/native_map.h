/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BPF maps for steps that are compiled natively: hash, array and LPM trie, each value in a heap buffer of
 * just its size. A map is known by the address of its definition in bpf/maps.h; a set of them is
 * what one host has.
 */
#ifndef WEFT_FUZZ_NATIVE_MAP_H
#define WEFT_FUZZ_NATIVE_MAP_H

#include <stddef.h>
#include <stdint.h>

/* What a definition says, in the words of <linux/bpf.h>. */
struct native_map_shape {
	const void *definition;
	uint32_t type; /* BPF_MAP_TYPE_* */
	uint32_t max_entries;
	size_t key_size, value_size;
};

#define NATIVE_MAPS_MAX    24
#define NATIVE_MAP_BUCKETS 256

struct native_entry;

struct native_map {
	struct native_map_shape shape;
	uint32_t entry_count;
	struct native_entry *buckets[NATIVE_MAP_BUCKETS]; /* hash: by key; LPM: all in the first */
	void **elements; /* array: made when first looked up */
};

/* The maps of one host; all zero: none yet. */
struct native_maps {
	struct native_map maps[NATIVE_MAPS_MAX];
	size_t count;
};

/* The map of that shape, made if it isn't there. */
struct native_map *native_map_of(struct native_maps *maps, const struct native_map_shape *shape);

/* As bpf_map_lookup_elem(): the value in place, or NULL. */
void *native_map_lookup(const struct native_map *map, const void *key);

/* As bpf_map_update_elem() with BPF_ANY or BPF_NOEXIST: 0, -EEXIST, or -E2BIG. Maps that are full
 * evict nothing, LRU or not. */
long native_map_update(struct native_map *map, const void *key, const void *value, uint64_t flags);

/* As bpf_map_delete_elem(): 0 or -ENOENT. Nothing happens to arrays. */
long native_map_delete(struct native_map *map, const void *key);

/* Frees all maps. */
void native_maps_clear(struct native_maps *maps);

#endif

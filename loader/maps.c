/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading and writing the maps of a dataplane, and making the programs forget what they remember of them. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static const struct {
	size_t key, value;
} map_sizes[DATAPLANE_MAPS] = {
	[DATAPLANE_PORTS] = {sizeof(__u32), sizeof(struct port)},
	[DATAPLANE_LOCALS] = {sizeof(struct node_key), sizeof(struct port)},
	[DATAPLANE_ROUTER_PORTS] = {sizeof(struct router_port_key), sizeof(struct router_port)},
	[DATAPLANE_ROUTER_ADDRESSES] = {sizeof(struct router_address_key),
					sizeof(struct router_address)},
	[DATAPLANE_ROUTES] = {sizeof(struct route_key), sizeof(struct path)},
	[DATAPLANE_ANSWERS] = {sizeof(struct answer_key), sizeof(struct answer)},
	[DATAPLANE_SLOTS] = {sizeof(__u32), sizeof(__u32)},
	[DATAPLANE_NEXT_HOPS] = {sizeof(__u32), sizeof(struct next_hop)},
	[DATAPLANE_NEIGHBOURS] = {sizeof(struct neighbour_key), sizeof(__be32)},
	[DATAPLANE_MAPPINGS] = {sizeof(struct node_key), sizeof(struct mapping)},
};

#define MAP_KEY_MAX   32
#define MAP_VALUE_MAX 256

void dataplane_forget_flows(struct dataplane *dataplane)
{
	for (uint32_t cpu = 0; cpu < dataplane->cpu_count; cpu++)
		__atomic_add_fetch(&dataplane->cpus[cpu].generation, 1, __ATOMIC_RELEASE);
}

/* Whether BPF remembers what an entry has said (bpf/flow.h). Nothing is remembered of an address that was not
 * known, and next hops are looked up for each packet. */
static bool is_remembered(enum dataplane_map map, const void *value)
{
	switch (map) {
	case DATAPLANE_NEXT_HOPS:
		return false;
	case DATAPLANE_MAPPINGS:
		return value && ((const struct mapping *)value)->state != MAPPING_PENDING;
	case DATAPLANE_NEIGHBOURS:
		return value;
	default:
		return true;
	}
}

int dataplane_put(struct dataplane *dataplane, enum dataplane_map map, const void *key,
		  const void *value)
{
	unsigned char old[MAP_VALUE_MAX];
	bool present = bpf_map_lookup_elem(dataplane->map_fds[map], key, old) == 0;
	int err;

	if (present && memcmp(old, value, map_sizes[map].value) == 0)
		return 0;
	err = bpf_map_update_elem(dataplane->map_fds[map], key, value, BPF_ANY);
	if (is_remembered(map, present ? old : NULL))
		dataplane_forget_flows(dataplane);
	return err;
}

int dataplane_get(struct dataplane *dataplane, enum dataplane_map map, const void *key,
		  void *ret_value)
{
	return bpf_map_lookup_elem(dataplane->map_fds[map], key, ret_value);
}

int dataplane_delete(struct dataplane *dataplane, enum dataplane_map map, const void *key)
{
	int err = bpf_map_delete_elem(dataplane->map_fds[map], key);

	/* Also if the kernel has evicted it: flows can be older than that. */
	dataplane_forget_flows(dataplane);
	return err;
}

int dataplane_each(struct dataplane *dataplane, enum dataplane_map map,
		   int (*each)(const void *key, const void *value, void *context), void *context)
{
	unsigned char key[MAP_KEY_MAX], next[MAP_KEY_MAX], value[MAP_VALUE_MAX];
	int fd = dataplane->map_fds[map];
	int err = bpf_map_get_next_key(fd, NULL, next);

	while (!err) {
		memcpy(key, next, map_sizes[map].key);
		/* The next key first: `each` may delete this one. */
		err = bpf_map_get_next_key(fd, key, next);
		if (bpf_map_lookup_elem(fd, key, value) == 0) {
			int stop = each(key, value, context);

			if (stop < 0)
				return stop;
		}
	}
	return err == -ENOENT ? 0 : err;
}

void dataplane_counters(const struct dataplane *dataplane, uint64_t ret_counters[REASON_COUNT])
{
	for (uint32_t reason = 0; reason < REASON_COUNT; reason++) {
		ret_counters[reason] = 0;
		for (uint32_t cpu = 0; cpu < dataplane->cpu_count; cpu++)
			ret_counters[reason] += __atomic_load_n(
				&dataplane->cpus[cpu].packets[reason], __ATOMIC_RELAXED);
	}
}

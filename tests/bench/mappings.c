/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fills the mapping cache behind weftd's back: empties it but for one mapping, and writes that COUNT
 * times, each with an address of its own, from FIRST on.
 *
 *   mappings DIRECTORY NETWORK LIKE_ADDRESS FIRST COUNT
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "bench.h"
#include "controller/model.h"
#include "schemas/dataplane.h"

#define USAGE "mappings DIRECTORY NETWORK LIKE_ADDRESS FIRST COUNT"
#define BATCH 4096

static struct node_key keys[BATCH];
static struct mapping values[BATCH];

static uint32_t address_read(const char *text)
{
	uint32_t address;

	if (ipv4_parse(text, &address) < 0)
		die(text, EINVAL);
	return address;
}

static void empty(int map)
{
	uint32_t position, count;
	void *from = NULL;
	int err;

	do {
		count = BATCH;
		err = bpf_map_lookup_and_delete_batch(map, from, &position, keys, values, &count,
						      NULL);
		from = &position;
	} while (!err);
	if (err != -ENOENT)
		die("emptying the map", -err);
}

static void fill(int map, const struct mapping *like, uint32_t network, uint32_t first,
		 uint32_t count)
{
	for (uint32_t done = 0; done < count;) {
		uint32_t batch = count - done < BATCH ? count - done : BATCH;
		int err;

		for (uint32_t i = 0; i < batch; i++) {
			keys[i] = (struct node_key){network, htonl(first + done + i)};
			values[i] = *like;
			values[i].substrate.words[3] = keys[i].address;
		}
		done += batch;
		err = bpf_map_update_batch(map, keys, values, &batch, NULL);
		if (err)
			die("filling the map", -err);
	}
}

int main(int argc, char **argv)
{
	struct node_key key;
	struct mapping like;
	char pin[512];
	int map;

	if (argc != 6)
		die_usage(USAGE);
	snprintf(pin, sizeof(pin), "%s/mappings", argv[1]);
	map = checked(bpf_obj_get(pin), pin);
	key = (struct node_key){number(argv[2]), htonl(address_read(argv[3]))};
	if (bpf_map_lookup_elem(map, &key, &like) < 0)
		die(argv[3], errno);
	if (like.state != MAPPING_REMOTE)
		die(argv[3], EINVAL);
	empty(map);
	checked(bpf_map_update_elem(map, &key, &like, BPF_ANY), argv[3]);
	fill(map, &like, key.network, address_read(argv[4]), number(argv[5]));
	return 0;
}

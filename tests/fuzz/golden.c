/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every frame of tests/dataplane, cut at every length, through the programs compiled natively with
 * sanitizers: as it is cut, and with headers that say so.
 *
 *	golden              runs them
 *	golden --seeds DIR  writes the frames, uncut, as inputs of the frame fuzzers
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "native.h"
#include "tests/dataplane/cases.h"

static struct arrival arrival;

/* ---- cutting ---------------------------------------------------------------------------------- */

/* The same host and the same numbers that the case's fixture has. */
static void scene_of_case(struct scene *scene, const struct fixture_setup *setup)
{
	const struct scene_devices devices = {
		.substrate = SUBSTRATE_IFINDEX,
		.reinject = setup->reinjected ? TEST_RUN_IFINDEX : REINJECT_IFINDEX,
		.reinject_out = REINJECT_OUT,
		.first_port = NODE_IFINDEX,
		.sender = setup->reinjected ? NULL : setup->sender,
		.sender_port = TEST_RUN_IFINDEX,
	};

	const char *topology = setup->make_topology ? setup->make_topology() : setup->topology;

	if (topology)
		scene_make(scene, topology, strlen(topology), setup->host, &devices);
	else
		scene_read(scene, "examples/figure2.yaml", setup->host, &devices);
}

static void arrive(const struct packet_case *golden, size_t length)
{
	arrival.from_substrate = golden->program == FROM_SUBSTRATE;
	arrival.ifindex = TEST_RUN_IFINDEX;
	arrival.mark = golden->mark;
	arrival.gso_size = golden->gso_size;
	arrival.length = (uint32_t)length;
	arrival.linear = arrival.length;
	memcpy(arrival.frame, golden->in->octets, length);
}

static void run(const struct scene *scene, struct native_host *host)
{
	static struct departure departure;

	native_run(host, &arrival, &departure);
	judge(scene, &arrival, &departure);
	departure_clear(&departure);
}

static size_t cut(const struct scene *scene, struct native_host *host,
		  const struct packet_case *golden)
{
	for (size_t length = 0; length <= golden->in->length; length++) {
		arrive(golden, length);
		run(scene, host);
		arrival_repair(scene, &arrival,
			       ARRIVAL_RIGHT_LENGTH | ARRIVAL_RIGHT_HEADER | ARRIVAL_RIGHT_SUM);
		run(scene, host);
	}
	return 2 * (golden->in->length + 1);
}

static size_t cut_table(const struct case_table *table)
{
	static struct scene scene;
	struct cases cases = {0};
	struct native_host *host;
	size_t frames = 0;

	table->fill(&cases);
	scene_of_case(&scene, &table->setup);
	host = native_host_new(&scene);
	for (size_t i = 0; i < cases.count; i++)
		frames += cut(&scene, host, &cases.list[i]);
	native_host_free(host);
	scene_close(&scene);
	cases_clear(&cases);
	return frames;
}

/* ---- seeding ---------------------------------------------------------------------------------- */

/* The number of the case's sender in an input. */
static unsigned char device_number(const struct scene *scene, const struct fixture_setup *setup)
{
	if (setup->reinjected)
		return 0;
	for (size_t i = 0; setup->sender && i < scene->port_count; i++)
		if (strcmp(scene->ports[i].node->name, setup->sender) == 0)
			return (unsigned char)(i + 2);
	return 1;
}

/* The case's mark, where ports have other numbers. */
static uint32_t mark_number(uint32_t mark)
{
	uint32_t ifindex = mark & REINJECT_IFINDEX_MASK;

	return ifindex >= NODE_IFINDEX ? mark - NODE_IFINDEX + scene_devices.first_port : mark;
}

static bool seed_write(const char *path, const struct scene *scene, const struct case_table *table,
		       const struct packet_case *golden)
{
	bool is_r = strcmp(table->setup.host, "R") == 0,
	     is_odd = table->setup.topology || table->setup.make_topology;
	uint32_t mark = mark_number(golden->mark);
	unsigned char head[ARRIVAL_OCTETS] = {
		[0] = (unsigned char)((is_odd ? SCENE_ODD_R : SCENE_FIGURE2_R) + !is_r +
				      (golden->program == FROM_SUBSTRATE ? 0x80 : 0)),
		[1] = device_number(scene, &table->setup),
		[6] = (unsigned char)golden->gso_size,
		[7] = (unsigned char)(golden->gso_size >> 8),
		[8] = (unsigned char)mark,
		[9] = (unsigned char)(mark >> 8),
		[10] = (unsigned char)(mark >> 16),
		[11] = (unsigned char)(mark >> 24),
	};
	FILE *file = fopen(path, "w");
	bool written;

	if (!file)
		return false;
	written = fwrite(head, sizeof(head), 1, file) == 1 &&
		  fwrite(golden->in->octets, golden->in->length, 1, file) == 1;
	return fclose(file) == 0 && written;
}

static int seed(const char *directory)
{
	static struct scene scene;
	struct cases cases = {0};
	char path[512];

	for (const struct case_table *const *table = case_tables_begin; table < case_tables_end;
	     table++) {
		(*table)->fill(&cases);
		scene_of_case(&scene, &(*table)->setup);
		for (size_t i = 0; i < cases.count; i++) {
			snprintf(path, sizeof(path), "%s/%s-%zu", directory, (*table)->name, i);
			if (!seed_write(path, &scene, *table, &cases.list[i])) {
				perror(path);
				return 1;
			}
		}
		scene_close(&scene);
		cases_clear(&cases);
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t frames = 0;

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		return seed(argv[2]);
	for (const struct case_table *const *table = case_tables_begin; table < case_tables_end;
	     table++)
		frames += cut_table(*table);
	printf("%zu frames, each ended in one reason\n", frames);
	frames_free();
	return 0;
}

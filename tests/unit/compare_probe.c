/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes: only what a node may send, always the same, and recognised in what becomes of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/cli/compare_datagram.h"
#include "controller/cli/compare_probe.h"
#include "controller/cli/compare_topology.h"
#include "tests/support/topology.h"

#define COUNT 2000

static struct probe_list probes_of(const struct model *model, uint64_t seed)
{
	struct probe_list list;

	cr_assert_eq(probes_generate(model, seed, COUNT, &list), 0);
	cr_assert_eq(list.count, COUNT);
	return list;
}

static bool is_ipv4(const struct probe_frame *frame)
{
	return frame->octets[12] == 0x08 && frame->octets[13] == 0;
}

Test(probes, come_from_the_nodes_own_mac_and_address)
{
	struct model *model = topology_figure2();
	struct probe_list list = probes_of(model, 1);

	for (size_t p = 0; p < list.count; p++) {
		const struct probe *probe = &list.probes[p];
		const struct node *node = &model->networks[probe->network].nodes[probe->node];
		uint8_t address[4];

		put32(address, node->address);
		cr_assert_geq(probe->frame_count, 1);
		for (size_t f = 0; f < probe->frame_count; f++) {
			const struct probe_frame *frame = &probe->frames[f];

			cr_assert_geq(frame->length, 14);
			cr_assert_arr_eq(frame->octets + 6, node->mac.octets, 6);
			if (is_ipv4(frame) && frame->length >= 34)
				cr_assert_arr_eq(frame->octets + 26, address, 4);
		}
	}
	probes_clear(&list);
	model_free(model);
}

Test(probes, fit_the_mtu_of_the_nodes_subnet)
{
	for (uint64_t seed = 1; seed < 30; seed++) {
		char *text = topology_generate(seed);
		struct model *model = topology_from(text);
		struct probe_list list = probes_of(model, seed);

		for (size_t p = 0; p < list.count; p++) {
			const struct probe *probe = &list.probes[p];
			const struct network *network = &model->networks[probe->network];
			uint16_t mtu = network->subnets[network->nodes[probe->node].subnet].mtu;

			for (size_t f = 0; f < probe->frame_count; f++)
				cr_assert_leq(probe->frames[f].length, 14U + mtu, "seed %d, %zu",
					      (int)seed, p + 1);
		}
		probes_clear(&list);
		model_free(model);
		free(text);
	}
}

Test(probes, are_the_same_for_the_same_seed)
{
	struct model *model = topology_figure2();
	struct probe_list first = probes_of(model, 5), again = probes_of(model, 5);

	for (size_t p = 0; p < COUNT; p++) {
		cr_assert_eq(first.probes[p].frame_count, again.probes[p].frame_count);
		for (size_t f = 0; f < first.probes[p].frame_count; f++) {
			cr_assert_eq(first.probes[p].frames[f].length,
				     again.probes[p].frames[f].length);
			cr_assert_arr_eq(first.probes[p].frames[f].octets,
					 again.probes[p].frames[f].octets,
					 first.probes[p].frames[f].length);
		}
	}
	probes_clear(&first);
	probes_clear(&again);
	model_free(model);
}

Test(probes, have_every_tos_and_every_ttl_that_ends_on_the_way)
{
	struct model *model = topology_figure2();
	struct probe_list list = probes_of(model, 3);
	bool tos[256] = {false}, ttl[256] = {false};

	for (size_t p = 0; p < list.count; p++) {
		const struct probe_frame *frame = &list.probes[p].frames[0];

		if (is_ipv4(frame) && frame->length >= 34) {
			tos[frame->octets[15]] = true;
			ttl[frame->octets[22]] = true;
		}
	}
	for (int value = 0; value < 256; value++)
		cr_assert(tos[value], "TOS 0x%02x", value);
	for (int value = 0; value <= 5; value++)
		cr_assert(ttl[value], "TTL %d", value);
	probes_clear(&list);
	model_free(model);
}

Test(probes, are_recognised_by_most_of_what_they_carry)
{
	struct model *model = topology_figure2();
	struct probe_list list = probes_of(model, 4);
	size_t known = 0;

	for (size_t p = 0; p < list.count; p++) {
		const struct probe *probe = &list.probes[p];
		const struct probe_frame *last = &probe->frames[probe->frame_count - 1];
		uint32_t number = probe_number_of(&list, last->octets, last->length);

		if (is_ipv4(last))
			cr_assert(number == 0 || number == probe->number);
		known += number == probe->number;
	}
	cr_assert_gt(known, COUNT * 85 / 100);
	probes_clear(&list);
	model_free(model);
}

Test(probes, need_a_node_that_sends_them)
{
	struct model *model = topology_of_z("  subnets:\n"
					    "    front: {v4: 10.0.0.0/24}\n");
	struct probe_list list;

	cr_assert_eq(probes_generate(model, 1, 10, &list), -EINVAL);
	model_free(model);
}

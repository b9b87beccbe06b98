/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sizes.h"

/* Not the kernel's per-CPU maps: those have a limit for a value (cut.h), and take longer to look into. */
static const char *const for_each_cpu[] = {"cpus", "flows_out", "flows_in", "fragment_scratch"};

int sizes_for_cpus(struct bpf_object *object)
{
	int cpus = libbpf_num_possible_cpus();
	int err = cpus < 0 ? cpus : 0;

	for (size_t i = 0; !err && i < sizeof(for_each_cpu) / sizeof(for_each_cpu[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, for_each_cpu[i]);

		if (map)
			err = bpf_map__set_max_entries(map,
						       bpf_map__max_entries(map) * (uint32_t)cpus);
	}
	return err;
}

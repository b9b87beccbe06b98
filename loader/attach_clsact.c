/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching by clsact, where the kernel has no tcx: a filter on the interface, which stays by itself and
 * goes with the interface. Nothing is pinned: a filter of weft is known by its handle, so a later weftd
 * finds those of an earlier one by looking, however that has ended.
 */
#include <errno.h>

#include "internal.h"

#define FILTER_HANDLE 0x77656674 /* "weft" */

/* from_node comes before from_substrate where both are, and both before what others attach. */
static struct bpf_tc_opts filter_options(enum program program)
{
	return (struct bpf_tc_opts){
		.sz = sizeof(struct bpf_tc_opts),
		.handle = FILTER_HANDLE,
		.priority = 1 + program,
	};
}

static struct bpf_tc_hook filter_hook(uint32_t ifindex)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)ifindex,
		.attach_point = BPF_TC_INGRESS,
	};
}

/* The id of the program behind weft's filter on an interface; 0 if there is none. */
static uint32_t filter_program_id(enum program program, uint32_t ifindex)
{
	struct bpf_tc_hook hook = filter_hook(ifindex);
	struct bpf_tc_opts options = filter_options(program);
	/* "There is none" is no complaint. */
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	int err = bpf_tc_query(&hook, &options);

	libbpf_set_print(print);
	return err ? 0 : options.prog_id;
}

bool filter_is_current(const struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	uint32_t id = filter_program_id(program, ifindex);

	return id && id == dataplane->program_ids[program];
}

int filter_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	struct bpf_tc_hook hook = filter_hook(ifindex);
	struct bpf_tc_opts options = filter_options(program);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	options.prog_fd = dataplane->program_fds[program];
	options.flags = BPF_TC_F_REPLACE; /* in one step, if there is one */
	return bpf_tc_attach(&hook, &options);
}

void filter_detach(enum program program, uint32_t ifindex)
{
	struct bpf_tc_hook hook = filter_hook(ifindex);
	struct bpf_tc_opts options = filter_options(program);
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* the interface may be gone */

	bpf_tc_detach(&hook, &options);
	libbpf_set_print(print);
}

struct filter_walk {
	int (*each)(enum program program, uint32_t ifindex, void *context);
	void *context;
};

static int filters_of(uint32_t ifindex, void *context)
{
	const struct filter_walk *walk = context;
	int err = 0;

	for (enum program program = 0; !err && program < TC_PROGRAMS; program++)
		if (filter_program_id(program, ifindex))
			err = walk->each(program, ifindex, walk->context);
	return err;
}

int filters_each(int (*each)(enum program program, uint32_t ifindex, void *context), void *context)
{
	struct filter_walk walk = {each, context};

	return interfaces_each(filters_of, &walk);
}

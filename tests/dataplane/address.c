/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The codec as the kernel runs it: the vectors that tests/unit/address.c proves with gcc and clang. */
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <criterion/criterion.h>

#include "address.h"
#include "gen/address.skel.h"

static struct address_bpf *skeleton;

/* Runs the program once; its answers are in skeleton->bss. */
static void run(void)
{
	unsigned char frame[64] = {0};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
			    .data_size_in = sizeof(frame));

	skeleton = address_bpf__open_and_load();
	cr_assert(skeleton, "the kernel refuses the program");
	cr_assert_eq(bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.address_vectors_run),
					    &options),
		     0);
}

static void done(void)
{
	address_bpf__destroy(skeleton);
}

Test(address, is_encoded_by_bpf_as_each_vector_says, .init = run, .fini = done)
{
	for (size_t i = 0; i < ADDRESS_VECTOR_COUNT; i++)
		cr_assert_arr_eq(skeleton->bss->answers[i].encoded, address_vectors[i].address, 16,
				 "vector %zu", i);
}

Test(address, is_decoded_by_bpf_as_each_vector_says, .init = run, .fini = done)
{
	for (size_t i = 0; i < ADDRESS_VECTOR_COUNT; i++) {
		const struct address_vector *vector = &address_vectors[i];
		bool flagged = vector->locator.bits == SUBSTRATE_LOCATOR_SHORT;

		cr_assert_eq(skeleton->bss->answers[i].network, vector->network, "vector %zu", i);
		cr_assert_eq(skeleton->bss->answers[i].decoded.network, vector->network);
		cr_assert_arr_eq(&skeleton->bss->answers[i].decoded.address, vector->v4, 4);
		cr_assert_eq(skeleton->bss->answers[i].decoded.slot, flagged ? vector->slot : 0);
		cr_assert_eq(skeleton->bss->answers[i].decoded.to_slot, flagged && vector->to_slot);
		cr_assert_eq(skeleton->bss->answers[i].decoded.group, flagged && vector->group);
		cr_assert(skeleton->bss->answers[i].matches, "vector %zu", i);
	}
}

Test(address, flow_labels_survive_bpf, .init = run, .fini = done)
{
	for (__u32 i = 0; i < ADDRESS_VECTOR_COUNT; i++)
		cr_assert_eq(skeleton->bss->answers[i].label, i * 0x1357U & 0xfffff);
}

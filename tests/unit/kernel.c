/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of a kernel that lacks something; what this one has is for the kernel to say. */
#include <criterion/criterion.h>
#include <string.h>

#include "loader/probe.h"

static struct kernel kernel_with_everything(void)
{
	struct kernel kernel = {.release = "6.18.0"};

	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		kernel.has[i] = true;
	return kernel;
}

Test(kernel, lacks_nothing_when_it_has_everything)
{
	struct kernel kernel = kernel_with_everything();
	char names[64];

	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names)), 0);
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_XDP, names, sizeof(names)), 0);
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_NOTHING, names, sizeof(names)), 0);
	cr_assert_str_eq(names, "");
}

Test(kernel, that_is_too_old_lacks_what_weft_needs_by_name)
{
	struct kernel kernel = kernel_with_everything();
	char names[64];

	kernel.has[KERNEL_LOOP] = false;
	kernel.has[KERNEL_CLOCK_TAI] = false;
	kernel.has[KERNEL_TCX] = false;
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names)), 2);
	cr_assert_str_eq(names, "bpf_loop, bpf_ktime_get_tai_ns");
}

Test(kernel, without_tcx_is_not_too_old)
{
	struct kernel kernel = kernel_with_everything();
	char names[64];

	kernel.has[KERNEL_TCX] = false;
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names)), 0);
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_NOTHING, names, sizeof(names)), 1);
	cr_assert_str_eq(names, "tcx");
}

Test(kernel, too_old_for_xdp_is_not_too_old_for_weft)
{
	struct kernel kernel = kernel_with_everything();
	char names[64];

	kernel.has[KERNEL_XDP_FRAGS] = false;
	kernel.has[KERNEL_CLOCK_COARSE] = false;
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names)), 0);
	cr_assert_eq(kernel_lacks(&kernel, NEEDED_BY_XDP, names, sizeof(names)), 2);
	cr_assert_str_eq(names, "xdp_frags, bpf_ktime_get_coarse_ns");
}

Test(kernel, features_that_weft_can_do_without_say_what_follows)
{
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		cr_assert_eq(kernel_features[i].need == NEEDED_BY_WEFT,
			     !*kernel_features[i].without, "%s", kernel_features[i].name);
}

Test(kernel, that_lacks_more_than_fits_is_still_counted)
{
	struct kernel kernel = {};
	char names[8];

	cr_assert_gt(kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names)), 4);
	cr_assert_str_eq(names, "ring_bu");
}

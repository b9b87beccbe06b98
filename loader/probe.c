/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asking the kernel what it can do; see probe.h. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gen/probe.skel.h"
#include "internal.h"
#include "probe.h"

const struct kernel_feature_text kernel_features[KERNEL_FEATURES] = {
#define X(constant, need_, name_, use_, without_) \
	{.name = name_, .use = use_, .without = without_, .need = need_},
	KERNEL_FEATURES_LIST(X)
#undef X
};

static bool helper_exists(enum bpf_prog_type type, enum bpf_func_id helper)
{
	return libbpf_probe_bpf_helper(type, helper, NULL) == 1;
}

/* It loads a program that says it can handle frames in several buffers. In code, as a kernel that doesn't
 * know the flag would refuse all that is in one object with it. */
static bool xdp_frags_exist(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "probe_frags", "GPL", pass,
				    sizeof(pass) / sizeof(pass[0]), &options);

	if (program >= 0)
		close(program);
	return program >= 0;
}

/* It knows the attach type, and refuses only the interface. */
static bool tcx_exists(int program)
{
	int link = bpf_link_create(program, INT32_MAX, ATTACH_TCX_INGRESS, NULL);

	if (link >= 0)
		close(link);
	return link == -ENODEV;
}

/* Runs a program once on an empty frame; whether it returns 0. */
static bool returns_zero(int program)
{
	unsigned char frame[64] = {};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
			    .data_size_in = sizeof(frame));

	return bpf_prog_test_run_opts(program, &options) == 0 && options.retval == 0;
}

static void probe(const struct probe_bpf *programs, bool has[KERNEL_FEATURES])
{
	has[KERNEL_RING_BUFFER] = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
	has[KERNEL_LOOP] = helper_exists(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_loop);
	has[KERNEL_REDIRECT_PEER] = helper_exists(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect_peer);
	has[KERNEL_REDIRECT_NEIGH] =
		helper_exists(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect_neigh);
	has[KERNEL_CLOCK_TAI] = helper_exists(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_ktime_get_tai_ns);
	has[KERNEL_TCX] = tcx_exists(bpf_program__fd(programs->progs.probe_nothing));
	has[KERNEL_CHECKSUM_IPV6] =
		returns_zero(bpf_program__fd(programs->progs.probe_checksum_ipv6));
	has[KERNEL_XDP_FRAGS] = xdp_frags_exist();
	has[KERNEL_CLOCK_COARSE] = helper_exists(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_coarse_ns);
}

int kernel_probe(struct kernel *ret_kernel)
{
	/* What a kernel doesn't know it complains about; that is no complaint here. */
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	struct probe_bpf *programs = probe_bpf__open_and_load();
	int err = programs ? 0 : -errno;
	struct utsname name;

	if (!err && uname(&name) < 0)
		err = -errno;
	if (!err) {
		*ret_kernel = (struct kernel){};
		snprintf(ret_kernel->release, sizeof(ret_kernel->release), "%s", name.release);
		probe(programs, ret_kernel->has);
	}
	probe_bpf__destroy(programs);
	libbpf_set_print(print);
	return err;
}

size_t kernel_lacks(const struct kernel *kernel, enum kernel_need need, char *ret_names,
		    size_t names_size)
{
	size_t count = 0, length = 0;

	ret_names[0] = '\0';
	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		if (kernel->has[i] || kernel_features[i].need != need)
			continue;
		if (length < names_size)
			length += (size_t)snprintf(ret_names + length, names_size - length, "%s%s",
						   count ? ", " : "", kernel_features[i].name);
		count++;
	}
	return count;
}

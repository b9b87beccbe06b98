/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the running kernel can do for the dataplane: found out by asking it, not from its version, since
 * distributions backport. Done once, when weftd starts; the rest of weft is told what was decided.
 */
#ifndef WEFT_LOADER_PROBE_H
#define WEFT_LOADER_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* The oldest kernel that all tests have passed on (docs/kernels.md), for messages. */
#define KERNEL_OLDEST "Linux 6.1"

/* X(constant, needed, name, what weft does with it) */
#define KERNEL_FEATURES_LIST(X)                                                             \
	X(RING_BUFFER, true, "ring_buffer", "holds frames until their address is resolved") \
	X(LOOP, true, "bpf_loop", "cuts packets into fragments, sums long packets")         \
	X(REDIRECT_PEER, true, "bpf_redirect_peer", "gives frames to a node behind a veth") \
	X(REDIRECT_NEIGH, true, "bpf_redirect_neigh", "sends to the substrate")             \
	X(CLOCK_TAI, true, "bpf_ktime_get_tai_ns", "answers ICMP timestamp requests")       \
	X(TCX, false, "tcx", "attaches by links; without it, by clsact filters")            \
	X(CHECKSUM_IPV6, false, "checksum_flag_ipv6", "nothing: weft corrects sums without")

enum kernel_feature {
#define X(constant, needed, name, use) KERNEL_##constant,
	KERNEL_FEATURES_LIST(X)
#undef X
		KERNEL_FEATURES
};

struct kernel_feature_text {
	const char *name;
	const char *use;
	bool needed;
};

extern const struct kernel_feature_text kernel_features[KERNEL_FEATURES];

struct kernel {
	char release[65]; /* as `uname -r` */
	bool has[KERNEL_FEATURES];
};

/* Asks the kernel. Returns 0 or -errno: -EPERM without the privilege to load programs. */
int kernel_probe(struct kernel *ret_kernel);

/* Lists by name what the kernel lacks: of what weft needs, or of what it can do without. Returns how
 * many there are. */
size_t kernel_lacks(const struct kernel *kernel, bool needed, char *ret_names, size_t names_size);

#endif

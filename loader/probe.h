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

/* What is not to be had without a feature. */
enum kernel_need { NEEDED_BY_WEFT, NEEDED_BY_XDP, NEEDED_BY_NOTHING };

/* X(constant, need, name, what weft does with it, what follows without it) */
#define KERNEL_FEATURES_LIST(X)                                                                   \
	X(RING_BUFFER, NEEDED_BY_WEFT, "ring_buffer",                                             \
	  "holds frames until their address is resolved", "")                                     \
	X(LOOP, NEEDED_BY_WEFT, "bpf_loop", "cuts packets into fragments, sums long packets", "") \
	X(REDIRECT_PEER, NEEDED_BY_WEFT, "bpf_redirect_peer",                                     \
	  "gives frames to a node behind a veth", "")                                             \
	X(REDIRECT_NEIGH, NEEDED_BY_WEFT, "bpf_redirect_neigh", "sends to the substrate", "")     \
	X(CLOCK_TAI, NEEDED_BY_WEFT, "bpf_ktime_get_tai_ns", "answers ICMP timestamp requests",   \
	  "")                                                                                     \
	X(TCX, NEEDED_BY_NOTHING, "tcx", "attaches by links",                                     \
	  "programs are attached by clsact filters")                                              \
	X(CHECKSUM_IPV6, NEEDED_BY_NOTHING, "checksum_flag_ipv6", "nothing yet",                  \
	  "sums are corrected as everywhere, weft doesn't use it")                                \
	X(XDP_FRAGS, NEEDED_BY_XDP, "xdp_frags", "XDP: handles frames in several buffers",        \
	  "no XDP, tc handles all packets")                                                       \
	X(CLOCK_COARSE, NEEDED_BY_XDP, "bpf_ktime_get_coarse_ns",                                 \
	  "XDP: sees whether a neighbour's MAC is still good", "no XDP, tc handles all packets")  \
	X(XDP_RECEIVERS, NEEDED_BY_NOTHING, "xdp_receivers",                                      \
	  "XDP: knows which interfaces it can send to",                                           \
	  "XDP sends only to taps, tc sends to veths and to the NIC")

enum kernel_feature {
#define X(constant, need, name, use, without) KERNEL_##constant,
	KERNEL_FEATURES_LIST(X)
#undef X
		KERNEL_FEATURES
};

struct kernel_feature_text {
	const char *name;
	const char *use;
	const char *without; /* "": nothing works without it */
	enum kernel_need need;
};

extern const struct kernel_feature_text kernel_features[KERNEL_FEATURES];

struct kernel {
	char release[65]; /* as `uname -r` */
	bool has[KERNEL_FEATURES];
};

/* Asks the kernel for all but KERNEL_XDP_RECEIVERS, which is known by generic netlink (xdp_features.h) and
 * left false. Returns 0 or -errno: -EPERM without the privilege to load programs. */
int kernel_probe(struct kernel *ret_kernel);

/* Lists by name which features of one need the kernel lacks. Returns how many there are. */
size_t kernel_lacks(const struct kernel *kernel, enum kernel_need need, char *ret_names,
		    size_t names_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What floor.c tells floor.bpf.c: constants to the verifier. */
#ifndef WEFT_BENCH_FLOOR_H
#define WEFT_BENCH_FLOOR_H

#include <linux/types.h>

struct floor_config {
	__be32 virtual[2]; /* source and destination */
	__be32 substrate[8]; /* the same on the substrate */
	__u32 out_ifindex; /* out: the NIC; in: the host's end of the node's veth */
	__u16 correction; /* of TCP and UDP checksums, both ends together */
	__u16 macs[6]; /* of the frame that leaves, destination first */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What generate.c tells generate.bpf.c: constants to the verifier. */
#ifndef WEFT_BENCH_GENERATE_H
#define WEFT_BENCH_GENERATE_H

#include <linux/types.h>

#define GENERATE_WORDS_MAX 20 /* of a frame on the substrate */

struct generate_config {
	__u32 out_ifindex;
	__u32 words; /* of the frame, 4 octets each */
	__u32 frame[GENERATE_WORDS_MAX]; /* as it is on the wire */
};

#endif

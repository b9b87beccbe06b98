/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One frame, again and again, to the transmit side of an interface. The kernel's generator hands out
 * the same pages without writing the frame into them again, and who has had a page before has put
 * another header there: so the whole frame is written each time.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tests/bench/generate.h"

const volatile struct generate_config config;
__u64 sent; /* frames: by one CPU at a time */

SEC("xdp")
int generate(struct xdp_md *xdp)
{
	__u32 *words = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;

	for (__u32 i = 0; i < GENERATE_WORDS_MAX && i < config.words; i++) {
		if (words + i + 1 > end)
			return XDP_ABORTED;
		words[i] = config.frame[i];
	}
	sent++;
	return bpf_redirect(config.out_ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

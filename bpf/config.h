/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the loader sets before loading: constants to the verifier, so unused code vanishes. */
#ifndef WEFT_CONFIG_H
#define WEFT_CONFIG_H

#include <linux/types.h>

/* This host's locator: its first 64 bits, and of the next octet those that are fixed. */
const volatile __be32 locator_words[2];
const volatile __u8 locator_octet;
const volatile __u8 locator_octet_mask; /* 0: /64, 0xff: /72 */

const volatile __u32 substrate_ifindex; /* the NIC */
const volatile __u32 reinject_ifindex; /* where held frames come in again */
const volatile __u32 reinject_out_ifindex; /* and the end of the pair to send them to */

/* Rates per port, as virtual scheduling wants them: nanoseconds an event, and of a full burst. */
const volatile __u64 answer_interval_ns = 1000000;
const volatile __u64 answer_burst_ns = 1000000000;
const volatile __u64 miss_interval_ns = 1000000;
const volatile __u64 miss_burst_ns = 1000000000;

#endif

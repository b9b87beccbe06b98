/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the BPF program address.bpf.c answers, for address.c. */
#ifndef WEFT_TESTS_DATAPLANE_ADDRESS_H
#define WEFT_TESTS_DATAPLANE_ADDRESS_H

#include "tests/vectors/address.h"

/* What the codec says to a vector. */
struct address_answer {
	__u8 encoded[16];
	struct substrate_parts decoded;
	__u32 network;
	__u32 matches; /* the vector's locator */
	__u32 label; /* a number, through the flow label and back */
};

#endif

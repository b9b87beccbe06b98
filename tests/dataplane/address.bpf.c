/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* schemas/address.h as BPF: runs through tests/vectors/address.h, address.c reads what came of it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "address.h"

struct address_answer answers[ADDRESS_VECTOR_COUNT];

static void answer_vector(__u32 number)
{
	const struct address_vector *vector = &address_vectors[number];
	struct address_answer *answer = &answers[number];
	struct substrate_parts parts = {
		.network = vector->network,
		.slot = vector->slot,
		.to_slot = vector->to_slot,
		.group = vector->group,
	};
	struct substrate_address address;
	struct flow_label label;

	__builtin_memcpy(&parts.address, vector->v4, sizeof(parts.address));
	substrate_encode(&vector->locator, &parts, &address);
	__builtin_memcpy(answer->encoded, address.octets, sizeof(answer->encoded));
	substrate_decode(&address, vector->locator.bits, &answer->decoded);
	answer->network = substrate_network(&address);
	answer->matches = substrate_matches(&vector->locator, &address);
	flow_label_decode(number * 0x1357U, &label);
	answer->label = flow_label_encode(&label);
}

SEC("tc")
int address_vectors_run(struct __sk_buff *skb)
{
	for (__u32 number = 0; number < ADDRESS_VECTOR_COUNT; number++)
		answer_vector(number);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The least that XDP can do at an interface: send all frames on to another one, or count and drop them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 out_ifindex;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

SEC("xdp")
int hop_redirect(struct xdp_md *xdp)
{
	return bpf_redirect(out_ifindex, 0);
}

SEC("xdp")
int hop_count(struct xdp_md *xdp)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&frames, &key);

	if (count)
		(*count)++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

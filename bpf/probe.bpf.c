/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that are run or attached once, to see what the kernel can do: loader/probe.c. They see no
 * packet. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#define CHECKSUM_OFFSET 20 /* anywhere in the frame */

/* To be attached where that is possible. */
SEC("tc")
int probe_nothing(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

/* Returns what the kernel says to the flag: 0, or -EINVAL if it doesn't know it. */
SEC("tc")
int probe_checksum_ipv6(struct __sk_buff *skb)
{
	return (int)bpf_l4_csum_replace(skb, CHECKSUM_OFFSET, 0, 0, BPF_F_PSEUDO_HDR | BPF_F_IPV6);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

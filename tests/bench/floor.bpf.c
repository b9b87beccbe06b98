/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floor: the least that re-heading can be. One node here, one there, everything about them a
 * constant: no maps, no routers, no guard, no verification, no counters, no fragments. What weft's
 * programs cost more than these is what they do for it. `empty` measures the measuring.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tests/bench/floor.h"

const volatile struct floor_config
	config; /* to be read as volatile: else clang takes it for zeros */

#define IPV4_L4 (ETH_HLEN + sizeof(struct iphdr))
#define IPV6_L4 (ETH_HLEN + sizeof(struct ipv6hdr))

static __always_inline bool addresses_are(const __be32 *words, const volatile __be32 *wanted,
					  int count)
{
	__be32 difference = 0;

	for (int i = 0; i < count; i++)
		difference |= words[i] ^ wanted[i];
	return difference == 0;
}

static __always_inline void macs_write(struct ethhdr *eth, __be16 ethertype)
{
	__u16 *words = (void *)eth;

	for (int i = 0; i < 6; i++)
		words[i] = config.macs[i];
	eth->h_proto = ethertype;
}

static __always_inline long correct(struct __sk_buff *skb, __u32 l4, __u8 protocol)
{
	__u32 offset = l4 + (protocol == IPPROTO_UDP ? 6 : 16);
	__u64 flags = BPF_F_PSEUDO_HDR | (protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0);

	return bpf_l4_csum_replace(skb, offset, 0, config.correction, flags);
}

/* What the node sends: IPv4 becomes IPv6. */
SEC("tc")
int floor_out(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + ETH_HLEN;
	struct ipv6hdr *ipv6;
	__u8 tos, ttl, protocol;
	__u16 length;

	if (data + IPV4_L4 > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    !addresses_are(&ip->saddr, config.virtual, 2))
		return TC_ACT_UNSPEC;
	tos = ip->tos;
	ttl = ip->ttl;
	protocol = ip->protocol;
	length = bpf_ntohs(ip->tot_len) - sizeof(*ip);
	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0) < 0)
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + IPV6_L4 > end)
		return TC_ACT_SHOT;
	macs_write(data, bpf_htons(ETH_P_IPV6));
	ipv6 = data + ETH_HLEN;
	*(__be32 *)ipv6 = bpf_htonl(6U << 28 | (__u32)tos << 20 | (__u32)ttl << 12);
	ipv6->payload_len = bpf_htons(length);
	ipv6->nexthdr = protocol;
	ipv6->hop_limit = 64;
	for (int i = 0; i < 8; i++)
		((__be32 *)&ipv6->saddr)[i] = config.substrate[i];
	if (correct(skb, IPV6_L4, protocol) < 0)
		return TC_ACT_SHOT;
	return bpf_redirect(config.out_ifindex, 0);
}

static __always_inline __u16 header_sum(const struct iphdr *ip)
{
	const __u32 *words = (const void *)ip;
	__u64 sum = (__u64)words[0] + words[1] + words[2] + words[3] + words[4];

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* What comes for the node: IPv6 becomes IPv4. */
SEC("tc")
int floor_in(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ipv6 = data + ETH_HLEN;
	struct iphdr *ip;
	__u8 protocol;
	__u16 length;
	__u32 first;

	if (data + IPV6_L4 > end || eth->h_proto != bpf_htons(ETH_P_IPV6) ||
	    !addresses_are((const void *)&ipv6->saddr, config.substrate, 8))
		return TC_ACT_UNSPEC;
	first = bpf_ntohl(*(__be32 *)ipv6);
	protocol = ipv6->nexthdr;
	length = bpf_ntohs(ipv6->payload_len) + sizeof(*ip);
	if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 0) < 0)
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + IPV4_L4 > end)
		return TC_ACT_SHOT;
	macs_write(data, bpf_htons(ETH_P_IP));
	ip = data + ETH_HLEN;
	*(__u8 *)ip = 4 << 4 | 5;
	ip->tos = first >> 20;
	ip->tot_len = bpf_htons(length);
	ip->id = 0;
	ip->frag_off = 0;
	ip->ttl = first >> 12;
	ip->protocol = protocol;
	ip->check = 0;
	ip->saddr = config.virtual[0];
	ip->daddr = config.virtual[1];
	ip->check = header_sum(ip);
	if (correct(skb, IPV4_L4, protocol) < 0)
		return TC_ACT_SHOT;
	return bpf_redirect_peer(config.out_ifindex, 0);
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

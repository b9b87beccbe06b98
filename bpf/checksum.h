/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The Internet checksum (RFC 1071) and its incremental update (RFC 1624), on words in wire order. */
#ifndef WEFT_CHECKSUM_H
#define WEFT_CHECKSUM_H

#include <linux/ip.h>
#include <linux/types.h>

/* Folds a sum of words to 16 bits, carries added back in; not complemented. */
static __always_inline __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* The sum of so many words of 32 bits, not folded. */
static __always_inline __u64 checksum_words(const __be32 *words, int count)
{
	__u64 sum = 0;

	for (int i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

/* The folded sum of the 20 octets from `header` on. */
static __always_inline __u16 checksum_sum20(const void *header)
{
	const __u32 *words = header;

	return checksum_fold((__u64)words[0] + words[1] + words[2] + words[3] + words[4]);
}

/* The checksum of a 20 octet IPv4 header with its field as it stands: 0 if that is right. */
static __always_inline __u16 checksum_ipv4_header(const struct iphdr *ip)
{
	return (__u16)~checksum_sum20(ip);
}

/* The checksum field after a word that it covers has changed. RFC 1624 eqn 3. */
static __always_inline __u16 checksum_replace(__u16 checksum, __u16 from, __u16 to)
{
	return (__u16)~checksum_fold((__u64)(__u16)~checksum + (__u16)~from + to);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wire formats whose kernel headers need a libc, or that have none: ARP, ICMP, IPv6 fragments. */
#ifndef WEFT_PROTOCOLS_H
#define WEFT_PROTOCOLS_H

#include "schemas/dataplane.h"

/* RFC 826, for Ethernet and IPv4. */
#define ARP_HARDWARE_ETHERNET 1
#define ARP_REQUEST           1
#define ARP_REPLY             2

struct arp_ipv4 {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_octets;
	__u8 protocol_octets;
	__be16 operation;
	__u8 sender_mac[WEFT_MAC_OCTETS];
	__u8 sender_address[4];
	__u8 target_mac[WEFT_MAC_OCTETS];
	__u8 target_address[4];
};
WEFT_ASSERT_SIZE(struct arp_ipv4, 28);

/* RFC 792; numbers as IANA has them. */
enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY = 14,
	ICMP_ADDRESS_MASK_REPLY = 18, /* the last query that began with the timestamp */
};

enum icmp_code {
	ICMP_TTL_EXCEEDED = 0,
	ICMP_NET_UNREACHABLE = 0,
	ICMP_HOST_UNREACHABLE = 1,
	ICMP_PROTOCOL_UNREACHABLE = 2,
	ICMP_PORT_UNREACHABLE = 3,
	ICMP_FRAGMENTATION_NEEDED = 4,
};

struct icmp_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be32 rest; /* id and sequence number; unused; MTU */
};
WEFT_ASSERT_SIZE(struct icmp_header, 8);

/* RFC 792, page 16: what follows the header of a timestamp message. Milliseconds since midnight UT. */
struct icmp_timestamp {
	__be32 originate;
	__be32 receive;
	__be32 transmit;
};
WEFT_ASSERT_SIZE(struct icmp_timestamp, 12);

/* RFC 4443; errors have types below 128. */
enum icmpv6_type {
	ICMPV6_PACKET_TOO_BIG = 2,
	ICMPV6_ERROR_MAX = 127,
};

/* RFC 9293 3.1. */
struct tcp_header {
	__be16 source;
	__be16 destination;
	__be32 sequence;
	__be32 acknowledgement;
	__u8 offset; /* upper 4 bits: words of the header */
	__u8 flags;
	__be16 window;
	__u16 checksum;
	__be16 urgent;
};
WEFT_ASSERT_SIZE(struct tcp_header, 20);

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* RFC 768. */
struct udp_header {
	__be16 source;
	__be16 destination;
	__be16 length;
	__u16 checksum;
};
WEFT_ASSERT_SIZE(struct udp_header, 8);

/* RFC 8200 4.5. */
struct ipv6_fragment {
	__u8 next_header;
	__u8 reserved;
	__be16 offset; /* 13 bits in units of 8 octets, 2 reserved, 1 more-fragments */
	__be32 id;
};
WEFT_ASSERT_SIZE(struct ipv6_fragment, 8);

#define FRAGMENT_RESERVED 2 /* one of the two: IPv4's reserved flag, between hosts of weft */
#define FRAGMENT_MORE     1

#endif

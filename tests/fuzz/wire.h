/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets as fuzzing looks at them: where which header lies, and checksums as the RFCs say, worked out
 * octet by octet and not by the code that is tested.
 */
#ifndef WEFT_FUZZ_WIRE_H
#define WEFT_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_IPV4_AT 14
#define WIRE_ID_AT   18
#define WIRE_SUM_AT  24 /* of the IPv4 header */
#define WIRE_L4_AT   34
#define WIRE_IPV6_AT 14
#define WIRE_IPV6_L4 54

#define WIRE_ICMP     1
#define WIRE_TCP      6
#define WIRE_UDP      17
#define WIRE_FRAGMENT 44
#define WIRE_ICMPV6   58

uint16_t wire_get16(const unsigned char *from);
uint32_t wire_get32(const unsigned char *from);
void wire_put16(unsigned char *to, uint32_t value);

/* RFC 1071: the sum of octets added to `sum`, folded to 16 bits. */
uint32_t wire_sum(uint32_t sum, const unsigned char *octets, size_t count);

/* An IPv4 or IPv6 packet in a frame, as far as there is one. */
struct wire_packet {
	bool ipv6;
	unsigned char *ip;
	unsigned char *l4;
	size_t l4_octets; /* as the IP header says, and not more than there are */
	uint8_t protocol;
	bool fragment; /* any of several */
	bool later_fragment; /* without L4 header */
};

/* Looks for the packet of a frame; false if the headers aren't there. */
bool wire_parse(unsigned char *frame, size_t length, struct wire_packet *ret_packet);

/* The same of a packet without frame, of which there are `octets`. */
bool wire_parse_packet(bool ipv6, unsigned char *ip, size_t octets, struct wire_packet *ret_packet);

/* Where ICMP's, UDP's and TCP's checksum is in the L4 header; 0 if it isn't there. */
size_t wire_sum_at(const struct wire_packet *packet);

/* The sum of the pseudo header for so many octets; 0 for ICMP in IPv4, which has none. */
uint32_t wire_pseudo_sum(const struct wire_packet *packet, size_t octets);

/* Whether a whole packet's ICMP, UDP or TCP checksum is right (or UDP has none). */
bool wire_sum_is_right(const struct wire_packet *packet);

/* Whether the IPv4 header's checksum is right. */
bool wire_header_is_right(const unsigned char *ip);

#endif

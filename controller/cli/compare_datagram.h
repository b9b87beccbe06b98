/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An IPv4 datagram in the making, for the generator of probes: header fields apart, the payload as octets.
 * Every 8 octets of payload begin with a token that names the probe, so that what is left of it is
 * recognised in fragments and quotes.
 */
#ifndef WEFT_COMPARE_DATAGRAM_H
#define WEFT_COMPARE_DATAGRAM_H

#include "compare_probe.h"
#include "compare_random.h"

#define DATAGRAM_PAYLOAD_MAX 16384

struct datagram {
	uint32_t number; /* of the probe */
	struct mac from_mac, to_mac;
	uint32_t from, to;
	uint8_t ttl, tos, protocol;
	bool dont_fragment;
	bool reserved_flag; /* the first of the flags, which means nothing */
	uint8_t payload[DATAGRAM_PAYLOAD_MAX];
	size_t length; /* octets of payload */
};

/* A 32-bit number with which the probe can be recognised, and back: 0 if it is none. */
uint32_t token_of(uint32_t number);
uint32_t token_number(uint32_t token);

void put16(uint8_t *to, uint16_t value);
void put32(uint8_t *to, uint32_t value);

/* RFC 1071: adds octets to a sum of words; the checksum of a sum, in host byte order. */
uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t length);
uint16_t checksum_of(uint32_t sum);

/* Fills octets of payload with data of the probe. */
void datagram_fill(uint32_t number, uint8_t *octets, size_t length);

/*
 * Make the payload: a header, and data that fill it up to `length` octets. A length that is too short
 * for the header gives what fits of it. Checksums are right, but some by chance are not.
 */
void datagram_udp(struct datagram *datagram, struct random *random, size_t length);
void datagram_tcp(struct datagram *datagram, struct random *random, size_t length);
void datagram_icmp(struct datagram *datagram, struct random *random, uint8_t type, size_t length);
void datagram_icmp_error(struct datagram *datagram, struct random *random, bool to_router,
			 size_t length);
void datagram_other(struct datagram *datagram, struct random *random, size_t length);

/*
 * Makes the frame of a part of the payload; `more`: it isn't the last. The whole payload is an
 * unfragmented packet. Returns 0 or -ENOMEM.
 */
int datagram_frame(const struct datagram *datagram, size_t offset, size_t octets, bool more,
		   struct probe_frame *ret_frame);

#endif

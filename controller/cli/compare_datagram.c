/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Datagrams of probes: transport headers, data, frames. See compare_datagram.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "compare_datagram.h"

#define TOKEN_MARK  0xf5e00000U
#define TOKEN_MASK  0xfff00000U
#define UDP_OCTETS  8
#define TCP_OCTETS  20
#define ICMP_OCTETS 8
#define IPV4_OCTETS 20
#define ETH_OCTETS  14

uint32_t token_of(uint32_t number)
{
	return TOKEN_MARK | number;
}

uint32_t token_number(uint32_t token)
{
	return (token & TOKEN_MASK) == TOKEN_MARK ? token & ~TOKEN_MASK : 0;
}

void put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

void put32(uint8_t *to, uint32_t value)
{
	put16(to, (uint16_t)(value >> 16));
	put16(to + 2, (uint16_t)value);
}

uint32_t checksum_add(uint32_t sum, const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? octets[i] : octets[i] << 8;
	return sum;
}

uint16_t checksum_of(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void datagram_fill(uint32_t number, uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i += 4) {
		/* Odd words tell the places apart, and are never a token. */
		uint32_t word = i % 8 ? ((uint32_t)i * 2654435761U ^ number) & 0x7fffffff
				      : token_of(number);
		uint8_t text[4];

		put32(text, word);
		memcpy(octets + i, text, length - i < 4 ? length - i : 4);
	}
}

/* The sum of the pseudo header of the payload. */
static uint32_t pseudo_sum(const struct datagram *datagram, size_t length)
{
	uint8_t addresses[8];

	put32(addresses, datagram->from);
	put32(addresses + 4, datagram->to);
	return checksum_add((uint32_t)(datagram->protocol + length), addresses, sizeof(addresses));
}

/* Sets the checksum at `offset` of the payload, if that is there; rarely a wrong one. */
static void checksum_set(struct datagram *datagram, struct random *random, size_t offset,
			 uint32_t sum)
{
	uint8_t *field = datagram->payload + offset;
	uint16_t checksum;

	if (datagram->length < offset + 2)
		return;
	put16(field, 0);
	checksum = checksum_of(checksum_add(sum, datagram->payload, datagram->length));
	if (random_chance(random, 3))
		checksum ^= 0x0400;
	if (datagram->protocol == IPPROTO_UDP && checksum == 0)
		checksum = 0xffff;
	put16(field, checksum);
}

/* Begins a payload with a header of which as much is kept as fits, then data. */
static void payload_start(struct datagram *datagram, const uint8_t *header, size_t header_length,
			  size_t length)
{
	if (length > DATAGRAM_PAYLOAD_MAX)
		length = DATAGRAM_PAYLOAD_MAX;
	datagram->length = length;
	if (header_length)
		memcpy(datagram->payload, header, length < header_length ? length : header_length);
	if (length > header_length)
		datagram_fill(datagram->number, datagram->payload + header_length,
			      length - header_length);
}

/* ---- transport protocols ------------------------------------------------------------------------ */

void datagram_udp(struct datagram *datagram, struct random *random, size_t length)
{
	uint8_t header[UDP_OCTETS] = {0};
	uint16_t claimed = (uint16_t)length;

	datagram->protocol = IPPROTO_UDP;
	/* Mostly the token as ports; sometimes others, and a length that is wrong. */
	put32(header, random_chance(random, 70) ? token_of(datagram->number)
						: (uint32_t)random_next(random));
	if (random_chance(random, 3))
		claimed = (uint16_t)random_below(random, 2 * (uint32_t)length);
	put16(header + 4, claimed);
	payload_start(datagram, header, sizeof(header), length);
	if (!random_chance(random, 20)) /* without a checksum */
		checksum_set(datagram, random, 6, pseudo_sum(datagram, claimed));
}

void datagram_tcp(struct datagram *datagram, struct random *random, size_t length)
{
	static const uint8_t flags[] = {0x02, 0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x01,
					0x04, 0x14, 0x00, 0x29, 0x03, 0xc2, 0x30, 0xff};
	uint8_t header[TCP_OCTETS + 40] = {0};
	size_t options = random_chance(random, 30) ? random_below(random, 11) * 4 : 0;

	datagram->protocol = IPPROTO_TCP;
	if (length < TCP_OCTETS + options)
		options = 0;
	put32(header, random_chance(random, 85) ? token_of(datagram->number)
						: (uint32_t)random_next(random));
	put32(header + 4, (uint32_t)random_next(random));
	put32(header + 8, (uint32_t)random_next(random));
	header[12] = (uint8_t)((TCP_OCTETS + options) / 4 << 4);
	header[13] = RANDOM_OF(random, flags);
	put16(header + 14, (uint16_t)random_next(random));
	memset(header + TCP_OCTETS, 1, options); /* no operation */
	if (options >= 4)
		memcpy(header + TCP_OCTETS, "\x02\x04\x05\xb4", 4); /* maximum segment size */
	payload_start(datagram, header, TCP_OCTETS + options, length);
	checksum_set(datagram, random, 16, pseudo_sum(datagram, datagram->length));
}

void datagram_icmp(struct datagram *datagram, struct random *random, uint8_t type, size_t length)
{
	uint8_t header[ICMP_OCTETS] = {type};

	datagram->protocol = IPPROTO_ICMP;
	if (random_chance(random, 10))
		header[1] = (uint8_t)random_next(random);
	put32(header + 4, token_of(datagram->number));
	payload_start(datagram, header, sizeof(header), length);
	checksum_set(datagram, random, 2, 0);
}

/* What a node complains about: a datagram that it might have got from the receiver. */
static void quote_make(const struct datagram *datagram, struct random *random, uint8_t *quote)
{
	static const uint8_t protocols[] = {IPPROTO_UDP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};

	memset(quote, 0, IPV4_OCTETS);
	quote[0] = 0x45;
	put16(quote + 2, 1400);
	put16(quote + 4, (uint16_t)datagram->number);
	quote[8] = (uint8_t)random_between(random, 1, 64);
	quote[9] = RANDOM_OF(random, protocols);
	put32(quote + 12, datagram->to);
	put32(quote + 16, datagram->from);
	put16(quote + 10, checksum_of(checksum_add(0, quote, IPV4_OCTETS)));
}

void datagram_icmp_error(struct datagram *datagram, struct random *random, bool to_router,
			 size_t length)
{
	static const uint8_t types[] = {3, 3, 3, 11, 11, 12, 4, 5};
	uint8_t header[ICMP_OCTETS + IPV4_OCTETS] = {RANDOM_OF(random, types)};

	datagram->protocol = IPPROTO_ICMP;
	if (header[0] == 3)
		header[1] = (uint8_t)random_below(random, 16);
	/* A Linux router remembers this one, and cuts its own answers for minutes. */
	if (header[0] == 3 && header[1] == 4 && to_router)
		header[1] = 3;
	if (header[0] == 3 && header[1] == 4)
		put32(header + 4, 1000);
	quote_make(datagram, random, header + ICMP_OCTETS);
	payload_start(datagram, header, sizeof(header), length);
	checksum_set(datagram, random, 2, 0);
}

void datagram_other(struct datagram *datagram, struct random *random, size_t length)
{
	static const uint8_t known[] = {50, 47, 4, 41, 89, 132, 253, 51, 2};

	datagram->protocol = RANDOM_OF(random, known);
	if (random_chance(random, 40))
		datagram->protocol = (uint8_t)random_between(random, 138, 254);
	payload_start(datagram, NULL, 0, length);
}

/* ---- frames ------------------------------------------------------------------------------------ */

int datagram_frame(const struct datagram *datagram, size_t offset, size_t octets, bool more,
		   struct probe_frame *ret_frame)
{
	size_t length = ETH_OCTETS + IPV4_OCTETS + octets;
	uint8_t *frame = calloc(1, length);
	uint8_t *ip = frame + ETH_OCTETS;

	if (!frame)
		return -ENOMEM;
	memcpy(frame, datagram->to_mac.octets, 6);
	memcpy(frame + 6, datagram->from_mac.octets, 6);
	put16(frame + 12, 0x0800);
	ip[0] = 0x40 | IPV4_OCTETS / 4;
	ip[1] = datagram->tos;
	put16(ip + 2, (uint16_t)(IPV4_OCTETS + octets));
	put16(ip + 4, (uint16_t)datagram->number);
	put16(ip + 6, (uint16_t)((datagram->reserved_flag ? 0x8000 : 0) |
				 (datagram->dont_fragment ? 0x4000 : 0) | (more ? 0x2000 : 0) |
				 offset / 8));
	ip[8] = datagram->ttl;
	ip[9] = datagram->protocol;
	put32(ip + 12, datagram->from);
	put32(ip + 16, datagram->to);
	put16(ip + 10, checksum_of(checksum_add(0, ip, IPV4_OCTETS)));
	memcpy(ip + IPV4_OCTETS, datagram->payload + offset, octets);
	*ret_frame = (struct probe_frame){frame, length};
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzing: any fragments of a few datagrams in any order, as weftd puts them together for a router. What
 * a datagram has at each place is fixed, so whatever comes out whole can be checked. An input is a
 * list of fragments, eight octets each:
 *
 *   octet 0      bits 0..1: node, 2..3: id, 4: protocol, 5: more fragments, 6: DF, 7: seconds pass
 *         1      TOS
 *         2..3   offset, in units of 8 octets
 *         4..5   octets of payload, modulo 4096
 *         6      octets behind the packet
 *         7      octets that the frame is too short by
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/agent/reassembly.h"
#include "wire.h"

#define FRAGMENT_OCTETS 8
#define HEADERS         (ETH_HLEN + sizeof(struct iphdr))
#define PAYLOAD_MAX     4096 /* offsets make large datagrams all the same */
#define PAUSE_MS        11000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition, const char *complaint)
{
	if (condition)
		return;
	fprintf(stderr, "\n%s\n", complaint);
	abort();
}

static struct iphdr header_of(const uint8_t *record, size_t octets)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tos = record[1],
		.tot_len = htons((uint16_t)(sizeof(ip) + octets)),
		.id = record[0] >> 2 & 3,
		.frag_off = htons((uint16_t)((wire_get16(record + 2) & IP_OFFMASK) |
					     (record[0] & 0x20 ? IP_MF : 0) |
					     (record[0] & 0x40 ? IP_DF : 0))),
		.ttl = 64,
		.protocol = record[0] & 0x10 ? IPPROTO_UDP : IPPROTO_ICMP,
		.saddr = htonl(0x0a000002),
		.daddr = htonl(0x0a000001),
	};

	return ip;
}

/* What is at a place of the datagram. */
static unsigned char octet_at(uint32_t ifindex, const struct iphdr *ip, size_t place)
{
	return (unsigned char)(place * 31 + place / 256 + ifindex * 7 + ip->id * 13 + ip->protocol);
}

/* The held frame of a record, with exactly the memory that it says. */
static struct held_frame *fragment_make(const uint8_t *record)
{
	size_t octets = wire_get16(record + 4) % PAYLOAD_MAX;
	struct iphdr ip = header_of(record, octets);
	size_t start = (ntohs(ip.frag_off) & IP_OFFMASK) * 8U,
	       length = HEADERS + octets + record[6];
	struct held_frame *held;
	unsigned char *frame;

	length -= record[7] < length ? record[7] : 0;
	held = calloc(1, sizeof(*held) + length);
	frame = calloc(1, HEADERS + octets + 256);
	must(held && frame, "no memory");
	held->ifindex = 1 + (record[0] & 3);
	held->purpose = HELD_FOR_REASSEMBLY;
	held->length = (uint32_t)length;
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	for (size_t i = 0; i < octets; i++)
		frame[HEADERS + i] = octet_at(held->ifindex, &ip, start + i);
	memcpy(held + 1, frame, length);
	free(frame);
	return held;
}

static void check_whole(const struct held_frame *whole)
{
	const unsigned char *frame = (const unsigned char *)(whole + 1);
	struct iphdr ip;

	must(whole->length > HEADERS, "a whole packet has nothing in it");
	memcpy(&ip, frame + ETH_HLEN, sizeof(ip));
	must(wire_header_is_right(frame + ETH_HLEN), "a whole packet's header is wrong");
	must(ntohs(ip.tot_len) == whole->length - ETH_HLEN, "a whole packet's length is wrong");
	must(!(ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK)), "a whole packet is a fragment");
	for (size_t i = 0; i < whole->length - HEADERS; i++)
		must(frame[HEADERS + i] == octet_at(whole->ifindex, &ip, i),
		     "a whole packet has other octets than its fragments");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reassembly *reassembly = reassembly_new();
	uint64_t now_ms = 1000;

	must(reassembly, "no memory");
	for (size_t at = 0; at + FRAGMENT_OCTETS <= size; at += FRAGMENT_OCTETS) {
		struct held_frame *fragment = fragment_make(data + at);
		const struct held_frame *whole;

		now_ms += data[at] & 0x80 ? PAUSE_MS : 1;
		whole = reassembly_add(reassembly, fragment, now_ms);
		free(fragment);
		if (whole)
			check_whole(whole);
	}
	reassembly_free(reassembly);
	return 0;
}

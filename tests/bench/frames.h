/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames that tools write themselves, octet by octet as they are on the wire: UDP with 18 octets of
 * payload, as a node sends it (the smallest Ethernet frame), and the same packet on the substrate.
 */
#ifndef WEFT_BENCH_FRAMES_H
#define WEFT_BENCH_FRAMES_H

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>

#include "bench.h"
#include "controller/plan.h"

#define PAYLOAD_OCTETS 18
#define TTL            64

struct node_frame {
	struct ether_header ethernet;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[PAYLOAD_OCTETS];
} __attribute__((packed));

struct substrate_frame {
	struct ether_header ethernet;
	struct ip6_hdr ipv6;
	struct udphdr udp;
	uint8_t payload[PAYLOAD_OCTETS];
} __attribute__((packed));

static inline uint32_t address_read(const char *text)
{
	uint32_t address;

	if (ipv4_parse(text, &address) < 0)
		die(text, EINVAL);
	return address;
}

static inline void mac_read(const char *text, void *ret_mac)
{
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		die(text, EINVAL);
	memcpy(ret_mac, mac.octets, ETH_ALEN);
}

/* Without its checksum. */
static inline struct udphdr udp_header(const char *port)
{
	__be16 both = htons((uint16_t)number(port));

	return (struct udphdr){
		.source = both,
		.dest = both,
		.len = htons(sizeof(struct udphdr) + PAYLOAD_OCTETS),
	};
}

static inline uint32_t sum_octets(const void *octets, size_t length)
{
	const uint8_t *at = octets;
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	return sum;
}

/* RFC 1071: what belongs into the header, of a sum that fits 32 bits. */
static inline uint16_t checksum_of(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The UDP checksum, all of the frame being written but that. */
static inline uint16_t udp_checksum(const void *addresses, size_t addresses_length, const void *udp)
{
	size_t length = sizeof(struct udphdr) + PAYLOAD_OCTETS;
	uint16_t checksum = checksum_of(sum_octets(addresses, addresses_length) + IPPROTO_UDP +
					(uint32_t)length + sum_octets(udp, length));

	return checksum ? checksum : 0xffff; /* 0 says that there is none */
}

static inline uint16_t substrate_checksum(const struct substrate_frame *frame)
{
	return udp_checksum((const uint8_t *)&frame->ipv6 + offsetof(struct ip6_hdr, ip6_src),
			    2 * sizeof(struct in6_addr), &frame->udp);
}

/* From the words FROM_MAC TO_MAC FROM TO PORT. */
static inline void node_frame_read(char **words, struct node_frame *ret_frame)
{
	struct node_frame frame = {.ethernet.ether_type = htons(ETHERTYPE_IP)};

	mac_read(words[0], frame.ethernet.ether_shost);
	mac_read(words[1], frame.ethernet.ether_dhost);
	frame.udp = udp_header(words[4]);
	frame.ip = (struct iphdr){.version = 4,
				  .ihl = sizeof(frame.ip) / 4,
				  .tot_len = htons(sizeof(frame) - ETH_HLEN),
				  .frag_off = htons(IP_DF),
				  .ttl = TTL,
				  .protocol = IPPROTO_UDP,
				  .saddr = htonl(address_read(words[2])),
				  .daddr = htonl(address_read(words[3]))};
	frame.ip.check = checksum_of(sum_octets(&frame.ip, sizeof(frame.ip)));
	frame.udp.check = udp_checksum((const uint8_t *)&frame.ip + offsetof(struct iphdr, saddr),
				       sizeof(frame.ip.saddr) + sizeof(frame.ip.daddr), &frame.udp);
	*ret_frame = frame;
}

static inline void substrate_read(const char *locator_, const char *network, const char *address,
				  void *ret_address)
{
	struct substrate_locator locator;
	struct substrate_address substrate;
	uint16_t correction;

	if (locator_parse(locator_, &locator) < 0)
		die(locator_, EINVAL);
	plan_address(&locator, number(network), address_read(address), &substrate, &correction);
	memcpy(ret_address, substrate.octets, sizeof(substrate));
}

/* From the words TO_MAC NETWORK FROM_LOCATOR FROM TO_LOCATOR TO PORT. */
static inline void substrate_frame_read(char **words, struct substrate_frame *ret_frame)
{
	struct substrate_frame frame = {.ethernet.ether_type = htons(ETHERTYPE_IPV6),
					.ethernet.ether_shost[0] = 2};
	struct flow_label label = {.ttl = TTL};

	mac_read(words[0], frame.ethernet.ether_dhost);
	frame.udp = udp_header(words[6]);
	frame.ipv6.ip6_flow = htonl(6U << 28 | flow_label_encode(&label));
	frame.ipv6.ip6_plen = frame.udp.len;
	frame.ipv6.ip6_nxt = IPPROTO_UDP;
	frame.ipv6.ip6_hlim = 64;
	substrate_read(words[2], words[1], words[3], frame.ipv6.ip6_src.s6_addr);
	substrate_read(words[4], words[1], words[5], frame.ipv6.ip6_dst.s6_addr);
	frame.udp.check = substrate_checksum(&frame);
	*ret_frame = frame;
}

#endif

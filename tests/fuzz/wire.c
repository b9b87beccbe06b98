/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Taking frames apart, by the RFCs. See wire.h. */
#include "wire.h"

#include <linux/if_ether.h>
#include <string.h>

#define IPV4_HEADER     20
#define IPV6_HEADER     40
#define FRAGMENT_HEADER 8
#define UDP_HEADER      8

uint16_t wire_get16(const unsigned char *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

uint32_t wire_get32(const unsigned char *from)
{
	return (uint32_t)wire_get16(from) << 16 | wire_get16(from + 2);
}

void wire_put16(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)(value >> 8);
	to[1] = (unsigned char)value;
}

uint32_t wire_sum(uint32_t sum, const unsigned char *octets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (sum & 0xffff) + (sum >> 16);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void parse_ipv4(unsigned char *ip, size_t octets, struct wire_packet *packet)
{
	size_t header = (ip[0] & 0xfU) * 4, total = wire_get16(ip + 2);
	uint16_t fragment = wire_get16(ip + 6);

	if (header < IPV4_HEADER)
		header = IPV4_HEADER;
	total = smaller(total, octets);
	packet->l4 = ip + smaller(header, octets);
	packet->l4_octets = total > header ? total - header : 0;
	packet->protocol = ip[9];
	packet->fragment = fragment & 0x3fff;
	packet->later_fragment = fragment & 0x1fff;
}

static void parse_ipv6(unsigned char *ip, size_t octets, struct wire_packet *packet)
{
	const unsigned char *fragment = ip + IPV6_HEADER;

	packet->l4 = ip + IPV6_HEADER;
	packet->l4_octets = smaller(wire_get16(ip + 4), octets - IPV6_HEADER);
	packet->protocol = ip[6];
	if (packet->protocol != WIRE_FRAGMENT || packet->l4_octets < FRAGMENT_HEADER)
		return;
	packet->l4 += FRAGMENT_HEADER;
	packet->l4_octets -= FRAGMENT_HEADER;
	packet->protocol = fragment[0];
	packet->fragment = wire_get16(fragment + 2) & 0xfff9;
	packet->later_fragment = wire_get16(fragment + 2) & 0xfff8;
}

bool wire_parse_packet(bool ipv6, unsigned char *ip, size_t octets, struct wire_packet *ret_packet)
{
	*ret_packet = (struct wire_packet){.ipv6 = ipv6, .ip = ip};
	if (octets < (ipv6 ? IPV6_HEADER : IPV4_HEADER))
		return false;
	if (ipv6)
		parse_ipv6(ip, octets, ret_packet);
	else
		parse_ipv4(ip, octets, ret_packet);
	return true;
}

bool wire_parse(unsigned char *frame, size_t length, struct wire_packet *ret_packet)
{
	uint16_t ethertype;

	*ret_packet = (struct wire_packet){0};
	if (length < ETH_HLEN)
		return false;
	ethertype = wire_get16(frame + 2 * ETH_ALEN);
	return (ethertype == ETH_P_IP || ethertype == ETH_P_IPV6) &&
	       wire_parse_packet(ethertype == ETH_P_IPV6, frame + ETH_HLEN, length - ETH_HLEN,
				 ret_packet);
}

size_t wire_sum_at(const struct wire_packet *packet)
{
	size_t at = 0;

	switch (packet->protocol) {
	case WIRE_ICMP:
	case WIRE_ICMPV6:
		at = 2;
		break;
	case WIRE_UDP:
		at = 6;
		break;
	case WIRE_TCP:
		at = 16;
		break;
	}
	return !packet->later_fragment && packet->l4_octets >= at + 2 ? at : 0;
}

uint32_t wire_pseudo_sum(const struct wire_packet *packet, size_t octets)
{
	uint32_t sum = (uint32_t)octets + packet->protocol;

	if (packet->protocol == WIRE_ICMP || (packet->protocol == WIRE_ICMPV6 && !packet->ipv6))
		return 0;
	return packet->ipv6 ? wire_sum(sum, packet->ip + 8, 32) : wire_sum(sum, packet->ip + 12, 8);
}

/* What the checksum covers: UDP says itself how long it is. */
static size_t summed_octets(const struct wire_packet *packet)
{
	size_t octets;

	if (packet->protocol != WIRE_UDP || packet->l4_octets < UDP_HEADER)
		return packet->l4_octets;
	octets = wire_get16(packet->l4 + 4);
	return octets >= UDP_HEADER ? smaller(octets, packet->l4_octets) : packet->l4_octets;
}

bool wire_sum_is_right(const struct wire_packet *packet)
{
	size_t at = wire_sum_at(packet), octets = summed_octets(packet);

	if (!at || packet->fragment)
		return false;
	if (packet->protocol == WIRE_UDP && !wire_get16(packet->l4 + at))
		return true;
	return wire_sum(wire_pseudo_sum(packet, octets), packet->l4, octets) == 0xffff;
}

bool wire_header_is_right(const unsigned char *ip)
{
	return wire_sum(0, ip, IPV4_HEADER) == 0xffff;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Taking frames apart for people: a line a layer, as deep as the octets go. Judges nothing. */
#include <string.h>

#include "controller/model.h"
#include "frame.h"

/* What is left to be printed. */
struct rest {
	FILE *out;
	const char *indent;
	const char *deeper; /* after indent: this is a quoted packet */
	const unsigned char *octets;
	size_t length;
};

#define HEX_OCTETS_MAX 128 /* of a payload */

/* Where a line begins. */
#define START      "%s%s"
#define LINE(rest) (rest)->indent, (rest)->deeper

static uint16_t get16(const unsigned char *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get32(const unsigned char *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

static const unsigned char *take(struct rest *rest, size_t octets)
{
	const unsigned char *taken = rest->octets;

	if (rest->length < octets)
		return NULL;
	rest->octets += octets;
	rest->length -= octets;
	return taken;
}

static void print_hex(struct rest *rest)
{
	size_t shown = rest->length < HEX_OCTETS_MAX ? rest->length : HEX_OCTETS_MAX;

	for (size_t i = 0; i < shown; i++) {
		if (i % 16 == 0)
			fprintf(rest->out, "%s" START "%04zx ", i ? "\n" : "", LINE(rest), i);
		fprintf(rest->out, "%s%02x", i % 16 == 8 ? "  " : " ", rest->octets[i]);
	}
	if (rest->length > shown)
		fprintf(rest->out, " and %zu more", rest->length - shown);
	if (rest->length)
		fputc('\n', rest->out);
}

static const char *mac_words(const unsigned char *octets, char text[MAC_TEXT_MAX])
{
	struct mac mac;

	memcpy(mac.octets, octets, sizeof(mac.octets));
	return mac_text(&mac, text);
}

static const char *ipv4_words(const unsigned char *octets, char text[IPV4_TEXT_MAX])
{
	return ipv4_text(get32(octets), text);
}

static void print_arp(struct rest *rest)
{
	const unsigned char *arp = take(rest, 28);
	char sender_mac[MAC_TEXT_MAX], target_mac[MAC_TEXT_MAX];
	char sender[IPV4_TEXT_MAX], target[IPV4_TEXT_MAX];

	if (!arp)
		return;
	fprintf(rest->out, START "arp   operation %u, sender %s %s, target %s %s\n", LINE(rest),
		get16(arp + 6), mac_words(arp + 8, sender_mac), ipv4_words(arp + 14, sender),
		mac_words(arp + 18, target_mac), ipv4_words(arp + 24, target));
	if (get16(arp) != 1 || get16(arp + 2) != 0x0800 || arp[4] != 6 || arp[5] != 4)
		fprintf(rest->out, START "      hardware %u/%u, protocol 0x%04x/%u\n", LINE(rest),
			get16(arp), arp[4], get16(arp + 2), arp[5]);
}

static void print_ipv4(struct rest *rest);

static void print_icmp(struct rest *rest)
{
	const unsigned char *icmp = take(rest, 8);
	struct rest quote = *rest;
	bool is_error;

	if (!icmp)
		return;
	is_error = icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12;
	fprintf(rest->out, START "icmp  type %u, code %u, checksum 0x%04x, rest 0x%08x\n",
		LINE(rest), icmp[0], icmp[1], get16(icmp + 2), get32(icmp + 4));
	if (!is_error)
		return;
	quote = *rest;
	quote.deeper = "  > ";
	print_ipv4(&quote);
	rest->length = 0;
}

static void print_ipv6(struct rest *rest);

static void print_icmpv6(struct rest *rest)
{
	const unsigned char *icmp = take(rest, 8);
	struct rest quote = *rest;

	if (!icmp)
		return;
	fprintf(rest->out, START "icmp6 type %u, code %u, checksum 0x%04x, rest 0x%08x\n",
		LINE(rest), icmp[0], icmp[1], get16(icmp + 2), get32(icmp + 4));
	if (icmp[0] >= 128)
		return;
	quote.deeper = "  > ";
	print_ipv6(&quote);
	rest->length = 0;
}

static void print_udp(struct rest *rest)
{
	const unsigned char *udp = take(rest, 8);

	if (udp)
		fprintf(rest->out, START "udp   %u to %u, length %u, checksum 0x%04x\n", LINE(rest),
			get16(udp), get16(udp + 2), get16(udp + 4), get16(udp + 6));
}

static void print_tcp(struct rest *rest)
{
	const unsigned char *tcp = take(rest, 20);

	if (tcp)
		fprintf(rest->out,
			START
			"tcp   %u to %u, sequence %u, flags 0x%02x, window %u, checksum 0x%04x\n",
			LINE(rest), get16(tcp), get16(tcp + 2), get32(tcp + 4), tcp[13],
			get16(tcp + 14), get16(tcp + 16));
}

static void print_transport(struct rest *rest, uint8_t protocol)
{
	if (protocol == 1)
		print_icmp(rest);
	else if (protocol == 58)
		print_icmpv6(rest);
	else if (protocol == 17)
		print_udp(rest);
	else if (protocol == 6)
		print_tcp(rest);
	print_hex(rest);
}

static void print_ipv4(struct rest *rest)
{
	const unsigned char *ip = take(rest, 20);
	char source[IPV4_TEXT_MAX], destination[IPV4_TEXT_MAX];
	uint16_t fragment;

	if (!ip) {
		print_hex(rest);
		return;
	}
	fragment = get16(ip + 6);
	fprintf(rest->out,
		START "ipv4  %s to %s, ttl %u, tos 0x%02x, protocol %u, length %u, id %u%s%s, "
		      "offset %u, checksum 0x%04x\n",
		LINE(rest), ipv4_words(ip + 12, source), ipv4_words(ip + 16, destination), ip[8],
		ip[1], ip[9], get16(ip + 2), get16(ip + 4), fragment & 0x4000 ? ", df" : "",
		fragment & 0x2000 ? ", more" : "", (fragment & 0x1fffU) * 8, get16(ip + 10));
	if (ip[0] != 0x45)
		fprintf(rest->out, START "      version and header length 0x%02x\n", LINE(rest),
			ip[0]);
	print_transport(rest, fragment & 0x1fff ? 0 : ip[9]);
}

/* An IPv6 address, and what it says when it is a substrate address behind a /64. */
static void print_substrate(struct rest *rest, const char *who, const unsigned char *octets)
{
	struct substrate_address address;
	struct substrate_parts parts;
	char text[INET6_ADDRSTRLEN], virtual[IPV4_TEXT_MAX];

	memcpy(address.octets, octets, sizeof(address.octets));
	substrate_decode(&address, SUBSTRATE_LOCATOR_SHORT, &parts);
	fprintf(rest->out, START "      %s %s: %s in network 0x%06x", LINE(rest), who,
		inet_ntop(AF_INET6, octets, text, sizeof(text)), ipv4_words(octets + 12, virtual),
		parts.network);
	if (octets[8])
		fprintf(rest->out, ", slot %u%s%s", parts.slot, parts.to_slot ? " U" : "",
			parts.group ? " G" : "");
	fputc('\n', rest->out);
}

static void print_ipv6(struct rest *rest)
{
	const unsigned char *ip = take(rest, 40), *fragment;
	struct flow_label label;
	uint8_t protocol;

	if (!ip)
		return;
	flow_label_decode(get32(ip) & 0xfffff, &label);
	protocol = ip[6];
	fprintf(rest->out,
		START "ipv6  traffic class 0x%02x, next header %u, payload %u, hop limit %u\n",
		LINE(rest), get16(ip) >> 4 & 0xff, protocol, get16(ip + 4), ip[7]);
	fprintf(rest->out, START "      label 0x%05x: ttl %u%s, router %u, hash 0x%02x\n",
		LINE(rest), get32(ip) & 0xfffff, label.ttl, label.dont_fragment ? ", df" : "",
		label.router, label.hash);
	print_substrate(rest, "from", ip + 8);
	print_substrate(rest, "to  ", ip + 24);
	fragment = protocol == 44 ? take(rest, 8) : NULL;
	if (fragment) {
		protocol = get16(fragment + 2) & 0xfff8 ? 0 : fragment[0];
		fprintf(rest->out, START "frag  next header %u, offset %u%s, id %u\n", LINE(rest),
			fragment[0], get16(fragment + 2) & 0xfff8,
			get16(fragment + 2) & 1 ? ", more" : "", get32(fragment + 4));
	}
	print_transport(rest, protocol);
}

void frame_print(FILE *out, const char *indent, const unsigned char *octets, size_t length)
{
	struct rest rest = {
		.out = out,
		.indent = indent,
		.deeper = "",
		.octets = octets,
		.length = length,
	};
	char source[MAC_TEXT_MAX], destination[MAC_TEXT_MAX];
	const unsigned char *eth;
	uint16_t type;

	fprintf(out, "%s%zu octets\n", indent, length);
	eth = take(&rest, 14);
	type = eth ? get16(eth + 12) : 0;
	if (eth)
		fprintf(out, START "eth   %s to %s, type 0x%04x\n", LINE(&rest),
			mac_words(eth + 6, source), mac_words(eth, destination), type);
	if (type == 0x0800) {
		print_ipv4(&rest);
		return;
	}
	if (type == 0x86dd) {
		print_ipv6(&rest);
		return;
	}
	if (type == 0x0806)
		print_arp(&rest);
	print_hex(&rest);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From octets to fields: one function a protocol. Judges nothing but checksums. See packet_text.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "packet_text.h"

#define DATA_ROW_OCTETS 16

/* What is left to be taken apart, and where the fields go. */
struct scan {
	struct packet_fields *list;
	bool failed; /* no memory */
	bool quoted; /* inside of an ICMP error */
	const uint8_t *octets;
	size_t length;
};

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

/* The next octets, or NULL (and they stay) if there are not so many. */
static const uint8_t *take(struct scan *scan, size_t octets)
{
	const uint8_t *taken = scan->octets;

	if (scan->length < octets)
		return NULL;
	scan->octets += octets;
	scan->length -= octets;
	return taken;
}

static struct packet_field *field_append(struct scan *scan)
{
	struct packet_fields *list = scan->list;

	/* The array doubles whenever its count is a power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct packet_field *grown = reallocarray(
			list->fields, list->count ? 2 * list->count : 1, sizeof(*grown));

		if (!grown) {
			scan->failed = true;
			return NULL;
		}
		list->fields = grown;
	}
	return &list->fields[list->count++];
}

__attribute__((format(printf, 4, 5))) static void add(struct scan *scan, const char *layer,
						      const char *name, const char *value, ...)
{
	struct packet_field *field = field_append(scan);
	va_list arguments;

	if (!field)
		return;
	snprintf(field->layer, sizeof(field->layer), "%s%s", scan->quoted ? "quoted " : "", layer);
	snprintf(field->name, sizeof(field->name), "%s", name);
	va_start(arguments, value);
	vsnprintf(field->value, sizeof(field->value), value, arguments);
	va_end(arguments);
}

static const char *mac_of(const uint8_t *octets, char text[MAC_TEXT_MAX])
{
	struct mac mac;

	memcpy(mac.octets, octets, sizeof(mac.octets));
	return mac_text(&mac, text);
}

/* ---- checksums --------------------------------------------------------------------------------- */

/* RFC 1071: adds octets to a sum of 16-bit words. */
static uint32_t sum_add(uint32_t sum, const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? octets[i] : octets[i] << 8;
	return sum;
}

static bool sum_is_right(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* What is known of the IPv4 packet while its payload is taken apart. */
struct ipv4 {
	const uint8_t *header;
	uint8_t protocol;
	bool complete; /* all of its payload is here: checksums can be judged */
};

static void add_checksum(struct scan *scan, const char *layer, const struct ipv4 *ip,
			 uint16_t field, const uint8_t *from, size_t length)
{
	/* The pseudo header: addresses, protocol, length. ICMP has none. */
	uint32_t sum = ip->protocol == IPPROTO_ICMP
			       ? 0
			       : sum_add((uint32_t)(ip->protocol + length), ip->header + 12, 8);
	const char *verdict = sum_is_right(sum_add(sum, from, length)) ? " right" : " wrong";

	add(scan, layer, "checksum", "0x%04x%s", field, ip->complete ? verdict : "");
}

/* ---- payloads ---------------------------------------------------------------------------------- */

static void scan_data(struct scan *scan, const char *layer)
{
	size_t total = scan->length;

	if (total)
		add(scan, layer, "octets", "%zu", total);
	for (size_t at = 0; at < total; at += DATA_ROW_OCTETS) {
		size_t count = total - at < DATA_ROW_OCTETS ? total - at : DATA_ROW_OCTETS;
		const uint8_t *row = take(scan, count);
		char name[24], text[3 * DATA_ROW_OCTETS + 1] = "";

		snprintf(name, sizeof(name), "+%zu", at);
		for (size_t i = 0; i < count; i++)
			snprintf(text + 3 * i, 4, "%02x ", row[i]);
		text[3 * count - 1] = '\0';
		add(scan, layer, name, "%s", text);
	}
}

static void scan_hex(struct scan *scan, const char *layer, const char *name, const uint8_t *octets,
		     size_t length)
{
	char text[64] = "";

	for (size_t i = 0; i < length && 2 * i < sizeof(text) - 3; i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
	if (length)
		add(scan, layer, name, "%s", text);
}

static void scan_udp(struct scan *scan, const struct ipv4 *ip)
{
	const uint8_t *from = scan->octets;
	size_t length = scan->length;
	const uint8_t *udp = take(scan, 8);

	if (!udp)
		return;
	add(scan, "UDP", "source port", "%u", get16(udp));
	add(scan, "UDP", "destination port", "%u", get16(udp + 2));
	add(scan, "UDP", "length", "%u", get16(udp + 4));
	if (get16(udp + 6) == 0)
		add(scan, "UDP", "checksum", "0 none");
	else
		add_checksum(scan, "UDP", ip, get16(udp + 6), from, length);
}

static void scan_tcp(struct scan *scan, const struct ipv4 *ip)
{
	static const char letters[] = "FSRPAUEC";
	const uint8_t *from = scan->octets;
	size_t length = scan->length, header;
	const uint8_t *tcp = take(scan, 20);
	char flags[9] = "";

	if (!tcp)
		return;
	for (int i = 0; i < 8; i++)
		if (tcp[13] & 1 << i)
			strncat(flags, &letters[i], 1);
	header = (tcp[12] >> 4) * 4;
	add(scan, "TCP", "source port", "%u", get16(tcp));
	add(scan, "TCP", "destination port", "%u", get16(tcp + 2));
	add(scan, "TCP", "sequence", "0x%08x", get32(tcp + 4));
	add(scan, "TCP", "acknowledgement", "0x%08x", get32(tcp + 8));
	add(scan, "TCP", "header length", "%zu", header);
	add(scan, "TCP", "flags", "%s", flags[0] ? flags : "none");
	add(scan, "TCP", "window", "%u", get16(tcp + 14));
	add_checksum(scan, "TCP", ip, get16(tcp + 16), from, length);
	add(scan, "TCP", "urgent pointer", "%u", get16(tcp + 18));
	if (header > 20 && header - 20 <= scan->length)
		scan_hex(scan, "TCP", "options", take(scan, header - 20), header - 20);
}

static void scan_ipv4(struct scan *scan);

static const char *icmp_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {
		"net unreachable",      "host unreachable",     "protocol unreachable",
		"port unreachable",     "fragmentation needed", "source route failed",
		"net unknown",          "host unknown",         "source host isolated",
		"net prohibited",       "host prohibited",      "net unreachable for TOS",
		"host unreachable TOS", "prohibited by filter", "precedence violation",
		"precedence cutoff",
	};

	switch (type) {
	case 0:
		return "echo reply";
	case 3:
		return code < 16 ? unreachable[code] : "unreachable";
	case 4:
		return "source quench";
	case 5:
		return "redirect";
	case 8:
		return "echo request";
	case 11:
		return code == 0   ? "time to live exceeded"
		       : code == 1 ? "reassembly time exceeded"
				   : "time exceeded";
	case 12:
		return "parameter problem";
	case 13:
		return "timestamp request";
	case 14:
		return "timestamp reply";
	default:
		return "";
	}
}

static bool icmp_is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void scan_icmp_rest(struct scan *scan, const uint8_t *icmp)
{
	char text[IPV4_TEXT_MAX];

	if (icmp[0] == 3 && icmp[1] == 4)
		add(scan, "ICMP", "unused, MTU", "%u, %u", get16(icmp + 4), get16(icmp + 6));
	else if (icmp[0] == 5)
		add(scan, "ICMP", "gateway", "%s", ipv4_text(get32(icmp + 4), text));
	else if (icmp_is_error(icmp[0]))
		add(scan, "ICMP", "unused", "0x%08x", get32(icmp + 4));
	else
		add(scan, "ICMP", "id, sequence", "0x%04x, 0x%04x", get16(icmp + 4),
		    get16(icmp + 6));
}

static void scan_icmp(struct scan *scan, const struct ipv4 *ip)
{
	const uint8_t *from = scan->octets;
	size_t length = scan->length;
	const uint8_t *icmp = take(scan, 8);

	if (!icmp)
		return;
	add(scan, "ICMP", "type, code", "%u, %u %s", icmp[0], icmp[1], icmp_name(icmp[0], icmp[1]));
	add_checksum(scan, "ICMP", ip, get16(icmp + 2), from, length);
	scan_icmp_rest(scan, icmp);
	/* One level: a quote in a quote is data. */
	if (!scan->quoted && icmp_is_error(icmp[0])) {
		scan->quoted = true;
		scan_ipv4(scan);
	}
}

/* ---- packets ----------------------------------------------------------------------------------- */

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:
		return " ICMP";
	case IPPROTO_TCP:
		return " TCP";
	case IPPROTO_UDP:
		return " UDP";
	default:
		return "";
	}
}

static void add_ipv4(struct scan *scan, const uint8_t *ip, size_t header)
{
	static const char *const flags[] = {"none",     "MF",          "DF",          "DF MF",
					    "reserved", "reserved MF", "reserved DF", "all"};
	bool right = sum_is_right(sum_add(0, ip, header));
	uint16_t fragment = get16(ip + 6);
	char text[IPV4_TEXT_MAX];

	add(scan, "IPv4", "source", "%s", ipv4_text(get32(ip + 12), text));
	add(scan, "IPv4", "destination", "%s", ipv4_text(get32(ip + 16), text));
	add(scan, "IPv4", "protocol", "%u%s", ip[9], protocol_name(ip[9]));
	add(scan, "IPv4", "TTL", "%u", ip[8]);
	add(scan, "IPv4", "TOS", "0x%02x", ip[1]);
	add(scan, "IPv4", "flags", "%s", flags[fragment >> 13]);
	add(scan, "IPv4", "fragment offset", "%u", (fragment & 0x1fffU) * 8);
	add(scan, "IPv4", "id", "0x%04x", get16(ip + 4));
	add(scan, "IPv4", "total length", "%u", get16(ip + 2));
	add(scan, "IPv4", "version, header", "%u, %zu octets", ip[0] >> 4, header);
	add(scan, "IPv4", "checksum", "0x%04x%s", get16(ip + 10), right ? " right" : " wrong");
	scan_hex(scan, "IPv4", "options", ip + 20, header - 20);
}

static void scan_payload(struct scan *scan, const struct ipv4 *ip)
{
	if (get16(ip->header + 6) & 0x1fff) /* a later fragment has no transport header */
		return;
	if (ip->protocol == IPPROTO_ICMP)
		scan_icmp(scan, ip);
	else if (ip->protocol == IPPROTO_TCP)
		scan_tcp(scan, ip);
	else if (ip->protocol == IPPROTO_UDP)
		scan_udp(scan, ip);
}

static void scan_ipv4(struct scan *scan)
{
	const uint8_t *start = scan->octets;
	size_t available = scan->length, header, total;
	struct ipv4 ip = {.header = take(scan, 20)};
	struct scan trailer = *scan;

	if (!ip.header)
		return;
	header = (start[0] & 0xf) * 4U;
	if (header < 20 || header > available)
		header = 20;
	take(scan, header - 20);
	add_ipv4(scan, start, header);
	total = get16(start + 2);
	ip.protocol = start[9];
	ip.complete = total <= available && !(get16(start + 6) & 0x3fff);
	if (total < header || total > available)
		total = available;
	trailer = *scan;
	trailer.octets = start + total;
	trailer.length = available - total;
	scan->length = total - header;
	scan_payload(scan, &ip);
	scan_data(scan, "data");
	scan_data(&trailer, "trailer");
	scan->failed |= trailer.failed;
}

static void scan_arp(struct scan *scan)
{
	const uint8_t *arp = take(scan, 28);
	char mac[MAC_TEXT_MAX], address[IPV4_TEXT_MAX];

	if (!arp)
		return;
	add(scan, "ARP", "operation", "%u%s", get16(arp + 6),
	    get16(arp + 6) == 1   ? " request"
	    : get16(arp + 6) == 2 ? " reply"
				  : "");
	add(scan, "ARP", "sender", "%s %s", mac_of(arp + 8, mac),
	    ipv4_text(get32(arp + 14), address));
	add(scan, "ARP", "target", "%s %s", mac_of(arp + 18, mac),
	    ipv4_text(get32(arp + 24), address));
	add(scan, "ARP", "kinds, lengths", "0x%04x 0x%04x, %u %u", get16(arp), get16(arp + 2),
	    arp[4], arp[5]);
}

static void scan_ethernet(struct scan *scan)
{
	const uint8_t *eth = take(scan, 14);
	char mac[MAC_TEXT_MAX];
	uint16_t type;

	if (!eth)
		return;
	type = get16(eth + 12);
	add(scan, "Ethernet", "source", "%s", mac_of(eth + 6, mac));
	add(scan, "Ethernet", "destination", "%s", mac_of(eth, mac));
	add(scan, "Ethernet", "type", "0x%04x%s", type,
	    type == 0x0800   ? " IPv4"
	    : type == 0x0806 ? " ARP"
			     : "");
	if (type == 0x0800)
		scan_ipv4(scan);
	else if (type == 0x0806)
		scan_arp(scan);
}

int packet_fields(const void *frame, size_t length, struct packet_fields *ret_fields)
{
	struct packet_fields list = {0};
	struct scan scan = {.list = &list, .octets = frame, .length = length};

	scan_ethernet(&scan);
	scan_data(&scan, "data");
	if (scan.failed) {
		packet_fields_clear(&list);
		return -ENOMEM;
	}
	*ret_fields = list;
	return 0;
}

void packet_fields_clear(struct packet_fields *fields)
{
	if (!fields)
		return;
	free(fields->fields);
	*fields = (struct packet_fields){0};
}

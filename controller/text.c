/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses, prefixes and MACs: their text, and what one can calculate with them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

uint32_t prefix_mask(const struct ipv4_prefix *prefix)
{
	return prefix->length ? UINT32_MAX << (32 - prefix->length) : 0;
}

bool prefix_contains(const struct ipv4_prefix *prefix, uint32_t address)
{
	return (address & prefix_mask(prefix)) == prefix->address;
}

bool prefix_covers(const struct ipv4_prefix *outer, const struct ipv4_prefix *inner)
{
	return inner->length >= outer->length && prefix_contains(outer, inner->address);
}

uint32_t prefix_broadcast(const struct ipv4_prefix *prefix)
{
	return prefix->length < 31 ? prefix->address | ~prefix_mask(prefix) : 0;
}

bool mac_is_zero(const struct mac *mac)
{
	static const struct mac zero;

	return memcmp(mac, &zero, sizeof(zero)) == 0;
}

const char *ipv4_text(uint32_t address, char text[IPV4_TEXT_MAX])
{
	snprintf(text, IPV4_TEXT_MAX, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
		 address >> 8 & 0xff, address & 0xff);
	return text;
}

const char *prefix_text(const struct ipv4_prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char address[IPV4_TEXT_MAX];

	/* The mask only tells the compiler that the length has two digits. */
	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", ipv4_text(prefix->address, address),
		 prefix->length & 63U);
	return text;
}

const char *mac_text(const struct mac *mac, char text[MAC_TEXT_MAX])
{
	const uint8_t *o = mac->octets;

	snprintf(text, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4],
		 o[5]);
	return text;
}

const char *locator_text(const struct substrate_locator *locator, char text[IPV6_TEXT_MAX + 4])
{
	struct in6_addr address = {0};
	char address_text[IPV6_TEXT_MAX];

	memcpy(address.s6_addr, locator->octets, sizeof(locator->octets));
	inet_ntop(AF_INET6, &address, address_text, sizeof(address_text));
	snprintf(text, IPV6_TEXT_MAX + 4, "%s/%u", address_text, locator->bits);
	return text;
}

/* A decimal number without sign and leading zeros, up to `max`. Returns 0 or -EINVAL. */
static int length_parse(const char *text, unsigned int max, uint8_t *ret_length)
{
	unsigned int length = 0;

	if (!*text || (text[0] == '0' && text[1]) || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		length = length * 10 + (unsigned int)(*text - '0');
	}
	if (length > max)
		return -EINVAL;
	*ret_length = (uint8_t)length;
	return 0;
}

/* Copies what is in front of the slash. Returns what is behind it, or NULL. */
static const char *split_prefix(const char *text, char *ret_address, size_t size)
{
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= size)
		return NULL;
	memcpy(ret_address, text, (size_t)(slash - text));
	ret_address[slash - text] = '\0';
	return slash + 1;
}

int ipv4_parse(const char *text, uint32_t *ret_address)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return -EINVAL;
	*ret_address = ntohl(address.s_addr);
	return 0;
}

int prefix_parse(const char *text, struct ipv4_prefix *ret_prefix)
{
	char address[IPV4_TEXT_MAX];
	const char *length = split_prefix(text, address, sizeof(address));
	struct ipv4_prefix prefix;

	if (!length || ipv4_parse(address, &prefix.address) < 0 ||
	    length_parse(length, 32, &prefix.length) < 0)
		return -EINVAL;
	if (prefix.address & ~prefix_mask(&prefix))
		return -ERANGE;
	*ret_prefix = prefix;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int mac_parse(const char *text, struct mac *ret_mac)
{
	struct mac mac;

	if (strlen(text) != MAC_TEXT_MAX - 1)
		return -EINVAL;
	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac.octets[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

int locator_parse(const char *text, struct substrate_locator *ret_locator)
{
	char address_text[IPV6_TEXT_MAX];
	const char *bits = split_prefix(text, address_text, sizeof(address_text));
	struct substrate_locator locator;
	struct in6_addr address;

	if (!bits || inet_pton(AF_INET6, address_text, &address) != 1 ||
	    length_parse(bits, 128, &locator.bits) < 0)
		return -EINVAL;
	if (locator.bits != SUBSTRATE_LOCATOR_SHORT && locator.bits != SUBSTRATE_LOCATOR_LONG)
		return -ERANGE;
	for (int i = locator.bits / 8; i < 16; i++)
		if (address.s6_addr[i])
			return -ERANGE;
	memcpy(locator.octets, address.s6_addr, sizeof(locator.octets));
	*ret_locator = locator;
	return 0;
}

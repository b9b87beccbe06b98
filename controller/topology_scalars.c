/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scalars of a topology file, one function a type. Each says what is wrong and what may be meant. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topology_form.h"

/* Decimal without leading zeros (YAML 1.1 reads those as octal), or hexadecimal. 0 or -EINVAL. */
static int number_parse(const char *text, uint32_t *ret_number)
{
	bool hexadecimal = strncmp(text, "0x", 2) == 0;
	const char *digits = hexadecimal ? text + 2 : text;
	unsigned long long number;
	char *end;

	if (!strchr("0123456789abcdefABCDEF", *digits) || !*digits || strlen(digits) > 12 ||
	    (!hexadecimal && digits[0] == '0' && digits[1]))
		return -EINVAL;
	number = strtoull(digits, &end, hexadecimal ? 16 : 10);
	if (*end || end == digits)
		return -EINVAL;
	*ret_number = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	return 0;
}

bool scalar_number(struct reader *reader, const yaml_node_t *node, const char *key, uint32_t min,
		   uint32_t max, uint32_t *ret_number)
{
	const char *text;
	uint32_t number;

	if (!scalar_text(reader, node, key, &text))
		return false;
	if (number_parse(text, &number) < 0) {
		report_error(reader->report, form_position(node), "'%s' is no number", text);
		return false;
	}
	if (number < min || number > max) {
		report_error(reader->report, form_position(node), "%s %s is not in %u..%u", key,
			     text, min, max);
		return false;
	}
	*ret_number = number;
	return true;
}

bool scalar_ipv4(struct reader *reader, const yaml_node_t *node, const char *key,
		 uint32_t *ret_address)
{
	struct ipv4_prefix prefix;
	const char *text, *slash;
	uint32_t address = 0;

	if (!scalar_text(reader, node, key, &text))
		return false;
	if (ipv4_parse(text, &address) == 0 && address) {
		*ret_address = address;
		return true;
	}
	report_error(reader->report, form_position(node), "'%s' is no IPv4 address of a machine",
		     text);
	slash = strchr(text, '/');
	if (slash && prefix_parse(text, &prefix) != -EINVAL)
		report_help(reader->report, "'%s' is an address without a length: %.*s", key,
			    (int)(slash - text), text);
	return false;
}

/* Help with a prefix that has bits set beyond its length: the one with these bits cleared. */
static void help_prefix(struct report *report, const char *text)
{
	const char *slash = strchr(text, '/');
	char address[IPV4_TEXT_MAX] = "", meant[PREFIX_TEXT_MAX];
	struct ipv4_prefix prefix;

	memcpy(address, text, (size_t)(slash - text));
	if (ipv4_parse(address, &prefix.address) < 0)
		return;
	prefix.length = (uint8_t)atoi(slash + 1);
	prefix.address &= prefix_mask(&prefix);
	report_help(report, "did you mean %s?", prefix_text(&prefix, meant));
}

bool scalar_prefix(struct reader *reader, const yaml_node_t *node, const char *key,
		   struct ipv4_prefix *ret_prefix)
{
	const char *text;
	uint32_t address;
	int error;

	if (!scalar_text(reader, node, key, &text))
		return false;
	error = prefix_parse(text, ret_prefix);
	if (error == -ERANGE) {
		report_error(reader->report, form_position(node),
			     "prefix %s has bits set beyond its length", text);
		help_prefix(reader->report, text);
	} else if (error) {
		report_error(reader->report, form_position(node), "'%s' is no IPv4 prefix", text);
		if (ipv4_parse(text, &address) == 0)
			report_help(reader->report, "a prefix has a length, such as %s/24", text);
	}
	return error == 0;
}

bool scalar_mac(struct reader *reader, const yaml_node_t *node, const char *key,
		struct mac *ret_mac)
{
	const char *text;
	struct mac mac;

	if (!scalar_text(reader, node, key, &text))
		return false;
	if (mac_parse(text, &mac) < 0) {
		report_error(reader->report, form_position(node), "'%s' is no MAC", text);
		report_help(reader->report, "six octets in hexadecimal, such as 00:05:02:0b:27:44");
		return false;
	}
	if (mac_is_zero(&mac)) {
		report_error(reader->report, form_position(node), "a MAC can't be all zero");
		report_help(reader->report, "without '%s' one is made from the address", key);
		return false;
	}
	*ret_mac = mac;
	return true;
}

/* Help with a locator that has bits set beyond its length: the one with these bits cleared. */
static void help_locator(struct report *report, const char *text)
{
	const char *slash = strchr(text, '/');
	struct substrate_locator locator = {.bits = (uint8_t)atoi(slash + 1)};
	char address[IPV6_TEXT_MAX] = "", meant[IPV6_TEXT_MAX + 4];
	struct in6_addr parsed;

	memcpy(address, text, (size_t)(slash - text));
	if (inet_pton(AF_INET6, address, &parsed) != 1)
		return;
	memcpy(locator.octets, parsed.s6_addr, locator.bits / 8);
	report_help(report, "did you mean %s?", locator_text(&locator, meant));
}

bool scalar_locator(struct reader *reader, const yaml_node_t *node, const char *key,
		    struct substrate_locator *ret_locator)
{
	const char *text, *slash;
	int error, bits;

	if (!scalar_text(reader, node, key, &text))
		return false;
	error = locator_parse(text, ret_locator);
	slash = strchr(text, '/');
	bits = slash ? atoi(slash + 1) : 0;
	if (error == -ERANGE &&
	    (bits == SUBSTRATE_LOCATOR_SHORT || bits == SUBSTRATE_LOCATOR_LONG)) {
		report_error(reader->report, form_position(node),
			     "locator %s has bits set beyond its length", text);
		help_locator(reader->report, text);
	} else if (error == -ERANGE) {
		report_error(reader->report, form_position(node),
			     "locator %s is neither a /64 nor a /72", text);
	} else if (error) {
		report_error(reader->report, form_position(node), "'%s' is no IPv6 prefix", text);
		report_help(reader->report,
			    "a locator is a /64 or a /72, such as 2001:db8:0:a::/64");
	}
	return error == 0;
}

bool scalar_ipv6(struct reader *reader, const yaml_node_t *node, const char *key,
		 uint8_t ret_address[16])
{
	struct in6_addr address;
	const char *text;

	if (!scalar_text(reader, node, key, &text))
		return false;
	if (inet_pton(AF_INET6, text, &address) != 1 || IN6_IS_ADDR_UNSPECIFIED(&address)) {
		report_error(reader->report, form_position(node),
			     "'%s' is no IPv6 address of a machine", text);
		return false;
	}
	memcpy(ret_address, address.s6_addr, sizeof(address.s6_addr));
	return true;
}

bool scalar_interface(struct reader *reader, const yaml_node_t *node, const char *key,
		      char **ret_name)
{
	const char *text;
	bool good;

	if (!scalar_text(reader, node, key, &text))
		return false;
	good = strlen(text) < IFNAMSIZ && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("/:%", *c))
			good = false;
	if (!good) {
		report_error(reader->report, form_position(node), "'%s' can't name an interface",
			     text);
		report_help(reader->report,
			    "Linux takes up to %d characters, without spaces, '/' and ':'",
			    IFNAMSIZ - 1);
		return false;
	}
	*ret_name = strdup(text);
	if (!*ret_name)
		reader->out_of_memory = true;
	return *ret_name;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft address: the codec of substrate addresses, by hand. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "controller/model.h"

static const char help_text[] =
	"usage: weft address encode --locator PREFIX --network ID --address IPV4\n"
	"                           [--slot N] [--to-slot] [--group] [-o json]\n"
	"       weft address decode IPV6 [--bits 64|72] [-o json]\n"
	"\n"
	"Makes a substrate address, or takes one apart.\n"
	"\n"
	"      --locator PREFIX  of the host, a /64 or /72\n"
	"      --network ID      of the virtual network, 1 to 0xffffff\n"
	"      --address IPV4    virtual address of the node\n"
	"      --slot N          port of the host, 0 to 63 (/64 only)\n"
	"      --to-slot         deliver to the slot, whatever the address (U; /64 only)\n"
	"      --group           a group, not one node (G; /64 only)\n"
	"      --bits N          length of the locator: 64 (default) or 72\n"
	"  -o, --output json     as JSON\n"
	"  -h, --help            this text\n";

enum { OPTION_LOCATOR = 256, OPTION_NETWORK, OPTION_ADDRESS, OPTION_SLOT, OPTION_BITS };

/* What the command line says. */
struct request {
	struct substrate_locator locator; /* bits 0: not given */
	struct substrate_parts parts;
	unsigned int bits; /* to decode with; 0: not given */
	bool has_address, has_slot, json, help;
};

/* A whole number in C's notations, up to `max`. Returns 0 or -EINVAL. */
static int number_parse(const char *text, unsigned long max, unsigned long *ret_number)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 0);
	if (errno || *end || end == text || *text == '-' || number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static int usage_of_value(const char *option, const char *value, const char *wanted)
{
	return command_usage("address", "%s '%s' is not %s", option, value, wanted);
}

/* Reads one option. Returns EXIT_DONE, or EXIT_USAGE after complaining. */
static int read_option(int option, const char *value, struct request *request)
{
	unsigned long number;
	uint32_t address;

	switch (option) {
	case OPTION_LOCATOR:
		if (locator_parse(value, &request->locator) < 0)
			return usage_of_value("--locator", value,
					      "an IPv6 prefix /64 or /72 without bits beyond it");
		break;
	case OPTION_NETWORK:
		if (number_parse(value, SUBSTRATE_NETWORK_MAX, &number) < 0 || number == 0)
			return usage_of_value("--network", value, "an id, 1 to 0xffffff");
		request->parts.network = (uint32_t)number;
		break;
	case OPTION_ADDRESS:
		if (ipv4_parse(value, &address) < 0)
			return usage_of_value("--address", value, "an IPv4 address");
		request->parts.address = htonl(address);
		request->has_address = true;
		break;
	case OPTION_SLOT:
		if (number_parse(value, SUBSTRATE_SLOT_MAX, &number) < 0)
			return usage_of_value("--slot", value, "a number, 0 to 63");
		request->parts.slot = (uint8_t)number;
		request->has_slot = true;
		break;
	case OPTION_BITS:
		if (number_parse(value, SUBSTRATE_LOCATOR_LONG, &number) < 0 ||
		    (number != SUBSTRATE_LOCATOR_SHORT && number != SUBSTRATE_LOCATOR_LONG))
			return usage_of_value("--bits", value, "64 or 72");
		request->bits = (unsigned int)number;
		break;
	case 'U':
		request->parts.to_slot = true;
		break;
	case 'G':
		request->parts.group = true;
		break;
	case 'o':
		if (strcmp(value, "json") != 0)
			return usage_of_value("--output", value, "json");
		request->json = true;
		break;
	default:
		request->help = true;
	}
	return EXIT_DONE;
}

static int read_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"locator", required_argument, NULL, OPTION_LOCATOR},
		{"network", required_argument, NULL, OPTION_NETWORK},
		{"address", required_argument, NULL, OPTION_ADDRESS},
		{"slot", required_argument, NULL, OPTION_SLOT},
		{"to-slot", no_argument, NULL, 'U'},
		{"group", no_argument, NULL, 'G'},
		{"bits", required_argument, NULL, OPTION_BITS},
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		int status;

		if (option == '?')
			return command_usage("address",
					     "'%s' is no option of it, or lacks its value",
					     argv[optind - 1]);
		status = read_option(option, optarg, request);
		if (status != EXIT_DONE)
			return status;
	}
	return EXIT_DONE;
}

/* Prints JSON and drops it. */
static int print_json(json_t *object)
{
	int error = object ? json_dumpf(object, stdout, JSON_INDENT(2)) : -1;

	putchar('\n');
	json_decref(object);
	return error ? EXIT_FAILED : EXIT_DONE;
}

static int encode(const struct request *request)
{
	const struct substrate_parts *parts = &request->parts;
	struct substrate_address address;
	char text[INET6_ADDRSTRLEN];

	if (!request->locator.bits || !parts->network || !request->has_address)
		return command_usage("address", "encode needs --locator, --network and --address");
	if (request->bits)
		return command_usage("address", "--bits is for decode");
	if (request->locator.bits == SUBSTRATE_LOCATOR_LONG &&
	    (request->has_slot || parts->to_slot || parts->group))
		return command_usage("address", "a /72 locator has no room for slot and flags");
	substrate_encode(&request->locator, parts, &address);
	inet_ntop(AF_INET6, address.octets, text, sizeof(text));
	if (request->json)
		return print_json(json_pack("{s:s}", "address", text));
	puts(text);
	return EXIT_DONE;
}

static int decode(const struct request *request, const char *text)
{
	struct substrate_locator locator = {
		.bits = (uint8_t)(request->bits ? request->bits : SUBSTRATE_LOCATOR_SHORT)};
	bool flagged = locator.bits == SUBSTRATE_LOCATOR_SHORT;
	char locator_string[IPV6_TEXT_MAX + 4], ipv4_string[IPV4_TEXT_MAX];
	struct substrate_address address;
	struct substrate_parts parts;
	json_t *object;

	if (inet_pton(AF_INET6, text, address.octets) != 1)
		return command_usage("address", "'%s' is no IPv6 address", text);
	memcpy(locator.octets, address.octets, locator.bits / 8);
	substrate_decode(&address, locator.bits, &parts);
	locator_text(&locator, locator_string);
	ipv4_text(ntohl(parts.address), ipv4_string);
	if (request->json) {
		object = json_pack("{s:s, s:i, s:s}", "locator", locator_string, "network",
				   (int)parts.network, "address", ipv4_string);
		if (flagged)
			json_object_update_new(
				object, json_pack("{s:i, s:b, s:b}", "slot", parts.slot, "to_slot",
						  parts.to_slot, "group", parts.group));
		return print_json(object);
	}
	printf("locator  %s\n", locator_string);
	if (flagged)
		printf("slot     %u\nto slot  %s\ngroup    %s\n", parts.slot,
		       parts.to_slot ? "yes" : "no", parts.group ? "yes" : "no");
	printf("network  0x%06x\naddress  %s\n", parts.network, ipv4_string);
	return EXIT_DONE;
}

int command_address(int argc, char **argv)
{
	struct request request = {0};
	int status = read_options(argc, argv, &request);

	if (status != EXIT_DONE)
		return status;
	if (request.help) {
		fputs(help_text, stdout);
		return EXIT_DONE;
	}
	argc -= optind;
	argv += optind;
	if (argc == 1 && strcmp(argv[0], "encode") == 0)
		return encode(&request);
	if (argc == 2 && strcmp(argv[0], "decode") == 0)
		return decode(&request, argv[1]);
	return command_usage("address", "it takes `encode`, or `decode` and an IPv6 address");
}

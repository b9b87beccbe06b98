/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a program of floor.bpf.c to the ingress of an interface, by a tcx link that is pinned as
 * weftd pins its own, so that `programs DIRECTORY` finds it.
 *
 *   floor DIRECTORY empty INTERFACE
 *   floor DIRECTORY out|in INTERFACE OUT_INTERFACE FROM_MAC TO_MAC FROM_LOCATOR FROM TO_LOCATOR TO
 *
 * FROM and TO are the nodes of the one flow, whichever end this is.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include "bench.h"
#include "controller/plan.h"
#include "tests/bench/floor.h" /* before the skeleton, which uses it */

#include "gen/floor.skel.h"

#define USAGE                                                                              \
	"floor DIRECTORY empty INTERFACE | floor DIRECTORY out|in INTERFACE OUT FROM_MAC " \
	"TO_MAC FROM_LOCATOR FROM TO_LOCATOR TO"
#define NETWORK            0x5a
#define ATTACH_TCX_INGRESS 46 /* of <linux/bpf.h> since 6.6 */

static void mac_read(const char *text, void *ret_mac)
{
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		die(text, EINVAL);
	memcpy(ret_mac, mac.octets, 6);
}

/* One end: its addresses, and what it adds to the correction. */
static uint32_t end_read(const char *locator_text_, const char *address_text, __be32 *ret_virtual,
			 __be32 ret_substrate[4])
{
	struct substrate_locator locator;
	struct substrate_address substrate;
	uint16_t correction;
	uint32_t address;

	if (locator_parse(locator_text_, &locator) < 0 || ipv4_parse(address_text, &address) < 0)
		die(address_text, EINVAL);
	plan_address(&locator, NETWORK, address, &substrate, &correction);
	*ret_virtual = htonl(address);
	memcpy(ret_substrate, substrate.octets, 16);
	return correction;
}

static void config_read(char **arguments, bool out, struct floor_config *config)
{
	uint32_t sum;

	config->out_ifindex = interface_index(arguments[0]);
	mac_read(arguments[1], &config->macs[3]);
	mac_read(arguments[2], &config->macs[0]);
	sum = end_read(arguments[3], arguments[4], &config->virtual[0], &config -> substrate[0]);
	sum += end_read(arguments[5], arguments[6], &config->virtual[1], &config -> substrate[4]);
	sum = (sum & 0xffff) + (sum >> 16);
	config->correction = (uint16_t)(out ? sum : ~sum);
}

static void attach(const struct bpf_program *program, const char *directory, const char *name)
{
	uint32_t ifindex = interface_index(name);
	char pin[512];
	int link = bpf_link_create(bpf_program__fd(program), (int)ifindex,
				   (enum bpf_attach_type)ATTACH_TCX_INGRESS, NULL);

	if (link < 0)
		die("attaching", -link);
	mkdir(directory, 0700); /* the first of its directory makes it */
	snprintf(pin, sizeof(pin), "%s/link-%s-%u", directory, bpf_program__name(program), ifindex);
	if (bpf_obj_pin(link, pin) < 0)
		die(pin, errno);
}

int main(int argc, char **argv)
{
	const char *which = argc > 3 ? argv[2] : "";
	bool out = strcmp(which, "out") == 0, empty = strcmp(which, "empty") == 0;
	struct floor_bpf *skeleton;
	struct bpf_program *program;

	if (!(empty && argc == 4) && !((out || strcmp(which, "in") == 0) && argc == 11))
		die_usage(USAGE);
	skeleton = floor_bpf__open();
	if (!skeleton)
		die("open", errno);
	program = empty ? skeleton->progs.empty
		  : out ? skeleton->progs.floor_out
			: skeleton->progs.floor_in;
	if (!empty)
		config_read(argv + 4, out, (struct floor_config *)&skeleton->rodata->config);
	if (floor_bpf__load(skeleton) < 0)
		die("load", errno);
	attach(program, argv[1], argv[3]);
	floor_bpf__destroy(skeleton);
	return 0;
}

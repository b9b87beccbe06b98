/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The options of weftd, and what the environment says before them. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "controller/version.h"

#define EXIT_USAGE 2

static const char help_text[] =
	"usage: weftd --manager ADDRESS --interface NIC [options]\n"
	"\n"
	"The communication manager of one host: gives its nodes their virtual networks.\n"
	"\n"
	"  --manager ADDRESS   the system manager: [IPv6]:PORT, IPv4:PORT or NAME:PORT\n"
	"  --interface NIC     the interface to the substrate\n"
	"  --host NAME         this host's name in the topology (default: the host name)\n"
	"  --pins DIR          where BPF objects are pinned (default: /sys/fs/bpf/weft)\n"
	"  --socket PATH       for `weft status` and `weft stats` (default: /run/weft/weftd.sock)\n"
	"  --attach HOW        tcx, clsact, or auto: tcx if the kernel has it (default: $WEFT_ATTACH,\n"
	"                      else auto)\n"
	"  --datapath [INTERFACE=]tc|guard|xdp  what comes before tc on a node's interface, or on those\n"
	"                      whose name fits a pattern; guard: on the NIC only. May be given several\n"
	"                      times, the last that fits counts (default: $WEFT_DATAPATH, else tc)\n"
	"  --headroom HOW      off, or auto: room in front of the frames of nodes behind a veth, so that\n"
	"                      they aren't copied to get a larger header (default: auto)\n"
	"  --answer-rate N[:BURST]  answers of logical routers a second, per port (default: 1000:1000)\n"
	"  --miss-rate N[:BURST]    misses a second, per port and direction (default: 1000:1000)\n"
	"  --mappings N        addresses to remember, the least used goes first (default: 131072)\n"
	"  --debug             say more\n"
	"  --probe             only show what the kernel can do for weft\n"
	"  --remove            only take weft off this host: its programs, maps and devices\n"
	"  --version, --help\n"
	"\n"
	"Traffic goes on when weftd ends; the next weftd takes over. See weftd(8).\n";

enum option_value {
	HOST = 1,
	MANAGER,
	INTERFACE,
	PINS,
	SOCKET,
	ATTACH,
	DATAPATH,
	HEADROOM,
	ANSWERS,
	MISSES,
	MAPPINGS,
	DEBUG,
	PROBE,
	REMOVE,
	VERSION,
	HELP
};

static const struct option long_options[] = {
	{"host", required_argument, NULL, HOST},
	{"manager", required_argument, NULL, MANAGER},
	{"interface", required_argument, NULL, INTERFACE},
	{"pins", required_argument, NULL, PINS},
	{"socket", required_argument, NULL, SOCKET},
	{"attach", required_argument, NULL, ATTACH},
	{"datapath", required_argument, NULL, DATAPATH},
	{"headroom", required_argument, NULL, HEADROOM},
	{"answer-rate", required_argument, NULL, ANSWERS},
	{"miss-rate", required_argument, NULL, MISSES},
	{"mappings", required_argument, NULL, MAPPINGS},
	{"debug", no_argument, NULL, DEBUG},
	{"probe", no_argument, NULL, PROBE},
	{"remove", no_argument, NULL, REMOVE},
	{"version", no_argument, NULL, VERSION},
	{"help", no_argument, NULL, HELP},
	{0},
};

/* Reads "N" or "N:BURST", both 1 to a million. */
static bool rate_parse(const char *text, uint32_t *ret_rate, uint32_t *ret_burst)
{
	unsigned long rate, burst;
	char *end;

	rate = burst = strtoul(text, &end, 10);
	if (*end == ':')
		burst = strtoul(end + 1, &end, 10);
	if (*end || rate < 1 || rate > 1000000 || burst < 1 || burst > 1000000) {
		fprintf(stderr, "weftd: '%s' is no rate; use N or N:BURST, 1 to 1000000\n", text);
		return false;
	}
	*ret_rate = (uint32_t)rate;
	*ret_burst = (uint32_t)burst;
	return true;
}

/* Reads the size of the mapping cache. */
static bool mappings_parse(const char *text, uint32_t *ret_mappings)
{
	char *end;
	unsigned long mappings = strtoul(text, &end, 10);

	if (*end || mappings < DATAPLANE_MAPPINGS_LEAST || mappings > DATAPLANE_MAPPINGS_MOST) {
		fprintf(stderr, "weftd: '%s' mappings are not possible; use %d to %d\n", text,
			DATAPLANE_MAPPINGS_LEAST, DATAPLANE_MAPPINGS_MOST);
		return false;
	}
	*ret_mappings = (uint32_t)mappings;
	return true;
}

/* Reads how to attach, as `source` says it. */
static bool attach_read(const char *text, const char *source, enum attach *ret_attach)
{
	if (attach_parse(text, ret_attach))
		return true;
	fprintf(stderr, "weftd: %s '%s' is no way to attach; use auto, tcx or clsact\n", source,
		text);
	return false;
}

/* Reads what an interface is to have, as `source` says it. */
static bool datapath_read(const char *text, const char *source, struct datapath_rules *rules)
{
	const char *why;

	if (datapath_rules_add(rules, text, &why) == 0)
		return true;
	fprintf(stderr, "weftd: %s '%s': %s; use [INTERFACE=]tc|guard|xdp\n", source, text, why);
	return false;
}

/* What the environment says, before the options do. */
static bool environment_read(struct agent_options *options)
{
	const char *attach = getenv("WEFT_ATTACH"), *datapath = getenv("WEFT_DATAPATH");

	return (!attach || attach_read(attach, "WEFT_ATTACH", &options->attach)) &&
	       (!datapath || datapath_read(datapath, "WEFT_DATAPATH", &options->datapaths));
}

/* Reads whether ports get headroom. */
static bool headroom_parse(const char *text, bool *ret_none)
{
	bool none = strcmp(text, "off") == 0;

	if (!none && strcmp(text, "auto") != 0) {
		fprintf(stderr, "weftd: --headroom '%s' is nothing to choose; use auto or off\n",
			text);
		return false;
	}
	*ret_none = none;
	return true;
}

int options_parse(int argc, char **argv, struct agent_options *options)
{
	static char host_name[HOST_NAME_MAX + 1];
	bool good = environment_read(options);
	int option;

	gethostname(host_name, sizeof(host_name) - 1);
	options->host = host_name;
	options->pins = "/sys/fs/bpf/weft";
	options->socket = "/run/weft/weftd.sock";
	while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case HOST:
			options->host = optarg;
			break;
		case MANAGER:
			options->manager = optarg;
			break;
		case INTERFACE:
			options->interface = optarg;
			break;
		case PINS:
			options->pins = optarg;
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case ATTACH:
			good = attach_read(optarg, "--attach", &options->attach);
			break;
		case DATAPATH:
			good = datapath_read(optarg, "--datapath", &options->datapaths);
			break;
		case HEADROOM:
			good = headroom_parse(optarg, &options->no_headroom);
			break;
		case ANSWERS:
			good = rate_parse(optarg, &options->answers_per_second,
					  &options->answers_burst);
			break;
		case MISSES:
			good = rate_parse(optarg, &options->misses_per_second,
					  &options->misses_burst);
			break;
		case MAPPINGS:
			good = mappings_parse(optarg, &options->mappings);
			break;
		case DEBUG:
			options->debug = true;
			break;
		case PROBE:
			options->task = TASK_PROBE;
			break;
		case REMOVE:
			options->task = TASK_REMOVE;
			break;
		case VERSION:
			puts("weftd " WEFT_VERSION);
			return EXIT_SUCCESS;
		case HELP:
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	}
	if (!good)
		return EXIT_USAGE;
	if (optind < argc)
		fprintf(stderr, "weftd: '%s' is one argument too many\n", argv[optind]);
	else if (options->task == TASK_RUN && (!options->manager || !options->interface))
		fputs("weftd: --manager and --interface are needed; see weftd --help\n", stderr);
	else
		return -1;
	return EXIT_USAGE;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft status: how this host's weftd is: manager, ports, cache. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "command.h"

static const char help_text[] =
	"usage: weft status [-o json]\n"
	"\n"
	"Shows how this host's weftd is: its manager, its ports, its cache of mappings.\n";

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : "-";
}

static long long number_at(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

#define COLUMN  11 /* where what is said begins */
#define COLUMNS 80

/* The kernel: what it has, then a line for each thing that it lacks, with what follows from that. */
static void print_kernel(const json_t *kernel)
{
	const char *name;
	json_t *has, *consequence;
	int column = COLUMNS;

	printf("kernel     %s, with", string_at(kernel, "release"));
	json_object_foreach(json_object_get(kernel, "features"), name, has)
	{
		if (!json_is_true(has))
			continue;
		if (column + (int)strlen(name) + 1 > COLUMNS) {
			printf("\n%*s", COLUMN - 1, "");
			column = COLUMN - 1;
		}
		column += printf(" %s", name);
	}
	json_object_foreach(json_object_get(kernel, "without"), name, consequence)
	{
		printf("\n%*swithout %s: %s", COLUMN, "", name, json_string_value(consequence));
	}
	putchar('\n');
}

/* How many ports have it. */
static void print_headroom(const json_t *headroom)
{
	printf("headroom   %lld of %lld ports%s\n", number_at(headroom, "have"),
	       number_at(headroom, "ports"),
	       strcmp(string_at(headroom, "wanted"), "off") == 0 ? ", off" : "");
}

static void print_status(const json_t *status)
{
	const json_t *manager = json_object_get(status, "manager");
	const json_t *mtu = json_object_get(status, "mtu");
	const json_t *mappings = json_object_get(status, "mappings");
	const json_t *held = json_object_get(status, "held");
	const json_t *ports = json_object_get(status, "ports");
	bool narrow = number_at(mtu, "interface") < number_at(mtu, "needed");

	printf("host       %s, weft %s\n", string_at(status, "host"), string_at(status, "version"));
	printf("manager    %s, %s, revision %lld%s\n", string_at(manager, "address"),
	       string_at(manager, "state"), number_at(manager, "revision"),
	       json_is_true(json_object_get(status, "synced")) ? "" : ", not in sync");
	printf("substrate  %s, locator %s, MTU %lld (needed: %lld%s)\n",
	       string_at(status, "interface"), string_at(status, "locator"),
	       number_at(mtu, "interface"), number_at(mtu, "needed"), narrow ? ", too small" : "");
	print_kernel(json_object_get(status, "kernel"));
	printf("attached   by %s; from the substrate: %s\n", string_at(status, "hook"),
	       string_at(status, "datapath"));
	print_headroom(json_object_get(status, "headroom"));
	printf("mappings   %lld remote, %lld local, %lld negative, %lld pending\n",
	       number_at(mappings, "remote"), number_at(mappings, "local"),
	       number_at(mappings, "negative"), number_at(mappings, "pending"));
	printf("held       %lld frames, %lld octets; %lld given up so far\n\n",
	       number_at(held, "frames"), number_at(held, "bytes"), number_at(held, "expired"));
	if (json_array_size(ports) == 0)
		puts("no ports");
	else
		client_print_table(ports);
}

int command_status(int argc, char **argv)
{
	struct client_request request = {.daemon = DAEMON_AGENT, .verb = "status"};
	json_t *answer;
	bool json;
	int status = client_options(argc, argv, help_text, &json);

	if (status >= 0)
		return status;
	if (argc > optind)
		return command_usage(argv[0], "it takes no argument");
	status = client_ask(&request, &answer);
	if (status == EXIT_DONE && json)
		status = client_print_json(answer);
	else if (status == EXIT_DONE)
		print_status(answer);
	json_decref(answer);
	return status;
}

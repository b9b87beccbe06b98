/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft get: what the manager has, as a table. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "command.h"

static const char help_text[] =
	"usage: weft get [-o json] hosts|networks|subnets|routers|nodes|mappings\n"
	"\n"
	"Shows what the manager has. `mappings` are those that hosts have asked for.\n";

static const char *const kinds[] = {"hosts", "networks", "subnets", "routers", "nodes", "mappings"};

static bool kind_is_known(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

int command_get(int argc, char **argv)
{
	const char *arguments[] = {NULL, NULL};
	struct client_request request = {
		.daemon = DAEMON_MANAGER,
		.verb = "get",
		.arguments = arguments,
	};
	json_t *answer;
	bool json;
	int status = client_options(argc, argv, help_text, &json);

	if (status >= 0)
		return status;
	if (argc - optind != 1)
		return command_usage(argv[0], "it takes one kind of objects");
	if (!kind_is_known(argv[optind]))
		return command_usage(argv[0], "'%s' is no kind of objects", argv[optind]);
	arguments[0] = argv[optind];
	status = client_ask(&request, &answer);
	if (status == EXIT_DONE && json)
		status = client_print_json(answer);
	else if (status == EXIT_DONE && json_array_size(answer) == 0)
		printf("no %s\n", arguments[0]);
	else if (status == EXIT_DONE)
		client_print_table(answer);
	json_decref(answer);
	return status;
}

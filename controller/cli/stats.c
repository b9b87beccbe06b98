/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft stats: this host's packets by reason. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "loader/dataplane.h"

static const char help_text[] =
	"usage: weft stats [-a] [-o json]\n"
	"\n"
	"Counts this host's packets by reason: each one that a program has seen ended in one of them.\n"
	"\n"
	"  -a, --all          also reasons that no packet has ended in\n"
	"  -o, --output json  all counters as {\"counters\": {reason: packets}}\n";

static const char *const kind_titles[] = {
	[REASON_KIND_DONE] = "done",
	[REASON_KIND_LEFT] = "left to tc",
	[REASON_KIND_REPLY] = "answered",
	[REASON_KIND_DROP] = "dropped",
};

static void print_kind(const json_t *counters, enum reason_kind kind, bool all)
{
	const char *title = kind_titles[kind];

	for (int i = 0; i < REASON_COUNT; i++) {
		const struct reason_text *reason = reason_text((enum reason)i);
		json_int_t count = json_integer_value(json_object_get(counters, reason->name));

		if (reason->kind != kind || (count == 0 && !all))
			continue;
		printf("%-9s %12lld  %-26s %s\n", title, (long long)count, reason->name,
		       reason->meaning);
		title = "";
	}
}

/* Takes --all out of the arguments; the other options are those of every command. */
static bool take_all(int *argc, char **argv)
{
	bool all = false;
	int kept = 0;

	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "-a") == 0 || strcmp(argv[i], "--all") == 0)
			all = true;
		else
			argv[kept++] = argv[i];
	}
	*argc = kept;
	argv[kept] = NULL;
	return all;
}

int command_stats(int argc, char **argv)
{
	struct client_request request = {.daemon = DAEMON_AGENT, .verb = "stats"};
	bool json, all = take_all(&argc, argv);
	json_t *answer;
	int status = client_options(argc, argv, help_text, &json);

	if (status >= 0)
		return status;
	if (argc > optind)
		return command_usage(argv[0], "it takes no argument");
	status = client_ask(&request, &answer);
	if (status == EXIT_DONE && json) {
		status = client_print_json(answer);
	} else if (status == EXIT_DONE) {
		const json_t *counters = json_object_get(answer, "counters");

		print_kind(counters, REASON_KIND_DONE, all);
		print_kind(counters, REASON_KIND_LEFT, all);
		print_kind(counters, REASON_KIND_REPLY, all);
		print_kind(counters, REASON_KIND_DROP, all);
	}
	json_decref(answer);
	return status;
}

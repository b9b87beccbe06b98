/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft apply, weft diff, weft delete: changing the manager's state, or seeing what would change. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "topology_file.h"

static const char apply_help[] =
	"usage: weft apply [-o json] FILE\n"
	"\n"
	"Makes the manager's state what the topology file says, at once and as a whole: hosts are told\n"
	"what has changed, and nothing else is touched. FILE may be '-'.\n";

static const char diff_help[] = "usage: weft diff [-o json] FILE\n"
				"\n"
				"Shows what `weft apply FILE` would change, and changes nothing.\n";

static const char delete_help[] = "usage: weft delete [-o json] network NAME\n"
				  "\n"
				  "Deletes a virtual network with everything in it.\n";

static char sign_of(const char *action)
{
	if (strcmp(action, "create") == 0)
		return '+';
	return strcmp(action, "delete") == 0 ? '-' : '~';
}

/* One line for each changed object, then how many. */
static void print_changes(const json_t *answer, const char *done)
{
	const json_t *changes = json_object_get(answer, "changes");
	size_t index;
	json_t *change;

	json_array_foreach(changes, index, change)
		printf("%c %s\n", sign_of(json_string_value(json_object_get(change, "action"))),
		       json_string_value(json_object_get(change, "key")));
	if (json_array_size(changes) == 0)
		puts("nothing to change");
	else
		printf("%zu object%s %s, revision %lld\n", json_array_size(changes),
		       json_array_size(changes) == 1 ? "" : "s", done,
		       (long long)json_integer_value(json_object_get(answer, "revision")));
}

static int ask_and_print(const struct client_request *request, const char *done, bool json)
{
	json_t *answer;
	int status = client_ask(request, &answer);

	if (status == EXIT_DONE && json)
		status = client_print_json(answer);
	else if (status == EXIT_DONE)
		print_changes(answer, done);
	json_decref(answer);
	return status;
}

/* Both verbs that send a file. The manager judges it, with the same words as `weft validate`. */
static int send_file(int argc, char **argv, const char *help, const char *done)
{
	struct client_request request = {.daemon = DAEMON_MANAGER, .verb = argv[0]};
	struct topology_file file;
	bool json;
	int status = client_options(argc, argv, help, &json);

	if (status >= 0)
		return status;
	if (argc - optind != 1)
		return command_usage(argv[0], "it takes one FILE");
	if (topology_file_load(argv[optind], &file) < 0)
		return EXIT_FAILED;
	request.file_name = file.name;
	request.text = file.text;
	request.size = file.size;
	status = ask_and_print(&request, done, json);
	topology_file_clear(&file);
	return status;
}

int command_apply(int argc, char **argv)
{
	return send_file(argc, argv, apply_help, "changed");
}

int command_diff(int argc, char **argv)
{
	return send_file(argc, argv, diff_help, "would change");
}

int command_delete(int argc, char **argv)
{
	const char *arguments[] = {NULL, NULL, NULL};
	struct client_request request = {
		.daemon = DAEMON_MANAGER,
		.verb = "delete",
		.arguments = arguments,
	};
	bool json;
	int status = client_options(argc, argv, delete_help, &json);

	if (status >= 0)
		return status;
	if (argc - optind != 2 || strcmp(argv[optind], "network") != 0)
		return command_usage(argv[0], "it takes `network` and a NAME");
	arguments[0] = argv[optind];
	arguments[1] = argv[optind + 1];
	return ask_and_print(&request, "changed", json);
}

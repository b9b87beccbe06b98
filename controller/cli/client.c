/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asking a daemon, and showing what it says. See client.h. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "controller/channel.h"

static const struct {
	const char *name, *variable, *socket;
} daemons[] = {
	[DAEMON_MANAGER] = {"weft-manager", "WEFT_MANAGER", "/run/weft/manager.sock"},
	[DAEMON_AGENT] = {"weftd", "WEFT_AGENT", "/run/weft/weftd.sock"},
};

static const char *daemon_socket(enum daemon daemon)
{
	const char *path = getenv(daemons[daemon].variable);

	return path && *path ? path : daemons[daemon].socket;
}

static int no_answer(const struct client_request *request, int err)
{
	const char *hint = err == -ENOENT || err == -ECONNREFUSED ? "is it running? " : "";

	fprintf(stderr, "weft %s: no answer from %s at %s: %s; %sthe socket can be named in %s\n",
		request->verb, daemons[request->daemon].name, daemon_socket(request->daemon),
		strerror(-err), hint, daemons[request->daemon].variable);
	return EXIT_FAILED;
}

int client_ask(const struct client_request *request, json_t **ret_answer)
{
	Weft__OperatorRequest message = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply;
	int status, err;

	*ret_answer = NULL;
	message.verb = (char *)request->verb;
	message.arguments = (char **)request->arguments;
	while (request->arguments && request->arguments[message.n_arguments])
		message.n_arguments++;
	if (request->file_name) {
		message.file_name = (char *)request->file_name;
		message.topology.data = (uint8_t *)request->text;
		message.topology.len = request->size;
	}
	err = operator_call(daemon_socket(request->daemon), &message, &reply);
	if (err)
		return no_answer(request, err);
	fputs(reply->errors, stderr);
	status = (int)reply->status;
	if (status == EXIT_DONE) {
		*ret_answer = json_loads(reply->output, 0, NULL);
		if (!*ret_answer) {
			fprintf(stderr, "weft %s: %s answered with what is no JSON\n",
				request->verb, daemons[request->daemon].name);
			status = EXIT_FAILED;
		}
	}
	weft__operator_reply__free_unpacked(reply, NULL);
	return status;
}

int client_print_json(const json_t *document)
{
	if (json_dumpf(document, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF) {
		fprintf(stderr, "weft: can't write the output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* A cell as text; the buffer is for numbers. */
static const char *cell_text(const json_t *value, char buffer[32])
{
	if (json_is_string(value))
		return *json_string_value(value) ? json_string_value(value) : "-";
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (json_is_integer(value)) {
		snprintf(buffer, 32, "%lld", (long long)json_integer_value(value));
		return buffer;
	}
	return "-";
}

static size_t column_width(const json_t *rows, const char *key)
{
	size_t width = strlen(key), index;
	char buffer[32];
	json_t *row;

	json_array_foreach(rows, index, row)
	{
		size_t length = strlen(cell_text(json_object_get(row, key), buffer));

		width = length > width ? length : width;
	}
	return width;
}

#define COLUMNS_MAX 32

void client_print_table(const json_t *rows)
{
	const char *keys[COLUMNS_MAX], *key;
	size_t widths[COLUMNS_MAX], count = 0, index;
	char buffer[32];
	json_t *row, *value;

	json_object_foreach(json_array_get(rows, 0), key, value)
	{
		if (count == COLUMNS_MAX)
			break;
		keys[count] = key;
		widths[count++] = column_width(rows, key);
	}
	for (size_t i = 0; i < count; i++)
		printf("%-*s%s", i + 1 < count ? (int)widths[i] : 0, keys[i],
		       i + 1 < count ? "  " : "\n");
	json_array_foreach(rows, index, row) for (size_t i = 0; i < count; i++) printf(
		"%-*s%s", i + 1 < count ? (int)widths[i] : 0,
		cell_text(json_object_get(row, keys[i]), buffer), i + 1 < count ? "  " : "\n");
}

int client_options(int argc, char **argv, const char *help, bool *ret_json)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	*ret_json = false;
	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (strcmp(optarg, "json") != 0)
				return command_usage(
					argv[0], "'%s' is no output format, only json is", optarg);
			*ret_json = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_DONE;
		default:
			return command_usage(argv[0], "wrong option");
		}
	}
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The operator's Unix socket: one verb a request, one reply each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/log.h"
#include "controller/objects.h"
#include "controller/topology.h"
#include "controller/validate.h"
#include "controller/version.h"
#include "manager.h"

/* The connection of one operator. */
struct caller {
	TAILQ_ENTRY(caller) next;
	struct manager *manager;
	struct channel *channel;
};

/* Wrong usage: the CLI checks before, so somebody speaks to the socket by hand. */
static void reply_usage(struct reply *reply, const char *what)
{
	reply->status = 2;
	fprintf(reply->errors, "weft-manager: %s; nothing was done\n", what);
}

/* ---- apply, diff ------------------------------------------------------------------------------- */

/* The model of the file in a request, or NULL after saying what is wrong with it. */
static struct model *read_topology(const Weft__OperatorRequest *request, struct reply *reply)
{
	const char *text = (const char *)request->topology.data;
	const char *name = *request->file_name ? request->file_name : "topology";
	size_t size = request->topology.len;
	struct report report = {0};
	struct model *model = NULL;
	int error = topology_read(text ? text : "", size, &report, &model);

	if (!error)
		model_validate(model, &report);
	report_print(&report, reply->errors, name, text ? text : "", size);
	if (error || report.out_of_memory)
		fprintf(reply->errors, "weft-manager: %s: out of memory; nothing was changed\n",
			name);
	if (error || report.errors || report.out_of_memory) {
		reply->status = 1;
		model_free(model);
		model = NULL;
	}
	report_clear(&report);
	return model;
}

static void verb_file(struct manager *manager, const Weft__OperatorRequest *request,
		      struct reply *reply)
{
	bool dry_run = strcmp(request->verb, "diff") == 0;
	struct model *model = read_topology(request, reply);

	if (model)
		state_commit(manager, model, dry_run, reply);
}

/* ---- delete ------------------------------------------------------------------------------------ */

/* The model without one network, or NULL without memory. */
static struct model *model_without(const struct model *model, const char *network)
{
	struct objects objects = {0};
	struct model *smaller = NULL;
	char *why = NULL;
	int error = objects_of_model(model, NULL, &objects);

	objects_remove_network(&objects, network);
	if (!error)
		error = objects_model(&objects, &why, &smaller);
	free(why);
	objects_clear(&objects);
	return error ? NULL : smaller;
}

static void verb_delete(struct manager *manager, const Weft__OperatorRequest *request,
			struct reply *reply)
{
	const struct model *model = manager->state->model;
	struct model *smaller;
	const char *name;

	if (request->n_arguments != 2 || strcmp(request->arguments[0], "network") != 0) {
		reply_usage(reply, "delete takes `network` and its name");
		return;
	}
	name = request->arguments[1];
	if (!model_find_network(model, name)) {
		reply->status = 1;
		fprintf(reply->errors,
			"weft-manager: there is no network '%s'; nothing was deleted\n", name);
		return;
	}
	smaller = model_without(model, name);
	if (smaller) {
		state_commit(manager, smaller, false, reply);
		return;
	}
	reply->status = 1;
	fputs("weft-manager: out of memory; nothing was deleted\n", reply->errors);
}

/* ---- get, status ------------------------------------------------------------------------------- */

static void verb_get(struct manager *manager, const Weft__OperatorRequest *request,
		     struct reply *reply)
{
	if (request->n_arguments != 1)
		reply_usage(reply, "get takes one kind of objects");
	else if (!get_print(manager, request->arguments[0], reply->output))
		reply_usage(reply, "get knows hosts, networks, subnets, routers, nodes, mappings");
}

static void verb_status(struct manager *manager, const Weft__OperatorRequest *request,
			struct reply *reply)
{
	const struct session *session;
	size_t connected = 0;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		connected += session->host != MODEL_NONE;
	}
	fprintf(reply->output,
		"{\"version\":\"%s\",\"epoch\":%llu,\"revision\":%llu,"
		"\"hosts\":{\"declared\":%zu,\"connected\":%zu},\"networks\":%zu}",
		WEFT_VERSION, (unsigned long long)manager->epoch,
		(unsigned long long)manager->state->revision, manager->state->model->host_count,
		connected, manager->state->model->network_count);
}

/* ---- requests ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(struct manager *manager, const Weft__OperatorRequest *request,
		    struct reply *reply);
} verbs[] = {
	{"apply", verb_file}, {"diff", verb_file},     {"delete", verb_delete},
	{"get", verb_get},    {"status", verb_status},
};

static void request_run(struct manager *manager, const Weft__OperatorRequest *request,
			struct reply *reply)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, request->verb) == 0) {
			verbs[i].run(manager, request, reply);
			return;
		}
	reply_usage(reply, "it knows apply, diff, delete, get and status");
}

static int request_reply(struct caller *caller, const Weft__OperatorRequest *request)
{
	Weft__OperatorReply message = WEFT__OPERATOR_REPLY__INIT;
	char *errors = NULL, *output = NULL;
	size_t errors_size, output_size;
	struct reply reply = {
		.errors = open_memstream(&errors, &errors_size),
		.output = open_memstream(&output, &output_size),
	};
	int error = -ENOMEM;

	if (reply.errors && reply.output)
		request_run(caller->manager, request, &reply);
	if (reply.errors && fclose(reply.errors) == 0 && reply.output &&
	    fclose(reply.output) == 0) {
		message.status = reply.status;
		message.errors = errors;
		message.output = output;
		error = channel_send(caller->channel, WEFT__MESSAGE_TYPE__OPERATOR_REPLY,
				     &message.base);
	}
	free(errors);
	free(output);
	return error;
}

static int caller_received(struct channel *channel, enum _Weft__MessageType type,
			   const ProtobufCMessage *message, void *context)
{
	int error;

	if (type != WEFT__MESSAGE_TYPE__OPERATOR_REQUEST)
		return channel_fail(channel, "it sent a %s message, which no operator sends",
				    message->descriptor->short_name);
	error = request_reply(context, (const Weft__OperatorRequest *)message);
	return error ? channel_fail(channel, "its answer could not be sent: %s", strerror(-error))
		     : 0;
}

static void caller_free(struct caller *caller)
{
	TAILQ_REMOVE(&caller->manager->callers, caller, next);
	free(caller);
}

static void caller_closed(struct channel *channel, const char *reason, void *context)
{
	log_debug("%s: %s", channel_peer(channel), reason);
	caller_free(context);
}

static const struct channel_handlers caller_handlers = {
	.received = caller_received,
	.closed = caller_closed,
};

static void caller_accepted(struct channel *channel, void *context)
{
	struct manager *manager = context;
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller) {
		channel_close(channel);
		return;
	}
	caller->manager = manager;
	caller->channel = channel;
	TAILQ_INSERT_TAIL(&manager->callers, caller, next);
	channel_handle(channel, &caller_handlers, caller);
}

int operator_open(struct manager *manager, const char *path)
{
	char *address;
	int error;

	if (asprintf(&address, "unix:%s", path) < 0)
		return -ENOMEM;
	error = channel_listen(manager->base, address, OPERATOR_FRAME_MAX, caller_accepted, manager,
			       &manager->operator_listener);
	free(address);
	return error;
}

void operator_close(struct manager *manager)
{
	channel_listener_close(manager->operator_listener);
	manager->operator_listener = NULL;
	while (!TAILQ_EMPTY(&manager->callers)) {
		struct caller *caller = TAILQ_FIRST(&manager->callers);

		channel_close(caller->channel);
		caller_free(caller);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzing: any octets from a socket, where a manager should speak to weftd: framing, unpacking, and what
 * an assignment becomes, up to the plan. The first octet of an input says how many arrive at once (0:
 * all); the others are what arrives.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/agent/assignment.h"
#include "controller/channel.h"
#include "controller/plan.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* weftd, as far as it listens. */
struct listener {
	struct event_base *base;
	struct assignment assignment;
	char socket[64]; /* where it listens */
	bool closed;
};
static struct listener listener;

static void must(bool condition, const char *complaint)
{
	if (condition)
		return;
	perror(complaint);
	abort();
}

/* ---- what comes -------------------------------------------------------------------------------- */

static void plan(const struct model *model)
{
	struct plan plan = {0};
	struct plan_port *ports;
	size_t count = 0, nodes = 0;

	for (size_t n = 0; n < model->network_count; n++)
		nodes += model->networks[n].node_count;
	ports = calloc(nodes + 1, sizeof(*ports));
	must(ports, "no memory");
	for (size_t n = 0; n < model->network_count; n++)
		for (size_t i = 0; i < model->networks[n].node_count; i++, count++)
			ports[count] = (struct plan_port){
				.network = &model->networks[n],
				.node = &model->networks[n].nodes[i],
				.ifindex = 2 + (uint32_t)count,
			};
	if (model->host_count)
		must(plan_build(&model->hosts[0].locator, ports, count, &plan) == 0, "no plan");
	plan_clear(&plan);
	free(ports);
}

static int synchronise(struct channel *channel)
{
	struct model *model = NULL;
	const char *why = NULL;
	int err = assignment_model(&listener.assignment, &why, &model);

	if (err) {
		must(why, "an assignment is refused without a reason");
		return channel_fail(channel, "%s", why);
	}
	plan(model);
	model_free(model);
	return 0;
}

static int received(struct channel *channel, enum _Weft__MessageType type,
		    const ProtobufCMessage *message, void *context)
{
	const char *why = "";
	int err = 0;

	switch (type) {
	case WEFT__MESSAGE_TYPE__ASSIGN:
		err = assignment_nodes(&listener.assignment, (const Weft__Assign *)message, &why);
		break;
	case WEFT__MESSAGE_TYPE__TOPOLOGY:
		err = assignment_topology(&listener.assignment, (const Weft__Topology *)message,
					  &why);
		break;
	case WEFT__MESSAGE_TYPE__SYNC:
		return synchronise(channel);
	default:
		break;
	}
	return err ? channel_fail(channel, "%s", why) : 0;
}

static void closed(struct channel *channel, const char *reason, void *context)
{
	must(*reason, "a channel ends without a reason");
	listener.closed = true;
}

/* ---- where it comes from ------------------------------------------------------------------------ */

static void accepted(struct channel *channel, void *context)
{
	static const struct channel_handlers handlers = {.received = received, .closed = closed};

	channel_handle(channel, &handlers, NULL);
}

/* Listens on a socket file that is gone again at once: what is left of it is a descriptor. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char directory[] = "/tmp/weft-fuzz-XXXXXX", address[64];
	struct channel_listener *channels;
	const char *path = address + strlen("unix:");
	int fd;

	signal(SIGPIPE, SIG_IGN);
	must(mkdtemp(directory), "no directory");
	snprintf(address, sizeof(address), "unix:%s/socket", directory);
	listener.base = event_base_new();
	must(listener.base, "no event loop");
	must(channel_listen(listener.base, address, HOST_FRAME_MAX, accepted, NULL, &channels) == 0,
	     address);
	fd = open(path, O_PATH | O_CLOEXEC);
	must(fd >= 0, path);
	snprintf(listener.socket, sizeof(listener.socket), "/proc/self/fd/%d", fd);
	unlink(path);
	rmdir(directory);
	return 0;
}

static int connect_to_listener(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", listener.socket);
	must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0,
	     "can't connect");
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size && data[0] ? data[0] : size, at = 1;
	int fd = connect_to_listener();

	listener.closed = false;
	while (!listener.closed) {
		ssize_t written = 0;

		if (at < size)
			written = write(fd, data + at, step < size - at ? step : size - at);
		if (written > 0)
			at += (size_t)written;
		if (at >= size)
			shutdown(fd, SHUT_WR);
		event_base_loop(listener.base, EVLOOP_ONCE);
	}
	close(fd);
	assignment_clear(&listener.assignment);
	listener.assignment = (struct assignment){0};
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Channels over real sockets: what they carry, and how they end. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/channel.h"

#define LIMIT 1000 /* octets of a message, for the side that accepts */

/* What one side has seen. */
struct side {
	struct event_base *base;
	struct channel *channel;
	int messages;
	int last; /* enum _Weft__MessageType */
	uint64_t revision; /* of the last heartbeat */
	char host[64]; /* of the last HELLO */
	char closed[256]; /* why; empty: it is open */
	int opened;
	int refuse; /* return channel_fail() on the next message */
	int close_on_message;
	int answer; /* send a heartbeat back before anything else */
};

static struct event_base *base;
static struct channel_listener *listener;
static char directory[] = "/tmp/weft-channel-XXXXXX", path[64], address[80];
static struct side manager, host;

static int received(struct channel *channel, enum _Weft__MessageType type,
		    const ProtobufCMessage *message, void *context)
{
	struct side *side = context;
	Weft__Heartbeat answer = WEFT__HEARTBEAT__INIT;

	side->messages++;
	side->last = (int)type;
	if (type == WEFT__MESSAGE_TYPE__HEARTBEAT)
		side->revision = ((const Weft__Heartbeat *)message)->revision;
	if (type == WEFT__MESSAGE_TYPE__HELLO)
		snprintf(side->host, sizeof(side->host), "%s",
			 ((const Weft__Hello *)message)->host);
	if (side->answer) {
		answer.revision = 7;
		channel_send(channel, WEFT__MESSAGE_TYPE__HEARTBEAT, &answer.base);
	}
	if (side->close_on_message)
		channel_close(channel);
	if (side->refuse)
		return channel_fail(channel, "it is not welcome, %s", side->host);
	return 0;
}

static void opened(struct channel *channel, void *context)
{
	((struct side *)context)->opened++;
}

static void closed(struct channel *channel, const char *reason, void *context)
{
	struct side *side = context;

	snprintf(side->closed, sizeof(side->closed), "%s", reason);
	side->channel = NULL;
}

static const struct channel_handlers handlers = {received, opened, closed};

static void accepted(struct channel *channel, void *context)
{
	manager.channel = channel;
	channel_handle(channel, &handlers, &manager);
}

/* Runs the loop until the condition is true; a test that waits in vain is stopped by the runner. */
#define run_until(condition)                        \
	do                                          \
		event_base_loop(base, EVLOOP_ONCE); \
	while (!(condition))

static void listen_on(const char *where)
{
	memmove(address, where, strlen(where) + 1);
	cr_assert_eq(channel_listen(base, address, LIMIT, accepted, NULL, &listener), 0);
}

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	snprintf(address, sizeof(address), "unix:%s", path);
	listen_on(address);
}

static void teardown(void)
{
	channel_close(host.channel);
	channel_close(manager.channel);
	channel_listener_close(listener);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	unlink(path);
	rmdir(directory);
}

TestSuite(channel, .init = setup, .fini = teardown);

static void connect_host(void)
{
	cr_assert_eq(channel_connect(base, address, LIMIT, &handlers, &host, &host.channel), 0);
	run_until(host.opened && manager.channel);
}

static void send_heartbeat(struct channel *channel, uint64_t revision)
{
	Weft__Heartbeat heartbeat = WEFT__HEARTBEAT__INIT;

	heartbeat.revision = revision;
	cr_assert_eq(channel_send(channel, WEFT__MESSAGE_TYPE__HEARTBEAT, &heartbeat.base), 0);
}

/* A host that sends what it likes. */
static int raw_connect(void)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(where.sun_path, path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	run_until(manager.channel);
	return fd;
}

static void raw_send(int fd, uint32_t length, uint16_t type, const void *octets, size_t size)
{
	uint8_t header[6];
	uint32_t be_length = htonl(length);
	uint16_t be_type = htons(type);

	memcpy(header, &be_length, 4);
	memcpy(header + 4, &be_type, 2);
	cr_assert_eq(send(fd, header, sizeof(header), 0), (ssize_t)sizeof(header));
	if (size)
		cr_assert_eq(send(fd, octets, size, 0), (ssize_t)size);
}

Test(channel, carries_messages_both_ways)
{
	connect_host();
	send_heartbeat(host.channel, 42);
	run_until(manager.messages);
	cr_assert_eq(manager.revision, 42);
	send_heartbeat(manager.channel, 43);
	run_until(host.messages);
	cr_assert_eq(host.revision, 43);
	cr_assert_str_eq(channel_peer(manager.channel), "a local user");
}

Test(channel, keeps_the_order_of_many_messages)
{
	connect_host();
	for (uint64_t i = 1; i <= 5000; i++)
		send_heartbeat(host.channel, i);
	run_until(manager.messages == 5000);
	cr_assert_eq(manager.revision, 5000);
}

Test(channel, carries_an_empty_message)
{
	connect_host();
	send_heartbeat(host.channel, 0);
	run_until(manager.messages);
	cr_assert_eq(manager.last, WEFT__MESSAGE_TYPE__HEARTBEAT);
}

static void carries_over_tcp(const char *where, const char *peer)
{
	channel_listener_close(listener);
	listen_on(where);
	connect_host();
	send_heartbeat(host.channel, 1);
	run_until(manager.messages);
	cr_assert_eq(strncmp(channel_peer(manager.channel), peer, strlen(peer)), 0,
		     "the peer is %s", channel_peer(manager.channel));
	cr_assert_str_eq(channel_peer(host.channel), where);
}

Test(channel, runs_over_ipv6)
{
	carries_over_tcp("[::1]:17470", "[::1]:");
}

Test(channel, runs_over_ipv4)
{
	carries_over_tcp("127.0.0.1:17471", "127.0.0.1:");
}

Test(channel, says_that_nobody_listens)
{
	cr_assert_eq(
		channel_connect(base, "127.0.0.1:17472", LIMIT, &handlers, &host, &host.channel),
		0);
	run_until(host.closed[0]);
	cr_assert_str_eq(host.closed, "connecting failed: Connection refused");
	cr_assert_eq(host.opened, 0);
}

Test(channel, refuses_what_is_no_address)
{
	static const char *const wrong[] = {
		"",      "unix:",       "[::1]",   "::1:7470", "[::1:7470", "127.0.0.1",
		":7470", "127.0.0.1:x", "[]:7470", "h:70000",  "[:1",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(
			channel_connect(base, wrong[i], LIMIT, &handlers, &host, &host.channel),
			-EINVAL, "'%s' is taken for an address", wrong[i]);
}

Test(channel, closes_on_an_unknown_type)
{
	int fd = raw_connect();

	raw_send(fd, 0, 999, NULL, 0);
	run_until(manager.closed[0]);
	cr_assert_str_eq(manager.closed, "it sent a message of unknown type 999");
	cr_assert_eq(manager.messages, 0);
	close(fd);
}

Test(channel, closes_on_an_oversized_message_before_it_has_come)
{
	int fd = raw_connect();

	raw_send(fd, LIMIT + 1, WEFT__MESSAGE_TYPE__HELLO, NULL, 0);
	run_until(manager.closed[0]);
	cr_assert_str_eq(manager.closed,
			 "it sent a message of 1001 octets where 1000 are the limit");
	cr_assert_eq(manager.messages, 0);
	close(fd);
}

Test(channel, closes_on_a_length_that_overflows)
{
	int fd = raw_connect();

	raw_send(fd, UINT32_MAX, WEFT__MESSAGE_TYPE__HELLO, NULL, 0);
	run_until(manager.closed[0]);
	cr_assert_eq(manager.messages, 0);
	close(fd);
}

Test(channel, closes_on_octets_that_are_no_message)
{
	int fd = raw_connect();

	raw_send(fd, 3, WEFT__MESSAGE_TYPE__HELLO, "\xff\xff\xff", 3);
	run_until(manager.closed[0]);
	cr_assert_str_eq(manager.closed, "it sent a malformed Hello message");
	cr_assert_eq(manager.messages, 0);
	close(fd);
}

Test(channel, says_when_a_message_is_cut_off)
{
	int fd = raw_connect();

	raw_send(fd, 10, WEFT__MESSAGE_TYPE__HELLO, "\x08\x01", 2);
	close(fd);
	run_until(manager.closed[0]);
	cr_assert_str_eq(manager.closed, "it closed the connection within a message");
	cr_assert_eq(manager.messages, 0);
}

Test(channel, handles_what_came_before_the_end)
{
	int fd = raw_connect();

	raw_send(fd, 2, WEFT__MESSAGE_TYPE__HEARTBEAT, "\x08\x05", 2);
	close(fd);
	run_until(manager.closed[0]);
	cr_assert_eq(manager.revision, 5);
	cr_assert_str_eq(manager.closed, "it closed the connection");
}

Test(channel, gives_the_reason_of_a_handler_that_refuses)
{
	connect_host();
	manager.refuse = 1;
	strcpy(manager.host, "R");
	send_heartbeat(host.channel, 1);
	send_heartbeat(host.channel, 2);
	run_until(manager.closed[0] && host.closed[0]);
	cr_assert_str_eq(manager.closed, "it is not welcome, R");
	cr_assert_eq(manager.messages, 1);
	cr_assert_str_eq(host.closed, "it closed the connection");
}

Test(channel, may_be_closed_by_its_handler_and_still_sends_what_is_queued)
{
	connect_host();
	manager.answer = 1;
	manager.close_on_message = 1;
	send_heartbeat(host.channel, 1);
	send_heartbeat(host.channel, 2);
	run_until(host.closed[0]);
	manager.channel = NULL;
	cr_assert_eq(manager.messages, 1);
	cr_assert_str_eq(manager.closed, "");
	cr_assert_eq(host.revision, 7);
}

Test(channel, refuses_to_queue_without_bound)
{
	Weft__Refuse refuse = WEFT__REFUSE__INIT;
	static char large[100000];
	int fd = raw_connect(), error = 0, sent;

	memset(large, 'x', sizeof(large) - 1);
	refuse.reason = large;
	for (sent = 0; !error && sent < 1000; sent++)
		error = channel_send(manager.channel, WEFT__MESSAGE_TYPE__REFUSE, &refuse.base);
	cr_assert_eq(error, -ENOBUFS);
	cr_assert_gt(sent, 100);
	close(fd);
}

Test(channel, makes_a_socket_for_owner_and_group)
{
	struct stat status;

	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0660);
}

Test(channel, leaves_a_live_socket_alone)
{
	struct channel_listener *second = NULL;

	cr_assert_eq(channel_listen(base, address, LIMIT, accepted, NULL, &second), -EADDRINUSE);
	cr_assert_null(second);
	connect_host();
}

Test(channel, replaces_a_stale_socket)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	channel_listener_close(listener);
	cr_assert_neq(access(path, F_OK), 0);
	strcpy(where.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	close(fd);
	cr_assert_eq(access(path, F_OK), 0);
	listen_on(address);
	connect_host();
}

Test(channel, does_not_delete_a_file_that_is_no_socket)
{
	struct channel_listener *second = NULL;
	FILE *file;

	channel_listener_close(listener);
	listener = NULL;
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fclose(file);
	cr_assert_eq(channel_listen(base, address, LIMIT, accepted, NULL, &second), -ENOTSOCK);
	cr_assert_eq(access(path, F_OK), 0);
}

/* ---- operator_call ----------------------------------------------------------------------------- */

static int operator_received(struct channel *channel, enum _Weft__MessageType type,
			     const ProtobufCMessage *message, void *context)
{
	const Weft__OperatorRequest *request = (const Weft__OperatorRequest *)message;
	Weft__OperatorReply reply = WEFT__OPERATOR_REPLY__INIT;

	manager.messages++;
	if (strcmp(request->verb, "hang up") == 0) {
		channel_close(channel);
		return 0;
	}
	reply.status = 1;
	reply.output = request->verb;
	reply.errors = request->n_arguments ? request->arguments[0] : (char *)"";
	return channel_send(channel, WEFT__MESSAGE_TYPE__OPERATOR_REPLY, &reply.base);
}

static const struct channel_handlers operator_handlers = {operator_received, NULL, closed};

static void operator_accepted(struct channel *channel, void *context)
{
	manager.channel = channel;
	channel_handle(channel, &operator_handlers, &manager);
}

struct call {
	const char *verb, *argument;
	int result;
	Weft__OperatorReply *reply;
};

static void *call_run(void *context)
{
	struct call *call = context;
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	char *arguments[] = {(char *)call->argument};

	request.verb = (char *)call->verb;
	request.n_arguments = 1;
	request.arguments = arguments;
	call->result = operator_call(path, &request, &call->reply);
	return NULL;
}

static void operator_listen(void)
{
	channel_listener_close(listener);
	cr_assert_eq(channel_listen(base, address, OPERATOR_FRAME_MAX, operator_accepted, NULL,
				    &listener),
		     0);
}

/* The call blocks, so it has a thread of its own while the loop runs here. */
static void call_and_serve(struct call *call, bool hangs_up)
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, call_run, call), 0);
	run_until(manager.messages && (hangs_up || manager.closed[0]));
	pthread_join(thread, NULL);
	if (hangs_up)
		manager.channel = NULL;
}

Test(channel, an_operator_asks_and_is_answered)
{
	struct call call = {.verb = "get", .argument = "nodes"};

	operator_listen();
	call_and_serve(&call, false);
	cr_assert_eq(call.result, 0);
	cr_assert_str_eq(call.reply->output, "get");
	cr_assert_str_eq(call.reply->errors, "nodes");
	cr_assert_eq(call.reply->status, 1);
	weft__operator_reply__free_unpacked(call.reply, NULL);
}

Test(channel, an_operator_hears_of_a_daemon_that_hangs_up)
{
	struct call call = {.verb = "hang up", .argument = ""};

	operator_listen();
	call_and_serve(&call, true);
	cr_assert_eq(call.result, -ECONNRESET);
}

Test(channel, an_operator_hears_that_nobody_is_there)
{
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply = NULL;

	channel_listener_close(listener);
	listener = NULL;
	cr_assert_eq(operator_call(path, &request, &reply), -ENOENT);
	cr_assert_eq(operator_call("/", &request, &reply), -ECONNREFUSED);
	cr_assert_null(reply);
}

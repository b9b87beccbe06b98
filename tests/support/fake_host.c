/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A manager to test, and hosts of the test's own: see fake_host.h. */
#include "fake_host.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "controller/channel.h"
#include "controller/frame.h"
#include "controller/model.h"

#define PATIENCE_S 20 /* a message that does not come has failed */

/* ---- the manager ------------------------------------------------------------------------------- */

/* build/tests/unit and build/weft-manager are of one build. */
static void program_path(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	cr_assert_gt(length, 0);
	self[length] = '\0';
	cr_assert_lt(snprintf(path, PATH_MAX, "%.*s/weft-manager", PATH_MAX - 20,
			      dirname(dirname(self))),
		     PATH_MAX);
}

static bool manager_answers(const struct test_manager *manager)
{
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply;

	request.verb = (char *)"status";
	if (operator_call(manager->operator_socket, &request, &reply) < 0)
		return false;
	weft__operator_reply__free_unpacked(reply, NULL);
	return true;
}

static void manager_run(struct test_manager *manager)
{
	char program[PATH_MAX], listen[80];

	program_path(program);
	snprintf(listen, sizeof(listen), "unix:%s", manager->host_socket);
	manager->pid = fork();
	cr_assert_geq(manager->pid, 0);
	if (manager->pid == 0) {
		execl(program, "weft-manager", "--state", manager->state, "--socket",
		      manager->operator_socket, "--listen", listen, NULL);
		_exit(127);
	}
	while (!manager_answers(manager)) {
		cr_assert_eq(waitpid(manager->pid, NULL, WNOHANG), 0, "%s has ended", program);
		usleep(1000);
	}
}

void test_manager_start(struct test_manager *manager)
{
	strcpy(manager->directory, "/tmp/weft-manager-XXXXXX");
	cr_assert_not_null(mkdtemp(manager->directory));
	snprintf(manager->state, sizeof(manager->state), "%s/state.db", manager->directory);
	snprintf(manager->operator_socket, sizeof(manager->operator_socket), "%s/operator",
		 manager->directory);
	snprintf(manager->host_socket, sizeof(manager->host_socket), "%s/hosts",
		 manager->directory);
	manager_run(manager);
}

static void manager_end(struct test_manager *manager, int signal)
{
	int status;

	cr_assert_eq(kill(manager->pid, signal), 0);
	cr_assert_eq(waitpid(manager->pid, &status, 0), manager->pid);
	cr_assert(signal == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
		  "weft-manager ended with status %#x", status);
}

void test_manager_restart(struct test_manager *manager, int signal)
{
	manager_end(manager, signal);
	manager_run(manager);
}

void test_manager_stop(struct test_manager *manager)
{
	char wal[80];

	manager_end(manager, SIGTERM);
	snprintf(wal, sizeof(wal), "%s-wal", manager->state);
	unlink(wal);
	unlink(manager->state);
	cr_assert_eq(rmdir(manager->directory), 0, "weft-manager left something in %s",
		     manager->directory);
}

int test_manager_ask(const struct test_manager *manager, const char *verb,
		     const char *const *arguments, const char *topology, json_t **ret_output)
{
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply;
	int status;

	request.verb = (char *)verb;
	request.arguments = (char **)arguments;
	while (arguments && arguments[request.n_arguments])
		request.n_arguments++;
	request.topology.data = (uint8_t *)topology;
	request.topology.len = topology ? strlen(topology) : 0;
	cr_assert_eq(operator_call(manager->operator_socket, &request, &reply), 0);
	fputs(reply->errors, stderr);
	status = (int)reply->status;
	if (ret_output)
		*ret_output = json_loads(reply->output, 0, NULL);
	weft__operator_reply__free_unpacked(reply, NULL);
	return status;
}

uint64_t test_manager_apply(const struct test_manager *manager, const char *topology)
{
	json_t *output;
	uint64_t revision;

	cr_assert_eq(test_manager_ask(manager, "apply", NULL, topology, &output), 0);
	revision = (uint64_t)json_integer_value(json_object_get(output, "revision"));
	json_decref(output);
	return revision;
}

json_t *test_manager_get(const struct test_manager *manager, const char *kind)
{
	const char *arguments[] = {kind, NULL};
	json_t *output;

	cr_assert_eq(test_manager_ask(manager, "get", arguments, NULL, &output), 0);
	cr_assert(json_is_array(output), "`get %s` is no array", kind);
	return output;
}

/* ---- hosts ------------------------------------------------------------------------------------- */

uint32_t fake_host_address(const char *text)
{
	uint32_t address;

	cr_assert_eq(ipv4_parse(text, &address), 0, "%s is no address", text);
	return address;
}

int fake_host_connect(const struct test_manager *manager)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(where.sun_path, manager->host_socket);
	cr_assert_eq(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

int fake_host_join(const struct test_manager *manager, const char *name)
{
	int fd = fake_host_connect(manager);

	fake_host_hello(fd, WEFT__PROTOCOL_VERSION__VERSION_CURRENT, name);
	fake_host_sync(fd);
	return fd;
}

void fake_host_send_raw(int fd, uint32_t length, uint16_t type, const void *octets, size_t size)
{
	struct frame_header header = {.length = length, .type = type};
	uint8_t start[FRAME_HEADER_OCTETS];

	frame_header_write(&header, start);
	cr_assert_eq(send(fd, start, sizeof(start), MSG_NOSIGNAL), (ssize_t)sizeof(start));
	if (size)
		cr_assert_eq(send(fd, octets, size, MSG_NOSIGNAL), (ssize_t)size);
}

void fake_host_send(int fd, enum _Weft__MessageType type, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *octets = malloc(size + 1);

	cr_assert_not_null(octets);
	protobuf_c_message_pack(message, octets);
	fake_host_send_raw(fd, (uint32_t)size, (uint16_t)type, octets, size);
	free(octets);
}

void fake_host_hello(int fd, uint32_t version, const char *name)
{
	Weft__Hello hello = WEFT__HELLO__INIT;

	hello.version = version;
	hello.host = (char *)name;
	hello.software = (char *)"a test";
	fake_host_send(fd, WEFT__MESSAGE_TYPE__HELLO, &hello.base);
}

void fake_host_resolve(int fd, uint32_t network, const char *address, const char *node)
{
	Weft__Resolve resolve = WEFT__RESOLVE__INIT;

	resolve.network = network;
	resolve.address = fake_host_address(address);
	resolve.node = fake_host_address(node);
	fake_host_send(fd, WEFT__MESSAGE_TYPE__RESOLVE, &resolve.base);
}

void fake_host_acknowledge(int fd, uint64_t id)
{
	Weft__Acknowledge acknowledge = WEFT__ACKNOWLEDGE__INIT;

	acknowledge.id = id;
	fake_host_send(fd, WEFT__MESSAGE_TYPE__ACKNOWLEDGE, &acknowledge.base);
}

/* Reads exactly `size` octets. False: the other side has closed. */
static bool receive(int fd, uint8_t *octets, size_t size)
{
	while (size) {
		ssize_t received = recv(fd, octets, size, 0);

		if (received == 0 || (received < 0 && errno == ECONNRESET))
			return false;
		cr_assert_gt(received, 0, "nothing came: %s", strerror(errno));
		octets += received;
		size -= (size_t)received;
	}
	return true;
}

/* The next message but heartbeats. NULL: the end. */
static ProtobufCMessage *next_message(int fd, enum _Weft__MessageType *ret_type)
{
	uint8_t start[FRAME_HEADER_OCTETS], *octets;
	ProtobufCMessage *message;
	struct frame_header header;

	do {
		if (!receive(fd, start, sizeof(start)))
			return NULL;
		frame_header_read(start, &header);
		octets = malloc(header.length + 1);
		cr_assert(octets && frame_descriptor(header.type));
		cr_assert(receive(fd, octets, header.length), "the end came within a message");
		message = protobuf_c_message_unpack(frame_descriptor(header.type), NULL,
						    header.length, octets);
		free(octets);
		cr_assert_not_null(message);
		*ret_type = (enum _Weft__MessageType)header.type;
		if (header.type == WEFT__MESSAGE_TYPE__HEARTBEAT)
			protobuf_c_message_free_unpacked(message, NULL);
	} while (header.type == WEFT__MESSAGE_TYPE__HEARTBEAT);
	return message;
}

ProtobufCMessage *fake_host_expect(int fd, enum _Weft__MessageType type)
{
	enum _Weft__MessageType came = WEFT__MESSAGE_TYPE__MESSAGE_NONE;
	ProtobufCMessage *message = next_message(fd, &came);

	cr_assert_not_null(message, "the manager has closed the connection");
	cr_assert_eq(came, type, "a %s message came", message->descriptor->short_name);
	return message;
}

void fake_host_expect_end(int fd)
{
	enum _Weft__MessageType came;
	ProtobufCMessage *message = next_message(fd, &came);

	cr_assert_null(message, "a message of type %d came", (int)came);
	close(fd);
}

const char *fake_host_sync(int fd)
{
	static const char letters[] = {
		[WEFT__MESSAGE_TYPE__ASSIGN] = 'A',
		[WEFT__MESSAGE_TYPE__TOPOLOGY] = 'T',
		[WEFT__MESSAGE_TYPE__SYNC] = 'S',
	};
	static char came[64];
	enum _Weft__MessageType type;
	size_t length = 0;

	do {
		ProtobufCMessage *message = next_message(fd, &type);

		cr_assert(message && type < sizeof(letters) && letters[type] &&
			  length + 1 < sizeof(came));
		protobuf_c_message_free_unpacked(message, NULL);
		came[length++] = letters[type];
	} while (type != WEFT__MESSAGE_TYPE__SYNC);
	came[length] = '\0';
	return came;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A real weft-manager with its files in a directory of its own, and hosts that say what a test wants
 * them to say: blocking sockets, one call a message. Every failure ends the test.
 */
#ifndef WEFT_TESTS_FAKE_HOST_H
#define WEFT_TESTS_FAKE_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gen/control.pb-c.h"

struct test_manager {
	char directory[32], state[64], operator_socket[64], host_socket[64];
	pid_t pid;
};

/* Starts the program next to this one's directory, and waits until it answers. */
void test_manager_start(struct test_manager *manager);
/* Ends it with a signal, and starts it again on the same state. */
void test_manager_restart(struct test_manager *manager, int signal);
/* Ends it and deletes its files. It must leave cleanly. */
void test_manager_stop(struct test_manager *manager);

/* Asks as the CLI does, and returns the exit status; *ret_output (unless NULL) is to be released. */
int test_manager_ask(const struct test_manager *manager, const char *verb,
		     const char *const *arguments, const char *topology, json_t **ret_output);
/* Applies a topology's text; returns the revision. */
uint64_t test_manager_apply(const struct test_manager *manager, const char *topology);
/* `get KIND`: to be released. */
json_t *test_manager_get(const struct test_manager *manager, const char *kind);

/* Connects, without saying anything. Returns the socket. */
int fake_host_connect(const struct test_manager *manager);
/* Connects, says HELLO and takes what comes, up to SYNC. Returns the socket. */
int fake_host_join(const struct test_manager *manager, const char *name);

void fake_host_send(int fd, enum _Weft__MessageType type, const ProtobufCMessage *message);
void fake_host_send_raw(int fd, uint32_t length, uint16_t type, const void *octets, size_t size);
void fake_host_hello(int fd, uint32_t version, const char *name);
void fake_host_resolve(int fd, uint32_t network, const char *address, const char *node);
void fake_host_acknowledge(int fd, uint64_t id);

/*
 * The next message but heartbeats, which must be of this type; to be freed with
 * protobuf_c_message_free_unpacked().
 */
ProtobufCMessage *fake_host_expect(int fd, enum _Weft__MessageType type);
/* The connection has ended, and nothing came before. */
void fake_host_expect_end(int fd);
/* Takes messages up to SYNC, and returns them as letters: "ATTS". */
const char *fake_host_sync(int fd);

uint32_t fake_host_address(const char *text);

#endif

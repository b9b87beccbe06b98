/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks a manager as hard as it can, as HOSTS hosts that are named host-0, host-1 and so on and have one
 * question each on behalf of their first node. Prints how many answers a second came.
 *
 *   resolve ADDRESS PORT HOSTS WINDOW SECONDS FIRST COUNT
 *
 * WINDOW questions of each host are open at any time, about any of COUNT addresses from FIRST on.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "controller/frame.h"
#include "controller/model.h"

#define USAGE         "resolve ADDRESS PORT HOSTS WINDOW SECONDS FIRST COUNT"
#define HOSTS_MAX     64
#define BUFFER_OCTETS (1 << 20)
#define PATIENCE_MS   30000

struct asker {
	int fd;
	uint32_t network, node; /* on whose behalf */
	bool synced;
	size_t length; /* of what came and was not looked at */
	uint8_t octets[BUFFER_OCTETS];
};

struct load {
	struct asker *hosts;
	uint32_t host_count, window, first, count;
	uint64_t answers, refusals;
};

static size_t message_pack(uint16_t type, const ProtobufCMessage *message, uint8_t *octets)
{
	size_t length = protobuf_c_message_pack(message, octets + FRAME_HEADER_OCTETS);
	struct frame_header header = {.length = (uint32_t)length, .type = type};

	frame_header_write(&header, octets);
	return FRAME_HEADER_OCTETS + length;
}

static void send_octets(const struct asker *host, const uint8_t *octets, size_t length)
{
	while (length) {
		ssize_t sent = send(host->fd, octets, length, MSG_NOSIGNAL);

		if (sent < 0)
			die("send", errno);
		octets += sent;
		length -= (size_t)sent;
	}
}

static void host_join(struct asker *host, const char *address, const char *port, unsigned int index)
{
	struct sockaddr_in6 where = {.sin6_family = AF_INET6,
				     .sin6_port = htons((uint16_t)number(port))};
	Weft__Hello hello = WEFT__HELLO__INIT;
	uint8_t octets[256];
	char name[32];
	int on = 1;

	if (inet_pton(AF_INET6, address, &where.sin6_addr) != 1)
		die(address, EINVAL);
	host->fd = checked(socket(AF_INET6, SOCK_STREAM, 0), "socket");
	setsockopt(host->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	checked(connect(host->fd, (struct sockaddr *)&where, sizeof(where)), "connect");
	snprintf(name, sizeof(name), "host-%u", index);
	hello.version = WEFT__PROTOCOL_VERSION__VERSION_CURRENT;
	hello.host = name;
	hello.software = (char *)"bench";
	send_octets(host, octets, message_pack(WEFT__MESSAGE_TYPE__HELLO, &hello.base, octets));
}

static void questions_send(const struct load *load, const struct asker *host, uint32_t count)
{
	static uint8_t octets[BUFFER_OCTETS];
	Weft__Resolve question = WEFT__RESOLVE__INIT;
	size_t length = 0;

	question.network = host->network;
	question.node = host->node;
	for (uint32_t i = 0; i < count && length < sizeof(octets) - 64; i++) {
		question.address = load->first + random_below(load->count);
		length +=
			message_pack(WEFT__MESSAGE_TYPE__RESOLVE, &question.base, octets + length);
	}
	send_octets(host, octets, length);
}

static void assign_read(struct asker *host, const uint8_t *octets, size_t length)
{
	Weft__Assign *assign = weft__assign__unpack(NULL, length, octets);

	if (!assign || !assign->n_nodes)
		die("a host has no node", EPROTO);
	host->network = assign->nodes[0]->network;
	host->node = assign->nodes[0]->address;
	weft__assign__free_unpacked(assign, NULL);
}

/* One message. Returns how many questions it answers. */
static uint32_t message_read(struct load *load, struct asker *host, uint16_t type,
			     const uint8_t *octets, size_t length)
{
	switch (type) {
	case WEFT__MESSAGE_TYPE__MAPPING:
		load->answers++;
		return 1;
	case WEFT__MESSAGE_TYPE__NEGATIVE:
		load->refusals++;
		return 1;
	case WEFT__MESSAGE_TYPE__ASSIGN:
		assign_read(host, octets, length);
		return 0;
	case WEFT__MESSAGE_TYPE__SYNC:
		host->synced = true;
		return 0;
	case WEFT__MESSAGE_TYPE__REFUSE:
		die("a host was refused", EPROTO);
	default:
		return 0;
	}
}

/* Takes what came. Returns how many questions were answered. */
static uint32_t host_read(struct load *load, struct asker *host)
{
	ssize_t came = recv(host->fd, host->octets + host->length, BUFFER_OCTETS - host->length, 0);
	uint32_t answered = 0;
	size_t at = 0;

	if (came <= 0)
		die("the manager has closed a connection", came ? errno : EPIPE);
	host->length += (size_t)came;
	while (host->length - at >= FRAME_HEADER_OCTETS) {
		struct frame_header header;

		frame_header_read(host->octets + at, &header);
		if (header.length > BUFFER_OCTETS - FRAME_HEADER_OCTETS)
			die("a message is too long", EPROTO);
		if (host->length - at < FRAME_HEADER_OCTETS + header.length)
			break;
		answered += message_read(load, host, header.type,
					 host->octets + at + FRAME_HEADER_OCTETS, header.length);
		at += FRAME_HEADER_OCTETS + header.length;
	}
	memmove(host->octets, host->octets + at, host->length - at);
	host->length -= at;
	return answered;
}

static void wait_for_sync(struct load *load)
{
	for (uint32_t i = 0; i < load->host_count; i++)
		while (!load->hosts[i].synced)
			host_read(load, &load->hosts[i]);
}

static void run(struct load *load, uint64_t duration)
{
	struct pollfd fds[HOSTS_MAX];
	uint64_t start = now_ns(), end;

	for (uint32_t i = 0; i < load->host_count; i++) {
		fds[i] = (struct pollfd){.fd = load->hosts[i].fd, .events = POLLIN};
		questions_send(load, &load->hosts[i], load->window);
	}
	do {
		if (poll(fds, load->host_count, PATIENCE_MS) <= 0)
			die("no answer", ETIMEDOUT);
		for (uint32_t i = 0; i < load->host_count; i++)
			if (fds[i].revents)
				questions_send(load, &load->hosts[i],
					       host_read(load, &load->hosts[i]));
		end = now_ns();
	} while (end - start < duration);
	if (load->refusals)
		die("the manager doesn't know an address", EPROTO);
	printf("%.0f %llu\n", (double)load->answers * 1e9 / (double)(end - start),
	       (unsigned long long)load->answers);
}

int main(int argc, char **argv)
{
	struct load load = {};

	if (argc != 8)
		die_usage(USAGE);
	load.host_count = number(argv[3]);
	load.window = number(argv[4]);
	load.count = number(argv[7]);
	if (ipv4_parse(argv[6], &load.first) < 0 || !load.host_count || load.host_count > HOSTS_MAX)
		die_usage(USAGE);
	load.hosts = calloc(load.host_count, sizeof(*load.hosts));
	if (!load.hosts)
		die("hosts", ENOMEM);
	for (uint32_t i = 0; i < load.host_count; i++)
		host_join(&load.hosts[i], argv[1], argv[2], i);
	wait_for_sync(&load);
	run(&load, duration_ns(argv[5]));
	free(load.hosts);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP in small pieces: one octet there, one octet back.
 *
 *   talk serve PORT                        answers until it is killed
 *   talk ask ADDRESS PORT SECONDS          one connection: prints p50 and p99 in nanoseconds, and
 *                                          how many a second
 *   talk connect ADDRESS PORT SECONDS      a connection for each question: prints how many a second
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

#define USAGE       "talk serve PORT | talk ask|connect ADDRESS PORT SECONDS"
#define EVENTS_MAX  64
#define SAMPLES_MAX 1000000
#define PATIENCE_S  5

static struct sockaddr_in address_of(const char *address, const char *port)
{
	struct sockaddr_in where = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)number(port))};

	if (inet_pton(AF_INET, address, &where.sin_addr) != 1)
		die(address, EINVAL);
	return where;
}

/* ---- the one who answers ------------------------------------------------------------------------- */

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	checked(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll");
}

static void welcome(int epoll, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int on = 1;

	if (fd < 0)
		return; /* whoever it was has gone already */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(epoll, fd);
}

static void answer(int fd)
{
	char octets[64];
	ssize_t length = recv(fd, octets, sizeof(octets), 0);

	if (length > 0 && send(fd, octets, (size_t)length, MSG_NOSIGNAL) == length)
		return;
	if (length < 0 && errno == EAGAIN)
		return;
	close(fd);
}

static _Noreturn void serve(const char *port)
{
	struct sockaddr_in where = address_of("0.0.0.0", port);
	int listener = checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
	int epoll = checked(epoll_create1(0), "epoll");
	struct epoll_event events[EVENTS_MAX];
	int on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	checked(bind(listener, (struct sockaddr *)&where, sizeof(where)), "bind");
	checked(listen(listener, 1024), "listen");
	watch(epoll, listener);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				welcome(epoll, listener);
			else
				answer(events[i].data.fd);
		}
	}
}

/* ---- the one who asks ---------------------------------------------------------------------------- */

static int call(const struct sockaddr_in *where)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	checked(connect(fd, (const struct sockaddr *)where, sizeof(*where)), "connect");
	return fd;
}

static void exchange(int fd)
{
	char octet = 'w';

	if (send(fd, &octet, 1, MSG_NOSIGNAL) != 1 || recv(fd, &octet, 1, 0) != 1)
		die("no answer", errno);
}

static void ask(const struct sockaddr_in *where, uint64_t duration)
{
	static uint32_t samples[SAMPLES_MAX];
	int fd = call(where);
	uint64_t start = now_ns(), before = start;
	size_t count = 0;

	while (before - start < duration && count < SAMPLES_MAX) {
		uint64_t after;

		exchange(fd);
		after = now_ns();
		samples[count++] = (uint32_t)(after - before);
		before = after;
	}
	qsort(samples, count, sizeof(samples[0]), u32_compare);
	printf("%u %u %.0f\n", percentile(samples, count, 50), percentile(samples, count, 99),
	       (double)count * 1e9 / (double)(before - start));
}

static void connect_often(const struct sockaddr_in *where, uint64_t duration)
{
	struct linger at_once = {.l_onoff = 1}; /* ends with a reset: no port stays in TIME_WAIT */
	uint64_t start = now_ns(), end;
	size_t count = 0;

	do {
		int fd = call(where);

		exchange(fd);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		count++;
		end = now_ns();
	} while (end - start < duration);
	printf("%.0f\n", (double)count * 1e9 / (double)(end - start));
}

int main(int argc, char **argv)
{
	struct sockaddr_in where;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	if (argc != 5)
		die_usage(USAGE);
	where = address_of(argv[2], argv[3]);
	if (strcmp(argv[1], "ask") == 0)
		ask(&where, duration_ns(argv[4]));
	else if (strcmp(argv[1], "connect") == 0)
		connect_often(&where, duration_ns(argv[4]));
	else
		die_usage(USAGE);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UDP as fast as one socket can: 18 octets of payload make the smallest Ethernet frame.
 *
 *   datagrams send ADDRESS[/COUNT] PORT SECONDS  to that address, or to any of COUNT from it on;
 *                                                prints how many a second it has sent, and how
 *                                                many a second of its CPU time
 *   datagrams receive PORT SECONDS               prints how many a second came, counted from a tenth
 *                                                of a second after the first
 *
 * What counts is what arrives. The receiver looks every half millisecond: if it waited, waking it would
 * be a fifth of what is measured, and the same for each path.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

#define USAGE          "datagrams send ADDRESS[/COUNT] PORT SECONDS | datagrams receive PORT SECONDS"
#define PAYLOAD_OCTETS 18
#define BATCH          64
#define BUFFER_OCTETS  (32 << 20)
#define PATIENCE_S     5
#define LOOK_US        500

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_in addresses[BATCH];
	char octets[BATCH][64];
};

static void batch_init(struct batch *batch, size_t octets)
{
	memset(batch, 0, sizeof(*batch));
	for (size_t i = 0; i < BATCH; i++) {
		batch->parts[i] = (struct iovec){batch->octets[i], octets};
		batch->messages[i].msg_hdr.msg_iov = &batch->parts[i];
		batch->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

/* "10.0.0.3" or "10.128.0.0/1000": from which address on, host byte order, and how many. */
static uint32_t addresses_parse(char *text, uint32_t *ret_count)
{
	char *slash = strchr(text, '/');
	struct in_addr address;

	*ret_count = slash ? number(slash + 1) : 1;
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, text, &address) != 1 || !*ret_count)
		die(text, EINVAL);
	return ntohl(address.s_addr);
}

static void aim(struct batch *batch, uint32_t first, uint32_t count)
{
	for (size_t i = 0; i < BATCH; i++)
		batch->addresses[i].sin_addr.s_addr = htonl(first + random_below(count));
}

static void send_all(char *where, const char *port, uint64_t duration)
{
	static struct batch batch;
	int fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	uint32_t count, first = addresses_parse(where, &count);
	uint64_t start = now_ns(), cpu_start = cpu_ns(), end, sent = 0;

	batch_init(&batch, PAYLOAD_OCTETS);
	for (size_t i = 0; i < BATCH; i++) {
		batch.addresses[i].sin_family = AF_INET;
		batch.addresses[i].sin_port = htons((uint16_t)number(port));
		if (count > 1) {
			batch.messages[i].msg_hdr.msg_name = &batch.addresses[i];
			batch.messages[i].msg_hdr.msg_namelen = sizeof(batch.addresses[i]);
		}
	}
	aim(&batch, first, count);
	if (count == 1) /* connected: no route lookup for each */
		checked(connect(fd, (struct sockaddr *)&batch.addresses[0],
				sizeof(batch.addresses[0])),
			"connect");
	do {
		int done = sendmmsg(fd, batch.messages, BATCH, 0);

		/* ENOBUFS: the queue is full; ECONNREFUSED: an ICMP error about an earlier one. */
		if (done < 0 && errno != ENOBUFS && errno != ECONNREFUSED && errno != EHOSTUNREACH)
			die("send", errno);
		sent += done > 0 ? (uint64_t)done : 0;
		if (count > 1)
			aim(&batch, first, count);
		end = now_ns();
	} while (end - start < duration);
	printf("%.0f %.0f\n", (double)sent * 1e9 / (double)(end - start),
	       (double)sent * 1e9 / (double)(cpu_ns() - cpu_start));
}

static int receiver_open(const char *port)
{
	struct sockaddr_in where = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)number(port))};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int octets = BUFFER_OCTETS;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	checked(bind(fd, (struct sockaddr *)&where, sizeof(where)), "bind");
	return fd;
}

static void receive_all(const char *port, uint64_t duration)
{
	static struct batch batch;
	uint64_t begin = 0, start = 0, now, received = 0;
	int fd = receiver_open(port);

	batch_init(&batch, sizeof(batch.octets[0]));
	do {
		int done = recvmmsg(fd, batch.messages, BATCH,
				    begin ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);

		if (done < 0 && (errno != EAGAIN || !begin))
			die("nothing came", errno);
		if (done < 0)
			usleep(LOOK_US);
		now = now_ns();
		if (!begin)
			begin = now;
		if (start)
			received += done > 0 ? (uint64_t)done : 0;
		else if (now - begin >= NS_PER_S / 10)
			start = now;
	} while (!start || now - start < duration);
	printf("%.0f\n", (double)received * 1e9 / (double)(now - start));
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "send") == 0)
		send_all(argv[2], argv[3], duration_ns(argv[4]));
	else if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive_all(argv[2], duration_ns(argv[3]));
	else
		die_usage(USAGE);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a miss costs: sends UDP to addresses that nobody has sent to yet, and takes the time until each
 * packet is on the fabric. Run in the sending node's network namespace.
 *
 *   misses latency FABRIC_NAMESPACE INTERFACE FIRST COUNT
 *       twice to each, one after the other: prints p50 and p99 in nanoseconds of the first packets,
 *       p50 and p99 of the second ones, and how many were lost
 *   misses rate FABRIC_NAMESPACE INTERFACE FIRST COUNT WINDOW
 *       once to each, at most WINDOW on their way: prints how many a second, and how many were lost
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "controller/model.h"

#define USAGE          "misses latency|rate FABRIC_NAMESPACE INTERFACE FIRST COUNT [WINDOW]"
#define PAYLOAD_OCTETS 18
#define PORT           9 /* discard */
#define PATIENCE_MS    2000
#define BUFFER_OCTETS  (64 << 20)
#define SAMPLES_MAX    1000000

struct both_ends {
	int node, fabric; /* sockets */
	uint32_t first, count;
};

static int fabric_open(const char *namespace, const char *interface)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IPV6)};
	int octets = BUFFER_OCTETS;
	int fd = checked(open(namespace, O_RDONLY | O_CLOEXEC), namespace);

	checked(setns(fd, CLONE_NEWNET), namespace);
	close(fd);
	where.sll_ifindex = (int)interface_index(interface);
	fd = checked(socket(AF_PACKET, SOCK_DGRAM, 0), "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets));
	checked(bind(fd, (struct sockaddr *)&where, sizeof(where)), interface);
	return fd;
}

static void send_to(const struct both_ends *ends, uint32_t index)
{
	static const char payload[PAYLOAD_OCTETS];
	struct sockaddr_in where = {.sin_family = AF_INET,
				    .sin_port = htons(PORT),
				    .sin_addr.s_addr = htonl(ends->first + index)};

	if (sendto(ends->node, payload, sizeof(payload), 0, (struct sockaddr *)&where,
		   sizeof(where)) < 0 &&
	    errno != ENOBUFS)
		die("send", errno);
}

/* Whether a packet has come, and to which address; waits up to `patience_ms`. */
static bool came(const struct both_ends *ends, int patience_ms, uint32_t *ret_index)
{
	struct pollfd wait = {.fd = ends->fabric, .events = POLLIN};
	struct sockaddr_ll from;
	struct ip6_hdr header;

	for (;;) {
		socklen_t length = sizeof(from);
		ssize_t octets = recvfrom(ends->fabric, &header, sizeof(header), MSG_DONTWAIT,
					  (struct sockaddr *)&from, &length);
		uint32_t index;

		if (octets < 0 && poll(&wait, 1, patience_ms) <= 0)
			return false;
		if (octets != sizeof(header) || from.sll_pkttype == PACKET_OUTGOING ||
		    header.ip6_nxt != IPPROTO_UDP)
			continue;
		index = ntohl(header.ip6_dst.s6_addr32[3]) - ends->first;
		if (index >= ends->count)
			continue;
		*ret_index = index;
		return true;
	}
}

/* Nanoseconds until a packet to that address is there; 0: it is lost. */
static uint32_t time_one(const struct both_ends *ends, uint32_t index)
{
	uint64_t start = now_ns();
	uint32_t which;

	send_to(ends, index);
	do {
		if (!came(ends, PATIENCE_MS, &which))
			return 0;
	} while (which != index);
	return (uint32_t)(now_ns() - start);
}

static void measure_latency(const struct both_ends *ends)
{
	static uint32_t first[SAMPLES_MAX], second[SAMPLES_MAX];
	uint32_t firsts = 0, seconds = 0;

	for (uint32_t i = 0; i < ends->count; i++) {
		uint32_t time = time_one(ends, i);

		if (time)
			first[firsts++] = time;
		time = time_one(ends, i);
		if (time)
			second[seconds++] = time;
	}
	qsort(first, firsts, sizeof(first[0]), u32_compare);
	qsort(second, seconds, sizeof(second[0]), u32_compare);
	printf("%u %u %u %u %u\n", percentile(first, firsts, 50), percentile(first, firsts, 99),
	       percentile(second, seconds, 50), percentile(second, seconds, 99),
	       2 * ends->count - firsts - seconds);
}

static void measure_rate(const struct both_ends *ends, uint32_t window)
{
	uint64_t start = now_ns(), end = start;
	uint32_t sent = 0, arrived = 0, which;

	while (arrived < ends->count) {
		bool full = sent == ends->count || sent - arrived >= window;

		if (!full)
			send_to(ends, sent++);
		if (!came(ends, full ? PATIENCE_MS : 0, &which)) {
			if (full)
				break;
			continue;
		}
		arrived++;
		end = now_ns();
	}
	printf("%.0f %u\n", (double)arrived * 1e9 / (double)(end - start), sent - arrived);
}

int main(int argc, char **argv)
{
	bool rate = argc == 7 && strcmp(argv[1], "rate") == 0;
	struct both_ends ends = {};

	if (!rate && !(argc == 6 && strcmp(argv[1], "latency") == 0))
		die_usage(USAGE);
	if (ipv4_parse(argv[4], &ends.first) < 0)
		die(argv[4], EINVAL);
	ends.count = number(argv[5]);
	if (ends.count > SAMPLES_MAX)
		die(argv[5], ERANGE);
	ends.node = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	ends.fabric = fabric_open(argv[2], argv[3]);
	if (rate)
		measure_rate(&ends, number(argv[6]));
	else
		measure_latency(&ends);
	return 0;
}

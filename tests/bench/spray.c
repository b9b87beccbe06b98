/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What many nodes of one host send to one node, as it comes from the substrate: UDP in weft's IPv6
 * header, 18 octets of payload, the source any of COUNT addresses. Prints how many a second were sent.
 *
 *   spray INTERFACE TO_MAC NETWORK FROM_LOCATOR FROM/COUNT TO_LOCATOR TO PORT SECONDS
 */
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "bench.h"
#include "frames.h"

#define USAGE "spray INTERFACE TO_MAC NETWORK FROM_LOCATOR FROM/COUNT TO_LOCATOR TO PORT SECONDS"
#define BATCH 64

static int sender_open(const char *interface)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET,
				    .sll_ifindex = (int)interface_index(interface)};
	int fd = checked(socket(AF_PACKET, SOCK_RAW, 0), "socket");

	checked(bind(fd, (struct sockaddr *)&where, sizeof(where)), interface);
	return fd;
}

int main(int argc, char **argv)
{
	static struct substrate_frame frames[BATCH];
	struct mmsghdr messages[BATCH] = {};
	struct iovec parts[BATCH];
	char *slash = argc == 10 ? strchr(argv[5], '/') : NULL;
	uint32_t from, count;
	uint64_t duration, start, end, sent = 0;
	int fd;

	if (!slash)
		die_usage(USAGE);
	*slash = '\0';
	count = number(slash + 1);
	from = address_read(argv[5]);
	duration = duration_ns(argv[9]);
	fd = sender_open(argv[1]);
	for (size_t i = 0; i < BATCH; i++) {
		substrate_frame_read(argv + 2, &frames[i]);
		parts[i] = (struct iovec){&frames[i], sizeof(frames[i])};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	start = now_ns();
	do {
		int done;

		for (size_t i = 0; i < BATCH; i++) {
			frames[i].ipv6.ip6_src.s6_addr32[3] = htonl(from + random_below(count));
			frames[i].udp.check = 0;
			frames[i].udp.check = substrate_checksum(&frames[i]);
		}
		done = sendmmsg(fd, messages, BATCH, 0);
		if (done < 0 && errno != ENOBUFS)
			die("send", errno);
		sent += done > 0 ? (uint64_t)done : 0;
		end = now_ns();
	} while (end - start < duration);
	printf("%.0f\n", (double)sent * 1e9 / (double)(end - start));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What many nodes of one host send to one node, as it comes from the substrate: UDP in weft's IPv6
 * header, 18 octets of payload, the source any of COUNT addresses. Prints how many a second were sent.
 *
 *   spray INTERFACE TO_MAC NETWORK FROM_LOCATOR FROM/COUNT TO_LOCATOR TO PORT SECONDS
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <sys/socket.h>

#include "bench.h"
#include "controller/plan.h"

#define USAGE          "spray INTERFACE TO_MAC NETWORK FROM_LOCATOR FROM/COUNT TO_LOCATOR TO PORT SECONDS"
#define PAYLOAD_OCTETS 18
#define BATCH          64
#define TTL            64

struct frame {
	struct ether_header ethernet;
	struct ip6_hdr ipv6;
	struct udphdr udp;
	uint8_t payload[PAYLOAD_OCTETS];
} __attribute__((packed));

static uint32_t sum_octets(const void *octets, size_t length)
{
	const uint8_t *at = octets;
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	return sum;
}

/* The UDP checksum, all of the frame being written but that. */
static uint16_t udp_checksum(const struct frame *frame)
{
	uint32_t sum =
		sum_octets((const uint8_t *)&frame->ipv6 + offsetof(struct ip6_hdr, ip6_src), 32) +
		IPPROTO_UDP + ntohs(frame->udp.len) +
		sum_octets(&frame->udp, sizeof(frame->udp) + sizeof(frame->payload));

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0xffff : htons((uint16_t)~sum);
}

static void substrate_read(const char *locator_, const char *network, uint32_t address,
			   void *ret_address)
{
	struct substrate_locator locator;
	struct substrate_address substrate;
	uint16_t correction;

	if (locator_parse(locator_, &locator) < 0)
		die(locator_, EINVAL);
	plan_address(&locator, number(network), address, &substrate, &correction);
	memcpy(ret_address, substrate.octets, sizeof(substrate));
}

static uint32_t address_read(const char *text)
{
	uint32_t address;

	if (ipv4_parse(text, &address) < 0)
		die(text, EINVAL);
	return address;
}

/* Everything that is the same in each frame, from the command line. */
static void frame_make(char **argv, uint32_t from, struct frame *frame)
{
	struct flow_label label = {.ttl = TTL};
	size_t length = sizeof(frame->udp) + sizeof(frame->payload);
	struct mac mac;

	memset(frame, 0, sizeof(*frame));
	if (mac_parse(argv[2], &mac) < 0)
		die(argv[2], EINVAL);
	memcpy(frame->ethernet.ether_dhost, mac.octets, ETH_ALEN);
	frame->ethernet.ether_shost[0] = 2;
	frame->ethernet.ether_type = htons(ETHERTYPE_IPV6);
	frame->ipv6.ip6_flow = htonl(6U << 28 | flow_label_encode(&label));
	frame->ipv6.ip6_plen = htons((uint16_t)length);
	frame->ipv6.ip6_nxt = IPPROTO_UDP;
	frame->ipv6.ip6_hlim = 64;
	substrate_read(argv[4], argv[3], from,
		       (uint8_t *)&frame->ipv6 + offsetof(struct ip6_hdr, ip6_src));
	substrate_read(argv[6], argv[3], address_read(argv[7]),
		       (uint8_t *)&frame->ipv6 + offsetof(struct ip6_hdr, ip6_dst));
	frame->udp.source = frame->udp.dest = htons((uint16_t)number(argv[8]));
	frame->udp.len = htons((uint16_t)length);
}

static int sender_open(const char *interface)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET,
				    .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = checked(socket(AF_PACKET, SOCK_RAW, 0), "socket");

	checked(bind(fd, (struct sockaddr *)&where, sizeof(where)), interface);
	return fd;
}

int main(int argc, char **argv)
{
	static struct frame frames[BATCH];
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
		frame_make(argv, from, &frames[i]);
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
			frames[i].udp.check = udp_checksum(&frames[i]);
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

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends one UDP datagram in an Ethernet frame in which nothing has to be true: what a node that lies,
 * or somebody on the substrate, would send. IPv4 or IPv6 as the addresses are; checksums are right.
 *
 *   frame eth0 from-mac 02:00:00:00:00:01 to-mac 02:00:00:00:00:02 from 10.0.0.2 to 10.0.0.3
 *         [ttl 64] [label 0] [port 4321] [text TEXT]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/model.h"

#define TEXT_MAX 1024

struct wish {
	struct mac from_mac, to_mac;
	const char *from, *to, *text;
	unsigned long ttl, label, port;
};

struct frame {
	uint8_t octets[sizeof(struct ether_header) + sizeof(struct ip6_hdr) +
		       sizeof(struct udphdr) + TEXT_MAX];
	size_t length;
};

static _Noreturn void die(const char *message, const char *what)
{
	fprintf(stderr, "frame: %s: %s\n", what, message);
	exit(1);
}

static void wish_set(struct wish *wish, const char *key, const char *value)
{
	if (strcmp(key, "from") == 0)
		wish->from = value;
	else if (strcmp(key, "to") == 0)
		wish->to = value;
	else if (strcmp(key, "text") == 0 && strlen(value) <= TEXT_MAX)
		wish->text = value;
	else if (strcmp(key, "ttl") == 0)
		wish->ttl = strtoul(value, NULL, 0);
	else if (strcmp(key, "label") == 0)
		wish->label = strtoul(value, NULL, 0);
	else if (strcmp(key, "port") == 0)
		wish->port = strtoul(value, NULL, 0);
	else if (strcmp(key, "from-mac") == 0 ? mac_parse(value, &wish->from_mac)
		 : strcmp(key, "to-mac") == 0 ? mac_parse(value, &wish->to_mac)
					      : -EINVAL)
		die(value, key);
}

/* RFC 1071: adds octets to a sum of 16-bit words in network byte order. */
static uint32_t sum_add(uint32_t sum, const void *data, size_t length)
{
	const uint8_t *octets = data;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? octets[i] : octets[i] << 8;
	return sum;
}

static uint16_t sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void *frame_append(struct frame *frame, const void *data, size_t length)
{
	void *place = frame->octets + frame->length;

	memcpy(place, data, length);
	frame->length += length;
	return place;
}

/* The IP header; returns the sum of its part in the UDP checksum. */
static uint32_t append_ipv4(struct frame *frame, const struct wish *wish, uint16_t payload)
{
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .tot_len = htons(sizeof(ip) + payload),
			   .ttl = wish->ttl,
			   .protocol = IPPROTO_UDP};

	if (inet_pton(AF_INET, wish->from, &ip.saddr) != 1 ||
	    inet_pton(AF_INET, wish->to, &ip.daddr) != 1)
		die("from and to must be addresses of one kind", wish->from);
	ip.check = sum_finish(sum_add(0, &ip, sizeof(ip)));
	frame_append(frame, &ip, sizeof(ip));
	return sum_add(0, &ip.saddr, 8);
}

static uint32_t append_ipv6(struct frame *frame, const struct wish *wish, uint16_t payload)
{
	struct ip6_hdr ip = {.ip6_flow = htonl(6U << 28 | (wish->label & 0xfffff)),
			     .ip6_plen = htons(payload),
			     .ip6_nxt = IPPROTO_UDP,
			     .ip6_hlim = wish->ttl};

	if (inet_pton(AF_INET6, wish->from, &ip.ip6_src) != 1 ||
	    inet_pton(AF_INET6, wish->to, &ip.ip6_dst) != 1)
		die("from and to must be addresses of one kind", wish->from);
	frame_append(frame, &ip, sizeof(ip));
	return sum_add(0, &ip.ip6_src, 32);
}

static void frame_compose(struct frame *frame, const struct wish *wish)
{
	bool ipv6 = strchr(wish->from, ':');
	uint16_t length = sizeof(struct udphdr) + strlen(wish->text);
	struct ether_header ethernet = {.ether_type = htons(ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP)};
	struct udphdr udp = {
		.source = htons(wish->port), .dest = htons(wish->port), .len = htons(length)};
	uint32_t sum;

	memcpy(ethernet.ether_shost, wish->from_mac.octets, ETH_ALEN);
	memcpy(ethernet.ether_dhost, wish->to_mac.octets, ETH_ALEN);
	frame->length = 0;
	frame_append(frame, &ethernet, sizeof(ethernet));
	sum = ipv6 ? append_ipv6(frame, wish, length) : append_ipv4(frame, wish, length);
	sum = sum_add(sum + IPPROTO_UDP + length, &udp, sizeof(udp));
	udp.check = sum_finish(sum_add(sum, wish->text, strlen(wish->text)));
	if (udp.check == 0)
		udp.check = 0xffff;
	frame_append(frame, &udp, sizeof(udp));
	frame_append(frame, wish->text, strlen(wish->text));
}

static void frame_send(const struct frame *frame, const char *interface)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (!to.sll_ifindex)
		die("there is no such interface", interface);
	if (fd < 0 || sendto(fd, frame->octets, frame->length, 0, (struct sockaddr *)&to,
			     sizeof(to)) != (ssize_t)frame->length)
		die(strerror(errno), interface);
	close(fd);
}

int main(int argc, char **argv)
{
	struct wish wish = {.text = "weft", .ttl = 64, .port = 4321};
	struct frame frame;

	if (argc < 2 || argc % 2)
		die("INTERFACE [KEY VALUE]...", "usage");
	for (int i = 2; i < argc; i += 2)
		wish_set(&wish, argv[i], argv[i + 1]);
	if (!wish.from || !wish.to)
		die("both must be given", "from and to");
	frame_compose(&frame, &wish);
	frame_send(&frame, argv[1]);
	return 0;
}

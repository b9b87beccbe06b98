/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sending held frames again, with what a copy of the octets doesn't have: offloads and the mark. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "reinject.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

int reinject_open(uint32_t out_ifindex)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)out_ifindex,
	};
	int on = 1, err;
	/* Protocol 0: it only sends. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Where TCP or UDP begins, and what its pseudo header adds up to. */
struct transport {
	size_t offset;
	uint8_t protocol;
	uint32_t pseudo_sum; /* of 16-bit words in network order */
};

static uint32_t sum_words(const unsigned char *octets, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)octets[i] << 8 | octets[i + 1];
	if (length & 1)
		sum += (uint32_t)octets[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Finds TCP or UDP in the frame; false if there is none, or only a fragment of it. */
static bool transport_find(const unsigned char *frame, size_t length, struct transport *ret)
{
	const unsigned char *packet = frame + ETH_HLEN;
	size_t total;

	if (length < ETH_HLEN + sizeof(struct ip))
		return false;
	if (frame[12] == 0x08 && frame[13] == 0x00) {
		ret->offset = ETH_HLEN + (size_t)(packet[0] & 0xf) * 4;
		ret->protocol = packet[9];
		ret->pseudo_sum = sum_words(packet + 12, 8);
		total = (size_t)packet[2] << 8 | packet[3];
		if ((packet[6] & 0x3f) || packet[7])
			return false;
	} else if (frame[12] == 0x86 && frame[13] == 0xdd &&
		   length >= ETH_HLEN + sizeof(struct ip6_hdr)) {
		ret->offset = ETH_HLEN + sizeof(struct ip6_hdr);
		ret->protocol = packet[6];
		ret->pseudo_sum = sum_words(packet + 8, 32);
		total = sizeof(struct ip6_hdr) + ((size_t)packet[4] << 8 | packet[5]);
	} else {
		return false;
	}
	if (ETH_HLEN + total < ret->offset || ETH_HLEN + total > length)
		return false;
	ret->pseudo_sum += ret->protocol;
	ret->pseudo_sum += (uint32_t)(ETH_HLEN + total - ret->offset);
	return ret->protocol == IPPROTO_TCP || ret->protocol == IPPROTO_UDP;
}

void reinject_offloads(const unsigned char *frame, size_t length, uint16_t gso_size,
		       struct virtio_net_hdr *ret_header)
{
	size_t header_octets, checksum_offset;
	struct transport transport;
	uint16_t field;

	memset(ret_header, 0, sizeof(*ret_header));
	if (!transport_find(frame, length, &transport))
		return;
	checksum_offset = transport.protocol == IPPROTO_TCP ? offsetof(struct tcphdr, th_sum)
							    : offsetof(struct udphdr, uh_sum);
	header_octets =
		transport.protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
	if (transport.offset + header_octets > length)
		return;
	field = (uint16_t)(frame[transport.offset + checksum_offset] << 8 |
			   frame[transport.offset + checksum_offset + 1]);
	/* Unfinished, the field is the pseudo header's sum; finished, it completes the whole sum. */
	if (field != fold(transport.pseudo_sum))
		return;
	ret_header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	ret_header->csum_start = (uint16_t)transport.offset;
	ret_header->csum_offset = (uint16_t)checksum_offset;
	if (!gso_size)
		return;
	if (transport.protocol == IPPROTO_TCP) {
		header_octets = (size_t)(frame[transport.offset + 12] >> 4) * 4;
		ret_header->gso_type =
			frame[12] == 0x08 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	} else {
		ret_header->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	}
	ret_header->gso_size = gso_size;
	ret_header->hdr_len = (uint16_t)(transport.offset + header_octets);
}

int reinject_send(int fd, uint32_t out_ifindex, const struct held_frame *frame)
{
	const unsigned char *octets = (const unsigned char *)(frame + 1);
	uint32_t whole = frame->purpose == HELD_FOR_REASSEMBLY ? REINJECT_WHOLE : 0;
	uint32_t mark = REINJECT_MARK | whole | frame->ifindex;
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)out_ifindex,
	};
	union {
		char buffer[CMSG_SPACE(sizeof(mark))];
		struct cmsghdr alignment;
	} control = {};
	struct virtio_net_hdr offloads;
	struct iovec parts[] = {
		{&offloads, sizeof(offloads)},
		{(void *)octets, frame->length},
	};
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (frame->length < ETH_HLEN)
		return -EINVAL;
	reinject_offloads(octets, frame->length, frame->gso_size, &offloads);
	memcpy(&address.sll_protocol, octets + 12, sizeof(address.sll_protocol));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SO_MARK;
	header->cmsg_len = CMSG_LEN(sizeof(mark));
	memcpy(CMSG_DATA(header), &mark, sizeof(mark));
	return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

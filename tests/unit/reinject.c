/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a held frame has to be sent again with: offloads, found out from its octets. */
#include <criterion/criterion.h>

#include "controller/agent/reinject.h"
#include "tests/support/cast.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define TCP_CHECKSUM_AT 16
#define UDP_CHECKSUM_AT 6

static struct virtio_net_hdr offloads_of(const struct frame *frame, uint16_t gso_size)
{
	struct virtio_net_hdr offloads;

	reinject_offloads(frame->octets, frame->length, gso_size, &offloads);
	return offloads;
}

static void assert_none(const struct frame *frame, uint16_t gso_size)
{
	struct virtio_net_hdr offloads = offloads_of(frame, gso_size);

	cr_assert_eq(offloads.flags, 0);
	cr_assert_eq(offloads.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	cr_assert_eq(offloads.csum_start, 0);
}

static void assert_finishes(const struct frame *frame, uint16_t start, uint16_t offset)
{
	struct virtio_net_hdr offloads = offloads_of(frame, 0);

	cr_assert_eq(offloads.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	cr_assert_eq(offloads.csum_start, start);
	cr_assert_eq(offloads.csum_offset, offset);
	cr_assert_eq(offloads.gso_type, VIRTIO_NET_HDR_GSO_NONE);
}

static void assert_segments(const struct frame *frame, uint8_t type, uint16_t header)
{
	struct virtio_net_hdr offloads = offloads_of(frame, 1400);

	cr_assert_eq(offloads.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	cr_assert_eq(offloads.gso_type, type);
	cr_assert_eq(offloads.gso_size, 1400);
	cr_assert_eq(offloads.hdr_len, header);
}

#define UNFINISHED .checksum = CHECKSUM_UNFINISHED

Test(reinject, leaves_finished_checksums_alone, .fini = frames_free)
{
	assert_none(FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), DATA(9)), 0);
	assert_none(FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2), DATA(9)), 0);
	assert_none(FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, .checksum = CHECKSUM_NONE)), 0);
	assert_none(FRAME(ETH(G, A), IPV6(G, A), TCP(1, 2)), 0);
}

Test(reinject, has_unfinished_checksums_finished, .fini = frames_free)
{
	assert_finishes(FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2, UNFINISHED), DATA(9)),
			FRAME_IPV4_L4_AT, TCP_CHECKSUM_AT);
	assert_finishes(FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, UNFINISHED), DATA(8)),
			FRAME_IPV4_L4_AT, UDP_CHECKSUM_AT);
	assert_finishes(FRAME(ETH(G, A), IPV6(G, A), TCP(1, 2, UNFINISHED), DATA(9)),
			FRAME_IPV6_L4_AT, TCP_CHECKSUM_AT);
	assert_finishes(FRAME(ETH(G, A), IPV6(G, A), UDP(1, 2, UNFINISHED)), FRAME_IPV6_L4_AT,
			UDP_CHECKSUM_AT);
}

Test(reinject, does_not_count_padding, .fini = frames_free)
{
	assert_finishes(FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, UNFINISHED), PADDING(18)),
			FRAME_IPV4_L4_AT, UDP_CHECKSUM_AT);
}

Test(reinject, keeps_large_frames_in_segments, .fini = frames_free)
{
	assert_segments(FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2, UNFINISHED), DATA(60000)),
			VIRTIO_NET_HDR_GSO_TCPV4, FRAME_IPV4_L4_AT + 20);
	assert_segments(FRAME(ETH(G, A), IPV6(G, A), TCP(1, 2, UNFINISHED), DATA(60000)),
			VIRTIO_NET_HDR_GSO_TCPV6, FRAME_IPV6_L4_AT + 20);
	assert_segments(FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, UNFINISHED), DATA(60000)),
			VIRTIO_NET_HDR_GSO_UDP_L4, FRAME_IPV4_L4_AT + 8);
}

Test(reinject, counts_the_options_of_tcp, .fini = frames_free)
{
	const struct frame *frame =
		FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2, .options = 12, UNFINISHED), DATA(60000));

	assert_segments(frame, VIRTIO_NET_HDR_GSO_TCPV4, FRAME_IPV4_L4_AT + 32);
}

Test(reinject, leaves_what_has_no_such_checksum_alone, .fini = frames_free)
{
	const struct frame *datagram =
		FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2, UNFINISHED), DATA(64));
	const struct frame *datagram6 =
		FRAME(ETH(G, A), IPV6(G, A), UDP(1, 2, UNFINISHED), DATA(64));

	assert_none(FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)), 0);
	assert_none(FRAME(ETH(A, G), IPV4(A, G), PING), 0);
	assert_none(frame_fragment(datagram, 7, 0, 32), 0);
	assert_none(frame_fragment(datagram, 7, 32, 40), 0);
	assert_none(frame_fragment(datagram6, 7, 0, 32), 0);
}

Test(reinject, survives_frames_that_end_anywhere, .fini = frames_free)
{
	const struct frame *whole[] = {
		FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2, UNFINISHED), DATA(9)),
		FRAME(ETH(G, A), IPV6(G, A), UDP(1, 2, UNFINISHED), DATA(9)),
	};

	for (size_t i = 0; i < 2; i++)
		for (size_t length = 0; length < whole[i]->length; length++)
			assert_none(frame_cut(whole[i], length), 1400);
}

Test(reinject, survives_lengths_that_lie, .fini = frames_free)
{
	const struct frame *frame = FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2, UNFINISHED), DATA(9));

	assert_none(PATCHED(frame, 14, 0x4f), 0); /* a header of 60 octets */
	assert_none(PATCHED(frame, 16, 0xff, 0xff), 0);
	assert_none(PATCHED(frame, 16, 0, 0), 0);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sending a held frame again: through a packet socket on one end of a veth pair in the host's
 * namespace, marked with the port it came from; the programs run on the other end.
 */
#ifndef WEFT_AGENT_REINJECT_H
#define WEFT_AGENT_REINJECT_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/dataplane.h"

#define REINJECT_DEVICE_OUT "weft-out"
#define REINJECT_DEVICE_IN  "weft-in"

/* Opens the socket on the device. Returns a file descriptor or -errno. */
int reinject_open(uint32_t out_ifindex);

/* Sends the frame, the same as it was held. Returns 0 or -errno. */
int reinject_send(int fd, uint32_t out_ifindex, const struct held_frame *frame);

/*
 * What the kernel knew of the frame besides its octets: whether its TCP or UDP checksum is still to
 * be finished, and how it is to be segmented. Pure.
 */
void reinject_offloads(const unsigned char *frame, size_t length, uint16_t gso_size,
		       struct virtio_net_hdr *ret_header);

#endif

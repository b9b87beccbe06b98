/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The framing of schemas/control.proto, without sockets: which type is which message, and the six
 * octets in front. For channel.c and operator_call.c only.
 */
#ifndef WEFT_FRAME_H
#define WEFT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "gen/control.pb-c.h"

#define FRAME_HEADER_OCTETS 6

struct frame_header {
	uint32_t length; /* octets of the message that follows */
	uint16_t type; /* enum _Weft__MessageType, or anything at all */
};

void frame_header_write(const struct frame_header *header, uint8_t octets[FRAME_HEADER_OCTETS]);
void frame_header_read(const uint8_t octets[FRAME_HEADER_OCTETS], struct frame_header *ret_header);

/* The kind of message that bears this type, or NULL: unknown. */
const ProtobufCMessageDescriptor *frame_descriptor(uint16_t type);

#endif

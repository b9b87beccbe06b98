/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Message types and frame headers. */
#include <arpa/inet.h>
#include <string.h>

#include "frame.h"

static const ProtobufCMessageDescriptor *const descriptors[] = {
	[WEFT__MESSAGE_TYPE__HELLO] = &weft__hello__descriptor,
	[WEFT__MESSAGE_TYPE__REFUSE] = &weft__refuse__descriptor,
	[WEFT__MESSAGE_TYPE__ASSIGN] = &weft__assign__descriptor,
	[WEFT__MESSAGE_TYPE__TOPOLOGY] = &weft__topology__descriptor,
	[WEFT__MESSAGE_TYPE__SYNC] = &weft__sync__descriptor,
	[WEFT__MESSAGE_TYPE__RESOLVE] = &weft__resolve__descriptor,
	[WEFT__MESSAGE_TYPE__MAPPING] = &weft__mapping__descriptor,
	[WEFT__MESSAGE_TYPE__NEGATIVE] = &weft__negative__descriptor,
	[WEFT__MESSAGE_TYPE__INVALIDATE] = &weft__invalidate__descriptor,
	[WEFT__MESSAGE_TYPE__ACKNOWLEDGE] = &weft__acknowledge__descriptor,
	[WEFT__MESSAGE_TYPE__HEARTBEAT] = &weft__heartbeat__descriptor,
	[WEFT__MESSAGE_TYPE__OPERATOR_REQUEST] = &weft__operator_request__descriptor,
	[WEFT__MESSAGE_TYPE__OPERATOR_REPLY] = &weft__operator_reply__descriptor,
};

void frame_header_write(const struct frame_header *header, uint8_t octets[FRAME_HEADER_OCTETS])
{
	uint32_t length = htonl(header->length);
	uint16_t type = htons(header->type);

	memcpy(octets, &length, sizeof(length));
	memcpy(octets + sizeof(length), &type, sizeof(type));
}

void frame_header_read(const uint8_t octets[FRAME_HEADER_OCTETS], struct frame_header *ret_header)
{
	uint32_t length;
	uint16_t type;

	memcpy(&length, octets, sizeof(length));
	memcpy(&type, octets + sizeof(length), sizeof(type));
	ret_header->length = ntohl(length);
	ret_header->type = ntohs(type);
}

const ProtobufCMessageDescriptor *frame_descriptor(uint16_t type)
{
	return type < sizeof(descriptors) / sizeof(descriptors[0]) ? descriptors[type] : NULL;
}

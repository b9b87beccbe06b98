/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The operator's question and its answer over a Unix socket, without an event loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "channel.h"
#include "endpoint.h"
#include "frame.h"

#define OPERATOR_SILENCE_S 120 /* a large apply on a slow disk is no failure */

static int octets_send(int fd, const uint8_t *octets, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, octets, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		octets += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int octets_receive(int fd, uint8_t *octets, size_t length)
{
	while (length) {
		ssize_t received = recv(fd, octets, length, 0);

		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (received == 0)
			return -ECONNRESET;
		octets += received;
		length -= (size_t)received;
	}
	return 0;
}

static int request_send(int fd, const Weft__OperatorRequest *request)
{
	size_t length = weft__operator_request__get_packed_size(request);
	struct frame_header header = {.type = WEFT__MESSAGE_TYPE__OPERATOR_REQUEST};
	uint8_t *frame;
	int error;

	if (length > OPERATOR_FRAME_MAX)
		return -EMSGSIZE;
	frame = malloc(FRAME_HEADER_OCTETS + length);
	if (!frame)
		return -ENOMEM;
	header.length = (uint32_t)length;
	frame_header_write(&header, frame);
	weft__operator_request__pack(request, frame + FRAME_HEADER_OCTETS);
	error = octets_send(fd, frame, FRAME_HEADER_OCTETS + length);
	free(frame);
	return error;
}

static int reply_receive(int fd, Weft__OperatorReply **ret_reply)
{
	uint8_t octets[FRAME_HEADER_OCTETS], *frame;
	struct frame_header header;
	Weft__OperatorReply *reply;
	int error;

	error = octets_receive(fd, octets, sizeof(octets));
	if (error)
		return error;
	frame_header_read(octets, &header);
	if (header.type != WEFT__MESSAGE_TYPE__OPERATOR_REPLY || header.length > OPERATOR_REPLY_MAX)
		return -EPROTO;
	frame = malloc(header.length + 1); /* an empty reply has no octets at all */
	if (!frame)
		return -ENOMEM;
	error = octets_receive(fd, frame, header.length);
	reply = error ? NULL : weft__operator_reply__unpack(NULL, header.length, frame);
	free(frame);
	if (error)
		return error;
	if (!reply)
		return -EPROTO;
	*ret_reply = reply;
	return 0;
}

int operator_call(const char *socket, const Weft__OperatorRequest *request,
		  Weft__OperatorReply **ret_reply)
{
	struct timeval silence = {.tv_sec = OPERATOR_SILENCE_S};
	char address[sizeof(ENDPOINT_UNIX_PREFIX) + sizeof(struct sockaddr_storage)];
	struct endpoint endpoint;
	int error, fd;

	if ((size_t)snprintf(address, sizeof(address), ENDPOINT_UNIX_PREFIX "%s", socket) >=
	    sizeof(address))
		return -ENAMETOOLONG;
	error = endpoint_parse(address, &endpoint);
	if (error)
		return error;
	fd = endpoint_connect(&endpoint, true);
	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
	error = request_send(fd, request);
	if (!error)
		error = reply_receive(fd, ret_reply);
	close(fd);
	return error;
}

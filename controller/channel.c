/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Channels over libevent's bufferevents: framing, limits, and who frees what. stream_new() is the one
 * place that decides what a channel runs over.
 *
 *   channel_connect -> connecting -> opened() -> received()... -> closed(), freed
 *   channel_listen  -> accepted() -------------^               \-> channel_close(), drained, freed
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "endpoint.h"
#include "frame.h"

#define CHANNEL_QUEUE_MAX  (16U << 20) /* octets the other side may leave unread */
#define CHANNEL_REASON_MAX 200
#define CHANNEL_PEER_MAX   80
#define CONNECT_TIMEOUT_S  10
#define DRAIN_TIMEOUT_S    5 /* without any progress of what was queued before the close */
#define ACCEPT_PAUSE_S     1 /* after accept(2) failed: descriptors may have run out */

struct channel {
	struct event_base *base;
	struct bufferevent *stream; /* NULL while connecting */
	struct event *connecting; /* NULL once connected */
	const struct channel_handlers *handlers;
	void *context;
	size_t frame_max;
	bool dispatching; /* a handler runs: the channel must outlive it */
	bool closed; /* by channel_close() */
	char reason[CHANNEL_REASON_MAX];
	char peer[CHANNEL_PEER_MAX];
};

struct channel_listener {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *pause;
	size_t frame_max;
	void (*accepted)(struct channel *channel, void *context);
	void *context;
	struct endpoint endpoint;
};

/* The connection itself. TLS goes in here: bufferevent_openssl_socket_new(). */
static struct bufferevent *stream_new(struct event_base *base, int fd)
{
	return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
}

static struct channel *channel_new(struct event_base *base, size_t frame_max,
				   const struct endpoint *peer)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->base = base;
	channel->frame_max = frame_max;
	endpoint_text(peer, channel->peer, sizeof(channel->peer));
	return channel;
}

static void channel_free(struct channel *channel)
{
	if (channel->connecting) {
		close(event_get_fd(channel->connecting));
		event_free(channel->connecting);
	}
	if (channel->stream)
		bufferevent_free(channel->stream);
	free(channel);
}

/* Something else than channel_close() ends the channel: tells why in channel->reason. */
static void channel_end(struct channel *channel)
{
	channel->dispatching = true;
	if (channel->handlers->closed)
		channel->handlers->closed(channel, channel->reason, channel->context);
	channel_free(channel);
}

__attribute__((format(printf, 2, 0))) static void reason_set(struct channel *channel,
							     const char *reason, va_list arguments)
{
	vsnprintf(channel->reason, sizeof(channel->reason), reason, arguments);
}

int channel_fail(struct channel *channel, const char *reason, ...)
{
	va_list arguments;

	va_start(arguments, reason);
	reason_set(channel, reason, arguments);
	va_end(arguments);
	return -EPROTO;
}

/* ---- closing ----------------------------------------------------------------------------------- */

static void drained(struct bufferevent *stream, void *context)
{
	channel_free(context);
}

static void drain_failed(struct bufferevent *stream, short events, void *context)
{
	channel_free(context);
}

/* Frees the channel once what is queued is sent, or can't be. */
static void channel_drain(struct channel *channel)
{
	struct timeval timeout = {.tv_sec = DRAIN_TIMEOUT_S};

	if (!channel->stream || !evbuffer_get_length(bufferevent_get_output(channel->stream))) {
		channel_free(channel);
		return;
	}
	bufferevent_disable(channel->stream, EV_READ);
	bufferevent_set_timeouts(channel->stream, NULL, &timeout);
	bufferevent_setcb(channel->stream, NULL, drained, drain_failed, channel);
}

void channel_close(struct channel *channel)
{
	if (!channel || channel->closed)
		return;
	channel->closed = true;
	if (!channel->dispatching)
		channel_drain(channel);
}

/* ---- receiving --------------------------------------------------------------------------------- */

/* Gives one whole message to the handler. Returns 0, or -EPROTO with a reason. */
static int message_dispatch(struct channel *channel, const struct frame_header *header,
			    const uint8_t *octets)
{
	const ProtobufCMessageDescriptor *descriptor = frame_descriptor(header->type);
	ProtobufCMessage *message;
	int result;

	message = protobuf_c_message_unpack(descriptor, NULL, header->length, octets);
	if (!message)
		return channel_fail(channel, "it sent a malformed %s message",
				    descriptor->short_name);
	channel->reason[0] = '\0';
	channel->dispatching = true;
	result = channel->handlers->received(channel, (enum _Weft__MessageType)header->type,
					     message, channel->context);
	channel->dispatching = false;
	protobuf_c_message_free_unpacked(message, NULL);
	if (result >= 0)
		return 0;
	if (!channel->reason[0])
		channel_fail(channel, "its %s message can't be dealt with: %s",
			     descriptor->short_name, strerror(-result));
	return -EPROTO;
}

/* Takes one message off the input. Returns 1, 0 when none is complete, or -EPROTO with a reason. */
static int message_next(struct channel *channel, struct evbuffer *input)
{
	uint8_t octets[FRAME_HEADER_OCTETS];
	struct frame_header header;
	const uint8_t *frame;

	if (evbuffer_copyout(input, octets, sizeof(octets)) < (ssize_t)sizeof(octets))
		return 0;
	frame_header_read(octets, &header);
	if (!frame_descriptor(header.type))
		return channel_fail(channel, "it sent a message of unknown type %u", header.type);
	if (header.length > channel->frame_max)
		return channel_fail(channel,
				    "it sent a message of %u octets where %zu are the limit",
				    header.length, channel->frame_max);
	if (evbuffer_get_length(input) - sizeof(octets) < header.length)
		return 0;
	frame = evbuffer_pullup(input, (ssize_t)(sizeof(octets) + header.length));
	if (!frame)
		return channel_fail(channel, "there is no memory for its message of %u octets",
				    header.length);
	if (message_dispatch(channel, &header, frame + sizeof(octets)) < 0)
		return -EPROTO;
	evbuffer_drain(input, sizeof(octets) + header.length);
	return 1;
}

static void stream_readable(struct bufferevent *stream, void *context)
{
	struct channel *channel = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	int result;

	do
		result = message_next(channel, input);
	while (result > 0 && !channel->closed);
	if (channel->closed)
		channel_drain(channel);
	else if (result < 0)
		channel_end(channel);
}

static void stream_event(struct bufferevent *stream, short events, void *context)
{
	struct channel *channel = context;

	if (events & BEV_EVENT_EOF)
		channel_fail(channel, evbuffer_get_length(bufferevent_get_input(stream))
					      ? "it closed the connection within a message"
					      : "it closed the connection");
	else
		channel_fail(channel, "the connection broke: %s", strerror(errno));
	channel_end(channel);
}

static int stream_start(struct channel *channel, int fd)
{
	channel->stream = stream_new(channel->base, fd);
	if (!channel->stream)
		return -ENOMEM;
	bufferevent_setcb(channel->stream, stream_readable, NULL, stream_event, channel);
	return 0;
}

void channel_handle(struct channel *channel, const struct channel_handlers *handlers, void *context)
{
	channel->handlers = handlers;
	channel->context = context;
	if (channel->stream)
		bufferevent_enable(channel->stream, EV_READ);
}

const char *channel_peer(const struct channel *channel)
{
	return channel->peer;
}

/* ---- sending ----------------------------------------------------------------------------------- */

int channel_send(struct channel *channel, enum _Weft__MessageType type,
		 const ProtobufCMessage *message)
{
	size_t length = protobuf_c_message_get_packed_size(message);
	struct frame_header header = {.length = (uint32_t)length, .type = (uint16_t)type};
	struct evbuffer *output;
	struct evbuffer_iovec space;

	if (!channel->stream)
		return -ENOTCONN;
	if (length > UINT32_MAX)
		return -EMSGSIZE;
	output = bufferevent_get_output(channel->stream);
	if (evbuffer_get_length(output) > CHANNEL_QUEUE_MAX)
		return -ENOBUFS;
	if (evbuffer_reserve_space(output, (ssize_t)(FRAME_HEADER_OCTETS + length), &space, 1) < 1)
		return -ENOMEM;
	frame_header_write(&header, space.iov_base);
	protobuf_c_message_pack(message, (uint8_t *)space.iov_base + FRAME_HEADER_OCTETS);
	space.iov_len = FRAME_HEADER_OCTETS + length;
	return evbuffer_commit_space(output, &space, 1) < 0 ? -ENOMEM : 0;
}

/* ---- connecting -------------------------------------------------------------------------------- */

/* The socket is connected, or won't be. */
static void connect_ready(evutil_socket_t fd, short events, void *context)
{
	struct channel *channel = context;
	socklen_t size = sizeof(int);
	int error = 0;

	if (events & EV_TIMEOUT)
		error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (!error) {
		event_free(channel->connecting);
		channel->connecting = NULL;
		error = -stream_start(channel, fd);
		if (error)
			close(fd);
	}
	if (error) {
		channel_fail(channel, "connecting failed: %s", strerror(error));
		channel_end(channel);
		return;
	}
	bufferevent_enable(channel->stream, EV_READ);
	if (channel->handlers->opened) {
		channel->dispatching = true;
		channel->handlers->opened(channel, channel->context);
		channel->dispatching = false;
	}
	if (channel->closed)
		channel_drain(channel);
}

int channel_connect(struct event_base *base, const char *address, size_t frame_max,
		    const struct channel_handlers *handlers, void *context,
		    struct channel **ret_channel)
{
	struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
	struct endpoint endpoint;
	struct channel *channel;
	int error, fd;

	error = endpoint_parse(address, &endpoint);
	if (error)
		return error;
	fd = endpoint_connect(&endpoint, false);
	if (fd < 0)
		return fd;
	channel = channel_new(base, frame_max, &endpoint);
	if (channel)
		channel->connecting = event_new(base, fd, EV_WRITE, connect_ready, channel);
	if (!channel || !channel->connecting || event_add(channel->connecting, &timeout) < 0) {
		if (!channel || !channel->connecting)
			close(fd);
		if (channel)
			channel_free(channel);
		return -ENOMEM;
	}
	channel_handle(channel, handlers, context);
	*ret_channel = channel;
	return 0;
}

/* ---- listening --------------------------------------------------------------------------------- */

static void connection_accepted(struct evconnlistener *evlistener, evutil_socket_t fd,
				struct sockaddr *address, int length, void *context)
{
	struct channel_listener *listener = context;
	struct endpoint peer = {.length = (socklen_t)length};
	struct channel *channel;
	int one = 1;

	memcpy(&peer.address, address, (size_t)length);
	if (endpoint_path(&listener->endpoint))
		peer.address.ss_family = AF_UNIX; /* an unbound one has no more than this */
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	channel = channel_new(listener->base, listener->frame_max, &peer);
	if (!channel || stream_start(channel, fd) < 0) {
		if (channel)
			channel_free(channel);
		close(fd);
		return;
	}
	listener->accepted(channel, listener->context);
}

static void accept_resume(evutil_socket_t fd, short events, void *context)
{
	struct channel_listener *listener = context;

	evconnlistener_enable(listener->listener);
}

/* Mostly out of descriptors: the connection still waits, so accepting would fail again at once. */
static void accept_failed(struct evconnlistener *evlistener, void *context)
{
	struct channel_listener *listener = context;
	struct timeval pause = {.tv_sec = ACCEPT_PAUSE_S};

	evconnlistener_disable(evlistener);
	evtimer_add(listener->pause, &pause);
}

int channel_listen(struct event_base *base, const char *address, size_t frame_max,
		   void (*accepted)(struct channel *channel, void *context), void *context,
		   struct channel_listener **ret_listener)
{
	struct channel_listener *listener;
	struct endpoint endpoint;
	int error, fd;

	error = endpoint_parse(address, &endpoint);
	if (error)
		return error;
	fd = endpoint_listen(&endpoint);
	if (fd < 0)
		return fd;
	listener = malloc(sizeof(*listener));
	if (!listener) {
		close(fd);
		return -ENOMEM;
	}
	*listener = (struct channel_listener){
		.base = base,
		.frame_max = frame_max,
		.accepted = accepted,
		.context = context,
		.endpoint = endpoint,
	};
	listener->listener =
		evconnlistener_new(base, connection_accepted, listener,
				   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!listener->listener)
		close(fd);
	listener->pause = evtimer_new(base, accept_resume, listener);
	if (!listener->listener || !listener->pause) {
		channel_listener_close(listener);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(listener->listener, accept_failed);
	*ret_listener = listener;
	return 0;
}

void channel_listener_close(struct channel_listener *listener)
{
	const char *path;

	if (!listener)
		return;
	path = endpoint_path(&listener->endpoint);
	if (path)
		unlink(path);
	if (listener->pause)
		event_free(listener->pause);
	if (listener->listener)
		evconnlistener_free(listener->listener);
	free(listener);
}

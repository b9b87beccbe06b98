/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A connection that carries the messages of schemas/control.proto: TCP between hosts and the manager,
 * a Unix socket for the operator. The one place that knows of sockets and framing, so that TLS
 * can come without anybody noticing.
 */
#ifndef WEFT_CHANNEL_H
#define WEFT_CHANNEL_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/control.pb-c.h"

/* Limits of messages, in octets: what a manager accepts of a host, what either daemon accepts of the
 * operator, and what the operator accepts of them. */
#define HOST_FRAME_MAX     (64U << 10)
#define OPERATOR_FRAME_MAX (64U << 20)
#define OPERATOR_REPLY_MAX (512U << 20)

struct channel;
struct channel_listener;

struct channel_handlers {
	/* A message has come and has parsed; it is freed after the call. The channel may be closed
	 * from here. Returning a negative value closes it as malformed, with channel_fail()'s reason. */
	int (*received)(struct channel *channel, enum _Weft__MessageType type,
			const ProtobufCMessage *message, void *context);
	/* Connected (only after channel_connect()). NULL if nobody cares. */
	void (*opened)(struct channel *channel, void *context);
	/* The other side, the network or a malformed message ended it: why, in words. The channel is
	 * freed after the call. Not called by channel_close(). NULL if nobody cares. */
	void (*closed)(struct channel *channel, const char *reason, void *context);
};

/*
 * Addresses are "unix:PATH", or "[IPv6]:PORT", "IPv4:PORT", "NAME:PORT" for TCP.
 * `frame_max` bounds the length of a message that is accepted, in octets. Handlers are kept by
 * reference and must outlive the channel. The process must ignore SIGPIPE. All return 0 or -errno:
 * -EINVAL for what is no address, -EHOSTUNREACH for a NAME that nobody has (the look-up blocks),
 * or what the socket says.
 */
int channel_connect(struct event_base *base, const char *address, size_t frame_max,
		    const struct channel_handlers *handlers, void *context,
		    struct channel **ret_channel);

/* `accepted` is called with each new channel; it must call channel_handle() or channel_close(). A
 * stale Unix socket file is replaced; a live one is -EADDRINUSE. */
int channel_listen(struct event_base *base, const char *address, size_t frame_max,
		   void (*accepted)(struct channel *channel, void *context), void *context,
		   struct channel_listener **ret_listener);
void channel_listener_close(struct channel_listener *listener); /* takes NULL */

/* Sets who handles the channel from now on. */
void channel_handle(struct channel *channel, const struct channel_handlers *handlers,
		    void *context);

/* Queues a message. Returns 0 or -ENOMEM, -ENOBUFS when the other side doesn't read, -ENOTCONN
 * before opened(). */
int channel_send(struct channel *channel, enum _Weft__MessageType type,
		 const ProtobufCMessage *message);

/* Says why the message being handled is refused; returns -EPROTO for the handler to return. */
int channel_fail(struct channel *channel, const char *reason, ...)
	__attribute__((format(printf, 2, 3)));

/* Closes and frees; what is queued is still sent. Takes NULL. */
void channel_close(struct channel *channel);

/* The other side, for logs: "[fd77::2]:51234" or "a local user". */
const char *channel_peer(const struct channel *channel);

/*
 * Asks once and waits, without an event loop: what the CLI does. `socket` is the path of a Unix
 * socket. Returns 0 and a reply that the caller frees with
 * weft__operator_reply__free_unpacked(reply, NULL), or -errno (-ENOENT or -ECONNREFUSED: nobody
 * there).
 */
int operator_call(const char *socket, const Weft__OperatorRequest *request,
		  Weft__OperatorReply **ret_reply);

#endif

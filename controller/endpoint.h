/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses of channels ("unix:PATH", "[IPv6]:PORT", "IPv4:PORT", "NAME:PORT") and sockets on them.
 * For the channel's own files: everybody else has channel.h.
 */
#ifndef WEFT_ENDPOINT_H
#define WEFT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define ENDPOINT_UNIX_PREFIX "unix:"

struct endpoint {
	struct sockaddr_storage address;
	socklen_t length;
};

/*
 * Reads an address; a NAME is looked up, which blocks. Returns 0, -EINVAL for what is no address,
 * -ENAMETOOLONG for a path that no Unix socket can have, -EHOSTUNREACH for a NAME without address.
 */
int endpoint_parse(const char *text, struct endpoint *ret_endpoint);

/* Writes the address as endpoint_parse() reads it; a Unix socket's is "a local user". */
void endpoint_text(const struct endpoint *endpoint, char *text, size_t size);

/* The path of a Unix socket, or NULL. */
const char *endpoint_path(const struct endpoint *endpoint);

/*
 * A socket that is connected, or (with `wait` false) is about to be. Returns it, or -errno.
 */
int endpoint_connect(const struct endpoint *endpoint, bool wait);

/*
 * A listening socket; a stale Unix socket file is replaced, and a new one can be used by owner and
 * group. Returns it, or -errno: -EADDRINUSE when somebody listens there, -ENOTSOCK when the path
 * is another kind of file.
 */
int endpoint_listen(const struct endpoint *endpoint);

#endif

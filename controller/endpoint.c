/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses and sockets of channels. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "endpoint.h"

#define NAME_MAX_OCTETS 256 /* a DNS name, or an IPv6 address with its zone */
#define LISTEN_BACKLOG  512

const char *endpoint_path(const struct endpoint *endpoint)
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&endpoint->address;

	return local->sun_family == AF_UNIX ? local->sun_path : NULL;
}

static int path_parse(const char *path, struct endpoint *ret_endpoint)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&ret_endpoint->address;

	if (!*path)
		return -EINVAL;
	if (strlen(path) >= sizeof(local->sun_path))
		return -ENAMETOOLONG;
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	local->sun_family = AF_UNIX;
	strcpy(local->sun_path, path);
	ret_endpoint->length = sizeof(*local);
	return 0;
}

/* Splits "[NAME]:PORT" or "NAME:PORT"; an IPv6 address without brackets is not taken apart. */
static int port_split(const char *text, char name[NAME_MAX_OCTETS], const char **ret_port)
{
	const char *colon = strrchr(text, ':'), *end = colon;

	if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtoul(colon + 1, NULL, 10) > UINT16_MAX)
		return -EINVAL;
	if (*text == '[') {
		text++;
		if (--end < text || *end != ']')
			return -EINVAL;
	} else if (memchr(text, ':', (size_t)(end - text))) {
		return -EINVAL;
	}
	if (end == text || end - text >= NAME_MAX_OCTETS)
		return -EINVAL;
	memcpy(name, text, (size_t)(end - text));
	name[end - text] = '\0';
	*ret_port = colon + 1;
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *ret_endpoint)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	char name[NAME_MAX_OCTETS];
	const char *port;
	int error;

	if (strncmp(text, ENDPOINT_UNIX_PREFIX, strlen(ENDPOINT_UNIX_PREFIX)) == 0)
		return path_parse(text + strlen(ENDPOINT_UNIX_PREFIX), ret_endpoint);
	error = port_split(text, name, &port);
	if (error)
		return error;
	if (getaddrinfo(name, port, &hints, &found) != 0)
		return -EHOSTUNREACH;
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	memcpy(&ret_endpoint->address, found->ai_addr, found->ai_addrlen);
	ret_endpoint->length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

void endpoint_text(const struct endpoint *endpoint, char *text, size_t size)
{
	char name[NAME_MAX_OCTETS], port[8];
	bool brackets = endpoint->address.ss_family == AF_INET6;

	if (endpoint->address.ss_family == AF_UNIX) {
		snprintf(text, size, "a local user");
		return;
	}
	if (getnameinfo((const struct sockaddr *)&endpoint->address, endpoint->length, name,
			sizeof(name), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(text, size, "an unknown address");
		return;
	}
	snprintf(text, size, "%s%s%s:%s", brackets ? "[" : "", name, brackets ? "]" : "", port);
}

static int endpoint_socket(const struct endpoint *endpoint, int flags)
{
	int family = endpoint->address.ss_family, one = 1, zero = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return -errno;
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (family == AF_INET6) /* [::] serves IPv4 as well, whatever the sysctl says */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	return fd;
}

int endpoint_connect(const struct endpoint *endpoint, bool wait)
{
	int fd = endpoint_socket(endpoint, wait ? 0 : SOCK_NONBLOCK), error;

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* Deletes a Unix socket that nobody listens on any more. */
static int path_clear(const struct endpoint *endpoint)
{
	struct stat status;
	int fd;

	if (lstat(endpoint_path(endpoint), &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	fd = endpoint_connect(endpoint, false);
	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd != -ECONNREFUSED)
		return -EADDRINUSE; /* full (-EAGAIN) or not ours (-EACCES): in use all the same */
	return unlink(endpoint_path(endpoint)) < 0 ? -errno : 0;
}

static int endpoint_bind(int fd, const struct endpoint *endpoint)
{
	return bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) < 0 ? -errno
											   : 0;
}

static int path_bind(int fd, const struct endpoint *endpoint)
{
	int error;

	/* The file gets the socket's mode less the umask: never more than wanted, not even for a
	 * moment, and then what the umask took is given back. */
	if (fchmod(fd, 0660) < 0)
		return -errno;
	error = endpoint_bind(fd, endpoint);
	if (error == -EADDRINUSE) {
		error = path_clear(endpoint);
		if (!error)
			error = endpoint_bind(fd, endpoint);
	}
	if (!error && chmod(endpoint_path(endpoint), 0660) < 0)
		error = -errno;
	return error;
}

int endpoint_listen(const struct endpoint *endpoint)
{
	int fd = endpoint_socket(endpoint, SOCK_NONBLOCK), one = 1, error;

	if (fd < 0)
		return fd;
	if (endpoint_path(endpoint)) {
		error = path_bind(fd, endpoint);
	} else {
		/* A restart must not wait for the old connections' TIME_WAIT. */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		error = endpoint_bind(fd, endpoint);
	}
	if (!error && listen(fd, LISTEN_BACKLOG) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "neighbours.h"

/* Entries that bear a MAC to send to. Not NOARP: there the kernel sends without any. */
#define STATES_KNOWN (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

/* The answers for all next hops have to fit at once; each takes the kernel 1 KiB. */
#define RECEIVE_OCTETS (1 << 20)

struct neighbours {
	struct mnl_socket *socket;
	struct event *readable;
	struct neighbours_handlers handlers;
	void *context;
};

bool neighbour_read(const struct nlmsghdr *message, struct neighbour *ret_neighbour)
{
	const struct ndmsg *entry = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute, *address = NULL, *mac = NULL;

	if ((message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*entry) || entry->ndm_family != AF_INET6)
		return false;
	mnl_attr_for_each(attribute, message, sizeof(*entry))
	{
		uint16_t type = mnl_attr_get_type(attribute);
		uint16_t length = mnl_attr_get_payload_len(attribute);

		if (type == NDA_DST && length == sizeof(ret_neighbour->address))
			address = attribute;
		else if (type == NDA_LLADDR && length == sizeof(ret_neighbour->mac))
			mac = attribute;
	}
	if (!address)
		return false;
	memset(ret_neighbour, 0, sizeof(*ret_neighbour));
	ret_neighbour->ifindex = (uint32_t)entry->ndm_ifindex;
	memcpy(&ret_neighbour->address, mnl_attr_get_payload(address),
	       sizeof(ret_neighbour->address));
	ret_neighbour->known =
		message->nlmsg_type == RTM_NEWNEIGH && mac && (entry->ndm_state & STATES_KNOWN);
	if (ret_neighbour->known)
		memcpy(ret_neighbour->mac, mnl_attr_get_payload(mac), sizeof(ret_neighbour->mac));
	return true;
}

static int neighbour_received(const struct nlmsghdr *message, void *context)
{
	struct neighbours *neighbours = context;
	struct neighbour neighbour;

	if (neighbour_read(message, &neighbour))
		neighbours->handlers.told(&neighbour, neighbours->context);
	return MNL_CB_OK;
}

/* Reads what has come. An error is the answer for an interface that has gone: nobody waits for it. */
static void neighbours_readable(int fd, short what, void *context)
{
	struct neighbours *neighbours = context;
	char buffer[32768];
	bool lost = false;
	ssize_t length;

	for (;;) {
		length = mnl_socket_recvfrom(neighbours->socket, buffer, sizeof(buffer));
		if (length > 0)
			mnl_cb_run(buffer, (size_t)length, 0, 0, neighbour_received, neighbours);
		else if (length < 0 && errno == ENOBUFS)
			lost = true;
		else
			break;
	}
	if (lost)
		neighbours->handlers.lost(neighbours->context);
}

static void entry_request(struct neighbours *neighbours, uint16_t type, uint16_t flags,
			  const struct ndmsg *entry, const struct substrate_address *address)
{
	char buffer[128];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof(*entry)), entry, sizeof(*entry));
	mnl_attr_put(message, NDA_DST, sizeof(*address), address);
	mnl_socket_sendto(neighbours->socket, message, message->nlmsg_len);
}

void neighbours_use(struct neighbours *neighbours, uint32_t ifindex,
		    const struct substrate_address *address)
{
	struct ndmsg asked = {.ndm_family = AF_INET6, .ndm_ifindex = (int)ifindex};
	struct ndmsg used = asked;

	used.ndm_flags = NTF_USE;
	entry_request(neighbours, RTM_NEWNEIGH, NLM_F_CREATE, &used, address);
	entry_request(neighbours, RTM_GETNEIGH, 0, &asked, address);
}

/* Without it, only more is lost. */
static void receive_room_make(int fd)
{
	int octets = RECEIVE_OCTETS;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
}

int neighbours_open(struct event_base *base, const struct neighbours_handlers *handlers,
		    void *context, struct neighbours **ret_neighbours)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));
	int fd, err = -ENOMEM;

	if (!neighbours)
		return err;
	neighbours->handlers = *handlers;
	neighbours->context = context;
	neighbours->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!neighbours->socket ||
	    mnl_socket_bind(neighbours->socket, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto failed;
	}
	fd = mnl_socket_get_fd(neighbours->socket);
	receive_room_make(fd);
	neighbours->readable =
		event_new(base, fd, EV_READ | EV_PERSIST, neighbours_readable, neighbours);
	if (!neighbours->readable || event_add(neighbours->readable, NULL) < 0)
		goto failed;
	*ret_neighbours = neighbours;
	return 0;
failed:
	neighbours_close(neighbours);
	return err;
}

void neighbours_close(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	if (neighbours->readable)
		event_free(neighbours->readable);
	if (neighbours->socket)
		mnl_socket_close(neighbours->socket);
	free(neighbours);
}

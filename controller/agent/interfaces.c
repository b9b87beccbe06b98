/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interfaces of this host, by rtnetlink: a dump first, then notifications. What they do with XDP's
 * frames comes from xdp_features.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "interfaces.h"
#include "xdp_features.h"

struct interfaces {
	struct mnl_socket *socket;
	struct event *readable;
	struct xdp_features *xdp_features; /* NULL: the kernel doesn't say */
	void (*changed)(void *context);
	void *context;
	struct interface *list;
	size_t count, capacity;
	bool dirty; /* something was read that `changed` hasn't been told of */
};

static struct interface *interfaces_by_ifindex(struct interfaces *interfaces, uint32_t ifindex)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->list[i].ifindex == ifindex)
			return &interfaces->list[i];
	return NULL;
}

/* An entry for a new interface; NULL without memory. */
static struct interface *interfaces_add(struct interfaces *interfaces)
{
	size_t capacity = interfaces->capacity * 2 + 16;
	struct interface *list;

	if (interfaces->count < interfaces->capacity)
		return &interfaces->list[interfaces->count++];
	list = reallocarray(interfaces->list, capacity, sizeof(*list));
	if (!list)
		return NULL;
	interfaces->list = list;
	interfaces->capacity = capacity;
	return &interfaces->list[interfaces->count++];
}

/* Takes over what rtnetlink says, which is all but `xdp_receives` of an interface that is known. */
static int interfaces_store(struct interfaces *interfaces, struct interface *interface)
{
	struct interface *known = interfaces_by_ifindex(interfaces, interface->ifindex);

	if (!known) {
		known = interfaces_add(interfaces);
		if (!known)
			return -ENOMEM;
		memset(known, 0, sizeof(*known));
		xdp_features_ask(interfaces->xdp_features, interface->ifindex);
	} else {
		interface->xdp_receives = known->xdp_receives;
	}
	if (memcmp(known, interface, sizeof(*known)) != 0) {
		*known = *interface;
		interfaces->dirty = true;
	}
	return 0;
}

static void interfaces_forget(struct interfaces *interfaces, uint32_t ifindex)
{
	struct interface *known = interfaces_by_ifindex(interfaces, ifindex);

	if (!known)
		return;
	*known = interfaces->list[--interfaces->count];
	interfaces->dirty = true;
}

/* The driver's name, of IFLA_LINKINFO. */
static const char *link_kind(const struct nlattr *information)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, information)
	{
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			return mnl_attr_get_str(attribute);
	}
	return "";
}

/* One RTM_NEWLINK or RTM_DELLINK message. */
static int link_received(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct interfaces *interfaces = context;
	const struct nlattr *attribute;
	struct interface interface;
	const char *kind = "";
	bool elsewhere = false;

	/* A bridge says of a port that leaves it that the "link" is deleted, and less than all of one
	 * that has joined; the same change is always told as a link's, too. */
	if (link->ifi_family != AF_UNSPEC)
		return MNL_CB_OK;
	memset(&interface, 0, sizeof(interface));
	interface.ifindex = (uint32_t)link->ifi_index;
	interface.up = link->ifi_flags & IFF_UP;
	if (message->nlmsg_type == RTM_DELLINK) {
		interfaces_forget(interfaces, interface.ifindex);
		return MNL_CB_OK;
	}
	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*link))
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			strncpy(interface.name, mnl_attr_get_str(attribute), IFNAMSIZ - 1);
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attribute) == sizeof(interface.mac))
				memcpy(interface.mac, mnl_attr_get_payload(attribute),
				       sizeof(interface.mac));
			break;
		case IFLA_MTU:
			interface.mtu = mnl_attr_get_u32(attribute);
			break;
		case IFLA_MASTER:
			interface.master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			kind = link_kind(attribute);
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		}
	}
	interface.peer_elsewhere = elsewhere && strcmp(kind, "veth") == 0;
	interface.xdp_receives = strcmp(kind, "tun") == 0; /* until the kernel says more */
	return interfaces_store(interfaces, &interface) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static void xdp_told(uint32_t ifindex, bool receives, void *context)
{
	struct interfaces *interfaces = context;
	struct interface *known = interfaces_by_ifindex(interfaces, ifindex);

	/* One that isn't known yet is asked for when it is. */
	if (!known || known->xdp_receives == receives)
		return;
	known->xdp_receives = receives;
	interfaces->dirty = true;
	event_active(interfaces->readable, EV_READ, 0); /* one `changed` for all that are told */
}

static int dump_request(struct interfaces *interfaces)
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct ifinfomsg) + 64];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	return mnl_socket_sendto(interfaces->socket, message, message->nlmsg_len) < 0 ? -errno : 0;
}

/* Reads what has come. Notifications were lost (ENOBUFS): everything is asked for anew. */
static void interfaces_readable(int fd, short what, void *context)
{
	struct interfaces *interfaces = context;
	char buffer[32768];
	ssize_t length;

	while ((length = mnl_socket_recvfrom(interfaces->socket, buffer, sizeof(buffer))) != 0) {
		if (length < 0 && errno == ENOBUFS) {
			interfaces->count = 0;
			interfaces->dirty = true;
			dump_request(interfaces);
		} else if (length < 0) {
			break;
		} else {
			mnl_cb_run(buffer, (size_t)length, 0, 0, link_received, interfaces);
		}
	}
	if (interfaces->dirty && interfaces->changed) {
		interfaces->dirty = false;
		interfaces->changed(interfaces->context);
	}
}

/* The first dump, before anybody is told of changes. */
static int interfaces_dump(struct interfaces *interfaces)
{
	char buffer[32768];
	int err = dump_request(interfaces);
	ssize_t length;
	int more = MNL_CB_OK;

	while (!err && more > MNL_CB_STOP) {
		length = mnl_socket_recvfrom(interfaces->socket, buffer, sizeof(buffer));
		if (length < 0)
			return -errno;
		more = mnl_cb_run(buffer, (size_t)length, 0, 0, link_received, interfaces);
		if (more < 0)
			return -errno;
	}
	return err;
}

int interfaces_open(struct event_base *base, void (*changed)(void *context), void *context,
		    struct interfaces **ret_interfaces)
{
	struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
	int err = -ENOMEM;

	if (!interfaces)
		return err;
	interfaces->context = context;
	interfaces->socket = mnl_socket_open(NETLINK_ROUTE);
	if (!interfaces->socket ||
	    mnl_socket_bind(interfaces->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto failed;
	}
	err = interfaces_dump(interfaces);
	if (err)
		goto failed;
	evutil_make_socket_nonblocking(mnl_socket_get_fd(interfaces->socket));
	interfaces->changed = changed;
	interfaces->readable = event_new(base, mnl_socket_get_fd(interfaces->socket),
					 EV_READ | EV_PERSIST, interfaces_readable, interfaces);
	if (!interfaces->readable || event_add(interfaces->readable, NULL) < 0) {
		err = -ENOMEM;
		goto failed;
	}
	err = xdp_features_open(base, xdp_told, interfaces, &interfaces->xdp_features);
	if (err && err != -ENOENT)
		goto failed;
	*ret_interfaces = interfaces;
	return 0;
failed:
	interfaces_close(interfaces);
	return err;
}

void interfaces_close(struct interfaces *interfaces)
{
	if (!interfaces)
		return;
	xdp_features_close(interfaces->xdp_features);
	if (interfaces->readable)
		event_free(interfaces->readable);
	if (interfaces->socket)
		mnl_socket_close(interfaces->socket);
	free(interfaces->list);
	free(interfaces);
}

const struct interface *interfaces_find(const struct interfaces *interfaces, const char *name)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (strcmp(interfaces->list[i].name, name) == 0)
			return &interfaces->list[i];
	return NULL;
}

const struct interface *interfaces_next(const struct interfaces *interfaces,
					const struct interface *previous)
{
	const struct interface *next = previous ? previous + 1 : interfaces->list;

	return next < interfaces->list + interfaces->count ? next : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"

#define SETTLE_MS 100 /* changes come in swarms */

struct routes {
	struct mnl_socket *questions;
	struct mnl_socket *changes;
	struct event *readable;
	struct event *settled;
	void (*changed)(void *context);
	void *context;
};

/* What the kernel answers for one destination. */
struct route_answer {
	uint32_t ifindex;
	bool has_gateway, multipath;
	struct substrate_address gateway;
};

static int route_received(const struct nlmsghdr *message, void *context)
{
	struct route_answer *answer = context;
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(struct rtmsg))
	{
		switch (mnl_attr_get_type(attribute)) {
		case RTA_OIF:
			answer->ifindex = mnl_attr_get_u32(attribute);
			break;
		case RTA_MULTIPATH:
			answer->multipath = true;
			break;
		case RTA_GATEWAY:
			if (mnl_attr_get_payload_len(attribute) != sizeof(answer->gateway))
				break;
			memcpy(&answer->gateway, mnl_attr_get_payload(attribute),
			       sizeof(answer->gateway));
			answer->has_gateway = true;
			break;
		}
	}
	return MNL_CB_OK;
}

/* Asks for the routing table's entry (not a path of it). False if there is none. */
static bool route_ask(struct routes *routes, const struct substrate_address *to,
		      struct route_answer *ret_answer)
{
	char buffer[8192];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route;
	ssize_t length;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	route->rtm_family = AF_INET6;
	route->rtm_dst_len = 128;
	route->rtm_flags = RTM_F_FIB_MATCH;
	mnl_attr_put(message, RTA_DST, sizeof(*to), to);
	if (mnl_socket_sendto(routes->questions, message, message->nlmsg_len) < 0)
		return false;
	length = mnl_socket_recvfrom(routes->questions, buffer, sizeof(buffer));
	return length > 0 &&
	       mnl_cb_run(buffer, (size_t)length, 0, 0, route_received, ret_answer) >= 0;
}

bool routes_gateway(struct routes *routes, const struct substrate_address *to, uint32_t ifindex,
		    struct substrate_address *ret_gateway)
{
	struct route_answer answer = {0};

	if (!route_ask(routes, to, &answer) || !answer.has_gateway || answer.multipath ||
	    answer.ifindex != ifindex)
		return false;
	*ret_gateway = answer.gateway;
	return true;
}

static void changes_readable(int fd, short what, void *context)
{
	struct timeval settle = {.tv_usec = SETTLE_MS * 1000};
	struct routes *routes = context;
	char buffer[32768];

	/* What has changed doesn't matter, nor that some may be lost. */
	while (mnl_socket_recvfrom(routes->changes, buffer, sizeof(buffer)) > 0 || errno == ENOBUFS)
		continue;
	event_add(routes->settled, &settle);
}

static void changes_settled(int fd, short what, void *context)
{
	struct routes *routes = context;

	routes->changed(routes->context);
}

static struct mnl_socket *socket_open(unsigned int groups)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

int routes_open(struct event_base *base, void (*changed)(void *context), void *context,
		struct routes **ret_routes)
{
	struct routes *routes = calloc(1, sizeof(*routes));
	int fd, err = -ENOMEM;

	if (!routes)
		return err;
	routes->changed = changed;
	routes->context = context;
	routes->questions = socket_open(0);
	routes->changes = socket_open(RTMGRP_IPV6_ROUTE);
	if (!routes->questions || !routes->changes) {
		err = -errno;
		goto failed;
	}
	fd = mnl_socket_get_fd(routes->changes);
	evutil_make_socket_nonblocking(fd);
	routes->readable = event_new(base, fd, EV_READ | EV_PERSIST, changes_readable, routes);
	routes->settled = event_new(base, -1, 0, changes_settled, routes);
	if (!routes->readable || !routes->settled || event_add(routes->readable, NULL) < 0)
		goto failed;
	*ret_routes = routes;
	return 0;
failed:
	routes_close(routes);
	return err;
}

void routes_close(struct routes *routes)
{
	if (!routes)
		return;
	if (routes->readable)
		event_free(routes->readable);
	if (routes->settled)
		event_free(routes->settled);
	if (routes->questions)
		mnl_socket_close(routes->questions);
	if (routes->changes)
		mnl_socket_close(routes->changes);
	free(routes);
}

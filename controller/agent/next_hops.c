/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops by rtnetlink: one question for a mapping, and notifications of changes. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "next_hops.h"

#define SETTLE_MS 100 /* changes come in swarms */

struct next_hops {
	struct mnl_socket *questions;
	struct mnl_socket *changes;
	struct event *readable;
	struct event *settled;
	void (*changed)(void *context);
	void *context;
	struct next_hop known[NEXT_HOPS_MAX]; /* [0] is none */
	uint32_t count;
};

/* What the kernel answers for one destination. */
struct route_answer {
	uint32_t ifindex;
	bool has_gateway, multipath;
	struct next_hop hop;
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
			if (mnl_attr_get_payload_len(attribute) != sizeof(answer->hop.gateway))
				break;
			memcpy(&answer->hop.gateway, mnl_attr_get_payload(attribute),
			       sizeof(answer->hop.gateway));
			answer->has_gateway = true;
			break;
		}
	}
	return MNL_CB_OK;
}

/* Asks for the routing table's entry (not a path of it). False if there is none. */
static bool route_ask(struct next_hops *next_hops, const struct substrate_address *to,
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
	if (mnl_socket_sendto(next_hops->questions, message, message->nlmsg_len) < 0)
		return false;
	length = mnl_socket_recvfrom(next_hops->questions, buffer, sizeof(buffer));
	return length > 0 &&
	       mnl_cb_run(buffer, (size_t)length, 0, 0, route_received, ret_answer) >= 0;
}

uint32_t next_hops_find(struct next_hops *next_hops, const struct substrate_address *to,
			uint32_t ifindex, struct next_hop *ret_hop)
{
	struct route_answer answer = {0};

	if (!route_ask(next_hops, to, &answer) || !answer.has_gateway || answer.multipath ||
	    answer.ifindex != ifindex)
		return 0;
	*ret_hop = answer.hop;
	for (uint32_t i = 1; i <= next_hops->count; i++)
		if (memcmp(&next_hops->known[i], &answer.hop, sizeof(answer.hop)) == 0)
			return i;
	if (next_hops->count + 1 == NEXT_HOPS_MAX)
		return 0;
	next_hops->known[++next_hops->count] = answer.hop;
	return next_hops->count;
}

static void changes_readable(int fd, short what, void *context)
{
	struct timeval settle = {.tv_usec = SETTLE_MS * 1000};
	struct next_hops *next_hops = context;
	char buffer[32768];

	/* What has changed doesn't matter, nor that some may be lost. */
	while (mnl_socket_recvfrom(next_hops->changes, buffer, sizeof(buffer)) > 0 ||
	       errno == ENOBUFS)
		continue;
	event_add(next_hops->settled, &settle);
}

static void changes_settled(int fd, short what, void *context)
{
	struct next_hops *next_hops = context;

	next_hops->changed(next_hops->context);
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

int next_hops_open(struct event_base *base, void (*changed)(void *context), void *context,
		   struct next_hops **ret_next_hops)
{
	struct next_hops *next_hops = calloc(1, sizeof(*next_hops));
	int fd, err = -ENOMEM;

	if (!next_hops)
		return err;
	next_hops->changed = changed;
	next_hops->context = context;
	next_hops->questions = socket_open(0);
	next_hops->changes = socket_open(RTMGRP_IPV6_ROUTE);
	if (!next_hops->questions || !next_hops->changes) {
		err = -errno;
		goto failed;
	}
	fd = mnl_socket_get_fd(next_hops->changes);
	evutil_make_socket_nonblocking(fd);
	next_hops->readable =
		event_new(base, fd, EV_READ | EV_PERSIST, changes_readable, next_hops);
	next_hops->settled = event_new(base, -1, 0, changes_settled, next_hops);
	if (!next_hops->readable || !next_hops->settled || event_add(next_hops->readable, NULL) < 0)
		goto failed;
	*ret_next_hops = next_hops;
	return 0;
failed:
	next_hops_close(next_hops);
	return err;
}

void next_hops_close(struct next_hops *next_hops)
{
	if (!next_hops)
		return;
	if (next_hops->readable)
		event_free(next_hops->readable);
	if (next_hops->settled)
		event_free(next_hops->settled);
	if (next_hops->questions)
		mnl_socket_close(next_hops->questions);
	if (next_hops->changes)
		mnl_socket_close(next_hops->changes);
	free(next_hops);
}

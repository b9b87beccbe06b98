/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "xdp_features.h"

/* Of <linux/netdev.h>, which Debian 12 doesn't have: Documentation/netlink/specs/netdev.yaml in Linux. */
#define NETDEV_FAMILY_NAME        "netdev"
#define NETDEV_MCGRP_MGMT         "mgmt"
#define NETDEV_CMD_DEV_GET        1 /* the question, and the answer; notifications are 2 to 4 */
#define NETDEV_CMD_DEV_DEL_NTF    3
#define NETDEV_A_DEV_IFINDEX      1 /* u32 */
#define NETDEV_A_DEV_XDP_FEATURES 3 /* u64 of NETDEV_XDP_ACT_* */
#define NETDEV_XDP_ACT_NDO_XMIT   (1U << 2)

struct xdp_features {
	struct mnl_socket *socket;
	struct event *readable;
	uint16_t family;
	uint32_t group;
	void (*told)(uint32_t ifindex, bool receives, void *context);
	void *context;
};

/* ---- what the kernel says ---------------------------------------------------------------------- */

bool xdp_features_read(const struct nlmsghdr *message, uint32_t *ret_ifindex, bool *ret_receives)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute, *ifindex = NULL, *bits = NULL;

	if (message->nlmsg_type < NLMSG_MIN_TYPE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    header->cmd == NETDEV_CMD_DEV_DEL_NTF)
		return false;
	mnl_attr_for_each(attribute, message, sizeof(*header))
	{
		uint16_t type = mnl_attr_get_type(attribute);
		uint16_t length = mnl_attr_get_payload_len(attribute);

		if (type == NETDEV_A_DEV_IFINDEX && length == sizeof(uint32_t))
			ifindex = attribute;
		else if (type == NETDEV_A_DEV_XDP_FEATURES && length == sizeof(uint64_t))
			bits = attribute;
	}
	if (!ifindex || !bits)
		return false;
	*ret_ifindex = mnl_attr_get_u32(ifindex);
	*ret_receives = (mnl_attr_get_u64(bits) & NETDEV_XDP_ACT_NDO_XMIT) != 0;
	return true;
}

static int device_received(const struct nlmsghdr *message, void *context)
{
	struct xdp_features *features = context;
	uint32_t ifindex;
	bool receives;

	if (xdp_features_read(message, &ifindex, &receives))
		features->told(ifindex, receives, features->context);
	return MNL_CB_OK;
}

/* Asks for one interface, or for all with ifindex 0. */
static int device_ask(struct xdp_features *features, uint32_t ifindex)
{
	char buffer[128];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;

	message->nlmsg_type = features->family;
	message->nlmsg_flags = NLM_F_REQUEST | (ifindex ? 0 : NLM_F_DUMP);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = NETDEV_CMD_DEV_GET;
	header->version = 1;
	if (ifindex)
		mnl_attr_put_u32(message, NETDEV_A_DEV_IFINDEX, ifindex);
	return mnl_socket_sendto(features->socket, message, message->nlmsg_len) < 0 ? -errno : 0;
}

void xdp_features_ask(struct xdp_features *features, uint32_t ifindex)
{
	if (features)
		device_ask(features, ifindex);
}

/* Reads what has come. Notifications were lost (ENOBUFS): everything is asked for anew. */
static void features_readable(int fd, short what, void *context)
{
	struct xdp_features *features = context;
	char buffer[32768];
	ssize_t length;

	for (;;) {
		length = mnl_socket_recvfrom(features->socket, buffer, sizeof(buffer));
		if (length > 0)
			mnl_cb_run(buffer, (size_t)length, 0, 0, device_received, features);
		else if (length < 0 && errno == ENOBUFS)
			device_ask(features, 0);
		else
			break;
	}
}

/* ---- the family -------------------------------------------------------------------------------- */

static void group_read(const struct nlattr *group, struct xdp_features *features)
{
	const struct nlattr *attribute;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attribute, group)
	{
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(attribute);
		else if (mnl_attr_get_type(attribute) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(attribute);
	}
	if (strcmp(name, NETDEV_MCGRP_MGMT) == 0)
		features->group = id;
}

static int family_received(const struct nlmsghdr *message, void *context)
{
	struct xdp_features *features = context;
	const struct nlattr *attribute, *group;

	mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
			features->family = mnl_attr_get_u16(attribute);
		if (mnl_attr_get_type(attribute) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(group, attribute)
		{
			group_read(group, features);
		}
	}
	return MNL_CB_OK;
}

/* Learns the numbers of the family and its group, which differ from boot to boot. 0 or -errno. */
static int family_find(struct xdp_features *features)
{
	char buffer[8192];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;
	ssize_t length;

	message->nlmsg_type = GENL_ID_CTRL;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 1;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY_NAME);
	if (mnl_socket_sendto(features->socket, message, message->nlmsg_len) < 0)
		return -errno;
	length = mnl_socket_recvfrom(features->socket, buffer, sizeof(buffer));
	if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, family_received, features) < 0)
		return -errno;
	return features->family && features->group ? 0 : -ENOENT;
}

/* ---- beginning and end ------------------------------------------------------------------------- */

/* A socket for questions. 0 or -errno. */
static int socket_open(struct xdp_features *features)
{
	features->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!features->socket || mnl_socket_bind(features->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return family_find(features);
}

bool xdp_features_known(void)
{
	struct xdp_features features = {};
	int err = socket_open(&features);

	if (features.socket)
		mnl_socket_close(features.socket);
	return !err;
}

/* A socket that hears of changes, and the question for all. 0 or -errno. */
static int socket_start(struct xdp_features *features)
{
	int err = socket_open(features);

	if (err)
		return err;
	if (mnl_socket_setsockopt(features->socket, NETLINK_ADD_MEMBERSHIP, &features->group,
				  sizeof(features->group)) < 0)
		return -errno;
	evutil_make_socket_nonblocking(mnl_socket_get_fd(features->socket));
	return device_ask(features, 0);
}

int xdp_features_open(struct event_base *base,
		      void (*told)(uint32_t ifindex, bool receives, void *context), void *context,
		      struct xdp_features **ret_features)
{
	struct xdp_features *features = calloc(1, sizeof(*features));
	int err;

	if (!features)
		return -ENOMEM;
	features->told = told;
	features->context = context;
	err = socket_start(features);
	if (err)
		goto failed;
	features->readable = event_new(base, mnl_socket_get_fd(features->socket),
				       EV_READ | EV_PERSIST, features_readable, features);
	if (!features->readable || event_add(features->readable, NULL) < 0) {
		err = -ENOMEM;
		goto failed;
	}
	*ret_features = features;
	return 0;
failed:
	xdp_features_close(features);
	return err;
}

void xdp_features_close(struct xdp_features *features)
{
	if (!features)
		return;
	if (features->readable)
		event_free(features->readable);
	if (features->socket)
		mnl_socket_close(features->socket);
	free(features);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making and changing network interfaces by rtnetlink; see link.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "link.h"

struct nlmsghdr *link_request(void *buffer, uint16_t type, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_index = (int)ifindex;
	return message;
}

struct nlmsghdr *link_request_new(void *buffer, const char *name)
{
	struct nlmsghdr *message = link_request(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

int link_send(struct nlmsghdr *message)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	char buffer[8192];
	ssize_t length;
	int err = 0;

	if (!socket)
		return -errno;
	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ||
	    (length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer))) < 0 ||
	    mnl_cb_run(buffer, (size_t)length, 0, mnl_socket_get_portid(socket), NULL, NULL) < 0)
		err = -errno;
	mnl_socket_close(socket);
	return err;
}

int link_set_up(uint32_t ifindex, bool up)
{
	char buffer[LINK_REQUEST_MAX];
	struct nlmsghdr *message = link_request(buffer, RTM_NEWLINK, 0, ifindex);
	struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

	link->ifi_flags = up ? IFF_UP : 0;
	link->ifi_change = IFF_UP;
	return link_send(message);
}

int link_ipv6_off(const char *name)
{
	char path[96];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, "1", 1) != 1)
		err = -errno;
	close(fd);
	return err;
}

int link_remove(const char *name)
{
	char buffer[LINK_REQUEST_MAX];
	struct nlmsghdr *message = link_request(buffer, RTM_DELLINK, 0, 0);
	int err;

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	err = link_send(message);
	return err == -ENODEV ? 0 : err;
}

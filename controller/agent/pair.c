/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making the veth pair through which held frames go in again; see interfaces.h. */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "interfaces.h"

#define PAIR_MTU 65535

/* Sends a request and waits for the kernel's acknowledgement. 0 or -errno. */
static int request(struct nlmsghdr *message)
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

static int pair_add(const char *out, const char *in)
{
	char buffer[1024];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nlattr *information, *data, *peer;

	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, out);
	mnl_attr_put_u32(message, IFLA_MTU, PAIR_MTU);
	information = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, in);
	mnl_attr_put_u32(message, IFLA_MTU, PAIR_MTU);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, information);
	return request(message);
}

static int link_up(uint32_t ifindex)
{
	char buffer[256];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	message->nlmsg_type = RTM_NEWLINK;
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_index = (int)ifindex;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return request(message);
}

/* Without IPv6 the kernel sends nothing by itself on the interface. A kernel without IPv6 has no
 * such file, which is as good. */
static int ipv6_off(const char *name)
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

/* The driver then finishes checksums (and segments, which depends on it) before it sends. */
static int checksum_offload_off(const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM};
	struct ifreq request_ = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	strncpy(request_.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCETHTOOL, &request_) < 0)
		err = -errno;
	close(fd);
	return err;
}

int interfaces_make_pair(const char *out, const char *in, uint32_t *ret_out_ifindex,
			 uint32_t *ret_in_ifindex)
{
	int err = pair_add(out, in);
	uint32_t out_ifindex, in_ifindex;

	if (err && err != -EEXIST)
		return err;
	out_ifindex = if_nametoindex(out);
	in_ifindex = if_nametoindex(in);
	if (!out_ifindex || !in_ifindex)
		return -ENODEV;
	err = ipv6_off(out);
	if (!err)
		err = ipv6_off(in);
	if (!err)
		err = checksum_offload_off(out);
	if (!err)
		err = link_up(out_ifindex);
	if (!err)
		err = link_up(in_ifindex);
	if (err)
		return err;
	*ret_out_ifindex = out_ifindex;
	*ret_in_ifindex = in_ifindex;
	return 0;
}

int interfaces_remove_pair(const char *out)
{
	char buffer[256];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	int err;

	message->nlmsg_type = RTM_DELLINK;
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, out);
	err = request(message);
	return err == -ENODEV ? 0 : err;
}

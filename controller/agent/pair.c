/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making the veth pair through which held frames go in again; see interfaces.h. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "interfaces.h"
#include "link.h"

#define PAIR_MTU 65535

static int pair_add(const char *out, const char *in)
{
	char buffer[LINK_REQUEST_MAX];
	struct nlmsghdr *message = link_request_new(buffer, out);
	struct nlattr *information, *data, *peer;

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
	return link_send(message);
}

/* The driver then finishes checksums (and segments, which depends on it) before it sends. */
static int checksum_offload_off(const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM};
	struct ifreq request = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
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
	err = link_ipv6_off(out);
	if (!err)
		err = link_ipv6_off(in);
	if (!err)
		err = checksum_offload_off(out);
	if (!err)
		err = link_set_up(out_ifindex, true);
	if (!err)
		err = link_set_up(in_ifindex, true);
	if (err)
		return err;
	*ret_out_ifindex = out_ifindex;
	*ret_in_ifindex = in_ifindex;
	return 0;
}

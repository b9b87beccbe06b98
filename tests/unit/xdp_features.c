/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says of an interface and XDP, in its netlink family "netdev". */
#include <criterion/criterion.h>
#include <linux/genetlink.h>

#include "controller/agent/xdp_features.h"

/* As in Documentation/netlink/specs/netdev.yaml of Linux. */
enum { DEV_GET = 1, DEV_ADD_NTF, DEV_DEL_NTF, DEV_CHANGE_NTF };
enum { IFINDEX = 1, PAD, XDP_FEATURES };
enum { BASIC = 1 << 0, REDIRECT = 1 << 1, NDO_XMIT = 1 << 2, NDO_XMIT_SG = 1 << 6 };

#define FAMILY 33
#define VETH   9

struct message {
	_Alignas(struct nlmsghdr) char buffer[256];
};

static struct nlmsghdr *message_begin(struct message *message, uint8_t command)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(message->buffer);
	struct genlmsghdr *generic;

	header->nlmsg_type = FAMILY;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->cmd = command;
	return header;
}

static struct nlmsghdr *message_of(struct message *message, uint8_t command, uint64_t features)
{
	struct nlmsghdr *header = message_begin(message, command);

	mnl_attr_put_u32(header, IFINDEX, VETH);
	mnl_attr_put_u64(header, XDP_FEATURES, features);
	return header;
}

static bool receives(uint8_t command, uint64_t features)
{
	struct message message;
	uint32_t ifindex = 0;
	bool answer = false;

	cr_assert(xdp_features_read(message_of(&message, command, features), &ifindex, &answer));
	cr_assert_eq(ifindex, VETH);
	return answer;
}

Test(xdp_features, tells_who_takes_frames_from_xdp)
{
	cr_assert(receives(DEV_GET, BASIC | REDIRECT | NDO_XMIT | NDO_XMIT_SG));
	cr_assert_not(receives(DEV_GET, BASIC | REDIRECT));
	cr_assert_not(receives(DEV_GET, NDO_XMIT_SG));
	cr_assert_not(receives(DEV_GET, 0));
}

Test(xdp_features, listens_to_notifications)
{
	cr_assert(receives(DEV_ADD_NTF, NDO_XMIT));
	cr_assert(receives(DEV_CHANGE_NTF, NDO_XMIT));
	cr_assert_not(receives(DEV_CHANGE_NTF, BASIC));
}

Test(xdp_features, passes_over_an_interface_that_goes)
{
	struct message message;
	uint32_t ifindex;
	bool answer;

	cr_assert_not(
		xdp_features_read(message_of(&message, DEV_DEL_NTF, NDO_XMIT), &ifindex, &answer));
}

Test(xdp_features, passes_over_what_says_nothing_of_xdp)
{
	struct message message;
	struct nlmsghdr *header = message_begin(&message, DEV_GET);
	uint32_t ifindex;
	bool answer;

	mnl_attr_put_u32(header, IFINDEX, VETH);
	cr_assert_not(xdp_features_read(header, &ifindex, &answer));
	header = message_begin(&message, DEV_GET);
	mnl_attr_put_u64(header, XDP_FEATURES, NDO_XMIT);
	cr_assert_not(xdp_features_read(header, &ifindex, &answer));
}

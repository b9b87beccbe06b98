/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Headroom for the nodes' interfaces, from a bridge that carries nothing; see headroom.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/log.h"
#include "headroom.h"
#include "interfaces.h"
#include "link.h"

#define BRIDGE "weft-room"
#define VXLAN  "weft-room-vxlan"

/* No other VXLAN device of the host may have the same two: the last network, and the port "discard".
 * Down, it doesn't listen there. */
#define VXLAN_NETWORK 0xffffff
#define VXLAN_PORT    9

static int bridge_add(void)
{
	char buffer[LINK_REQUEST_MAX];
	struct nlmsghdr *message = link_request_new(buffer, BRIDGE);
	struct nlattr *information = mnl_attr_nest_start(message, IFLA_LINKINFO);

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(message, information);
	return link_send(message);
}

/* There is none after a failure. */
static int vxlan_add(uint32_t bridge)
{
	char buffer[LINK_REQUEST_MAX];
	struct nlmsghdr *message = link_request_new(buffer, VXLAN);
	struct nlattr *information, *data;

	mnl_attr_put_u32(message, IFLA_MASTER, bridge);
	information = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "vxlan");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_VXLAN_ID, VXLAN_NETWORK);
	mnl_attr_put_u16(message, IFLA_VXLAN_PORT, htons(VXLAN_PORT));
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, information);
	return link_send(message);
}

/*
 * Adds a port, or lets one go: SIOCBRADDIF, SIOCBRDELIF. Netlink would take the port away from whatever
 * bridge it is in by now, these are refused unless it is in none, or in this one. 0 or -errno.
 */
static int bridge_change(unsigned long request, uint32_t ifindex)
{
	struct ifreq change = {.ifr_name = BRIDGE, .ifr_ifindex = (int)ifindex};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, request, &change) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Adds a port, if it is nobody's: 0, also if it isn't, or -errno. */
static int port_add(uint32_t ifindex)
{
	int err = bridge_change(SIOCBRADDIF, ifindex);

	return err == -EBUSY ? 0 : err;
}

static int vxlan_ensure(uint32_t bridge)
{
	int err = vxlan_add(bridge);
	uint32_t vxlan = if_nametoindex(VXLAN);

	if (!vxlan)
		return err ? err : -ENODEV;
	err = link_ipv6_off(VXLAN);
	return err ? err : port_add(vxlan);
}

/* Has bridge and VXLAN device, those of an earlier weftd if they are there. 0 or -errno. */
static int bridge_ensure(void)
{
	int add_err = bridge_add(), err;
	uint32_t bridge = if_nametoindex(BRIDGE);

	if (!bridge)
		return add_err ? add_err : -ENODEV;
	err = link_ipv6_off(BRIDGE);
	if (!err)
		err = vxlan_ensure(bridge);
	if (err && !add_err)
		link_remove(BRIDGE); /* it is new, and of no use */
	return err;
}

/* A port whose frames come from a node's veth, and that isn't anybody's. A tap has room by itself. */
static bool port_lacks_headroom(const struct agent_port *port)
{
	return port->ifindex && (port->flags & PORT_PEER) && !port->master;
}

static void port_give(struct agent *agent, const struct agent_port *port)
{
	int err = port_add(port->ifindex);

	if (!err || err == -ENODEV /* about to be reported as gone */ || agent->headroom_refused)
		return;
	agent->headroom_refused = true;
	log_warning("port %s: can't be added to bridge %s: %s; it, and others like it, have no "
		    "headroom: their UDP packets are copied to get the larger header",
		    port->name, BRIDGE, strerror(-err));
}

static void headroom_give(struct agent *agent)
{
	bool ready = false;

	for (size_t i = 0; i < agent->port_count && !agent->headroom_impossible; i++) {
		int err;

		if (!port_lacks_headroom(&agent->ports[i]))
			continue;
		err = ready ? 0 : bridge_ensure();
		ready = !err;
		if (ready) {
			port_give(agent, &agent->ports[i]);
			continue;
		}
		agent->headroom_impossible = true;
		log_warning("bridge %s with a VXLAN device: %s; no port has headroom: UDP packets "
			    "are copied to get the larger header",
			    BRIDGE, strerror(-err));
	}
}

/* Lets go of interfaces that are no ports any more. */
static void headroom_take(const struct agent *agent, uint32_t bridge)
{
	const struct interface *interface = NULL;

	while ((interface = interfaces_next(agent->interfaces, interface)))
		if (interface->master == bridge && strcmp(interface->name, VXLAN) != 0 &&
		    !agent_has_port(agent, interface->ifindex))
			bridge_change(SIOCBRDELIF, interface->ifindex);
}

/* Up, it would carry what no program has taken: that of a port without one. */
static void bridge_keep_down(const struct interface *bridge)
{
	int err;

	if (!bridge->up)
		return;
	err = link_set_up(bridge->ifindex, false);
	log_warning("bridge %s: somebody has set it up, %s; nodes must not reach each other by it",
		    BRIDGE, err ? strerror(-err) : "it is set down again");
}

void headroom_reconcile(struct agent *agent)
{
	const struct interface *bridge = interfaces_find(agent->interfaces, BRIDGE);

	if (agent->options.no_headroom) {
		int err = bridge ? headroom_remove() : 0;

		if (err)
			log_warning("bridge %s: %s; ports still have headroom", BRIDGE,
				    strerror(-err));
		return;
	}
	headroom_give(agent);
	if (!bridge || agent->headroom_impossible)
		return;
	bridge_keep_down(bridge);
	headroom_take(agent, bridge->ifindex);
}

size_t headroom_count(const struct agent *agent)
{
	const struct interface *bridge = interfaces_find(agent->interfaces, BRIDGE);
	size_t count = 0;

	for (size_t i = 0; bridge && i < agent->port_count; i++)
		count += agent->ports[i].ifindex && agent->ports[i].master == bridge->ifindex;
	return count;
}

int headroom_remove(void)
{
	int err = link_remove(BRIDGE);

	return err ? err : link_remove(VXLAN);
}

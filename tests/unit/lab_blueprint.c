/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What labs consist of: the namespaces, links and ip commands that a model asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/cli/lab_blueprint.h"
#include "tests/support/topology.h"

static const char two_hosts[] = "weft: 1\n"
				"hosts:\n"
				"  R: {locator: '2001:db8:0:a::/64'}\n"
				"  S: {locator: '2001:db8:0:b:1100::/72', address: 'fd00::5',"
				" interface: eno1}\n"
				"networks:\n"
				"  Z:\n"
				"    subnets:\n"
				"      front: {v4: 10.0.0.0/24, mtu: 9000}\n"
				"      core: {v4: 10.255.0.0/30}\n"
				"    routers:\n"
				"      J:\n"
				"        interfaces:\n"
				"          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"
				"          core: 10.255.0.1\n"
				"        routes: {10.1.5.0/24: 10.255.0.2}\n"
				"    nodes:\n"
				"      A: {host: R, subnet: front, v4: 10.0.0.2,"
				" mac: '00:05:02:0b:27:44'}\n"
				"      G: {host: S, subnet: front, v4: 10.0.0.3}\n";

/* A copy of `text` in which `from` stands once and has become `to`. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *copy;

	cr_assert_not_null(at);
	cr_assert_gt(asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), 0);
	return copy;
}

static struct blueprint emulated(const char *yaml)
{
	struct model *model = topology_from(yaml);
	struct blueprint blueprint;

	cr_assert_eq(blueprint_emulated("lab", model, &blueprint), 0);
	model_free(model);
	return blueprint;
}

static struct blueprint physical(const char *yaml)
{
	struct model *model = topology_from(yaml);
	struct blueprint blueprint;

	cr_assert_eq(blueprint_physical("lab", model, &blueprint), 0);
	model_free(model);
	return blueprint;
}

static const struct space *space_of(const struct blueprint *blueprint, const char *name)
{
	for (size_t i = 0; i < blueprint->space_count; i++)
		if (strcmp(blueprint->spaces[i].name, name) == 0)
			return &blueprint->spaces[i];
	cr_assert_fail("no namespace %s", name);
	return NULL;
}

/* The link that has an end of this name there, and that end. */
static const struct link *link_of(const struct blueprint *blueprint, const char *space,
				  const char *interface, const struct link_end **ret_end)
{
	for (size_t i = 0; i < 2 * blueprint->link_count; i++) {
		const struct link *link = &blueprint->links[i / 2];

		*ret_end = &link->ends[i % 2];
		if (strcmp((*ret_end)->space, space) == 0 &&
		    strcmp((*ret_end)->interface, interface) == 0)
			return link;
	}
	cr_assert_fail("no interface %s in %s", interface, space);
	return NULL;
}

static const struct link_end *end_of(const struct blueprint *blueprint, const char *space,
				     const char *interface)
{
	const struct link_end *end;

	link_of(blueprint, space, interface, &end);
	return end;
}

Test(lab_blueprint, gives_each_node_host_the_fabric_and_the_manager_a_namespace)
{
	struct blueprint blueprint = emulated(two_hosts);

	cr_assert_eq(blueprint.space_count, 6);
	cr_assert_eq(space_of(&blueprint, "weft:lab:node:Z:A")->kind, SPACE_NODE);
	cr_assert_eq(space_of(&blueprint, "weft:lab:node:Z:G")->kind, SPACE_NODE);
	cr_assert_eq(space_of(&blueprint, "weft:lab:host:R")->kind, SPACE_HOST);
	cr_assert_eq(space_of(&blueprint, "weft:lab:host:S")->kind, SPACE_HOST);
	cr_assert_eq(space_of(&blueprint, "weft:lab:fabric")->kind, SPACE_FABRIC);
	cr_assert_eq(space_of(&blueprint, "weft:lab:manager")->kind, SPACE_MANAGER);
	cr_assert_eq(blueprint.link_count, 5);
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, gives_a_node_its_address_mac_mtu_and_gateway)
{
	static const struct mac mac = {{0x00, 0x05, 0x02, 0x0b, 0x27, 0x44}};
	struct blueprint blueprint = emulated(two_hosts);
	const struct link_end *end;
	const struct link *link = link_of(&blueprint, "weft:lab:node:Z:A", "eth0", &end);

	cr_assert_str_eq(end->commands, "addr add 10.0.0.2/24 dev eth0\n"
					"link set dev eth0 up\n"
					"route add default via 10.0.0.1\n");
	cr_assert_eq(memcmp(&end->mac, &mac, sizeof(mac)), 0);
	cr_assert_eq(link->mtu, 9000);
	cr_assert_not(end->ipv6);
	cr_assert_str_eq(end_of(&blueprint, "weft:lab:host:R", "Z-A")->commands,
			 "link set dev Z-A up\n");
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, gives_a_node_without_a_router_no_route)
{
	char *yaml = replaced(two_hosts, "front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n", "");
	struct blueprint blueprint = emulated(yaml);

	cr_assert_str_eq(end_of(&blueprint, "weft:lab:node:Z:A", "eth0")->commands,
			 "addr add 10.0.0.2/24 dev eth0\nlink set dev eth0 up\n");
	blueprint_clear(&blueprint);
	free(yaml);
}

Test(lab_blueprint, routes_a_hosts_address_and_locator_through_the_fabric)
{
	struct blueprint blueprint = emulated(two_hosts);

	cr_assert_str_eq(end_of(&blueprint, "weft:lab:fabric", "R")->commands,
			 "link set dev R addrgenmode none\n"
			 "link set dev R up\n"
			 "addr add fe80::1/64 dev R nodad\n"
			 "route add fd00:77ef:0:2001:db8:0:a:0/128 via fe80::2 dev R"
			 " src fd00:77ef::2\n"
			 "route add 2001:db8:0:a::/64 via fe80::2 dev R"
			 " src fd00:77ef::2\n");
	cr_assert_str_eq(end_of(&blueprint, "weft:lab:host:S", "eno1")->commands,
			 "link set dev eno1 addrgenmode none\n"
			 "link set dev eno1 up\n"
			 "addr add fe80::2/64 dev eno1 nodad\n"
			 "addr add fd00::5/128 dev eno1 nodad\n"
			 "route add default via fe80::1 dev eno1 src fd00::5\n");
	cr_assert(end_of(&blueprint, "weft:lab:host:R", "nic")->ipv6);
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, makes_the_fabric_wide_enough_for_the_largest_packet)
{
	struct blueprint blueprint = emulated(two_hosts);
	const struct link_end *end;

	cr_assert_eq(link_of(&blueprint, "weft:lab:host:R", "nic", &end)->mtu, 9028);
	cr_assert_eq(link_of(&blueprint, "weft:lab:manager", "nic", &end)->mtu, 9028);
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, tells_hosts_with_long_or_reserved_names_apart_on_the_fabric)
{
	struct blueprint blueprint =
		emulated("weft: 1\n"
			 "hosts:\n"
			 "  manager: {locator: '2001:db8:0:a::/64'}\n"
			 "  rack-12-server-07: {locator: '2001:db8:0:b::/64'}\n"
			 "  rack-12-server-08: {locator: '2001:db8:0:c::/64'}\n");
	char names[4][IFNAMSIZ];
	size_t count = 0;

	for (size_t i = 0; i < 2 * blueprint.link_count; i++) {
		const struct link_end *end = &blueprint.links[i / 2].ends[i % 2];

		if (strcmp(end->space, "weft:lab:fabric") == 0)
			strcpy(names[count++], end->interface);
	}
	cr_assert_eq(count, 4);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			cr_assert_str_neq(names[i], names[k]);
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, makes_bridges_and_routers_of_a_physical_lab)
{
	struct blueprint blueprint = physical(two_hosts);
	const struct link_end *end;
	const struct link *link = link_of(&blueprint, "weft:lab:router:Z:J", "front", &end);

	cr_assert_eq(blueprint.space_count, 4);
	cr_assert_eq(blueprint.link_count, 4);
	cr_assert_str_eq(space_of(&blueprint, "weft:lab:switch:Z")->devices,
			 "link add name [front] mtu 9000 type bridge stp_state 0 forward_delay 0 "
			 "mcast_snooping 0\n"
			 "link set dev [front] up\n"
			 "link add name [core] mtu 1500 type bridge stp_state 0 forward_delay 0 "
			 "mcast_snooping 0\n"
			 "link set dev [core] up\n");
	cr_assert_str_eq(space_of(&blueprint, "weft:lab:router:Z:J")->routes,
			 "route append 10.1.5.0/24 via 10.255.0.2\n");
	cr_assert_str_eq(end->commands, "addr add 10.0.0.1/24 dev front\nlink set dev front up\n");
	cr_assert_eq(link->mtu, 9000);
	cr_assert_str_eq(link->ends[1].interface, "J,front");
	cr_assert_str_eq(link->ends[1].commands, "link set dev J,front master [front] up\n");
	blueprint_clear(&blueprint);
}

Test(lab_blueprint, has_the_same_nodes_in_both_kinds_of_lab)
{
	struct blueprint a = emulated(two_hosts), b = physical(two_hosts);
	const struct link_end *end_a = end_of(&a, "weft:lab:node:Z:G", "eth0");
	const struct link_end *end_b = end_of(&b, "weft:lab:node:Z:G", "eth0");

	cr_assert_str_eq(end_a->commands, end_b->commands);
	cr_assert_eq(memcmp(&end_a->mac, &end_b->mac, sizeof(end_a->mac)), 0);
	cr_assert_eq(end_a->ipv6, end_b->ipv6);
	blueprint_clear(&a);
	blueprint_clear(&b);
}

/* ---- difference -------------------------------------------------------------------------------- */

static struct blueprint removed, added, changed;

/* Compares two_hosts with what it becomes when `from` is replaced. */
static void compare(const char *from, const char *to)
{
	char *yaml = replaced(two_hosts, from, to);
	struct blueprint before = emulated(two_hosts), after = emulated(yaml);

	cr_assert_eq(blueprint_difference(&before, &after, &removed, &added, &changed), 0);
	blueprint_clear(&before);
	blueprint_clear(&after);
	free(yaml);
}

static void forget(void)
{
	blueprint_clear(&removed);
	blueprint_clear(&added);
	blueprint_clear(&changed);
}

Test(lab_blueprint, finds_no_difference_in_the_same_file, .fini = forget)
{
	compare("weft: 1\n", "weft: 1\n");
	cr_assert_eq(removed.space_count + removed.link_count, 0);
	cr_assert_eq(added.space_count + added.link_count, 0);
	cr_assert_eq(changed.link_count, 0);
}

Test(lab_blueprint, moves_a_nodes_link_and_keeps_its_namespace, .fini = forget)
{
	compare("G: {host: S", "G: {host: R");
	cr_assert_eq(removed.space_count, 0);
	cr_assert_eq(added.space_count, 0);
	cr_assert_eq(removed.link_count, 1);
	cr_assert_str_eq(removed.links[0].ends[1].space, "weft:lab:host:S");
	cr_assert_eq(added.link_count, 1);
	cr_assert_str_eq(added.links[0].ends[1].space, "weft:lab:host:R");
}

Test(lab_blueprint, adds_a_node_with_its_namespace, .fini = forget)
{
	compare("      G: ", "      B: {host: R, subnet: front, v4: 10.0.0.4}\n      G: ");
	cr_assert_eq(removed.space_count + removed.link_count, 0);
	cr_assert_eq(added.space_count, 1);
	cr_assert_str_eq(added.spaces[0].name, "weft:lab:node:Z:B");
	cr_assert_eq(added.link_count, 1);
}

Test(lab_blueprint, removes_a_node_with_its_namespace, .fini = forget)
{
	compare("      G: {host: S, subnet: front, v4: 10.0.0.3}\n", "");
	cr_assert_eq(added.space_count + added.link_count, 0);
	cr_assert_eq(removed.space_count, 1);
	cr_assert_str_eq(removed.spaces[0].name, "weft:lab:node:Z:G");
	cr_assert_eq(removed.link_count, 1);
}

Test(lab_blueprint, makes_links_anew_whose_address_changes, .fini = forget)
{
	compare("2001:db8:0:a::/64", "2001:db8:0:c::/64");
	cr_assert_eq(removed.space_count + added.space_count, 0);
	cr_assert_eq(removed.link_count, 1);
	cr_assert_str_eq(removed.links[0].ends[0].space, "weft:lab:host:R");
	cr_assert_eq(added.link_count, 1);
}

Test(lab_blueprint, only_resizes_links_whose_mtu_changes, .fini = forget)
{
	compare("mtu: 9000", "mtu: 1400");
	cr_assert_eq(removed.link_count + added.link_count, 0);
	cr_assert_eq(changed.link_count, 5); /* of the three to the fabric, of A and of G */
}

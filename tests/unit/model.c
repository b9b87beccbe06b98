/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model: texts of addresses, questions about routers and interfaces, and allocation. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "controller/model.h"

static uint32_t v4(const char *text)
{
	uint32_t address = 0;

	cr_assert_eq(ipv4_parse(text, &address), 0, "%s", text);
	return address;
}

/* ---- texts ------------------------------------------------------------------------------------ */

Test(text, of_addresses_and_prefixes_reads_back)
{
	static const char *const prefixes[] = {"0.0.0.0/0", "10.0.0.0/8", "10.255.0.0/30",
					       "255.255.255.255/32"};
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct ipv4_prefix prefix;

		cr_assert_eq(prefix_parse(prefixes[i], &prefix), 0, "%s", prefixes[i]);
		cr_assert_str_eq(prefix_text(&prefix, text), prefixes[i]);
	}
	cr_assert_str_eq(ipv4_text(v4("10.1.5.3"), text), "10.1.5.3");
}

Test(text, that_is_no_address_is_refused_and_changes_nothing)
{
	static const char *const addresses[] = {
		"",           "10",        "10.0.0",    "10.0.0.0.0", "10.0.0.x",   "10.0.0.-1",
		"10.0.0.256", " 10.0.0.1", "10.0.0.1 ", "10.0.0.01",  "0x0a.0.0.1", "::1"};
	static const char *const prefixes[] = {
		"10.0.0.0",    "10.0.0.0/",     "10.0.0.0/33", "10.0.0.0/024",
		"10.0.0.0/+8", "10.0.0.0/8/8",  "/8",          "10.0.0.0/ 8",
		"10.0.0.0/8x", "10.0.0.0/1000", "::/0",        ""};
	struct ipv4_prefix prefix = {1, 2};
	uint32_t address = 7;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		cr_assert_eq(ipv4_parse(addresses[i], &address), -EINVAL, "%s", addresses[i]);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		cr_assert_eq(prefix_parse(prefixes[i], &prefix), -EINVAL, "%s", prefixes[i]);
	cr_assert_eq(prefix_parse("10.0.0.1/24", &prefix), -ERANGE);
	cr_assert_eq(address, 7);
	cr_assert_eq(prefix.address, 1);
	cr_assert_eq(prefix.length, 2);
}

Test(text, of_a_mac_reads_back)
{
	static const char *const wrong[] = {"",
					    "00:05:02:0b:27",
					    "00:05:02:0b:27:44:01",
					    "00-05-02-0b-27-44",
					    "00:05:02:0b:27:4",
					    "00:05:02:0b:27:4g",
					    "0:005:02:0b:27:44"};
	char text[MAC_TEXT_MAX];
	struct mac mac;

	cr_assert_eq(mac_parse("00:05:02:0B:27:44", &mac), 0);
	cr_assert_str_eq(mac_text(&mac, text), "00:05:02:0b:27:44");
	cr_assert(!mac_is_zero(&mac));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(mac_parse(wrong[i], &mac), -EINVAL, "%s", wrong[i]);
}

Test(text, of_a_locator_reads_back)
{
	struct substrate_locator locator;
	char text[IPV6_TEXT_MAX + 4];

	cr_assert_eq(locator_parse("2001:db8:0:a::/64", &locator), 0);
	cr_assert_eq(locator.bits, 64);
	cr_assert_str_eq(locator_text(&locator, text), "2001:db8:0:a::/64");
	cr_assert_eq(locator_parse("2001:db8:0:a:500::/72", &locator), 0);
	cr_assert_eq(locator.octets[8], 5);
	cr_assert_str_eq(locator_text(&locator, text), "2001:db8:0:a:500::/72");
	cr_assert_eq(locator_parse("2001:db8::/48", &locator), -ERANGE);
	cr_assert_eq(locator_parse("2001:db8:0:a::1/64", &locator), -ERANGE);
	cr_assert_eq(locator_parse("2001:db8:0:a:5a0::/72", &locator), -ERANGE);
	cr_assert_eq(locator_parse("2001:db8:0:a::", &locator), -EINVAL);
	cr_assert_eq(locator_parse("10.0.0.0/64", &locator), -EINVAL);
	cr_assert_eq(locator_parse("2001:db8:0:a::/129", &locator), -EINVAL);
}

Test(prefix, knows_what_it_contains)
{
	const struct ipv4_prefix front = {v4("10.0.0.0"), 24}, everything = {0, 0},
				 pair = {v4("10.255.0.0"), 31};

	cr_assert(prefix_contains(&front, v4("10.0.0.255")));
	cr_assert(!prefix_contains(&front, v4("10.0.1.0")));
	cr_assert(prefix_contains(&everything, v4("255.255.255.255")));
	cr_assert(prefix_covers(&everything, &front));
	cr_assert(!prefix_covers(&front, &everything));
	cr_assert_eq(prefix_mask(&everything), 0);
	cr_assert_eq(prefix_mask(&front), 0xffffff00);
	cr_assert_eq(prefix_broadcast(&front), v4("10.0.0.255"));
	cr_assert_eq(prefix_broadcast(&pair), 0);
}

/* ---- questions -------------------------------------------------------------------------------- */

/* Adds a router with one interface, on a subnet (index). */
static struct router_interface *add_router(struct network *network, const char *name,
					   uint32_t subnet, const char *address)
{
	struct router_interface *interface =
		router_add_interface(network_add_router(network, name));

	interface->subnet = subnet;
	interface->address = v4(address);
	return interface;
}

/* Adds a node, on a host and a subnet (indices). */
static struct node *add_node(struct network *network, const char *name, uint32_t host,
			     uint32_t subnet, const char *address)
{
	struct node *node = network_add_node(network, name);

	node->host = host;
	node->subnet = subnet;
	node->address = v4(address);
	return node;
}

/* Network Z: hosts R and S, subnet front with routers L .9, J .1 and K .5. */
static struct model *build_model(void)
{
	struct model *model = model_new();
	struct network *network;

	model_add_host(model, "R");
	model_add_host(model, "S");
	network = model_add_network(model, "Z");
	network_add_subnet(network, "front")->prefix = (struct ipv4_prefix){v4("10.0.0.0"), 24};
	add_router(network, "L", 0, "10.0.0.9");
	add_router(network, "J", 0, "10.0.0.1");
	add_router(network, "K", 0, "10.0.0.5");
	return model;
}

Test(model, finds_objects_by_name)
{
	struct model *model = build_model();
	struct network *network = model_find_network(model, "Z");

	cr_assert_eq(model_find_host(model, "S"), &model->hosts[1]);
	cr_assert_null(model_find_host(model, "T"));
	cr_assert_null(model_find_network(model, "Y"));
	cr_assert_eq(network_find_router(network, "J"), &network->routers[1]);
	cr_assert_null(network_find_router(network, "front"));
	cr_assert_not_null(network_find_subnet(network, "front"));
	cr_assert_null(network_find_node(network, "A"));
	model_free(model);
}

Test(model, grows_to_many_objects_and_keeps_them)
{
	struct model *model = model_new();
	char name[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		model_add_host(model, name)->locator.bits = 64;
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		cr_assert_str_eq(model->hosts[i].name, name);
		cr_assert_eq(model->hosts[i].locator.bits, 64);
		cr_assert_null(model->hosts[i].interface);
	}
	model_free(model);
	model_free(NULL);
}

Test(model, orders_the_routers_of_a_subnet_by_address)
{
	struct model *model = build_model();
	const struct router_interface *interfaces[3];
	uint32_t routers[3];

	cr_assert_eq(subnet_router_interfaces(model->networks, 0, interfaces, routers, 3), 3);
	cr_assert_eq(interfaces[0]->address, v4("10.0.0.1"));
	cr_assert_eq(interfaces[1]->address, v4("10.0.0.5"));
	cr_assert_eq(interfaces[2]->address, v4("10.0.0.9"));
	cr_assert_eq(routers[0], 1);
	cr_assert_eq(routers[1], 2);
	cr_assert_eq(routers[2], 0);
	model_free(model);
}

Test(model, keeps_the_lowest_routers_when_there_is_no_room_for_all)
{
	struct model *model = build_model();
	const struct router_interface *interfaces[2] = {NULL, NULL};

	cr_assert_eq(subnet_router_interfaces(model->networks, 0, interfaces, NULL, 1), 3);
	cr_assert_eq(interfaces[0]->address, v4("10.0.0.1"));
	cr_assert_null(interfaces[1]);
	cr_assert_eq(subnet_router_interfaces(model->networks, 0, NULL, NULL, 0), 3);
	cr_assert_eq(subnet_router_interfaces(model->networks, 1, interfaces, NULL, 2), 0);
	model_free(model);
}

Test(model, takes_the_gateway_of_the_node_then_of_the_subnet_then_the_lowest)
{
	struct model *model = build_model();
	struct network *network = model->networks;
	struct node *node = add_node(network, "A", 0, 0, "10.0.0.2");

	cr_assert_eq(model_gateway(network, node), v4("10.0.0.1"));
	network->subnets[0].gateway = v4("10.0.0.5");
	cr_assert_eq(model_gateway(network, node), v4("10.0.0.5"));
	node->gateway = v4("10.0.0.9");
	cr_assert_eq(model_gateway(network, node), v4("10.0.0.9"));
	node = network_add_node(network, "C");
	cr_assert_eq(model_gateway(network, node), 0);
	model_free(model);
}

Test(model, names_interfaces_after_network_and_node)
{
	struct model *model = model_new();
	struct network *network, *other;
	char name[IFNAMSIZ], name_2[IFNAMSIZ];

	model_add_network(model, "customer");
	other = model_add_network(model, "customers");
	network = model_find_network(model, "customer");
	node_interface_name(network, network_add_node(network, "web-01"), name);
	cr_assert_str_eq(name, "customer-web-01");
	node_interface_name(network, network_add_node(network, "web-001"), name);
	cr_assert_eq(strlen(name), 15);
	cr_assert_eq(strncmp(name, "customer-", 9), 0);
	node_interface_name(other, network_add_node(other, "web-001"), name_2);
	cr_assert_str_neq(name, name_2);
	network->nodes[0].interface = strdup("tap7");
	node_interface_name(network, &network->nodes[0], name);
	cr_assert_str_eq(name, "tap7");
	model_free(model);
}

Test(model, never_changes_how_a_long_interface_name_is_shortened)
{
	struct model *model = model_new();
	struct network *network = model_add_network(model, "customer");
	char name[IFNAMSIZ];

	node_interface_name(network, network_add_node(network, "web-001"), name);
	cr_assert_str_eq(name, "customer-cafbef");
	model_free(model);
}

/* ---- allocation ------------------------------------------------------------------------------- */

Test(allocate, gives_ids_macs_and_slots)
{
	struct model *model = build_model();
	struct network *network = model->networks;
	char text[MAC_TEXT_MAX];

	add_node(network, "A", 0, 0, "10.0.0.2");
	add_node(network, "C", 0, 0, "10.0.0.3");
	add_node(network, "G", 1, 0, "10.0.0.4");
	cr_assert_eq(model_allocate(model, NULL), 0);
	cr_assert_eq(network->id, 1);
	cr_assert_str_eq(mac_text(&network->routers[0].interfaces[0].mac, text),
			 "02:00:0a:00:00:09");
	cr_assert_str_eq(mac_text(&network->nodes[0].mac, text), "02:00:0a:00:00:02");
	cr_assert_eq(network->nodes[0].slot, 0);
	cr_assert_eq(network->nodes[1].slot, 1);
	cr_assert_eq(network->nodes[2].slot, 0);
	model_free(model);
}

Test(allocate, leaves_alone_what_is_given)
{
	struct model *model = build_model();
	struct network *network = model->networks;
	char text[MAC_TEXT_MAX];

	model_add_network(model, "Y");
	network = model->networks;
	network->id = 1;
	/* J's interface has the MAC that A's address would make. */
	mac_parse("02:00:0a:00:00:02", &network->routers[1].interfaces[0].mac);
	add_node(network, "A", 0, 0, "10.0.0.2");
	cr_assert_eq(model_allocate(model, NULL), 0);
	cr_assert_eq(model->networks[0].id, 1);
	cr_assert_eq(model->networks[1].id, 2);
	cr_assert_str_eq(mac_text(&network->routers[1].interfaces[0].mac, text),
			 "02:00:0a:00:00:02");
	cr_assert_str_eq(mac_text(&network->nodes[0].mac, text), "02:01:0a:00:00:02");
	model_free(model);
}

Test(allocate, keeps_what_was_given_before)
{
	struct model *before = build_model(), *model = build_model();
	struct network *network = before->networks;
	char text[MAC_TEXT_MAX];

	add_node(network, "gone", 0, 0, "10.0.0.8");
	add_node(network, "A", 0, 0, "10.0.0.2");
	add_node(network, "C", 0, 0, "10.0.0.3");
	network->id = 0x5a;
	cr_assert_eq(model_allocate(before, NULL), 0);
	mac_parse("02:00:00:00:00:77", &network->routers[1].interfaces[0].mac);

	network = model->networks;
	add_node(network, "new", 0, 0, "10.0.0.7");
	add_node(network, "A", 0, 0, "10.0.0.99"); /* other address, same MAC and slot */
	add_node(network, "C", 1, 0, "10.0.0.3"); /* moved: a slot of the new host */
	cr_assert_eq(model_allocate(model, before), 0);
	cr_assert_eq(network->id, 0x5a);
	cr_assert_str_eq(mac_text(&network->routers[1].interfaces[0].mac, text),
			 "02:00:00:00:00:77");
	cr_assert_str_eq(mac_text(&network->nodes[1].mac, text), "02:00:0a:00:00:02");
	cr_assert_eq(network->nodes[0].slot, 0);
	cr_assert_eq(network->nodes[1].slot, 1);
	cr_assert_eq(network->nodes[2].slot, 0);
	model_free(before);
	model_free(model);
}

Test(allocate, gives_away_what_was_kept_when_the_file_names_it)
{
	struct model *before = build_model(), *model = build_model();
	char text[MAC_TEXT_MAX];

	add_node(before->networks, "A", 0, 0, "10.0.0.2");
	cr_assert_eq(model_allocate(before, NULL), 0);
	model_add_network(model, "Y")->id = before->networks[0].id;
	add_node(model->networks, "A", 0, 0, "10.0.0.2");
	add_node(model->networks, "C", 0, 0, "10.0.0.3")->mac = before->networks[0].nodes[0].mac;
	cr_assert_eq(model_allocate(model, before), 0);
	cr_assert_neq(model->networks[0].id, model->networks[1].id);
	cr_assert_str_eq(mac_text(&model->networks[0].nodes[0].mac, text), "02:01:0a:00:00:02");
	model_free(before);
	model_free(model);
}

Test(allocate, gives_ids_of_deleted_networks_out_last)
{
	struct model *before = model_new(), *model = model_new();

	model_add_network(before, "gone")->id = 1;
	model_add_network(model, "new");
	cr_assert_eq(model_allocate(model, before), 0);
	cr_assert_eq(model->networks[0].id, 2);
	model_free(before);
	model_free(model);
}

Test(allocate, gives_no_slots_behind_a_long_locator)
{
	struct model *model = build_model();

	model->hosts[0].locator.bits = SUBSTRATE_LOCATOR_LONG;
	add_node(model->networks, "A", 0, 0, "10.0.0.2");
	cr_assert_eq(model_allocate(model, NULL), 0);
	cr_assert_eq(model->networks->nodes[0].slot, SUBSTRATE_SLOT_NONE);
	model_free(model);
}

Test(allocate, lets_nodes_beyond_a_hosts_slots_share_the_last)
{
	struct model *model = build_model();
	struct network *network = model->networks;
	char name[16];

	for (int i = 0; i < 66; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		add_node(network, name, 0, 0, "10.0.0.2")->address += (uint32_t)i;
	}
	cr_assert_eq(model_allocate(model, NULL), 0);
	for (uint32_t i = 0; i < 66; i++)
		cr_assert_eq(network->nodes[i].slot, i < 63 ? i : 63);
	model_free(model);
}

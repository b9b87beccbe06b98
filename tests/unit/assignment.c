/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the manager's messages to a model: figure 2 as host R gets it, and what is malformed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "controller/agent/assignment.h"

#define ADDRESS(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* The messages for R, as plain data that each test may spoil before it is sent. */
static uint8_t locator[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0a};
static uint8_t mac[6] = {0x00, 0x05, 0x02, 0x0b, 0x27, 0x44};
static Weft__Node a, c, d;
static Weft__Node *nodes[] = {&a, &c, &d};
static Weft__Subnet front, mid, other;
static Weft__Subnet *z_subnets[] = {&front, &mid}, *y_subnets[] = {&other};
static Weft__RouterInterface j_front, j_mid;
static Weft__RouterInterface *j_interfaces[] = {&j_front, &j_mid};
static Weft__Route route;
static Weft__Route *j_routes[] = {&route};
static Weft__Router j;
static Weft__Router *routers[] = {&j};
static Weft__Assign assign;
static Weft__Topology z, y;

static struct assignment assignment;
static const char *why;

static void make_node(Weft__Node *node, uint32_t network, const char *name, const char *subnet,
		      uint32_t address)
{
	weft__node__init(node);
	node->network = network;
	node->name = (char *)name;
	node->subnet = (char *)subnet;
	node->address = address;
	node->mac = (ProtobufCBinaryData){sizeof(mac), mac};
	node->interface = (char *)name;
}

static void make_subnet(Weft__Subnet *subnet, const char *name, uint32_t prefix)
{
	weft__subnet__init(subnet);
	subnet->name = (char *)name;
	subnet->prefix = prefix;
	subnet->length = 24;
	subnet->mtu = 1500;
}

static void make_interface(Weft__RouterInterface *interface, const char *subnet, uint32_t address)
{
	weft__router_interface__init(interface);
	interface->subnet = (char *)subnet;
	interface->address = address;
	interface->mac = (ProtobufCBinaryData){sizeof(mac), mac};
}

static void make_topologies(void)
{
	make_subnet(&front, "front", ADDRESS(10, 0, 0, 0));
	make_subnet(&mid, "mid", ADDRESS(10, 0, 5, 0));
	make_subnet(&other, "front", ADDRESS(10, 0, 0, 0));
	make_interface(&j_front, "front", ADDRESS(10, 0, 0, 1));
	make_interface(&j_mid, "mid", ADDRESS(10, 0, 5, 254));
	weft__route__init(&route);
	route.prefix = ADDRESS(10, 1, 5, 0);
	route.length = 24;
	route.next_hop = ADDRESS(10, 0, 5, 9);
	weft__router__init(&j);
	j.name = (char *)"J";
	j.interfaces = j_interfaces;
	j.n_interfaces = 2;
	j.routes = j_routes;
	j.n_routes = 1;
	weft__topology__init(&z);
	z.network = 0x5a;
	z.name = (char *)"Z";
	z.subnets = z_subnets;
	z.n_subnets = 2;
	z.routers = routers;
	z.n_routers = 1;
	weft__topology__init(&y);
	y.network = 0x59;
	y.name = (char *)"Y";
	y.subnets = y_subnets;
	y.n_subnets = 1;
}

static void make_messages(void)
{
	make_node(&a, 0x5a, "A", "front", ADDRESS(10, 0, 0, 2));
	make_node(&c, 0x5a, "C", "mid", ADDRESS(10, 0, 5, 1));
	make_node(&d, 0x59, "D", "front", ADDRESS(10, 0, 0, 3));
	weft__assign__init(&assign);
	assign.locator = (ProtobufCBinaryData){sizeof(locator), locator};
	assign.locator_bits = 64;
	assign.nodes = nodes;
	assign.n_nodes = 3;
	make_topologies();
	memset(&assignment, 0, sizeof(assignment));
	why = NULL;
}

static void clear(void)
{
	assignment_clear(&assignment);
}

/* Sends the three messages, and makes the model of them. */
static struct model *assigned(void)
{
	struct model *model;

	cr_assert_eq(assignment_nodes(&assignment, &assign, &why), 0, "%s", why);
	cr_assert_eq(assignment_topology(&assignment, &z, &why), 0, "%s", why);
	cr_assert_eq(assignment_topology(&assignment, &y, &why), 0, "%s", why);
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0, "%s", why);
	return model;
}

TestSuite(assignment, .init = make_messages, .fini = clear);

Test(assignment, has_the_host_and_its_nodes)
{
	struct model *model = assigned();
	const struct network *network = model_find_network(model, "Z");
	const struct node *node;

	cr_assert_eq(model->host_count, 1);
	cr_assert_eq(model->hosts[0].locator.bits, 64);
	cr_assert_arr_eq(model->hosts[0].locator.octets, locator, 9);
	cr_assert_eq(model->network_count, 2);
	cr_assert(network);
	cr_assert_eq(network->id, 0x5a);
	node = network_find_node(network, "C");
	cr_assert(node);
	cr_assert_eq(node->address, ADDRESS(10, 0, 5, 1));
	cr_assert_str_eq(network->subnets[node->subnet].name, "mid");
	cr_assert_arr_eq(node->mac.octets, mac, 6);
	cr_assert(network_find_node(model_find_network(model, "Y"), "D"));
	model_free(model);
}

Test(assignment, has_the_routers_and_their_routes)
{
	struct model *model = assigned();
	const struct router *router = network_find_router(model_find_network(model, "Z"), "J");

	cr_assert(router);
	cr_assert_eq(router->interface_count, 2);
	cr_assert_eq(router->interfaces[1].address, ADDRESS(10, 0, 5, 254));
	cr_assert_eq(router->interfaces[1].subnet, 1);
	cr_assert_eq(router->route_count, 1);
	cr_assert_eq(router->routes[0].prefix.address, ADDRESS(10, 1, 5, 0));
	cr_assert_eq(router->routes[0].next_hop, ADDRESS(10, 0, 5, 9));
	model_free(model);
}

Test(assignment, keeps_what_the_messages_said)
{
	struct model *model;

	model_free(assigned());
	a.address = z.network = 0;
	front.name = (char *)"gone";
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0, "%s", why);
	cr_assert_eq(model->networks[0].nodes[0].address, ADDRESS(10, 0, 0, 2));
	cr_assert_str_eq(model->networks[0].subnets[0].name, "front");
	model_free(model);
}

Test(assignment, replaces_the_nodes)
{
	struct model *model;

	model_free(assigned());
	assign.n_nodes = 1;
	cr_assert_eq(assignment_nodes(&assignment, &assign, &why), 0);
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0, "%s", why);
	cr_assert_eq(model->network_count, 1, "Y has no node here any more");
	cr_assert_eq(model->networks[0].node_count, 1);
	model_free(model);
}

Test(assignment, forgets_networks_that_have_no_node_here)
{
	struct model *model;

	model_free(assigned());
	assign.n_nodes = 1;
	cr_assert_eq(assignment_nodes(&assignment, &assign, &why), 0);
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0);
	model_free(model);
	assign.n_nodes = 3;
	cr_assert_eq(assignment_nodes(&assignment, &assign, &why), 0);
	cr_assert_eq(assignment_model(&assignment, &why, &model), -EPROTO);
	cr_assert(strstr(why, "topology"), "%s", why);
}

Test(assignment, replaces_a_topology_and_keeps_the_others)
{
	struct model *model;

	model_free(assigned());
	z.n_routers = 0;
	cr_assert_eq(assignment_topology(&assignment, &z, &why), 0);
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0);
	cr_assert_eq(model->network_count, 2);
	cr_assert_eq(model_find_network(model, "Z")->router_count, 0);
	model_free(model);
}

Test(assignment, has_no_host_before_it_is_declared)
{
	struct model *model;

	assign.locator = (ProtobufCBinaryData){0, NULL};
	assign.locator_bits = 0;
	assign.n_nodes = 0;
	cr_assert_eq(assignment_nodes(&assignment, &assign, &why), 0, "%s", why);
	cr_assert_eq(assignment_model(&assignment, &why, &model), 0, "%s", why);
	cr_assert_eq(model->host_count, 0);
	model_free(model);
}

Test(assignment, knows_a_long_locator)
{
	struct model *model;

	locator[8] = 0x9c;
	assign.locator_bits = 72;
	model = assigned();
	cr_assert_eq(model->hosts[0].locator.bits, 72);
	cr_assert_eq(model->hosts[0].locator.octets[8], 0x9c);
	model_free(model);
}

Test(assignment, wants_the_nodes_before_sync)
{
	struct model *model;

	cr_assert_eq(assignment_topology(&assignment, &z, &why), 0);
	cr_assert_eq(assignment_model(&assignment, &why, &model), -EPROTO);
	cr_assert_not_null(why);
}

/* The three messages, of which one is refused or the model can't be made. */
static void assert_refused(void)
{
	struct model *model;

	why = NULL;
	if (assignment_nodes(&assignment, &assign, &why) == 0 &&
	    assignment_topology(&assignment, &z, &why) == 0 &&
	    assignment_topology(&assignment, &y, &why) == 0)
		cr_assert_eq(assignment_model(&assignment, &why, &model), -EPROTO);
	cr_assert_not_null(why);
	make_topologies();
}

/* A message with one thing wrong is refused, and says what. */
#define REFUSED(what, wrong)             \
	Test(assignment, refuses_##what) \
	{                                \
		wrong;                   \
		assert_refused();        \
	}

REFUSED(a_locator_of_4_octets, assign.locator.len = 4)
REFUSED(a_locator_of_80_bits, assign.locator_bits = 80)
REFUSED(a_node_of_network_0, c.network = 0)
REFUSED(a_node_of_a_network_beyond_24_bits, c.network = 0x1000000)
REFUSED(a_node_of_a_network_without_topology, c.network = 0x58)
REFUSED(a_node_on_a_subnet_that_is_not_there, c.subnet = (char *)"back")
REFUSED(a_node_with_a_mac_of_8_octets, c.mac.len = 8)
REFUSED(a_node_without_interface, c.interface = (char *)"")
REFUSED(a_node_with_an_interface_of_16_letters, c.interface = (char *)"abcdefghijklmnop")
REFUSED(a_node_with_slot_64, c.slot = 64)
REFUSED(a_topology_of_network_0, z.network = 0)
REFUSED(a_subnet_of_33_bits, mid.length = 33)
REFUSED(a_subnet_with_an_mtu_beyond_16_bits, mid.mtu = 65536)
REFUSED(a_router_without_interfaces, j.n_interfaces = 0)
REFUSED(a_router_with_an_empty_mac, j_mid.mac.len = 0)
REFUSED(a_router_on_a_subnet_that_is_not_there, j_mid.subnet = (char *)"back")
REFUSED(a_route_of_33_bits, route.length = 33)

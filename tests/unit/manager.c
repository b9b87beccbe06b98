/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft-manager as hosts and operators see it: figure 2 on a real one, over its sockets. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/channel.h"
#include "tests/support/fake_host.h"

#define Z 0x5a /* ids of the networks */
#define Y 0x59

static struct test_manager manager;
static char figure2[16384];

static void setup(void)
{
	FILE *file = fopen("examples/figure2.yaml", "r");
	size_t size;

	cr_assert(file, "examples/figure2.yaml is not here: run tests in the top directory");
	size = fread(figure2, 1, sizeof(figure2) - 1, file);
	fclose(file);
	figure2[size] = '\0';
	test_manager_start(&manager);
}

static void teardown(void)
{
	test_manager_stop(&manager);
}

TestSuite(manager, .init = setup, .fini = teardown);

/* Figure 2 with the line that begins like this replaced. */
static const char *figure2_with(const char *beginning, const char *line)
{
	static char text[sizeof(figure2) + 256];
	const char *at = strstr(figure2, beginning), *end;

	cr_assert(at, "figure 2 has no line '%s'", beginning);
	end = strchr(at, '\n');
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - figure2), figure2, line, end);
	return text;
}

static void expect_mapping(int fd, const char *address, uint8_t locator_end, uint32_t slot)
{
	Weft__Mapping *mapping = (Weft__Mapping *)fake_host_expect(fd, WEFT__MESSAGE_TYPE__MAPPING);

	cr_assert_eq(mapping->network, Z);
	cr_assert_eq(mapping->address, fake_host_address(address));
	cr_assert_eq(mapping->locator.len, 16);
	cr_assert_eq(mapping->locator.data[7], locator_end);
	cr_assert_eq(mapping->locator_bits, 64);
	cr_assert_eq(mapping->slot, slot);
	cr_assert_eq(mapping->mac.len, 6);
	cr_assert_gt(mapping->time_to_live_s, 0);
	weft__mapping__free_unpacked(mapping, NULL);
}

static void expect_negative(int fd, uint32_t network, const char *address,
			    Weft__NegativeReason reason)
{
	Weft__Negative *negative =
		(Weft__Negative *)fake_host_expect(fd, WEFT__MESSAGE_TYPE__NEGATIVE);

	cr_assert_eq(negative->network, network);
	cr_assert_eq(negative->address, fake_host_address(address));
	cr_assert_eq(negative->reason, reason);
	cr_assert_gt(negative->time_to_live_s, 0);
	weft__negative__free_unpacked(negative, NULL);
}

/* Returns the id. A locator_end of 0: without a mapping. */
static uint64_t expect_invalidate(int fd, const char *address, uint8_t locator_end)
{
	Weft__Invalidate *invalidate =
		(Weft__Invalidate *)fake_host_expect(fd, WEFT__MESSAGE_TYPE__INVALIDATE);
	uint64_t id = invalidate->id;

	cr_assert_eq(invalidate->network, Z);
	cr_assert_eq(invalidate->address, fake_host_address(address));
	cr_assert_eq(invalidate->mapping != NULL, locator_end != 0);
	if (invalidate->mapping) {
		cr_assert_eq(invalidate->mapping->address, invalidate->address);
		cr_assert_eq(invalidate->mapping->locator.data[7], locator_end);
	}
	weft__invalidate__free_unpacked(invalidate, NULL);
	return id;
}

/* An answer that comes next shows that nothing else had been sent. */
static void expect_nothing(int fd, const char *node)
{
	fake_host_resolve(fd, Y, "10.9.9.9", node);
	expect_negative(fd, Y, "10.9.9.9", WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
}

/* A value in `get KIND`, of the row that has `name`. */
static json_int_t number_in(const char *kind, const char *name, const char *key)
{
	json_t *rows = test_manager_get(&manager, kind), *row;
	json_int_t number = -1;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
			number = json_integer_value(json_object_get(row, key));
	}
	json_decref(rows);
	return number;
}

/* ---- joining ----------------------------------------------------------------------------------- */

Test(manager, sends_a_host_its_nodes_and_the_topology_of_their_networks)
{
	int r = fake_host_connect(&manager);
	Weft__Topology *topology;
	Weft__Assign *assign;
	Weft__Sync *sync;

	test_manager_apply(&manager, figure2);
	fake_host_hello(r, WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "R");
	assign = (Weft__Assign *)fake_host_expect(r, WEFT__MESSAGE_TYPE__ASSIGN);
	cr_assert_eq(assign->locator.data[7], 0x0a);
	cr_assert_eq(assign->locator_bits, 64);
	cr_assert_eq(assign->n_nodes, 3);
	cr_assert_str_eq(assign->nodes[1]->name, "A");
	cr_assert_eq(assign->nodes[1]->network, Z);
	cr_assert_eq(assign->nodes[1]->address, fake_host_address("10.0.0.2"));
	cr_assert_str_eq(assign->nodes[1]->subnet, "front");
	cr_assert_str_eq(assign->nodes[1]->interface, "Z-A");
	cr_assert_eq(memcmp(assign->nodes[1]->mac.data, "\x00\x05\x02\x0b\x27\x44", 6), 0);
	weft__assign__free_unpacked(assign, NULL);
	topology = (Weft__Topology *)fake_host_expect(r, WEFT__MESSAGE_TYPE__TOPOLOGY);
	cr_assert_str_eq(topology->name, "Y");
	cr_assert_eq(topology->subnets[0]->gateway, 0);
	weft__topology__free_unpacked(topology, NULL);
	topology = (Weft__Topology *)fake_host_expect(r, WEFT__MESSAGE_TYPE__TOPOLOGY);
	cr_assert_str_eq(topology->name, "Z");
	cr_assert_eq(topology->n_subnets, 4);
	cr_assert_str_eq(topology->subnets[2]->name, "front");
	cr_assert_eq(topology->subnets[2]->mtu, 1500);
	cr_assert_eq(topology->subnets[2]->gateway, fake_host_address("10.0.0.1"));
	cr_assert_eq(topology->n_routers, 2);
	cr_assert_eq(topology->routers[0]->n_interfaces, 3);
	cr_assert_eq(topology->routers[0]->n_routes, 1);
	cr_assert_eq(topology->routers[0]->routes[0]->next_hop, fake_host_address("10.255.0.2"));
	weft__topology__free_unpacked(topology, NULL);
	sync = (Weft__Sync *)fake_host_expect(r, WEFT__MESSAGE_TYPE__SYNC);
	cr_assert_eq(sync->revision, 1);
	cr_assert_neq(sync->epoch, 0);
	weft__sync__free_unpacked(sync, NULL);
	close(r);
}

Test(manager, takes_a_host_that_is_declared_later)
{
	int r = fake_host_connect(&manager);
	Weft__Assign *assign;

	fake_host_hello(r, WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "R");
	assign = (Weft__Assign *)fake_host_expect(r, WEFT__MESSAGE_TYPE__ASSIGN);
	cr_assert_eq(assign->locator.len, 0);
	cr_assert_eq(assign->n_nodes, 0);
	weft__assign__free_unpacked(assign, NULL);
	cr_assert_str_eq(fake_host_sync(r), "S");
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_negative(r, Z, "10.0.0.3", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	test_manager_apply(&manager, figure2);
	cr_assert_str_eq(fake_host_sync(r), "ATTS");
	close(r);
}

/* Refused with a sentence, then closed. */
static void refused(uint32_t version, const char *name)
{
	int fd = fake_host_connect(&manager);
	Weft__Refuse *refuse;

	fake_host_hello(fd, version, name);
	refuse = (Weft__Refuse *)fake_host_expect(fd, WEFT__MESSAGE_TYPE__REFUSE);
	cr_assert_gt(strlen(refuse->reason), 10);
	weft__refuse__free_unpacked(refuse, NULL);
	fake_host_expect_end(fd);
}

Test(manager, refuses_another_version_and_what_is_no_name)
{
	refused(WEFT__PROTOCOL_VERSION__VERSION_CURRENT + 1, "R");
	refused(0, "R");
	refused(WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "");
	refused(WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "R/x");
	refused(WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "R\nforged: log line");
}

Test(manager, closes_the_old_connection_of_a_host_that_comes_again)
{
	int first, second;

	test_manager_apply(&manager, figure2);
	first = fake_host_join(&manager, "R");
	second = fake_host_join(&manager, "R");
	fake_host_expect_end(first);
	fake_host_resolve(second, Z, "10.0.0.3", "10.0.0.2");
	expect_mapping(second, "10.0.0.3", 0x0b, 1);
	close(second);
}

/* ---- questions --------------------------------------------------------------------------------- */

Test(manager, answers_where_a_node_is)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Z, "10.1.5.3", "10.0.0.2");
	expect_mapping(r, "10.1.5.3", 0x0b, 2);
	fake_host_resolve(r, Z, "10.0.5.1", "10.0.0.2");
	expect_mapping(r, "10.0.5.1", 0x0a, 2); /* on the asking host itself */
	close(r);
}

Test(manager, answers_many_questions_in_their_order)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	for (int i = 0; i < 500; i++) {
		fake_host_resolve(r, Z, "10.1.5.3", "10.0.0.2");
		fake_host_resolve(r, Z, "10.0.0.9", "10.0.0.2");
	}
	for (int i = 0; i < 500; i++) {
		expect_mapping(r, "10.1.5.3", 0x0b, 2);
		expect_negative(r, Z, "10.0.0.9", WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
	}
	close(r);
}

Test(manager, has_no_mapping_for_routers_and_strangers)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Z, "10.0.0.1", "10.0.0.2");
	expect_negative(r, Z, "10.0.0.1", WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
	fake_host_resolve(r, Z, "192.0.2.1", "10.0.0.2");
	expect_negative(r, Z, "192.0.2.1", WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
	close(r);
}

Test(manager, answers_only_on_behalf_of_a_node_that_the_host_has_in_that_network)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Z, "10.0.0.2", "10.1.5.3"); /* H is on S */
	expect_negative(r, Z, "10.0.0.2", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	fake_host_resolve(r, Y, "10.0.0.2", "10.0.5.1"); /* C is of Z */
	expect_negative(r, Y, "10.0.0.2", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	fake_host_resolve(r, 0x123456, "10.0.0.2", "10.0.0.2");
	expect_negative(r, 0x123456, "10.0.0.2", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.1"); /* a router asks for nobody */
	expect_negative(r, Z, "10.0.0.3", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	cr_assert_eq(number_in("hosts", "R", "subscriptions"), 0);
	close(r);
}

/* ---- what changes ------------------------------------------------------------------------------ */

Test(manager, tells_who_asked_when_a_node_moves)
{
	int r, s;
	uint64_t id;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	s = fake_host_join(&manager, "S");
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_mapping(r, "10.0.0.3", 0x0b, 1);
	test_manager_apply(
		&manager,
		figure2_with("      G:", "      G: {host: R, subnet: front, v4: 10.0.0.3}"));
	cr_assert_str_eq(fake_host_sync(r), "AS");
	id = expect_invalidate(r, "10.0.0.3", 0x0a);
	cr_assert_str_eq(fake_host_sync(s), "AS");
	expect_nothing(s, "10.0.0.2"); /* S has not asked */
	fake_host_acknowledge(r, id);
	expect_nothing(r, "10.0.0.3");
	cr_assert_eq(number_in("hosts", "R", "invalidations"), 1);
	cr_assert_eq(number_in("hosts", "R", "acknowledged"), 1);
	close(r);
	close(s);
}

Test(manager, tells_who_asked_when_a_node_goes_and_comes_back)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_mapping(r, "10.0.0.3", 0x0b, 1);
	test_manager_apply(&manager, figure2_with("      G:", ""));
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_invalidate(r, "10.0.0.3", 0);
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_negative(r, Z, "10.0.0.3", WEFT__NEGATIVE_REASON__NO_SUCH_NODE);
	test_manager_apply(&manager, figure2);
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_invalidate(r, "10.0.0.3", 0x0b);
	test_manager_apply(&manager, figure2_with("      G:", ""));
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_invalidate(r, "10.0.0.3", 0);
	test_manager_apply(&manager, figure2);
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_nothing(r, "10.0.0.3"); /* it was told to forget, and has not asked since */
	close(r);
}

Test(manager, tells_of_a_new_mac_and_of_a_new_locator)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_mapping(r, "10.0.0.3", 0x0b, 1);
	test_manager_apply(&manager, figure2_with("      G:",
						  "      G: {host: S, subnet: front, v4: 10.0.0.3, "
						  "mac: '02:00:00:00:00:77'}"));
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_invalidate(r, "10.0.0.3", 0x0b);
	/* A MAC that is not given any more is kept. */
	cr_assert_eq(test_manager_apply(&manager, figure2), 2);
	test_manager_apply(&manager,
			   figure2_with("  S: {locator", "  S: {locator: '2001:db8:0:c::/64'}"));
	cr_assert_str_eq(fake_host_sync(r), "S");
	expect_invalidate(r, "10.0.0.3", 0x0c);
	close(r);
}

Test(manager, sends_hosts_only_what_is_new_to_them)
{
	int r, s;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	s = fake_host_join(&manager, "S");
	test_manager_apply(&manager, figure2_with("      D:", ""));
	cr_assert_str_eq(fake_host_sync(r), "AS");
	cr_assert_str_eq(fake_host_sync(s), "S");
	test_manager_apply(&manager, figure2_with("      mid:", "      mid: {v4: 10.0.5.0/24, mtu: "
								"1400}"));
	cr_assert_str_eq(fake_host_sync(r), "ATTS"); /* D is back, and so is Y */
	cr_assert_str_eq(fake_host_sync(s), "TS");
	close(r);
	close(s);
}

Test(manager, sends_nothing_when_nothing_changes)
{
	int r;

	cr_assert_eq(test_manager_apply(&manager, figure2), 1);
	r = fake_host_join(&manager, "R");
	cr_assert_eq(test_manager_apply(&manager, figure2), 1);
	cr_assert_eq(test_manager_ask(&manager, "diff", NULL, "weft: 1\n", NULL), 0);
	expect_nothing(r, "10.0.0.3");
	close(r);
}

Test(manager, owes_a_host_without_nodes_of_a_network_no_mappings)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Y, "10.0.0.2", "10.0.0.3");
	weft__mapping__free_unpacked(
		(Weft__Mapping *)fake_host_expect(r, WEFT__MESSAGE_TYPE__MAPPING), NULL);
	test_manager_apply(&manager, figure2_with("      D:", ""));
	cr_assert_str_eq(fake_host_sync(r), "AS");
	strcpy(figure2, figure2_with("      D:", ""));
	test_manager_apply(&manager, figure2_with("      E:",
						  "      E: {host: S, subnet: front, v4: 10.0.0.2, "
						  "mac: '02:00:00:00:00:77'}"));
	cr_assert_str_eq(fake_host_sync(r), "S");
	Weft__Invalidate *invalidate =
		(Weft__Invalidate *)fake_host_expect(r, WEFT__MESSAGE_TYPE__INVALIDATE);
	cr_assert_eq(invalidate->network, Y);
	cr_assert_null(invalidate->mapping);
	weft__invalidate__free_unpacked(invalidate, NULL);
	close(r);
}

Test(manager, deletes_a_network)
{
	const char *arguments[] = {"network", "Y", NULL};
	json_t *networks;
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	fake_host_resolve(r, Y, "10.0.0.2", "10.0.0.3");
	weft__mapping__free_unpacked(
		(Weft__Mapping *)fake_host_expect(r, WEFT__MESSAGE_TYPE__MAPPING), NULL);
	cr_assert_eq(test_manager_ask(&manager, "delete", arguments, NULL, NULL), 0);
	cr_assert_str_eq(fake_host_sync(r), "AS");
	weft__invalidate__free_unpacked(
		(Weft__Invalidate *)fake_host_expect(r, WEFT__MESSAGE_TYPE__INVALIDATE), NULL);
	fake_host_resolve(r, Y, "10.0.0.2", "10.0.0.3");
	expect_negative(r, Y, "10.0.0.2", WEFT__NEGATIVE_REASON__NOT_AUTHORISED);
	networks = test_manager_get(&manager, "networks");
	cr_assert_eq(json_array_size(networks), 1);
	json_decref(networks);
	cr_assert_eq(test_manager_ask(&manager, "delete", arguments, NULL, NULL), 1);
	close(r);
}

Test(manager, keeps_what_it_has_over_a_crash)
{
	static const char topology[] =
		"weft: 1\nhosts: {R: {locator: '2001:db8:0:a::/64'}}\nnetworks:\n"
		" first: {subnets: {a: 10.0.0.0/24}}\n"
		" Z: {subnets: {a: 10.0.0.0/24}, nodes: {A: {host: R, subnet: a, v4: 10.0.0.2}}}\n";
	const char *arguments[] = {"network", "first", NULL};
	json_int_t id;

	test_manager_apply(&manager, topology);
	id = number_in("networks", "Z", "id");
	cr_assert_eq(test_manager_ask(&manager, "delete", arguments, NULL, NULL), 0);
	test_manager_restart(&manager, SIGKILL);
	cr_assert_eq(number_in("networks", "Z", "id"), id);
	cr_assert_eq(number_in("networks", "first", "id"), -1);
	cr_assert_eq(test_manager_apply(&manager, topology), 3);
	cr_assert_eq(number_in("networks", "Z", "id"), id);
	test_manager_restart(&manager, SIGTERM);
	cr_assert_eq(test_manager_apply(&manager, topology), 3);
}

Test(manager, refuses_a_topology_with_errors_as_a_whole)
{
	int r;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	cr_assert_eq(
		test_manager_ask(&manager, "apply", NULL,
				 figure2_with("      C:", "      C: {host: Q, subnet: mid, v4: "
							  "10.0.5.1}"),
				 NULL),
		1);
	cr_assert_eq(test_manager_ask(&manager, "apply", NULL, "", NULL), 1);
	cr_assert_eq(test_manager_ask(&manager, "apply", NULL, "\x01{[", NULL), 1);
	cr_assert_eq(test_manager_ask(&manager, "destroy", NULL, NULL, NULL), 2);
	cr_assert_eq(test_manager_ask(&manager, "get", NULL, NULL, NULL), 2);
	cr_assert_eq(test_manager_apply(&manager, figure2), 1);
	expect_nothing(r, "10.0.0.3");
	close(r);
}

/* ---- what must not harm ------------------------------------------------------------------------ */

/* After a hostile connection has ended, others go on as if nothing had been. */
static void others_go_on(int r)
{
	fake_host_resolve(r, Z, "10.0.0.3", "10.0.0.2");
	expect_mapping(r, "10.0.0.3", 0x0b, 1);
	close(r);
}

Test(manager, closes_on_what_no_host_sends)
{
	Weft__Mapping mapping = WEFT__MAPPING__INIT;
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	int r, s;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	s = fake_host_join(&manager, "S");
	fake_host_send(s, WEFT__MESSAGE_TYPE__MAPPING, &mapping.base);
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_send(s, WEFT__MESSAGE_TYPE__OPERATOR_REQUEST, &request.base);
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_hello(s, WEFT__PROTOCOL_VERSION__VERSION_CURRENT, "R");
	fake_host_expect_end(s);
	s = fake_host_connect(&manager);
	fake_host_resolve(s, Z, "10.0.0.2", "10.0.0.3");
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_acknowledge(s, 1);
	fake_host_expect_end(s);
	others_go_on(r);
}

Test(manager, closes_on_frames_that_are_no_messages)
{
	int r, s;

	test_manager_apply(&manager, figure2);
	r = fake_host_join(&manager, "R");
	s = fake_host_connect(&manager);
	fake_host_send_raw(s, 0, 31, NULL, 0);
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_send_raw(s, HOST_FRAME_MAX + 1, WEFT__MESSAGE_TYPE__RESOLVE, NULL, 0);
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_send_raw(s, 4, WEFT__MESSAGE_TYPE__RESOLVE, "\xff\xff\xff\xff", 4);
	fake_host_expect_end(s);
	s = fake_host_join(&manager, "S");
	fake_host_send_raw(s, 100, WEFT__MESSAGE_TYPE__RESOLVE, "\x08", 1);
	close(s);
	others_go_on(r);
}

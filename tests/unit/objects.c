/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Models as objects: what they look like, that they come back the same, and how two differ. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/objects.h"
#include "tests/support/topology.h"

/* The value of an object, or NULL. */
static const char *value_of(const struct objects *objects, const char *key)
{
	for (size_t i = 0; i < objects->count; i++)
		if (strcmp(objects->list[i].key, key) == 0)
			return objects->list[i].value;
	return NULL;
}

static struct objects objects_from(struct model *model)
{
	struct objects objects = {0};

	cr_assert_eq(model_sort(model), 0);
	cr_assert_eq(objects_of_model(model, NULL, &objects), 0);
	model_free(model);
	return objects;
}

static struct model *model_back(const struct objects *objects)
{
	struct model *model = NULL;
	char *why = NULL;

	cr_assert_eq(objects_model(objects, &why, &model), 0, "%s", why ? why : "no reason");
	return model;
}

/* The differences as text: "+networks/Z ~hosts/R -hosts/S". */
static const char *difference(const struct objects *before, const struct objects *after)
{
	static char text[2048];
	struct object_change *changes;
	size_t count;

	text[0] = '\0';
	cr_assert_eq(objects_diff(before, after, &changes, &count), 0);
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s", i ? " " : "",
			 !changes[i].before  ? "+"
			 : !changes[i].after ? "-"
					     : "~",
			 changes[i].key);
	free(changes);
	return text;
}

Test(objects, figure_2_has_one_for_each_thing)
{
	struct objects objects = objects_from(topology_figure2());

	cr_assert_eq(objects.count, 2 + 2 + 5 + 2 + 6);
	cr_assert_str_eq(value_of(&objects, "hosts/R"), "{\"locator\":\"2001:db8:0:a::/64\"}");
	cr_assert_str_eq(value_of(&objects, "networks/Z"), "{\"entity\":\"zeta\",\"id\":90}");
	cr_assert_str_eq(value_of(&objects, "networks/Z/subnets/core"),
			 "{\"mtu\":1500,\"v4\":\"10.255.0.0/30\"}");
	cr_assert_str_eq(
		value_of(&objects, "networks/Z/routers/L"),
		"{\"interfaces\":{\"back\":{\"mac\":\"00:01:42:cd:11:01\",\"v4\":\"10.1.5.1\"},"
		"\"core\":{\"mac\":\"02:00:0a:ff:00:02\",\"v4\":\"10.255.0.2\"}},"
		"\"routes\":{\"10.0.0.0/16\":\"10.255.0.1\"}}");
	cr_assert_str_eq(value_of(&objects, "networks/Z/nodes/A"),
			 "{\"host\":\"R\",\"mac\":\"00:05:02:0b:27:44\",\"slot\":0,"
			 "\"subnet\":\"front\",\"v4\":\"10.0.0.2\"}");
	objects_clear(&objects);
}

Test(objects, figure_2_comes_back_as_it_was)
{
	struct objects objects = objects_from(topology_figure2());
	struct objects again = objects_from(model_back(&objects));

	cr_assert_str_eq(difference(&objects, &again), "");
	objects_clear(&objects);
	objects_clear(&again);
}

Test(objects, everything_that_a_topology_can_say_comes_back)
{
	struct objects objects = objects_from(topology_from(
		"weft: 1\n"
		"hosts:\n"
		"  R: {locator: '2001:db8:1:0:aa00::/72', address: 'fd77::2', interface: nic}\n"
		"networks:\n"
		"  Z:\n"
		"    entity: \"z\\u0085\\t\\x7f\\\"\\\\ \\u2028 \\ud7ff \\ufeff \u00e9\U0001f642 'q'\"\n"
		"    subnets:\n"
		"      front: {v4: 10.0.0.0/24, mtu: 9000, gateway: 10.0.0.9}\n"
		"    routers:\n"
		"      J: {interfaces: {front: 10.0.0.9}, routes: {default: 10.0.0.7}}\n"
		"    nodes:\n"
		"      A: {host: R, subnet: front, v4: 10.0.0.2, interface: 'a\"\\', gateway: "
		"10.0.0.9}\n"));
	struct objects again = objects_from(model_back(&objects));

	cr_assert_str_eq(difference(&objects, &again), "");
	cr_assert_str_eq(value_of(&again, "hosts/R"),
			 "{\"address\":\"fd77::2\",\"interface\":\"nic\","
			 "\"locator\":\"2001:db8:1:0:aa00::/72\"}");
	cr_assert_str_eq(value_of(&again, "networks/Z/subnets/front"),
			 "{\"gateway\":\"10.0.0.9\",\"mtu\":9000,\"v4\":\"10.0.0.0/24\"}");
	objects_clear(&objects);
	objects_clear(&again);
}

Test(objects, of_an_empty_model_are_none)
{
	struct objects objects = objects_from(topology_from("weft: 1\n"));
	struct model *model = model_back(&objects);

	cr_assert_eq(objects.count, 0);
	cr_assert_eq(model->host_count + model->network_count, 0);
	model_free(model);
}

Test(objects, keep_allocated_slots)
{
	struct model *model = topology_figure2();
	struct objects objects = {0};

	model->networks[0].nodes[0].slot = 17;
	model->networks[1].nodes[1].slot = 42;
	cr_assert_eq(objects_of_model(model, NULL, &objects), 0);
	model_free(model);
	model = model_back(&objects);
	cr_assert_eq(network_find_node(model_find_network(model, "Z"), "A")->slot, 17);
	cr_assert_eq(network_find_node(model_find_network(model, "Y"), "E")->slot, 42);
	model_free(model);
	objects_clear(&objects);
}

Test(objects, of_a_sorted_model_come_back_as_the_same_model)
{
	struct model *model = topology_figure2(), *again;
	struct objects objects = {0};

	cr_assert_eq(model_sort(model), 0);
	cr_assert_eq(objects_of_model(model, NULL, &objects), 0);
	again = model_back(&objects);
	cr_assert_str_eq(model->networks[1].name, "Z");
	for (size_t i = 0; i < 2; i++)
		cr_assert_str_eq(model->networks[i].name, again->networks[i].name);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_str_eq(model->networks[1].nodes[i].name,
				 again->networks[1].nodes[i].name);
		cr_assert_eq(model->networks[1].nodes[i].subnet,
			     again->networks[1].nodes[i].subnet);
		cr_assert_eq(model->networks[1].nodes[i].host, again->networks[1].nodes[i].host);
	}
	model_free(model);
	model_free(again);
	objects_clear(&objects);
}

Test(objects, do_not_depend_on_the_order_in_the_file)
{
	struct objects one = objects_from(
		topology_of_z("  subnets: {a: 10.0.0.0/24, b: 10.0.1.0/24}\n"
			      "  routers: {J: {interfaces: {a: 10.0.0.1, b: 10.0.1.1},\n"
			      "    routes: {10.7.0.0/16: 10.0.0.7, 10.7.0.0/24: 10.0.1.8}}}\n"));
	struct objects other = objects_from(topology_of_z(
		"  routers: {J: {routes: {10.7.0.0/24: 10.0.1.8, 10.7.0.0/16: 10.0.0.7},\n"
		"    interfaces: {b: 10.0.1.1, a: 10.0.0.1}}}\n"
		"  subnets: {b: 10.0.1.0/24, a: 10.0.0.0/24}\n"));

	cr_assert_str_eq(difference(&one, &other), "");
	objects_clear(&one);
	objects_clear(&other);
}

Test(objects, differ_in_what_was_created_updated_and_deleted)
{
	struct objects before = objects_from(topology_figure2());
	struct model *model = topology_figure2();
	struct network *z = model_find_network(model, "Z");
	struct objects after = {0};

	network_find_node(z, "A")->host = 1;
	strcpy(network_find_node(z, "C")->name, "B");
	cr_assert_eq(model_sort(model), 0);
	cr_assert_eq(objects_of_model(model, NULL, &after), 0);
	model_free(model);
	cr_assert_str_eq(difference(&before, &after),
			 "~networks/Z/nodes/A +networks/Z/nodes/B -networks/Z/nodes/C");
	cr_assert_str_eq(difference(&after, &before),
			 "~networks/Z/nodes/A -networks/Z/nodes/B +networks/Z/nodes/C");
	objects_clear(&before);
	objects_clear(&after);
}

Test(objects, stand_in_the_order_of_what_belongs_together)
{
	static const char *const keys[] = {"networks/Z-2/nodes/A", "networks/Z",
					   "networks/Z-2",         "networks/Z/subnets/b",
					   "networks/Z/nodes/A",   "hosts/R"};
	static const char *const order[] = {
		"hosts/R",      "networks/Z",          "networks/Z/nodes/A", "networks/Z/subnets/b",
		"networks/Z-2", "networks/Z-2/nodes/A"};
	struct objects objects = {0};

	for (size_t i = 0; i < 6; i++)
		cr_assert_eq(objects_add(&objects, keys[i], "{}"), 0);
	objects_sort(&objects);
	for (size_t i = 0; i < 6; i++)
		cr_assert_str_eq(objects.list[i].key, order[i]);
	objects_remove_network(&objects, "Z");
	cr_assert_eq(objects.count, 3);
	cr_assert_str_eq(objects.list[1].key, "networks/Z-2");
	objects_clear(&objects);
}

/* Figure 2's store with one object more, or another value. */
static void refuses(const char *key, const char *value, const char *reason)
{
	struct objects objects = objects_from(topology_figure2());
	struct model *model = NULL;
	char *why = NULL;

	cr_assert_eq(objects_add(&objects, key, value), 0);
	objects_sort(&objects);
	cr_assert_eq(objects_model(&objects, &why, &model), -EBADMSG, "%s is taken", key);
	cr_assert_str_eq(why, reason);
	cr_assert_null(model);
	free(why);
	objects_clear(&objects);
}

Test(objects, that_make_no_model_are_refused)
{
	refuses("hosts", "{}", "object hosts has a key that means nothing");
	refuses("hosts/R/x", "{}", "object hosts/R/x has a key that means nothing");
	refuses("lines/R", "{}", "object lines/R has a key that means nothing");
	refuses("networks/X/nodes/A", "{}",
		"object networks/X/nodes/A has a key that means nothing");
	refuses("networks/Z/knots/A", "{}",
		"object networks/Z/knots/A has a key that means nothing");
	refuses("hosts/T", "[]", "object hosts/T has a value that is no JSON object");
	refuses("hosts/T", "{\"locator\"", "object hosts/T has a value that is no JSON object");
	refuses("networks/Z/nodes/K", "{}", "object networks/Z/nodes/K has no slot");
	refuses("networks/Z/nodes/K", "{\"slot\":64}", "object networks/Z/nodes/K has no slot");
	refuses("hosts/T", "{\"locator\":\"no\"}", "'no' is no IPv6 prefix");
	refuses("networks/Z/nodes/K",
		"{\"host\":\"T\",\"slot\":1,\"subnet\":\"front\",\"v4\":\"10.0.0.7\"}",
		"there is no host 'T'");
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Topology files: each file in tests/unit/topology has, in its .expected, exactly what `weft validate`
 * says of it. After a wanted change, WEFT_UPDATE_EXPECTED=1 writes these anew: read the diff.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/topology.h"
#include "controller/topology_form.h"
#include "controller/validate.h"

#define DIRECTORY "tests/unit/topology/"

/* ---- files ------------------------------------------------------------------------------------ */

static char *read_file(const char *name, size_t *ret_size)
{
	FILE *stream = fopen(name, "re");
	char *text = NULL;
	size_t capacity = 0;
	ssize_t got;

	cr_assert_not_null(stream, "%s: run the tests from the top of the tree", name);
	got = getdelim(&text, &capacity, EOF, stream);
	fclose(stream);
	if (got < 0) { /* nothing in it */
		free(text);
		text = strdup("");
		got = 0;
	}
	*ret_size = (size_t)got;
	return text;
}

/* Everything that is said of a file's content. The caller frees it. */
static char *judge(const char *name, const char *text, size_t size)
{
	struct report report = {0};
	struct model *model;
	char *said = NULL;
	size_t said_size;
	FILE *stream = open_memstream(&said, &said_size);

	cr_assert_eq(topology_read(text, size, &report, &model), 0);
	model_validate(model, &report);
	report_print(&report, stream, name, text, size);
	fclose(stream);
	report_clear(&report);
	model_free(model);
	return said;
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void write_expected(const char *name, const char *said)
{
	FILE *stream = fopen(name, "we");

	cr_assert_not_null(stream, "%s", name);
	fputs(said, stream);
	fclose(stream);
}

static void compare_with_expected(const char *file)
{
	char *expected_name, *text, *said, *expected;
	size_t size;

	cr_assert_gt(asprintf(&expected_name, "%.*sexpected", (int)strlen(file) - 4, file), 0);
	text = read_file(file, &size);
	said = judge(base_name(file), text, size);
	if (getenv("WEFT_UPDATE_EXPECTED"))
		write_expected(expected_name, said);
	expected = read_file(expected_name, &size);
	cr_expect_str_eq(said, expected,
			 "%s: is said now:\n%s\ninstead of:\n%s\n"
			 "see: build/weft validate %s 2>&1 >/dev/null | diff %s -",
			 file, said, expected, file, expected_name);
	free(expected_name);
	free(text);
	free(said);
	free(expected);
}

Test(topology, is_judged_as_expected_in_every_file)
{
	glob_t files;

	cr_assert_eq(glob(DIRECTORY "*.yaml", 0, NULL, &files), 0, "no " DIRECTORY "*.yaml here");
	for (size_t i = 0; i < files.gl_pathc; i++)
		compare_with_expected(files.gl_pathv[i]);
	globfree(&files);
}

Test(topology, has_no_problems_in_the_examples)
{
	static const char *const names[] = {"examples/figure2.yaml", "examples/minimal.yaml"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size;
		char *text = read_file(names[i], &size), *said = judge(names[i], text, size);

		cr_assert_str_empty(said);
		free(text);
		free(said);
	}
}

/* ---- what is read ----------------------------------------------------------------------------- */

static struct model *read_model(const char *text, size_t size)
{
	struct report report = {0};
	struct model *model;

	cr_assert_eq(topology_read(text, size, &report, &model), 0);
	cr_assert_eq(report.count, 0);
	report_clear(&report);
	return model;
}

static struct model *read_example(const char *name)
{
	size_t size;
	char *text = read_file(name, &size);
	struct model *model = read_model(text, size);

	free(text);
	return model;
}

Test(topology, reads_the_hosts_and_networks_of_figure_2)
{
	struct model *model = read_example("examples/figure2.yaml");
	const struct network *z = model_find_network(model, "Z");
	char text[IPV6_TEXT_MAX + 4];

	cr_assert_eq(model->host_count, 2);
	cr_assert_str_eq(locator_text(&model_find_host(model, "S")->locator, text),
			 "2001:db8:0:b::/64");
	cr_assert_eq(model->network_count, 2);
	cr_assert_eq(z->id, 0x5a);
	cr_assert_str_eq(z->entity, "zeta");
	cr_assert_eq(z->subnet_count, 4);
	cr_assert_eq(network_find_subnet(z, "front")->mtu, 1500);
	cr_assert_str_eq(prefix_text(&network_find_subnet(z, "core")->prefix, text),
			 "10.255.0.0/30");
	model_free(model);
}

Test(topology, reads_the_routers_and_nodes_of_figure_2)
{
	struct model *model = read_example("examples/figure2.yaml");
	const struct network *z = model_find_network(model, "Z");
	const struct router *j = network_find_router(z, "J");
	const struct node *h = network_find_node(z, "H");
	char text[IPV6_TEXT_MAX];

	cr_assert_eq(j->interface_count, 3);
	cr_assert_str_eq(mac_text(&j->interfaces[0].mac, text), "00:01:42:09:88:73");
	cr_assert(mac_is_zero(&j->interfaces[1].mac));
	cr_assert_str_eq(z->subnets[j->interfaces[1].subnet].name, "mid");
	cr_assert_str_eq(ipv4_text(j->interfaces[1].address, text), "10.0.5.254");
	cr_assert_str_eq(prefix_text(&j->routes[0].prefix, text), "10.1.5.0/24");
	cr_assert_str_eq(ipv4_text(j->routes[0].next_hop, text), "10.255.0.2");
	cr_assert_str_eq(model->hosts[h->host].name, "S");
	cr_assert_str_eq(z->subnets[h->subnet].name, "back");
	cr_assert_str_eq(ipv4_text(h->address, text), "10.1.5.3");
	cr_assert_null(h->interface);
	model_free(model);
}

Test(topology, keeps_the_place_of_each_value)
{
	static const char text[] = "weft: 1\n"
				   "hosts: {R: {locator: \"2001:db8:0:a::/64\"}}\n"
				   "networks:\n"
				   "  Z:\n"
				   "    subnets: {front: 10.0.0.0/24}\n"
				   "    nodes:\n"
				   "      A: {host: R, subnet: front, v4: 10.0.0.2}\n";
	struct model *model = read_model(text, strlen(text));
	const struct node *node = network_find_node(model->networks, "A");

	cr_assert_eq(node->at.line, 7);
	cr_assert_eq(node->at.column, 7);
	cr_assert_eq(node->at.length, 1);
	cr_assert_eq(node->address_at.line, 7);
	cr_assert_eq(node->address_at.column, 39);
	cr_assert_eq(node->address_at.length, 8);
	cr_assert_eq(node->mac_at.line, 0);
	model_free(model);
}

/* ---- hostile files ---------------------------------------------------------------------------- */

/* Reads a text that may be anything: there is a model, and what is wrong can be printed. */
static void survive(const char *text, size_t size)
{
	free(judge("survive.yaml", text, size));
}

Test(topology, survives_being_cut_off_anywhere)
{
	size_t size;
	char *text = read_file("examples/figure2.yaml", &size);

	for (size_t cut = 0; cut <= size; cut++) {
		char *copy = malloc(cut ? cut : 1); /* exactly so large: to see reading beyond it */

		memcpy(copy, text, cut);
		survive(copy, cut);
		free(copy);
	}
	free(text);
}

Test(topology, survives_any_octet_changed)
{
	static const char octets[] = {'\0', '\n', '\t', ' ', ':', '{', '}', '[',    '"',
				      '*',  '&',  '-',  '#', '0', '9', '/', '\x80', '\xff'};
	size_t size;
	char *text = read_file("examples/figure2.yaml", &size);

	for (size_t at = 0; at < size; at++) {
		char was = text[at];

		text[at] = octets[at % sizeof(octets)];
		survive(text, size);
		text[at] = was;
	}
	free(text);
}

Test(topology, bounds_what_aliases_can_make_of_a_small_file)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct report report = {0};
	struct model *model;

	/* 1000 networks of 200 routers of 200 interfaces: 40 million. */
	fputs("weft: 1\nnetworks:\n  Z: &z\n    routers:\n      J: &j\n        interfaces:\n",
	      stream);
	for (int i = 0; i < 200; i++)
		fprintf(stream, "          s%d: 10.0.0.1\n", i);
	for (int i = 0; i < 200; i++)
		fprintf(stream, "      J%d: *j\n", i);
	for (int i = 0; i < 1000; i++)
		fprintf(stream, "  Z%d: *z\n", i);
	fclose(stream);
	cr_assert_eq(topology_read(text, size, &report, &model), 0);
	cr_assert_eq(report.count, REPORT_PROBLEMS_MAX);
	cr_assert_gt(report.unlisted, 1000000);
	cr_assert_lt(report.unlisted, TOPOLOGY_KEYS_MAX);
	report_clear(&report);
	model_free(model);
	free(text);
}

Test(topology, of_100000_nodes_is_read_judged_and_allocated)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct report report = {0};
	struct model *model;

	fputs("weft: 1\nhosts:\n", stream);
	for (int i = 0; i < 2000; i++)
		fprintf(stream, "  h%d: {locator: \"2001:db8:0:%x::/64\"}\n", i, i);
	fputs("networks:\n  Z:\n    subnets: {front: 10.0.0.0/8}\n    nodes:\n", stream);
	for (int i = 1; i <= 100000; i++)
		fprintf(stream, "      n%d: {host: h%d, subnet: front, v4: 10.%d.%d.%d}\n", i,
			i % 2000, i >> 16, i >> 8 & 0xff, i & 0xff);
	fclose(stream);
	cr_assert_eq(topology_read(text, size, &report, &model), 0);
	model_validate(model, &report);
	cr_assert_eq(report.count, 0);
	cr_assert_eq(model_allocate(model, NULL), 0);
	cr_assert_eq(model->networks[0].node_count, 100000);
	cr_assert(!mac_is_zero(&model->networks[0].nodes[99999].mac));
	model_free(model);
	free(text);
}

/* ---- the JSON schema -------------------------------------------------------------------------- */

static void compare_with_schema(const json_t *schema, const struct form *form)
{
	const json_t *keys = json_object_get(schema, "properties");
	const json_t *required = json_object_get(schema, "required");
	size_t required_count = 0;

	cr_assert_eq(json_object_size(keys), form->count, "%s", form->kind);
	cr_assert(json_is_false(json_object_get(schema, "additionalProperties")), "%s", form->kind);
	for (size_t i = 0; i < form->count; i++) {
		const char *name = form->fields[i].name;
		const json_t *key = json_object_get(keys, name);
		const json_t *value;
		bool listed = false;
		size_t at;

		cr_assert_not_null(key, "%s.%s", form->kind, name);
		cr_assert_not_null(json_object_get(key, "description"), "%s.%s", form->kind, name);
		json_array_foreach(required, at, value) listed |=
			strcmp(json_string_value(value), name) == 0;
		cr_assert_eq(listed, form->fields[i].required, "%s.%s", form->kind, name);
		required_count += listed;
	}
	cr_assert_eq(json_array_size(required), required_count, "%s", form->kind);
}

Test(topology, has_the_keys_of_the_json_schema)
{
	static const struct {
		const char *definition;
		const struct form *form;
	} objects[] = {
		{"host", &form_host},     {"network", &form_network},
		{"subnet", &form_subnet}, {"router", &form_router},
		{"node", &form_node},     {"routerInterface", &form_router_interface},
	};
	json_error_t error;
	json_t *schema = json_load_file("schemas/topology.schema.json", 0, &error);

	cr_assert_not_null(schema, "line %d: %s", error.line, error.text);
	compare_with_schema(schema, &form_topology);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		compare_with_schema(
			json_object_get(json_object_get(schema, "$defs"), objects[i].definition),
			objects[i].form);
	json_decref(schema);
}

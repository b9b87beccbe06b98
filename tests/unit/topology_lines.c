/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short cut for nodes on a line each must not be seen: with and without it a file means the same.
 * Beyond ASCII it is not taken, so a comment at the end switches it off.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/topology.h"
#include "controller/topology_lines.h"

#define SWITCH_OFF "\n# \xc3\xbc\n"
#define TEXT_MAX   4096

static const char usual[] =
	"weft: 1\n"
	"hosts:\n"
	"  R: {locator: \"2001:db8:0:a::/64\"}\n"
	"  S: {locator: \"2001:db8:0:b::/64\"} # another\n"
	"networks:\n"
	"  Z:\n"
	"    id: 0x5a\n"
	"    nodes:\n"
	"      A: {host: R, subnet: front, v4: 10.0.0.2, mac: \"00:05:02:0b:27:44\"}\n"
	"\n"
	"      # between\n"
	"      G: {host: S, subnet: front, v4: 10.0.0.3}\n"
	"      C:\n"
	"        host: R\n"
	"        subnet: \"front\"\n"
	"        v4: 10.0.0.4\n"
	"      H:   { v4: 10.1.5.3 ,interface: tap0,  subnet: back, host: \"S\"}   # last\n"
	"    subnets: {front: 10.0.0.0/24, back: {v4: 10.1.5.0/24}}\n"
	"    routers:\n"
	"      J: {interfaces: {front: 10.0.0.1, back: 10.1.5.1}}\n"
	"  Y:\n"
	"    subnets:\n"
	"      front: 10.0.0.0/24\n"
	"    nodes:\n"
	"      D: {host: R, subnet: front, v4: 10.0.0.3, gateway: 10.0.0.1}\n";

static void print_position(FILE *stream, const struct position *at)
{
	fprintf(stream, " @%u:%u+%u", at->line, at->column, at->length);
}

static void print_node(FILE *stream, const struct node *node)
{
	char mac[MAC_TEXT_MAX];

	fprintf(stream, "%s: host %u subnet %u v4 %x gateway %x mac %s interface %s", node->name,
		node->host, node->subnet, node->address, node->gateway, mac_text(&node->mac, mac),
		node->interface ? node->interface : "-");
	print_position(stream, &node->at);
	print_position(stream, &node->host_at);
	print_position(stream, &node->subnet_at);
	print_position(stream, &node->address_at);
	print_position(stream, &node->mac_at);
	print_position(stream, &node->interface_at);
	print_position(stream, &node->gateway_at);
	fputc('\n', stream);
}

static void print_model(FILE *stream, struct model *model)
{
	cr_assert_eq(model_sort(model), 0);
	for (size_t i = 0; i < model->host_count; i++)
		fprintf(stream, "host %s line %u\n", model->hosts[i].name, model->hosts[i].at.line);
	for (size_t i = 0; i < model->network_count; i++) {
		const struct network *network = &model->networks[i];

		fprintf(stream, "network %s %u: %zu subnets, %zu routers, line %u\n", network->name,
			network->id, network->subnet_count, network->router_count,
			network->at.line);
		for (size_t k = 0; k < network->node_count; k++)
			print_node(stream, &network->nodes[k]);
	}
}

/* What a text means, in words that the caller frees: the model, or only that it has errors. */
static char *meaning(const char *text)
{
	struct report report = {0};
	struct model *model;
	char *words;
	size_t size;
	FILE *stream = open_memstream(&words, &size);

	cr_assert_eq(topology_read(text, strlen(text), &report, &model), 0);
	if (report.errors)
		fputs("errors", stream);
	else
		print_model(stream, model);
	fclose(stream);
	report_clear(&report);
	model_free(model);
	return words;
}

static void expect_same_meaning(const char *text)
{
	char other[TEXT_MAX + sizeof(SWITCH_OFF)];
	char *with = meaning(text), *without;

	snprintf(other, sizeof(other), "%s%s", text, SWITCH_OFF);
	without = meaning(other);
	cr_assert_str_eq(with, without, "with the short cut\n%s\nwithout\n%s\nof\n%s", with,
			 without, text);
	free(with);
	free(without);
}

static size_t lines_found(const char *text)
{
	struct topology_lines lines;
	size_t count;

	cr_assert_eq(topology_lines_find(text, strlen(text), &lines), 0);
	count = lines.count;
	topology_lines_clear(&lines);
	return count;
}

Test(topology_lines, finds_nodes_on_a_line_each)
{
	cr_assert_eq(lines_found(usual), 4);
	cr_assert_eq(lines_found("weft: 1\n" SWITCH_OFF), 0);
}

Test(topology_lines, reads_a_usual_file_as_libyaml_does)
{
	char *words = meaning(usual);

	cr_assert_neq(strcmp(words, "errors"), 0);
	free(words);
	expect_same_meaning(usual);
}

/* Each of these would be misread by something that only looks at lines. */
Test(topology_lines, leaves_alone_what_only_looks_like_a_node)
{
	static const char head[] =
		"weft: 1\nhosts: {R: {locator: \"2001:db8::/64\"}}\nnetworks:\n  Z:\n"
		"    subnets: {front: 10.0.0.0/24}\n";
	static const char *const tails[] = {
		"    entity: \"\n    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n    \"\n",
		"    entity: |\n     nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n",
		"    entity: a\n     nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n",
		"    entity: a\"b\n    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"        B: {host: R, subnet: front, v4: 10.0.0.3}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"     B: {host: R, subnet: front, v4: 10.0.0.3}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"      A: {host: R, subnet: front, v4: 10.0.0.3}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n"
		"    nodes:\n      B: {host: R, subnet: front, v4: 10.0.0.3}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2, v4: 10.0.0.3}\n",
		"    nodes:\n      A: {host: Q, subnet: front, v4: 10.0.0.2}\n",
		"    nodes:\n      A: {host: null, subnet: front, v4: 10.0.0.2}\n",
		"    nodes:\n      A: {host: R, subnet: front, v4: 10.0.0.2, interface: \"a:b\"}\n",
		"    nodes: {\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n    }\n",
		"    nodes: &x\n      A: {host: R, subnet: front, v4: 10.0.0.2}\n",
		"    routers: {J: {interfaces: {front: b\", back: \"}\n    nodes:\n"
		"      A: {host: R, subnet: front, v4: 10.0.0.2}\n    \"}}}\n",
	};
	char text[TEXT_MAX];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", head, tails[i]);
		expect_same_meaning(text);
	}
}

/* The same numbers in each run: a failure can be repeated. */
static unsigned int pick(unsigned int below)
{
	static uint64_t state = 0x5a;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned int)((state >> 33) % below);
}

/* Inserts, deletes or replaces a character somewhere. */
static void mutate(char *text)
{
	static const char characters[] = "{}[],:\"'# \n-&*|>.~?!aRS01";
	size_t length = strlen(text), at = pick((unsigned int)length);
	char new = characters[pick(sizeof(characters) - 1)];

	switch (pick(3)) {
	case 0:
		if (length + 1 >= TEXT_MAX)
			return;
		memmove(text + at + 1, text + at, length - at + 1);
		text[at] = new;
		break;
	case 1:
		memmove(text + at, text + at + 1, length - at);
		break;
	default:
		text[at] = new;
	}
}

Test(topology_lines, reads_files_with_random_mistakes_as_libyaml_does)
{
	const char *rounds = getenv("WEFT_TEST_ROUNDS");
	char text[TEXT_MAX];

	for (long i = rounds ? atol(rounds) : 3000; i > 0; i--) {
		strcpy(text, usual);
		for (unsigned int mistakes = pick(3) + 1; mistakes > 0; mistakes--)
			mutate(text);
		expect_same_meaning(text);
	}
}

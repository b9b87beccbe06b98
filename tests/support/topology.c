/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Topologies for tests, and words for what comes of them: see topology.h. */
#include "topology.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/paths.h"
#include "controller/topology.h"

static struct model *model_read(const char *yaml, size_t size)
{
	struct report report = {0};
	struct model *model = NULL;

	cr_assert_eq(topology_read(yaml, size, &report, &model), 0);
	report_print(&report, stderr, "topology", yaml, size);
	cr_assert_eq(report.errors, 0, "the topology of this test has errors");
	report_clear(&report);
	cr_assert_eq(model_allocate(model, NULL), 0);
	return model;
}

struct model *topology_from(const char *yaml)
{
	return model_read(yaml, strlen(yaml));
}

struct model *topology_of_z(const char *yaml)
{
	char text[4096];
	int length = snprintf(text, sizeof(text),
			      "weft: 1\n"
			      "hosts:\n"
			      "  R: {locator: '2001:db8:0:a::/64'}\n"
			      "  S: {locator: '2001:db8:0:b::/64'}\n"
			      "networks:\n"
			      " Z:\n"
			      "  id: 0x5a\n"
			      "%s",
			      yaml);

	cr_assert_lt((size_t)length, sizeof(text));
	return model_read(text, (size_t)length);
}

struct model *topology_figure2(void)
{
	static char yaml[16384];
	FILE *file = fopen("examples/figure2.yaml", "r");
	size_t size;

	cr_assert(file, "examples/figure2.yaml is not here: run tests in the top directory");
	size = fread(yaml, 1, sizeof(yaml), file);
	fclose(file);
	return model_read(yaml, size);
}

uint32_t topology_router(const struct network *network, const char *name)
{
	const struct router *router = network_find_router(network, name);

	cr_assert(router, "the topology has no router %s", name);
	return (uint32_t)(router - network->routers);
}

__be32 topology_address(const char *text)
{
	uint32_t address;

	cr_assert_eq(ipv4_parse(text, &address), 0, "%s is no address", text);
	return htonl(address);
}

static const char *router_name(const struct network *network, __be32 router)
{
	for (size_t i = 0; i < network->router_count; i++)
		if (path_router(&network->routers[i]) == router)
			return network->routers[i].name;
	return "(nobody)";
}

static void print_end(FILE *words, const struct network *network, const struct path *path)
{
	char next_hop[IPV4_TEXT_MAX];

	switch ((enum path_end)path->end) {
	case PATH_DELIVERS:
		fputs("delivered", words);
		if (path->next_hop)
			fprintf(words, " to %s", ipv4_text(ntohl(path->next_hop), next_hop));
		break;
	case PATH_AT_ROUTER:
		fputs("at ", words);
		break;
	case PATH_NO_ROUTE:
		fputs("no route at ", words);
		break;
	case PATH_DISCARDS:
		fputs("discarded by ", words);
		break;
	case PATH_LOOPS:
		fprintf(words, "loop to %s", router_name(network, path->routers[path->loop]));
		break;
	case PATH_TOO_LONG:
		fputs("too long", words);
		break;
	}
	if (path->hops < PATH_HOPS_MAX && path->routers[path->hops])
		fputs(router_name(network, path->routers[path->hops]), words);
}

const char *path_words(const struct network *network, const struct path *path)
{
	static char text[1024];
	FILE *words = fmemopen(text, sizeof(text), "w");

	cr_assert(words);
	for (int i = 0; i < path->hops; i++)
		fprintf(words, "%s, ", router_name(network, path->routers[i]));
	print_end(words, network, path);
	fclose(words);
	return text;
}

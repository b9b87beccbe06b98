/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random topologies: valid, the same for the same seed, and of all the kinds that are promised. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/cli/compare_topology.h"
#include "controller/paths.h"
#include "controller/topology.h"
#include "controller/validate.h"
#include "tests/support/topology.h"

#define SEEDS 300

Test(random_topology, is_valid_whatever_the_seed)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		char *text = topology_generate(seed);
		struct report report = {0};
		struct model *model;

		cr_assert_not_null(text);
		cr_assert_eq(topology_read(text, strlen(text), &report, &model), 0);
		model_validate(model, &report);
		if (report.errors)
			report_print(&report, stderr, "topology", text, strlen(text));
		cr_assert_eq(report.errors, 0, "seed %llu", (unsigned long long)seed);
		cr_assert_gt(model->networks[0].node_count, 0);
		cr_assert_leq(model->networks[0].router_count, 8);
		report_clear(&report);
		model_free(model);
		free(text);
	}
}

Test(random_topology, is_the_same_for_the_same_seed)
{
	char *first = topology_generate(7), *again = topology_generate(7);
	char *other = topology_generate(8);

	cr_assert_str_eq(first, again);
	cr_assert_str_neq(first, other);
	free(first);
	free(again);
	free(other);
}

/* What there is in a topology that could go wrong in an emulation. */
enum feature {
	ONE_HOST,
	THREE_HOSTS,
	EIGHT_ROUTERS,
	SEVERAL_ROUTERS_WITH_NODES, /* on one subnet */
	ANOTHER_NETWORK,
	SMALLER_MTU,
	POINT_TO_POINT, /* a /31 */
	PART_OF_A_SUBNET, /* has a route of its own */
	HOLE,
	LOOP,
	ONE_WAY, /* to a node, and no way back */
	FEATURES,
};

static void note_routes(const struct network *network, bool *seen)
{
	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].route_count; i++) {
			const struct ipv4_prefix *prefix = &network->routers[r].routes[i].prefix;

			for (size_t s = 0; s < network->subnet_count; s++)
				if (prefix_covers(&network->subnets[s].prefix, prefix) &&
				    prefix->length > network->subnets[s].prefix.length)
					seen[PART_OF_A_SUBNET] = true;
		}
}

/* How packets from the first router of one node's subnet to another node end. */
static enum path_end end_between(const struct network *network, const struct node *from,
				 const struct node *to)
{
	const struct router_interface *interface;
	struct ipv4_prefix destination = {to->address, 32};
	struct path path = {.end = PATH_NO_ROUTE};
	uint32_t router;

	if (subnet_router_interfaces(network, from->subnet, &interface, &router, 1))
		path_walk(network, router, &destination, &path);
	return path.end;
}

static void note_paths(const struct network *network, bool *seen)
{
	for (size_t x = 0; x < network->node_count; x++)
		for (size_t y = 0; y < network->node_count; y++) {
			const struct node *from = &network->nodes[x], *to = &network->nodes[y];
			enum path_end there = end_between(network, from, to);

			if (from->subnet == to->subnet)
				continue;
			seen[HOLE] |= there == PATH_NO_ROUTE;
			seen[LOOP] |= there == PATH_LOOPS;
			seen[ONE_WAY] |= there == PATH_DELIVERS &&
					 end_between(network, to, from) != PATH_DELIVERS;
		}
}

static void note_features(const struct model *model, bool *seen)
{
	const struct network *network = &model->networks[0];

	seen[ONE_HOST] |= model->host_count == 1;
	seen[THREE_HOSTS] |= model->host_count == 3;
	seen[EIGHT_ROUTERS] |= network->router_count == 8;
	seen[ANOTHER_NETWORK] |= model->network_count > 1;
	for (size_t x = 0; x < network->node_count; x++)
		seen[SEVERAL_ROUTERS_WITH_NODES] |=
			subnet_router_interfaces(network, network->nodes[x].subnet, NULL, NULL, 0) >
			1;
	for (size_t s = 0; s < network->subnet_count; s++) {
		seen[SMALLER_MTU] |= network->subnets[s].mtu < MODEL_MTU_DEFAULT;
		seen[POINT_TO_POINT] |= network->subnets[s].prefix.length == 31;
	}
	note_routes(network, seen);
	note_paths(network, seen);
}

Test(random_topology, has_each_kind_of_trouble_in_some_seed)
{
	bool seen[FEATURES] = {false};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		char *text = topology_generate(seed);
		struct model *model = topology_from(text);

		note_features(model, seen);
		model_free(model);
		free(text);
	}
	for (enum feature f = 0; f < FEATURES; f++)
		cr_assert(seen[f], "feature %d never comes", f);
}

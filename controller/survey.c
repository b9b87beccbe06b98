/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks through the routers of a network as its nodes' packets would. A walk is done by paths.h; here is
 * where it starts, and a bound on all of them together, because their number is a square.
 */
#include <errno.h>
#include <stdlib.h>

#include "survey.h"

static void pay(struct survey *survey, uint64_t cost)
{
	*survey->budget -= cost < *survey->budget ? cost : *survey->budget;
}

bool survey_walk(struct survey *survey, uint32_t router, const struct ipv4_prefix *to,
		 struct path *ret_path)
{
	if (*survey->budget == 0)
		return false;
	path_walk(survey->network, router, to, ret_path);
	pay(survey, survey->step_cost * (ret_path->hops + 1U));
	return true;
}

bool survey_steps(struct survey *survey, const struct ipv4_prefix *to)
{
	if (*survey->budget == 0)
		return false;
	path_steps(survey->network, to, survey->steps);
	pay(survey, survey->step_cost * survey->network->router_count);
	return true;
}

uint32_t survey_router_at(const struct survey *survey, const struct path *path, uint8_t hop)
{
	return lookup_find(&survey->routers, &path->routers[hop], sizeof(path->routers[hop]));
}

bool survey_has_start(const struct survey *survey, uint32_t subnet)
{
	return survey->first_start[subnet] < survey->first_start[subnet + 1];
}

/* ---- where packets start ---------------------------------------------------------------------- */

static int compare_starts(const void *left, const void *right)
{
	const struct survey_start *a = left, *b = right;

	if (a->subnet != b->subnet)
		return a->subnet < b->subnet ? -1 : 1;
	return a->router < b->router ? -1 : a->router > b->router;
}

/* Index of the router whose address each router interface has, for finding gateways. */
static int index_interfaces(const struct network *network, struct lookup *ret_interfaces)
{
	for (uint32_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++) {
			const uint32_t *address = &network->routers[r].interfaces[i].address;

			if (lookup_add(ret_interfaces, address, sizeof(*address), r, NULL) ==
			    -ENOMEM)
				return -ENOMEM;
		}
	return 0;
}

/* The default gateway of each subnet, 0 where there is none; and how many routers are on each. */
static void find_gateways(const struct network *network, uint32_t *gateways, uint32_t *routers)
{
	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++) {
			const struct router_interface *interface =
				&network->routers[r].interfaces[i];
			uint32_t *lowest;

			if (interface->subnet == MODEL_NONE)
				continue;
			lowest = &gateways[interface->subnet];
			if (!*lowest || interface->address < *lowest)
				*lowest = interface->address;
			routers[interface->subnet]++;
		}
	for (size_t i = 0; i < network->subnet_count; i++)
		if (network->subnets[i].gateway)
			gateways[i] = network->subnets[i].gateway;
}

static void add_start(struct survey *survey, const struct lookup *interfaces, uint32_t subnet,
		      uint32_t gateway)
{
	uint32_t router = lookup_find(interfaces, &gateway, sizeof(gateway));

	if (gateway && router != MODEL_NONE)
		survey->starts[survey->start_count++] = (struct survey_start){subnet, router};
}

static void sort_starts(struct survey *survey)
{
	size_t unique = 0, subnet = 0;

	qsort(survey->starts, survey->start_count, sizeof(survey->starts[0]), compare_starts);
	for (size_t i = 0; i < survey->start_count; i++)
		if (!unique || compare_starts(&survey->starts[unique - 1], &survey->starts[i]) != 0)
			survey->starts[unique++] = survey->starts[i];
	survey->start_count = unique;
	for (size_t i = 0; i < unique; i++)
		while (subnet <= survey->starts[i].subnet)
			survey->first_start[subnet++] = (uint32_t)i;
	while (subnet <= survey->network->subnet_count)
		survey->first_start[subnet++] = (uint32_t)unique;
}

static int find_starts(struct survey *survey)
{
	const struct network *network = survey->network;
	uint32_t *gateways = calloc(2 * network->subnet_count + 1, sizeof(*gateways));
	uint32_t *routers = gateways + network->subnet_count;
	struct lookup interfaces = {0};
	int error = gateways ? index_interfaces(network, &interfaces) : -ENOMEM;

	if (error == 0) {
		find_gateways(network, gateways, routers);
		for (uint32_t i = 0; i < network->subnet_count; i++) {
			add_start(survey, &interfaces, i, gateways[i]);
			survey->transit[i] = routers[i] > 1;
		}
		for (size_t i = 0; i < network->node_count; i++) {
			const struct node *node = &network->nodes[i];

			if (node->subnet == MODEL_NONE)
				continue;
			survey->transit[node->subnet] = false;
			if (node->gateway)
				add_start(survey, &interfaces, node->subnet, node->gateway);
		}
		sort_starts(survey);
	}
	lookup_clear(&interfaces);
	free(gateways);
	return error;
}

/* ---- open and clear --------------------------------------------------------------------------- */

/* Indexes routers by what paths call them. */
static int index_routers(struct survey *survey)
{
	const struct network *network = survey->network;
	uint64_t tables = 0;

	for (uint32_t r = 0; r < network->router_count; r++) {
		__be32 *name = &survey->router_names[r];

		*name = path_router(&network->routers[r]);
		if (lookup_add(&survey->routers, name, sizeof(*name), r, NULL) == -ENOMEM)
			return -ENOMEM;
		tables += network->routers[r].interface_count + network->routers[r].route_count;
	}
	if (network->router_count)
		survey->step_cost = network->router_count + tables / network->router_count;
	return 0;
}

int survey_open(const struct network *network, struct report *report, uint64_t *budget,
		struct survey *ret_survey)
{
	size_t subnets = network->subnet_count;

	*ret_survey = (struct survey){
		.network = network,
		.report = report,
		.budget = budget,
		.starts = calloc(subnets + network->node_count + 1, sizeof(struct survey_start)),
		.first_start = calloc(subnets + 1, sizeof(uint32_t)),
		.transit = calloc(subnets + 1, sizeof(bool)),
		.steps = calloc(network->router_count + 1, sizeof(struct path_step)),
		.router_names = calloc(network->router_count + 1, sizeof(__be32)),
	};
	if (!ret_survey->starts || !ret_survey->first_start || !ret_survey->transit ||
	    !ret_survey->steps || !ret_survey->router_names || index_routers(ret_survey) < 0)
		return -ENOMEM;
	return find_starts(ret_survey);
}

void survey_clear(struct survey *survey)
{
	free(survey->starts);
	free(survey->first_start);
	free(survey->transit);
	free(survey->steps);
	free(survey->reached);
	free(survey->router_names);
	lookup_clear(&survey->routers);
}

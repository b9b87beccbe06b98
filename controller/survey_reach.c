/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds subnets that nobody reaches, and routes that lead there but not back. One warning a fact: a
 * missing route is told once at its router, not once for each pair of subnets that suffers.
 */
#include <errno.h>
#include <stdlib.h>

#include "survey.h"

/* Pairs of subnets are a square: beyond this, they are not looked at. */
#define SUBNETS_MAX 4096

/* Whether nodes of one subnet reach another. Of several gateways the best outcome counts. */
enum reach {
	REACH_NO,
	REACH_MAYBE, /* a node gets the packet as next hop: where it forwards is its own affair */
	REACH_YES,
	REACH_UNKNOWN, /* not walked yet */
};

static uint8_t *reached_at(const struct survey *survey, uint32_t from, uint32_t to)
{
	return &survey->reached[(size_t)from * survey->network->subnet_count + to];
}

/* Whether packets from the router arrive, by survey->steps. */
static enum reach router_reaches(const struct survey *survey, uint32_t router)
{
	struct path path;

	path_follow(survey->network, survey->steps, router, &path);
	if (path.end == PATH_DELIVERS)
		return path.next_hop ? REACH_MAYBE : REACH_YES;
	return path.end == PATH_AT_ROUTER ? REACH_YES : REACH_NO;
}

/* Finds out who reaches one subnet. `outcomes` has room for each router. */
static void fill_reached(struct survey *survey, uint32_t to, uint8_t *outcomes)
{
	if (!survey_steps(survey, &survey->network->subnets[to].prefix))
		return;
	memset(outcomes, REACH_UNKNOWN, survey->network->router_count);
	for (size_t i = 0; i < survey->start_count; i++) {
		const struct survey_start *start = &survey->starts[i];
		uint8_t *outcome = &outcomes[start->router];
		uint8_t *reached = reached_at(survey, start->subnet, to);

		if (survey->transit[start->subnet] || start->subnet == to)
			continue;
		if (*outcome == REACH_UNKNOWN)
			*outcome = (uint8_t)router_reaches(survey, start->router);
		if (*outcome > *reached)
			*reached = *outcome;
	}
}

/* ---- unreachable subnets ---------------------------------------------------------------------- */

/*
 * Whether no packet gets from the subnet to any other, nor the other way. ret_other is one of the
 * others, if possible one with a router.
 */
static bool is_isolated(const struct survey *survey, uint32_t subnet, uint32_t *ret_other)
{
	uint32_t found = MODEL_NONE;

	for (uint32_t other = 0; other < survey->network->subnet_count; other++) {
		if (other == subnet || survey->transit[other])
			continue;
		if (*reached_at(survey, subnet, other) || *reached_at(survey, other, subnet))
			return false;
		if (found == MODEL_NONE || !survey_has_start(survey, found))
			found = other;
	}
	if (found == MODEL_NONE)
		return false;
	*ret_other = found;
	return true;
}

static void warn_isolated(struct survey *survey, uint32_t index, uint32_t from)
{
	const struct network *network = survey->network;
	const struct subnet *subnet = &network->subnets[index];
	const struct survey_start *start = &survey->starts[survey->first_start[from]];
	char prefix[PREFIX_TEXT_MAX];
	struct path path;
	uint32_t router;

	report_warning(survey->report, subnet->at,
		       "subnet '%s' is unreachable from the other subnets of network '%s'",
		       subnet->name, network->name);
	if (!survey_has_start(survey, index)) {
		report_help(survey->report, "no router has an interface on it");
		return;
	}
	if (!survey_has_start(survey, from) ||
	    !survey_walk(survey, start->router, &subnet->prefix, &path) ||
	    path.end != PATH_NO_ROUTE)
		return;
	router = survey_router_at(survey, &path, path.hops);
	report_help(survey->report, "router '%s', on the way from '%s', has no route to %s",
		    network->routers[router].name, network->subnets[from].name,
		    prefix_text(&subnet->prefix, prefix));
}

static void find_isolated(struct survey *survey)
{
	uint32_t other;

	for (uint32_t i = 0; i < survey->network->subnet_count; i++)
		if (!survey->transit[i] && is_isolated(survey, i, &other))
			warn_isolated(survey, i, other);
}

/* ---- one-way routes --------------------------------------------------------------------------- */

/* The subnets that a router has no route back to. */
struct missing {
	uint32_t from,
		to; /* the first: packets of `from` end at this router, those of `to` arrive */
	uint32_t last; /* the last `to` that was counted */
	uint32_t count; /* of different `to` */
};

/* Notes at which router packets end. */
static void note_missing(struct survey *survey, struct missing *missing, uint32_t from, uint32_t to)
{
	const struct survey_start *start = &survey->starts[survey->first_start[from]];
	const struct ipv4_prefix *prefix = &survey->network->subnets[to].prefix;
	struct missing *at;
	struct path path;

	if (!survey_has_start(survey, from) || !survey_walk(survey, start->router, prefix, &path) ||
	    path.end != PATH_NO_ROUTE)
		return; /* a loop, or a next hop that nobody has: told already */
	at = &missing[survey_router_at(survey, &path, path.hops)];
	if (at->count && at->last == to)
		return;
	if (at->count == 0) {
		at->from = from;
		at->to = to;
	}
	at->last = to;
	at->count++;
}

static void warn_missing(const struct survey *survey, const struct router *router,
			 const struct missing *missing)
{
	const struct subnet *subnets = survey->network->subnets;
	char prefix[PREFIX_TEXT_MAX];

	prefix_text(&subnets[missing->to].prefix, prefix);
	report_warning(survey->report, router->at,
		       "one-way route: subnet '%s' reaches '%s', but router '%s' has no route back "
		       "to %s",
		       subnets[missing->to].name, subnets[missing->from].name, router->name,
		       prefix);
	if (missing->count > 1)
		report_help(survey->report, "the same goes for %u more subnet%s",
			    missing->count - 1, missing->count == 2 ? "" : "s");
	else
		report_help(survey->report, "give '%s' a route to %s, or a default route",
			    router->name, prefix);
}

static int find_one_way(struct survey *survey)
{
	const struct network *network = survey->network;
	struct missing *missing = calloc(network->router_count + 1, sizeof(*missing));

	if (!missing)
		return -ENOMEM;
	for (uint32_t to = 0; to < network->subnet_count; to++)
		for (uint32_t from = 0; from < network->subnet_count; from++)
			if (*reached_at(survey, to, from) == REACH_YES &&
			    *reached_at(survey, from, to) == REACH_NO)
				note_missing(survey, missing, from, to);
	for (size_t r = 0; r < network->router_count; r++)
		if (missing[r].count)
			warn_missing(survey, &network->routers[r], &missing[r]);
	free(missing);
	return 0;
}

/* ---- all -------------------------------------------------------------------------------------- */

int survey_reach(struct survey *survey)
{
	const struct network *network = survey->network;
	uint8_t *outcomes;

	if (network->subnet_count > SUBNETS_MAX) {
		*survey->budget = 0;
		return 0;
	}
	free(survey->reached);
	survey->reached = calloc(network->subnet_count * network->subnet_count + 1, 1);
	outcomes = calloc(network->router_count + 1, 1);
	if (!survey->reached || !outcomes) {
		free(outcomes);
		return -ENOMEM;
	}
	for (uint32_t to = 0; to < network->subnet_count; to++)
		if (!survey->transit[to])
			fill_reached(survey, to, outcomes);
	free(outcomes);
	if (*survey->budget == 0)
		return 0;
	find_isolated(survey);
	return find_one_way(survey);
}

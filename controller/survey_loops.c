/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds routing loops: packets that go from router to router until their TTL ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "survey.h"

#define LOOP_SHOWN 8 /* routers of a loop that are named */

/* The routes that have been reported: one loop goes round for many destinations. */
struct told {
	const struct route **routes; /* keys of the index; room for every route */
	size_t count, capacity;
	struct lookup index;
};

/* Whether the route is reported for the first time. */
static bool told_first(struct told *told, const struct route *route)
{
	const struct route **key = &told->routes[told->count];

	*key = route;
	if (lookup_add(&told->index, key, sizeof(*key), 0, NULL) == -EEXIST)
		return false;
	told->count++;
	return true;
}

/* The route that a router takes to a destination: a loop is made of routes, never of subnets. */
static const struct route *route_taken(const struct router *router, const struct ipv4_prefix *to)
{
	const struct route *taken = NULL;

	for (size_t i = 0; i < router->route_count; i++) {
		const struct route *route = &router->routes[i];

		if (prefix_covers(&route->prefix, to) &&
		    (!taken || route->prefix.length > taken->prefix.length))
			taken = route;
	}
	return taken;
}

/* "'J' -> 'L' -> 'J'", with dots in place of many. */
static void loop_text(const struct survey *survey, const struct path *path, uint8_t first,
		      char *text, size_t size)
{
	uint8_t length = path->hops - path->loop;
	size_t used = 0;

	for (uint8_t i = 0; i <= length; i++) {
		uint8_t hop = path->loop + (first - path->loop + i) % length;
		uint32_t router = survey_router_at(survey, path, hop);

		if (i == LOOP_SHOWN) {
			snprintf(text + used, size - used, " -> ...");
			return;
		}
		used += (size_t)snprintf(text + used, size - used, "%s'%s'", i ? " -> " : "",
					 survey->network->routers[router].name);
	}
}

/* Reports a loop at the route of its first router in the file, unless it has been. */
static void report_loop(struct survey *survey, const struct path *path,
			const struct ipv4_prefix *to, struct told *told)
{
	char text[(LOOP_SHOWN + 1) * (MODEL_NAME_MAX + 8)], prefix[PREFIX_TEXT_MAX];
	uint8_t first_hop = path->loop;
	uint32_t first = MODEL_NONE;
	const struct route *route;

	for (uint8_t hop = path->loop; hop < path->hops; hop++) {
		uint32_t router = survey_router_at(survey, path, hop);

		if (first == MODEL_NONE || router < first) {
			first = router;
			first_hop = hop;
		}
	}
	route = route_taken(&survey->network->routers[first], to);
	if (!route || !told_first(told, route))
		return;
	loop_text(survey, path, first_hop, text, sizeof(text));
	report_warning(survey->report, route->at, "routing loop: packets to %s go %s",
		       prefix_text(to, prefix), text);
}

/*
 * It is enough to follow each route from its own router: of the routers of a loop, the one with the
 * longest prefix has a route to just what goes round.
 */
int survey_loops(struct survey *survey)
{
	const struct network *network = survey->network;
	struct told told = {0};
	struct path path;

	for (size_t r = 0; r < network->router_count; r++)
		told.capacity += network->routers[r].route_count;
	told.routes = calloc(told.capacity + 1, sizeof(told.routes[0]));
	if (!told.routes)
		return -ENOMEM;
	for (uint32_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].route_count; i++) {
			const struct ipv4_prefix *to = &network->routers[r].routes[i].prefix;

			if (survey_walk(survey, r, to, &path) && path.end == PATH_LOOPS)
				report_loop(survey, &path, to, &told);
		}
	lookup_clear(&told.index);
	free(told.routes);
	return 0;
}

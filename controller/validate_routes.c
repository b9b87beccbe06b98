/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judges each router's routes by themselves: where they lead together is survey.h. */
#include <errno.h>

#include "validate_parts.h"

/* The interface on whose subnet an address is, or NULL. */
static const struct router_interface *router_towards(const struct network *network,
						     const struct router *router, uint32_t address)
{
	for (size_t i = 0; i < router->interface_count; i++) {
		uint32_t subnet = router->interfaces[i].subnet;

		if (subnet != MODEL_NONE && network->subnets[subnet].prefix.length &&
		    prefix_contains(&network->subnets[subnet].prefix, address))
			return &router->interfaces[i];
	}
	return NULL;
}

/* The subnet that a router is on whose prefix this is, or NULL. */
static const struct subnet *router_connected(const struct network *network,
					     const struct router *router,
					     const struct ipv4_prefix *prefix)
{
	for (size_t i = 0; i < router->interface_count; i++) {
		const struct subnet *subnet;

		if (router->interfaces[i].subnet == MODEL_NONE)
			continue;
		subnet = &network->subnets[router->interfaces[i].subnet];
		if (prefix->length && subnet->prefix.address == prefix->address &&
		    subnet->prefix.length == prefix->length)
			return subnet;
	}
	return NULL;
}

static void report_unconnected(const struct judged *judged, const struct router *router,
			       const struct route *route)
{
	const struct owner *owner = judged_owner(judged, route->next_hop);
	char address[IPV4_TEXT_MAX], other[OWNER_TEXT_MAX];

	report_error(judged->report, route->next_hop_at,
		     "next hop %s is on no subnet that router '%s' is connected to",
		     ipv4_text(route->next_hop, address), router->name);
	if (owner && owner->subnet != MODEL_NONE)
		report_help(judged->report, "%s has it, on subnet '%s'", owner_text(owner, other),
			    judged->network->subnets[owner->subnet].name);
}

/* `asked` remembers next hops that nobody has: one warning for each, not for each route. */
static void validate_next_hop(const struct judged *judged, const struct router *router,
			      const struct route *route, struct lookup *asked)
{
	const struct router_interface *towards =
		router_towards(judged->network, router, route->next_hop);
	const struct owner *owner = judged_owner(judged, route->next_hop);
	char address[IPV4_TEXT_MAX];
	const struct ipv4_prefix *prefix;

	ipv4_text(route->next_hop, address);
	if (!towards) {
		report_unconnected(judged, router, route);
		return;
	}
	prefix = &judged->network->subnets[towards->subnet].prefix;
	if (owner && owner->router == router)
		report_error(judged->report, route->next_hop_at,
			     "next hop %s is router '%s' itself", address, router->name);
	else if (prefix->length < 31 && (route->next_hop == prefix->address ||
					 route->next_hop == prefix_broadcast(prefix)))
		report_error(judged->report, route->next_hop_at,
			     "next hop %s is the %s address of subnet '%s'", address,
			     route->next_hop == prefix->address ? "network" : "broadcast",
			     judged->network->subnets[towards->subnet].name);
	else if (!owner && judged->complete &&
		 lookup_add(asked, &route->next_hop, sizeof(route->next_hop), 0, NULL) != -EEXIST)
		report_warning(judged->report, route->next_hop_at,
			       "nobody has the next hop %s: router '%s' finds nobody to forward to",
			       address, router->name);
}

static void validate_destination(const struct judged *judged, const struct router *router,
				 size_t index, struct lookup *destinations)
{
	const struct route *route = &router->routes[index];
	const struct subnet *subnet = router_connected(judged->network, router, &route->prefix);
	char text[PREFIX_TEXT_MAX];
	uint32_t first;
	int error;

	prefix_text(&route->prefix, text);
	if (subnet)
		report_error(judged->report, route->at,
			     "router '%s' needs no route to %s: it is on subnet '%s'", router->name,
			     text, subnet->name);
	/* The key ends before the padding. */
	error = lookup_add(destinations, &route->prefix,
			   offsetof(struct ipv4_prefix, length) + sizeof(route->prefix.length),
			   (uint32_t)index, &first);
	if (error == -EEXIST) {
		report_error(judged->report, route->at, "router '%s' has a route to %s already",
			     router->name, text);
		report_first(judged->report, router->routes[first].at);
	}
	if (error == -ENOMEM)
		judged->report->out_of_memory = 1;
}

void validate_routes(const struct judged *judged)
{
	for (size_t r = 0; r < judged->network->router_count; r++) {
		const struct router *router = &judged->network->routers[r];
		struct lookup destinations = {0}, asked = {0};

		for (size_t i = 0; i < router->route_count; i++) {
			validate_destination(judged, router, i, &destinations);
			validate_next_hop(judged, router, &router->routes[i], &asked);
		}
		lookup_clear(&destinations);
		lookup_clear(&asked);
	}
}

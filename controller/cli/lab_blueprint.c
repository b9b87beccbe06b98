/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of a blueprint that both kinds of lab share: names, nodes, and how blueprints grow and
 * are compared. See lab_blueprint.h.
 */
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_blueprint.h"
#include "lab_blueprint_parts.h"

/* A name must not contain a colon, in a topology file or for a lab: so these are never ambiguous. */
void space_name(char ret_name[NAME_MAX + 1], const char *lab, enum space_kind kind,
		const char *name, const char *inner)
{
	static const char *const words[] = {
		[SPACE_NODE] = "node",       [SPACE_HOST] = "host",     [SPACE_FABRIC] = "fabric",
		[SPACE_MANAGER] = "manager", [SPACE_SWITCH] = "switch", [SPACE_ROUTER] = "router",
	};

	snprintf(ret_name, NAME_MAX + 1, "weft:%s:%s%s%s%s%s", lab, words[kind], name ? ":" : "",
		 name ? name : "", inner ? ":" : "", inner ? inner : "");
}

void space_prefix(char ret_prefix[NAME_MAX + 1], const char *lab)
{
	snprintf(ret_prefix, NAME_MAX + 1, "weft:%s:", lab);
}

/* FNV-1a */
static uint32_t text_hash(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

void interface_name(char ret_name[IFNAMSIZ], const char *name, bool reserved)
{
	if (strlen(name) < IFNAMSIZ && !reserved)
		snprintf(ret_name, IFNAMSIZ, "%s", name);
	else
		snprintf(ret_name, IFNAMSIZ, "%.8s~%06x", name, text_hash(name) & 0xffffff);
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return text;
}

/* ---- growing ----------------------------------------------------------------------------------- */

/* Makes room for one more: arrays double whenever their count is a power of two. */
static void *array_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

static int space_append(struct blueprint *blueprint, const struct space *space)
{
	struct space *spaces =
		array_grow(blueprint->spaces, blueprint->space_count, sizeof(*spaces));

	if (!spaces)
		return -ENOMEM;
	blueprint->spaces = spaces;
	spaces[blueprint->space_count++] = *space;
	return 0;
}

static int link_append(struct blueprint *blueprint, const struct link *link)
{
	struct link *links = array_grow(blueprint->links, blueprint->link_count, sizeof(*links));

	if (!links)
		return -ENOMEM;
	blueprint->links = links;
	links[blueprint->link_count++] = *link;
	return 0;
}

static void space_clear(struct space *space)
{
	free(space->devices);
	free(space->routes);
}

static void link_clear(struct link *link)
{
	free(link->ends[0].commands);
	free(link->ends[1].commands);
}

int blueprint_add_space(struct blueprint *blueprint, struct space *space)
{
	int error = space->devices && space->routes ? space_append(blueprint, space) : -ENOMEM;

	if (error)
		space_clear(space);
	return error;
}

int blueprint_add_link(struct blueprint *blueprint, struct link *link)
{
	int error = link->ends[0].commands && link->ends[1].commands ? link_append(blueprint, link)
								     : -ENOMEM;

	if (error)
		link_clear(link);
	return error;
}

void blueprint_clear(struct blueprint *blueprint)
{
	for (size_t i = 0; i < blueprint->space_count; i++)
		space_clear(&blueprint->spaces[i]);
	for (size_t i = 0; i < blueprint->link_count; i++)
		link_clear(&blueprint->links[i]);
	free(blueprint->spaces);
	free(blueprint->links);
	*blueprint = (struct blueprint){0};
}

/* ---- nodes: the same in both kinds of lab -------------------------------------------------------- */

int blueprint_add_node(struct blueprint *blueprint, const char *lab, const struct network *network,
		       const struct node *node, const struct link_end *port)
{
	const struct subnet *subnet = &network->subnets[node->subnet];
	uint32_t gateway = model_gateway(network, node);
	struct space space = {.kind = SPACE_NODE};
	struct link link = {.mtu = subnet->mtu};
	struct link_end *end = &link.ends[0];
	char address[IPV4_TEXT_MAX], router[IPV4_TEXT_MAX];
	int error;

	space_name(space.name, lab, SPACE_NODE, network->name, node->name);
	space.devices = strdup("");
	space.routes = strdup("");
	error = blueprint_add_space(blueprint, &space);
	if (error) {
		free(port->commands);
		return error;
	}

	memcpy(end->space, space.name, sizeof(end->space));
	strcpy(end->interface, "eth0");
	end->mac = node->mac;
	end->commands = text_format("addr add %s/%u dev eth0\n"
				    "link set dev eth0 up\n"
				    "%s%s%s",
				    ipv4_text(node->address, address), subnet->prefix.length,
				    gateway ? "route add default via " : "",
				    gateway ? ipv4_text(gateway, router) : "", gateway ? "\n" : "");
	link.ends[1] = *port;
	return blueprint_add_link(blueprint, &link);
}

/* ---- difference ---------------------------------------------------------------------------------- */

static bool space_equal(const struct space *a, const struct space *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->devices, b->devices) == 0 &&
	       strcmp(a->routes, b->routes) == 0;
}

static bool end_equal(const struct link_end *a, const struct link_end *b)
{
	return strcmp(a->space, b->space) == 0 && strcmp(a->interface, b->interface) == 0 &&
	       memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0 && a->ipv6 == b->ipv6 &&
	       strcmp(a->commands, b->commands) == 0;
}

static bool link_equal(const struct link *a, const struct link *b)
{
	return end_equal(&a->ends[0], &b->ends[0]) && end_equal(&a->ends[1], &b->ends[1]);
}

static const struct space *space_find(const struct blueprint *blueprint, const struct space *space)
{
	for (size_t i = 0; i < blueprint->space_count; i++)
		if (space_equal(&blueprint->spaces[i], space))
			return &blueprint->spaces[i];
	return NULL;
}

static const struct link *link_find(const struct blueprint *blueprint, const struct link *link)
{
	for (size_t i = 0; i < blueprint->link_count; i++)
		if (link_equal(&blueprint->links[i], link))
			return &blueprint->links[i];
	return NULL;
}

/* Whether a link ends in one of the blueprint's spaces. */
static bool link_touches(const struct link *link, const struct blueprint *blueprint)
{
	for (size_t i = 0; i < blueprint->space_count; i++)
		if (strcmp(link->ends[0].space, blueprint->spaces[i].name) == 0 ||
		    strcmp(link->ends[1].space, blueprint->spaces[i].name) == 0)
			return true;
	return false;
}

static int space_copy(struct blueprint *blueprint, const struct space *space)
{
	struct space copy = *space;

	copy.devices = strdup(space->devices);
	copy.routes = strdup(space->routes);
	return blueprint_add_space(blueprint, &copy);
}

static int link_copy(struct blueprint *blueprint, const struct link *link)
{
	struct link copy = *link;

	copy.ends[0].commands = strdup(link->ends[0].commands);
	copy.ends[1].commands = strdup(link->ends[1].commands);
	return blueprint_add_link(blueprint, &copy);
}

/* Adds to ret_rest what `from` has and `other` hasn't; links with one end in such a space too. */
static int blueprint_subtract(const struct blueprint *from, const struct blueprint *other,
			      struct blueprint *ret_rest)
{
	int error = 0;

	for (size_t i = 0; !error && i < from->space_count; i++)
		if (!space_find(other, &from->spaces[i]))
			error = space_copy(ret_rest, &from->spaces[i]);
	for (size_t i = 0; !error && i < from->link_count; i++)
		if (!link_find(other, &from->links[i]) || link_touches(&from->links[i], ret_rest))
			error = link_copy(ret_rest, &from->links[i]);
	return error;
}

int blueprint_difference(const struct blueprint *old, const struct blueprint *new,
			 struct blueprint *ret_removed, struct blueprint *ret_added,
			 struct blueprint *ret_changed)
{
	struct blueprint removed = {0}, added = {0}, changed = {0};
	int error = blueprint_subtract(old, new, &removed);

	if (!error)
		error = blueprint_subtract(new, old, &added);
	for (size_t i = 0; !error && i < new->link_count; i++) {
		const struct link *before = link_find(old, &new->links[i]);

		if (before && before->mtu != new->links[i].mtu &&
		    !link_touches(&new->links[i], &added))
			error = link_copy(&changed, &new->links[i]);
	}
	if (error) {
		blueprint_clear(&removed);
		blueprint_clear(&added);
		blueprint_clear(&changed);
		return error;
	}
	*ret_removed = removed;
	*ret_added = added;
	*ret_changed = changed;
	return 0;
}

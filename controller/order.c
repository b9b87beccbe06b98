/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts the objects of a model in order, so that equal models are equal element by element. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Every named object begins with its name. */
static const char *name_of(const void *element)
{
	return *(char *const *)element;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(name_of(*(const void *const *)a), name_of(*(const void *const *)b));
}

/*
 * Sorts an array of named objects. *ret_moved (unless NULL; the caller frees it) says for each old
 * index the new one. Returns 0 or -ENOMEM.
 */
static int sort_named(void *array, size_t count, size_t size, uint32_t **ret_moved)
{
	char *copy = malloc(count * size + 1);
	const char **pointers = calloc(count + 1, sizeof(*pointers));
	uint32_t *moved = calloc(count + 1, sizeof(*moved));

	if (!copy || !pointers || !moved) {
		free(copy);
		free(pointers);
		free(moved);
		return -ENOMEM;
	}
	if (count)
		memcpy(copy, array, count * size);
	for (size_t i = 0; i < count; i++)
		pointers[i] = copy + i * size;
	qsort(pointers, count, sizeof(*pointers), compare_names);
	for (size_t i = 0; i < count; i++) {
		memcpy((char *)array + i * size, pointers[i], size);
		moved[(size_t)(pointers[i] - copy) / size] = (uint32_t)i;
	}
	free(copy);
	free(pointers);
	if (ret_moved)
		*ret_moved = moved;
	else
		free(moved);
	return 0;
}

static uint32_t follow(const uint32_t *moved, uint32_t index)
{
	return index == MODEL_NONE ? MODEL_NONE : moved[index];
}

static int compare_interfaces(const void *a, const void *b)
{
	const struct router_interface *left = a, *right = b;

	return left->subnet < right->subnet ? -1 : left->subnet > right->subnet;
}

static int compare_routes(const void *a, const void *b)
{
	const struct ipv4_prefix *left = &((const struct route *)a)->prefix;
	const struct ipv4_prefix *right = &((const struct route *)b)->prefix;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->length - right->length;
}

static void sort_router(struct router *router, const uint32_t *subnets)
{
	for (size_t i = 0; i < router->interface_count; i++)
		router->interfaces[i].subnet = follow(subnets, router->interfaces[i].subnet);
	if (router->interface_count)
		qsort(router->interfaces, router->interface_count, sizeof(*router->interfaces),
		      compare_interfaces);
	if (router->route_count)
		qsort(router->routes, router->route_count, sizeof(*router->routes), compare_routes);
}

static int sort_network(struct network *network, const uint32_t *hosts)
{
	uint32_t *subnets;
	int error = sort_named(network->subnets, network->subnet_count, sizeof(*network->subnets),
			       &subnets);

	if (error)
		return error;
	for (size_t i = 0; i < network->router_count; i++)
		sort_router(&network->routers[i], subnets);
	for (size_t i = 0; i < network->node_count; i++) {
		network->nodes[i].host = follow(hosts, network->nodes[i].host);
		network->nodes[i].subnet = follow(subnets, network->nodes[i].subnet);
	}
	free(subnets);
	error = sort_named(network->routers, network->router_count, sizeof(*network->routers),
			   NULL);
	return error ? error
		     : sort_named(network->nodes, network->node_count, sizeof(*network->nodes),
				  NULL);
}

int model_sort(struct model *model)
{
	uint32_t *hosts;
	int error = sort_named(model->hosts, model->host_count, sizeof(*model->hosts), &hosts);

	if (error)
		return error;
	for (size_t i = 0; i < model->network_count && !error; i++)
		error = sort_network(&model->networks[i], hosts);
	free(hosts);
	return error ? error
		     : sort_named(model->networks, model->network_count, sizeof(*model->networks),
				  NULL);
}

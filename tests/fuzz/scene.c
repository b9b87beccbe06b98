/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making scenes of topologies, as weftd and its manager would. See scene.h. */
#include "scene.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/topology.h"
#include "controller/validate.h"

#define TOPOLOGY_MAX 65536
#define BURST_NS     (1ULL << 60) /* with an interval of 1 ns: enough for any run */

const struct scene_devices scene_devices = {
	.reinject = 2,
	.reinject_out = 3,
	.substrate = 4,
	.first_port = 5,
};

static const struct {
	const char *file, *host;
	enum scene_name across;
} scenes[SCENES] = {
	[SCENE_FIGURE2_R] = {"examples/figure2.yaml", "R", SCENE_FIGURE2_S},
	[SCENE_FIGURE2_S] = {"examples/figure2.yaml", "S", SCENE_FIGURE2_R},
	[SCENE_ODD_R] = {"tests/fuzz/odd.yaml", "R", SCENE_ODD_S},
	[SCENE_ODD_S] = {"tests/fuzz/odd.yaml", "S", SCENE_ODD_R},
};

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "scene: %s\n", what);
	exit(1);
}

static struct model *model_read(const char *yaml, size_t size)
{
	struct report report = {0};
	struct model *model = NULL;

	require(topology_read(yaml, size, &report, &model) == 0, "no memory");
	if (!report.errors)
		model_validate(model, &report);
	if (report.errors)
		report_print(&report, stderr, "topology", yaml, size);
	require(!report.errors, "the topology has errors");
	report_clear(&report);
	require(model_allocate(model, NULL) == 0, "no memory");
	return model;
}

/* The nodes of the host, with interfaces of both kinds. */
static void ports_make(struct scene *scene, const struct network *network)
{
	const struct scene_devices *devices = &scene->devices;

	for (size_t i = 0; i < network->node_count; i++) {
		const struct node *node = &network->nodes[i];
		struct plan_port *port = &scene->ports[scene->port_count];

		if (node->host != (uint32_t)(scene->host - scene->model->hosts))
			continue;
		require(scene->port_count < SCENE_PORTS_MAX, "too many ports");
		*port = (struct plan_port){
			.network = network,
			.node = node,
			.ifindex = devices->first_port + (uint32_t)scene->port_count,
			.flags = scene->port_count % 2 ? PORT_PEER : 0,
		};
		if (devices->sender && strcmp(node->name, devices->sender) == 0)
			port->ifindex = devices->sender_port;
		scene->port_count++;
	}
}

static const struct plan_port *port_of(const struct scene *scene, const struct node *node)
{
	for (size_t i = 0; i < scene->port_count; i++)
		if (scene->ports[i].node == node)
			return &scene->ports[i];
	return NULL;
}

static void mapping_make(struct scene *scene, const struct network *network,
			 const struct node *node)
{
	const struct host *host = &scene->model->hosts[node->host];
	const struct plan_port *port = port_of(scene, node);
	struct scene_mapping *known = &scene->mappings[scene->mapping_count++];

	*known = (struct scene_mapping){
		.key = {.network = network->id, .address = htonl(node->address)},
		.mapping = {.state = port ? MAPPING_LOCAL : MAPPING_REMOTE,
			    .subnet = htonl(network->subnets[node->subnet].prefix.address),
			    .ifindex = port ? port->ifindex : 0,
			    .flags = port ? port->flags : 0,
			    .slot = node->slot},
	};
	memcpy(known->mapping.mac, node->mac.octets, sizeof(known->mapping.mac));
	plan_address(&host->locator, network->id, node->address, &known->mapping.substrate,
		     &known->mapping.correction);
	known->neighbour.network = network->id;
	known->neighbour.subnet = known->mapping.subnet;
	memcpy(known->neighbour.mac, node->mac.octets, sizeof(known->neighbour.mac));
}

void scene_make(struct scene *scene, const char *yaml, size_t size, const char *host,
		const struct scene_devices *devices)
{
	*scene = (struct scene){.devices = *devices};
	scene->model = model_read(yaml, size);
	scene->host = model_find_host(scene->model, host);
	require(scene->host, "the topology has no such host");
	for (size_t n = 0; n < scene->model->network_count; n++)
		ports_make(scene, &scene->model->networks[n]);
	require(plan_build(&scene->host->locator, scene->ports, scene->port_count, &scene->plan) ==
			0,
		"no memory");
	for (size_t n = 0; n < scene->model->network_count; n++) {
		const struct network *network = &scene->model->networks[n];

		require(scene->mapping_count + network->node_count <= SCENE_MAPPINGS_MAX,
			"too many nodes");
		for (size_t i = 0; i < network->node_count; i++)
			mapping_make(scene, network, &network->nodes[i]);
	}
}

void scene_read(struct scene *scene, const char *path, const char *host,
		const struct scene_devices *devices)
{
	static char yaml[TOPOLOGY_MAX];
	FILE *file = fopen(path, "r");
	size_t size;

	require(file, "its topology is not here: run in the top directory");
	size = fread(yaml, 1, sizeof(yaml), file);
	fclose(file);
	scene_make(scene, yaml, size, host, devices);
}

void scene_open(struct scene *scene, enum scene_name name)
{
	scene_read(scene, scenes[name].file, scenes[name].host, &scene_devices);
}

enum scene_name scene_across(enum scene_name name)
{
	return scenes[name].across;
}

struct dataplane_constants scene_constants(const struct scene *scene)
{
	struct dataplane_constants constants = {
		.substrate_ifindex = scene->devices.substrate,
		.reinject_ifindex = scene->devices.reinject,
		.reinject_out_ifindex = scene->devices.reinject_out,
		.answer_interval_ns = 1,
		.answer_burst_ns = BURST_NS,
		.miss_interval_ns = 1,
		.miss_burst_ns = BURST_NS,
	};

	constants_set_locator(&constants, &scene->host->locator);
	return constants;
}

const struct port *scene_port(const struct scene *scene, uint32_t ifindex)
{
	return table_find(&scene->plan.tables[PLAN_PORTS], &ifindex);
}

void scene_close(struct scene *scene)
{
	plan_clear(&scene->plan);
	model_free(scene->model);
}

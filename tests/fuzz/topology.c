/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzing: any text as a topology file, as far as the manager and its hosts take it: read, judged, its
 * problems shown; if it has none then stored, read back, and planned for every host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/objects.h"
#include "controller/plan.h"
#include "controller/topology.h"
#include "controller/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is broken here is broken whatever was read. */
static void must(bool condition, const char *complaint)
{
	if (condition)
		return;
	fprintf(stderr, "\n%s\n", complaint);
	abort();
}

static void show(const struct report *report, const uint8_t *data, size_t size)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	must(stream, "no memory");
	report_print(report, stream, "topology", (const char *)data, size);
	fclose(stream);
	must(!report->count || length > 0, "there are problems, but none is shown");
	free(text);
}

/* What is stored makes the same model again. */
static void store(const struct model *model)
{
	struct objects objects = {0}, again = {0};
	struct object_change *changes = NULL;
	struct model *copy = NULL;
	char *why = NULL;
	size_t count = 0;

	must(objects_of_model(model, NULL, &objects) == 0, "no memory");
	must(objects_model(&objects, &why, &copy) == 0, "what is stored is not a model");
	must(objects_of_model(copy, NULL, &again) == 0, "no memory");
	must(objects_diff(&objects, &again, &changes, &count) == 0, "no memory");
	must(count == 0, "another model is read back than was stored");
	free(changes);
	model_free(copy);
	objects_clear(&objects);
	objects_clear(&again);
}

static size_t host_ports(const struct model *model, uint32_t host, struct plan_port *ports)
{
	size_t count = 0;

	for (size_t n = 0; n < model->network_count; n++) {
		const struct network *network = &model->networks[n];

		for (size_t i = 0; i < network->node_count; i++) {
			if (network->nodes[i].host != host)
				continue;
			ports[count] = (struct plan_port){
				.network = network,
				.node = &network->nodes[i],
				.ifindex = 2 + (uint32_t)count,
			};
			count++;
		}
	}
	return count;
}

static void plan(const struct model *model)
{
	struct plan_port *ports;
	size_t nodes = 0;

	for (size_t n = 0; n < model->network_count; n++)
		nodes += model->networks[n].node_count;
	ports = calloc(nodes + 1, sizeof(*ports));
	must(ports, "no memory");
	for (uint32_t host = 0; host < model->host_count; host++) {
		struct plan plan = {0};
		size_t count = host_ports(model, host, ports);

		must(plan_build(&model->hosts[host].locator, ports, count, &plan) == 0,
		     "no memory");
		must(plan.tables[PLAN_PORTS].count == count &&
			     plan.tables[PLAN_LOCALS].count == count,
		     "a plan leaves nodes out");
		plan_clear(&plan);
	}
	free(ports);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = {0};
	struct model *model = NULL;

	must(topology_read((const char *)data, size, &report, &model) == 0, "no memory");
	model_validate(model, &report);
	show(&report, data, size);
	if (!report.errors && model_sort(model) == 0 && model_allocate(model, NULL) == 0) {
		store(model);
		plan(model);
	}
	report_clear(&report);
	model_free(model);
	return 0;
}

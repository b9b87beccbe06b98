/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the topology file of a lab and completes what it leaves open. See lab_topology.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/report.h"
#include "controller/topology.h"
#include "controller/validate.h"
#include "lab_topology.h"

static int file_read(const char *path, char **ret_text, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	FILE *memory;
	char *text = NULL, buffer[4096];
	size_t size, length;
	int error = 0;

	if (!file)
		return -errno;
	memory = open_memstream(&text, &size);
	while (memory && (length = fread(buffer, 1, sizeof(buffer), file)) > 0)
		fwrite(buffer, 1, length, memory);
	if (ferror(file))
		error = -EIO;
	if (!memory || fclose(memory) != 0)
		error = -ENOMEM;
	fclose(file);
	if (error) {
		free(text);
		return error;
	}
	*ret_text = text;
	*ret_size = size;
	return 0;
}

/* Makes the model of the text; says what is wrong with it. */
static int topology_complete(const struct lab *lab, struct lab_topology *topology, const char *file)
{
	struct report report = {0};
	int error = topology_read(topology->text, topology->size, &report, &topology->model);

	if (error)
		return lab_fail(lab, error, "%s can't be read: %s", file, strerror(-error));
	model_validate(topology->model, &report);
	report_print(&report, stderr, file, topology->text, topology->size);
	if (report.errors || report.out_of_memory)
		error = lab_fail(lab, -EINVAL, "%s has errors, nothing was done", file);
	report_clear(&report);
	if (error)
		return error;
	error = model_allocate(topology->model, NULL);
	if (error)
		return lab_fail(lab, error,
				"ids, MACs and slots can't be given to what is in %s: %s", file,
				strerror(-error));
	return 0;
}

int lab_topology_read(const struct lab *lab, const char *file, struct lab_topology *ret_topology)
{
	struct lab_topology topology = {0};
	int error;

	if (!realpath(file, topology.path))
		return lab_fail(lab, -errno, "%s can't be read: %s", file, strerror(errno));
	error = file_read(file, &topology.text, &topology.size);
	if (error)
		return lab_fail(lab, error, "%s can't be read: %s", file, strerror(-error));
	error = topology_complete(lab, &topology, file);
	if (error) {
		lab_topology_clear(&topology);
		return error;
	}
	*ret_topology = topology;
	return 0;
}

void lab_topology_clear(struct lab_topology *topology)
{
	free(topology->text);
	model_free(topology->model);
	*topology = (struct lab_topology){0};
}

size_t lab_topology_nodes(const struct lab_topology *topology)
{
	size_t count = 0;

	for (size_t n = 0; n < topology->model->network_count; n++)
		count += topology->model->networks[n].node_count;
	return count;
}

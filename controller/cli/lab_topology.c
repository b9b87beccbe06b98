/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the topology file of a lab and completes what it leaves open. See lab_topology.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_topology.h"

static int file_complete(const struct lab *lab, struct topology_file *file)
{
	int error;

	if (file->report.errors || file->report.out_of_memory)
		return lab_fail(lab, -EINVAL, "%s has errors, nothing was done", file->name);
	error = model_allocate(file->model, NULL);
	if (error)
		return lab_fail(lab, error, "%s needs more ids or MACs than there are", file->name);
	return 0;
}

static int file_open(const struct lab *lab, const char *name, bool report,
		     struct topology_file *ret_file)
{
	struct topology_file file;
	int error = topology_file_open(name, &file);

	if (!error && report)
		topology_file_report(&file);
	if (!error)
		error = file_complete(lab, &file);
	if (error)
		topology_file_clear(&file);
	else
		*ret_file = file;
	return error;
}

int lab_topology_open(const struct lab *lab, const char *name, struct topology_file *ret_file)
{
	return file_open(lab, name, true, ret_file);
}

int lab_topology_reopen(const struct lab *lab, struct topology_file *ret_file)
{
	char path[PATH_MAX];
	int error;

	lab_path(lab, path, "topology.yaml");
	error = file_open(lab, path, false, ret_file);
	if (!error)
		ret_file->name = "topology.yaml";
	return error;
}

struct lab_record lab_topology_record(const struct topology_file *file, bool physical)
{
	struct lab_record record = {.physical = physical};
	const struct model *model = file->model;

	if (!realpath(file->name, record.file)) /* standard input */
		snprintf(record.file, sizeof(record.file), "%s", file->name);
	record.hosts = physical ? 0 : model->host_count;
	for (size_t n = 0; n < model->network_count; n++)
		record.nodes += model->networks[n].node_count;
	return record;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `weft lab up` and `weft lab down`. An `up` that fails, or is interrupted, leaves nothing behind; one that
 * was killed leaves debris, which the next `up` or `down` of that name clears away.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lab.h"
#include "lab_blueprint.h"
#include "lab_build.h"
#include "lab_daemons.h"
#include "lab_operator.h"
#include "lab_topology.h"

/* Starts the manager, then the rest of weft, and waits until all nodes are attached. */
static int daemons_bring_up(const struct lab *lab, const struct topology_file *topology)
{
	const struct model *model = topology->model;
	uint64_t revision;
	int error = manager_start(lab);

	if (!error)
		error = manager_await(lab);
	if (!error)
		error = manager_apply(lab, topology->name, topology->text, topology->size,
				      &revision);
	for (size_t h = 0; !error && h < model->host_count; h++)
		error = agent_start(lab, &model->hosts[h]);
	return error ? error : agents_await(lab, model, 0, model->host_count, revision);
}

static int lab_bring_up(const struct lab *lab, const struct topology_file *topology, bool physical)
{
	struct lab_record record = lab_topology_record(topology, physical);
	struct blueprint blueprint;
	int error = physical ? blueprint_physical(lab->name, topology->model, &blueprint)
			     : blueprint_emulated(lab->name, topology->model, &blueprint);

	if (error)
		return lab_fail(lab, error, "no memory for it");
	error = blueprint_build(lab, &blueprint);
	if (!error && !physical && lab_wants_xdp())
		error = blueprint_receive_from_xdp(lab, &blueprint);
	blueprint_clear(&blueprint);
	if (!error && !physical)
		error = daemons_bring_up(lab, topology);
	if (!error)
		error = lab_topology_write(lab, topology->text, topology->size);
	return error ? error : lab_record_write(lab, &record);
}

/* Takes the lab's name for this process. Fails if there is such a lab; clears debris away. */
static int lab_claim(struct lab *lab)
{
	enum lab_state before = lab_inspect(lab, NULL);
	int error = before == LAB_UP ? -EEXIST : lab_lock(lab, true);

	/* Another `up` may have been faster. */
	if (!error && lab_inspect(lab, NULL) == LAB_UP)
		error = -EEXIST;
	if (error == -EEXIST)
		return lab_fail(lab, error,
				"it is up already: `weft lab down --name %s` ends it, "
				"another --name makes one beside it",
				lab->name);
	if (error || before == LAB_ABSENT)
		return error;
	lab_fail(lab, 0, "clearing away what a killed run has left");
	error = lab_remove(lab);
	return error ? error : lab_lock(lab, true);
}

int lab_raise(struct lab *lab, const struct topology_file *topology, bool physical)
{
	int error;

	if (geteuid() != 0)
		return lab_fail(lab, -EPERM,
				"network namespaces can only be made by root, so it can't come up");
	lab_signals_catch();
	error = lab_claim(lab);
	if (error)
		return error;
	error = lab_bring_up(lab, topology, physical);
	if (!error)
		return 0; /* signals stay caught: who goes on with the lab sees them */
	lab_signals_ignore();
	if (lab_remove(lab) == 0)
		lab_fail(lab, 0, "it did not come up, and is cleared away");
	return error;
}

int lab_up(struct lab *lab, const char *file, bool physical)
{
	struct topology_file topology;
	int error;

	if (lab_topology_open(lab, file, &topology) < 0)
		return EXIT_FAILED;
	error = lab_raise(lab, &topology, physical);
	topology_file_clear(&topology);
	return error ? EXIT_FAILED : EXIT_DONE;
}

int lab_down(struct lab *lab)
{
	if (lab_inspect(lab, NULL) == LAB_ABSENT)
		return lab_fail(lab, EXIT_FAILED, "there is no such lab, `weft lab list` has them");
	if (lab_lock(lab, true) < 0)
		return EXIT_FAILED;
	return lab_remove(lab) < 0 ? EXIT_FAILED : EXIT_DONE;
}

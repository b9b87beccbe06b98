/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `weft lab apply` and `weft lab restart`: what happens to a lab while it is up. What the file leaves
 * as it is goes on undisturbed: its links, processes and connections.
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "lab.h"
#include "lab_blueprint.h"
#include "lab_build.h"
#include "lab_daemons.h"
#include "lab_operator.h"
#include "lab_topology.h"

/* Locks a lab that is up and emulated, and reads the topology it has. */
static int lab_open(struct lab *lab, struct topology_file *ret_topology)
{
	struct lab_record record;
	enum lab_state state = lab_inspect(lab, &record);
	int error;

	if (state == LAB_ABSENT)
		return lab_fail(lab, -ENOENT, "there is no such lab, `weft lab list` has them");
	error = lab_lock(lab, false);
	if (error)
		return error;
	if (lab_inspect(lab, &record) != LAB_UP)
		return lab_fail(lab, -EINVAL, "it is incomplete: `weft lab down` clears it away");
	if (record.physical)
		return lab_fail(lab, -EINVAL,
				"it is physical: nothing in it can be changed, "
				"take it down and up");
	return lab_topology_reopen(lab, ret_topology);
}

/* ---- apply ------------------------------------------------------------------------------------- */

/* Whether a link of the host to the fabric is among these. */
static bool host_is_touched(const struct lab *lab, const struct host *host,
			    const struct blueprint *links)
{
	char space[NAME_MAX + 1];

	space_name(space, lab->name, SPACE_HOST, host->name, NULL);
	for (size_t i = 0; i < links->link_count; i++) {
		const struct link_end *end = &links->links[i].ends[0];

		if (strcmp(end->space, space) == 0 && end->ipv6)
			return true;
	}
	return false;
}

/* Ends the weftd of each host that goes, or whose link to the fabric does. */
static int agents_retire(const struct lab *lab, const struct model *model,
			 const struct blueprint *removed)
{
	int error = 0;

	for (size_t h = 0; !error && h < model->host_count; h++)
		if (host_is_touched(lab, &model->hosts[h], removed))
			error = agent_stop(lab, model->hosts[h].name);
	return error;
}

/* Removes what the weftd of each host that is not in the new model has left. */
static int agents_forget(const struct lab *lab, const struct model *old, const struct model *new)
{
	int error = 0;

	for (size_t h = 0; !error && h < old->host_count; h++)
		if (!model_find_host(new, old->hosts[h].name))
			error = lab_host_remove(lab, old->hosts[h].name);
	return error;
}

static int agents_enlist(const struct lab *lab, const struct model *model,
			 const struct blueprint *added)
{
	int error = 0;

	for (size_t h = 0; !error && h < model->host_count; h++)
		if (host_is_touched(lab, &model->hosts[h], added))
			error = agent_start(lab, &model->hosts[h]);
	return error;
}

/* Changes namespaces and links from what the old model needs to what the new one does. */
static int lab_rebuild(const struct lab *lab, const struct model *old, const struct model *new)
{
	struct blueprint before = {0}, after = {0};
	struct blueprint removed = {0}, added = {0}, changed = {0};
	int error = blueprint_emulated(lab->name, old, &before);

	if (!error)
		error = blueprint_emulated(lab->name, new, &after);
	if (!error)
		error = blueprint_difference(&before, &after, &removed, &added, &changed);
	if (error)
		lab_fail(lab, error, "no memory for its change");
	if (!error)
		error = agents_retire(lab, old, &removed);
	if (!error)
		error = blueprint_demolish(lab, &removed);
	if (!error)
		error = agents_forget(lab, old, new);
	if (!error)
		error = blueprint_build(lab, &added);
	if (!error && lab_wants_xdp())
		error = blueprint_receive_from_xdp(lab, &added);
	if (!error)
		error = blueprint_resize(lab, &changed);
	if (!error)
		error = agents_enlist(lab, new, &added);
	blueprint_clear(&before);
	blueprint_clear(&after);
	blueprint_clear(&removed);
	blueprint_clear(&added);
	blueprint_clear(&changed);
	return error;
}

/* What can fail only when something is wrong with the machine: then the lab is incomplete. */
static int lab_change(const struct lab *lab, const struct model *old,
		      const struct topology_file *topology, uint64_t revision)
{
	struct lab_record record = lab_topology_record(topology, false);
	int error = lab_record_remove(lab);

	if (!error)
		error = lab_rebuild(lab, old, topology->model);
	if (!error)
		error = agents_await(lab, topology->model, 0, record.hosts, revision);
	if (!error)
		error = lab_topology_write(lab, topology->text, topology->size);
	if (!error)
		error = lab_record_write(lab, &record);
	if (error)
		lab_fail(lab, error, "it is incomplete now: `weft lab down` clears it away");
	return error;
}

int lab_apply(struct lab *lab, const char *file)
{
	struct topology_file old = {0}, new = {0};
	uint64_t revision;
	int error = lab_topology_open(lab, file, &new);

	if (!error)
		error = lab_open(lab, &old);
	/* The manager gives MACs: it knows those of before, the file alone doesn't tell. */
	if (!error)
		error = manager_fill_macs(lab, old.model);
	if (!error)
		error = manager_apply(lab, new.name, new.text, new.size, &revision);
	if (!error)
		error = manager_fill_macs(lab, new.model);
	if (!error)
		error = lab_change(lab, old.model, &new, revision);
	topology_file_clear(&old);
	topology_file_clear(&new);
	return error ? EXIT_FAILED : EXIT_DONE;
}

/* ---- restart ----------------------------------------------------------------------------------- */

static int manager_restart(const struct lab *lab, const struct model *model)
{
	int error = manager_stop(lab);

	if (!error)
		error = manager_start(lab);
	if (!error)
		error = manager_await(lab);
	/* Those that are dead are not its concern. */
	for (size_t h = 0; !error && h < model->host_count; h++)
		if (agent_runs(lab, model->hosts[h].name))
			error = agents_await(lab, model, h, h + 1, 0);
	return error;
}

static int agent_restart(const struct lab *lab, const struct model *model, const char *name)
{
	const struct host *host = model_find_host(model, name);
	size_t index;
	int error;

	if (!host)
		return lab_fail(lab, -ENOENT, "it has no host '%s'", name);
	index = host - model->hosts;
	error = agent_stop(lab, name);
	if (!error)
		error = agent_start(lab, host);
	return error ? error : agents_await(lab, model, index, index + 1, 0);
}

int lab_restart(struct lab *lab, const char *host)
{
	struct topology_file topology = {0};
	int error = lab_open(lab, &topology);

	if (!error)
		error = host ? agent_restart(lab, topology.model, host)
			     : manager_restart(lab, topology.model);
	topology_file_clear(&topology);
	return error ? EXIT_FAILED : EXIT_DONE;
}

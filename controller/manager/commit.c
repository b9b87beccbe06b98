/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From one state to the next, all or nothing: ids, MACs and slots are allocated, the difference of the
 * objects goes to the store, and only then the new state is the one that questions see.
 */
#include <errno.h>
#include <malloc.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "controller/objects.h"
#include "manager.h"

/* The difference between two models, with the texts that it borrows. */
struct difference {
	struct objects before, after;
	struct object_change *changes;
	size_t count;
};

static void difference_clear(struct difference *difference)
{
	objects_clear(&difference->before);
	objects_clear(&difference->after);
	free(difference->changes);
}

static int difference_find(const struct model *before, const struct model *after,
			   struct difference *difference)
{
	int error = objects_of_model(before, after, &difference->before);

	if (!error)
		error = objects_of_model(after, before, &difference->after);
	if (!error)
		error = objects_diff(&difference->before, &difference->after, &difference->changes,
				     &difference->count);
	return error;
}

/* ---- the store --------------------------------------------------------------------------------- */

static int load_object(const struct store_object *object, void *context)
{
	return objects_add(context, object->key, object->value);
}

int state_load(struct store *store, char **ret_why, struct state **ret_state)
{
	struct objects objects = {0};
	struct model *model = NULL;
	uint64_t revision;
	int error;

	*ret_why = NULL;
	error = store_snapshot(store, load_object, &objects, &revision);
	if (error && error != -ENOMEM)
		*ret_why = strdup(store_error(store));
	objects_sort(&objects);
	if (!error)
		error = objects_model(&objects, ret_why, &model);
	if (!error)
		error = state_new(model, revision, ret_state);
	if (error)
		model_free(model);
	objects_clear(&objects);
	malloc_trim(0);
	return error;
}

static int difference_store(struct store *store, uint64_t revision,
			    const struct difference *difference, uint64_t *ret_revision)
{
	struct store_object *objects = calloc(difference->count + 1, sizeof(*objects));
	int error;

	if (!objects)
		return -ENOMEM;
	for (size_t i = 0; i < difference->count; i++)
		objects[i] = (struct store_object){difference->changes[i].key,
						   difference->changes[i].after};
	error = store_commit(store, revision, objects, difference->count, ret_revision);
	free(objects);
	return error;
}

/* ---- the reply --------------------------------------------------------------------------------- */

static const char *action_of(const struct object_change *change)
{
	if (!change->before)
		return "create";
	return change->after ? "update" : "delete";
}

/* Keys are names and slashes, values are JSON: nothing needs to be escaped. */
static void print_difference(const struct difference *difference, uint64_t revision, FILE *output)
{
	size_t created = 0, deleted = 0;

	fprintf(output, "{\"revision\":%llu,\"changes\":[", (unsigned long long)revision);
	for (size_t i = 0; i < difference->count; i++) {
		const struct object_change *change = &difference->changes[i];

		fprintf(output, "%s{\"action\":\"%s\",\"key\":\"%s\"", i ? "," : "",
			action_of(change), change->key);
		if (change->before)
			fprintf(output, ",\"old\":%s", change->before);
		if (change->after)
			fprintf(output, ",\"new\":%s", change->after);
		fputs("}", output);
		created += !change->before;
		deleted += !change->after;
	}
	fprintf(output, "],\"summary\":{\"create\":%zu,\"update\":%zu,\"delete\":%zu}}", created,
		difference->count - created - deleted, deleted);
}

/* ---- committing -------------------------------------------------------------------------------- */

/* Stores the difference, takes over the model, tells the hosts. 0, or -errno and nothing changed. */
static int commit(struct manager *manager, struct model *model, const struct difference *difference)
{
	struct state *before = manager->state, *after;
	int error = state_new(model, before->revision, &after);

	if (error)
		return error;
	error = difference_store(manager->store, before->revision, difference, &after->revision);
	if (error) {
		after->model = NULL; /* the caller's again */
		state_free(after);
		return error;
	}
	manager->state = after;
	hosts_push(manager, before);
	state_free(before);
	return 0;
}

static void reply_error(struct manager *manager, struct reply *reply, int error)
{
	const char *why = strerror(-error);

	reply->status = 1;
	if (error == -ENOSPC && !*store_error(manager->store))
		why = "no network ids or MACs are left";
	else if (error != -ENOMEM && *store_error(manager->store))
		why = store_error(manager->store);
	fprintf(reply->errors,
		"weft-manager: the change could not be made: %s; nothing was changed\n", why);
}

void state_commit(struct manager *manager, struct model *model, bool dry_run, struct reply *reply)
{
	struct difference difference = {0};
	int error = model_sort(model);

	if (!error)
		error = model_allocate(model, manager->state->model);
	if (!error)
		error = difference_find(manager->state->model, model, &difference);
	if (!error && difference.count && !dry_run) {
		error = commit(manager, model, &difference);
		if (!error)
			model = NULL;
	}
	if (error)
		reply_error(manager, reply, error);
	else
		print_difference(&difference, manager->state->revision, reply->output);
	difference_clear(&difference);
	model_free(model);
	malloc_trim(0); /* reading a file takes ten times what is kept of it */
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of objects, the difference of two, and the way back to a model. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "objects.h"
#include "report.h"
#include "topology.h"

#define CHUNK_OCTETS (64U << 10)

/* Texts are kept in chunks, so that they never move and a list is freed at once. */
struct objects_chunk {
	struct objects_chunk *next;
	size_t used, size;
	char octets[];
};

static char *chunk_take(struct objects *objects, size_t size)
{
	struct objects_chunk *chunk = objects->chunks;
	size_t wanted = size > CHUNK_OCTETS ? size : CHUNK_OCTETS;

	if (!chunk || chunk->size - chunk->used < size) {
		chunk = malloc(sizeof(*chunk) + wanted);
		if (!chunk)
			return NULL;
		chunk->next = objects->chunks;
		chunk->used = 0;
		chunk->size = wanted;
		objects->chunks = chunk;
	}
	chunk->used += size;
	return chunk->octets + chunk->used - size;
}

int objects_add(struct objects *objects, const char *key, const char *value)
{
	size_t key_size = strlen(key) + 1, value_size = strlen(value) + 1;
	char *text;

	if (objects->count == objects->capacity) {
		size_t capacity = objects->capacity ? objects->capacity * 2 : 64;
		struct store_object *list =
			reallocarray(objects->list, capacity, sizeof(*objects->list));

		if (!list)
			return -ENOMEM;
		objects->list = list;
		objects->capacity = capacity;
	}
	text = chunk_take(objects, key_size + value_size);
	if (!text)
		return -ENOMEM;
	memcpy(text, key, key_size);
	memcpy(text + key_size, value, value_size);
	objects->list[objects->count++] =
		(struct store_object){.key = text, .value = text + key_size};
	return 0;
}

void objects_clear(struct objects *objects)
{
	struct objects_chunk *next;

	for (struct objects_chunk *chunk = objects->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(objects->list);
	*objects = (struct objects){0};
}

/* ---- order ------------------------------------------------------------------------------------- */

static int compare_keys(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a - (unsigned char)*b;
}

static int compare_objects(const void *a, const void *b)
{
	return compare_keys(((const struct store_object *)a)->key,
			    ((const struct store_object *)b)->key);
}

void objects_sort(struct objects *objects)
{
	if (objects->count)
		qsort(objects->list, objects->count, sizeof(*objects->list), compare_objects);
}

int objects_diff(const struct objects *before, const struct objects *after,
		 struct object_change **ret_changes, size_t *ret_count)
{
	struct object_change *changes = calloc(before->count + after->count + 1, sizeof(*changes));
	size_t count = 0, b = 0, a = 0;

	if (!changes)
		return -ENOMEM;
	while (b < before->count || a < after->count) {
		const struct store_object *old = b < before->count ? &before->list[b] : NULL;
		const struct store_object *new = a < after->count ? &after->list[a] : NULL;
		int order = !old ? 1 : !new ? -1 : compare_keys(old->key, new->key);

		if (order < 0)
			changes[count++] = (struct object_change){old->key, old->value, NULL};
		else if (order > 0)
			changes[count++] = (struct object_change){new->key, NULL, new->value};
		else if (strcmp(old->value, new->value) != 0)
			changes[count++] = (struct object_change){new->key, old->value, new->value};
		b += order <= 0;
		a += order >= 0;
	}
	*ret_changes = changes;
	*ret_count = count;
	return 0;
}

void objects_remove_network(struct objects *objects, const char *name)
{
	static const char prefix[] = "networks/";
	size_t length = strlen(name), kept = 0;

	for (size_t i = 0; i < objects->count; i++) {
		const char *key = objects->list[i].key;
		const char *rest = key + sizeof(prefix) - 1 + length;

		if (strncmp(key, prefix, sizeof(prefix) - 1) == 0 &&
		    strncmp(key + sizeof(prefix) - 1, name, length) == 0 &&
		    (*rest == '/' || !*rest))
			continue;
		objects->list[kept++] = objects->list[i];
	}
	objects->count = kept;
}

/* ---- back to a model --------------------------------------------------------------------------- */

/* The topology file that the objects make, as a tree; and what it has no words for. */
struct assembly {
	json_t *hosts, *networks;
	uint8_t *slots; /* of the nodes, in the order of the objects */
	size_t slot_count;
	const char *problem; /* "is ...", about the object at hand */
};

/* The next part of a key, up to a slash or the end. False when there is none. */
static bool key_part(const char **key, char part[MODEL_NAME_MAX + 1])
{
	size_t length = strcspn(*key, "/");

	if (length == 0 || length > MODEL_NAME_MAX)
		return false;
	memcpy(part, *key, length);
	part[length] = '\0';
	*key += length;
	if (**key == '/')
		(*key)++;
	return true;
}

/* The map of one kind ("nodes") in a network's object, made when it isn't there. */
static json_t *member(json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (!found && json_object_set_new(object, name, json_object()) == 0)
		found = json_object_get(object, name);
	return found;
}

/* Where an object belongs, and its name there; NULL when its key is none of ours. */
static json_t *assembly_place(struct assembly *assembly, const char *key, bool *ret_is_node,
			      char name[MODEL_NAME_MAX + 1])
{
	char kind[MODEL_NAME_MAX + 1], network[MODEL_NAME_MAX + 1];
	json_t *object;

	*ret_is_node = false;
	if (!key_part(&key, kind) || !key_part(&key, name))
		return NULL;
	if (strcmp(kind, "hosts") == 0)
		return *key ? NULL : assembly->hosts;
	if (strcmp(kind, "networks") != 0)
		return NULL;
	if (!*key)
		return assembly->networks;
	strcpy(network, name);
	object = json_object_get(assembly->networks, network);
	if (!object || !key_part(&key, kind) || !key_part(&key, name) || *key)
		return NULL;
	*ret_is_node = strcmp(kind, "nodes") == 0;
	if (!*ret_is_node && strcmp(kind, "subnets") != 0 && strcmp(kind, "routers") != 0)
		return NULL;
	return member(object, kind);
}

/* A node's slot is kept aside. */
static int take_slot(struct assembly *assembly, json_t *node)
{
	const json_t *slot = json_object_get(node, "slot");

	if (!json_is_integer(slot) || json_integer_value(slot) < 0 ||
	    json_integer_value(slot) > SUBSTRATE_SLOT_MAX)
		return -EBADMSG;
	assembly->slots[assembly->slot_count++] = (uint8_t)json_integer_value(slot);
	json_object_del(node, "slot");
	return 0;
}

static int assemble_object(struct assembly *assembly, const struct store_object *object)
{
	char name[MODEL_NAME_MAX + 1];
	bool is_node;
	json_t *place = assembly_place(assembly, object->key, &is_node, name);
	json_t *value = json_loads(object->value, 0, NULL);
	int error = 0;

	assembly->problem = "has a key that means nothing";
	if (!place)
		error = -EBADMSG;
	if (!error && !json_is_object(value)) {
		assembly->problem = "has a value that is no JSON object";
		error = -EBADMSG;
	}
	if (!error && is_node) {
		assembly->problem = "has no slot";
		error = take_slot(assembly, value);
	}
	if (error) {
		json_decref(value);
		return error;
	}
	return json_object_set_new(place, name, value) < 0 ? -ENOMEM : 0;
}

/* What topology_read() can't: slots are in the order of networks, and of nodes in them. */
static void restore_slots(const struct assembly *assembly, struct model *model)
{
	size_t at = 0;

	for (size_t i = 0; i < model->network_count; i++)
		for (size_t k = 0; k < model->networks[i].node_count; k++)
			model->networks[i].nodes[k].slot = assembly->slots[at++];
}

/* Reads the assembled document. What is wrong with it becomes the reason. */
static int assembly_read(const struct assembly *assembly, char **ret_why, struct model **ret_model)
{
	json_t *root = json_pack("{s:i, s:O, s:O}", "weft", 1, "hosts", assembly->hosts, "networks",
				 assembly->networks);
	struct json_text text = {0};
	struct report report = {0};
	struct model *model = NULL;
	int error = -ENOMEM;

	if (root)
		json_add_value(&text, root);
	if (root && !text.out_of_memory)
		error = topology_read(text.octets, text.length, &report, &model);
	if (!error && report.errors) {
		*ret_why = strdup(report.problems[0].message);
		error = *ret_why ? -EBADMSG : -ENOMEM;
	}
	json_decref(root);
	json_text_clear(&text);
	report_clear(&report);
	if (error) {
		model_free(model);
		return error;
	}
	restore_slots(assembly, model);
	*ret_model = model;
	return 0;
}

int objects_model(const struct objects *objects, char **ret_why, struct model **ret_model)
{
	struct assembly assembly = {
		.hosts = json_object(),
		.networks = json_object(),
		.slots = malloc(objects->count + 1),
	};
	int error = assembly.hosts && assembly.networks && assembly.slots ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < objects->count; i++) {
		error = assemble_object(&assembly, &objects->list[i]);
		if (error == -EBADMSG &&
		    asprintf(ret_why, "object %s %s", objects->list[i].key, assembly.problem) < 0)
			error = -ENOMEM;
	}
	if (!error)
		error = assembly_read(&assembly, ret_why, ret_model);
	json_decref(assembly.hosts);
	json_decref(assembly.networks);
	free(assembly.slots);
	return error;
}

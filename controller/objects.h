/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model as objects of the store, one for each thing that can change by itself:
 *
 *   hosts/R                  {"locator":"2001:db8:0:a::/64"}
 *   networks/Z               {"entity":"zeta","id":90}
 *   networks/Z/subnets/front {"mtu":1500,"v4":"10.0.0.0/24"}
 *   networks/Z/routers/J     {"interfaces":{"front":{"mac":"..","v4":"10.0.0.1"}},"routes":{..}}
 *   networks/Z/nodes/A       {"host":"R","mac":"..","slot":0,"subnet":"front","v4":"10.0.0.2"}
 *
 * Values are compact JSON with sorted keys, in the long form of the topology file, so that equal
 * objects have equal texts and topology_read() reads them back. All that was allocated is in them;
 * `slot` is the one key that a topology file doesn't have. Pure: no store, no sockets.
 */
#ifndef WEFT_OBJECTS_H
#define WEFT_OBJECTS_H

#include <stddef.h>

#include "model.h"
#include "store.h"

/* Objects and the memory of their texts. All zero is an empty list. */
struct objects {
	struct store_object *list;
	size_t count, capacity;
	struct objects_chunk *chunks;
};

/* Adds a copy of an object at the end. Returns 0 or -ENOMEM. */
int objects_add(struct objects *objects, const char *key, const char *value);

/*
 * Sorts by key with '/' before every other character, so that what belongs to an object follows it:
 * networks/Z, networks/Z/nodes/A, networks/Z-2.
 */
void objects_sort(struct objects *objects);

/*
 * Adds the objects of a model that is sorted and allocated, and sorts them. With another such model
 * (or NULL) nodes that both have alike are left out: of 100,000 nodes few change at a time, and the
 * others need not be written to be compared. 0 or -ENOMEM.
 */
int objects_of_model(const struct model *model, const struct model *other, struct objects *objects);

/*
 * Makes the model that sorted objects say. Returns 0; -EBADMSG when they make none, with the reason in
 * *ret_why, which the caller frees; or -ENOMEM. *ret_model belongs to the caller.
 */
int objects_model(const struct objects *objects, char **ret_why, struct model **ret_model);

/* The objects without network `name` and all that belongs to it; texts stay where they are. */
void objects_remove_network(struct objects *objects, const char *name);

/* Frees all and makes it empty. */
void objects_clear(struct objects *objects);

/* A difference: the values before (NULL: created) and after (NULL: deleted). */
struct object_change {
	const char *key, *before, *after;
};

/*
 * What changes sorted objects `before` into `after`, in their order. Texts are borrowed from both.
 * Returns 0 and an array that the caller frees, or -ENOMEM.
 */
int objects_diff(const struct objects *before, const struct objects *after,
		 struct object_change **ret_changes, size_t *ret_count);

#endif

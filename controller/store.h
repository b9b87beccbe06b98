/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the system manager must not forget, behind an interface that any ordered key-value store with
 * a revision can serve (SQLite now; etcd later). A store holds objects: a key such as
 * "networks/Z/nodes/A" and a JSON value. Every commit raises the revision by one and is all or
 * nothing.
 */
#ifndef WEFT_STORE_H
#define WEFT_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store;

/* One change of a commit, or one object of a snapshot. */
struct store_object {
	const char *key;
	const char *value; /* JSON text; NULL deletes */
};

/*
 * Opens, or creates, the store in a file. Returns 0 or -errno: -EBUSY when another manager has it,
 * -EPROTO when it was written by a newer weft or is no store.
 */
int store_open(const char *file, struct store **ret_store);
void store_close(struct store *store); /* takes NULL */

/*
 * Commits changes if the store is still at `revision`. Returns 0 and the new revision, -EAGAIN if
 * somebody else committed in between (nothing is changed), or another -errno.
 */
int store_commit(struct store *store, uint64_t revision, const struct store_object *changes,
		 size_t count, uint64_t *ret_revision);

/* Calls `each` for every object in the order of keys, at one revision. Stops when it returns < 0. */
int store_snapshot(struct store *store,
		   int (*each)(const struct store_object *object, void *context), void *context,
		   uint64_t *ret_revision);

/*
 * Calls `each` for every change committed after `revision`, oldest first, with the revision of its
 * commit. -ESTALE when so old changes are no longer kept: take a snapshot.
 */
int store_watch(struct store *store, uint64_t revision,
		int (*each)(const struct store_object *change, uint64_t revision, void *context),
		void *context);

/* The last error in the words of the storage, for a log line. */
const char *store_error(const struct store *store);

#endif

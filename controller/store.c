/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The store in one SQLite file.
 *
 *   objects   key -> value, as of the newest revision
 *   history   (revision, number) -> key, value or NULL: the newest changes, for store_watch()
 *   position  one row: the newest revision, and the one that `history` begins after
 *
 * Write-ahead log with synchronous=FULL: a commit that was acknowledged has given out ids and MACs
 * that hosts use from then on, so it must survive a power cut; and commits are the operator's, so
 * that one fsync each is nothing. locking_mode=EXCLUSIVE keeps every other process out for as
 * long as the store is open and needs no shared memory file.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

/* As written by `schema`. */
#define STORE_APPLICATION 0x77656674 /* "weft": tells our files from other SQLite databases */
#define STORE_VERSION     1 /* of the tables */

#define HISTORY_MAX 20000 /* changes; up to a quarter more until they are trimmed */

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE objects (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE history (revision INTEGER, number INTEGER, key TEXT NOT NULL, value TEXT,"
	" PRIMARY KEY (revision, number)) WITHOUT ROWID;"
	"CREATE TABLE position (revision INTEGER NOT NULL, oldest INTEGER NOT NULL);"
	"INSERT INTO position VALUES (0, 0);"
	"PRAGMA application_id = 0x77656674;"
	"PRAGMA user_version = 1;"
	"COMMIT";

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	OBJECT_PUT,
	OBJECT_DELETE,
	OBJECT_LIST,
	HISTORY_PUT,
	HISTORY_LIST,
	HISTORY_EDGE,
	HISTORY_TRIM,
	POSITION_GET,
	POSITION_SET,
	STATEMENTS,
};

static const char *const statement_texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[OBJECT_PUT] = "INSERT INTO objects VALUES (?1, ?2)"
		       " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	[OBJECT_DELETE] = "DELETE FROM objects WHERE key = ?1",
	[OBJECT_LIST] = "SELECT key, value FROM objects ORDER BY key",
	[HISTORY_PUT] =
		"INSERT INTO history (key, value, revision, number) VALUES (?1, ?2, ?3, ?4)",
	[HISTORY_LIST] = "SELECT key, value, revision FROM history WHERE revision > ?1"
			 " ORDER BY revision, number",
	[HISTORY_EDGE] = "SELECT revision FROM history ORDER BY revision DESC, number DESC"
			 " LIMIT 1 OFFSET ?1",
	[HISTORY_TRIM] = "DELETE FROM history WHERE revision <= ?1",
	[POSITION_GET] = "SELECT revision, oldest FROM position",
	[POSITION_SET] = "UPDATE position SET revision = ?1, oldest = ?2",
};

struct position {
	int64_t revision; /* newest */
	int64_t oldest; /* history has all changes after this one */
};

struct store {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	int64_t history_count; /* changes in `history` */
	char error[200];
};

/* Keeps what SQLite says of the last failure before the next call replaces it. */
static int store_fail(struct store *store, int result)
{
	int system_error = sqlite3_system_errno(store->database);

	snprintf(store->error, sizeof(store->error), "%s", sqlite3_errmsg(store->database));
	switch (result & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOTADB:
		return -EPROTO;
	case SQLITE_CORRUPT:
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return system_error ? -system_error : -EACCES;
	default:
		return system_error ? -system_error : -EIO;
	}
}

static int text_bind(sqlite3_stmt *statement, int parameter, const char *text)
{
	return text ? sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC)
		    : sqlite3_bind_null(statement, parameter);
}

/* Runs a statement that returns no rows. Returns 0 or -errno. */
static int statement_run(struct store *store, enum statement which)
{
	sqlite3_stmt *statement = store->statements[which];
	int result = sqlite3_step(statement);
	int error = result == SQLITE_DONE ? 0 : store_fail(store, result);

	sqlite3_reset(statement);
	return error;
}

static int script_run(struct store *store, const char *script)
{
	int result = sqlite3_exec(store->database, script, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : store_fail(store, result);
}

/* The single number that a query gives. */
static int number_get(struct store *store, const char *query, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(store->database, query, -1, &statement, NULL), error = 0;

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	else
		error = store_fail(store, result);
	sqlite3_finalize(statement);
	return error;
}

static int position_get(struct store *store, struct position *ret_position)
{
	sqlite3_stmt *statement = store->statements[POSITION_GET];
	int result = sqlite3_step(statement), error = 0;

	if (result == SQLITE_ROW)
		*ret_position = (struct position){
			.revision = sqlite3_column_int64(statement, 0),
			.oldest = sqlite3_column_int64(statement, 1),
		};
	else
		error = result == SQLITE_DONE ? -EBADMSG : store_fail(store, result);
	sqlite3_reset(statement);
	return error;
}

static int position_set(struct store *store, const struct position *position)
{
	sqlite3_stmt *statement = store->statements[POSITION_SET];

	sqlite3_bind_int64(statement, 1, position->revision);
	sqlite3_bind_int64(statement, 2, position->oldest);
	return statement_run(store, POSITION_SET);
}

/* ---- opening ----------------------------------------------------------------------------------- */

/* Whose file is it? -EPROTO when it is not ours, or of a newer weft. */
static int owner_check(struct store *store, bool *ret_new)
{
	int64_t application = 0, version = 0, tables = 0;
	int error;

	error = number_get(store, "PRAGMA application_id", &application);
	if (!error)
		error = number_get(store, "PRAGMA user_version", &version);
	if (!error)
		error = number_get(store, "SELECT count(*) FROM sqlite_schema", &tables);
	if (error)
		return error;
	*ret_new = !application && !version && !tables;
	return *ret_new || (application == STORE_APPLICATION && version == STORE_VERSION) ? 0
											  : -EPROTO;
}

static int statements_prepare(struct store *store)
{
	for (int i = 0; i < STATEMENTS; i++) {
		int result =
			sqlite3_prepare_v3(store->database, statement_texts[i], -1,
					   SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);

		if (result != SQLITE_OK)
			return (result & 0xff) == SQLITE_ERROR ? -EPROTO
							       : store_fail(store, result);
	}
	return 0;
}

static int store_prepare(struct store *store)
{
	bool is_new = false;
	int error;

	/* The lock is taken with the first read and kept. Until we know whose file it is, nothing
	 * is written: the journal's mode is part of it. */
	error = script_run(store, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
	if (!error)
		error = owner_check(store, &is_new);
	if (!error)
		error = script_run(store, "COMMIT;"
					  "PRAGMA journal_mode = WAL;"
					  "PRAGMA synchronous = FULL;"
					  "PRAGMA journal_size_limit = 16777216");
	if (!error && is_new)
		error = script_run(store, schema);
	if (!error)
		error = statements_prepare(store);
	return error ? error
		     : number_get(store, "SELECT count(*) FROM history", &store->history_count);
}

/*
 * Makes an empty file, if there is none: so that its mode is ours, and that it fails with a reason. An
 * existing one is not opened, closing it would give up the locks that this process has on it.
 */
static int file_make(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	close(fd);
	return 0;
}

int store_open(const char *file, struct store **ret_store)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE;
	struct store *store;
	int error, result;

	if (!*file)
		return -EINVAL; /* SQLite would make a temporary one */
	error = file_make(file);
	if (error)
		return error;
	store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	result = sqlite3_open_v2(file, &store->database, flags, NULL);
	if (result == SQLITE_OK)
		error = store_prepare(store);
	else
		error = store->database ? store_fail(store, result) : -ENOMEM;
	if (error) {
		store_close(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->database);
	free(store);
}

const char *store_error(const struct store *store)
{
	return store->error;
}

/* ---- committing -------------------------------------------------------------------------------- */

static int object_change(struct store *store, const struct store_object *change)
{
	enum statement which = change->value ? OBJECT_PUT : OBJECT_DELETE;

	text_bind(store->statements[which], 1, change->key);
	if (change->value)
		text_bind(store->statements[which], 2, change->value);
	return statement_run(store, which);
}

static int history_add(struct store *store, const struct store_object *change, int64_t revision,
		       size_t number)
{
	sqlite3_stmt *statement = store->statements[HISTORY_PUT];

	text_bind(statement, 1, change->key);
	text_bind(statement, 2, change->value);
	sqlite3_bind_int64(statement, 3, revision);
	sqlite3_bind_int64(statement, 4, (int64_t)number);
	return statement_run(store, HISTORY_PUT);
}

/* Forgets whole revisions, as few as leave at most HISTORY_MAX changes. */
static int history_trim(struct store *store, struct position *position)
{
	sqlite3_stmt *edge = store->statements[HISTORY_EDGE];
	int result, error;

	if (store->history_count <= HISTORY_MAX + HISTORY_MAX / 4)
		return 0;
	sqlite3_bind_int64(edge, 1, HISTORY_MAX);
	result = sqlite3_step(edge);
	if (result == SQLITE_ROW)
		position->oldest = sqlite3_column_int64(edge, 0);
	error = result == SQLITE_ROW ? 0 : store_fail(store, result);
	sqlite3_reset(edge);
	if (error)
		return error;
	sqlite3_bind_int64(store->statements[HISTORY_TRIM], 1, position->oldest);
	error = statement_run(store, HISTORY_TRIM);
	if (!error)
		store->history_count -= sqlite3_changes64(store->database);
	return error;
}

/* A commit larger than the whole history would only push itself out: it makes watchers stale. */
static int history_write(struct store *store, const struct store_object *changes, size_t count,
			 struct position *position)
{
	int error = 0;

	if (count > HISTORY_MAX) {
		position->oldest = position->revision;
		sqlite3_bind_int64(store->statements[HISTORY_TRIM], 1, position->oldest);
		store->history_count = 0;
		return statement_run(store, HISTORY_TRIM);
	}
	for (size_t i = 0; !error && i < count; i++)
		error = history_add(store, &changes[i], position->revision, i);
	if (error)
		return error;
	store->history_count += (int64_t)count;
	return history_trim(store, position);
}

/* All of a commit but its begin and end. */
static int changes_write(struct store *store, uint64_t revision, const struct store_object *changes,
			 size_t count, struct position *ret_position)
{
	int error = position_get(store, ret_position);

	if (error)
		return error;
	if ((uint64_t)ret_position->revision != revision)
		return -EAGAIN;
	ret_position->revision++;
	for (size_t i = 0; !error && i < count; i++)
		error = object_change(store, &changes[i]);
	if (!error)
		error = history_write(store, changes, count, ret_position);
	return error ? error : position_set(store, ret_position);
}

int store_commit(struct store *store, uint64_t revision, const struct store_object *changes,
		 size_t count, uint64_t *ret_revision)
{
	int64_t history_count = store->history_count;
	char why[sizeof(store->error)];
	struct position position;
	int error;

	error = statement_run(store, BEGIN);
	if (error)
		return error;
	error = changes_write(store, revision, changes, count, &position);
	if (!error)
		error = statement_run(store, COMMIT);
	if (error) {
		memcpy(why, store->error, sizeof(why));
		statement_run(store, ROLLBACK); /* fails where SQLite has rolled back by itself */
		memcpy(store->error, why, sizeof(why));
		store->history_count = history_count;
		return error;
	}
	*ret_revision = (uint64_t)position.revision;
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------------- */

int store_snapshot(struct store *store,
		   int (*each)(const struct store_object *object, void *context), void *context,
		   uint64_t *ret_revision)
{
	sqlite3_stmt *list = store->statements[OBJECT_LIST];
	struct position position;
	int error, result;

	error = position_get(store, &position);
	if (error)
		return error;
	while (error >= 0 && (result = sqlite3_step(list)) == SQLITE_ROW) {
		struct store_object object = {
			.key = (const char *)sqlite3_column_text(list, 0),
			.value = (const char *)sqlite3_column_text(list, 1),
		};

		error = object.key && object.value ? each(&object, context) : -ENOMEM;
	}
	if (error >= 0 && result != SQLITE_DONE)
		error = store_fail(store, result);
	sqlite3_reset(list);
	if (error < 0)
		return error;
	*ret_revision = (uint64_t)position.revision;
	return 0;
}

int store_watch(struct store *store, uint64_t revision,
		int (*each)(const struct store_object *change, uint64_t revision, void *context),
		void *context)
{
	sqlite3_stmt *list = store->statements[HISTORY_LIST];
	struct position position;
	int error, result;

	error = position_get(store, &position);
	if (error)
		return error;
	if (revision < (uint64_t)position.oldest)
		return -ESTALE;
	sqlite3_bind_int64(list, 1, (int64_t)revision);
	while (error >= 0 && (result = sqlite3_step(list)) == SQLITE_ROW) {
		struct store_object change = {
			.key = (const char *)sqlite3_column_text(list, 0),
			.value = (const char *)sqlite3_column_text(list, 1),
		};

		error = each(&change, (uint64_t)sqlite3_column_int64(list, 2), context);
	}
	if (error >= 0 && result != SQLITE_DONE)
		error = store_fail(store, result);
	sqlite3_reset(list);
	return error < 0 ? error : 0;
}

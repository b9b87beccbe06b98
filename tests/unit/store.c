/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The store on a real file: commits, watching, and files that it must refuse. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/store.h"

static char directory[] = "/tmp/weft-store-XXXXXX", file[64];
static struct store *store;

/* What `each` was called with, as text: "key=value;key-;" or with revisions "1:key=value;". */
static char seen[4096];
static int seen_count;

static int note(const struct store_object *object, void *context)
{
	size_t length = strlen(seen);

	seen_count++;
	snprintf(seen + length, sizeof(seen) - length, "%s%s%s;", object->key,
		 object->value ? "=" : "-", object->value ? object->value : "");
	return context ? -EINTR : 0;
}

static int note_change(const struct store_object *change, uint64_t revision, void *context)
{
	size_t length = strlen(seen);

	snprintf(seen + length, sizeof(seen) - length, "%llu:", (unsigned long long)revision);
	return note(change, context);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/state.db", directory);
	cr_assert_eq(store_open(file, &store), 0);
}

static void teardown(void)
{
	char other[80];

	store_close(store);
	unlink(file);
	snprintf(other, sizeof(other), "%s-wal", file);
	unlink(other);
	rmdir(directory);
}

TestSuite(store, .init = setup, .fini = teardown);

static uint64_t commit(uint64_t revision, const char *key, const char *value)
{
	struct store_object change = {key, value};
	uint64_t next = 0;

	cr_assert_eq(store_commit(store, revision, &change, 1, &next), 0);
	return next;
}

static uint64_t snapshot(void)
{
	uint64_t revision = 0;

	seen[0] = '\0';
	seen_count = 0;
	cr_assert_eq(store_snapshot(store, note, NULL, &revision), 0);
	return revision;
}

static int watch(uint64_t revision)
{
	seen[0] = '\0';
	seen_count = 0;
	return store_watch(store, revision, note_change, NULL);
}

static void reopen(void)
{
	store_close(store);
	store = NULL;
	cr_assert_eq(store_open(file, &store), 0);
}

Test(store, begins_empty_at_revision_0)
{
	cr_assert_eq(snapshot(), 0);
	cr_assert_str_eq(seen, "");
}

Test(store, lists_objects_in_the_order_of_their_keys)
{
	struct store_object changes[] = {
		{"networks/Z/nodes/A", "{}"},
		{"networks/Z", "{\"id\":90}"},
		{"hosts/R", "1"},
		{"networks/Z/nodes/10", "2"},
	};
	uint64_t revision = 0;

	cr_assert_eq(store_commit(store, 0, changes, 4, &revision), 0);
	cr_assert_eq(revision, 1);
	cr_assert_eq(snapshot(), 1);
	cr_assert_str_eq(
		seen,
		"hosts/R=1;networks/Z={\"id\":90};networks/Z/nodes/10=2;networks/Z/nodes/A={};");
}

Test(store, replaces_and_deletes)
{
	commit(0, "hosts/R", "1");
	commit(1, "hosts/S", "2");
	commit(2, "hosts/R", "3");
	cr_assert_eq(commit(3, "hosts/S", NULL), 4);
	cr_assert_eq(snapshot(), 4);
	cr_assert_str_eq(seen, "hosts/R=3;");
}

Test(store, refuses_a_commit_at_an_old_revision_and_changes_nothing)
{
	struct store_object change = {"hosts/R", "2"};
	uint64_t revision = 77;

	commit(0, "hosts/R", "1");
	cr_assert_eq(store_commit(store, 0, &change, 1, &revision), -EAGAIN);
	cr_assert_eq(store_commit(store, 2, &change, 1, &revision), -EAGAIN);
	cr_assert_eq(revision, 77);
	cr_assert_eq(snapshot(), 1);
	cr_assert_str_eq(seen, "hosts/R=1;");
	cr_assert_eq(commit(1, "hosts/R", "2"), 2);
}

Test(store, keeps_everything_over_a_restart)
{
	commit(0, "hosts/R", "1");
	commit(1, "hosts/S", "2");
	reopen();
	cr_assert_eq(snapshot(), 2);
	cr_assert_str_eq(seen, "hosts/R=1;hosts/S=2;");
	cr_assert_eq(watch(1), 0);
	cr_assert_str_eq(seen, "2:hosts/S=2;");
	cr_assert_eq(commit(2, "hosts/S", NULL), 3);
}

Test(store, shows_a_watcher_what_it_has_missed_oldest_first)
{
	struct store_object both[] = {{"hosts/S", "2"}, {"hosts/R", NULL}};
	uint64_t revision;

	commit(0, "hosts/R", "1");
	cr_assert_eq(store_commit(store, 1, both, 2, &revision), 0);
	cr_assert_eq(watch(0), 0);
	cr_assert_str_eq(seen, "1:hosts/R=1;2:hosts/S=2;2:hosts/R-;");
	cr_assert_eq(watch(1), 0);
	cr_assert_str_eq(seen, "2:hosts/S=2;2:hosts/R-;");
	cr_assert_eq(watch(2), 0);
	cr_assert_str_eq(seen, "");
}

Test(store, stops_when_the_reader_says_so)
{
	struct store_object both[] = {{"hosts/S", "2"}, {"hosts/R", "1"}};
	uint64_t revision = 77;

	cr_assert_eq(store_commit(store, 0, both, 2, &revision), 0);
	revision = 77;
	cr_assert_eq(store_snapshot(store, note, &store, &revision), -EINTR);
	cr_assert_eq(revision, 77);
	cr_assert_eq(seen_count, 1);
	cr_assert_eq(store_watch(store, 0, note_change, &store), -EINTR);
	cr_assert_eq(seen_count, 2);
}

/* One commit of `count` changes. */
static void commit_many(uint64_t revision, size_t count)
{
	struct store_object *changes = calloc(count, sizeof(*changes));
	char(*keys)[40] = calloc(count, sizeof(*keys));
	uint64_t next;

	cr_assert(changes && keys);
	for (size_t i = 0; i < count; i++) {
		snprintf(keys[i], sizeof(keys[i]), "networks/Z/nodes/%zu", i);
		changes[i] = (struct store_object){keys[i], "{}"};
	}
	cr_assert_eq(store_commit(store, revision, changes, count, &next), 0);
	free(changes);
	free(keys);
}

Test(store, forgets_old_changes_and_says_so)
{
	for (uint64_t revision = 0; revision < 4; revision++)
		commit_many(revision, 7000);
	cr_assert_eq(watch(0), -ESTALE);
	cr_assert_eq(watch(1), -ESTALE);
	cr_assert_eq(watch(2), 0);
	cr_assert_eq(seen_count, 14000);
	reopen();
	cr_assert_eq(watch(1), -ESTALE);
	cr_assert_eq(watch(3), 0);
	cr_assert_eq(seen_count, 7000);
}

Test(store, a_huge_commit_makes_watchers_take_a_snapshot)
{
	commit(0, "hosts/R", "1");
	commit_many(1, 30000);
	cr_assert_eq(watch(1), -ESTALE);
	cr_assert_eq(watch(2), 0);
	commit(2, "hosts/R", "2");
	cr_assert_eq(watch(2), 0);
	cr_assert_str_eq(seen, "3:hosts/R=2;");
	cr_assert_eq(snapshot(), 3);
	cr_assert_eq(seen_count, 30001);
}

Test(store, has_one_writer)
{
	struct store *second = NULL;

	cr_assert_eq(store_open(file, &second), -EBUSY);
	cr_assert_null(second);
	commit(0, "hosts/R", "1");
	cr_assert_eq(store_open(file, &second), -EBUSY);
	cr_assert_null(second);
}

Test(store, opens_after_the_writer_was_killed)
{
	pid_t child;
	int pipe_fds[2];
	char ready;

	store_close(store);
	store = NULL;
	cr_assert_eq(pipe(pipe_fds), 0);
	child = fork();
	if (child == 0) {
		struct store_object change = {"hosts/R", "1"};
		uint64_t revision;

		if (store_open(file, &store) == 0)
			store_commit(store, 0, &change, 1, &revision);
		_exit(write(pipe_fds[1], "", 1) != 1); /* the store is never closed */
	}
	close(pipe_fds[1]);
	cr_assert_eq(read(pipe_fds[0], &ready, 1), 1);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_assert_eq(store_open(file, &store), 0);
	cr_assert_eq(snapshot(), 1);
	cr_assert_str_eq(seen, "hosts/R=1;");
}

static void run_in_file(const char *script)
{
	sqlite3 *database;

	store_close(store);
	store = NULL;
	cr_assert_eq(sqlite3_open(file, &database), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(database, script, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

Test(store, refuses_a_store_of_a_newer_weft)
{
	commit(0, "hosts/R", "1");
	run_in_file("PRAGMA user_version = 2");
	cr_assert_eq(store_open(file, &store), -EPROTO);
	run_in_file("PRAGMA user_version = 1");
	cr_assert_eq(store_open(file, &store), 0);
	cr_assert_eq(snapshot(), 1);
}

Test(store, refuses_another_programs_database)
{
	run_in_file("DROP TABLE objects; DROP TABLE history; DROP TABLE position;"
		    "PRAGMA application_id = 0; PRAGMA user_version = 0; CREATE TABLE cookies (a)");
	cr_assert_eq(store_open(file, &store), -EPROTO);
	run_in_file("INSERT INTO cookies VALUES (1)"); /* it is still as it was */
}

Test(store, refuses_a_file_that_is_no_database)
{
	FILE *stream;

	store_close(store);
	store = NULL;
	stream = fopen(file, "w");
	cr_assert_not_null(stream);
	for (int i = 0; i < 1000; i++)
		fputs("weft: 1\n", stream);
	fclose(stream);
	cr_assert_eq(store_open(file, &store), -EPROTO);
}

Test(store, is_not_for_everybody_to_read)
{
	struct stat status;

	cr_assert_eq(stat(file, &status), 0);
	cr_assert_eq(status.st_mode & 0777 & ~0640, 0);
}

Test(store, says_that_the_directory_is_missing)
{
	struct store *second = NULL;

	cr_assert_eq(store_open("/nonexistent/state.db", &second), -ENOENT);
	cr_assert_eq(store_open("", &second), -EINVAL);
	cr_assert_null(second);
}

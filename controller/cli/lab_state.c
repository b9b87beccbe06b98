/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a lab is on disk: its names and paths, its lock, its record, and its end. See lab.h. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"
#include "lab_blueprint.h"
#include "lab_netns.h"

int lab_fail(const struct lab *lab, int error, const char *message, ...)
{
	va_list arguments;

	fprintf(stderr, "weft lab: lab '%s': ", lab->name);
	va_start(arguments, message);
	vfprintf(stderr, message, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return error;
}

bool lab_wants_xdp(void)
{
	const char *datapath = getenv("WEFT_DATAPATH");

	return datapath && strstr(datapath, "xdp");
}

int lab_name(struct lab *lab, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	size_t length = strlen(name);

	_Static_assert(sizeof(lab->name) > LAB_NAME_MAX, "the name fits");
	if (length == 0 || length > LAB_NAME_MAX || strspn(name, allowed) != length ||
	    name[0] == '.' || name[0] == '-') {
		fprintf(stderr,
			"weft lab: '%s' can't name a lab: 1 to %zu letters, digits or -_. "
			"that begin with a letter or digit\n",
			name, LAB_NAME_MAX);
		return -EINVAL;
	}
	*lab = (struct lab){.lock = -1};
	memcpy(lab->name, name, length);
	return 0;
}

void lab_path(const struct lab *lab, char ret_path[PATH_MAX], const char *name, ...)
{
	va_list arguments;
	int length = snprintf(ret_path, PATH_MAX, LAB_DIRECTORY "/%s/", lab->name);

	va_start(arguments, name);
	vsnprintf(ret_path + length, PATH_MAX - length, name, arguments);
	va_end(arguments);
}

static void lab_directory(const struct lab *lab, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, LAB_DIRECTORY "/%s", lab->name);
}

/* ---- the lock ---------------------------------------------------------------------------------- */

static int directory_make(const struct lab *lab)
{
	char path[PATH_MAX];

	lab_directory(lab, path);
	if ((mkdir("/run/weft", 0755) < 0 && errno != EEXIST) ||
	    (mkdir(LAB_DIRECTORY, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(path, 0755) < 0 && errno != EEXIST))
		return lab_fail(lab, -errno, "%s can't be made: %s", path, strerror(errno));
	return 0;
}

int lab_lock(struct lab *lab, bool create)
{
	char path[PATH_MAX];
	struct stat held, named;

	lab_path(lab, path, "lock");
	for (;;) {
		int error = create ? directory_make(lab) : 0;
		int fd;

		if (error)
			return error;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 && errno == ENOENT && create)
			continue; /* the lab was just removed */
		if (fd < 0)
			return lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			close(fd);
			return lab_fail(lab, -EBUSY, "another `weft lab` is changing it");
		}
		/* The file may have been removed, and made again, since it was opened. */
		if (fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
		    held.st_ino == named.st_ino) {
			lab->lock = fd;
			return 0;
		}
		close(fd);
		if (!create)
			return lab_fail(lab, -ENOENT, "it was just removed");
	}
}

/* ---- the record -------------------------------------------------------------------------------- */

static int file_write(const struct lab *lab, const char *name, const char *text, size_t size)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	FILE *file;
	bool written;

	lab_path(lab, path, "%s", name);
	lab_path(lab, temporary, "%s.new", name);
	file = fopen(temporary, "we");
	if (!file)
		return lab_fail(lab, -errno, "%s: %s", temporary, strerror(errno));
	written = fwrite(text, 1, size, file) == size;
	if (fclose(file) != 0 || !written || rename(temporary, path) < 0)
		return lab_fail(lab, -EIO, "%s can't be written: %s", path, strerror(errno));
	return 0;
}

int lab_topology_write(const struct lab *lab, const char *text, size_t size)
{
	return file_write(lab, "topology.yaml", text, size);
}

int lab_record_write(const struct lab *lab, const struct lab_record *record)
{
	json_t *object =
		json_pack("{s:s, s:s, s:I, s:I}", "kind",
			  record->physical ? "physical" : "emulated", "file", record->file, "hosts",
			  (json_int_t)record->hosts, "nodes", (json_int_t)record->nodes);
	char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
	int error = text ? file_write(lab, "lab.json", text, strlen(text))
			 : lab_fail(lab, -ENOMEM, "no memory for its record");

	free(text);
	json_decref(object);
	return error;
}

int lab_record_remove(const struct lab *lab)
{
	char path[PATH_MAX];

	lab_path(lab, path, "lab.json");
	if (unlink(path) < 0 && errno != ENOENT)
		return lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static bool record_read(const struct lab *lab, struct lab_record *ret_record)
{
	char path[PATH_MAX];
	const char *kind, *file;
	json_int_t hosts, nodes;
	json_t *object;
	bool complete;

	lab_path(lab, path, "lab.json");
	object = json_load_file(path, 0, NULL);
	complete = object && json_unpack(object, "{s:s, s:s, s:I, s:I}", "kind", &kind, "file",
					 &file, "hosts", &hosts, "nodes", &nodes) == 0;
	if (complete && ret_record) {
		*ret_record = (struct lab_record){
			.physical = strcmp(kind, "physical") == 0, .hosts = hosts, .nodes = nodes};
		snprintf(ret_record->file, sizeof(ret_record->file), "%s", file);
	}
	json_decref(object);
	return complete;
}

enum lab_state lab_inspect(const struct lab *lab, struct lab_record *ret_record)
{
	char path[PATH_MAX], prefix[NAME_MAX + 1];
	char **names;
	bool debris;

	if (record_read(lab, ret_record))
		return LAB_UP;
	lab_directory(lab, path);
	if (access(path, F_OK) == 0)
		return LAB_DEBRIS;
	space_prefix(prefix, lab->name);
	names = netns_names(prefix);
	debris = names && names[0];
	netns_names_free(names);
	return debris ? LAB_DEBRIS : LAB_ABSENT;
}

/* ---- the end ----------------------------------------------------------------------------------- */

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Removes a directory with all below. */
static int tree_remove(const struct lab *lab, const char *path)
{
	if (nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 || errno == ENOENT)
		return 0;
	return lab_fail(lab, -errno, "%s can't be removed: %s", path, strerror(errno));
}

static int spaces_remove(const struct lab *lab)
{
	char prefix[NAME_MAX + 1];
	char **names;
	int error;

	space_prefix(prefix, lab->name);
	names = netns_names(prefix);
	if (!names)
		return lab_fail(lab, -ENOMEM, "no memory for its namespaces");
	error = netns_kill(names);
	if (error)
		lab_fail(lab, error, "its processes don't end: %s", strerror(-error));
	for (size_t i = 0; names[i]; i++) {
		int failed = netns_delete(names[i]);

		if (failed)
			error = lab_fail(lab, failed, "namespace %s can't be removed: %s", names[i],
					 strerror(-failed));
	}
	netns_names_free(names);
	return error;
}

int lab_host_remove(const struct lab *lab, const char *host)
{
	static const char *const files[] = {"host-%s.sock", "host-%s.pid", "host-%s.log"};
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), LAB_PINS "/%s/%s", lab->name, host);
	error = tree_remove(lab, path);
	for (size_t i = 0; !error && i < sizeof(files) / sizeof(files[0]); i++) {
		lab_path(lab, path, files[i], host);
		if (unlink(path) < 0 && errno != ENOENT)
			error = lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
	}
	return error;
}

int lab_remove(struct lab *lab)
{
	char path[PATH_MAX];
	int error = lab_record_remove(lab);

	if (error)
		return error;
	error = spaces_remove(lab);
	if (error)
		return error;
	snprintf(path, sizeof(path), LAB_PINS "/%s", lab->name);
	error = tree_remove(lab, path);
	if (error)
		return error;
	rmdir(LAB_PINS); /* fails while other labs, or a weftd of this machine, pin something */
	lab_directory(lab, path);
	error = tree_remove(lab, path);
	if (error)
		return error;
	close(lab->lock);
	lab->lock = -1;
	return 0;
}

/* ---- signals ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	interrupted = 1;
}

static void signals_set(void (*handler)(int))
{
	/* Without SA_RESTART: whatever waits ends with EINTR. */
	struct sigaction action = {.sa_handler = handler};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void lab_signals_catch(void)
{
	signals_set(interrupt);
}

void lab_signals_ignore(void)
{
	signals_set(SIG_IGN);
}

bool lab_interrupted(void)
{
	return interrupted;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Named network namespaces: made, entered, emptied of processes, removed. See lab_netns.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lab_netns.h"

#define NETNS_DIRECTORY "/run/netns"
#define BPF_DIRECTORY   "/sys/fs/bpf"
#define KILL_MS         5000 /* what killed processes may take to go */

/* Makes the directory a mount that other mount namespaces share, so that names go in all of them at
 * once: what `ip netns add` does. */
static int directory_share(void)
{
	if (mkdir(NETNS_DIRECTORY, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* EINVAL: it is no mount yet. */
	if (mount(NETNS_DIRECTORY, NETNS_DIRECTORY, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, NULL) < 0)
		return -errno;
	return 0;
}

int netns_prepare(void)
{
	struct statfs fs;
	int error = directory_share();

	if (error)
		return error;
	if (statfs(BPF_DIRECTORY, &fs) < 0)
		return -errno;
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", BPF_DIRECTORY, "bpf", 0, "mode=0700") < 0 ? -errno : 0;
}

static void netns_path(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, NETNS_DIRECTORY "/%s", name);
}

int netns_set(const char *path, const char *value)
{
	char file[PATH_MAX];
	int fd, error = 0;

	snprintf(file, sizeof(file), "/proc/sys/net/%s", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int settings_write(const struct setting *settings)
{
	for (; settings->path; settings++) {
		int error = netns_set(settings->path, settings->value);

		/* A kernel without it, or one that has it for the whole machine only. */
		if (error && error != -ENOENT)
			return error;
	}
	return 0;
}

/* Gives the caller's namespace a name. */
static int netns_name(const char *name)
{
	char path[PATH_MAX];
	int fd;

	netns_path(path, name);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	close(fd);
	if (mount("/proc/self/ns/net", path, "none", MS_BIND, NULL) < 0) {
		int error = -errno;

		unlink(path);
		return error;
	}
	return 0;
}

int netns_create(const char *name, const struct setting *settings)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error;

	if (home < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) < 0) {
		error = -errno;
		close(home);
		return error;
	}
	error = settings_write(settings);
	if (!error)
		error = netns_name(name);
	if (setns(home, CLONE_NEWNET) < 0 && !error)
		error = -errno;
	close(home);
	return error;
}

int netns_delete(const char *name)
{
	char path[PATH_MAX];

	netns_path(path, name);
	/* EINVAL: a killed run had made the file, but not mounted it yet. */
	if (umount2(path, MNT_DETACH) < 0 && errno != EINVAL)
		return errno == ENOENT ? 0 : -errno;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int netns_enter(const char *name)
{
	char path[PATH_MAX];
	int error = 0;
	int fd;

	netns_path(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* ---- names ----------------------------------------------------------------------------------- */

void netns_names_free(char **names)
{
	if (!names)
		return;
	for (size_t i = 0; names[i]; i++)
		free(names[i]);
	free(names);
}

char **netns_names(const char *prefix)
{
	struct dirent **entries = NULL;
	int count = scandir(NETNS_DIRECTORY, &entries, NULL, alphasort);
	char **names = calloc((count > 0 ? count : 0) + 1, sizeof(*names));
	size_t kept = 0;
	bool complete = names;

	for (int i = 0; i < count; i++) {
		if (complete && strncmp(entries[i]->d_name, prefix, strlen(prefix)) == 0) {
			names[kept] = strdup(entries[i]->d_name);
			complete = names[kept++];
		}
		free(entries[i]);
	}
	free(entries);
	if (complete)
		return names;
	netns_names_free(names);
	return NULL;
}

/* ---- processes ------------------------------------------------------------------------------- */

/* What tells one namespace from another. */
struct identity {
	dev_t device;
	ino_t inode;
};

static bool identity_read(const char *name, struct identity *ret_identity)
{
	char path[PATH_MAX];
	struct stat status;

	netns_path(path, name);
	if (stat(path, &status) < 0)
		return false;
	*ret_identity = (struct identity){status.st_dev, status.st_ino};
	return true;
}

static struct identity *identities_read(char *const *names, size_t *ret_count)
{
	struct identity *identities;
	size_t count = 0;

	for (size_t i = 0; names[i]; i++)
		count++;
	identities = calloc(count + 1, sizeof(*identities));
	if (!identities)
		return NULL;
	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (identity_read(names[i], &identities[*ret_count]))
			(*ret_count)++;
	return identities;
}

static bool process_inside(pid_t pid, const struct identity *identities, size_t count)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	if (stat(path, &status) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (identities[i].inode == status.st_ino && identities[i].device == status.st_dev)
			return true;
	return false;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Kills a process if it is (still) inside, and waits until it is gone or the time is over. */
static int process_kill(pid_t pid, const struct identity *identities, size_t count, long until_ms)
{
	/* By descriptor: the number may be another process by the time the signal is sent. */
	struct pollfd gone = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	long left_ms = until_ms - now_ms();
	int error = 0;

	if (gone.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (process_inside(pid, identities, count)) {
		syscall(SYS_pidfd_send_signal, gone.fd, SIGKILL, NULL, 0);
		if (poll(&gone, 1, left_ms > 0 ? (int)left_ms : 0) == 0)
			error = -ETIMEDOUT;
	}
	close(gone.fd);
	return error;
}

/* One look at all processes: kills those inside. Returns how many there were, or -errno. */
static int processes_kill(const struct identity *identities, size_t count, long until_ms)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	int killed = 0, error = 0;

	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || pid == getpid() || !process_inside(pid, identities, count))
			continue;
		error = process_kill(pid, identities, count, until_ms);
		killed++;
	}
	closedir(directory);
	return error ? error : killed;
}

int netns_kill(char *const *names)
{
	long until_ms = now_ms() + KILL_MS;
	size_t count = 0;
	struct identity *identities = identities_read(names, &count);
	int killed;

	if (!identities)
		return -ENOMEM;
	/* Again, as long as there are some: one that was killed may have forked before. */
	do
		killed = processes_kill(identities, count, until_ms);
	while (killed > 0);
	free(identities);
	return killed;
}

bool netns_has(const char *name, pid_t pid)
{
	struct identity identity;

	return identity_read(name, &identity) && process_inside(pid, &identity, 1);
}

int netns_kill_process(const char *name, pid_t pid)
{
	struct identity identity;

	if (!identity_read(name, &identity))
		return 0;
	return process_kill(pid, &identity, 1, now_ms() + KILL_MS);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Starts and stops the daemons of a lab, each in its namespace. See lab_daemons.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_blueprint.h"
#include "lab_daemons.h"
#include "lab_netns.h"

#define MANAGER_PORT 7470
#define RATE_MAX     "1000000" /* of weftd: a packet a microsecond is no limit */

/* Finds a program of weft: beside this one, or in sbin beside this one's bin. */
static int program_find(const char *name, char ret_path[PATH_MAX])
{
	static const char *const places[] = {"", "../sbin/"};
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return -errno;
	self[length] = '\0';
	dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(ret_path, PATH_MAX, "%.3000s/%s%s", self, places[i], name);
		if (access(ret_path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* In the child: becomes the daemon in its namespace. `report` closes when that has worked. */
static _Noreturn void daemon_exec(const char *space, const char *program,
				  const char *const *arguments, int log, int report)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int error = netns_enter(space);

	if (!error && (setsid() < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
		       dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0))
		error = -errno;
	if (!error) {
		execv(program, (char *const *)arguments);
		error = -errno;
	}
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static int daemon_record(const struct lab *lab, const char *name, pid_t pid)
{
	char path[PATH_MAX];
	FILE *file;

	lab_path(lab, path, "%s.pid", name);
	file = fopen(path, "we");
	if (!file)
		return lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
	fprintf(file, "%d\n", pid);
	if (fclose(file) != 0)
		return lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Starts arguments[0] in a namespace; `name` is what its log and its pid file are called. */
static int daemon_start(const struct lab *lab, const char *space, const char *name,
			const char *const *arguments)
{
	char program[PATH_MAX], path[PATH_MAX];
	int error = program_find(arguments[0], program);
	int log, report[2], failed = 0;
	pid_t pid;

	if (error)
		return lab_fail(lab, error, "%s can't be started: it is not beside weft",
				arguments[0]);
	lab_path(lab, path, "%s.log", name);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log < 0)
		return lab_fail(lab, -errno, "%s: %s", path, strerror(errno));
	if (pipe2(report, O_CLOEXEC) < 0) {
		close(log);
		return lab_fail(lab, -errno, "%s can't be started: %s", name, strerror(errno));
	}
	pid = fork();
	if (pid == 0)
		daemon_exec(space, program, arguments, log, report[1]);
	error = pid < 0 ? -errno : 0;
	close(log);
	close(report[1]);
	if (!error && read(report[0], &failed, sizeof(failed)) == sizeof(failed))
		error = failed;
	close(report[0]);
	if (error)
		return lab_fail(lab, error, "%s can't be started: %s", name, strerror(-error));
	return daemon_record(lab, name, pid);
}

int manager_start(const struct lab *lab)
{
	char state[PATH_MAX], socket[PATH_MAX], space[NAME_MAX + 1], listen[64];
	const char *const arguments[] = {"weft-manager", "--state",  state,  "--socket",
					 socket,         "--listen", listen, NULL};

	lab_path(lab, state, "state.db");
	lab_path(lab, socket, "manager.sock");
	snprintf(listen, sizeof(listen), "[" MANAGER_ADDRESS "]:%d", MANAGER_PORT);
	space_name(space, lab->name, SPACE_MANAGER, NULL, NULL);
	return daemon_start(lab, space, "manager", arguments);
}

int agent_start(const struct lab *lab, const struct host *host)
{
	char socket[PATH_MAX], pins[PATH_MAX], space[NAME_MAX + 1], name[NAME_MAX + 1], manager[64];
	const char *const arguments[] = {"weftd",
					 "--host",
					 host->name,
					 "--manager",
					 manager,
					 "--interface",
					 host_interface(host),
					 "--pins",
					 pins,
					 "--socket",
					 socket,
					 lab->unlimited ? "--answer-rate" : NULL,
					 RATE_MAX,
					 "--miss-rate",
					 RATE_MAX,
					 NULL};

	lab_path(lab, socket, "host-%s.sock", host->name);
	snprintf(pins, sizeof(pins), LAB_PINS "/%s/%s", lab->name, host->name);
	snprintf(manager, sizeof(manager), "[" MANAGER_ADDRESS "]:%d", MANAGER_PORT);
	snprintf(name, sizeof(name), "host-%s", host->name);
	space_name(space, lab->name, SPACE_HOST, host->name, NULL);
	return daemon_start(lab, space, name, arguments);
}

/* ---- stopping ---------------------------------------------------------------------------------- */

/* The process id of a daemon that runs, or 0. */
static pid_t daemon_pid(const struct lab *lab, const char *space, const char *name)
{
	char path[PATH_MAX];
	int pid = 0;
	FILE *file;

	lab_path(lab, path, "%s.pid", name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1 || pid <= 0 || !netns_has(space, pid))
		pid = 0;
	fclose(file);
	return pid;
}

static int daemon_stop(const struct lab *lab, const char *space, const char *name)
{
	pid_t pid = daemon_pid(lab, space, name);
	int error = pid ? netns_kill_process(space, pid) : 0;

	return error ? lab_fail(lab, error, "%s (process %d) doesn't end: %s", name, pid,
				strerror(-error))
		     : 0;
}

int manager_stop(const struct lab *lab)
{
	char space[NAME_MAX + 1];

	space_name(space, lab->name, SPACE_MANAGER, NULL, NULL);
	return daemon_stop(lab, space, "manager");
}

bool manager_runs(const struct lab *lab)
{
	char space[NAME_MAX + 1];

	space_name(space, lab->name, SPACE_MANAGER, NULL, NULL);
	return daemon_pid(lab, space, "manager");
}

int agent_stop(const struct lab *lab, const char *host)
{
	char space[NAME_MAX + 1], name[NAME_MAX + 1];

	space_name(space, lab->name, SPACE_HOST, host, NULL);
	snprintf(name, sizeof(name), "host-%s", host);
	return daemon_stop(lab, space, name);
}

bool agent_runs(const struct lab *lab, const char *host)
{
	char space[NAME_MAX + 1], name[NAME_MAX + 1];

	space_name(space, lab->name, SPACE_HOST, host, NULL);
	snprintf(name, sizeof(name), "host-%s", host);
	return daemon_pid(lab, space, name);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `weft lab exec`: becomes a command in one of the lab's namespaces. /sys shows that namespace's
 * interfaces there, as `ip netns exec` does it, but the pinned BPF objects stay in sight.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "command.h"
#include "lab.h"
#include "lab_blueprint.h"
#include "lab_netns.h"

#define EXIT_NOT_RUNNABLE 126 /* as shells have it */
#define EXIT_NOT_FOUND    127

/* The namespace's name; false for a node that is not named N/X. */
static bool place_space(const struct lab *lab, enum lab_place place, const char *who,
			char ret_space[NAME_MAX + 1])
{
	char network[NAME_MAX + 1];
	const char *slash;

	switch (place) {
	case PLACE_NODE:
		slash = strchr(who, '/');
		if (!slash || strchr(slash + 1, '/') || slash - who > NAME_MAX)
			return false;
		snprintf(network, sizeof(network), "%.*s", (int)(slash - who), who);
		space_name(ret_space, lab->name, SPACE_NODE, network, slash + 1);
		return true;
	case PLACE_HOST:
		space_name(ret_space, lab->name, SPACE_HOST, who, NULL);
		return !strchr(who, '/');
	case PLACE_SUBSTRATE:
		space_name(ret_space, lab->name, SPACE_FABRIC, NULL, NULL);
		return true;
	case PLACE_MANAGER:
		space_name(ret_space, lab->name, SPACE_MANAGER, NULL, NULL);
		return true;
	}
	return false;
}

/* Says why there is no such place in the lab. */
static int place_complain(const struct lab *lab, enum lab_place place, const char *who)
{
	struct lab_record record = {0};

	if (lab_inspect(lab, &record) == LAB_ABSENT)
		return lab_fail(lab, EXIT_FAILED, "there is no such lab, `weft lab list` has them");
	if (record.physical && place != PLACE_NODE)
		return lab_fail(lab, EXIT_FAILED,
				"it is physical: it has nodes, but no hosts, fabric or manager");
	if (place == PLACE_NODE)
		return lab_fail(lab, EXIT_FAILED,
				"it has no node '%s': nodes are named NETWORK/NODE", who);
	if (place == PLACE_HOST)
		return lab_fail(lab, EXIT_FAILED, "it has no host '%s'", who);
	return lab_fail(lab, EXIT_FAILED, "it has no %s (any more): `weft lab down` clears it away",
			place == PLACE_MANAGER ? "manager" : "fabric");
}

/* Gives the process a /sys of the namespace it is in, with the BPF filesystem of before. */
static int sys_mount(void)
{
	char pins[64];
	int fd, error = 0;

	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	fd = open("/sys/fs/bpf", O_PATH | O_CLOEXEC);
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		error = -errno;
	snprintf(pins, sizeof(pins), "/proc/self/fd/%d", fd);
	if (!error && fd >= 0 && mount(pins, "/sys/fs/bpf", "none", MS_BIND, NULL) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* Makes `weft` in the command this program, and lets it speak to the lab's daemons. */
static int environment_set(const struct lab *lab, enum lab_place place, const char *host)
{
	char socket[PATH_MAX], path[2 * PATH_MAX], self[PATH_MAX];
	const char *old = getenv("PATH");
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return -errno;
	self[length] = '\0';
	snprintf(path, sizeof(path), "%s:%s", dirname(self),
		 old ? old : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (place == PLACE_HOST) {
		lab_path(lab, socket, "host-%s.sock", host);
		setenv("WEFT_AGENT", socket, 1);
	}
	lab_path(lab, socket, "manager.sock");
	setenv("WEFT_MANAGER", socket, 1);
	setenv("PATH", path, 1);
	return 0;
}

int lab_exec(const struct lab *lab, enum lab_place place, const char *who, char **command)
{
	char space[NAME_MAX + 1];
	int error = place_space(lab, place, who, space) ? netns_enter(space) : -ENOENT;

	if (error == -ENOENT)
		return place_complain(lab, place, who);
	if (!error)
		error = sys_mount();
	if (!error && place != PLACE_NODE)
		error = environment_set(lab, place, who);
	if (error)
		return lab_fail(lab, EXIT_FAILED, "%s can't be entered: %s", space,
				strerror(-error));
	execvp(command[0], command);
	error = errno;
	lab_fail(lab, 0, "%s can't be run: %s", command[0], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
}

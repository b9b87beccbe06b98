/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes namespaces and links real. Namespaces are made in this process, links by one `ip -batch`, and
 * what is inside a namespace by one more `ip -batch` in it: a few milliseconds a node.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab_build.h"
#include "lab_netns.h"

/* Answers are what is compared and measured here: none is left out to save a router's time. */
#define ICMP_UNLIMITED                    \
	{"ipv4/icmp_ratelimit", "0"},     \
	{                                 \
		"ipv4/icmp_ratemask", "0" \
	}
#define IPV6_OFF                                      \
	{"ipv6/conf/all/disable_ipv6", "1"},          \
	{                                             \
		"ipv6/conf/default/disable_ipv6", "1" \
	}
/* Addresses are there at once, and only those that were given. */
#define IPV6_STATIC                                                                     \
	{"ipv6/conf/all/accept_dad", "0"}, {"ipv6/conf/default/accept_dad", "0"},       \
		{"ipv6/conf/all/accept_ra", "0"}, {"ipv6/conf/default/accept_ra", "0"}, \
	{                                                                               \
		"ipv6/icmp/ratelimit", "0"                                              \
	}
#define IPV4_PLAIN                                                                                \
	{"ipv4/conf/all/rp_filter", "0"}, {"ipv4/conf/default/rp_filter", "0"},                   \
		{"ipv4/conf/all/send_redirects", "0"}, {"ipv4/conf/default/send_redirects", "0"}, \
		{"ipv4/conf/all/accept_redirects", "0"},                                          \
	{                                                                                         \
		"ipv4/conf/default/accept_redirects", "0"                                         \
	}

/* The kernel starts an IPv4 configuration with values of the machine's: ip_forward first, because
 * it sets others. */
static const struct setting node_settings[] = {
	{"ipv4/ip_forward", "0"}, IPV4_PLAIN, ICMP_UNLIMITED, IPV6_OFF, {NULL}};
static const struct setting router_settings[] = {
	{"ipv4/ip_forward", "1"}, IPV4_PLAIN, ICMP_UNLIMITED, IPV6_OFF, {NULL}};
/* A bridge looks at no IPv4 header: not to filter, not to cut what is behind the packet. */
static const struct setting switch_settings[] = {{"ipv4/ip_forward", "0"},
						 {"bridge/bridge-nf-call-iptables", "0"},
						 {"bridge/bridge-nf-call-arptables", "0"},
						 IPV6_OFF,
						 {NULL}};
static const struct setting station_settings[] = {
	{"ipv4/ip_forward", "0"}, {"ipv6/conf/all/forwarding", "0"}, IPV6_STATIC, {NULL}};
static const struct setting fabric_settings[] = {
	{"ipv4/ip_forward", "0"}, {"ipv6/conf/all/forwarding", "1"}, IPV6_STATIC, {NULL}};

static const struct setting *const settings[] = {
	[SPACE_NODE] = node_settings,     [SPACE_HOST] = station_settings,
	[SPACE_FABRIC] = fabric_settings, [SPACE_MANAGER] = station_settings,
	[SPACE_SWITCH] = switch_settings, [SPACE_ROUTER] = router_settings,
};

/* ---- running ip -------------------------------------------------------------------------------- */

/* A file in memory that holds `text` and is read from its beginning; a descriptor or -errno. */
static int memory_file(const char *text, size_t size)
{
	int fd = memfd_create("ip", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -ENOSPC;
	}
	return fd;
}

/* In the child: becomes ip or tc in a namespace (NULL: here). */
static _Noreturn void tool_exec(const char *tool, const char *space, const char *quiet, int input,
				int output)
{
	const char *const arguments[] = {tool, "-batch", "-", NULL};
	char place[64];
	int error = space ? netns_enter(space) : 0;

	/* Interfaces on which nothing but their node shall speak; one per line. */
	for (const char *end; !error && (end = strchr(quiet, '\n')); quiet = end + 1) {
		char path[128];

		snprintf(path, sizeof(path), "ipv6/conf/%.*s/disable_ipv6", (int)(end - quiet),
			 quiet);
		error = netns_set(path, "1");
		if (error == -ENOENT) /* an MTU below 1280: no IPv6 there anyway */
			error = 0;
	}
	dup2(input, STDIN_FILENO);
	dup2(output, STDERR_FILENO);
	if (error) {
		dprintf(STDERR_FILENO, "%s\n", strerror(-error));
	} else {
		/* Not every root has sbin in its PATH. */
		execvp(tool, (char *const *)arguments);
		snprintf(place, sizeof(place), "/usr/sbin/%s", tool);
		execv(place, (char *const *)arguments);
		dprintf(STDERR_FILENO, "%s (package iproute2) can't be run: %s\n", tool,
			strerror(errno));
	}
	_exit(127);
}

/* Says what ip or tc has complained about: `complaint` ends with "Command failed -:LINE". */
static int tool_complain(const struct lab *lab, const char *tool, const char *space,
			 const char *script, const char *complaint)
{
	const char *mark = strstr(complaint, "Command failed -:");
	int line = mark ? atoi(mark + strlen("Command failed -:")) : 0;
	int length = mark ? (int)(mark - complaint) : (int)strlen(complaint);

	while (length > 0 && complaint[length - 1] == '\n')
		length--;
	for (; line > 1; line--)
		script = strchr(script, '\n') + 1;
	return lab_fail(lab, -EIO, "%s%s`ip%s%.*s` failed: %.*s", space ? space : "",
			space ? ": " : "", line ? " " : " -batch",
			line ? (int)strcspn(script, "\n") : 0, script, length, complaint);
}

/* Runs a script of commands in a namespace, after IPv6 is off on the interfaces in `quiet`. */
static int tool_run(const struct lab *lab, const char *tool, const char *space, const char *quiet,
		    const char *script)
{
	int input = memory_file(script, strlen(script));
	int output = memory_file("", 0);
	char complaint[1024] = "";
	int error = 0, status;
	pid_t pid;

	if (input < 0 || output < 0) {
		error = lab_fail(lab, input < 0 ? input : output, "no memory for commands");
		goto out;
	}
	pid = fork();
	if (pid == 0)
		tool_exec(tool, space, quiet, input, output);
	if (pid < 0) {
		error = lab_fail(lab, -errno, "%s can't be started: %s", tool, strerror(errno));
		goto out;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (lab_interrupted()) {
		error = lab_fail(lab, -EINTR, "interrupted");
	} else if (status != 0) {
		if (pread(output, complaint, sizeof(complaint) - 1, 0) < 0)
			complaint[0] = '\0';
		error = tool_complain(lab, tool, space, script, complaint);
	}
out:
	if (input >= 0)
		close(input);
	if (output >= 0)
		close(output);
	return error;
}

int space_batch(const struct lab *lab, const char *space, const char *tool, const char *script)
{
	return tool_run(lab, tool, space, "", script);
}

/* ---- building ---------------------------------------------------------------------------------- */

static void print_end(FILE *script, const struct link_end *end, uint16_t mtu)
{
	char mac[MAC_TEXT_MAX];

	fprintf(script, " name %s mtu %u", end->interface, mtu);
	if (!mac_is_zero(&end->mac))
		fprintf(script, " address %s", mac_text(&end->mac, mac));
	fprintf(script, " netns %s", end->space);
}

static int links_make(const struct lab *lab, const struct blueprint *blueprint)
{
	char *text = NULL;
	size_t size;
	FILE *script = open_memstream(&text, &size);
	int error;

	if (!script)
		return lab_fail(lab, -ENOMEM, "no memory for its links");
	for (size_t i = 0; i < blueprint->link_count; i++) {
		const struct link *link = &blueprint->links[i];

		fputs("link add", script);
		print_end(script, &link->ends[0], link->mtu);
		fputs(" type veth peer", script);
		print_end(script, &link->ends[1], link->mtu);
		fputc('\n', script);
	}
	if (fclose(script) == 0)
		error = size ? tool_run(lab, "ip", NULL, "", text) : 0;
	else
		error = lab_fail(lab, -ENOMEM, "no memory for its links");
	free(text);
	return error;
}

/* Prints the commands of a space: its devices if it is new (`space`), the ends of new links in it, its
 * routes; and which of these ends shall be quiet. */
static void print_space(FILE *script, FILE *quiet, const struct blueprint *blueprint,
			const char *name, const struct space *space)
{
	if (space)
		fprintf(script, "link set dev lo up\n%s", space->devices);
	for (size_t i = 0; i < 2 * blueprint->link_count; i++) {
		const struct link_end *end = &blueprint->links[i / 2].ends[i % 2];

		if (strcmp(end->space, name) != 0)
			continue;
		fputs(end->commands, script);
		if (!end->ipv6)
			fprintf(quiet, "%s\n", end->interface);
	}
	if (space)
		fputs(space->routes, script);
}

/* Finishes a space; `space` is NULL for one that was there before. */
static int space_configure(const struct lab *lab, const struct blueprint *blueprint,
			   const char *name, const struct space *space)
{
	char *text = NULL, *quiet_text = NULL;
	size_t size, quiet_size;
	FILE *script = open_memstream(&text, &size);
	FILE *quiet = open_memstream(&quiet_text, &quiet_size);
	bool complete = script && quiet;
	int error;

	if (complete)
		print_space(script, quiet, blueprint, name, space);
	complete = script && fclose(script) == 0 && complete;
	complete = quiet && fclose(quiet) == 0 && complete;
	error = complete ? tool_run(lab, "ip", name, quiet_text, text)
			 : lab_fail(lab, -ENOMEM, "no memory for its links");
	free(text);
	free(quiet_text);
	return error;
}

static bool space_is_new(const struct blueprint *blueprint, const char *name)
{
	for (size_t i = 0; i < blueprint->space_count; i++)
		if (strcmp(blueprint->spaces[i].name, name) == 0)
			return true;
	return false;
}

/* Configures the new ends in a space that was there before, when called for the first of them. */
static int old_space_configure(const struct lab *lab, const struct blueprint *blueprint, size_t nth)
{
	const char *name = blueprint->links[nth / 2].ends[nth % 2].space;

	if (space_is_new(blueprint, name))
		return 0;
	for (size_t i = 0; i < nth; i++)
		if (strcmp(blueprint->links[i / 2].ends[i % 2].space, name) == 0)
			return 0;
	return space_configure(lab, blueprint, name, NULL);
}

int blueprint_build(const struct lab *lab, const struct blueprint *blueprint)
{
	int error = netns_prepare();

	if (error)
		return lab_fail(lab, error, "/run/netns or /sys/fs/bpf can't be mounted: %s",
				strerror(-error));
	for (size_t i = 0; i < blueprint->space_count; i++) {
		const struct space *space = &blueprint->spaces[i];

		error = netns_create(space->name, settings[space->kind]);
		if (error)
			return lab_fail(lab, error, "namespace %s can't be made: %s", space->name,
					strerror(-error));
		if (lab_interrupted())
			return lab_fail(lab, -EINTR, "interrupted");
	}
	error = links_make(lab, blueprint);
	for (size_t i = 0; !error && i < blueprint->space_count; i++)
		error = space_configure(lab, blueprint, blueprint->spaces[i].name,
					&blueprint->spaces[i]);
	for (size_t i = 0; !error && i < 2 * blueprint->link_count; i++)
		error = old_space_configure(lab, blueprint, i);
	return error;
}

/* ---- XDP ---------------------------------------------------------------------------------------- */

/* In the interface's namespace. 0 or -errno. */
static int gro_on(const char *interface)
{
	struct ethtool_value value = {.cmd = ETHTOOL_SGRO, .data = 1};
	struct ifreq request = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		error = -errno;
	close(fd);
	return error;
}

int blueprint_receive_from_xdp(const struct lab *lab, const struct blueprint *blueprint)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), error = 0;
	char hosts[NAME_MAX + 1];

	if (home < 0)
		return lab_fail(lab, -errno, "its namespaces can't be entered");
	space_name(hosts, lab->name, SPACE_HOST, "", NULL);
	for (size_t i = 0; !error && i < 2 * blueprint->link_count; i++) {
		const struct link_end *end = &blueprint->links[i / 2].ends[i % 2];

		if (strncmp(end->space, hosts, strlen(hosts)) == 0)
			continue;
		error = netns_enter(end->space);
		if (!error)
			error = gro_on(end->interface);
		if (error)
			lab_fail(lab, error, "%s: GRO can't be switched on for %s: %s", end->space,
				 end->interface, strerror(-error));
	}
	if (setns(home, CLONE_NEWNET) < 0 && !error)
		error = lab_fail(lab, -errno, "its namespaces can't be left");
	close(home);
	return error;
}

/* ---- changing ---------------------------------------------------------------------------------- */

int blueprint_resize(const struct lab *lab, const struct blueprint *blueprint)
{
	int error = 0;

	for (size_t i = 0; !error && i < 2 * blueprint->link_count; i++) {
		const struct link *link = &blueprint->links[i / 2];
		const struct link_end *end = &link->ends[i % 2];
		char command[64];

		snprintf(command, sizeof(command), "link set dev %s mtu %u\n", end->interface,
			 link->mtu);
		error = tool_run(lab, "ip", end->space, "", command);
	}
	return error;
}

int blueprint_demolish(const struct lab *lab, const struct blueprint *blueprint)
{
	int error = 0;

	/* Links first: with a namespace they would go too, but some time later. */
	for (size_t i = 0; !error && i < blueprint->link_count; i++) {
		const struct link_end *end = &blueprint->links[i].ends[0];
		char command[64];

		snprintf(command, sizeof(command), "link delete dev %s\n", end->interface);
		error = tool_run(lab, "ip", end->space, "", command);
	}
	for (size_t i = 0; !error && i < blueprint->space_count; i++) {
		char *names[] = {blueprint->spaces[i].name, NULL};

		error = netns_kill(names);
		if (!error)
			error = netns_delete(names[0]);
		if (error)
			lab_fail(lab, error, "namespace %s can't be removed: %s", names[0],
				 strerror(-error));
	}
	return error;
}

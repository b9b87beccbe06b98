/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching by tcx (Linux 6.6): a link, which is pinned and can be given another program in one step.
 * The pin is called "link-PROGRAM-IFINDEX".
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define PIN_PATH_MAX 512

static const char *const program_names[TC_PROGRAMS] = {
	[PROGRAM_FROM_NODE] = "from_node",
	[PROGRAM_FROM_SUBSTRATE] = "from_substrate",
};

static void pin_path(const char *pins, enum program program, uint32_t ifindex,
		     char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, "%s/link-%s-%u", pins, program_names[program], ifindex);
}

/* Reads a pin's name; false if it is no link's. */
static bool pin_parse(const char *name, enum program *ret_program, uint32_t *ret_ifindex)
{
	char expected[64];

	for (enum program program = 0; program < TC_PROGRAMS; program++) {
		const char *number = strrchr(name, '-');
		uint32_t ifindex = number ? (uint32_t)strtoul(number + 1, NULL, 10) : 0;

		snprintf(expected, sizeof(expected), "link-%s-%u", program_names[program], ifindex);
		if (strcmp(name, expected) != 0)
			continue;
		*ret_program = program;
		*ret_ifindex = ifindex;
		return true;
	}
	return false;
}

uint32_t link_ifindex(int link)
{
	struct bpf_link_info info = {};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &length) < 0)
		return 0;
	return info.xdp.ifindex; /* info.tcx.ifindex of newer headers: the same place */
}

int link_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex, int *ret_link)
{
	char path[PIN_PATH_MAX];
	int link, err;

	link = bpf_link_create(dataplane->program_fds[program], (int)ifindex, ATTACH_TCX_INGRESS,
			       NULL);
	if (link < 0)
		return link;
	pin_path(dataplane->pins, program, ifindex, path);
	unlink(path); /* of an interface that had the number before */
	err = bpf_obj_pin(link, path);
	if (err) {
		close(link);
		return err;
	}
	*ret_link = link;
	return 0;
}

void link_detach(struct dataplane *dataplane, enum program program, uint32_t ifindex, int link)
{
	char path[PIN_PATH_MAX];

	pin_path(dataplane->pins, program, ifindex, path);
	unlink(path);
	close(link);
}

/* Takes over one pinned link, with the new program. One whose interface is gone is removed, and one that
 * shall be a filter from now on as soon as that is there. */
static int link_adopt(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	char path[PIN_PATH_MAX];
	int link, err;

	pin_path(dataplane->pins, program, ifindex, path);
	link = bpf_obj_get(path);
	if (link < 0)
		return link;
	err = link_ifindex(link) == ifindex ? 0 : -ENODEV;
	if (!err && dataplane->hook == HOOK_TCX) {
		err = bpf_link_update(link, dataplane->program_fds[program], NULL);
		if (!err)
			err = attachment_remember(dataplane, &(struct attachment){
								     .program = program,
								     .ifindex = ifindex,
								     .link = link,
							     });
		if (!err)
			return 0;
	} else if (!err) {
		err = attachment_add(dataplane, program, ifindex);
	}
	link_detach(dataplane, program, ifindex, link);
	return err == -ENOMEM ? err : 0;
}

int links_adopt(struct dataplane *dataplane)
{
	struct dirent *entry;
	enum program program;
	uint32_t ifindex;
	DIR *directory;
	int err = 0;

	directory = opendir(dataplane->pins);
	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory)) != NULL)
		if (pin_parse(entry->d_name, &program, &ifindex))
			err = link_adopt(dataplane, program, ifindex);
	closedir(directory);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching: by tcx links, which are pinned and can be given another program in one step, and on
 * kernels without tcx (before 6.6) by clsact filters, which stay by themselves.
 *
 * A pinned link is called "link-PROGRAM-IFINDEX".
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* From <linux/bpf.h> of 6.6, which Debian 12's headers don't have. */
#define ATTACH_TCX_INGRESS 46

#define PIN_PATH_MAX 512

static const char *const program_names[PROGRAMS] = {
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

	for (enum program program = 0; program < PROGRAMS; program++) {
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

static struct attachment *attachment_find(const struct dataplane *dataplane, enum program program,
					  uint32_t ifindex)
{
	for (size_t i = 0; i < dataplane->attachment_count; i++) {
		struct attachment *attachment = &dataplane->attachments[i];

		if (attachment->program == program && attachment->ifindex == ifindex)
			return attachment;
	}
	return NULL;
}

static int attachment_remember(struct dataplane *dataplane, enum program program, uint32_t ifindex,
			       int link)
{
	if (dataplane->attachment_count == dataplane->attachment_capacity) {
		size_t capacity = dataplane->attachment_capacity * 2 + 16;
		struct attachment *attachments =
			reallocarray(dataplane->attachments, capacity, sizeof(*attachments));

		if (!attachments)
			return -ENOMEM;
		dataplane->attachments = attachments;
		dataplane->attachment_capacity = capacity;
	}
	dataplane->attachments[dataplane->attachment_count++] = (struct attachment){
		.program = program,
		.ifindex = ifindex,
		.link = link,
	};
	return 0;
}

/* The interface that a link is attached to; 0 once that is gone. */
static uint32_t link_ifindex(int link)
{
	struct bpf_link_info info = {};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &length) < 0)
		return 0;
	return info.xdp.ifindex; /* info.tcx.ifindex of newer headers: the same place */
}

/* Takes over one pinned link, with the new program. What can't be taken over is removed. */
static int link_adopt(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	char path[PIN_PATH_MAX];
	int link, err;

	pin_path(dataplane->pins, program, ifindex, path);
	link = bpf_obj_get(path);
	if (link < 0)
		return link;
	err = link_ifindex(link) == ifindex ? 0 : -ENODEV;
	if (!err)
		err = bpf_link_update(link, dataplane->program_fds[program], NULL);
	if (!err)
		err = attachment_remember(dataplane, program, ifindex, link);
	if (!err)
		return 0;
	close(link);
	unlink(path);
	return err == -ENOMEM ? err : 0;
}

/* Whether the kernel has tcx: it knows the attach type, and refuses only the interface. */
static bool kernel_has_tcx(const struct dataplane *dataplane)
{
	int link = bpf_link_create(dataplane->program_fds[PROGRAM_FROM_NODE], INT32_MAX,
				   ATTACH_TCX_INGRESS, NULL);

	if (link >= 0)
		close(link);
	return link == -ENODEV;
}

int attachments_adopt(struct dataplane *dataplane)
{
	struct dirent *entry;
	enum program program;
	uint32_t ifindex;
	DIR *directory;
	int err = 0;

	dataplane->hook = kernel_has_tcx(dataplane) ? HOOK_TCX : HOOK_CLSACT;
	if (dataplane->hook == HOOK_CLSACT)
		return 0;
	directory = opendir(dataplane->pins);
	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory)) != NULL)
		if (pin_parse(entry->d_name, &program, &ifindex))
			err = link_adopt(dataplane, program, ifindex);
	closedir(directory);
	return err;
}

static int link_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex)
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
	if (!err)
		err = attachment_remember(dataplane, program, ifindex, link);
	if (err)
		close(link);
	return err;
}

/* The filter of a program; priorities keep from_node before from_substrate. */
static struct bpf_tc_opts filter_options(enum program program)
{
	return (struct bpf_tc_opts){
		.sz = sizeof(struct bpf_tc_opts),
		.handle = 1,
		.priority = 1 + program,
	};
}

static int filter_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
			    .attach_point = BPF_TC_INGRESS);
	struct bpf_tc_opts options = filter_options(program);
	int err;

	options.prog_fd = dataplane->program_fds[program];
	options.flags = BPF_TC_F_REPLACE;
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	err = bpf_tc_attach(&hook, &options);
	return err ? err : attachment_remember(dataplane, program, ifindex, -1);
}

int attachment_add(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	struct attachment *attachment = attachment_find(dataplane, program, ifindex);

	/* An interface can have got the number of one that is gone. */
	if (attachment && attachment->link >= 0 && link_ifindex(attachment->link) != ifindex)
		attachment_remove(dataplane, program, ifindex);
	else if (attachment)
		return 0;
	return dataplane->hook == HOOK_TCX ? link_attach(dataplane, program, ifindex)
					   : filter_attach(dataplane, program, ifindex);
}

void attachment_remove(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	struct attachment *attachment = attachment_find(dataplane, program, ifindex);
	char path[PIN_PATH_MAX];

	if (!attachment)
		return;
	if (attachment->link >= 0) {
		pin_path(dataplane->pins, program, ifindex, path);
		unlink(path);
		close(attachment->link);
	} else {
		DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
				    .attach_point = BPF_TC_INGRESS);
		struct bpf_tc_opts options = filter_options(program);

		bpf_tc_detach(&hook, &options);
	}
	*attachment = dataplane->attachments[--dataplane->attachment_count];
}

bool attachment_exists(const struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	return attachment_find(dataplane, program, ifindex) != NULL;
}

void attachments_release(struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->attachment_count; i++)
		if (dataplane->attachments[i].link >= 0)
			close(dataplane->attachments[i].link);
	free(dataplane->attachments);
}

int pins_remove(const char *pins)
{
	DIR *directory = opendir(pins);
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	int err = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", pins, entry->d_name);
		if (unlink(path) < 0)
			err = -errno;
	}
	closedir(directory);
	return err;
}

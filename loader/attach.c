/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is attached where: to tc by tcx links (attach_tcx.c), or on kernels without tcx by clsact filters
 * (attach_clsact.c); to XDP, by netlink (attach_xdp.c). All outlive weftd; the next one takes them over, also
 * from one kind to the other.
 */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

const struct attachment *attachment_find(const struct dataplane *dataplane, enum program program,
					 uint32_t ifindex)
{
	for (size_t i = 0; i < dataplane->attachment_count; i++) {
		const struct attachment *attachment = &dataplane->attachments[i];

		if (attachment->program == program && attachment->ifindex == ifindex)
			return attachment;
	}
	return NULL;
}

int attachment_remember(struct dataplane *dataplane, const struct attachment *attachment)
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
	dataplane->attachments[dataplane->attachment_count++] = *attachment;
	return 0;
}

/* Whether it is still there: the interface can be another that has got the number of one that is gone,
 * and filters and XDP programs can be removed by anybody. */
static bool attachment_holds(const struct dataplane *dataplane, const struct attachment *attachment)
{
	if (attachment->program >= TC_PROGRAMS)
		return xdp_is_current(dataplane, attachment->program, attachment->ifindex);
	if (attachment->link >= 0)
		return link_ifindex(attachment->link) == attachment->ifindex;
	return filter_is_current(dataplane, attachment->program, attachment->ifindex);
}

static int attach(struct dataplane *dataplane, struct attachment *attachment)
{
	enum program program = attachment->program;
	uint32_t ifindex = attachment->ifindex;

	if (program >= TC_PROGRAMS)
		return xdp_attach(dataplane, program, ifindex, &attachment->native);
	if (dataplane->hook == HOOK_TCX)
		return link_attach(dataplane, program, ifindex, &attachment->link);
	return filter_attach(dataplane, program, ifindex);
}

static void detach(struct dataplane *dataplane, const struct attachment *attachment)
{
	if (attachment->program >= TC_PROGRAMS)
		xdp_detach(dataplane, attachment->program, attachment->ifindex);
	else if (attachment->link >= 0)
		link_detach(dataplane, attachment->program, attachment->ifindex, attachment->link);
	else
		filter_detach(attachment->program, attachment->ifindex);
}

int attachment_add(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	const struct attachment *present = attachment_find(dataplane, program, ifindex);
	struct attachment attachment = {.program = program, .ifindex = ifindex, .link = -1};
	int err;

	if (present && attachment_holds(dataplane, present))
		return 0;
	attachment_remove(dataplane, program, ifindex);
	err = attach(dataplane, &attachment);
	if (err)
		return err;
	err = attachment_remember(dataplane, &attachment);
	if (err && attachment.link >= 0) /* nobody would find it again */
		detach(dataplane, &attachment);
	return err;
}

void attachment_remove(struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	const struct attachment *attachment = attachment_find(dataplane, program, ifindex);

	if (!attachment)
		return;
	detach(dataplane, attachment);
	dataplane->attachments[attachment - dataplane->attachments] =
		dataplane->attachments[--dataplane->attachment_count];
}

int interfaces_each(int (*each)(uint32_t ifindex, void *context), void *context)
{
	struct if_nameindex *interfaces = if_nameindex();
	int result = 0;

	if (!interfaces)
		return -errno;
	for (size_t i = 0; !result && interfaces[i].if_index; i++)
		result = each(interfaces[i].if_index, context);
	if_freenameindex(interfaces);
	return result;
}

/* Takes over one filter, with the new program; or has a link instead from now on. What can't be taken
 * over is removed. */
static int filter_adopt(enum program program, uint32_t ifindex, void *context)
{
	struct dataplane *dataplane = context;
	int err = attachment_add(dataplane, program, ifindex);

	if (err || dataplane->hook == HOOK_TCX)
		filter_detach(program, ifindex);
	return err == -ENOMEM ? err : 0;
}

int attachments_adopt(struct dataplane *dataplane)
{
	int err = links_adopt(dataplane);

	if (!err)
		err = filters_each(filter_adopt, dataplane);
	return err ? err : xdp_adopt(dataplane);
}

void attachments_release(struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->attachment_count; i++)
		if (dataplane->attachments[i].link >= 0)
			close(dataplane->attachments[i].link);
	free(dataplane->attachments);
}

static int filter_remove(enum program program, uint32_t ifindex, void *context)
{
	filter_detach(program, ifindex);
	return 0;
}

int dataplane_remove(const char *pins)
{
	int err = filters_each(filter_remove, NULL);
	DIR *directory = opendir(pins);
	struct dirent *entry;
	char path[512];

	if (!err)
		err = xdp_remove();
	if (!directory)
		return err ? err : -errno;
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

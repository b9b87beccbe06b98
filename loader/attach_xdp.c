/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching to XDP, by libxdp: one program for an interface, in the driver where that can, else generic. It
 * stays without weftd and without pins, and goes with the interface. A program is weft's if it has the name
 * of one and counts as weft does, so a later weftd finds those of an earlier one by looking. Somebody else's
 * program is left alone.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "internal.h"

#define PROGRAM_MAPS_MAX 64

static const char *const program_names[PROGRAMS] = {
	[PROGRAM_XDP_FROM_NODE] = "from_node",
	[PROGRAM_XDP_FROM_SUBSTRATE] = "from_substrate",
	[PROGRAM_XDP_GUARD] = "guard_substrate",
};

/* What runs on an interface; `program` is closed with xdp_multiprog__close(). */
struct running {
	struct xdp_multiprog *all;
	struct xdp_program *program;
	enum xdp_attach_mode mode;
};

/* False if there is no program, or several by a dispatcher, which are none of weft's. */
static bool running_find(uint32_t ifindex, struct running *ret_running)
{
	struct running running = {.all = xdp_multiprog__get_from_ifindex((int)ifindex)};

	if (libxdp_get_error(running.all))
		return false;
	running.program = xdp_multiprog__main_prog(running.all);
	running.mode = xdp_multiprog__attach_mode(running.all);
	if (!running.program || !xdp_multiprog__is_legacy(running.all)) {
		xdp_multiprog__close(running.all);
		return false;
	}
	*ret_running = running;
	return true;
}

static enum program program_named(const char *name)
{
	for (enum program program = TC_PROGRAMS; program < PROGRAMS; program++)
		if (strcmp(name, program_names[program]) == 0)
			return program;
	return PROGRAMS;
}

/* Whether the kernel's map of that id is called so. */
static bool map_is_named(uint32_t id, const char *name)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);
	bool is = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
		  strcmp(info.name, name) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

/* Whether a program is of this or another weft, whose maps may be pinned no more. */
static bool program_is_wefts(const struct xdp_program *program)
{
	uint32_t maps[PROGRAM_MAPS_MAX];
	struct bpf_prog_info info = {
		.nr_map_ids = PROGRAM_MAPS_MAX,
		.map_ids = (uintptr_t)maps,
	};
	uint32_t length = sizeof(info);

	if (program_named(xdp_program__name(program)) == PROGRAMS ||
	    bpf_obj_get_info_by_fd(xdp_program__fd(program), &info, &length) < 0)
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS_MAX; i++)
		if (map_is_named(maps[i], "cpus"))
			return true;
	return false;
}

/* As bpf_xdp_attach() wants it. */
static uint32_t mode_flag(enum xdp_attach_mode mode)
{
	return mode == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

bool xdp_is_current(const struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	uint32_t id;

	return bpf_xdp_query_id((int)ifindex, 0, &id) == 0 && id &&
	       id == dataplane->program_ids[program];
}

static int attach_in_mode(int program, uint32_t ifindex, enum xdp_attach_mode mode)
{
	struct xdp_program *xdp = xdp_program__from_fd(program);
	int err = libxdp_get_error(xdp);

	if (err)
		return err;
	err = xdp_program__attach(xdp, (int)ifindex, mode, 0);
	xdp_program__close(xdp);
	return err;
}

int xdp_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex,
	       bool *ret_native)
{
	int fd, err = dataplane_load_xdp(dataplane);

	if (err)
		return err;
	fd = dataplane->program_fds[program];
	/* weft has an interface for itself, and replaces its program in one step: no dispatcher. */
	setenv("LIBXDP_SKIP_DISPATCHER", "1", 0);
	libxdp_set_print(NULL); /* the caller says what is wrong, once */
	err = attach_in_mode(fd, ifindex, XDP_MODE_NATIVE);
	*ret_native = !err;
	if (err && err != -EBUSY && err != -EEXIST)
		err = attach_in_mode(fd, ifindex, XDP_MODE_SKB);
	return err == -EEXIST ? -EBUSY : err;
}

void xdp_detach(const struct dataplane *dataplane, enum program program, uint32_t ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, options,
			    .old_prog_fd = dataplane->program_fds[program]);
	struct running running;

	if (!xdp_is_current(dataplane, program, ifindex) || !running_find(ifindex, &running))
		return;
	bpf_xdp_detach((int)ifindex, mode_flag(running.mode) | XDP_FLAGS_REPLACE, &options);
	xdp_multiprog__close(running.all);
}

/* ---- of an earlier weft ------------------------------------------------------------------------- */

/* Replaces the program that runs on an interface, in one step. What can't be replaced is removed. */
static int replace(struct dataplane *dataplane, const struct running *running, uint32_t ifindex)
{
	int old = xdp_program__fd(running->program), err;
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = old);
	struct attachment attachment = {
		.program = program_named(xdp_program__name(running->program)),
		.ifindex = ifindex,
		.link = -1,
		.native = running->mode == XDP_MODE_NATIVE,
	};
	uint32_t flags = mode_flag(running->mode) | XDP_FLAGS_REPLACE;

	err = dataplane_load_xdp(dataplane);
	if (!err)
		err = bpf_xdp_attach((int)ifindex, dataplane->program_fds[attachment.program],
				     flags, &options);
	if (!err)
		return attachment_remember(dataplane, &attachment);
	bpf_xdp_detach((int)ifindex, flags, &options);
	return 0;
}

static int adopt(uint32_t ifindex, void *context)
{
	struct dataplane *dataplane = context;
	struct running running;
	int err = 0;

	if (!running_find(ifindex, &running))
		return 0;
	if (program_is_wefts(running.program))
		err = replace(dataplane, &running, ifindex);
	xdp_multiprog__close(running.all);
	return err;
}

int xdp_adopt(struct dataplane *dataplane)
{
	return interfaces_each(adopt, dataplane);
}

static int take_off(uint32_t ifindex, void *context)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	struct running running;
	int err = 0;

	if (!running_find(ifindex, &running))
		return 0;
	options.old_prog_fd = xdp_program__fd(running.program);
	if (program_is_wefts(running.program))
		err = bpf_xdp_detach((int)ifindex, mode_flag(running.mode) | XDP_FLAGS_REPLACE,
				     &options);
	xdp_multiprog__close(running.all);
	return err;
}

int xdp_remove(void)
{
	return interfaces_each(take_off, NULL);
}

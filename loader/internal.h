/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of loader/ share and nobody else sees. */
#ifndef WEFT_LOADER_INTERNAL_H
#define WEFT_LOADER_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane.h"

enum program { PROGRAM_FROM_NODE, PROGRAM_FROM_SUBSTRATE, PROGRAMS };

/* A program on an interface. */
struct attachment {
	enum program program;
	uint32_t ifindex;
	int link; /* file descriptor of the pinned link; -1 with clsact */
};

struct dataplane {
	struct weft_bpf *skeleton;
	struct ring_buffer *held;
	char *pins;
	enum dataplane_hook hook;
	uint32_t substrate_ifindex, reinject_ifindex;
	struct attachment *attachments;
	size_t attachment_count, attachment_capacity;
	int program_fds[PROGRAMS];
	int map_fds[DATAPLANE_MAPS];
	int counters_fd;
	void (*held_each)(const struct held_frame *frame, void *context);
	void *held_context;
};

/* Finds out how to attach on this kernel, and takes over what pinned links there are. 0 or -errno. */
int attachments_adopt(struct dataplane *dataplane);

/* Attaches a program to an interface, if it isn't. 0 or -errno. */
int attachment_add(struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Detaches it; nothing happens if it isn't there. */
void attachment_remove(struct dataplane *dataplane, enum program program, uint32_t ifindex);

bool attachment_exists(const struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Forgets them; what is attached stays. */
void attachments_release(struct dataplane *dataplane);

/* Removes all that is pinned in a directory; links take their programs off. 0 or -errno. */
int pins_remove(const char *pins);

#endif

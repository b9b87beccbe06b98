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

/* attach.c ----------------------------------------------------------------------------------- */

/* Takes over what an earlier weft has attached. 0 or -errno. */
int attachments_adopt(struct dataplane *dataplane);

/* Attaches a program to an interface, if it isn't. 0 or -errno. */
int attachment_add(struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Notes what is attached, by a link or (-1) a filter. 0 or -ENOMEM. */
int attachment_remember(struct dataplane *dataplane, enum program program, uint32_t ifindex,
			int link);

/* Detaches it; nothing happens if it isn't there. */
void attachment_remove(struct dataplane *dataplane, enum program program, uint32_t ifindex);

bool attachment_exists(const struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Forgets them; what is attached stays. */
void attachments_release(struct dataplane *dataplane);

/* attach_tcx.c ------------------------------------------------------------------------------- */

/* From <linux/bpf.h> of 6.6, which Debian 12's headers don't have. */
#define ATTACH_TCX_INGRESS 46

/* Attaches by a pinned link, which replaces a pin of the same name. 0 or -errno. */
int link_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex, int *ret_link);

/* Removes the pin and closes the link, which takes the program off. */
void link_detach(struct dataplane *dataplane, enum program program, uint32_t ifindex, int link);

/* The interface that a link is attached to; 0 once that is gone. */
uint32_t link_ifindex(int link);

/* Takes over the links that are pinned. 0 or -errno. */
int links_adopt(struct dataplane *dataplane);

/* attach_clsact.c ---------------------------------------------------------------------------- */

/* Attaches by a filter, replacing the one that weft has there. 0 or -errno. */
int filter_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Removes weft's filter from an interface, if there is one. */
void filter_detach(enum program program, uint32_t ifindex);

/* Whether weft's filter on an interface runs the program of this dataplane. */
bool filter_is_current(const struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Calls `each` for all filters of weft in this network namespace, until it returns < 0, which is then
 * returned. Else 0 or -errno. */
int filters_each(int (*each)(enum program program, uint32_t ifindex, void *context), void *context);

#endif

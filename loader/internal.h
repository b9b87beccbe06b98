/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of loader/ share and nobody else sees. */
#ifndef WEFT_LOADER_INTERNAL_H
#define WEFT_LOADER_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane.h"

enum program {
	/* tc */
	PROGRAM_FROM_NODE,
	PROGRAM_FROM_SUBSTRATE,
	TC_PROGRAMS,
	/* XDP */
	PROGRAM_XDP_FROM_NODE = TC_PROGRAMS,
	PROGRAM_XDP_FROM_SUBSTRATE,
	PROGRAM_XDP_GUARD,
	PROGRAMS
};

/* A program on an interface. */
struct attachment {
	enum program program;
	uint32_t ifindex;
	int link; /* file descriptor of the pinned link; -1 with clsact and XDP */
	bool native; /* XDP: in the driver */
};

struct dataplane {
	struct weft_bpf *skeleton;
	struct weft_xdp_bpf *xdp; /* NULL until some interface shall have it */
	int xdp_error; /* why the kernel has refused it, as -errno */
	struct dataplane_constants constants; /* that both are loaded with */
	uint32_t mappings; /* size of the cache; 0: as in bpf/maps.h */
	struct ring_buffer *held;
	char *pins;
	enum dataplane_hook hook;
	uint32_t substrate_ifindex, reinject_ifindex;
	struct attachment *attachments;
	size_t attachment_count, attachment_capacity;
	int program_fds[PROGRAMS];
	uint32_t program_ids[PROGRAMS]; /* the kernel's */
	int map_fds[DATAPLANE_MAPS];
	int cpus_fd;
	struct cpu_state *cpus; /* the map, in memory */
	uint32_t cpu_count;
	void (*held_each)(const struct held_frame *frame, void *context);
	void *held_context;
};

/* attach.c ----------------------------------------------------------------------------------- */

/* Takes over what an earlier weft has attached. 0 or -errno. */
int attachments_adopt(struct dataplane *dataplane);

/* Attaches a program to an interface, if it isn't. 0 or -errno. */
int attachment_add(struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Notes what is attached, by a link or (-1) without. 0 or -ENOMEM. */
int attachment_remember(struct dataplane *dataplane, const struct attachment *attachment);

/* Detaches it; nothing happens if it isn't there. */
void attachment_remove(struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* What is attached; NULL: that isn't. Good until something is attached or removed. */
const struct attachment *attachment_find(const struct dataplane *dataplane, enum program program,
					 uint32_t ifindex);

/* Forgets them; what is attached stays. */
void attachments_release(struct dataplane *dataplane);

/* Calls `each` for all interfaces of this network namespace, until it returns not 0, which is then
 * returned. Else 0 or -errno. */
int interfaces_each(int (*each)(uint32_t ifindex, void *context), void *context);

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

/* attach_xdp.c ------------------------------------------------------------------------------- */

/* Attaches an XDP program by libxdp: in the driver if it can, else generic. 0 or -errno: -EBUSY if somebody
 * else's program is there. */
int xdp_attach(struct dataplane *dataplane, enum program program, uint32_t ifindex,
	       bool *ret_native);

/* Takes weft's XDP program off an interface, if it is there. */
void xdp_detach(const struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Whether the interface runs this dataplane's XDP program. */
bool xdp_is_current(const struct dataplane *dataplane, enum program program, uint32_t ifindex);

/* Takes over the XDP programs of an earlier weft, with the new ones. 0 or -errno. */
int xdp_adopt(struct dataplane *dataplane);

/* Takes all XDP programs of weft off. 0 or -errno. */
int xdp_remove(void);

/* dataplane.c -------------------------------------------------------------------------------- */

/* Loads the XDP programs, if they aren't. 0, or -errno, also of an earlier attempt: it isn't repeated. */
int dataplane_load_xdp(struct dataplane *dataplane);

#endif

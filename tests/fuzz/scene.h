/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A scene: one host of a topology, with all that weftd would write into its maps once every node is
 * resolved. Frames are put into scenes, natively (native.h) or in the kernel (kernel.h).
 */
#ifndef WEFT_FUZZ_SCENE_H
#define WEFT_FUZZ_SCENE_H

#include "controller/model.h"
#include "controller/plan.h"

#define SCENE_PORTS_MAX    16
#define SCENE_MAPPINGS_MAX 64

/* Numbers of the host's interfaces. */
struct scene_devices {
	uint32_t substrate, reinject, reinject_out;
	uint32_t first_port; /* the others follow in the order of the file */
	/* The node whose interface has another number, or NULL. */
	const char *sender;
	uint32_t sender_port;
};

/* A node somewhere in the topology, as the cache of this host has it. */
struct scene_mapping {
	struct node_key key;
	struct mapping mapping;
	struct neighbour_key neighbour;
};

struct scene {
	struct model *model;
	const struct host *host;
	struct scene_devices devices;
	struct plan plan;
	struct plan_port ports[SCENE_PORTS_MAX];
	struct scene_mapping mappings[SCENE_MAPPINGS_MAX];
	size_t port_count, mapping_count;
};

/* The scenes that frames are put into: each host of each topology. */
enum scene_name { SCENE_FIGURE2_R, SCENE_FIGURE2_S, SCENE_ODD_R, SCENE_ODD_S, SCENES };

/* Their interfaces, of which the kernel's namespace has to have as many as that. */
extern const struct scene_devices scene_devices;

/*
 * Makes a scene of a topology's text, of its file, or of one of the above (programs run in the top
 * directory). What goes wrong is a mistake of the test: says so and ends the program.
 */
void scene_make(struct scene *scene, const char *yaml, size_t size, const char *host,
		const struct scene_devices *devices);
void scene_read(struct scene *scene, const char *path, const char *host,
		const struct scene_devices *devices);
void scene_open(struct scene *scene, enum scene_name name);

/* The scene of the other host of the same topology. */
enum scene_name scene_across(enum scene_name name);

/* What the programs of its host are to be loaded with: rates are more than any run needs. */
struct dataplane_constants scene_constants(const struct scene *scene);

/* The port of an interface, or NULL. */
const struct port *scene_port(const struct scene *scene, uint32_t ifindex);

/* Frees what it owns. */
void scene_close(struct scene *scene);

#endif

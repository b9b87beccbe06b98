/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dataplane of one host, as userspace handles it: opens, configures, loads and pins the BPF
 * programs, attaches them, and reads and writes their maps. The only place that calls libbpf.
 *
 * Everything is pinned in one directory of a bpffs, so traffic goes on without weftd. The next weftd
 * adopts the maps with their content, and replaces the programs where they are attached in one step.
 */
#ifndef WEFT_LOADER_DATAPLANE_H
#define WEFT_LOADER_DATAPLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/dataplane.h"

struct dataplane;

/* How programs are attached: HOOK_TCX needs a kernel that has it, see probe.h. */
enum dataplane_hook { HOOK_TCX, HOOK_CLSACT };

/*
 * What handles the packets that come in on an interface. tc always does, XDP may come before it: as a
 * guard, which drops early what tc would drop (substrate only), or for all that it can do.
 */
enum datapath { DATAPATH_TC, DATAPATH_GUARD, DATAPATH_XDP };

/* Where an interface's XDP program runs. */
enum xdp_place { XDP_NOWHERE, XDP_GENERIC, XDP_NATIVE };

struct dataplane_config {
	enum dataplane_hook hook;
	const char *pins; /* directory in a bpffs; made if it isn't there */
	struct substrate_locator locator;
	uint32_t substrate_ifindex;
	uint32_t reinject_ifindex, reinject_out_ifindex; /* see reinject.h */
	uint32_t answers_per_second, answers_burst; /* of emulated routers, per port; 0: default */
	uint32_t misses_per_second, misses_burst; /* per port and direction; 0: default */
	uint32_t mappings; /* size of the mapping cache, DATAPLANE_MAPPINGS_*; 0: default */
};

/* A cache of mappings has from a thousand to 16 million entries, of 200 octets of kernel memory. */
#define DATAPLANE_MAPPINGS_LEAST 1024
#define DATAPLANE_MAPPINGS_MOST  (1 << 24)

#define DATAPLANE_RATE_DEFAULT 1000

/* Maps that are written as a whole, from the plan; those from DATAPLANE_MAPPINGS on as answers come. */
enum dataplane_map {
	DATAPLANE_PORTS,
	DATAPLANE_LOCALS,
	DATAPLANE_ROUTER_PORTS,
	DATAPLANE_ROUTER_ADDRESSES,
	DATAPLANE_ROUTES,
	DATAPLANE_ANSWERS,
	DATAPLANE_SLOTS,
	DATAPLANE_MAPPINGS,
	DATAPLANE_NEIGHBOURS,
	DATAPLANE_NEXT_HOPS,
	DATAPLANE_MAPS,
};

/*
 * Loads the programs, adopting what is pinned. *ret_adopted says whether maps were there; when some
 * have another shape than these programs', all pins are removed first, which ends what worked with them.
 * On failure what is pinned goes on. Attaches to the reinjection
 * device and to the substrate's interface. Returns 0 or -errno, with libbpf's words in `ret_error`
 * (of `error_size` octets).
 */
int dataplane_open(const struct dataplane_config *config, char *ret_error, size_t error_size,
		   bool *ret_adopted, struct dataplane **ret_dataplane);

/* Lets go of the dataplane, which runs on. Takes NULL. */
void dataplane_close(struct dataplane *dataplane);

/* How its programs are attached. */
enum dataplane_hook dataplane_hook(const struct dataplane *dataplane);

/*
 * Takes weft off the interfaces of this network namespace and removes all that is pinned in a directory:
 * for when no weftd is to come. 0 or -errno; -ENOENT if there is no such directory.
 */
int dataplane_remove(const char *pins);

/* Whether from_node runs on the interface. */
bool dataplane_is_attached(const struct dataplane *dataplane, uint32_t ifindex);

/* Attaches from_node to a port, if it isn't. 0 or -errno. */
int dataplane_attach(struct dataplane *dataplane, uint32_t ifindex);

/*
 * Makes XDP of an interface what a datapath wants: of the substrate's or of a port, which tc has to be
 * attached to already. Returns 0 or -errno, then tc does all: -EBUSY if somebody else's XDP program is
 * there, -EINVAL for a guard on a port.
 */
int dataplane_set_datapath(struct dataplane *dataplane, uint32_t ifindex, enum datapath datapath);

/* What an interface has now; *ret_place says where XDP runs. */
enum datapath dataplane_datapath(const struct dataplane *dataplane, uint32_t ifindex,
				 enum xdp_place *ret_place);

/* Detaches from all ports that `keep` doesn't want. */
void dataplane_detach_others(struct dataplane *dataplane, bool (*keep)(uint32_t ifindex, void *),
			     void *context);

/*
 * One entry of a map. `put` replaces; `get` and `delete` are -ENOENT if there is none. What the programs
 * remember of an entry that was changed or deleted they have forgotten when these return.
 */
int dataplane_put(struct dataplane *dataplane, enum dataplane_map map, const void *key,
		  const void *value);
int dataplane_get(struct dataplane *dataplane, enum dataplane_map map, const void *key,
		  void *ret_value);
int dataplane_delete(struct dataplane *dataplane, enum dataplane_map map, const void *key);

/*
 * Makes the programs forget what they remember of packets that they have seen (bpf/flow.h). To be done from
 * time to time: what is remembered isn't looked up, and so isn't in use for a map that evicts.
 */
void dataplane_forget_flows(struct dataplane *dataplane);

/* Calls `each` for every entry, until it returns < 0. Entries may be deleted meanwhile, so one can be
 * seen twice. Returns 0 or what `each` returned, or -errno. */
int dataplane_each(struct dataplane *dataplane, enum dataplane_map map,
		   int (*each)(const void *key, const void *value, void *context), void *context);

/* Sums the counters of all CPUs. */
void dataplane_counters(const struct dataplane *dataplane, uint64_t ret_counters[REASON_COUNT]);

/* The name, kind and meaning of a reason; NULL for a number that is none. */
struct reason_text {
	const char *name;
	const char *meaning;
	enum reason_kind kind;
};
const struct reason_text *reason_text(enum reason reason);

/* A file descriptor that is readable when frames are held. */
int dataplane_held_fd(const struct dataplane *dataplane);

/* Hands out the held frames, oldest first, until there are none. `each` gets a frame that is only
 * valid during the call, its octets behind it. Returns how many, or -errno. */
int dataplane_held_take(struct dataplane *dataplane,
			void (*each)(const struct held_frame *frame, void *context), void *context);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening the dataplane: constants, loading, pinning, adopting; and its maps. See dataplane.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sizes.h"
#include "internal.h" /* before the skeletons, which use its types */

#include "gen/weft.skel.h"
#include "gen/weft_xdp.skel.h"

/* libbpf's last complaint: a whole line, for dataplane_open()'s error. It logs through one global
 * function, so this is global too. */
static char complaint[512];

#define NS_PER_S 1000000000ULL

static int keep_complaint(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(complaint, sizeof(complaint), format, arguments);
	complaint[strcspn(complaint, "\n")] = '\0';
	return 0;
}

static uint32_t or_default(uint32_t value)
{
	return value ? value : DATAPLANE_RATE_DEFAULT;
}

static struct dataplane_constants constants_of(const struct dataplane_config *config)
{
	struct dataplane_constants constants = {
		.substrate_ifindex = config->substrate_ifindex,
		.reinject_ifindex = config->reinject_ifindex,
		.reinject_out_ifindex = config->reinject_out_ifindex,
		.answer_interval_ns = NS_PER_S / or_default(config->answers_per_second),
		.miss_interval_ns = NS_PER_S / or_default(config->misses_per_second),
	};

	constants.answer_burst_ns =
		constants.answer_interval_ns * or_default(config->answers_burst);
	constants.miss_burst_ns = constants.miss_interval_ns * or_default(config->misses_burst);
	constants_set_locator(&constants, &config->locator);
	return constants;
}

/* Makes the directory and those above it. */
static int directory_make(const char *path)
{
	char *copy = strdup(path);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy + 1; !err && *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			err = -errno;
		*slash = '/';
	}
	if (!err && mkdir(copy, 0700) < 0 && errno != EEXIST)
		err = -errno;
	free(copy);
	return err;
}

static void remember_program(struct dataplane *dataplane, enum program program,
			     const struct bpf_program *loaded)
{
	struct bpf_prog_info info = {};
	uint32_t length = sizeof(info);
	int fd = bpf_program__fd(loaded);

	dataplane->program_fds[program] = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
		dataplane->program_ids[program] = info.id;
}

static void remember_descriptors(struct dataplane *dataplane)
{
	const struct weft_bpf *skeleton = dataplane->skeleton;
	int *maps = dataplane->map_fds;

	remember_program(dataplane, PROGRAM_FROM_NODE, skeleton->progs.from_node);
	remember_program(dataplane, PROGRAM_FROM_SUBSTRATE, skeleton->progs.from_substrate);
	maps[DATAPLANE_PORTS] = bpf_map__fd(skeleton->maps.ports);
	maps[DATAPLANE_LOCALS] = bpf_map__fd(skeleton->maps.locals);
	maps[DATAPLANE_ROUTER_PORTS] = bpf_map__fd(skeleton->maps.router_ports);
	maps[DATAPLANE_ROUTER_ADDRESSES] = bpf_map__fd(skeleton->maps.router_addresses);
	maps[DATAPLANE_ROUTES] = bpf_map__fd(skeleton->maps.routes);
	maps[DATAPLANE_ANSWERS] = bpf_map__fd(skeleton->maps.answers);
	maps[DATAPLANE_SLOTS] = bpf_map__fd(skeleton->maps.slots);
	maps[DATAPLANE_MAPPINGS] = bpf_map__fd(skeleton->maps.mappings);
	maps[DATAPLANE_NEIGHBOURS] = bpf_map__fd(skeleton->maps.neighbours);
	maps[DATAPLANE_NEXT_HOPS] = bpf_map__fd(skeleton->maps.next_hops);
	dataplane->cpus_fd = bpf_map__fd(skeleton->maps.cpus);
}

static size_t cpus_octets(const struct dataplane *dataplane)
{
	return dataplane->cpu_count * sizeof(*dataplane->cpus);
}

static int map_cpus(struct dataplane *dataplane)
{
	void *memory;

	dataplane->cpu_count = bpf_map__max_entries(dataplane->skeleton->maps.cpus);
	memory = mmap(NULL, cpus_octets(dataplane), PROT_READ | PROT_WRITE, MAP_SHARED,
		      dataplane->cpus_fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	dataplane->cpus = memory;
	return 0;
}

static int held_hand_out(void *context, void *data, size_t size)
{
	struct dataplane *dataplane = context;
	const struct held_frame *frame = data;

	if (size >= sizeof(*frame) && frame->length <= size - sizeof(*frame))
		dataplane->held_each(frame, dataplane->held_context);
	return 0;
}

static int attach_fixed(struct dataplane *dataplane)
{
	int err = attachment_add(dataplane, PROGRAM_FROM_NODE, dataplane->reinject_ifindex);

	if (!err)
		err = attachment_add(dataplane, PROGRAM_FROM_SUBSTRATE,
				     dataplane->reinject_ifindex);
	if (!err)
		err = attachment_add(dataplane, PROGRAM_FROM_SUBSTRATE,
				     dataplane->substrate_ifindex);
	return err;
}

static int open_loaded(const struct dataplane_config *config, struct dataplane *dataplane)
{
	int err;

	dataplane->pins = strdup(config->pins);
	if (!dataplane->pins)
		return -ENOMEM;
	dataplane->hook = config->hook;
	dataplane->constants = constants_of(config);
	dataplane->mappings = config->mappings;
	dataplane->substrate_ifindex = config->substrate_ifindex;
	dataplane->reinject_ifindex = config->reinject_ifindex;
	remember_descriptors(dataplane);
	dataplane->held = ring_buffer__new(bpf_map__fd(dataplane->skeleton->maps.misses),
					   held_hand_out, dataplane, NULL);
	if (!dataplane->held)
		return -errno;
	err = map_cpus(dataplane);
	if (!err)
		err = attachments_adopt(dataplane);
	return err ? err : attach_fixed(dataplane);
}

/* Whether a pinned map is what the programs expect; also if there is none. */
static bool map_fits(const struct bpf_map *map)
{
	const char *path = bpf_map__pin_path(map);
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);
	int fd = path ? bpf_obj_get(path) : -1;
	bool fits = fd < 0;

	if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
		fits = info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
		       info.value_size == bpf_map__value_size(map) &&
		       info.max_entries == bpf_map__max_entries(map) &&
		       info.map_flags == bpf_map__map_flags(map);
	if (fd >= 0)
		close(fd);
	return fits;
}

/* Whether all maps that an earlier weft has pinned can be adopted. */
static bool maps_fit(const struct weft_bpf *skeleton)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		if (!map_fits(map))
			return false;
	}
	return true;
}

/* Maps have the sizes of bpf/maps.h, unless the machine or the configuration says otherwise. */
static int resize(const struct weft_bpf *skeleton, uint32_t mappings)
{
	int err = sizes_for_cpus(skeleton->obj);

	if (!err && mappings)
		err = bpf_map__set_max_entries(skeleton->maps.mappings, mappings);
	if (!err && mappings)
		err = bpf_map__set_max_entries(skeleton->maps.neighbours, mappings);
	return err;
}

/* Opens the programs; maps of another shape, and all that works with them, are removed. */
static int open_programs(const struct dataplane_config *config, bool *ret_adopted,
			 struct weft_bpf **ret_skeleton)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = config->pins);
	struct weft_bpf *skeleton;
	char first_map[512];
	int err = directory_make(config->pins);

	if (err)
		return err;
	skeleton = weft_bpf__open_opts(&options);
	if (!skeleton)
		return -errno;
	skeleton->rodata->config = constants_of(config);
	err = resize(skeleton, config->mappings);
	if (!err && !maps_fit(skeleton))
		err = dataplane_remove(config->pins);
	snprintf(first_map, sizeof(first_map), "%s/%s", config->pins,
		 bpf_map__name(skeleton->maps.ports));
	*ret_adopted = access(first_map, F_OK) == 0;
	if (!err)
		err = weft_bpf__load(skeleton);
	if (err) {
		weft_bpf__destroy(skeleton);
		return err;
	}
	*ret_skeleton = skeleton;
	return 0;
}

/* They share what is pinned. */
int dataplane_load_xdp(struct dataplane *dataplane)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = dataplane->pins);
	struct weft_xdp_bpf *xdp;
	int err;

	if (dataplane->xdp || dataplane->xdp_error)
		return dataplane->xdp_error;
	xdp = weft_xdp_bpf__open_opts(&options);
	if (!xdp)
		return -errno;
	xdp->rodata->config = dataplane->constants;
	err = sizes_for_cpus(xdp->obj);
	if (!err && dataplane->mappings)
		err = bpf_map__set_max_entries(xdp->maps.mappings, dataplane->mappings);
	if (!err && dataplane->mappings)
		err = bpf_map__set_max_entries(xdp->maps.neighbours, dataplane->mappings);
	if (!err)
		err = weft_xdp_bpf__load(xdp);
	if (err) {
		weft_xdp_bpf__destroy(xdp);
		dataplane->xdp_error = err;
		return err;
	}
	dataplane->xdp = xdp;
	remember_program(dataplane, PROGRAM_XDP_FROM_NODE, xdp->progs.from_node);
	remember_program(dataplane, PROGRAM_XDP_FROM_SUBSTRATE, xdp->progs.from_substrate);
	remember_program(dataplane, PROGRAM_XDP_GUARD, xdp->progs.guard_substrate);
	return 0;
}

int dataplane_open(const struct dataplane_config *config, char *ret_error, size_t error_size,
		   bool *ret_adopted, struct dataplane **ret_dataplane)
{
	struct dataplane *dataplane = calloc(1, sizeof(*dataplane));
	bool adopted;
	int err;

	if (!dataplane)
		return -ENOMEM;
	libbpf_set_print(keep_complaint);
	complaint[0] = '\0';
	err = open_programs(config, &adopted, &dataplane->skeleton);
	if (!err)
		err = open_loaded(config, dataplane);
	if (err) {
		snprintf(ret_error, error_size, "%s", complaint[0] ? complaint : strerror(-err));
		dataplane_close(dataplane);
		return err;
	}
	*ret_adopted = adopted;
	*ret_dataplane = dataplane;
	return 0;
}

void dataplane_close(struct dataplane *dataplane)
{
	if (!dataplane)
		return;
	ring_buffer__free(dataplane->held);
	if (dataplane->cpus)
		munmap(dataplane->cpus, cpus_octets(dataplane));
	attachments_release(dataplane);
	weft_xdp_bpf__destroy(dataplane->xdp);
	weft_bpf__destroy(dataplane->skeleton);
	free(dataplane->pins);
	free(dataplane);
}

enum dataplane_hook dataplane_hook(const struct dataplane *dataplane)
{
	return dataplane->hook;
}

bool dataplane_is_attached(const struct dataplane *dataplane, uint32_t ifindex)
{
	return attachment_find(dataplane, PROGRAM_FROM_NODE, ifindex) != NULL;
}

int dataplane_attach(struct dataplane *dataplane, uint32_t ifindex)
{
	return attachment_add(dataplane, PROGRAM_FROM_NODE, ifindex);
}

/* The XDP program of a datapath; PROGRAMS: none. */
static enum program xdp_program_of(enum datapath datapath, bool is_substrate)
{
	if (datapath == DATAPATH_TC)
		return PROGRAMS;
	if (!is_substrate)
		return PROGRAM_XDP_FROM_NODE;
	return datapath == DATAPATH_GUARD ? PROGRAM_XDP_GUARD : PROGRAM_XDP_FROM_SUBSTRATE;
}

int dataplane_set_datapath(struct dataplane *dataplane, uint32_t ifindex, enum datapath datapath)
{
	bool is_substrate = ifindex == dataplane->substrate_ifindex;
	enum program wanted = xdp_program_of(datapath, is_substrate);

	if (datapath == DATAPATH_GUARD && !is_substrate)
		return -EINVAL;
	for (enum program program = TC_PROGRAMS; program < PROGRAMS; program++)
		if (program != wanted)
			attachment_remove(dataplane, program, ifindex);
	return wanted == PROGRAMS ? 0 : attachment_add(dataplane, wanted, ifindex);
}

enum datapath dataplane_datapath(const struct dataplane *dataplane, uint32_t ifindex,
				 enum xdp_place *ret_place)
{
	for (enum program program = TC_PROGRAMS; program < PROGRAMS; program++) {
		const struct attachment *attachment = attachment_find(dataplane, program, ifindex);

		if (!attachment)
			continue;
		*ret_place = attachment->native ? XDP_NATIVE : XDP_GENERIC;
		return program == PROGRAM_XDP_GUARD ? DATAPATH_GUARD : DATAPATH_XDP;
	}
	*ret_place = XDP_NOWHERE;
	return DATAPATH_TC;
}

void dataplane_detach_others(struct dataplane *dataplane, bool (*keep)(uint32_t ifindex, void *),
			     void *context)
{
	for (size_t i = dataplane->attachment_count; i-- > 0;) {
		struct attachment attachment = dataplane->attachments[i];
		bool of_port = attachment.program == PROGRAM_FROM_NODE ||
			       attachment.program == PROGRAM_XDP_FROM_NODE;
		bool fixed = attachment.ifindex == dataplane->reinject_ifindex ||
			     (!of_port && attachment.ifindex == dataplane->substrate_ifindex);

		if (!fixed && (!of_port || !keep(attachment.ifindex, context)))
			attachment_remove(dataplane, attachment.program, attachment.ifindex);
	}
}

int dataplane_held_fd(const struct dataplane *dataplane)
{
	return ring_buffer__epoll_fd(dataplane->held);
}

int dataplane_held_take(struct dataplane *dataplane,
			void (*each)(const struct held_frame *frame, void *context), void *context)
{
	dataplane->held_each = each;
	dataplane->held_context = context;
	return ring_buffer__consume(dataplane->held);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Test runs in the kernel; see kernel.h. */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen/weft.skel.h"
#include "loader/sizes.h"
#include "wire.h"

#define FRAME_MIN     ETH_HLEN
#define FRAME_MAX     3500
#define FRAME_OUT_MAX 8192
#define ENTRIES_MAX   4096 /* of maps that are larger on a real host */
#define CPUS_MAX      256
#define USED_UP_NS    (1ULL << 63)

struct kernel_host {
	const struct scene *scene;
	struct weft_bpf *skeleton;
	struct ring_buffer *ring;
	struct departure_copy held; /* taken out of the ring by the run at hand */
	uint64_t counts[REASONS_MAX]; /* before it */
};

/* The other ends of the interfaces, by their numbers: where copies come out. */
#define DEVICES_MAX (2 + 3 + SCENE_PORTS_MAX)
static struct pollfd devices[DEVICES_MAX];

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- namespace -------------------------------------------------------------------------------- */

/* The kernel would say IPv6 things of its own on interfaces. */
static void switch_ipv6_off(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	require(fd < 0 || write(fd, "1", 1) == 1, "can't switch IPv6 off");
	if (fd >= 0)
		close(fd);
}

/* A new tap, which has to get that number. */
static int tap_new(int number)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	require(fd >= 0 && control >= 0, "/dev/net/tun");
	require(ioctl(fd, TUNSETIFF, &request) == 0, "can't make an interface");
	request.ifr_flags = IFF_UP;
	require(ioctl(control, SIOCSIFFLAGS, &request) == 0, "can't set an interface up");
	require(ioctl(control, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == number,
		"an interface gets another number than scenes use");
	close(control);
	return fd;
}

void kernel_enter(void)
{
	cpu_set_t cpus;

	require(unshare(CLONE_NEWNET) == 0, "no network namespace (are you root?)");
	switch_ipv6_off();
	for (int number = 0; number < DEVICES_MAX; number++)
		devices[number] = (struct pollfd){
			.fd = number < 2 ? -1 : tap_new(number), /* 1 is the loopback's */
			.events = POLLIN,
		};
	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	require(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "can't stay on one CPU");
}

/* ---- loading ---------------------------------------------------------------------------------- */

static void set_maps(struct weft_bpf *skeleton)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		bpf_map__set_pin_path(map, NULL);
		if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF &&
		    bpf_map__type(map) != BPF_MAP_TYPE_ARRAY &&
		    bpf_map__max_entries(map) > ENTRIES_MAX)
			bpf_map__set_max_entries(map, ENTRIES_MAX);
	}
	require(sizes_for_cpus(skeleton->obj) == 0, "can't size the maps");
}

static void put(const struct bpf_map *map, const void *key, const void *value)
{
	require(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) == 0,
		"can't fill a map");
}

static void fill(const struct bpf_map *map, const struct table *table)
{
	size_t step = table->key_size + table->value_size;

	for (size_t i = 0; i < table->count; i++)
		put(map, table->entries + i * step, table->entries + i * step + table->key_size);
}

static void fill_all(const struct weft_bpf *skeleton, const struct scene *scene)
{
	const struct table *tables = scene->plan.tables;

	fill(skeleton->maps.ports, &tables[PLAN_PORTS]);
	fill(skeleton->maps.locals, &tables[PLAN_LOCALS]);
	fill(skeleton->maps.router_ports, &tables[PLAN_ROUTER_PORTS]);
	fill(skeleton->maps.router_addresses, &tables[PLAN_ROUTER_ADDRESSES]);
	fill(skeleton->maps.routes, &tables[PLAN_ROUTES]);
	fill(skeleton->maps.answers, &tables[PLAN_ANSWERS]);
	fill(skeleton->maps.slots, &tables[PLAN_SLOTS]);
	for (size_t i = 0; i < scene->mapping_count; i++) {
		const struct scene_mapping *known = &scene->mappings[i];

		put(skeleton->maps.mappings, &known->key, &known->mapping);
		put(skeleton->maps.neighbours, &known->neighbour, &known->key.address);
	}
}

static int keep_record(void *context, void *data, size_t size)
{
	struct kernel_host *host = context;
	const struct held_frame *frame = data;

	require(!host->held.octets, "two frames are held at once");
	host->held.length = (uint32_t)sizeof(*frame) + frame->length;
	host->held.octets = malloc(host->held.length);
	require(host->held.octets && host->held.length <= size, "a record is too short");
	memcpy(host->held.octets, data, host->held.length);
	return 0;
}

struct kernel_host *kernel_host_new(const struct scene *scene)
{
	struct kernel_host *host = calloc(1, sizeof(*host));

	require(host, "no memory");
	host->scene = scene;
	host->skeleton = weft_bpf__open();
	require(host->skeleton, "can't open the programs");
	host->skeleton->rodata->config = scene_constants(scene);
	set_maps(host->skeleton);
	require(weft_bpf__load(host->skeleton) == 0, "the kernel refuses the programs");
	fill_all(host->skeleton, scene);
	host->ring =
		ring_buffer__new(bpf_map__fd(host->skeleton->maps.misses), keep_record, host, NULL);
	require(host->ring, "no ring of held frames");
	return host;
}

/* ---- running ---------------------------------------------------------------------------------- */

static void state_set(const struct kernel_host *host, const struct arrival *arrival)
{
	const struct weft_bpf *skeleton = host->skeleton;
	const struct node_key *key = &host->scene->mappings[arrival->mapping].key;
	struct port_rates used_up = {
		.answers_ns = arrival->state & ARRIVAL_NO_ANSWERS ? USED_UP_NS : 0,
		.misses_ns = arrival->state & ARRIVAL_NO_MISSES ? USED_UP_NS : 0,
		.substrate_misses_ns = arrival->state & ARRIVAL_NO_MISSES ? USED_UP_NS : 0,
	};
	struct mapping mapping;

	if (!arrival_mapping(host->scene, arrival, &mapping))
		bpf_map_delete_elem(bpf_map__fd(skeleton->maps.mappings), key);
	else if (arrival->change)
		put(skeleton->maps.mappings, key, &mapping);
	for (size_t i = 0; i < host->scene->port_count; i++)
		if (arrival->state & (ARRIVAL_NO_ANSWERS | ARRIVAL_NO_MISSES))
			put(skeleton->maps.rates, &host->scene->ports[i].ifindex, &used_up);
}

static void state_reset(const struct kernel_host *host, const struct arrival *arrival,
			const struct node_key *missed, struct departure *departure)
{
	const struct weft_bpf *skeleton = host->skeleton;
	const struct scene_mapping *known = &host->scene->mappings[arrival->mapping];
	int mappings = bpf_map__fd(skeleton->maps.mappings);
	struct mapping left;

	if (bpf_map_lookup_elem(mappings, &known->key, &left) == 0)
		departure->changed = left;
	if (missed && bpf_map_delete_elem(mappings, missed) == 0) {
		departure->is_missed = true;
		departure->missed = *missed;
	}
	if (arrival->change)
		put(skeleton->maps.mappings, &known->key, &known->mapping);
	for (size_t i = 0; i < host->scene->port_count; i++)
		if (arrival->state & (ARRIVAL_NO_ANSWERS | ARRIVAL_NO_MISSES))
			bpf_map_delete_elem(bpf_map__fd(skeleton->maps.rates),
					    &host->scene->ports[i].ifindex);
}

/* Adds up what all CPUs have counted. */
static void counts_read(const struct kernel_host *host, uint64_t ret_counts[REASONS_MAX])
{
	int cpus = bpf_map__fd(host->skeleton->maps.cpus);
	struct cpu_state state;

	memset(ret_counts, 0, REASONS_MAX * sizeof(*ret_counts));
	for (uint32_t cpu = 0; bpf_map_lookup_elem(cpus, &cpu, &state) == 0; cpu++)
		for (uint32_t reason = 0; reason < REASONS_MAX; reason++)
			ret_counts[reason] += state.packets[reason];
}

/* What the programs remember of packets is not to be used any more. */
static void flows_forget(const struct kernel_host *host)
{
	const struct bpf_map *cpus = host->skeleton->maps.cpus;
	struct cpu_state state;

	for (uint32_t cpu = 0; bpf_map_lookup_elem(bpf_map__fd(cpus), &cpu, &state) == 0; cpu++) {
		state.generation++;
		put(cpus, &cpu, &state);
	}
}

/* The one reason that was counted since the last time. */
static int reason_take(struct kernel_host *host)
{
	uint64_t counts[REASONS_MAX], packets = 0;
	int counted = DEPARTURE_UNCOUNTED;

	counts_read(host, counts);
	for (int reason = 0; reason < REASONS_MAX; reason++) {
		packets += counts[reason] - host->counts[reason];
		if (counts[reason] != host->counts[reason])
			counted = reason;
	}
	memcpy(host->counts, counts, sizeof(counts));
	return packets == 1 ? counted : DEPARTURE_UNCOUNTED;
}

static void copies_read(uint32_t ifindex, struct departure *departure)
{
	static unsigned char frame[FRAME_OUT_MAX];
	ssize_t length;

	while ((length = read(devices[ifindex].fd, frame, sizeof(frame))) > 0) {
		struct departure_copy *copy = &departure->copies[departure->copy_count++];

		require(departure->copy_count < DEPARTURE_COPIES_MAX, "too many copies");
		copy->ifindex = ifindex;
		copy->length = (uint32_t)length;
		copy->octets = malloc(copy->length);
		require(copy->octets, "no memory");
		memcpy(copy->octets, frame, copy->length);
	}
}

static void copies_take(struct departure *departure)
{
	if (poll(devices, DEVICES_MAX, 0) <= 0)
		return;
	for (uint32_t i = 0; i < DEVICES_MAX; i++)
		if (devices[i].revents & POLLIN)
			copies_read(i, departure);
}

static void frame_take(struct departure *departure, const unsigned char *octets, uint32_t length)
{
	departure->length = length;
	departure->frame = malloc(length);
	require(departure->frame, "no memory");
	memcpy(departure->frame, octets, length);
}

bool kernel_takes(const struct arrival *arrival)
{
	if (arrival->length < FRAME_MIN || arrival->length > FRAME_MAX)
		return false;
	switch (wire_get16(arrival->frame + 2 * ETH_ALEN)) {
	case ETH_P_IP:
		return arrival->length >= WIRE_L4_AT;
	case ETH_P_IPV6:
		return arrival->length >= WIRE_IPV6_L4;
	default:
		return true;
	}
}

int kernel_run(struct kernel_host *host, const struct arrival *arrival, bool summed,
	       const struct node_key *missed, struct departure *ret_departure)
{
	static unsigned char octets[FRAME_OUT_MAX];
	const struct weft_bpf *skeleton = host->skeleton;
	struct __sk_buff in = {
		.mark = arrival->mark, .gso_size = arrival->gso_size, .ifindex = arrival->ifindex};
	struct __sk_buff out = {0};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = arrival->frame,
			    .data_size_in = arrival->length, .data_out = octets,
			    .data_size_out = sizeof(octets), .ctx_in = &in,
			    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out),
			    .flags = summed ? BPF_F_TEST_SKB_CHECKSUM_COMPLETE : 0);
	int err;

	*ret_departure = (struct departure){0};
	state_set(host, arrival);
	if (!arrival->again)
		flows_forget(host);
	err = bpf_prog_test_run_opts(bpf_program__fd(arrival->from_substrate
							     ? skeleton->progs.from_substrate
							     : skeleton->progs.from_node),
				     &options);
	ring_buffer__consume(host->ring);
	ret_departure->held = host->held;
	host->held = (struct departure_copy){0};
	ret_departure->reason = reason_take(host);
	copies_take(ret_departure);
	state_reset(host, arrival, missed, ret_departure);
	if (err)
		return err;
	ret_departure->verdict = (int)options.retval;
	ret_departure->mark = out.mark;
	frame_take(ret_departure, octets, options.data_size_out);
	return 0;
}

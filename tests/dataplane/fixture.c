/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loading the dataplane for tests, filling its maps, running its programs. See fixture.h. */
#include "fixture.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <net/ethernet.h>
#include <criterion/criterion.h>

#include "controller/plan.h"
#include "gen/weft.skel.h"
#include "gen/weft_xdp.skel.h"
#include "loader/dataplane.h"
#include "loader/sizes.h"
#include "tests/support/topology.h"

#define FRAME_OUT_MAX 8192
#define RATE_INTERVAL 1000000000000ULL /* ns: none is allowed again while a test runs */
#define RATE_ENOUGH   100000
#define MAPPINGS      4096
#define NEXT_HOP      1 /* number of the substrate's router */

/* ---- hooks ------------------------------------------------------------------------------------ */

static enum outcome tc_outcome(uint32_t return_value)
{
	switch ((int)return_value) {
	case TC_ACT_SHOT:
		return DROPPED;
	case TC_ACT_UNSPEC:
		return PASSED;
	case TC_ACT_REDIRECT:
		return SENT;
	default:
		return OUTCOME_UNKNOWN;
	}
}

static enum outcome xdp_outcome(uint32_t return_value)
{
	switch (return_value) {
	case XDP_DROP:
		return DROPPED;
	case XDP_PASS:
		return PASSED;
	case XDP_REDIRECT:
		return SENT;
	default:
		return OUTCOME_UNKNOWN;
	}
}

const struct hook hook_tc = {"tc"};
const struct hook hook_tc_summed = {"tc_summed",
				    .test_run_flags = BPF_F_TEST_SKB_CHECKSUM_COMPLETE};
const struct hook hook_xdp = {"xdp", .is_xdp = true};
const struct hook hook_guard = {"guard", .is_guard = true};

static int program_fd(const struct fixture *fixture, enum program program)
{
	return bpf_program__fd(program == FROM_NODE ? fixture->skeleton->progs.from_node
						    : fixture->skeleton->progs.from_substrate);
}

/* The program in front of that; -1 if there is none. */
static int xdp_program_fd(const struct fixture *fixture, enum program program)
{
	/* Held frames come in on the reinjection device, which has no XDP. */
	if (!fixture->xdp || fixture->setup->reinjected)
		return -1;
	if (fixture->hook->is_guard)
		return program == FROM_NODE ? -1
					    : bpf_program__fd(fixture->xdp->progs.guard_substrate);
	return bpf_program__fd(program == FROM_NODE ? fixture->xdp->progs.from_node
						    : fixture->xdp->progs.from_substrate);
}

/* ---- loading ---------------------------------------------------------------------------------- */

static const struct host *fixture_host(const struct fixture *fixture)
{
	const struct host *host = model_find_host(fixture->model, fixture->setup->host);

	cr_assert(host, "the topology has no host %s", fixture->setup->host);
	return host;
}

static struct dataplane_constants constants_of(const struct fixture *fixture)
{
	const struct fixture_setup *setup = fixture->setup;
	struct dataplane_constants constants = {
		.substrate_ifindex = SUBSTRATE_IFINDEX,
		.reinject_ifindex = setup->reinjected ? TEST_RUN_IFINDEX : REINJECT_IFINDEX,
		.reinject_out_ifindex = REINJECT_OUT,
		.answer_interval_ns = RATE_INTERVAL,
		.answer_burst_ns = RATE_INTERVAL * (setup->answers ? setup->answers : RATE_ENOUGH),
		.miss_interval_ns = RATE_INTERVAL,
		.miss_burst_ns = RATE_INTERVAL * (setup->misses ? setup->misses : RATE_ENOUGH),
	};

	constants_set_locator(&constants, &fixture_host(fixture)->locator);
	return constants;
}

static int keep_record(void *context, void *data, size_t size)
{
	struct fixture *fixture = context;
	const struct held_frame *held = data;
	cr_assert_geq(size, sizeof(*held) + held->length);
	fixture->held_count++;
	fixture->held = *held;
	fixture->held_frame = FRAME(OCTETS(held + 1, held->length));
	return 0;
}

static void load(struct fixture *fixture)
{
	struct bpf_map *map;

	cr_assert_eq(unshare(CLONE_NEWNET), 0, "no network namespace: run the tests as root");
	fixture->skeleton = weft_bpf__open();
	cr_assert(fixture->skeleton);
	bpf_object__for_each_map(map, fixture->skeleton->obj) bpf_map__set_pin_path(map, NULL);
	fixture->skeleton->rodata->config = constants_of(fixture);
	cr_assert_eq(sizes_for_cpus(fixture->skeleton->obj), 0);
	/* Large maps take longer to make than to use. */
	cr_assert_eq(bpf_map__set_max_entries(fixture->skeleton->maps.mappings, MAPPINGS), 0);
	cr_assert_eq(bpf_map__set_max_entries(fixture->skeleton->maps.neighbours, MAPPINGS), 0);
	cr_assert_eq(weft_bpf__load(fixture->skeleton), 0, "the kernel refuses the programs");
	fixture->ring = ring_buffer__new(bpf_map__fd(fixture->skeleton->maps.misses), keep_record,
					 fixture, NULL);
	cr_assert(fixture->ring);
}

/* The XDP programs, with the maps of the others but for what each has for itself. */
static void load_xdp(struct fixture *fixture)
{
	struct bpf_map *map;

	fixture->xdp = weft_xdp_bpf__open();
	cr_assert(fixture->xdp);
	bpf_object__for_each_map(map, fixture->xdp->obj)
	{
		const struct bpf_map *shared =
			bpf_object__find_map_by_name(fixture->skeleton->obj, bpf_map__name(map));

		if (!bpf_map__pin_path(map))
			continue;
		cr_assert(shared);
		bpf_map__set_pin_path(map, NULL);
		cr_assert_eq(bpf_map__reuse_fd(map, bpf_map__fd(shared)), 0);
	}
	cr_assert_eq(sizes_for_cpus(fixture->xdp->obj), 0);
	/* What isn't run need not be verified. */
	if (fixture->hook->is_guard) {
		bpf_program__set_autoload(fixture->xdp->progs.from_node, false);
		bpf_program__set_autoload(fixture->xdp->progs.from_substrate, false);
	}
	fixture->xdp->rodata->config = constants_of(fixture);
	cr_assert_eq(weft_xdp_bpf__load(fixture->xdp), 0, "the kernel refuses the XDP programs");
}

#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif

/* The pair of devices that fragments are sent round through, and a socket to see them. */
static void make_reinjection(struct fixture *fixture)
{
	char command[256];
	int on = 1;
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = REINJECT_IFINDEX,
	};

	snprintf(command, sizeof(command),
		 "ip link add weft-out index %d mtu 65535 type veth peer name weft-in index %d &&"
		 "ip link set weft-in up addrgenmode none &&"
		 "ip link set weft-out up addrgenmode none",
		 REINJECT_OUT, REINJECT_IFINDEX);
	cr_assert_eq(system(command), 0, "can't make the reinjection device");
	fixture->reinjection = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	cr_assert_geq(fixture->reinjection, 0);
	cr_assert_eq(setsockopt(fixture->reinjection, SOL_SOCKET, SO_RCVMARK, &on, sizeof(on)), 0);
	cr_assert_eq(bind(fixture->reinjection, (const struct sockaddr *)&address, sizeof(address)),
		     0);
}

const struct frame *fixture_take_copy(struct fixture *fixture, uint32_t *ret_mark)
{
	static unsigned char octets[FRAME_OUT_MAX];
	union {
		char buffer[CMSG_SPACE(sizeof(*ret_mark))];
		struct cmsghdr alignment;
	} control;
	struct iovec part = {octets, sizeof(octets)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	ssize_t length = recvmsg(fixture->reinjection, &message, 0);
	struct cmsghdr *header;

	if (length < 0)
		return NULL;
	header = CMSG_FIRSTHDR(&message);
	cr_assert(header && header->cmsg_type == SO_MARK);
	memcpy(ret_mark, CMSG_DATA(header), sizeof(*ret_mark));
	return FRAME(OCTETS(octets, (size_t)length));
}

/* ---- filling ---------------------------------------------------------------------------------- */

static void put(const struct bpf_map *map, const void *key, const void *value)
{
	cr_assert_eq(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

/* Calls `each` for the nodes of the host, in the order of the file. */
static size_t host_nodes(const struct fixture *fixture, struct plan_port *ret_ports, size_t max)
{
	const struct model *model = fixture->model;
	uint32_t host = (uint32_t)(fixture_host(fixture) - model->hosts);
	size_t count = 0;

	for (size_t n = 0; n < model->network_count; n++) {
		const struct network *network = &model->networks[n];

		for (size_t i = 0; i < network->node_count; i++) {
			const struct node *node = &network->nodes[i];
			uint32_t ifindex = NODE_IFINDEX + (uint32_t)count;

			if (node->host != host)
				continue;
			cr_assert_lt(count, max);
			if (!fixture->setup->reinjected && fixture->setup->sender &&
			    strcmp(node->name, fixture->setup->sender) == 0)
				ifindex = TEST_RUN_IFINDEX;
			ret_ports[count++] = (struct plan_port){
				.network = network,
				.node = node,
				.ifindex = ifindex,
				.flags = fixture->setup->no_xdp ? 0 : PORT_XDP,
			};
		}
	}
	return count;
}

static void fill_tables(struct fixture *fixture)
{
	struct weft_bpf *skeleton = fixture->skeleton;
	const struct bpf_map *maps[PLAN_TABLES] = {
		[PLAN_PORTS] = skeleton->maps.ports,
		[PLAN_LOCALS] = skeleton->maps.locals,
		[PLAN_ROUTER_PORTS] = skeleton->maps.router_ports,
		[PLAN_ROUTER_ADDRESSES] = skeleton->maps.router_addresses,
		[PLAN_ROUTES] = skeleton->maps.routes,
		[PLAN_ANSWERS] = skeleton->maps.answers,
		[PLAN_SLOTS] = skeleton->maps.slots,
	};
	struct plan_port ports[64];
	size_t count = host_nodes(fixture, ports, 64);
	struct plan plan;

	cr_assert_eq(plan_build(&fixture_host(fixture)->locator, ports, count, &plan), 0);
	for (size_t t = 0; t < PLAN_TABLES; t++) {
		const struct table *table = &plan.tables[t];
		size_t step = table->key_size + table->value_size;

		for (size_t i = 0; i < table->count; i++)
			put(maps[t], table->entries + i * step,
			    table->entries + i * step + table->key_size);
	}
	plan_clear(&plan);
}

static void fill_mapping(struct fixture *fixture, const struct network *network,
			 const struct node *node)
{
	const struct host *host = &fixture->model->hosts[node->host];
	const struct subnet *subnet = &network->subnets[node->subnet];
	struct mapping mapping = {
		.state = MAPPING_REMOTE,
		.subnet = htonl(subnet->prefix.address),
		.slot = node->slot,
	};
	struct neighbour_key neighbour = {.network = network->id, .subnet = mapping.subnet};
	const __be32 address = htonl(node->address);

	memcpy(mapping.mac, node->mac.octets, sizeof(mapping.mac));
	plan_address(&host->locator, network->id, node->address, &mapping.substrate,
		     &mapping.correction);
	if (host == fixture_host(fixture)) {
		mapping.state = MAPPING_LOCAL;
		mapping.ifindex = fixture_ifindex(fixture, node->name);
		mapping.flags = fixture->setup->no_xdp ? 0 : PORT_XDP;
	} else {
		mapping.next_hop = NEXT_HOP;
	}
	fixture_put(fixture, network->id, address, &mapping);
	memcpy(neighbour.mac, node->mac.octets, sizeof(neighbour.mac));
	put(fixture->skeleton->maps.neighbours, &neighbour, &address);
}

static void fill_next_hop(struct fixture *fixture)
{
	const uint32_t number = NEXT_HOP;
	struct next_hop hop = {.good_until_ns = fixture->setup->no_next_hop ? 0 : UINT64_MAX};

	memcpy(hop.mac, NEXT_HOP_MACS, sizeof(hop.mac));
	memcpy(hop.source_mac, &NEXT_HOP_MACS[sizeof(hop.mac)], sizeof(hop.source_mac));
	put(fixture->skeleton->maps.next_hops, &number, &hop);
}

/* Calls fill_mapping() for all nodes, or for that of the name. */
static void fill_mappings(struct fixture *fixture, const char *name)
{
	for (size_t n = 0; n < fixture->model->network_count; n++) {
		const struct network *network = &fixture->model->networks[n];

		for (size_t i = 0; i < network->node_count; i++)
			if (!name || strcmp(network->nodes[i].name, name) == 0)
				fill_mapping(fixture, network, &network->nodes[i]);
	}
}

void fixture_remember(struct fixture *fixture, const char *node)
{
	fill_mappings(fixture, node);
}

void fixture_open(struct fixture *fixture, const struct fixture_setup *setup,
		  const struct hook *hook)
{
	*fixture = (struct fixture){.setup = setup, .hook = hook};
	if (setup->make_topology)
		fixture->model = topology_from(setup->make_topology());
	else if (setup->topology)
		fixture->model = topology_from(setup->topology);
	else
		fixture->model = topology_figure2();
	load(fixture);
	if (hook->is_xdp || hook->is_guard)
		load_xdp(fixture);
	if (setup->reinjection)
		make_reinjection(fixture);
	fill_tables(fixture);
	fill_next_hop(fixture);
	fill_mappings(fixture, NULL);
}

void fixture_close(struct fixture *fixture)
{
	if (fixture->setup->reinjection)
		close(fixture->reinjection);
	ring_buffer__free(fixture->ring);
	weft_xdp_bpf__destroy(fixture->xdp);
	weft_bpf__destroy(fixture->skeleton);
	model_free(fixture->model);
}

uint32_t fixture_ifindex(const struct fixture *fixture, const char *name)
{
	struct plan_port ports[64];
	size_t count = host_nodes(fixture, ports, 64);

	for (size_t i = 0; i < count; i++)
		if (strcmp(ports[i].node->name, name) == 0)
			return ports[i].ifindex;
	cr_assert(false, "%s has no node %s", fixture->setup->host, name);
	return 0;
}

void fixture_put(struct fixture *fixture, uint32_t network, __be32 address,
		 const struct mapping *mapping)
{
	struct node_key key = {.network = network, .address = address};

	put(fixture->skeleton->maps.mappings, &key, mapping);
}

bool fixture_get(struct fixture *fixture, uint32_t network, __be32 address,
		 struct mapping *ret_mapping)
{
	struct node_key key = {.network = network, .address = address};

	return bpf_map_lookup_elem(bpf_map__fd(fixture->skeleton->maps.mappings), &key,
				   ret_mapping) == 0;
}

void fixture_change(struct fixture *fixture)
{
	int cpus = bpf_map__fd(fixture->skeleton->maps.cpus);
	struct cpu_state state;

	for (uint32_t cpu = 0; bpf_map_lookup_elem(cpus, &cpu, &state) == 0; cpu++) {
		state.generation++;
		put(fixture->skeleton->maps.cpus, &cpu, &state);
	}
}

void fixture_forget(struct fixture *fixture, uint32_t network, __be32 address)
{
	struct node_key key = {.network = network, .address = address};

	bpf_map_delete_elem(bpf_map__fd(fixture->skeleton->maps.mappings), &key);
}

void fixture_refuse(struct fixture *fixture, uint32_t network, __be32 address)
{
	struct mapping nobody = {.state = MAPPING_NEGATIVE};

	fixture_put(fixture, network, address, &nobody);
}

/* ---- running ---------------------------------------------------------------------------------- */

static void read_counters(const struct fixture *fixture, uint64_t ret_counters[REASON_COUNT])
{
	int cpus = bpf_map__fd(fixture->skeleton->maps.cpus);
	struct cpu_state state;

	memset(ret_counters, 0, REASON_COUNT * sizeof(*ret_counters));
	for (uint32_t cpu = 0; bpf_map_lookup_elem(cpus, &cpu, &state) == 0; cpu++)
		for (uint32_t reason = 0; reason < REASON_COUNT; reason++)
			ret_counters[reason] += state.packets[reason];
}

/* The one reason that went up by one; -1 if there is none, or more. */
static int counted_reason(const uint64_t before[REASON_COUNT], const uint64_t after[REASON_COUNT])
{
	int counted = -1;

	for (int reason = 0; reason < REASON_COUNT; reason++) {
		if (after[reason] == before[reason])
			continue;
		if (counted >= 0 || after[reason] != before[reason] + 1)
			return -1;
		counted = reason;
	}
	return counted;
}

/* Runs a program, and looks what it has counted. `options` say all else. */
static int run(struct fixture *fixture, int program, struct bpf_test_run_opts *options,
	       int *ret_reason)
{
	uint64_t before[REASON_COUNT], after[REASON_COUNT];
	int err;

	read_counters(fixture, before);
	err = bpf_prog_test_run_opts(program, options);
	read_counters(fixture, after);
	*ret_reason = counted_reason(before, after);
	fixture->held_count = 0;
	if (!fixture->leave_ring)
		ring_buffer__consume(fixture->ring);
	return err;
}

struct packet_out fixture_run(struct fixture *fixture, const struct packet_in *in)
{
	static unsigned char octets[FRAME_OUT_MAX];
	struct __sk_buff context_in = {.mark = in->mark, .gso_size = in->gso_size}, context = {0};
	struct packet_out out = {.outcome = OUTCOME_UNKNOWN};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in->frame->octets,
			    .data_size_in = (uint32_t)in->frame->length, .data_out = octets,
			    .data_size_out = sizeof(octets), .ctx_in = &context_in,
			    .ctx_size_in = sizeof(context_in), .ctx_out = &context,
			    .ctx_size_out = sizeof(context),
			    .flags = fixture->hook->test_run_flags);
	int err = run(fixture, program_fd(fixture, in->program), &options, &out.reason);

	out.sum_is_wrong = err == -EBADMSG;
	cr_assert(!err || out.sum_is_wrong, "BPF_PROG_TEST_RUN: %s", strerror(-err));
	fixture->last = out;
	if (err)
		return out;
	out.outcome = tc_outcome(options.retval);
	out.mark = context.mark;
	out.frame = FRAME(OCTETS(octets, options.data_size_out));
	fixture->last = out;
	return out;
}

bool fixture_run_xdp(struct fixture *fixture, const struct packet_in *in,
		     struct packet_out *ret_out)
{
	static unsigned char octets[FRAME_OUT_MAX];
	int program = xdp_program_fd(fixture, in->program);
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in->frame->octets,
			    .data_size_in = (uint32_t)in->frame->length, .data_out = octets,
			    .data_size_out = sizeof(octets));
	struct packet_out out = {0};
	int err;

	/* What a NIC or a stack is going to cut comes in as an skb. */
	if (program < 0 || in->gso_size)
		return false;
	err = run(fixture, program, &options, &out.reason);
	cr_assert(!err, "BPF_PROG_TEST_RUN of XDP: %s", strerror(-err));
	out.outcome = xdp_outcome(options.retval);
	out.frame = FRAME(OCTETS(octets, options.data_size_out));
	fixture->last = out;
	*ret_out = out;
	return true;
}

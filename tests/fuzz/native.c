/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The entry programs and all steps, compiled here as they are, on a hook in the heap; and the maps of a
 * scene for them. See native.h.
 */
#include "context_native.h"

/* What the loader sets before loading is set here whenever another host's program runs. */
#include "schemas/dataplane.h"
#define const
#include "bpf/config.h"
#undef const

int from_node(struct context *context);
int from_substrate(struct context *context);
#include "bpf/weft.bpf.c"

/* Behind an IPv4 packet in an IPv4 packet. */
#define TUNNEL_L4_OFFSET (L4_OFFSET + sizeof(struct iphdr))
#define USED_UP_NS       (1ULL << 63) /* when the next event would come, if it may not */

struct native_host {
	const struct scene *scene;
	struct native_maps maps;
};

/* ---- filling ---------------------------------------------------------------------------------- */

/* Makes the host the one whose program runs. */
static void hook_enter(struct native_host *host, const struct arrival *arrival,
		       struct departure *departure)
{
	struct dataplane_constants constants = scene_constants(host->scene);

	memcpy((void *)&config, &constants, sizeof(constants));
	native_hook = (struct native_hook){
		.maps = &host->maps,
		.departure = departure,
		.ring_full = arrival && (arrival->state & ARRIVAL_RING_FULL),
		.reinject_ifindex = constants.reinject_ifindex,
		.mappings = &mappings,
	};
}

static void fill(struct native_map *map, const struct table *table)
{
	size_t step = table->key_size + table->value_size;

	if (map->shape.key_size != table->key_size || map->shape.value_size != table->value_size)
		abort();
	for (size_t i = 0; i < table->count; i++)
		if (native_map_update(map, table->entries + i * step,
				      table->entries + i * step + table->key_size, BPF_ANY))
			abort();
}

struct native_host *native_host_new(const struct scene *scene)
{
	struct native_host *host = calloc(1, sizeof(*host));
	const struct table *tables = scene->plan.tables;

	if (!host)
		abort();
	host->scene = scene;
	hook_enter(host, NULL, NULL);
	fill(NATIVE_MAP(&ports), &tables[PLAN_PORTS]);
	fill(NATIVE_MAP(&locals), &tables[PLAN_LOCALS]);
	fill(NATIVE_MAP(&router_ports), &tables[PLAN_ROUTER_PORTS]);
	fill(NATIVE_MAP(&router_addresses), &tables[PLAN_ROUTER_ADDRESSES]);
	fill(NATIVE_MAP(&routes), &tables[PLAN_ROUTES]);
	fill(NATIVE_MAP(&answers), &tables[PLAN_ANSWERS]);
	fill(NATIVE_MAP(&slots), &tables[PLAN_SLOTS]);
	for (size_t i = 0; i < scene->mapping_count; i++) {
		const struct scene_mapping *known = &scene->mappings[i];

		native_map_update(NATIVE_MAP(&mappings), &known->key, &known->mapping, BPF_ANY);
		native_map_update(NATIVE_MAP(&neighbours), &known->neighbour, &known->key.address,
				  BPF_ANY);
	}
	return host;
}

void native_host_free(struct native_host *host)
{
	if (!host)
		return;
	native_maps_clear(&host->maps);
	free(host);
}

/* ---- running ---------------------------------------------------------------------------------- */

static void state_set(const struct native_host *host, const struct arrival *arrival)
{
	const struct node_key *key = &host->scene->mappings[arrival->mapping].key;
	struct port_rates used_up = {
		.answers_ns = arrival->state & ARRIVAL_NO_ANSWERS ? USED_UP_NS : 0,
		.misses_ns = arrival->state & ARRIVAL_NO_MISSES ? USED_UP_NS : 0,
		.substrate_misses_ns = arrival->state & ARRIVAL_NO_MISSES ? USED_UP_NS : 0,
	};
	struct mapping mapping;

	if (arrival_mapping(host->scene, arrival, &mapping))
		native_map_update(NATIVE_MAP(&mappings), key, &mapping, BPF_ANY);
	else
		native_map_delete(NATIVE_MAP(&mappings), key);
	for (size_t i = 0; i < host->scene->port_count; i++)
		if (arrival->state & (ARRIVAL_NO_ANSWERS | ARRIVAL_NO_MISSES))
			native_map_update(NATIVE_MAP(&rates), &host->scene->ports[i].ifindex,
					  &used_up, BPF_ANY);
}

static void state_reset(const struct native_host *host, const struct arrival *arrival,
			struct departure *departure)
{
	const struct scene_mapping *known = &host->scene->mappings[arrival->mapping];
	const struct mapping *left = native_map_lookup(NATIVE_MAP(&mappings), &known->key);

	if (left)
		departure->changed = *left;
	if (departure->is_missed)
		native_map_delete(NATIVE_MAP(&mappings), &departure->missed);
	native_map_update(NATIVE_MAP(&mappings), &known->key, &known->mapping, BPF_ANY);
	for (size_t i = 0; i < host->scene->port_count; i++)
		native_map_delete(NATIVE_MAP(&rates), &host->scene->ports[i].ifindex);
}

static struct cpu_state *cpu_state(void)
{
	__u32 zero = 0;

	return native_map_lookup(NATIVE_MAP(&cpus), &zero);
}

/* The one reason that was counted; the counters start again. Nothing for a fuzzer to learn from. */
__attribute__((no_sanitize("coverage"))) static int reason_take(void)
{
	struct cpu_state *cpu = cpu_state();
	int counted = DEPARTURE_UNCOUNTED;
	__u64 packets = 0;

	for (__u32 reason = 0; reason < REASONS_MAX; reason++) {
		packets += cpu->packets[reason];
		if (cpu->packets[reason])
			counted = (int)reason;
		cpu->packets[reason] = 0;
	}
	return packets == 1 ? counted : DEPARTURE_UNCOUNTED;
}

static struct context context_make(const struct arrival *arrival)
{
	struct context context;
	struct skb *skb = &context.skb;

	skb_make(skb, arrival->frame, arrival->length, arrival->linear);
	skb->gso_size = arrival->gso_size;
	skb->mark = arrival->mark;
	skb->ifindex = arrival->ifindex;
	skb->failing = arrival->failing;
	if (arrival->tunnel && arrival->length >= TUNNEL_L4_OFFSET)
		skb->transport_at = TUNNEL_L4_OFFSET;
	skb->unfinished = arrival->state & ARRIVAL_UNFINISHED;
	skb->sum_start = L4_OFFSET;
	skb->sum_at = L4_OFFSET;
	if (skb->unfinished)
		skb->sum_at += arrival->frame[IPV4_OFFSET + 9] == IPPROTO_TCP ? 16 : 6;
	return context;
}

static void departure_take(struct context *context, struct departure *departure)
{
	const struct skb *skb = &context->skb;

	departure->reason = reason_take();
	departure->mark = skb->mark;
	departure->gso_size = skb->gso_size;
	departure->length = skb->length;
	departure->frame = malloc(skb->length);
	if (!departure->frame)
		abort();
	skb_copy(skb, departure->frame);
	departure->unfinished = skb->unfinished;
	departure->sum_start = skb->sum_start;
	departure->sum_at = skb->sum_at;
	departure->forgets_sum = skb->forgets_sum;
}

void native_run(struct native_host *host, const struct arrival *arrival,
		struct departure *ret_departure)
{
	struct context context = context_make(arrival);

	*ret_departure = (struct departure){0};
	hook_enter(host, arrival, ret_departure);
	state_set(host, arrival);
	if (!arrival->again)
		cpu_state()->generation++;
	ret_departure->verdict =
		arrival->from_substrate ? from_substrate(&context) : from_node(&context);
	departure_take(&context, ret_departure);
	state_reset(host, arrival, ret_departure);
	skb_free(&context.skb);
}

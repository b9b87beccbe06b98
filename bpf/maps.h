/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps: who writes, who reads, what evicts. All are pinned, so they outlive weftd. Sizes are
 * what a host can need; weftd may raise them before loading. "weftd" as writer means reconcile,
 * from the plan (controller/plan.h), unless it says otherwise.
 */
#ifndef WEFT_MAPS_H
#define WEFT_MAPS_H

#include "schemas/dataplane.h"

#define MAP_PORTS_MAX    4096
#define MAP_MAPPINGS_MAX 131072

/* The nodes of this host by interface: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAP_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct port);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ports SEC(".maps");

/* The nodes of this host by address: weftd writes, from_substrate reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAP_PORTS_MAX);
	__type(key, struct node_key);
	__type(value, struct port);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} locals SEC(".maps");

/* Where virtual addresses are. BPF adds pending entries, weftd (its miss handling, not reconcile)
 * replaces them by answers and deletes them; the least recently used is evicted when it is full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAP_MAPPINGS_MAX);
	__type(key, struct node_key);
	__type(value, struct mapping);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} mappings SEC(".maps");

/* Routers of the substrate, by number: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NEXT_HOPS_MAX);
	__type(key, __u32);
	__type(value, struct next_hop);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} next_hops SEC(".maps");

/* Nodes by MAC, as far as their mappings are known: weftd writes with the mapping, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAP_MAPPINGS_MAX);
	__type(key, struct neighbour_key);
	__type(value, __be32); /* virtual address */
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} neighbours SEC(".maps");

/* Ports by slot, for substrate addresses with U: weftd writes, from_substrate reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SUBSTRATE_SLOT_MAX + 1);
	__type(key, __u32);
	__type(value, __u32); /* ifindex */
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} slots SEC(".maps");

/* Router interfaces by MAC, on the subnets that have a port: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct router_port_key);
	__type(value, struct router_port);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} router_ports SEC(".maps");

/* Who answers ARP for a router: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct router_address_key);
	__type(value, struct router_address);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} router_addresses SEC(".maps");

/* The flattened ways through the routers: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct route_key);
	__type(value, struct path);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} routes SEC(".maps");

/* How routers' ICMP messages look where they arrive: weftd writes, from_node reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct answer_key);
	__type(value, struct answer);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} answers SEC(".maps");

/* What each port may still cause: BPF writes; nobody else reads. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAP_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct port_rates);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} rates SEC(".maps");

/* What each CPU has for itself: weftd counts generations there and reads what BPF counts. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* for each CPU: see loader/sizes.h */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cpu_state);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} cpus SEC(".maps");

/* Held frames (struct held_frame): BPF writes, weftd takes them out. What doesn't fit is dropped and
 * counted. Pinned: what is held while weftd restarts is not lost. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} misses SEC(".maps");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs and weftd agree on: map keys and values, records in the ring buffer, and
 * the reasons. Every struct has its size asserted and no hidden padding: keys are compared, and
 * reconcile compares values, byte by byte. `bpf/maps.h` says who writes each map and what evicts.
 */
#ifndef WEFT_DATAPLANE_H
#define WEFT_DATAPLANE_H

#include "address.h"

#define WEFT_MAC_OCTETS 6

#define WEFT_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " has no hidden padding")

/*
 * Every packet ends in one reason, and each reason is counted: X(constant, kind, name, meaning).
 * The name is what `weft stats` and the metrics show. New reasons go in at the end of their kind.
 */
#define WEFT_REASONS(X)                                                                                \
	X(PASSED, DONE, "passed", "not weft's: left to the host's stack")                              \
	X(FORWARDED, DONE, "forwarded", "re-headed and sent to the substrate")                         \
	X(DELIVERED, DONE, "delivered", "came from the substrate, restored, given to its node")        \
	X(DELIVERED_LOCAL, DONE, "delivered_local", "given to a node of the same host")                \
	X(HELD, DONE, "held", "mapping unknown: kept by weftd until it is resolved")                   \
	X(CHECKSUM_FINISHED, DONE, "checksum_finished",                                                \
	  "sent through the reinjection device to have its checksum completed")                        \
	X(FRAGMENTED, DONE, "fragmented",                                                              \
	  "cut by a logical router; each fragment goes on as a packet of its own")                     \
	X(LEFT_SCATTERED, LEFT, "left_scattered", "its headers are not in one piece")                  \
	X(LEFT_CHECKSUM, LEFT, "left_checksum", "its checksum is not finished")                        \
	X(LEFT_NEXT_HOP, LEFT, "left_next_hop",                                                        \
	  "the substrate's router is not known by its MAC, or its interface takes no frames from XDP") \
	X(LEFT_RECEIVER, LEFT, "left_receiver",                                                        \
	  "the interface that it is for takes no frames from XDP")                                     \
	X(LEFT_CUTTING, LEFT, "left_cutting", "it is to be cut into fragments")                        \
	X(LEFT_ROOM, LEFT, "left_room", "its buffer has no room for a longer packet")                  \
	X(ARP_REPLIED, REPLY, "arp_replied", "answered with the MAC of a node or router")              \
	X(ECHO_REPLIED, REPLY, "echo_replied", "ping answered by a logical router")                    \
	X(TIMESTAMP_REPLIED, REPLY, "timestamp_replied", "ICMP timestamp from a logical router")       \
	X(TCP_RESET, REPLY, "tcp_reset", "TCP to a logical router, which has no port open")            \
	X(TIME_EXCEEDED, REPLY, "time_exceeded", "TTL ran out at a logical router")                    \
	X(NET_UNREACHABLE, REPLY, "net_unreachable", "a logical router has no route")                  \
	X(HOST_UNREACHABLE, REPLY, "host_unreachable", "nobody has the address in its subnet")         \
	X(FRAGMENTATION_NEEDED, REPLY, "fragmentation_needed",                                         \
	  "larger than the MTU of a subnet or of the fabric, and must not be fragmented")              \
	X(PORT_UNREACHABLE, REPLY, "port_unreachable", "UDP to a logical router")                      \
	X(PROTOCOL_UNREACHABLE, REPLY, "protocol_unreachable",                                         \
	  "a protocol that a logical router doesn't have")                                             \
	X(FRAME_TRUNCATED, DROP, "frame_truncated", "shorter than its headers say")                    \
	X(PORT_UNKNOWN, DROP, "port_unknown", "the interface is no port of a node (any more)")         \
	X(ETHERTYPE_UNSUPPORTED, DROP, "ethertype_unsupported", "neither IPv4 nor ARP")                \
	X(SOURCE_MAC_FOREIGN, DROP, "source_mac_foreign", "sent from a MAC the node doesn't have")     \
	X(SOURCE_ADDRESS_FOREIGN, DROP, "source_address_foreign",                                      \
	  "sent from an address the node doesn't have")                                                \
	X(ARP_MALFORMED, DROP, "arp_malformed", "not an Ethernet and IPv4 request or reply")           \
	X(ARP_UNANSWERED, DROP, "arp_unanswered", "nobody in the subnet has the address")              \
	X(IP_MALFORMED, DROP, "ip_malformed", "version, header length or total length is wrong")       \
	X(IP_CHECKSUM, DROP, "ip_checksum", "the IPv4 header's checksum is wrong")                     \
	X(IP_OPTIONS, DROP, "ip_options", "IPv4 options are not supported")                            \
	X(GROUP_UNSUPPORTED, DROP, "group_unsupported", "broadcast or multicast")                      \
	X(DESTINATION_MARTIAN, DROP, "destination_martian",                                            \
	  "an address that no router forwards to: 0.0.0.0, 127/8, group or a subnet's broadcast")      \
	X(DESTINATION_MAC_UNKNOWN, DROP, "destination_mac_unknown",                                    \
	  "the frame's MAC is neither a router's nor that of the address' node")                       \
	X(ANSWER_SUPPRESSED, DROP, "answer_suppressed",                                                \
	  "no ICMP error about an error, a later fragment or without a way back (RFC 1812 4.3.2.7)")   \
	X(ANSWER_LIMITED, DROP, "answer_limited", "more answers than the port's rate allows")          \
	X(ROUTER_IGNORES, DROP, "router_ignores", "a logical router has nothing to say to this")       \
	X(PATH_UNKNOWN, DROP, "path_unknown", "weftd has not planned a path for this port (yet)")      \
	X(PATH_TOO_LONG, DROP, "path_too_long", "more logical routers than a path can hold")           \
	X(MISS_LIMITED, DROP, "miss_limited", "more misses than the port's rate allows")               \
	X(HOLD_FULL, DROP, "hold_full", "too many frames are held for this mapping")                   \
	X(HOLD_RING_FULL, DROP, "hold_ring_full", "weftd doesn't empty the ring of held frames")       \
	X(HOLD_TOO_LARGE, DROP, "hold_too_large", "mapping unknown and frame too large to hold")       \
	X(RESIZE_FAILED, DROP, "resize_failed", "the kernel couldn't grow or shrink the packet")       \
	X(SUBSTRATE_MALFORMED, DROP, "substrate_malformed",                                            \
	  "from the substrate: not a packet that weft makes")                                          \
	X(SUBSTRATE_NODE_UNKNOWN, DROP, "substrate_node_unknown",                                      \
	  "from the substrate: its node is not on this host")                                          \
	X(SUBSTRATE_NETWORK_FOREIGN, DROP, "substrate_network_foreign",                                \
	  "from the substrate: sender and receiver are of different networks")                         \
	X(SUBSTRATE_SOURCE_UNKNOWN, DROP, "substrate_source_unknown",                                  \
	  "from the substrate: nobody has the source's virtual address")                               \
	X(SUBSTRATE_SOURCE_SPOOFED, DROP, "substrate_source_spoofed",                                  \
	  "from the substrate: the source is not where its mapping says [53, 54]")                     \
	X(SUBSTRATE_ERROR, DROP, "substrate_error",                                                    \
	  "ICMPv6 from the fabric that is no error about a packet of this host")                       \
	X(PROTOCOL_UNSUPPORTED, DROP, "protocol_unsupported",                                          \
	  "a protocol whose number means an extension header to IPv6: 0, 43, 44 and 60")

enum reason {
#define X(constant, kind, name, meaning) REASON_##constant,
	WEFT_REASONS(X)
#undef X
		REASON_COUNT
};

/* What a CPU has for itself: read and written for each packet, so what most packets need is one line. */
#define REASONS_MAX 127 /* room for reasons to come, so that an upgrade can adopt the counters */

struct cpu_state {
	__u64 generation; /* of what flows are made of: weftd counts up what has changed (bpf/flow.h) */
	__u64 packets[REASONS_MAX]; /* by reason: BPF counts */
};
WEFT_ASSERT_SIZE(struct cpu_state, 1024);
_Static_assert(REASON_COUNT <= REASONS_MAX, "every reason has its counter");

/* How a reason ends a packet. LEFT: by XDP to the tc program behind it, which counts it again. */
enum reason_kind { REASON_KIND_DONE, REASON_KIND_LEFT, REASON_KIND_REPLY, REASON_KIND_DROP };

/* What is set before the programs are loaded: constants to the verifier, so unused code vanishes. */
struct dataplane_constants {
	/* This host's locator: its first 64 bits, and of the next octet those that are fixed. */
	__be32 locator_words[2];
	__u8 locator_octet;
	__u8 locator_octet_mask; /* 0: /64, 0xff: /72 */
	__u8 reserved[2];
	__u32 substrate_ifindex; /* the NIC */
	__u32 reinject_ifindex; /* where held frames come in again */
	__u32 reinject_out_ifindex; /* and the end of the pair to send them to */
	/* Rates per port, as virtual scheduling wants them: nanoseconds an event, and of a full burst. */
	__u64 answer_interval_ns;
	__u64 answer_burst_ns;
	__u64 miss_interval_ns;
	__u64 miss_burst_ns;
};
WEFT_ASSERT_SIZE(struct dataplane_constants, 56);

/* Sets the locator. */
static inline void constants_set_locator(struct dataplane_constants *constants,
					 const struct substrate_locator *locator)
{
	__builtin_memcpy(constants->locator_words, locator->octets,
			 sizeof(constants->locator_words));
	constants->locator_octet_mask = locator->bits == SUBSTRATE_LOCATOR_LONG ? 0xff : 0;
	constants->locator_octet = locator->octets[8] & constants->locator_octet_mask;
}

/*
 * Things are named by what the topology says of them, never by numbers of our own: keys then mean
 * the same after a restart, and a dump of a map can be read. Within a network a subnet is its prefix's
 * address, a router interface its address, and a router the lowest address of its interfaces.
 */

/*
 * Where packets start: a subnet, or the longest part of it that some router has a route of its own
 * to, so that the way back is the same for all of an origin (controller/paths.h).
 */
struct origin_key {
	__u32 network_bits; /* network id << 8 | length of the prefix */
	__be32 prefix;
};
WEFT_ASSERT_SIZE(struct origin_key, 8);

/*
 * A port: the interface of one computing node. The same value stands in two maps, by interface
 * (what the node sends) and by address (what the substrate sends to it), so each direction needs
 * one lookup. All that is the same for each of its packets is worked out once, here.
 */
struct port {
	__u32 network; /* id */
	__u32 ifindex; /* the host's end of the interface */
	__be32 address; /* virtual */
	__be32 subnet; /* prefix of its subnet */
	__be32 subnet_mask;
	struct origin_key origin;
	__u16 mtu; /* octets of an IPv4 packet on its subnet */
	__u16 flags; /* PORT_* */
	__u8 mac[WEFT_MAC_OCTETS]; /* the node's */
	__u16 correction; /* of TCP and UDP checksums for this end; see `struct mapping` */
	struct substrate_address substrate; /* what the node's packets bear as source */
	/* MACs of the router interfaces of the subnet, in order of their addresses: the flow
	 * label's router n is number n - 1. */
	__u8 router_macs[FLOW_LABEL_ROUTER_MAX][WEFT_MAC_OCTETS];
	__u8 reserved[2];
};
WEFT_ASSERT_SIZE(struct port, 100);

#define PORT_PEER (1U << 0) /* a veth whose other end is in another namespace: bpf_redirect_peer */
#define PORT_XDP  (1U << 1) /* its interface takes frames that XDP redirects to it */

/* (network, virtual address): the key of `mappings` and of `locals`. */
struct node_key {
	__u32 network;
	__be32 address;
};
WEFT_ASSERT_SIZE(struct node_key, 8);

enum mapping_state {
	MAPPING_PENDING, /* asked, not answered: frames are held */
	MAPPING_REMOTE, /* on another host, at `substrate` */
	MAPPING_LOCAL, /* on this host, at `ifindex` */
	MAPPING_NEGATIVE, /* nobody, or not for us */
};

/* Where a virtual address is: the mapping cache. weftd expires it; BPF looks at no clock. */
struct mapping {
	struct substrate_address substrate;
	__be32 subnet; /* prefix of its subnet */
	union {
		__u32 ifindex; /* MAPPING_LOCAL: the port */
		__u32 next_hop; /* MAPPING_REMOTE: number in `next_hops` */
	};
	__u32 held; /* MAPPING_PENDING: frames held so far */
	__u16 flags; /* MAPPING_LOCAL: PORT_* of the port */
	/* One's complement sum of substrate address less that of the virtual one: what TCP and UDP
	 * checksums must make up for at this end (RFC 1624). Network byte order as is. */
	__u16 correction;
	__u8 mac[WEFT_MAC_OCTETS];
	__u8 state; /* enum mapping_state */
	__u8 slot; /* of its host, for packets to other addresses that it gets (U) */
};
WEFT_ASSERT_SIZE(struct mapping, 40);

/*
 * The router of the substrate that packets to a host are sent to, by number; 0 has none: then the
 * kernel looks for the route of each packet.
 */
#define NEXT_HOPS_MAX 256

struct next_hop {
	struct substrate_address gateway;
	/* For XDP, which can't ask the kernel's neighbour table: until when (CLOCK_MONOTONIC) the MACs are
	 * good; 0: they are not known. weftd goes on saying so, and if it doesn't, tc sends instead. */
	__u64 good_until_ns;
	__u8 mac[WEFT_MAC_OCTETS]; /* the gateway's */
	__u8 source_mac
		[WEFT_MAC_OCTETS]; /* the substrate interface's; behind `mac`, as in a frame */
	__u8 reserved[4];
};
WEFT_ASSERT_SIZE(struct next_hop, 40);

/* Key of `neighbours`: the node that has a MAC, for frames whose IP address is another's. */
struct neighbour_key {
	__u32 network;
	__be32 subnet;
	__u8 mac[WEFT_MAC_OCTETS];
	__u8 reserved[2];
};
WEFT_ASSERT_SIZE(struct neighbour_key, 16);

/* Key of `router_ports`: which router interface a frame is for. */
struct router_port_key {
	__u32 network;
	__be32 subnet;
	__u8 mac[WEFT_MAC_OCTETS];
	__u8 reserved[2];
};
WEFT_ASSERT_SIZE(struct router_port_key, 16);

struct router_port {
	__be32 interface; /* its address */
};
WEFT_ASSERT_SIZE(struct router_port, 4);

/* Key of `router_addresses`: who answers ARP for an address of a router. */
struct router_address_key {
	__u32 network;
	__be32 subnet; /* on which is asked */
	__be32 address; /* any of the addresses of any router on it (Linux: arp_ignore 0) */
};
WEFT_ASSERT_SIZE(struct router_address_key, 12);

struct router_address {
	__u8 mac[WEFT_MAC_OCTETS]; /* of the router's interface on that subnet */
	__u8 reserved[2];
};
WEFT_ASSERT_SIZE(struct router_address, 8);

/* Key of `routes`, an LPM trie: all but the destination is matched whole. */
struct route_key {
	__u32 prefix_bits; /* ROUTE_KEY_FIXED_BITS + those of the destination's prefix */
	struct origin_key origin;
	__be32 interface; /* of the first router, where the packet comes in */
	__be32 destination;
};
WEFT_ASSERT_SIZE(struct route_key, 20);

#define ROUTE_KEY_FIXED_BITS 96

#define PATH_HOPS_MAX 32

enum path_end {
	PATH_DELIVERS, /* the last router is on the destination's subnet */
	PATH_AT_ROUTER, /* the destination is an address of router `routers[hops]` */
	PATH_NO_ROUTE, /* router `routers[hops]` has no route */
	PATH_DISCARDS, /* router `routers[hops]` takes it and says nothing: a directed broadcast */
	PATH_LOOPS, /* from routers[hops - 1] back to routers[loop]: ends when the TTL does */
	PATH_TOO_LONG, /* more than PATH_HOPS_MAX routers */
};

/* The flattened way through the declared routers; see controller/paths.h. */
struct path {
	__u8 end; /* enum path_end */
	__u8 hops; /* routers that forward the packet, each lowers its TTL */
	__u8 loop; /* PATH_LOOPS: index in routers[] that follows the last */
	__u8 router; /* PATH_DELIVERS: number of the delivering interface, for the flow label */
	__u8 mac[WEFT_MAC_OCTETS]; /* PATH_DELIVERS: of that interface */
	__u16 mtu; /* the smallest on the way, octets of an IPv4 packet */
	/* PATH_DELIVERS: 0, or a next hop that is no router: whoever has that address gets the packet
	 * instead of the destination. */
	__be32 next_hop;
	/* In packet order; [hops] is the one where it ends, if any. */
	__be32 routers[PATH_HOPS_MAX];
	__u16 mtus[PATH_HOPS_MAX]; /* of the subnet that routers[i] forwards to */
};
WEFT_ASSERT_SIZE(struct path, 208);

/* Key of `answers`: how an ICMP message of a router looks where it started. */
struct answer_key {
	struct origin_key origin;
	__be32 router; /* as in path.routers[] */
};
WEFT_ASSERT_SIZE(struct answer_key, 12);

#define ANSWER_MTUS_MAX 6

/* No entry: the router has no way back, it stays silent. */
struct answer {
	__be32 address; /* of the router's interface towards the sender: source of ICMP errors */
	__u8 ttl; /* that is left when it arrives: 64 less the routers on the way back */
	__u8 mtu_count;
	__u8 mac[WEFT_MAC_OCTETS]; /* of the router interface that delivers it */
	/* Of the subnets on the way back, those smaller than all before: where it is fragmented. If there
	 * are more, the last is the smallest. */
	__u16 mtus[ANSWER_MTUS_MAX];
};
WEFT_ASSERT_SIZE(struct answer, 24);

/* Per port, by ifindex: virtual scheduling (GCRA) of what a node may cause. */
struct port_rates {
	__u64 answers_ns; /* theoretical arrival time of the next answer */
	__u64 misses_ns; /* of the next miss of a packet that the node sent */
	__u64 substrate_misses_ns; /* of the next miss of a packet that was sent to it */
};
WEFT_ASSERT_SIZE(struct port_rates, 24);

/* A held frame, in the ring buffer `misses`: this header, then `length` octets of the frame. */
struct held_frame {
	__u32 ifindex; /* the port that sent it, or HELD_FROM_SUBSTRATE */
	__u32 network; /* what was looked up and not found */
	__be32 address;
	__be32 asking_node; /* on whose behalf: the port that sends, or shall receive */
	__u32 length;
	__u16 gso_size; /* 0: one packet */
	__u16 purpose; /* enum held_purpose */
};
WEFT_ASSERT_SIZE(struct held_frame, 24);

enum held_purpose {
	HELD_FOR_MAPPING, /* until `address` is resolved */
	HELD_FOR_REASSEMBLY, /* until the other fragments come, for a router that has `address` */
};

#define HELD_FROM_SUBSTRATE     0
#define HELD_SMALL_OCTETS       2048 /* size of a record for most frames */
#define HELD_LARGE_OCTETS       (65536 + 64) /* and for GSO frames */
#define HELD_FRAMES_PER_MAPPING 64

/*
 * The mark of a frame that weftd sends again through the reinjection device: the port's ifindex,
 * or REINJECT_FROM_SUBSTRATE. It is only believed on that device.
 */
#define REINJECT_MARK           0x80000000U
#define REINJECT_FROM_SUBSTRATE REINJECT_MARK
#define REINJECT_WHOLE          0x40000000U /* put together from fragments, at the router it is for */
#define REINJECT_IFINDEX_MASK   0x3fffffffU

#endif

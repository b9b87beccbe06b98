/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dataplane of one host, loaded for a test: with the maps that the real plan of a topology says,
 * and a mapping for each node. Frames are put in by BPF_PROG_TEST_RUN, so nothing is attached,
 * pinned or sent; a redirect is only a return value.
 */
#ifndef WEFT_TESTS_FIXTURE_H
#define WEFT_TESTS_FIXTURE_H

#include "controller/model.h"
#include "schemas/dataplane.h"
#include "tests/support/cast.h"

#define NETWORK_Z 0x5a
#define NETWORK_Y 0x59

/* A test run's frames come in on the first interface of the namespace. */
#define TEST_RUN_IFINDEX  1
#define SUBSTRATE_IFINDEX 90
#define REINJECT_IFINDEX  91
#define REINJECT_OUT      92
#define NODE_IFINDEX      101 /* of the first node of the host, in the order of the file */

enum program { FROM_NODE, FROM_SUBSTRATE };

/* What becomes of a frame, whatever numbers the hook has for that. */
enum outcome { DROPPED, PASSED, SENT, OUTCOME_UNKNOWN };

struct fixture_setup {
	const char *host; /* whose dataplane it is */
	const char *sender; /* the node whose interface frames come in on; NULL: no node's */
	const char *topology; /* YAML; NULL: examples/figure2.yaml */
	const char *(*make_topology)(void); /* or what returns it */
	bool reinjection; /* the reinjection device is there: copies that are sent there can be read */
	bool reinjected; /* frames come in on the reinjection device, and the mark says from whom */
	uint32_t answers, misses; /* that a port's rate allows; 0: more than any test needs */
	bool no_xdp; /* the ports' interfaces take no frames from XDP */
	bool no_next_hop; /* the MAC of the substrate's router is not known */
};

/* Where the programs run. */
struct hook {
	const char *name;
	bool is_xdp; /* before tc, which gets what is left to it */
	bool is_guard; /* likewise, but nothing is ever sent: guard_substrate */
	uint32_t test_run_flags; /* of tc */
};

/*
 * tc; tc with packets whose sum the NIC has given (CHECKSUM_COMPLETE), which has to stay right; and both
 * kinds of XDP in front of tc.
 */
extern const struct hook hook_tc, hook_tc_summed, hook_xdp, hook_guard;

/* What XDP writes into frames for the substrate: the MACs of its router and of the host. */
#define NEXT_HOP_MACS "\x02\0\0\0\0\xfe\x02\0\0\0\0\xfd"

struct packet_in {
	enum program program;
	const struct frame *frame;
	uint32_t mark;
	uint16_t gso_size;
};

struct packet_out {
	enum outcome outcome;
	const struct frame *frame;
	uint32_t mark;
	int reason; /* enum reason, or -1 if not exactly one packet was counted */
	bool sum_is_wrong; /* hook_tc_summed: then outcome, frame and mark are unknown */
};

struct fixture {
	const struct fixture_setup *setup;
	const struct hook *hook;
	struct weft_bpf *skeleton;
	struct weft_xdp_bpf *xdp; /* hook_xdp and hook_guard, with the same maps */
	struct model *model;
	struct ring_buffer *ring;
	size_t held_count; /* records since fixture_run() */
	struct held_frame held; /* the last of them, and its frame */
	const struct frame *held_frame;
	struct packet_out last; /* what fixture_run() returned */
	bool leave_ring; /* nobody takes frames out of the ring */
	int reinjection; /* setup->reinjection: packet socket on the other end */
};

/* Loads and fills; the test fails if that does. */
void fixture_open(struct fixture *fixture, const struct fixture_setup *setup,
		  const struct hook *hook);
void fixture_close(struct fixture *fixture);

/* Runs the tc program on a frame. */
struct packet_out fixture_run(struct fixture *fixture, const struct packet_in *in);

/* Runs the hook's XDP program, if it has one for these frames; false if it hasn't. */
bool fixture_run_xdp(struct fixture *fixture, const struct packet_in *in,
		     struct packet_out *ret_out);

/* The next frame that was sent to the reinjection device (not by a verdict: that is a return value), and
 * its mark. NULL if there is none. */
const struct frame *fixture_take_copy(struct fixture *fixture, uint32_t *ret_mark);

/* The port of a node of this host, by its name. */
uint32_t fixture_ifindex(const struct fixture *fixture, const char *node);

/* Something has changed: what the programs remember of packets is not to be used any more. */
void fixture_change(struct fixture *fixture);

/* What the cache says of an address: nothing, a state, something else. */
void fixture_forget(struct fixture *fixture, uint32_t network, __be32 address);
void fixture_put(struct fixture *fixture, uint32_t network, __be32 address,
		 const struct mapping *mapping);
bool fixture_get(struct fixture *fixture, uint32_t network, __be32 address,
		 struct mapping *ret_mapping);
/* What the topology says of a node, as at the start. */
void fixture_remember(struct fixture *fixture, const char *node);
/* Nobody has it. */
void fixture_refuse(struct fixture *fixture, uint32_t network, __be32 address);

#endif

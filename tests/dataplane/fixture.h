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
};

/* A way to run the programs. */
struct hook {
	const char *name;
	uint32_t test_run_flags;
	enum outcome (*outcome)(uint32_t return_value);
};

/* tc; and tc with packets whose sum the NIC has given (CHECKSUM_COMPLETE), which has to stay right. */
extern const struct hook hook_tc, hook_tc_summed;

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

/* Runs a program on a frame. */
struct packet_out fixture_run(struct fixture *fixture, const struct packet_in *in);

/* The next frame that was sent to the reinjection device (not by a verdict: that is a return value), and
 * its mark. NULL if there is none. */
const struct frame *fixture_take_copy(struct fixture *fixture, uint32_t *ret_mark);

/* The port of a node of this host, by its name. */
uint32_t fixture_ifindex(const struct fixture *fixture, const char *node);

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

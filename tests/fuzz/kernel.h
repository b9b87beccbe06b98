/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of bpf/ as they are loaded into the kernel, run by BPF_PROG_TEST_RUN. Needs root. */
#ifndef WEFT_FUZZ_KERNEL_H
#define WEFT_FUZZ_KERNEL_H

#include "arrival.h"
#include "departure.h"

struct kernel_host;

/* Whether the kernel takes such a frame for a test run: a linear skb has to hold it, and it has to have the
 * IP header that its Ethernet header says. */
bool kernel_takes(const struct arrival *arrival);

/* Takes the process into a network namespace of its own, with an interface for each number that scenes use,
 * and to one CPU. What fails ends the program. */
void kernel_enter(void);

/* Loads and fills the dataplane of a scene, which must outlive it. What fails ends the program. */
struct kernel_host *kernel_host_new(const struct scene *scene);

/*
 * Runs the program that the arrival says; `linear`, and what stands for the NIC and for weftd in its
 * state, can't be had here. `summed`: the NIC has given a sum of the frame (CHECKSUM_COMPLETE), and if the program
 * leaves it wrong that is -EBADMSG. `missed` (or NULL) is the mapping that may have been marked as pending: looked for
 * and removed again. Way, interface and gso_size are not known in the departure. Returns 0 or what
 * the kernel says instead of running it, -errno.
 */
int kernel_run(struct kernel_host *host, const struct arrival *arrival, bool summed,
	       const struct node_key *missed, struct departure *ret_departure);

#endif

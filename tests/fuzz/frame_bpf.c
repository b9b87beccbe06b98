/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzing: any frame, through the programs as the kernel runs them and through the same compiled
 * natively. Both must do the same: then what the native fuzzer finds to be sound is so in the kernel.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "kernel.h"
#include "native.h"
#include "wire.h"

static struct scene scenes[SCENES];
static struct native_host *natives[SCENES];
static struct kernel_host *kernels[SCENES];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	kernel_enter();
	for (int i = 0; i < SCENES; i++) {
		scene_open(&scenes[i], (enum scene_name)i);
		natives[i] = native_host_new(&scenes[i]);
		kernels[i] = kernel_host_new(&scenes[i]);
	}
	return 0;
}

/* The clocks differ: takes the times out of a reply, and the checksum with them, once it is right. */
static void forget_times(const struct arrival *arrival, struct departure *departure)
{
	struct wire_packet packet;

	if (departure->reason != REASON_TIMESTAMP_REPLIED)
		return;
	if (!wire_parse(departure->frame, departure->length, &packet) || packet.l4_octets != 20 ||
	    !wire_sum_is_right(&packet))
		judge_fail(arrival, departure, "a timestamp reply is unsound");
	memset(packet.l4 + 2, 0, 2);
	memset(packet.l4 + 12, 0, 8);
}

/* Where somebody looks at the NIC's sum, it is still right. (Nobody does with ARP.) */
static void run_summed(const struct arrival *arrival, const struct departure *native)
{
	static struct departure summed;

	if (native->verdict == TC_ACT_SHOT || native->reason == REASON_ARP_REPLIED ||
	    native->forgets_sum)
		return;
	if (kernel_run(kernels[arrival->scene], arrival, true, NULL, &summed) == -EBADMSG)
		judge_fail(arrival, native, "the sum that the NIC gave has become wrong");
	departure_clear(&summed);
}

/* Two packets more of the flow, which follow what was found out about the first. */
static void run_again(struct arrival *arrival, const struct departure *first)
{
	static struct departure next;
	const char *difference;

	arrival->again = true;
	for (int i = 0; i < 2; i++) {
		if (kernel_run(kernels[arrival->scene], arrival, false, NULL, &next))
			judge_fail(arrival, first, "the kernel refuses the next packet");
		difference = judge_difference(first, &next, false);
		if (difference) {
			departure_print("the next packet", &next);
			judge_fail(arrival, first, difference);
		}
		departure_clear(&next);
	}
	arrival->again = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arrival arrival;
	static struct departure native, kernel;
	const char *difference;
	int err;

	if (!arrival_read(scenes, data, size, &arrival) || !kernel_takes(&arrival))
		return 0;
	arrival.linear = arrival.length;
	arrival.failing = 0;
	arrival.tunnel = false;
	arrival.state &= ARRIVAL_NO_ANSWERS | ARRIVAL_NO_MISSES;
	native_run(natives[arrival.scene], &arrival, &native);
	err = kernel_run(kernels[arrival.scene], &arrival, false,
			 native.is_missed ? &native.missed : NULL, &kernel);
	if (err) {
		fprintf(stderr, "\nBPF_PROG_TEST_RUN: %s", strerror(-err));
		judge_fail(&arrival, &native, "the kernel refuses the frame");
	}
	run_summed(&arrival, &native);
	forget_times(&arrival, &native);
	forget_times(&arrival, &kernel);
	difference = judge_difference(&native, &kernel, false);
	if (difference) {
		departure_print("kernel", &kernel);
		judge_fail(&arrival, &native, difference);
	}
	if (kernel.reason == REASON_FORWARDED || kernel.reason == REASON_DELIVERED)
		run_again(&arrival, &kernel);
	departure_clear(&native);
	departure_clear(&kernel);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzing: any frame, through the programs of bpf/ compiled natively with sanitizers. It must end in
 * one reason and leave nothing unsound (judge.h), however much of it can be read at once; and what
 * one host forwards the other host delivers as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "native.h"

static struct scene scenes[SCENES];
static struct native_host *hosts[SCENES];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	for (int i = 0; i < SCENES; i++) {
		scene_open(&scenes[i], (enum scene_name)i);
		hosts[i] = native_host_new(&scenes[i]);
	}
	return 0;
}

/* The whole frame at once gives the same. */
static void run_linear(struct arrival *arrival, const struct departure *departure)
{
	static struct departure other;
	const uint32_t linear = arrival->linear;
	const char *difference;

	arrival->linear = arrival->length;
	native_run(hosts[arrival->scene], arrival, &other);
	arrival->linear = linear;
	difference = judge_difference(departure, &other, true);
	if (difference) {
		departure_print("read at once", &other);
		judge_fail(arrival, departure, difference);
	}
	departure_clear(&other);
}

/* To the other host, where all is known. */
static void run_across(const struct arrival *arrival, const struct departure *departure)
{
	static struct arrival crossed; /* the rest stays zero */
	static struct departure received;

	crossed.scene = scene_across(arrival->scene);
	crossed.from_substrate = true;
	crossed.ifindex = scenes[crossed.scene].devices.substrate;
	crossed.length = departure->length;
	crossed.linear = departure->length;
	memcpy(crossed.frame, departure->frame, departure->length);
	native_run(hosts[crossed.scene], &crossed, &received);
	judge(&scenes[crossed.scene], &crossed, &received);
	judge_round_trip(arrival, &crossed, &received);
	departure_clear(&received);
}

/* Two packets more of the flow, which follow what was found out about the first. */
static void run_again(struct arrival *arrival, const struct departure *first)
{
	static struct departure next;
	const char *difference;

	arrival->again = true;
	for (int i = 0; i < 2; i++) {
		native_run(hosts[arrival->scene], arrival, &next);
		difference = judge_difference(first, &next, true);
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
	static struct departure departure;

	if (!arrival_read(scenes, data, size, &arrival))
		return 0;
	native_run(hosts[arrival.scene], &arrival, &departure);
	judge(&scenes[arrival.scene], &arrival, &departure);
	if (!arrival.failing &&
	    (departure.reason == REASON_FORWARDED || departure.reason == REASON_DELIVERED))
		run_again(&arrival, &departure);
	if (arrival.linear < arrival.length && !arrival.failing)
		run_linear(&arrival, &departure);
	if (departure.reason == REASON_FORWARDED && arrival.change == CACHE_AS_IS &&
	    !arrival.gso_size && !departure.unfinished)
		run_across(&arrival, &departure);
	departure_clear(&departure);
	return 0;
}

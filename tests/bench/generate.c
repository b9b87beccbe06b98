/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames without sockets: the kernel makes them for an XDP program that sends them out of an interface
 * (BPF_F_TEST_XDP_LIVE_FRAMES), several times faster than any socket. Whoever is at the other end of a
 * veth needs NAPI to get them: an XDP program, or `ethtool -K INTERFACE gro on`.
 *
 *   generate INTERFACE SECONDS PPS node FROM_MAC TO_MAC FROM TO PORT
 *       what a node sends
 *   generate INTERFACE SECONDS PPS substrate TO_MAC NETWORK FROM_LOCATOR FROM TO_LOCATOR TO PORT
 *       the same as it comes from the fabric
 *
 * PPS bounds the packets a second, by 20 bursts a second: the kernel takes some 25 ms to end a generator,
 * so there can't be many more. 0 is no bound. Prints how many a second it has sent, and how many a
 * second of its CPU time, into which counts all that is done until they are in memory again, or in a
 * queue. What counts is what arrives: `hop count`.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <sys/time.h>

#include "bench.h"
#include "frames.h"
#include "tests/bench/generate.h" /* before the skeleton, which uses it */

#include "gen/generate.skel.h"

#define USAGE                                                                   \
	"generate INTERFACE SECONDS PPS node FROM_MAC TO_MAC FROM TO PORT | "   \
	"generate INTERFACE SECONDS PPS substrate TO_MAC NETWORK FROM_LOCATOR " \
	"FROM TO_LOCATOR TO PORT"
#define BATCH           64 /* frames on their way before the receiver is told */
#define BURSTS_A_SECOND 20
#define INTERRUPT_MS    10

_Static_assert(sizeof(struct substrate_frame) == 4 * GENERATE_WORDS_MAX, "frame");
_Static_assert(sizeof(struct node_frame) % 4 == 0, "words");

static bool frame_read(int argc, char **argv, struct generate_config *config)
{
	if (argc == 10 && strcmp(argv[4], "node") == 0) {
		struct node_frame frame;

		node_frame_read(argv + 5, &frame);
		memcpy(config->frame, &frame, sizeof(frame));
		config->words = sizeof(frame) / 4;
		return true;
	}
	if (argc == 12 && strcmp(argv[4], "substrate") == 0) {
		struct substrate_frame frame;

		substrate_frame_read(argv + 5, &frame);
		memcpy(config->frame, &frame, sizeof(frame));
		config->words = sizeof(frame) / 4;
		return true;
	}
	return false;
}

/* Sends so many frames, fewer if a signal comes. */
static void frames_send(int program, const struct generate_config *config, uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = config->frame,
		    .data_size_in = 4 * config->words, .repeat = (int)count, .batch_size = BATCH,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(program, &options) < 0 && errno != EINTR)
		die("live frames", errno);
}

static void interrupt(int signal)
{
}

/* System calls end when so much time has passed, and again and again, should one begin just then. */
static void interrupt_after(uint64_t duration)
{
	struct sigaction action = {.sa_handler = interrupt};
	struct itimerval timer = {.it_interval.tv_usec = INTERRUPT_MS * 1000};

	timer.it_value.tv_sec = (time_t)(duration / NS_PER_S);
	timer.it_value.tv_usec = (suseconds_t)(duration % NS_PER_S / 1000);
	checked(sigaction(SIGALRM, &action, NULL), "signal");
	checked(setitimer(ITIMER_REAL, &timer, NULL), "timer");
}

static void sleep_until(uint64_t when_ns)
{
	struct timespec when = {.tv_sec = (time_t)(when_ns / NS_PER_S),
				.tv_nsec = (long)(when_ns % NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static void send_all(const struct generate_bpf *skeleton, const struct generate_config *config,
		     uint64_t duration, uint32_t pps)
{
	int program = bpf_program__fd(skeleton->progs.generate);
	const volatile uint64_t *sent = (const volatile uint64_t *)&skeleton->bss->sent;
	uint64_t start = now_ns(), cpu_start = cpu_ns(), end;

	interrupt_after(duration);
	do {
		frames_send(program, config, pps ? pps / BURSTS_A_SECOND : INT32_MAX);
		if (pps)
			sleep_until(start + *sent * NS_PER_S / pps);
		end = now_ns();
	} while (end - start < duration);
	printf("%.0f %.0f\n", (double)*sent * 1e9 / (double)(end - start),
	       (double)*sent * 1e9 / (double)(cpu_ns() - cpu_start));
}

int main(int argc, char **argv)
{
	struct generate_config config = {};
	struct generate_bpf *skeleton;

	if (argc < 5 || !frame_read(argc, argv, &config))
		die_usage(USAGE);
	config.out_ifindex = interface_index(argv[1]);
	skeleton = generate_bpf__open();
	if (!skeleton)
		die("open", errno);
	memcpy((void *)&skeleton->rodata->config, &config, sizeof(config));
	if (generate_bpf__load(skeleton) < 0)
		die("load", errno);
	send_all(skeleton, &config, duration_ns(argv[2]), number(argv[3]));
	generate_bpf__destroy(skeleton);
	return 0;
}

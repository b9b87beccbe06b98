/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a program of hop.bpf.c to an interface, in the driver.
 *
 *   hop redirect INTERFACE OUT_INTERFACE   for as long as the interface is there
 *   hop count INTERFACE SECONDS SENDER     drops what comes, and prints how many frames a second that
 *                                          were, and how many a second of CPU time of the process
 *                                          SENDER, from a tenth of a second after the first frame on
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <unistd.h>

#include "bench.h"

#include "gen/hop.skel.h"

#define USAGE      "hop redirect INTERFACE OUT_INTERFACE | hop count INTERFACE SECONDS SENDER"
#define PATIENCE_S 5
#define LOOK_US    500

static struct hop_bpf *programs_load(uint32_t out_ifindex)
{
	struct hop_bpf *skeleton = hop_bpf__open();

	if (!skeleton)
		die("open", errno);
	skeleton->rodata->out_ifindex = out_ifindex;
	if (hop_bpf__load(skeleton) < 0)
		die("load", errno);
	return skeleton;
}

static void redirect(const char *interface, const char *out_interface)
{
	struct hop_bpf *skeleton = programs_load(interface_index(out_interface));
	int err = bpf_xdp_attach((int)interface_index(interface),
				 bpf_program__fd(skeleton->progs.hop_redirect), XDP_FLAGS_DRV_MODE,
				 NULL);

	if (err)
		die(interface, -err);
	hop_bpf__destroy(skeleton);
}

static uint64_t frames_counted(const struct hop_bpf *skeleton)
{
	static uint64_t *counts; /* one for each CPU */
	int cpus = libbpf_num_possible_cpus();
	uint64_t sum = 0;
	uint32_t key = 0;

	if (!counts)
		counts = calloc((size_t)cpus, sizeof(*counts));
	if (!counts)
		die("counters", ENOMEM);
	checked(bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.frames), &key, counts), "counters");
	for (int i = 0; i < cpus; i++)
		sum += counts[i];
	return sum;
}

static void wait_for_frames(const struct hop_bpf *skeleton)
{
	uint64_t start = now_ns();

	while (!frames_counted(skeleton)) {
		if (now_ns() - start > PATIENCE_S * NS_PER_S)
			die("nothing came", ETIMEDOUT);
		usleep(LOOK_US);
	}
}

struct moment {
	uint64_t now_ns, sender_cpu_ns, frames;
};

static struct moment moment_read(const struct hop_bpf *skeleton, clockid_t sender)
{
	struct timespec cpu;

	checked(clock_gettime(sender, &cpu), "the sender's CPU time");
	return (struct moment){
		.now_ns = now_ns(),
		.sender_cpu_ns = (uint64_t)cpu.tv_sec * NS_PER_S + (uint64_t)cpu.tv_nsec,
		.frames = frames_counted(skeleton),
	};
}

/* By a link, which ends with this process, however that ends. */
static void count(const char *interface, uint64_t duration, pid_t sender_pid)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	struct hop_bpf *skeleton = programs_load(0);
	struct moment before, after;
	clockid_t sender;
	double frames;
	int err = clock_getcpuclockid(sender_pid, &sender);

	if (err)
		die("the sender", err);
	checked(bpf_link_create(bpf_program__fd(skeleton->progs.hop_count),
				(int)interface_index(interface), BPF_XDP, &options),
		interface);
	wait_for_frames(skeleton);
	usleep(100000);
	before = moment_read(skeleton, sender);
	usleep((useconds_t)(duration / 1000));
	after = moment_read(skeleton, sender);
	frames = (double)(after.frames - before.frames);
	printf("%.0f %.0f\n", frames * 1e9 / (double)(after.now_ns - before.now_ns),
	       frames * 1e9 / (double)(after.sender_cpu_ns - before.sender_cpu_ns));
	hop_bpf__destroy(skeleton);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "redirect") == 0)
		redirect(argv[2], argv[3]);
	else if (argc == 5 && strcmp(argv[1], "count") == 0)
		count(argv[2], duration_ns(argv[3]), (pid_t)number(argv[4]));
	else
		die_usage(USAGE);
	return 0;
}

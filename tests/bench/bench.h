/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tools of `make bench` share: time, numbers from the command line, and ending with a
 * reason. Each tool prints nothing but figures, separated by spaces: the scripts name them.
 */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* CPU time of this process, with what the kernel does for it. */
static inline uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Ends the tool: what it wanted to do, and why that failed. */
static inline _Noreturn void die(const char *what, int err)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(err));
	exit(EXIT_FAILURE);
}

/* The result of a system call, if it is one. */
static inline int checked(int result, const char *what)
{
	if (result < 0)
		die(what, errno);
	return result;
}

static inline _Noreturn void die_usage(const char *usage)
{
	fprintf(stderr, "usage: %s\n", usage);
	exit(2);
}

/* Seconds with a fraction, as nanoseconds. */
static inline uint64_t duration_ns(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds > 0))
		die(text, EINVAL);
	return (uint64_t)(seconds * 1e9);
}

static inline uint32_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (end == text || *end || value > UINT32_MAX)
		die(text, EINVAL);
	return (uint32_t)value;
}

/* Of this network namespace. */
static inline uint32_t interface_index(const char *name)
{
	uint32_t ifindex = if_nametoindex(name);

	if (!ifindex)
		die(name, errno);
	return ifindex;
}

/* Marsaglia's xorshift: good enough to visit a table in no order. */
static inline uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * limit >> 32);
}

static inline int u32_compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The value that `percent` of sorted values don't exceed; 0 of none. */
static inline uint32_t percentile(const uint32_t *sorted, size_t count, unsigned int percent)
{
	return count ? sorted[(count - 1) * percent / 100] : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of bpf/, compiled natively: the same source, with sanitizers. */
#ifndef WEFT_FUZZ_NATIVE_H
#define WEFT_FUZZ_NATIVE_H

#include "arrival.h"
#include "departure.h"

#define NATIVE_NOW_NS 1700000000123456789ULL /* what every clock says */

struct native_host;

/* The dataplane of a scene, which must outlive it. Ends the program without memory. */
struct native_host *native_host_new(const struct scene *scene);

/* Runs the program that the arrival says. All is then as before, so that runs don't know of each other. */
void native_run(struct native_host *host, const struct arrival *arrival,
		struct departure *ret_departure);

/* Frees it; takes NULL. */
void native_host_free(struct native_host *host);

#endif

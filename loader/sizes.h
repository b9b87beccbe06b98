/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps whose size depends on the machine: also for tests that load the programs by themselves. */
#ifndef WEFT_LOADER_SIZES_H
#define WEFT_LOADER_SIZES_H

#include <bpf/libbpf.h>

/* Before an object is loaded: gives maps that are defined for one CPU as much for each. 0 or -errno. */
int sizes_for_cpus(struct bpf_object *object);

#endif

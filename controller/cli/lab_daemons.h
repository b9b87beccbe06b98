/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemons of an emulated lab: weft-manager, and a weftd for each host. Functions return 0 or
 * -errno and have then told stderr what failed.
 */
#ifndef WEFT_LAB_DAEMONS_H
#define WEFT_LAB_DAEMONS_H

#include "lab.h"

/* Start the daemon, detached, with its output in its log. */
int manager_start(const struct lab *lab);
int agent_start(const struct lab *lab, const struct host *host);

/* Kill the daemon if it runs, and wait until it is gone. `host` is the name of a host. */
int manager_stop(const struct lab *lab);
int agent_stop(const struct lab *lab, const char *host);

/* Whether the daemon runs. */
bool manager_runs(const struct lab *lab);
bool agent_runs(const struct lab *lab, const char *host);

#endif

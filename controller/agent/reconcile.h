/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes the maps what the plan says, by difference: entries that are right are not touched. */
#ifndef WEFT_AGENT_RECONCILE_H
#define WEFT_AGENT_RECONCILE_H

#include "controller/plan.h"
#include "loader/dataplane.h"

/* Writes entries that are missing or different. Returns 0 or the first -errno; it goes on. */
int reconcile_write(struct dataplane *dataplane, const struct plan *plan);

/* Deletes entries that the plan doesn't have. Returns 0 or -errno. */
int reconcile_delete(struct dataplane *dataplane, const struct plan *plan);

#endif

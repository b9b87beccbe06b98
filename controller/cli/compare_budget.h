/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often each node may still be told by each router that it has no route. Whatever its other limits, a
 * Linux router says "net unreachable" 5 times to a sender, then once a second (ip_error() in
 * net/ipv4/route.c, for the whole machine to set): an answer that depends on the time can't be compared.
 */
#ifndef WEFT_COMPARE_BUDGET_H
#define WEFT_COMPARE_BUDGET_H

#include "compare_aim.h"
#include "compare_probe.h"

struct budget {
	const struct model *model;
	uint8_t *spent; /* by sender and router: packets that found no route there */
	size_t senders, routers; /* its dimensions */
};

/* Returns 0 and a budget that the caller clears, or -ENOMEM. The model must outlive it. */
int budget_make(const struct model *model, struct budget *ret_budget);
void budget_clear(struct budget *budget);

/* Whether a probe of so many frames, however large, may be sent there. */
bool budget_allows(const struct budget *budget, const struct probe *probe, const struct aim *aim,
		   size_t frames);

/* Counts what a probe asks for that is sent there with that TTL. */
void budget_charge(struct budget *budget, const struct probe *probe, const struct aim *aim,
		   uint8_t ttl);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets without a route. See compare_budget.h. */
#include <errno.h>
#include <stdlib.h>

#include "compare_budget.h"

#define NO_ROUTE_MAX  5
#define HEADER_OCTETS 20 /* IPv4 */

int budget_make(const struct model *model, struct budget *ret_budget)
{
	struct budget budget = {.model = model};

	for (size_t n = 0; n < model->network_count; n++) {
		budget.senders += model->networks[n].node_count;
		if (model->networks[n].router_count > budget.routers)
			budget.routers = model->networks[n].router_count;
	}
	budget.spent = calloc(budget.senders + 1, budget.routers + 1);
	if (!budget.spent)
		return -ENOMEM;
	*ret_budget = budget;
	return 0;
}

void budget_clear(struct budget *budget)
{
	free(budget->spent);
	*budget = (struct budget){0};
}

static uint8_t *spent_of(const struct budget *budget, const struct probe *probe,
			 const struct aim *aim)
{
	size_t sender = probe->node;

	for (uint32_t n = 0; n < probe->network; n++)
		sender += budget->model->networks[n].node_count;
	return &budget->spent[sender * budget->routers + aim->end];
}

/* In how many packets one of `octets` comes to the router that has no route. */
static size_t pieces_of(const struct aim *aim, size_t octets)
{
	size_t piece = (aim->mtu - HEADER_OCTETS) / 8 * 8;

	return octets <= aim->mtu ? 1 : (octets - HEADER_OCTETS + piece - 1) / piece;
}

bool budget_allows(const struct budget *budget, const struct probe *probe, const struct aim *aim,
		   size_t frames)
{
	const struct network *network = &budget->model->networks[probe->network];
	uint16_t mtu = network->subnets[network->nodes[probe->node].subnet].mtu;

	return !aim->no_route ||
	       *spent_of(budget, probe, aim) + frames * pieces_of(aim, mtu) <= NO_ROUTE_MAX;
}

void budget_charge(struct budget *budget, const struct probe *probe, const struct aim *aim,
		   uint8_t ttl)
{
	if (!aim->no_route || (aim->hops && ttl <= aim->hops))
		return;
	for (size_t f = 0; f < probe->frame_count; f++)
		*spent_of(budget, probe, aim) += (uint8_t)pieces_of(aim, probe->frames[f].length);
}

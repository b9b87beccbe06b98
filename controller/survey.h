/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which routers the packets of a network's nodes start at, and where they get from there: what the
 * warnings about routes are found with. Used by validate*.c only.
 */
#ifndef WEFT_SURVEY_H
#define WEFT_SURVEY_H

#include "lookup.h"
#include "paths.h"
#include "report.h"

/* A router that packets of a subnet's nodes start at: their gateway. */
struct survey_start {
	uint32_t subnet, router; /* indices */
};

struct survey {
	const struct network *network;
	struct report *report;
	uint64_t *budget; /* what walking may still cost; 0: the survey is not complete */
	uint64_t step_cost; /* of one router's table and of finding the next router */
	struct survey_start *starts; /* in ascending order, each once */
	size_t start_count;
	uint32_t *first_start; /* of each subnet; [subnet_count] is start_count */
	bool *transit; /* of each subnet: nobody but routers is on it */
	struct path_step *steps; /* of each router, by survey_steps() */
	uint8_t *reached; /* by survey_reach(): of each pair of subnets */
	__be32 *router_names; /* path_router() of each router: keys of `routers` */
	struct lookup routers; /* index by that */
};

/* Prepares the survey of a network without errors. Returns 0, or -ENOMEM; to be cleared either way. */
int survey_open(const struct network *network, struct report *report, uint64_t *budget,
		struct survey *ret_survey);
void survey_clear(struct survey *survey);

/* Whether packets of nodes of the subnet (index) have a router to start at. */
bool survey_has_start(const struct survey *survey, uint32_t subnet);

/* path_walk() from a router (index). Returns false when the budget is used up. */
bool survey_walk(struct survey *survey, uint32_t router, const struct ipv4_prefix *to,
		 struct path *ret_path);

/* path_steps() to a prefix: survey->steps is good until the next call. False: as above. */
bool survey_steps(struct survey *survey, const struct ipv4_prefix *to);

/* The router (index) at a place in the list of a path. */
uint32_t survey_router_at(const struct survey *survey, const struct path *path, uint8_t hop);

/* Warns of routing loops. Returns 0 or -ENOMEM. */
int survey_loops(struct survey *survey);

/* Warns of unreachable subnets and one-way routes. Returns 0 or -ENOMEM. */
int survey_reach(struct survey *survey);

#endif

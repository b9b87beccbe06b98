/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a port may cause in a second: answers and misses, so it can't load its host with them. */
#ifndef WEFT_RATE_H
#define WEFT_RATE_H

#include "config.h"
#include "maps.h"

/*
 * Virtual scheduling (ITU-T I.371, GCRA): `*arrival_ns` is when the next event would come at the
 * allowed rate; an event is refused when that lies more than a burst ahead. Two CPUs may race and let
 * one event too many pass, which does no harm.
 */
static __always_inline bool rate_allows(__u64 *arrival_ns, __u64 interval_ns, __u64 burst_ns)
{
	__u64 now_ns = bpf_ktime_get_ns();
	__u64 next_ns = *arrival_ns > now_ns ? *arrival_ns : now_ns;

	if (next_ns + interval_ns > now_ns + burst_ns)
		return false;
	*arrival_ns = next_ns + interval_ns;
	return true;
}

/* The state of a port, made when it is first needed; NULL if there is no room. */
static __always_inline struct port_rates *rate_state(__u32 ifindex)
{
	struct port_rates *state = bpf_map_lookup_elem(&rates, &ifindex);
	struct port_rates empty = {};

	if (state)
		return state;
	bpf_map_update_elem(&rates, &ifindex, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rates, &ifindex);
}

static __always_inline bool rate_allows_answer(const struct port *port)
{
	struct port_rates *state = rate_state(port->ifindex);

	return state &&
	       rate_allows(&state->answers_ns, config.answer_interval_ns, config.answer_burst_ns);
}

/* Misses of what a node sends and of what is sent to it are apart: strangers can't use up its own. */
static __always_inline bool rate_allows_miss(const struct port *port, bool from_substrate)
{
	struct port_rates *state = rate_state(port->ifindex);

	if (!state)
		return false;
	return rate_allows(from_substrate ? &state->substrate_misses_ns : &state->misses_ns,
			   config.miss_interval_ns, config.miss_burst_ns);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What has to be true of every frame, whatever came in. */
#ifndef WEFT_FUZZ_JUDGE_H
#define WEFT_FUZZ_JUDGE_H

#include "arrival.h"
#include "departure.h"

/*
 * Ends the program, and says why, unless one reason was counted, verdict and destination are of its
 * kind, nothing came into another network, and what goes out is sound: lengths, checksums, addresses,
 * and the content it had before.
 */
void judge(const struct scene *scene, const struct arrival *arrival,
	   const struct departure *departure);

/*
 * The same of a packet that was forwarded in one scene and has come out in the scene across: it is the
 * packet that the node sent, but for its TTL.
 */
void judge_round_trip(const struct arrival *sent, const struct arrival *crossed,
		      const struct departure *received);

/* What differs between two runs on the same arrival, or NULL. With `ways` also what the kernel's test run
 * doesn't tell. The hash in a flow label may differ, it sees only what can be read directly. */
const char *judge_difference(const struct departure *a, const struct departure *b, bool ways);

/* Shows the arrival and ends the program: `complaint` is what is wrong with the departure. */
_Noreturn void judge_fail(const struct arrival *arrival, const struct departure *departure,
			  const char *complaint);

#endif

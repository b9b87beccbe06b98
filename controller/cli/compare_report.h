/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a comparison has found, for people. Pure. */
#ifndef WEFT_COMPARE_REPORT_H
#define WEFT_COMPARE_REPORT_H

#include <stdio.h>

#include "compare_match.h"

#define REPORT_DIFFERENCES 10 /* that are usually shown in full */

/*
 * Prints each difference, `max` at most, and counts all by kind of probe: the probe, who received what of it in which lab, and what to type to see it
 * again: `command`, to which the number of the probe is added.
 */
void comparison_report(FILE *out, const struct model *model, const struct probe_list *probes,
		       const struct comparison *comparison, size_t max, const char *command);

#endif

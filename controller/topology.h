/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a topology file (YAML; JSON is a subset of it) into a model. Positions are kept. Checks form
 * only: keys, types, syntax of addresses, names that refer to nothing. Whether it makes sense is
 * `validate.h`. The format is described in docs/topology.md.
 */
#ifndef WEFT_TOPOLOGY_H
#define WEFT_TOPOLOGY_H

#include "model.h"
#include "report.h"

/*
 * Reads `text` of `size` octets. Goes on after each problem, so that the report has all of them; a
 * YAML syntax error ends the reading. Returns 0 and a model of all that could be read (also when
 * there were errors, see report->errors), or -ENOMEM.
 * *ret_model belongs to the caller: model_free().
 */
int topology_read(const char *text, size_t size, struct report *report, struct model **ret_model);

#endif

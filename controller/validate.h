/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges a model: everything that design section 8 names, all at once. Pure: no kernel, no files.
 */
#ifndef WEFT_VALIDATE_H
#define WEFT_VALIDATE_H

#include "model.h"
#include "report.h"

/* Adds an error or a warning to the report for each thing that is wrong with the model. */
void model_validate(const struct model *model, struct report *report);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reasons as text, from the one list in schemas/dataplane.h. */
#include "dataplane.h"

static const struct reason_text reasons[REASON_COUNT] = {
#define X(constant, kind, name, meaning) {name, meaning, REASON_KIND_##kind},
	WEFT_REASONS(X)
#undef X
};

const struct reason_text *reason_text(enum reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? &reasons[reason] : NULL;
}

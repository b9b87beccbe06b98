/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the loader sets before loading; schemas/dataplane.h says what. */
#ifndef WEFT_CONFIG_H
#define WEFT_CONFIG_H

#include "schemas/dataplane.h"

/* To be read as volatile: else clang takes it for zeros. */
const volatile struct dataplane_constants config;

#endif

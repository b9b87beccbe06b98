/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cast of examples/figure2.yaml as frames show it, written down once more by hand. */
#ifndef WEFT_TESTS_CAST_H
#define WEFT_TESTS_CAST_H

#include "frame.h"

/* Network Z. A and C are on host R, G and H on host S; A and G are on one subnet. */
extern const struct party A, C, G, H;
/* Network Y has the addresses of A and G the other way round. D is on R, E on S. */
extern const struct party D, E;
/* The interfaces of Z's routers. */
extern const struct party J_FRONT, J_MID, J_CORE, L_CORE, L_BACK;
/* Addresses that nobody has: on front, on back, and where no router has a route to. */
extern const struct party NOBODY_ON_FRONT, NOBODY_ON_BACK, NOWHERE;
/* Everybody on the Ethernet, and a stranger in it. */
extern const struct party EVERYBODY, STRANGER;

#endif

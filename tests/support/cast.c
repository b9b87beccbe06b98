/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* MACs are those of the file, or made from the address as model_allocate() does: 02:00 before it. */
#include "cast.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ADDRESS(a, b, c, d) ((__be32)(d) << 24 | (c) << 16 | (b) << 8 | (a))
#else
#define ADDRESS(a, b, c, d) ((__be32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#endif
#define MADE_MAC(a, b, c, d)     \
	{                        \
		2, 0, a, b, c, d \
	}
#define ON_HOST(host, net, a, b, c, d)                                                        \
	{                                                                                     \
		.octets = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, host, 0, 0, 0, net, a, b, c, d } \
	}

const struct party A = {{0x00, 0x05, 0x02, 0x0b, 0x27, 0x44},
			ADDRESS(10, 0, 0, 2),
			ON_HOST(0xa, 0x5a, 10, 0, 0, 2)};
const struct party C = {MADE_MAC(10, 0, 5, 1), ADDRESS(10, 0, 5, 1),
			ON_HOST(0xa, 0x5a, 10, 0, 5, 1)};
const struct party G = {MADE_MAC(10, 0, 0, 3), ADDRESS(10, 0, 0, 3),
			ON_HOST(0xb, 0x5a, 10, 0, 0, 3)};
const struct party H = {{0x00, 0x00, 0x7d, 0xa2, 0x34, 0x11},
			ADDRESS(10, 1, 5, 3),
			ON_HOST(0xb, 0x5a, 10, 1, 5, 3)};
const struct party D = {MADE_MAC(10, 0, 0, 3), ADDRESS(10, 0, 0, 3),
			ON_HOST(0xa, 0x59, 10, 0, 0, 3)};
const struct party E = {MADE_MAC(10, 0, 0, 2), ADDRESS(10, 0, 0, 2),
			ON_HOST(0xb, 0x59, 10, 0, 0, 2)};

const struct party J_FRONT = {{0x00, 0x01, 0x42, 0x09, 0x88, 0x73}, ADDRESS(10, 0, 0, 1)};
const struct party J_MID = {MADE_MAC(10, 0, 5, 254), ADDRESS(10, 0, 5, 254)};
const struct party J_CORE = {MADE_MAC(10, 255, 0, 1), ADDRESS(10, 255, 0, 1)};
const struct party L_CORE = {MADE_MAC(10, 255, 0, 2), ADDRESS(10, 255, 0, 2)};
const struct party L_BACK = {{0x00, 0x01, 0x42, 0xcd, 0x11, 0x01}, ADDRESS(10, 1, 5, 1)};

const struct party NOBODY_ON_FRONT = {
	{2, 2, 2, 2, 2, 2}, ADDRESS(10, 0, 0, 77), ON_HOST(0xb, 0x5a, 10, 0, 0, 77)};
const struct party NOBODY_ON_BACK = {{0}, ADDRESS(10, 1, 5, 77)};
const struct party NOWHERE = {{0}, ADDRESS(192, 0, 2, 1)};

const struct party EVERYBODY = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0xffffffff};
const struct party STRANGER = {
	{0x02, 0xbb, 0, 0, 0, 1}, ADDRESS(198, 51, 100, 9), ON_HOST(0xc, 0x5a, 198, 51, 100, 9)};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of addresses, against a plain array that can't be wrong. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "controller/address_set.h"

#define Z 0x5a

Test(address_set, has_what_was_added_in_the_same_network)
{
	struct address_set set = {0};

	cr_assert_not(address_set_has(&set, Z, 0x0a000002));
	address_set_remove(&set, Z, 0x0a000002);
	cr_assert_eq(address_set_add(&set, Z, 0x0a000002), 0);
	cr_assert_eq(address_set_add(&set, Z, 0x0a000002), 0);
	cr_assert_eq(set.count, 1);
	cr_assert(address_set_has(&set, Z, 0x0a000002));
	cr_assert_not(address_set_has(&set, Z - 1, 0x0a000002));
	address_set_remove(&set, Z, 0x0a000002);
	cr_assert_eq(set.count, 0);
	cr_assert_not(address_set_has(&set, Z, 0x0a000002));
	address_set_clear(&set);
}

/* Few addresses in a small table collide all the time, and wrap around its end. */
Test(address_set, loses_nothing_when_others_are_removed)
{
	enum { ADDRESSES = 64, ROUNDS = 100000 };
	struct address_set set = {0};
	bool there[ADDRESSES] = {0};
	size_t count = 0;

	srandom(1);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t i = (uint32_t)random() % ADDRESSES;

		if (random() % 2) {
			cr_assert_eq(address_set_add(&set, Z, i * 0x10001), 0);
			count += !there[i];
			there[i] = true;
		} else {
			address_set_remove(&set, Z, i * 0x10001);
			count -= there[i];
			there[i] = false;
		}
		cr_assert_eq(set.count, count);
		for (uint32_t k = 0; k < ADDRESSES; k++)
			if (address_set_has(&set, Z, k * 0x10001) != there[k])
				cr_assert_fail("address %u is %s after round %d", k,
					       there[k] ? "lost" : "there", round);
	}
	address_set_clear(&set);
}

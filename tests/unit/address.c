/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* schemas/address.h against the table that the BPF target is proven with too. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/vectors/address.h"

static struct substrate_parts vector_parts(const struct address_vector *vector)
{
	struct substrate_parts parts = {
		.network = vector->network,
		.slot = vector->slot,
		.to_slot = vector->to_slot,
		.group = vector->group,
	};

	memcpy(&parts.address, vector->v4, sizeof(parts.address));
	return parts;
}

Test(address, encodes_each_vector)
{
	for (size_t i = 0; i < ADDRESS_VECTOR_COUNT; i++) {
		const struct address_vector *vector = &address_vectors[i];
		struct substrate_parts parts = vector_parts(vector);
		struct substrate_address address;

		memset(&address, 0xa5, sizeof(address));
		substrate_encode(&vector->locator, &parts, &address);
		cr_assert_arr_eq(address.octets, vector->address, 16, "vector %zu", i);
	}
}

Test(address, decodes_each_vector)
{
	for (size_t i = 0; i < ADDRESS_VECTOR_COUNT; i++) {
		const struct address_vector *vector = &address_vectors[i];
		struct substrate_parts parts, wanted = vector_parts(vector);
		struct substrate_address address;

		memcpy(address.octets, vector->address, sizeof(address.octets));
		substrate_decode(&address, vector->locator.bits, &parts);
		cr_assert_eq(parts.network, wanted.network, "vector %zu", i);
		cr_assert_eq(parts.address, wanted.address, "vector %zu", i);
		cr_assert_eq(parts.slot, wanted.slot, "vector %zu", i);
		cr_assert_eq(parts.to_slot, wanted.to_slot, "vector %zu", i);
		cr_assert_eq(parts.group, wanted.group, "vector %zu", i);
		cr_assert_eq(substrate_network(&address), wanted.network, "vector %zu", i);
	}
}

Test(address, matches_only_behind_its_locator)
{
	for (size_t i = 0; i < ADDRESS_VECTOR_COUNT; i++) {
		const struct address_vector *vector = &address_vectors[i];
		struct substrate_address address;

		memcpy(address.octets, vector->address, sizeof(address.octets));
		cr_assert(substrate_matches(&vector->locator, &address), "vector %zu", i);
		for (int octet = 0; octet < 16; octet++) {
			struct substrate_address other = address;
			bool inside = octet >= vector->locator.bits / 8;

			other.octets[octet] ^= 0x40;
			cr_assert_eq(substrate_matches(&vector->locator, &other), inside,
				     "vector %zu, octet %d", i, octet);
		}
	}
}

Test(address, cuts_off_what_a_field_has_no_room_for)
{
	const struct substrate_locator locator = {{0xfd}, SUBSTRATE_LOCATOR_SHORT};
	const struct substrate_parts parts = {.network = 0xab00005a, .slot = 0xff};
	struct substrate_address address;

	substrate_encode(&locator, &parts, &address);
	cr_assert_eq(address.octets[8], 0xfc);
	cr_assert_eq(substrate_network(&address), 0x5a);
}

Test(address, leaves_out_slot_and_flags_behind_a_long_locator)
{
	const struct substrate_locator locator = {{0xfd, [8] = 0x05}, SUBSTRATE_LOCATOR_LONG};
	const struct substrate_parts parts = {
		.network = 0x5a, .slot = 9, .to_slot = true, .group = true};
	struct substrate_address address;

	substrate_encode(&locator, &parts, &address);
	cr_assert_eq(address.octets[8], 0x05);
}

Test(flow_label, encodes_and_decodes_each_vector)
{
	for (size_t i = 0; i < LABEL_VECTOR_COUNT; i++) {
		const struct label_vector *vector = &label_vectors[i];
		const struct flow_label label = {vector->ttl, vector->dont_fragment, vector->router,
						 vector->hash};
		struct flow_label decoded;

		cr_assert_eq(flow_label_encode(&label), vector->label, "vector %zu", i);
		flow_label_decode(vector->label | 0xfff00000U, &decoded);
		cr_assert_eq(decoded.ttl, label.ttl, "vector %zu", i);
		cr_assert_eq(decoded.dont_fragment, label.dont_fragment, "vector %zu", i);
		cr_assert_eq(decoded.router, label.router, "vector %zu", i);
		cr_assert_eq(decoded.hash, label.hash, "vector %zu", i);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A set of (network id, virtual address): the mappings that one host is subscribed to. */
#ifndef WEFT_ADDRESS_SET_H
#define WEFT_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty set. 16 to 32 octets an address. */
struct address_set {
	uint64_t *keys; /* network id << 32 | address; 0 (no network has id 0): free */
	size_t count, capacity; /* capacity: 0 or a power of two */
};

/* Adds one; nothing if it is there. Returns 0 or -ENOMEM. */
int address_set_add(struct address_set *set, uint32_t network_id, uint32_t address);
bool address_set_has(const struct address_set *set, uint32_t network_id, uint32_t address);
/* Takes one out; nothing if it is not there. */
void address_set_remove(struct address_set *set, uint32_t network_id, uint32_t address);
/* Frees the memory and makes it empty. */
void address_set_clear(struct address_set *set);

#endif

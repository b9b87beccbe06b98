/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the validation share: one network, indexed. Used by validate*.c only. */
#ifndef WEFT_VALIDATE_PARTS_H
#define WEFT_VALIDATE_PARTS_H

#include <stdbool.h>

#include "lookup.h"
#include "model.h"
#include "report.h"

/* Somebody with an address in a network: a router's interface or a node. */
struct owner {
	uint32_t address; /* 0: not known */
	uint32_t subnet; /* index, or MODEL_NONE */
	uint32_t order; /* in the model */
	bool again; /* somebody before it has the address */
	const struct mac *mac;
	struct position address_at, mac_at;
	const struct router *router; /* NULL: a node */
	const struct node *node; /* NULL: a router */
};

/* A network that is being judged. Objects that could not be read are left out of the indexes. */
struct judged {
	const struct network *network;
	struct report *report;
	bool complete; /* nothing of the file was unreadable */
	struct owner *owners; /* in the order of the file */
	size_t owner_count;
	struct lookup addresses; /* address -> index of its first owner */
	uint32_t *subnets; /* indices, in ascending order of prefix */
	size_t subnet_count;
};

/* Indexes a network. Returns 0, or -ENOMEM; to be cleared either way. */
int judged_open(const struct network *network, struct report *report, bool complete,
		struct judged *ret_judged);
void judged_clear(struct judged *judged);

/* Who has an address, or NULL. */
const struct owner *judged_owner(const struct judged *judged, uint32_t address);

/* "router 'J'" or "node 'A'". */
#define OWNER_TEXT_MAX (MODEL_NAME_MAX + 16)
const char *owner_text(const struct owner *owner, char text[OWNER_TEXT_MAX]);

/* Adds "first on line N" help, if the place comes from a file. */
void report_first(struct report *report, struct position first);

/* Errors about subnets, and about the addresses and MACs of routers and nodes. */
void validate_subnets(const struct judged *judged);
void validate_owners(const struct judged *judged);

/* Errors about routes; and a warning where nobody has the next hop. */
void validate_routes(const struct judged *judged);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What lab_emulated.c and lab_physical.c make blueprints of. */
#ifndef WEFT_LAB_BLUEPRINT_PARTS_H
#define WEFT_LAB_BLUEPRINT_PARTS_H

#include "lab_blueprint.h"

/*
 * Add a space or a link. The blueprint takes over its texts, also when it fails. A text that is
 * NULL means that there was no memory for it. Return 0 or -ENOMEM.
 */
int blueprint_add_space(struct blueprint *blueprint, struct space *space);
int blueprint_add_link(struct blueprint *blueprint, struct link *link);

/* Adds a node's space and the link from its eth0 to `port`, whose text is taken over. */
int blueprint_add_node(struct blueprint *blueprint, const char *lab, const struct network *network,
		       const struct node *node, const struct link_end *port);

/*
 * The name of an interface called after something: the same if it fits and is not `reserved`, else
 * its beginning and a hash. A name in a topology file has no '~'.
 */
void interface_name(char ret_name[IFNAMSIZ], const char *name, bool reserved);

/* printf into memory that the caller frees; NULL without memory. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

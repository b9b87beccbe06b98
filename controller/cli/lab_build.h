/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Carries blueprints out: namespaces by lab_netns.h, links and addresses by one `ip -batch` for each
 * namespace. Functions return 0 or -errno and have then told stderr what failed.
 */
#ifndef WEFT_LAB_BUILD_H
#define WEFT_LAB_BUILD_H

#include "lab.h"
#include "lab_blueprint.h"

/* Makes the blueprint's spaces and links. Links may end in spaces that are already there. */
int blueprint_build(const struct lab *lab, const struct blueprint *blueprint);

/*
 * Makes the interfaces at the other ends of the hosts' take frames that XDP redirects to these: a veth does
 * so while its peer has GRO on.
 */
int blueprint_receive_from_xdp(const struct lab *lab, const struct blueprint *blueprint);

/* Sets the MTU of links that are there. */
int blueprint_resize(const struct lab *lab, const struct blueprint *blueprint);

/* Removes links and spaces, with all processes in them. */
int blueprint_demolish(const struct lab *lab, const struct blueprint *blueprint);

/* Runs commands of ip or tc (`tool`), one a line, in a namespace. */
int space_batch(const struct lab *lab, const char *space, const char *tool, const char *script);

#endif

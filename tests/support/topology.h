/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Topologies for tests, read from YAML as users write it, and words for what comes of them, so that
 * a test can be read as a table of sentences.
 */
#ifndef WEFT_TESTS_TOPOLOGY_H
#define WEFT_TESTS_TOPOLOGY_H

#include "controller/model.h"
#include "schemas/dataplane.h"

/* The model of a topology's text, ids and MACs allocated; the test ends if it has errors. */
struct model *topology_from(const char *yaml);

/* The same of what stands below network Z, id 0x5a, indented by two; on hosts R and S. */
struct model *topology_of_z(const char *yaml);

/* examples/figure2.yaml; tests run in the top directory. */
struct model *topology_figure2(void);

/* The index of a router; the test ends if there is none of this name. */
uint32_t topology_router(const struct network *network, const char *name);

/* An address in network byte order, as keys and values of the maps have it. */
__be32 topology_address(const char *text);

/*
 * A path in words: the routers that forward, then its end. "J, L, delivered", "J, at L",
 * "no route at J", "K, J, L, loop to J". Good until the next call.
 */
const char *path_words(const struct network *network, const struct path *path);

#endif

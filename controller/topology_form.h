/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The form of a topology file below what its keys mean: maps with fixed keys, maps of names, and
 * scalars of each type. Used by topology*.c only; a test compares the keys with the JSON schema.
 */
#ifndef WEFT_TOPOLOGY_FORM_H
#define WEFT_TOPOLOGY_FORM_H

#include <yaml.h>

#include "lookup.h"
#include "model.h"
#include "report.h"
#include "topology_lines.h"

/*
 * Keys that are read from one file. Aliases can make a small file say a lot: each one is followed
 * as often as it is used.
 */
#define TOPOLOGY_KEYS_MAX 10000000

#define TOPOLOGY_VERSION "1"

#define SCALAR_OCTETS_MAX 255 /* of a key or a value: nothing that means something is longer */

struct reader {
	yaml_document_t *document;
	struct report *report;
	struct model *model;
	struct lookup hosts; /* index by name */
	size_t keys_left;
	bool out_of_memory;
	/* Nodes that are not in the document: topology_lines.h. */
	const char *text;
	struct topology_lines lines;
	size_t lines_read;
	bool unusual; /* the document must be read with them in it */
};

/* A key of a map with fixed keys. */
struct field {
	const char *name;
	bool required;
};

/* A kind of object: its keys. The index of a key in `fields` is that in form_read()'s values. */
struct form {
	const char *kind; /* "host" */
	const struct field *fields;
	size_t count;
};
#define FORM_FIELDS_MAX 8

extern const struct form form_topology, form_host, form_network, form_subnet, form_router,
	form_router_interface, form_node;

/* Reads reader->document into reader->model: topology_objects.c. */
void topology_read_root(struct reader *reader);

/* Adds the nodes of reader->lines that stand below the network: topology_nodes.c. */
void topology_read_nodes(struct reader *reader, struct network *network,
			 const struct lookup *subnets);

/* Where a node of the document stands. */
struct position form_position(const yaml_node_t *node);

/*
 * Reads the keys of `node` into ret_values (NULL: not given), in the order of form->fields. Reports
 * keys that are unknown, given twice or missing; the object is called "KIND 'NAME'" and stands at
 * `at`. A `name` of NULL is the file itself. Returns false when the node is no map.
 */
bool form_read(struct reader *reader, const struct form *form, const char *name,
	       const yaml_node_t *node, struct position at,
	       const yaml_node_t *ret_values[FORM_FIELDS_MAX]);

/* Reads one entry of a map; `key` is where `name` comes from. */
typedef void (*entry_reader)(struct reader *reader, const char *name, const yaml_node_t *key,
			     const yaml_node_t *value, void *context);

/*
 * Calls `each` for every entry of the map `node`, which is the value of `key`; nothing if it is NULL
 * or empty. Reports what is no map, and entries of `kind` that are given twice. With `named` it
 * also reports keys that are no names, and leaves them out.
 */
void form_each(struct reader *reader, const yaml_node_t *node, const char *key, const char *kind,
	       bool named, entry_reader each, void *context);

/*
 * Read a scalar, the value of `key`. Return false, and leave the output untouched, when `node` is
 * NULL (not given) or when it is wrong, which they report.
 */
bool scalar_text(struct reader *reader, const yaml_node_t *node, const char *key,
		 const char **ret_text); /* belongs to the document; 1 to 255 octets */
bool scalar_number(struct reader *reader, const yaml_node_t *node, const char *key, uint32_t min,
		   uint32_t max, uint32_t *ret_number); /* decimal, or hexadecimal with 0x */
bool scalar_ipv4(struct reader *reader, const yaml_node_t *node, const char *key,
		 uint32_t *ret_address); /* never 0.0.0.0 */
bool scalar_prefix(struct reader *reader, const yaml_node_t *node, const char *key,
		   struct ipv4_prefix *ret_prefix);
bool scalar_mac(struct reader *reader, const yaml_node_t *node, const char *key,
		struct mac *ret_mac); /* never all zero */
bool scalar_locator(struct reader *reader, const yaml_node_t *node, const char *key,
		    struct substrate_locator *ret_locator);
bool scalar_ipv6(struct reader *reader, const yaml_node_t *node, const char *key,
		 uint8_t ret_address[16]); /* never :: */
/* The name of a Linux interface; *ret_name belongs to the caller. */
bool scalar_interface(struct reader *reader, const yaml_node_t *node, const char *key,
		      char **ret_name);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Nodes that topology_lines.h has found become nodes of the model. Nothing is reported here: whatever
 * is wrong with one makes the file "unusual", and then libyaml reads all of it.
 */
#include <errno.h>
#include <string.h>

#include "topology_form.h"

/* The index that a piece of text names, or MODEL_NONE. */
static uint32_t span_find(const struct reader *reader, const struct lookup *lookup,
			  const struct span *span)
{
	return lookup_find(lookup, reader->text + span->at, span->length);
}

static bool span_ipv4(const struct reader *reader, const struct span *span, uint32_t *ret_address)
{
	char text[SPAN_OCTETS_MAX + 1];

	return !span->length ||
	       (ipv4_parse(span_text(reader->text, span, text), ret_address) == 0 && *ret_address);
}

static bool span_mac(const struct reader *reader, const struct span *span, struct mac *ret_mac)
{
	char text[SPAN_OCTETS_MAX + 1];

	return !span->length || (mac_parse(span_text(reader->text, span, text), ret_mac) == 0 &&
				 !mac_is_zero(ret_mac));
}

static bool span_interface(struct reader *reader, const struct span *span, char **ret_name)
{
	if (!span->length)
		return true;
	if (span->length >= IFNAMSIZ || memchr(reader->text + span->at, ':', span->length))
		return false;
	*ret_name = strndup(reader->text + span->at, span->length);
	if (!*ret_name)
		reader->out_of_memory = true;
	return *ret_name;
}

/* Fills in a node. Returns false if something about it is not right. */
static bool node_fill(struct reader *reader, const struct lookup *subnets,
		      const struct node_line *line, struct node *node)
{
	const struct span *values = line->values;

	node->at = span_position(line, &line->name);
	node->host_at = span_position(line, &values[NODE_HOST]);
	node->subnet_at = span_position(line, &values[NODE_SUBNET]);
	node->address_at = span_position(line, &values[NODE_V4]);
	node->mac_at = span_position(line, &values[NODE_MAC]);
	node->interface_at = span_position(line, &values[NODE_INTERFACE]);
	node->gateway_at = span_position(line, &values[NODE_GATEWAY]);
	node->host = span_find(reader, &reader->hosts, &values[NODE_HOST]);
	node->subnet = span_find(reader, subnets, &values[NODE_SUBNET]);
	return node->host != MODEL_NONE && node->subnet != MODEL_NONE &&
	       span_ipv4(reader, &values[NODE_V4], &node->address) &&
	       span_mac(reader, &values[NODE_MAC], &node->mac) &&
	       span_interface(reader, &values[NODE_INTERFACE], &node->interface) &&
	       span_ipv4(reader, &values[NODE_GATEWAY], &node->gateway);
}

static bool node_add(struct reader *reader, struct network *network, const struct lookup *subnets,
		     const struct node_line *line)
{
	char name[SPAN_OCTETS_MAX + 1];
	struct node *node = network_add_node(network, span_text(reader->text, &line->name, name));

	if (!node)
		reader->out_of_memory = true;
	return node && node_fill(reader, subnets, line, node);
}

/* Whether all nodes have names of their own, however they were read. */
static bool names_are_unique(struct reader *reader, const struct network *network)
{
	struct lookup names = {0};
	int error = lookup_reserve(&names, network->node_count);

	for (uint32_t i = 0; i < network->node_count && !error; i++)
		error = lookup_add_name(&names, network->nodes[i].name, i, NULL);
	lookup_clear(&names);
	if (error == -ENOMEM)
		reader->out_of_memory = true;
	return !error;
}

void topology_read_nodes(struct reader *reader, struct network *network,
			 const struct lookup *subnets)
{
	size_t first = reader->lines_read;

	while (reader->lines_read < reader->lines.count && !reader->unusual &&
	       reader->lines.list[reader->lines_read].network_line == network->at.line) {
		const struct node_line *line = &reader->lines.list[reader->lines_read++];

		if (reader->keys_left <= NODE_FIELDS + 1 ||
		    !node_add(reader, network, subnets, line))
			reader->unusual = true;
		reader->keys_left -= reader->unusual ? 0 : NODE_FIELDS + 1;
	}
	if (reader->lines_read > first && !reader->unusual && !names_are_unique(reader, network))
		reader->unusual = true;
}

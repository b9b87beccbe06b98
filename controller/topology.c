/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keys of a topology file, one function an object. libyaml's document API gives each value its
 * line and column; the form of maps and scalars is in topology_form.h. Hosts are read before networks
 * and subnets before routers and nodes, whatever their order in the file, so that references
 * resolve at once.
 */
#include <errno.h>
#include <string.h>

#include "suggest.h"
#include "topology.h"
#include "topology_form.h"

#define TOPOLOGY_VERSION "1"

enum { TOPOLOGY_WEFT, TOPOLOGY_HOSTS, TOPOLOGY_NETWORKS, TOPOLOGY_FIELDS };
enum { HOST_LOCATOR, HOST_ADDRESS, HOST_INTERFACE, HOST_FIELDS };
enum {
	NETWORK_ID,
	NETWORK_ENTITY,
	NETWORK_SUBNETS,
	NETWORK_ROUTERS,
	NETWORK_NODES,
	NETWORK_FIELDS
};
enum { SUBNET_V4, SUBNET_MTU, SUBNET_GATEWAY, SUBNET_FIELDS };
enum { ROUTER_INTERFACES, ROUTER_ROUTES, ROUTER_FIELDS };
enum { INTERFACE_V4, INTERFACE_MAC, INTERFACE_FIELDS };
enum { NODE_HOST, NODE_SUBNET, NODE_V4, NODE_MAC, NODE_INTERFACE, NODE_GATEWAY, NODE_FIELDS };

static const struct field topology_fields[TOPOLOGY_FIELDS] = {
	[TOPOLOGY_WEFT] = {"weft", true},
	[TOPOLOGY_HOSTS] = {"hosts"},
	[TOPOLOGY_NETWORKS] = {"networks"},
};
static const struct field host_fields[HOST_FIELDS] = {
	[HOST_LOCATOR] = {"locator", true},
	[HOST_ADDRESS] = {"address"},
	[HOST_INTERFACE] = {"interface"},
};
static const struct field network_fields[NETWORK_FIELDS] = {
	[NETWORK_ID] = {"id"},           [NETWORK_ENTITY] = {"entity"},
	[NETWORK_SUBNETS] = {"subnets"}, [NETWORK_ROUTERS] = {"routers"},
	[NETWORK_NODES] = {"nodes"},
};
static const struct field subnet_fields[SUBNET_FIELDS] = {
	[SUBNET_V4] = {"v4", true},
	[SUBNET_MTU] = {"mtu"},
	[SUBNET_GATEWAY] = {"gateway"},
};
static const struct field router_fields[ROUTER_FIELDS] = {
	[ROUTER_INTERFACES] = {"interfaces", true},
	[ROUTER_ROUTES] = {"routes"},
};
static const struct field interface_fields[INTERFACE_FIELDS] = {
	[INTERFACE_V4] = {"v4", true},
	[INTERFACE_MAC] = {"mac"},
};
static const struct field node_fields[NODE_FIELDS] = {
	[NODE_HOST] = {"host", true},     [NODE_SUBNET] = {"subnet", true},
	[NODE_V4] = {"v4", true},         [NODE_MAC] = {"mac"},
	[NODE_INTERFACE] = {"interface"}, [NODE_GATEWAY] = {"gateway"},
};

const struct form form_topology = {"topology", topology_fields, TOPOLOGY_FIELDS};
const struct form form_host = {"host", host_fields, HOST_FIELDS};
const struct form form_network = {"network", network_fields, NETWORK_FIELDS};
const struct form form_subnet = {"subnet", subnet_fields, SUBNET_FIELDS};
const struct form form_router = {"router", router_fields, ROUTER_FIELDS};
const struct form form_router_interface = {"router interface", interface_fields, INTERFACE_FIELDS};
const struct form form_node = {"node", node_fields, NODE_FIELDS};

/* What the objects of a network are read into. */
struct network_reader {
	struct network *network;
	struct lookup subnets; /* index by name */
	struct router *router; /* the one whose interfaces and routes are read */
};

/* Remembers where a value stands, if it was given. */
static struct position value_position(const yaml_node_t *value)
{
	return value ? form_position(value) : (struct position){0};
}

/* ---- references ------------------------------------------------------------------------------- */

/* The index that a name refers to, or MODEL_NONE after reporting that there is none. */
static uint32_t resolve(struct reader *reader, const struct lookup *lookup, const char *kind,
			const struct names *names, const char *name, struct position at)
{
	uint32_t index = lookup_find_name(lookup, name);
	char plural[16];

	if (index != MODEL_NONE)
		return index;
	report_error(reader->report, at, "there is no %s '%s'", kind, name);
	snprintf(plural, sizeof(plural), "%ss", kind);
	suggest_name(reader->report, name, plural, names);
	return MODEL_NONE;
}

static uint32_t resolve_host(struct reader *reader, const yaml_node_t *value)
{
	struct names names = NAMES_OF(reader->model->hosts, reader->model->host_count);
	const char *name;

	if (!scalar_text(reader, value, "host", &name))
		return MODEL_NONE;
	return resolve(reader, &reader->hosts, "host", &names, name, form_position(value));
}

static uint32_t resolve_subnet(struct reader *reader, const struct network_reader *into,
			       const char *name, struct position at)
{
	struct names names = NAMES_OF(into->network->subnets, into->network->subnet_count);

	return resolve(reader, &into->subnets, "subnet", &names, name, at);
}

/* ---- objects ---------------------------------------------------------------------------------- */

static void read_host(struct reader *reader, const char *name, const yaml_node_t *key,
		      const yaml_node_t *value, void *context)
{
	const yaml_node_t *values[FORM_FIELDS_MAX];
	struct host *host = model_add_host(reader->model, name);

	if (!host || lookup_add_name(&reader->hosts, host->name,
				     (uint32_t)reader->model->host_count - 1, NULL) == -ENOMEM) {
		reader->out_of_memory = true;
		return;
	}
	host->at = form_position(key);
	if (!form_read(reader, &form_host, name, value, host->at, values))
		return;
	host->locator_at = value_position(values[HOST_LOCATOR]);
	host->address_at = value_position(values[HOST_ADDRESS]);
	scalar_locator(reader, values[HOST_LOCATOR], "locator", &host->locator);
	scalar_ipv6(reader, values[HOST_ADDRESS], "address", host->address);
	scalar_interface(reader, values[HOST_INTERFACE], "interface", &host->interface);
}

static void read_subnet(struct reader *reader, const char *name, const yaml_node_t *key,
			const yaml_node_t *value, void *context)
{
	struct network_reader *into = context;
	const yaml_node_t *values[FORM_FIELDS_MAX] = {[SUBNET_V4] = value};
	struct subnet *subnet = network_add_subnet(into->network, name);
	uint32_t mtu = MODEL_MTU_DEFAULT;

	if (!subnet ||
	    lookup_add_name(&into->subnets, subnet->name, (uint32_t)into->network->subnet_count - 1,
			    NULL) == -ENOMEM) {
		reader->out_of_memory = true;
		return;
	}
	subnet->at = form_position(key);
	subnet->mtu = MODEL_MTU_DEFAULT;
	if (value->type != YAML_SCALAR_NODE &&
	    !form_read(reader, &form_subnet, name, value, subnet->at, values))
		return;
	subnet->prefix_at = value_position(values[SUBNET_V4]);
	subnet->mtu_at = value_position(values[SUBNET_MTU]);
	subnet->gateway_at = value_position(values[SUBNET_GATEWAY]);
	scalar_prefix(reader, values[SUBNET_V4], "v4", &subnet->prefix);
	scalar_number(reader, values[SUBNET_MTU], "mtu", MODEL_MTU_MIN, MODEL_MTU_MAX, &mtu);
	subnet->mtu = (uint16_t)mtu;
	scalar_ipv4(reader, values[SUBNET_GATEWAY], "gateway", &subnet->gateway);
}

static void read_router_interface(struct reader *reader, const char *name, const yaml_node_t *key,
				  const yaml_node_t *value, void *context)
{
	struct network_reader *into = context;
	const yaml_node_t *values[FORM_FIELDS_MAX] = {[INTERFACE_V4] = value};
	struct router_interface *interface = router_add_interface(into->router);

	if (!interface) {
		reader->out_of_memory = true;
		return;
	}
	interface->at = form_position(key);
	interface->subnet = resolve_subnet(reader, into, name, interface->at);
	if (value->type != YAML_SCALAR_NODE &&
	    !form_read(reader, &form_router_interface, name, value, interface->at, values))
		return;
	interface->address_at = value_position(values[INTERFACE_V4]);
	interface->mac_at = value_position(values[INTERFACE_MAC]);
	scalar_ipv4(reader, values[INTERFACE_V4], "v4", &interface->address);
	scalar_mac(reader, values[INTERFACE_MAC], "mac", &interface->mac);
}

static void read_route(struct reader *reader, const char *destination, const yaml_node_t *key,
		       const yaml_node_t *value, void *context)
{
	struct network_reader *into = context;
	struct ipv4_prefix prefix = {0};
	uint32_t next_hop;
	struct route *route;

	if (strcmp(destination, "default") != 0 &&
	    !scalar_prefix(reader, key, "a destination", &prefix))
		return;
	if (!scalar_ipv4(reader, value, "next hop", &next_hop))
		return;
	route = router_add_route(into->router);
	if (!route) {
		reader->out_of_memory = true;
		return;
	}
	*route = (struct route){
		.prefix = prefix,
		.next_hop = next_hop,
		.at = form_position(key),
		.next_hop_at = form_position(value),
	};
}

static void read_router(struct reader *reader, const char *name, const yaml_node_t *key,
			const yaml_node_t *value, void *context)
{
	struct network_reader *into = context;
	const yaml_node_t *values[FORM_FIELDS_MAX];

	into->router = network_add_router(into->network, name);
	if (!into->router) {
		reader->out_of_memory = true;
		return;
	}
	into->router->at = form_position(key);
	if (!form_read(reader, &form_router, name, value, into->router->at, values))
		return;
	form_each(reader, values[ROUTER_INTERFACES], "interfaces", "interface on subnet", false,
		  read_router_interface, into);
	form_each(reader, values[ROUTER_ROUTES], "routes", "route", false, read_route, into);
}

static void read_node(struct reader *reader, const char *name, const yaml_node_t *key,
		      const yaml_node_t *value, void *context)
{
	struct network_reader *into = context;
	const yaml_node_t *values[FORM_FIELDS_MAX];
	struct node *node = network_add_node(into->network, name);
	const char *subnet;

	if (!node) {
		reader->out_of_memory = true;
		return;
	}
	node->at = form_position(key);
	if (!form_read(reader, &form_node, name, value, node->at, values))
		return;
	node->host_at = value_position(values[NODE_HOST]);
	node->subnet_at = value_position(values[NODE_SUBNET]);
	node->address_at = value_position(values[NODE_V4]);
	node->mac_at = value_position(values[NODE_MAC]);
	node->interface_at = value_position(values[NODE_INTERFACE]);
	node->gateway_at = value_position(values[NODE_GATEWAY]);
	node->host = resolve_host(reader, values[NODE_HOST]);
	if (scalar_text(reader, values[NODE_SUBNET], "subnet", &subnet))
		node->subnet = resolve_subnet(reader, into, subnet, node->subnet_at);
	scalar_ipv4(reader, values[NODE_V4], "v4", &node->address);
	scalar_mac(reader, values[NODE_MAC], "mac", &node->mac);
	scalar_interface(reader, values[NODE_INTERFACE], "interface", &node->interface);
	scalar_ipv4(reader, values[NODE_GATEWAY], "gateway", &node->gateway);
}

static void read_network(struct reader *reader, const char *name, const yaml_node_t *key,
			 const yaml_node_t *value, void *context)
{
	const yaml_node_t *values[FORM_FIELDS_MAX];
	struct network_reader into = {.network = model_add_network(reader->model, name)};
	const char *entity;

	if (!into.network) {
		reader->out_of_memory = true;
		return;
	}
	into.network->at = form_position(key);
	if (!form_read(reader, &form_network, name, value, into.network->at, values))
		return;
	into.network->id_at = value_position(values[NETWORK_ID]);
	scalar_number(reader, values[NETWORK_ID], "id", 1, SUBSTRATE_NETWORK_MAX,
		      &into.network->id);
	if (scalar_text(reader, values[NETWORK_ENTITY], "entity", &entity)) {
		into.network->entity = strdup(entity);
		if (!into.network->entity)
			reader->out_of_memory = true;
	}
	form_each(reader, values[NETWORK_SUBNETS], "subnets", "subnet", true, read_subnet, &into);
	form_each(reader, values[NETWORK_ROUTERS], "routers", "router", true, read_router, &into);
	form_each(reader, values[NETWORK_NODES], "nodes", "node", true, read_node, &into);
	lookup_clear(&into.subnets);
}

/* ---- the file --------------------------------------------------------------------------------- */

/* Whether the file is written for this version: if not, its other keys may mean anything. */
static bool version_is_known(struct reader *reader, const yaml_node_t *value)
{
	const char *version;

	if (!value)
		return true; /* reported as missing */
	if (!scalar_text(reader, value, "weft", &version))
		return false;
	if (strcmp(version, TOPOLOGY_VERSION) == 0)
		return true;
	report_error(reader->report, form_position(value),
		     "version '%s' of the topology format is unknown: this weft reads version %s",
		     version, TOPOLOGY_VERSION);
	return false;
}

static void read_root(struct reader *reader)
{
	const yaml_node_t *values[FORM_FIELDS_MAX];
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	struct position at = form_position(root);

	at.length = 1; /* it would underline all of a file in one line */
	if (!form_read(reader, &form_topology, NULL, root, at, values) ||
	    !version_is_known(reader, values[TOPOLOGY_WEFT]))
		return;
	form_each(reader, values[TOPOLOGY_HOSTS], "hosts", "host", true, read_host, NULL);
	form_each(reader, values[TOPOLOGY_NETWORKS], "networks", "network", true, read_network,
		  NULL);
}

/* Reports why libyaml stopped. */
static void report_syntax(struct report *report, const yaml_parser_t *parser, const char *text,
			  size_t size)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	struct position at = {.line = (uint32_t)mark->line + 1, .length = 1};
	const char *problem = parser->problem ? parser->problem : "can't be read";

	at.column = (uint16_t)(mark->column < UINT16_MAX - 1 ? mark->column + 1 : UINT16_MAX);
	if (parser->error == YAML_READER_ERROR)
		at = report_position(text, size, parser->problem_offset);
	report_error(report, at, "not YAML: %s", problem);
	if (parser->context && parser->context_mark.line != mark->line)
		report_help(report, "%s that begins on line %zu", parser->context,
			    parser->context_mark.line + 1);
}

/*
 * Loads a document. Returns 0 and one that the caller deletes with yaml_document_delete();
 * -ENOENT at the end of the file; -EINVAL after reporting an error; or -ENOMEM.
 */
static int load_document(yaml_parser_t *parser, struct report *report, const char *text,
			 size_t size, yaml_document_t *ret_document)
{
	if (!yaml_parser_load(parser, ret_document)) {
		if (parser->error == YAML_MEMORY_ERROR)
			return -ENOMEM;
		report_syntax(report, parser, text, size);
		return -EINVAL;
	}
	if (yaml_document_get_root_node(ret_document))
		return 0;
	yaml_document_delete(ret_document);
	return -ENOENT;
}

/* A topology is one document: what follows it would be lost silently. */
static int expect_end(yaml_parser_t *parser, struct report *report, const char *text, size_t size)
{
	yaml_document_t document;
	int error = load_document(parser, report, text, size, &document);
	struct position at = {.length = 3};

	if (error)
		return error == -ENOMEM ? error : 0;
	at.line = (uint32_t)document.start_mark.line + 1;
	at.column = (uint16_t)(document.start_mark.column + 1);
	report_error(report, at, "a second document begins: a topology is one document");
	yaml_document_delete(&document);
	return 0;
}

static int read_document(struct reader *reader, yaml_parser_t *parser, const char *text,
			 size_t size)
{
	yaml_document_t document;
	int error = load_document(parser, reader->report, text, size, &document);

	if (error == -ENOENT) {
		report_error(reader->report, (struct position){0}, "the file is empty");
		report_help(reader->report, "a topology begins with 'weft: %s'", TOPOLOGY_VERSION);
	}
	if (error)
		return error == -ENOMEM ? error : 0;
	reader->document = &document;
	read_root(reader);
	yaml_document_delete(&document);
	lookup_clear(&reader->hosts);
	return reader->out_of_memory ? -ENOMEM : expect_end(parser, reader->report, text, size);
}

int topology_read(const char *text, size_t size, struct report *report, struct model **ret_model)
{
	struct reader reader = {.report = report, .keys_left = TOPOLOGY_KEYS_MAX};
	yaml_parser_t parser;
	int error = -ENOMEM;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	reader.model = model_new();
	if (reader.model) {
		text = report_skip_mark(text, &size);
		yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
		error = read_document(&reader, &parser, text, size);
	}
	yaml_parser_delete(&parser);
	if (error || report->out_of_memory) {
		model_free(reader.model);
		return -ENOMEM;
	}
	*ret_model = reader.model;
	return 0;
}

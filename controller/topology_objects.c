/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keys of a topology file, one function an object. The form of maps and scalars is in
 * topology_form.h. Hosts are read before networks and subnets before routers and nodes, whatever
 * their order in the file, so that references resolve at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "suggest.h"
#include "topology_form.h"

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
	if (values[NETWORK_NODES])
		topology_read_nodes(reader, into.network, &into.subnets);
	lookup_clear(&into.subnets);
}

/* ---- the file --------------------------------------------------------------------------------- */

/* The value of the root's key 'weft', or NULL. */
static const yaml_node_t *find_version(struct reader *reader, const yaml_node_t *root)
{
	const yaml_node_pair_t *pair;

	if (root->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);

		if (key->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)key->data.scalar.value, "weft") == 0)
			return yaml_document_get_node(reader->document, pair->value);
	}
	return NULL;
}

/* Whether the file is not for another version: then its keys may mean anything. */
static bool version_is_known(struct reader *reader, const yaml_node_t *root)
{
	const yaml_node_t *value = find_version(reader, root);
	const char *version;

	if (!value)
		return true; /* missing: form_read() says so */
	if (!scalar_text(reader, value, "weft", &version))
		return false;
	if (strcmp(version, TOPOLOGY_VERSION) == 0)
		return true;
	report_error(reader->report, form_position(value),
		     "version '%s' of the topology format is unknown: this weft reads version %s",
		     version, TOPOLOGY_VERSION);
	return false;
}

void topology_read_root(struct reader *reader)
{
	const yaml_node_t *values[FORM_FIELDS_MAX];
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	struct position at = form_position(root);

	at.length = 1; /* it would underline all of a file in one line */
	if (!version_is_known(reader, root) ||
	    !form_read(reader, &form_topology, NULL, root, at, values))
		return;
	form_each(reader, values[TOPOLOGY_HOSTS], "hosts", "host", true, read_host, NULL);
	form_each(reader, values[TOPOLOGY_NETWORKS], "networks", "network", true, read_network,
		  NULL);
}

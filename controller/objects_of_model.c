/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a model to objects: one function writes the value of each kind, its keys in sorted order. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "objects.h"

/* networks/NETWORK/subnets/SUBNET */
#define KEY_MAX (sizeof("networks//subnets/") + 2 * (MODEL_NAME_MAX + 1))

/* What objects are written with: the value at hand, and the list it goes to. */
struct writer {
	struct objects *objects;
	struct json_text value;
	int error;
};

/* Ends the value and adds its object. */
static void writer_end(struct writer *writer, const char *key)
{
	json_add_raw(&writer->value, "}");
	if (writer->value.out_of_memory)
		writer->error = -ENOMEM;
	if (!writer->error)
		writer->error = objects_add(writer->objects, key, writer->value.octets);
	json_text_reset(&writer->value);
}

/* A key of the value, with whatever stands in front of it. */
static void add_key(struct json_text *value, const char *name)
{
	bool first = value->length == 0 || value->octets[value->length - 1] == '{';

	json_add(value, "%s\"%s\":", value->length == 0 ? "{" : first ? "" : ",", name);
}

static void add_text(struct json_text *value, const char *name, const char *text)
{
	add_key(value, name);
	json_add_string(value, text);
}

static void add_number(struct json_text *value, const char *name, uint32_t number)
{
	add_key(value, name);
	json_add(value, "%u", number);
}

static void add_ipv4(struct json_text *value, const char *name, uint32_t address)
{
	char text[IPV4_TEXT_MAX];

	add_text(value, name, ipv4_text(address, text));
}

static void add_mac(struct json_text *value, const struct mac *mac)
{
	char text[MAC_TEXT_MAX];

	if (!mac_is_zero(mac))
		add_text(value, "mac", mac_text(mac, text));
}

/* ---- one function a kind ----------------------------------------------------------------------- */

static void write_host(struct writer *writer, const struct host *host)
{
	static const uint8_t none[16];
	char key[KEY_MAX], text[IPV6_TEXT_MAX + 4];

	if (memcmp(host->address, none, sizeof(none)) != 0)
		add_text(&writer->value, "address",
			 inet_ntop(AF_INET6, host->address, text, sizeof(text)));
	if (host->interface)
		add_text(&writer->value, "interface", host->interface);
	add_text(&writer->value, "locator", locator_text(&host->locator, text));
	snprintf(key, sizeof(key), "hosts/%s", host->name);
	writer_end(writer, key);
}

static void write_subnet(struct writer *writer, const struct network *network,
			 const struct subnet *subnet)
{
	char key[KEY_MAX], text[PREFIX_TEXT_MAX];

	if (subnet->gateway)
		add_ipv4(&writer->value, "gateway", subnet->gateway);
	add_number(&writer->value, "mtu", subnet->mtu);
	add_text(&writer->value, "v4", prefix_text(&subnet->prefix, text));
	snprintf(key, sizeof(key), "networks/%s/subnets/%s", network->name, subnet->name);
	writer_end(writer, key);
}

static void write_interface(struct writer *writer, const struct network *network,
			    const struct router_interface *interface)
{
	add_key(&writer->value, network->subnets[interface->subnet].name);
	json_add_raw(&writer->value, "{");
	add_mac(&writer->value, &interface->mac);
	add_ipv4(&writer->value, "v4", interface->address);
	json_add_raw(&writer->value, "}");
}

static void write_router(struct writer *writer, const struct network *network,
			 const struct router *router)
{
	char key[KEY_MAX], text[PREFIX_TEXT_MAX];

	add_key(&writer->value, "interfaces");
	json_add_raw(&writer->value, "{");
	for (size_t i = 0; i < router->interface_count; i++)
		write_interface(writer, network, &router->interfaces[i]);
	json_add_raw(&writer->value, "}");
	add_key(&writer->value, "routes");
	json_add_raw(&writer->value, "{");
	for (size_t i = 0; i < router->route_count; i++)
		add_ipv4(&writer->value, prefix_text(&router->routes[i].prefix, text),
			 router->routes[i].next_hop);
	json_add_raw(&writer->value, "}");
	snprintf(key, sizeof(key), "networks/%s/routers/%s", network->name, router->name);
	writer_end(writer, key);
}

static void write_node(struct writer *writer, const struct model *model,
		       const struct network *network, const struct node *node)
{
	char key[KEY_MAX];

	if (node->gateway)
		add_ipv4(&writer->value, "gateway", node->gateway);
	add_text(&writer->value, "host", model->hosts[node->host].name);
	if (node->interface)
		add_text(&writer->value, "interface", node->interface);
	add_mac(&writer->value, &node->mac);
	add_number(&writer->value, "slot", node->slot);
	add_text(&writer->value, "subnet", network->subnets[node->subnet].name);
	add_ipv4(&writer->value, "v4", node->address);
	snprintf(key, sizeof(key), "networks/%s/nodes/%s", network->name, node->name);
	writer_end(writer, key);
}

/* ---- what two models have in common ------------------------------------------------------------ */

static bool texts_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether write_node() would write the same of both. Indices mean something in their own model only. */
static bool nodes_equal(const struct model *model, const struct network *network,
			const struct node *node, const struct model *other,
			const struct network *twin, const struct node *with)
{
	return node->address == with->address && node->gateway == with->gateway &&
	       node->slot == with->slot && memcmp(&node->mac, &with->mac, sizeof(node->mac)) == 0 &&
	       texts_equal(node->interface, with->interface) &&
	       strcmp(model->hosts[node->host].name, other->hosts[with->host].name) == 0 &&
	       strcmp(network->subnets[node->subnet].name, twin->subnets[with->subnet].name) == 0;
}

/* Writes the nodes; not those that the other model has alike. Both are sorted by name. */
static void write_nodes(struct writer *writer, const struct model *model,
			const struct network *network, const struct model *other)
{
	const struct network *twin = other ? model_find_network(other, network->name) : NULL;
	size_t at = 0;

	for (size_t i = 0; i < network->node_count; i++) {
		const struct node *node = &network->nodes[i];
		int order = -1;

		while (twin && at < twin->node_count &&
		       (order = strcmp(twin->nodes[at].name, node->name)) < 0)
			at++;
		if (order != 0 || !nodes_equal(model, network, node, other, twin, &twin->nodes[at]))
			write_node(writer, model, network, node);
	}
}

static void write_network(struct writer *writer, const struct model *model,
			  const struct network *network, const struct model *other)
{
	char key[KEY_MAX];

	if (network->entity)
		add_text(&writer->value, "entity", network->entity);
	add_number(&writer->value, "id", network->id);
	snprintf(key, sizeof(key), "networks/%s", network->name);
	writer_end(writer, key);
	for (size_t i = 0; i < network->subnet_count; i++)
		write_subnet(writer, network, &network->subnets[i]);
	for (size_t i = 0; i < network->router_count; i++)
		write_router(writer, network, &network->routers[i]);
	write_nodes(writer, model, network, other);
}

int objects_of_model(const struct model *model, const struct model *other, struct objects *objects)
{
	struct writer writer = {.objects = objects};

	for (size_t i = 0; i < model->host_count; i++)
		write_host(&writer, &model->hosts[i]);
	for (size_t i = 0; i < model->network_count; i++)
		write_network(&writer, model, &model->networks[i], other);
	json_text_clear(&writer.value);
	if (!writer.error)
		objects_sort(objects);
	return writer.error;
}

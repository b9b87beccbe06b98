/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `weft get`: each kind as a JSON array of flat objects, the keys in the order of the columns. */
#include <arpa/inet.h>
#include <string.h>

#include "controller/json_text.h"
#include "controller/plan.h"
#include "manager.h"

/* What rows are written to. A row's text is printed as soon as it is complete. */
struct rows {
	FILE *output;
	struct json_text row;
	size_t count;
};

static void add_key(struct rows *rows, const char *name)
{
	json_add(&rows->row, "%s\"%s\":", rows->row.length ? "," : "{", name);
}

static void add_text(struct rows *rows, const char *name, const char *text)
{
	add_key(rows, name);
	json_add_string(&rows->row, text);
}

static void add_number(struct rows *rows, const char *name, uint64_t number)
{
	add_key(rows, name);
	json_add(&rows->row, "%llu", (unsigned long long)number);
}

static void add_ipv4(struct rows *rows, const char *name, uint32_t address)
{
	char text[IPV4_TEXT_MAX];

	add_text(rows, name, address ? ipv4_text(address, text) : "");
}

static void row_end(struct rows *rows)
{
	json_add_raw(&rows->row, "}");
	if (!rows->row.out_of_memory)
		fprintf(rows->output, "%s%s", rows->count++ ? "," : "", rows->row.octets);
	json_text_reset(&rows->row);
}

/* ---- hosts, mappings --------------------------------------------------------------------------- */

static const struct session *session_of(const struct manager *manager, uint32_t host)
{
	const struct session *session;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		if (session->name && session->host == host)
			return session;
	}
	return NULL;
}

/* What a connection adds to its host's row; all zero and empty without one. */
static void add_session(struct rows *rows, const struct session *session)
{
	static const struct session nobody;
	const struct session *s = session ? session : &nobody;

	add_text(rows, "peer", session ? channel_peer(s->channel) : "");
	add_text(rows, "software", session ? s->software : "");
	add_number(rows, "revision", s->revision);
	add_number(rows, "questions", s->questions);
	add_number(rows, "subscriptions", s->known.count + s->absent.count);
	add_number(rows, "invalidations", s->sent);
	add_number(rows, "acknowledged", s->acknowledged);
	row_end(rows);
}

static void print_host(const struct manager *manager, uint32_t index, struct rows *rows)
{
	static const uint8_t none[16];
	const struct host *host = &manager->state->model->hosts[index];
	const struct session *session = session_of(manager, index);
	char text[IPV6_TEXT_MAX + 4];
	size_t nodes;

	state_host_nodes(manager->state, index, &nodes);
	add_text(rows, "name", host->name);
	add_text(rows, "state", session ? "connected" : "absent");
	add_text(rows, "locator", locator_text(&host->locator, text));
	add_text(rows, "address",
		 memcmp(host->address, none, sizeof(none)) == 0
			 ? ""
			 : inet_ntop(AF_INET6, host->address, text, sizeof(text)));
	add_text(rows, "interface", host->interface ? host->interface : "");
	add_number(rows, "nodes", nodes);
	add_session(rows, session);
}

static void print_hosts(const struct manager *manager, struct rows *rows)
{
	const struct session *session;

	for (uint32_t i = 0; i < manager->state->model->host_count; i++)
		print_host(manager, i, rows);
	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		if (!session->name || session->host != MODEL_NONE)
			continue;
		add_text(rows, "name", session->name);
		add_text(rows, "state", "undeclared");
		add_text(rows, "locator", "");
		add_text(rows, "address", "");
		add_text(rows, "interface", "");
		add_number(rows, "nodes", 0);
		add_session(rows, session);
	}
}

static void print_set(const struct manager *manager, const struct session *session,
		      const struct address_set *set, const char *state, struct rows *rows)
{
	for (size_t i = 0; i < set->capacity; i++) {
		uint32_t id = (uint32_t)(set->keys[i] >> 32);
		uint32_t network = state_network_by_id(manager->state, id);

		if (!set->keys[i])
			continue;
		add_text(rows, "host", session->name);
		add_text(rows, "network",
			 network == MODEL_NONE ? ""
					       : manager->state->model->networks[network].name);
		add_ipv4(rows, "v4", (uint32_t)set->keys[i]);
		add_text(rows, "state", state);
		row_end(rows);
	}
}

static void print_mappings(const struct manager *manager, struct rows *rows)
{
	const struct session *session;

	TAILQ_FOREACH(session, &manager->sessions, next)
	{
		print_set(manager, session, &session->known, "known", rows);
		print_set(manager, session, &session->absent, "absent", rows);
	}
}

/* ---- networks and what is in them -------------------------------------------------------------- */

static void print_networks(const struct manager *manager, struct rows *rows)
{
	const struct model *model = manager->state->model;

	for (size_t i = 0; i < model->network_count; i++) {
		const struct network *network = &model->networks[i];

		add_text(rows, "name", network->name);
		add_number(rows, "id", network->id);
		add_text(rows, "entity", network->entity ? network->entity : "");
		add_number(rows, "subnets", network->subnet_count);
		add_number(rows, "routers", network->router_count);
		add_number(rows, "nodes", network->node_count);
		row_end(rows);
	}
}

static void print_subnet(const struct network *network, uint32_t index, struct rows *rows)
{
	const struct subnet *subnet = &network->subnets[index];
	struct node node = {.subnet = index};
	char text[PREFIX_TEXT_MAX];

	add_text(rows, "network", network->name);
	add_text(rows, "name", subnet->name);
	add_text(rows, "v4", prefix_text(&subnet->prefix, text));
	add_number(rows, "mtu", subnet->mtu);
	add_ipv4(rows, "gateway", model_gateway(network, &node));
	row_end(rows);
}

static void print_subnets(const struct manager *manager, struct rows *rows)
{
	const struct model *model = manager->state->model;

	for (size_t i = 0; i < model->network_count; i++)
		for (uint32_t k = 0; k < model->networks[i].subnet_count; k++)
			print_subnet(&model->networks[i], k, rows);
}

/* One text for all interfaces and one for all routes: "front 10.0.0.1, core 10.255.0.1". */
static void print_router(const struct network *network, const struct router *router,
			 struct rows *rows)
{
	char address[IPV4_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	add_text(rows, "network", network->name);
	add_text(rows, "name", router->name);
	add_key(rows, "interfaces");
	json_add_raw(&rows->row, "\"");
	for (size_t i = 0; i < router->interface_count; i++)
		json_add(&rows->row, "%s%s %s", i ? ", " : "",
			 network->subnets[router->interfaces[i].subnet].name,
			 ipv4_text(router->interfaces[i].address, address));
	json_add_raw(&rows->row, "\"");
	add_key(rows, "routes");
	json_add_raw(&rows->row, "\"");
	for (size_t i = 0; i < router->route_count; i++)
		json_add(&rows->row, "%s%s via %s", i ? ", " : "",
			 prefix_text(&router->routes[i].prefix, prefix),
			 ipv4_text(router->routes[i].next_hop, address));
	json_add_raw(&rows->row, "\"");
	row_end(rows);
}

static void print_routers(const struct manager *manager, struct rows *rows)
{
	const struct model *model = manager->state->model;

	for (size_t i = 0; i < model->network_count; i++)
		for (size_t k = 0; k < model->networks[i].router_count; k++)
			print_router(&model->networks[i], &model->networks[i].routers[k], rows);
}

static void print_node(const struct model *model, const struct network *network,
		       const struct node *node, struct rows *rows)
{
	const struct host *host = &model->hosts[node->host];
	char mac[MAC_TEXT_MAX], interface[IFNAMSIZ], text[IPV6_TEXT_MAX];
	struct substrate_address substrate;
	uint16_t correction;

	node_interface_name(network, node, interface);
	plan_address(&host->locator, network->id, node->address, &substrate, &correction);
	add_text(rows, "network", network->name);
	add_text(rows, "name", node->name);
	add_text(rows, "host", host->name);
	add_text(rows, "subnet", network->subnets[node->subnet].name);
	add_ipv4(rows, "v4", node->address);
	add_text(rows, "mac", mac_text(&node->mac, mac));
	add_text(rows, "interface", interface);
	add_ipv4(rows, "gateway", model_gateway(network, node));
	add_number(rows, "slot", node->slot);
	add_text(rows, "substrate", inet_ntop(AF_INET6, &substrate, text, sizeof(text)));
	row_end(rows);
}

static void print_nodes(const struct manager *manager, struct rows *rows)
{
	const struct model *model = manager->state->model;

	for (size_t i = 0; i < model->network_count; i++)
		for (size_t k = 0; k < model->networks[i].node_count; k++)
			print_node(model, &model->networks[i], &model->networks[i].nodes[k], rows);
}

/* ---- kinds ------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*print)(const struct manager *manager, struct rows *rows);
} kinds[] = {
	{"hosts", print_hosts},     {"networks", print_networks}, {"subnets", print_subnets},
	{"routers", print_routers}, {"nodes", print_nodes},       {"mappings", print_mappings},
};

bool get_print(const struct manager *manager, const char *kind, FILE *output)
{
	struct rows rows = {.output = output};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		fputs("[", output);
		kinds[i].print(manager, &rows);
		fputs("]", output);
		json_text_clear(&rows.row);
		return true;
	}
	return false;
}

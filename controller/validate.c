/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges a model: hosts, network ids and interface names here, what is inside a network in
 * validate_network.c and validate_routes.c, where its packets go in survey.h. Values that could not be read
 * (zero, MODEL_NONE) have been reported by the reader and are passed over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "survey.h"
#include "validate.h"
#include "validate_parts.h"

/* For all networks together: steps from router to router, weighted with what one costs. */
#define SURVEY_BUDGET UINT64_C(3000000000) /* some seconds */

void report_first(struct report *report, struct position first)
{
	if (first.line)
		report_help(report, "the first is on line %u", first.line);
}

/* ---- hosts ------------------------------------------------------------------------------------ */

/* Loopback, link-local and group addresses: the substrate routes them to nobody. */
static bool is_routable(const uint8_t octets[16])
{
	struct in6_addr address;

	memcpy(address.s6_addr, octets, sizeof(address.s6_addr));
	return !IN6_IS_ADDR_LOOPBACK(&address) && !IN6_IS_ADDR_LINKLOCAL(&address) &&
	       !IN6_IS_ADDR_MULTICAST(&address) && !IN6_IS_ADDR_UNSPECIFIED(&address);
}

static size_t locator_octets(const struct substrate_locator *locator)
{
	return locator->bits / 8;
}

/* Whose locator contains the octets: a host (index), or MODEL_NONE. */
static uint32_t locator_owner(const struct lookup *locators, const uint8_t *octets, uint8_t bits)
{
	uint32_t host = lookup_find(locators, octets, SUBSTRATE_LOCATOR_SHORT / 8);

	if (host == MODEL_NONE && bits >= SUBSTRATE_LOCATOR_LONG)
		host = lookup_find(locators, octets, SUBSTRATE_LOCATOR_LONG / 8);
	return host;
}

static void validate_locator(const struct model *model, uint32_t index, struct lookup *locators,
			     struct report *report)
{
	const struct host *host = &model->hosts[index];
	const struct substrate_locator *locator = &host->locator;
	uint8_t address[16] = {0};
	char text[IPV6_TEXT_MAX + 4];
	uint32_t other;

	memcpy(address, locator->octets, sizeof(locator->octets));
	if (!is_routable(address))
		report_error(report, host->locator_at,
			     "locator %s is not of the addresses that the substrate routes",
			     locator_text(locator, text));
	other = locator_owner(locators, locator->octets, locator->bits);
	if (other == MODEL_NONE) {
		if (lookup_add(locators, locator->octets, locator_octets(locator), index, NULL) ==
		    -ENOMEM)
			report->out_of_memory = 1;
		return;
	}
	report_error(report, host->locator_at, "locator %s overlaps with that of host '%s'",
		     locator_text(locator, text), model->hosts[other].name);
	report_help(report, "'%s' has %s", model->hosts[other].name,
		    locator_text(&model->hosts[other].locator, text));
}

static void validate_address(const struct model *model, uint32_t index,
			     const struct lookup *locators, struct lookup *addresses,
			     struct report *report)
{
	const struct host *host = &model->hosts[index];
	struct substrate_address address;
	char text[IPV6_TEXT_MAX];
	uint32_t other;
	int error;

	memcpy(address.octets, host->address, sizeof(address.octets));
	inet_ntop(AF_INET6, host->address, text, sizeof(text));
	if (!is_routable(host->address))
		report_error(report, host->address_at, "%s is no address that the substrate routes",
			     text);
	other = locator_owner(locators, host->address, SUBSTRATE_LOCATOR_LONG);
	if (other != MODEL_NONE && other != index)
		report_error(report, host->address_at,
			     "%s of host '%s' is behind the locator of host '%s'", text, host->name,
			     model->hosts[other].name);
	else if (other == index && substrate_network(&address))
		report_error(report, host->address_at,
			     "%s is a node's: behind the locator, network id 0x%06x", text,
			     substrate_network(&address));
	error = lookup_add(addresses, host->address, sizeof(host->address), index, &other);
	if (error == -EEXIST) {
		report_error(report, host->address_at, "%s is the address of host '%s' already",
			     text, model->hosts[other].name);
		report_first(report, model->hosts[other].address_at);
	}
	if (error == -ENOMEM)
		report->out_of_memory = 1;
}

static void validate_hosts(const struct model *model, struct report *report)
{
	static const uint8_t unknown[16];
	struct lookup locators = {0}, addresses = {0};

	/* The short locators first: a long one lies inside, never the other way round. */
	for (uint32_t i = 0; i < model->host_count; i++)
		if (model->hosts[i].locator.bits == SUBSTRATE_LOCATOR_SHORT)
			validate_locator(model, i, &locators, report);
	for (uint32_t i = 0; i < model->host_count; i++)
		if (model->hosts[i].locator.bits == SUBSTRATE_LOCATOR_LONG)
			validate_locator(model, i, &locators, report);
	for (uint32_t i = 0; i < model->host_count; i++)
		if (memcmp(model->hosts[i].address, unknown, sizeof(unknown)) != 0)
			validate_address(model, i, &locators, &addresses, report);
	lookup_clear(&locators);
	lookup_clear(&addresses);
}

/* ---- network ids ------------------------------------------------------------------------------ */

static void validate_ids(const struct model *model, struct report *report)
{
	struct lookup ids = {0};

	for (uint32_t i = 0; i < model->network_count; i++) {
		const struct network *network = &model->networks[i];
		uint32_t first;
		int error;

		if (!network->id)
			continue;
		if (network->id > SUBSTRATE_NETWORK_MAX)
			report_error(report, network->id_at, "id %u is not in 1..%u", network->id,
				     SUBSTRATE_NETWORK_MAX);
		error = lookup_add(&ids, &network->id, sizeof(network->id), i, &first);
		if (error == -EEXIST) {
			report_error(report, network->id_at,
				     "id 0x%06x is that of network '%s' already", network->id,
				     model->networks[first].name);
			report_first(report, model->networks[first].id_at);
		}
		if (error == -ENOMEM)
			report->out_of_memory = 1;
	}
	lookup_clear(&ids);
}

/* ---- interface names -------------------------------------------------------------------------- */

/* Key of an interface: its name, on its host. No padding: it is compared by octets. */
struct interface_key {
	uint32_t host;
	char name[IFNAMSIZ];
};

struct interface_owner {
	const struct network *network; /* NULL: the host's own substrate interface */
	const struct node *node;
};

static size_t count_nodes(const struct model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < model->network_count; i++)
		count += model->networks[i].node_count;
	return count;
}

static void report_interface(struct report *report, const struct model *model,
			     const struct interface_key *key, const struct interface_owner *owner,
			     const struct interface_owner *first)
{
	const struct node *node = owner->node;
	struct position at = node->interface ? node->interface_at : node->at;

	if (first->node)
		report_error(report, at,
			     "interface '%s' of node '%s' on host '%s' is that of node '%s' of "
			     "network '%s' already",
			     key->name, node->name, model->hosts[key->host].name, first->node->name,
			     first->network->name);
	else
		report_error(report, at,
			     "interface '%s' of node '%s' is the substrate interface of host '%s'",
			     key->name, node->name, model->hosts[key->host].name);
	if (!node->interface)
		report_help(report, "give one of them another name with 'interface'");
}

/* Adds one interface, or reports that there is one of that name. Returns how many were added. */
static size_t add_interface(struct lookup *interfaces, const struct model *model,
			    struct interface_key *keys, struct interface_owner *owners,
			    size_t count, struct report *report)
{
	uint32_t first;
	int error =
		lookup_add(interfaces, &keys[count], sizeof(keys[count]), (uint32_t)count, &first);

	if (error == -EEXIST && owners[count].node)
		report_interface(report, model, &keys[count], &owners[count], &owners[first]);
	if (error == -ENOMEM)
		report->out_of_memory = 1;
	return error ? 0 : 1;
}

static void validate_interfaces(const struct model *model, struct report *report)
{
	size_t max = model->host_count + count_nodes(model) + 1, count = 0;
	struct interface_key *keys = calloc(max, sizeof(*keys));
	struct interface_owner *owners = calloc(max, sizeof(*owners));
	struct lookup interfaces = {0};

	if (lookup_reserve(&interfaces, max) < 0)
		report->out_of_memory = 1;
	for (uint32_t i = 0; keys && owners && i < model->host_count; i++) {
		if (!model->hosts[i].interface)
			continue;
		keys[count].host = i;
		snprintf(keys[count].name, IFNAMSIZ, "%s", model->hosts[i].interface);
		count += add_interface(&interfaces, model, keys, owners, count, report);
	}
	for (size_t n = 0; keys && owners && n < model->network_count; n++) {
		const struct network *network = &model->networks[n];

		for (size_t i = 0; i < network->node_count; i++) {
			const struct node *node = &network->nodes[i];

			if (node->host == MODEL_NONE)
				continue;
			keys[count] = (struct interface_key){.host = node->host};
			owners[count] = (struct interface_owner){network, node};
			node_interface_name(network, node, keys[count].name);
			count += add_interface(&interfaces, model, keys, owners, count, report);
		}
	}
	if (!keys || !owners)
		report->out_of_memory = 1;
	lookup_clear(&interfaces);
	free(keys);
	free(owners);
}

/* ---- all -------------------------------------------------------------------------------------- */

/* Whether the network has no errors. */
static bool validate_network(const struct network *network, struct report *report, bool complete)
{
	size_t errors = report->errors;
	struct judged judged;

	if (judged_open(network, report, complete, &judged) == 0) {
		validate_subnets(&judged);
		validate_owners(&judged);
		validate_routes(&judged);
	}
	judged_clear(&judged);
	return report->errors == errors && !report->out_of_memory;
}

/* Warns of where packets go. What is left of the budget, if anything, is for the next network. */
static void survey_network(const struct network *network, struct report *report, uint64_t *budget)
{
	struct survey survey;
	int error;

	if (*budget == 0)
		return;
	if (network->router_count == 0) {
		if (network->subnet_count > 1)
			report_warning(report, network->at,
				       "no router connects the subnets of network '%s': each is "
				       "unreachable from the others",
				       network->name);
		return;
	}
	error = survey_open(network, report, budget, &survey);
	if (error == 0)
		error = survey_loops(&survey);
	if (error == 0)
		error = survey_reach(&survey);
	survey_clear(&survey);
	if (error)
		report->out_of_memory = 1;
	if (*budget == 0)
		report_warning(
			report, network->at,
			"network '%s' is too large to follow all packets through it: from "
			"here on, loops, one-way routes and unreachable subnets are not found",
			network->name);
}

void model_validate(const struct model *model, struct report *report)
{
	uint64_t budget = SURVEY_BUDGET;
	bool complete = report->errors == 0; /* else things may be missing that were given */

	validate_hosts(model, report);
	validate_ids(model, report);
	validate_interfaces(model, report);
	for (size_t i = 0; i < model->network_count; i++)
		if (validate_network(&model->networks[i], report, complete) && complete)
			survey_network(&model->networks[i], report, &budget);
}

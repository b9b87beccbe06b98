/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judges the subnets of a network, and who has which address and MAC in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "validate_parts.h"

/* ---- indexes ---------------------------------------------------------------------------------- */

static bool subnet_is_known(const struct subnet *subnet)
{
	return subnet->prefix.length || subnet->prefix.address;
}

/* The prefix of an owner's subnet, or NULL when it is not known. */
static const struct subnet *owner_subnet(const struct judged *judged, const struct owner *owner)
{
	const struct subnet *subnet;

	if (owner->subnet == MODEL_NONE)
		return NULL;
	subnet = &judged->network->subnets[owner->subnet];
	return subnet_is_known(subnet) ? subnet : NULL;
}

static int compare_subnets(const void *left, const void *right, void *context)
{
	const struct network *network = context;
	const struct ipv4_prefix *a = &network->subnets[*(const uint32_t *)left].prefix;
	const struct ipv4_prefix *b = &network->subnets[*(const uint32_t *)right].prefix;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->length != b->length)
		return (int)a->length - (int)b->length;
	return *(const uint32_t *)left < *(const uint32_t *)right ? -1 : 1;
}

static int compare_positions(const struct position *a, const struct position *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (int)a->column - (int)b->column;
}

static int compare_owners(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;
	int order = compare_positions(&a->address_at, &b->address_at);

	/* Without places, or with aliases: as in the model. */
	return order ? order : a->order < b->order ? -1 : 1;
}

static size_t count_owners(const struct network *network)
{
	size_t count = network->node_count;

	for (size_t i = 0; i < network->router_count; i++)
		count += network->routers[i].interface_count;
	return count;
}

static void fill_owners(struct judged *judged)
{
	const struct network *network = judged->network;

	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++) {
			const struct router_interface *interface =
				&network->routers[r].interfaces[i];

			judged->owners[judged->owner_count] = (struct owner){
				.order = (uint32_t)judged->owner_count,
				.address = interface->address,
				.subnet = interface->subnet,
				.mac = &interface->mac,
				.address_at = interface->address_at,
				.mac_at = interface->mac_at,
				.router = &network->routers[r],
			};
			judged->owner_count++;
		}
	for (size_t i = 0; i < network->node_count; i++) {
		const struct node *node = &network->nodes[i];

		judged->owners[judged->owner_count] = (struct owner){
			.order = (uint32_t)judged->owner_count,
			.address = node->address,
			.subnet = node->subnet,
			.mac = &node->mac,
			.address_at = node->address_at,
			.mac_at = node->mac_at,
			.node = node,
		};
		judged->owner_count++;
	}
	qsort(judged->owners, judged->owner_count, sizeof(judged->owners[0]), compare_owners);
}

int judged_open(const struct network *network, struct report *report, bool complete,
		struct judged *ret_judged)
{
	int error = 0;

	*ret_judged = (struct judged){.network = network, .report = report, .complete = complete};
	ret_judged->owners = calloc(count_owners(network) + 1, sizeof(struct owner));
	ret_judged->subnets = calloc(network->subnet_count + 1, sizeof(uint32_t));
	if (!ret_judged->owners || !ret_judged->subnets)
		error = -ENOMEM;
	for (uint32_t i = 0; i < network->subnet_count && !error; i++)
		if (subnet_is_known(&network->subnets[i]))
			ret_judged->subnets[ret_judged->subnet_count++] = i;
	if (!error) {
		qsort_r(ret_judged->subnets, ret_judged->subnet_count, sizeof(uint32_t),
			compare_subnets, (void *)network);
		fill_owners(ret_judged);
		error = lookup_reserve(&ret_judged->addresses, ret_judged->owner_count);
	}
	for (uint32_t i = 0; i < ret_judged->owner_count && error != -ENOMEM; i++) {
		struct owner *owner = &ret_judged->owners[i];

		if (owner->address)
			error = lookup_add(&ret_judged->addresses, &owner->address,
					   sizeof(owner->address), i, NULL);
		owner->again = owner->address && error == -EEXIST;
	}
	if (error != -ENOMEM)
		return 0;
	report->out_of_memory = 1;
	return error;
}

void judged_clear(struct judged *judged)
{
	free(judged->owners);
	free(judged->subnets);
	lookup_clear(&judged->addresses);
}

const struct owner *judged_owner(const struct judged *judged, uint32_t address)
{
	uint32_t at = lookup_find(&judged->addresses, &address, sizeof(address));

	return at == MODEL_NONE ? NULL : &judged->owners[at];
}

const char *owner_text(const struct owner *owner, char text[OWNER_TEXT_MAX])
{
	if (owner->router)
		snprintf(text, OWNER_TEXT_MAX, "router '%s'", owner->router->name);
	else
		snprintf(text, OWNER_TEXT_MAX, "node '%s'", owner->node->name);
	return text;
}

/* The subnet that contains an address, if subnets don't overlap, or NULL. */
static const struct subnet *subnet_of(const struct judged *judged, uint32_t address)
{
	size_t low = 0, high = judged->subnet_count;
	const struct subnet *subnet;

	while (low < high) { /* the last one that begins at or below the address */
		size_t middle = low + (high - low) / 2;

		if (judged->network->subnets[judged->subnets[middle]].prefix.address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	subnet = &judged->network->subnets[judged->subnets[low - 1]];
	return prefix_contains(&subnet->prefix, address) ? subnet : NULL;
}

/* ---- subnets ---------------------------------------------------------------------------------- */

/* Addresses that no router forwards to. */
static const struct {
	struct ipv4_prefix prefix;
	const char *meaning;
} reserved[] = {
	{{0x00000000, 8}, "this network"},
	{{0x7f000000, 8}, "loopback"},
	{{0xe0000000, 4}, "multicast"},
	{{0xffffffff, 32}, "broadcast"},
};

static void validate_prefix(const struct subnet *subnet, struct report *report)
{
	char text[PREFIX_TEXT_MAX], other[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (!prefix_covers(&subnet->prefix, &reserved[i].prefix) &&
		    !prefix_covers(&reserved[i].prefix, &subnet->prefix))
			continue;
		report_error(report, subnet->prefix_at,
			     "%s can't be a subnet: no router forwards to %s (%s)",
			     prefix_text(&subnet->prefix, text),
			     prefix_text(&reserved[i].prefix, other), reserved[i].meaning);
		return;
	}
}

/* Prefixes are nested or apart. In ascending order each is compared with the one that reaches furthest. */
static void validate_overlaps(const struct judged *judged)
{
	const struct subnet *outer = NULL;
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < judged->subnet_count; i++) {
		const struct subnet *subnet = &judged->network->subnets[judged->subnets[i]];
		const struct subnet *first = outer, *second = subnet;

		if (!outer || !prefix_covers(&outer->prefix, &subnet->prefix)) {
			outer = subnet;
			continue;
		}
		if (compare_positions(&first->at, &second->at) > 0) {
			first = subnet;
			second = outer;
		}
		report_error(judged->report, second->prefix_at,
			     "subnet '%s' overlaps with subnet '%s' (%s)", second->name,
			     first->name, prefix_text(&first->prefix, text));
		report_first(judged->report, first->prefix_at);
	}
}

/* A gateway must be a router's interface on the subnet, else nothing answers for it. */
static void validate_gateway(const struct judged *judged, uint32_t gateway, uint32_t subnet,
			     struct position at)
{
	const struct owner *owner = judged_owner(judged, gateway);
	const struct subnet *on = &judged->network->subnets[subnet];
	const struct router_interface *lowest;
	char text[IPV4_TEXT_MAX];

	if (owner && owner->router && owner->subnet == subnet)
		return;
	report_error(judged->report, at, "gateway %s is no address of a router on subnet '%s'",
		     ipv4_text(gateway, text), on->name);
	if (judged->report->unlisted)
		return;
	if (subnet_router_interfaces(judged->network, subnet, &lowest, NULL, 1) > 0)
		report_help(judged->report, "the lowest that is one: %s",
			    ipv4_text(lowest->address, text));
	else
		report_help(judged->report, "no router has an interface on it");
}

/* The flow label has room to name so many routers of a subnet, no more. */
static void validate_router_count(const struct judged *judged)
{
	uint32_t *counts = calloc(judged->network->subnet_count + 1, sizeof(*counts));

	if (!counts) {
		judged->report->out_of_memory = 1;
		return;
	}
	for (size_t i = 0; i < judged->owner_count; i++) {
		const struct owner *owner = &judged->owners[i];

		if (!owner->router || owner->subnet == MODEL_NONE ||
		    ++counts[owner->subnet] != FLOW_LABEL_ROUTER_MAX + 1)
			continue;
		report_error(judged->report, owner->address_at,
			     "subnet '%s' has more than %d router interfaces: router '%s' is one "
			     "too many",
			     judged->network->subnets[owner->subnet].name, FLOW_LABEL_ROUTER_MAX,
			     owner->router->name);
		report_help(judged->report, "put a subnet between the routers");
	}
	free(counts);
}

void validate_subnets(const struct judged *judged)
{
	for (uint32_t i = 0; i < judged->network->subnet_count; i++) {
		const struct subnet *subnet = &judged->network->subnets[i];

		if (subnet_is_known(subnet) || judged->complete)
			validate_prefix(subnet, judged->report);
		if (subnet->mtu < MODEL_MTU_MIN || subnet->mtu > MODEL_MTU_MAX)
			report_error(judged->report, subnet->mtu_at, "mtu %u is not in %u..%u",
				     subnet->mtu, MODEL_MTU_MIN, MODEL_MTU_MAX);
		if (subnet->gateway)
			validate_gateway(judged, subnet->gateway, i, subnet->gateway_at);
	}
	validate_overlaps(judged);
	validate_router_count(judged);
}

/* ---- addresses and MACs ----------------------------------------------------------------------- */

/* What is wrong with the place of an address, or NULL: nothing. */
static const char *place_problem(const struct owner *owner, const struct subnet *subnet)
{
	if (!prefix_contains(&subnet->prefix, owner->address))
		return "outside";
	if (subnet->prefix.length >= 31)
		return NULL;
	if (owner->address == subnet->prefix.address)
		return "the network address of";
	return owner->address == prefix_broadcast(&subnet->prefix) ? "the broadcast address of"
								   : NULL;
}

static void validate_place(const struct judged *judged, const struct owner *owner,
			   const struct subnet *subnet)
{
	const char *problem = place_problem(owner, subnet);
	char address[IPV4_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	const struct subnet *other;

	if (!problem)
		return;
	report_error(judged->report, owner->address_at, "%s is %s subnet '%s' (%s)",
		     ipv4_text(owner->address, address), problem, subnet->name,
		     prefix_text(&subnet->prefix, prefix));
	if (prefix_contains(&subnet->prefix, owner->address))
		return;
	other = subnet_of(judged, owner->address);
	if (other)
		report_help(judged->report, "subnet '%s' contains this address", other->name);
}

static void report_same_address(const struct judged *judged, const struct owner *owner)
{
	const struct owner *first = judged_owner(judged, owner->address);
	char address[IPV4_TEXT_MAX], other[OWNER_TEXT_MAX];

	report_error(judged->report, owner->address_at, "%s is the address of %s already",
		     ipv4_text(owner->address, address), owner_text(first, other));
	report_first(judged->report, first->address_at);
}

static void validate_mac(const struct judged *judged, uint32_t index, struct lookup *macs)
{
	const struct owner *owner = &judged->owners[index];
	char mac[MAC_TEXT_MAX], other[OWNER_TEXT_MAX];
	uint32_t first;
	int error;

	if (owner->mac->octets[0] & 1) {
		report_error(judged->report, owner->mac_at, "%s is a group's MAC, not a machine's",
			     mac_text(owner->mac, mac));
		report_help(judged->report, "the first octet of a machine's is even");
	}
	error = lookup_add(macs, owner->mac, sizeof(*owner->mac), index, &first);
	if (error == -EEXIST) {
		report_error(judged->report, owner->mac_at, "%s is the MAC of %s already",
			     mac_text(owner->mac, mac), owner_text(&judged->owners[first], other));
		report_first(judged->report, judged->owners[first].mac_at);
	}
	if (error == -ENOMEM)
		judged->report->out_of_memory = 1;
}

void validate_owners(const struct judged *judged)
{
	struct lookup macs = {0};

	for (uint32_t i = 0; i < judged->owner_count; i++) {
		const struct owner *owner = &judged->owners[i];
		const struct subnet *subnet = owner_subnet(judged, owner);

		if (owner->address && subnet)
			validate_place(judged, owner, subnet);
		if (owner->again)
			report_same_address(judged, owner);
		if (!mac_is_zero(owner->mac))
			validate_mac(judged, i, &macs);
		if (owner->node && owner->node->gateway && owner->subnet != MODEL_NONE)
			validate_gateway(judged, owner->node->gateway, owner->subnet,
					 owner->node->gateway_at);
	}
	lookup_clear(&macs);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Brings up the labs of a comparison and makes them quiet. See compare_labs.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare_labs.h"
#include "lab_blueprint.h"
#include "lab_build.h"
#include "lab_netns.h"

/*
 * What a node's interface receives is seen by packet sockets, and then dropped before IP: only ARP
 * goes on, so that nodes answer for their addresses. Classic BPF: ldh [12]; jeq ARP: ret -1; ret 2 (drop).
 */
#define QUIET_NODE                                                             \
	"qdisc add dev eth0 clsact\n"                                          \
	"filter add dev eth0 ingress protocol all bpf direct-action bytecode " \
	"\"4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 2\"\n"

static int nodes_quiet(const struct lab *lab, const struct model *model)
{
	char space[NAME_MAX + 1];
	int error = 0;

	for (size_t n = 0; n < model->network_count; n++)
		for (size_t x = 0; !error && x < model->networks[n].node_count; x++) {
			space_name(space, lab->name, SPACE_NODE, model->networks[n].name,
				   model->networks[n].nodes[x].name);
			error = space_batch(lab, space, "tc", QUIET_NODE);
		}
	return error;
}

/* ---- the twin's routers -------------------------------------------------------------------------- */

static void print_neighbour(FILE *script, uint32_t address, const struct mac *mac,
			    const char *interface)
{
	char address_words[IPV4_TEXT_MAX], mac_words[MAC_TEXT_MAX];

	fprintf(script, "neighbour replace %s lladdr %s nud permanent dev %s\n",
		ipv4_text(address, address_words), mac_text(mac, mac_words), interface);
}

/* Who is on the subnet of a router's interface, besides the router. */
static void print_neighbours(FILE *script, const struct network *network,
			     const struct router_interface *own)
{
	const struct router_interface *interfaces[FLOW_LABEL_ROUTER_MAX];
	size_t count = subnet_router_interfaces(network, own->subnet, interfaces, NULL,
						FLOW_LABEL_ROUTER_MAX);
	char name[IFNAMSIZ];

	router_interface_name(&network->subnets[own->subnet], name);
	for (size_t i = 0; i < count && i < FLOW_LABEL_ROUTER_MAX; i++)
		if (interfaces[i] != own)
			print_neighbour(script, interfaces[i]->address, &interfaces[i]->mac, name);
	for (size_t x = 0; x < network->node_count; x++)
		if (network->nodes[x].subnet == own->subnet)
			print_neighbour(script, network->nodes[x].address, &network->nodes[x].mac,
					name);
}

/* In the router's namespace: who is absent shall be known to be soon, and all who ask be told. */
static int router_hurry(const struct network *network, const struct router *router)
{
	static const struct setting settings[] = {
		{"mcast_solicit", "1"},
		{"retrans_time_ms", "10"},
		{"unres_qlen_bytes", "16777216"},
	};
	int error = 0;

	for (size_t i = 0; i < router->interface_count; i++)
		for (size_t s = 0; !error && s < sizeof(settings) / sizeof(settings[0]); s++) {
			char name[IFNAMSIZ], path[128];

			router_interface_name(&network->subnets[router->interfaces[i].subnet],
					      name);
			snprintf(path, sizeof(path), "ipv4/neigh/%s/%s", name, settings[s].path);
			error = netns_set(path, settings[s].value);
		}
	return error;
}

/* Does the same in the router's namespace, and comes back. */
static int router_hurry_there(const char *space, const struct network *network,
			      const struct router *router)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error = home < 0 ? -errno : netns_enter(space);

	if (!error)
		error = router_hurry(network, router);
	if (home >= 0 && setns(home, CLONE_NEWNET) < 0 && !error)
		error = -errno;
	if (home >= 0)
		close(home);
	return error;
}

static int router_prepare(const struct lab *lab, const struct network *network,
			  const struct router *router)
{
	char space[NAME_MAX + 1], *text = NULL;
	size_t size;
	FILE *script = open_memstream(&text, &size);
	int error;

	if (!script)
		return lab_fail(lab, -ENOMEM, "no memory for its routers' neighbours");
	for (size_t i = 0; i < router->interface_count; i++)
		print_neighbours(script, network, &router->interfaces[i]);
	space_name(space, lab->name, SPACE_ROUTER, network->name, router->name);
	if (fclose(script) != 0)
		error = lab_fail(lab, -ENOMEM, "no memory for its routers' neighbours");
	else
		error = size ? space_batch(lab, space, "ip", text) : 0;
	free(text);
	if (error)
		return error;
	error = router_hurry_there(space, network, router);
	return error ? lab_fail(lab, error, "router %s can't be configured: %s", router->name,
				strerror(-error))
		     : 0;
}

static int routers_prepare(const struct lab *lab, const struct model *model)
{
	int error = 0;

	for (size_t n = 0; n < model->network_count; n++)
		for (size_t r = 0; !error && r < model->networks[n].router_count; r++)
			error = router_prepare(lab, &model->networks[n],
					       &model->networks[n].routers[r]);
	return error;
}

/* ---- both -------------------------------------------------------------------------------------- */

static int lab_prepare(struct compare_labs *labs, enum side side, const char *name,
		       const struct topology_file *file, bool physical)
{
	static const char *const words[SIDES] = {[SIDE_TWIN] = "twin", [SIDE_WEFT] = "weft"};
	struct lab *lab = &labs->labs[side];
	char full_name[128];
	int error;

	snprintf(full_name, sizeof(full_name), "%.100s-%s", name, words[side]);
	error = lab_name(lab, full_name);
	lab->unlimited = true;
	if (!error)
		error = lab_raise(lab, file, physical);
	if (error)
		return error;
	labs->up[side] = true;
	error = nodes_quiet(lab, file->model);
	if (!error && physical)
		error = routers_prepare(lab, file->model);
	return error;
}

int compare_labs_open(const char *name, const struct topology_file *file, bool both_physical,
		      struct compare_labs *ret_labs)
{
	int error;

	*ret_labs = (struct compare_labs){0};
	error = lab_prepare(ret_labs, SIDE_TWIN, name, file, true);
	if (!error)
		error = lab_prepare(ret_labs, SIDE_WEFT, name, file, both_physical);
	return error;
}

int compare_labs_close(struct compare_labs *labs)
{
	int error = 0;

	lab_signals_ignore();
	for (int side = 0; side < SIDES; side++)
		if (labs->up[side] && lab_remove(&labs->labs[side]) < 0)
			error = -EIO;
	return error;
}

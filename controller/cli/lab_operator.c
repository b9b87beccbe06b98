/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Talks to the daemons of a lab and waits until they are ready. See lab_operator.h. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/channel.h"
#include "lab_daemons.h"
#include "lab_operator.h"

#define POLL_MS        10 /* between two questions whether a daemon is ready */
#define LOG_LINES      10 /* of a daemon's log that are shown when it fails */
#define COMPLAINTS_MAX 3 /* hosts of which a failure is explained */

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_briefly(void)
{
	struct timespec pause = {.tv_nsec = POLL_MS * 1000000};

	nanosleep(&pause, NULL);
}

/* Shows the end of a daemon's log. */
static void log_show(const struct lab *lab, const char *name)
{
	char path[PATH_MAX], lines[LOG_LINES][512];
	size_t count = 0;
	FILE *file;

	lab_path(lab, path, "%s.log", name);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(lines[count % LOG_LINES], sizeof(lines[0]), file))
		count++;
	fclose(file);
	fprintf(stderr, count ? "  its log ends:\n" : "  its log is empty\n");
	for (size_t i = count > LOG_LINES ? count - LOG_LINES : 0; i < count; i++)
		fprintf(stderr, "    %s", lines[i % LOG_LINES]);
}

/* Asks a daemon and gives what it answers as JSON: a new reference, or NULL without one. */
static json_t *daemon_ask(const char *socket, const char *verb, const char *argument)
{
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply;
	json_t *answer;

	request.verb = (char *)verb;
	if (argument) {
		request.arguments = (char **)&argument;
		request.n_arguments = 1;
	}
	if (operator_call(socket, &request, &reply) < 0)
		return NULL;
	answer = reply->status == 0 ? json_loads(reply->output, 0, NULL) : NULL;
	weft__operator_reply__free_unpacked(reply, NULL);
	return answer;
}

/* ---- the manager ------------------------------------------------------------------------------- */

static bool manager_answers(const struct lab *lab)
{
	char socket[PATH_MAX];
	json_t *hosts;

	lab_path(lab, socket, "manager.sock");
	hosts = daemon_ask(socket, "get", "hosts");
	json_decref(hosts);
	return hosts;
}

int manager_await(const struct lab *lab)
{
	long until_ms = now_ms() + LAB_READY_MS;

	while (!manager_answers(lab)) {
		bool runs = manager_runs(lab);

		if (lab_interrupted())
			return lab_fail(lab, -EINTR, "interrupted");
		if (!runs || now_ms() > until_ms) {
			lab_fail(lab, 0, "weft-manager %s", runs ? "doesn't answer" : "has ended");
			log_show(lab, "manager");
			return runs ? -ETIMEDOUT : -ECHILD;
		}
		pause_briefly();
	}
	return 0;
}

int manager_apply(const struct lab *lab, const char *file_name, const char *text, size_t size,
		  uint64_t *ret_revision)
{
	Weft__OperatorRequest request = WEFT__OPERATOR_REQUEST__INIT;
	Weft__OperatorReply *reply;
	char socket[PATH_MAX];
	json_t *answer, *revision;
	int error;

	lab_path(lab, socket, "manager.sock");
	request.verb = (char *)"apply";
	request.file_name = (char *)file_name;
	request.topology.data = (uint8_t *)text;
	request.topology.len = size;
	error = operator_call(socket, &request, &reply);
	if (error)
		return lab_fail(lab, error, "its manager can't be asked to apply %s: %s", file_name,
				strerror(-error));
	answer = json_loads(reply->output, 0, NULL);
	revision = json_object_get(answer, "revision");
	if (reply->status != 0) {
		fputs(reply->errors, stderr);
		error = lab_fail(lab, -EINVAL, "its manager refuses %s", file_name);
	} else if (!json_is_integer(revision)) {
		error = lab_fail(lab, -EPROTO, "its manager's answer to apply has no revision");
	} else {
		*ret_revision = json_integer_value(revision);
	}
	json_decref(answer);
	weft__operator_reply__free_unpacked(reply, NULL);
	return error;
}

static void node_fill_mac(const struct model *model, const json_t *entry)
{
	const char *network_name, *name, *mac;
	const struct network *network;
	struct node *node;

	if (json_unpack((json_t *)entry, "{s:s, s:s, s:s}", "network", &network_name, "name", &name,
			"mac", &mac) < 0)
		return;
	network = model_find_network(model, network_name);
	node = network ? network_find_node(network, name) : NULL;
	if (node)
		mac_parse(mac, &node->mac);
}

int manager_fill_macs(const struct lab *lab, struct model *model)
{
	char socket[PATH_MAX];
	json_t *nodes, *entry;
	size_t i;

	lab_path(lab, socket, "manager.sock");
	nodes = daemon_ask(socket, "get", "nodes");
	if (!nodes)
		return lab_fail(lab, -ECONNREFUSED, "its manager can't be asked for the nodes");
	json_array_foreach(nodes, i, entry) node_fill_mac(model, entry);
	json_decref(nodes);
	return 0;
}

/* ---- the agents -------------------------------------------------------------------------------- */

static size_t host_node_count(const struct model *model, uint32_t host)
{
	size_t count = 0;

	for (size_t n = 0; n < model->network_count; n++)
		for (size_t x = 0; x < model->networks[n].node_count; x++)
			count += model->networks[n].nodes[x].host == host;
	return count;
}

/* A string in a JSON object, or "". */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* What a weftd with this status lacks to be ready, in words; empty if it is. */
static void status_judge(const json_t *status, size_t nodes, uint64_t revision, char *ret_lack,
			 size_t size)
{
	json_t *manager = json_object_get(status, "manager");
	json_int_t seen = json_integer_value(json_object_get(manager, "revision"));
	json_t *ports = json_object_get(status, "ports"), *port;
	size_t i;

	ret_lack[0] = '\0';
	if (strcmp(text_of(manager, "state"), "connected") != 0)
		snprintf(ret_lack, size, "it has no connection to the manager");
	else if (!json_is_true(json_object_get(status, "synced")))
		snprintf(ret_lack, size, "it has not got its state from the manager");
	else if ((uint64_t)seen < revision)
		snprintf(ret_lack, size, "it is at revision %lld instead of %llu", (long long)seen,
			 (unsigned long long)revision);
	else if (json_array_size(ports) != nodes)
		snprintf(ret_lack, size, "it has %zu nodes instead of %zu", json_array_size(ports),
			 nodes);
	else
		json_array_foreach(ports, i, port)
		{
			if (strcmp(text_of(port, "state"), "attached") != 0)
				snprintf(ret_lack, size, "node %s is not attached",
					 text_of(port, "node"));
		}
}

/* Asks the weftd of a host: 0 if it is ready, -EAGAIN if not yet, -ECHILD if it has ended. */
static int agent_check(const struct lab *lab, const struct model *model, uint32_t host,
		       uint64_t revision, char *ret_lack, size_t size)
{
	char socket[PATH_MAX];
	json_t *status;

	lab_path(lab, socket, "host-%s.sock", model->hosts[host].name);
	status = daemon_ask(socket, "status", NULL);
	if (!status && !agent_runs(lab, model->hosts[host].name)) {
		snprintf(ret_lack, size, "it has ended");
		return -ECHILD;
	}
	if (status)
		status_judge(status, host_node_count(model, host), revision, ret_lack, size);
	else
		snprintf(ret_lack, size, "it doesn't answer");
	json_decref(status);
	return ret_lack[0] ? -EAGAIN : 0;
}

/* Explains why hosts from `first` up to `end` are not ready. */
static void agents_complain(const struct lab *lab, const struct model *model, size_t first,
			    size_t end, uint64_t revision)
{
	char lack[256], log[NAME_MAX];
	int complaints = 0;

	for (size_t h = first; h < end && complaints < COMPLAINTS_MAX; h++) {
		const char *name = model->hosts[h].name;

		if (agent_check(lab, model, h, revision, lack, sizeof(lack)) == 0)
			continue;
		lab_fail(lab, 0, "the weftd of host '%s' isn't ready: %s", name, lack);
		snprintf(log, sizeof(log), "host-%s", name);
		log_show(lab, log);
		complaints++;
	}
}

int agents_await(const struct lab *lab, const struct model *model, size_t first, size_t end,
		 uint64_t revision)
{
	long until_ms = now_ms() + LAB_READY_MS;
	char lack[256];

	for (size_t h = first; h < end;) {
		int error = agent_check(lab, model, h, revision, lack, sizeof(lack));

		if (!error) {
			h++;
			continue;
		}
		if (lab_interrupted())
			return lab_fail(lab, -EINTR, "interrupted");
		if (error == -ECHILD || now_ms() > until_ms) {
			agents_complain(lab, model, h, end, revision);
			return error == -ECHILD ? error : -ETIMEDOUT;
		}
		pause_briefly();
	}
	return 0;
}

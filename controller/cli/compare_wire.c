/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet sockets, and the pace of sending. See compare_wire.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compare_wire.h"
#include "lab_blueprint.h"
#include "lab_netns.h"

#define FRAME_MAX         65536
#define RECEIVE_OCTETS    (64 << 20) /* of memory for what one socket has not read yet */
#define BATCH_PROBES      50 /* on their way at once; fewer than weft holds for one address */
#define QUIET_MS          10 /* without a frame, when both labs have received as many */
#define PATIENCE_MS       200 /* when they haven't */
#define FINAL_QUIET_MS    200
#define FINAL_PATIENCE_MS 2000

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- sockets ----------------------------------------------------------------------------------- */

/* In the node's namespace. */
static int socket_open(int *ret_fd)
{
	struct sockaddr_ll eth0 = {.sll_family = AF_PACKET,
				   .sll_protocol = htons(ETH_P_ALL),
				   .sll_ifindex = (int)if_nametoindex("eth0")};
	int octets = RECEIVE_OCTETS, yes = 1;
	int fd;

	if (!eth0.sll_ifindex)
		return -errno;
	/* Protocol 0: it receives nothing before it is bound to the interface. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) < 0 ||
	    bind(fd, (struct sockaddr *)&eth0, sizeof(eth0)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

static int taps_open(const struct compare_labs *labs, const struct model *model, enum side side,
		     struct wire *wire)
{
	const struct lab *lab = &labs->labs[side];
	char space[NAME_MAX + 1];

	for (uint32_t n = 0; n < model->network_count; n++)
		for (uint32_t x = 0; x < model->networks[n].node_count; x++) {
			struct tap *tap = &wire->taps[wire->count];
			int error;

			space_name(space, lab->name, SPACE_NODE, model->networks[n].name,
				   model->networks[n].nodes[x].name);
			*tap = (struct tap){.side = side, .network = n, .node = x};
			error = netns_enter(space);
			if (!error)
				error = socket_open(&tap->fd);
			if (error)
				return lab_fail(lab, error, "%s: no packet socket: %s", space,
						strerror(-error));
			wire->count++;
		}
	return 0;
}

static size_t nodes_count(const struct model *model)
{
	size_t count = 0;

	for (size_t n = 0; n < model->network_count; n++)
		count += model->networks[n].node_count;
	return count;
}

int wire_open(const struct compare_labs *labs, const struct model *model, struct wire *ret_wire)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error = home < 0 ? -errno : 0;

	*ret_wire = (struct wire){.taps = calloc(SIDES * nodes_count(model), sizeof(struct tap))};
	if (!ret_wire->taps)
		error = -ENOMEM;
	if (error)
		lab_fail(&labs->labs[SIDE_TWIN], error, "no packet sockets: %s", strerror(-error));
	for (enum side side = 0; !error && side < SIDES; side++)
		error = taps_open(labs, model, side, ret_wire);
	if (home >= 0) {
		if (setns(home, CLONE_NEWNET) < 0 && !error)
			error = lab_fail(&labs->labs[SIDE_TWIN], -errno, "no way back from it: %s",
					 strerror(errno));
		close(home);
	}
	return error;
}

void wire_unplug(struct wire *wire)
{
	for (size_t t = 0; t < wire->count; t++) {
		if (wire->taps[t].fd >= 0)
			close(wire->taps[t].fd);
		wire->taps[t].fd = -1;
	}
}

void wire_close(struct wire *wire)
{
	wire_unplug(wire);
	free(wire->taps);
	sightings_clear(&wire->sightings);
	*wire = (struct wire){0};
}

/* ---- receiving --------------------------------------------------------------------------------- */

static int complain(const struct tap *tap, int error, const char *what)
{
	fprintf(stderr, "weft lab compare: a node of the %s can't %s: %s\n",
		tap->side == SIDE_TWIN ? "twin" : "emulated lab", what, strerror(-error));
	return error;
}

/* Keeps all that a tap has; 0 or -errno. */
static int tap_drain(struct wire *wire, struct tap *tap)
{
	static uint8_t octets[FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t from_size;
	ssize_t length;

	for (;;) {
		struct sighting sighting = {tap->side, tap->network, tap->node, octets, 0};

		from_size = sizeof(from);
		length = recvfrom(tap->fd, octets, sizeof(octets), 0, (struct sockaddr *)&from,
				  &from_size);
		if (length < 0)
			return errno == EAGAIN || errno == EINTR ? 0
								 : complain(tap, -errno, "receive");
		/* What a bridge floods to everybody, a network interface doesn't take. */
		if (from.sll_pkttype == PACKET_OTHERHOST ||
		    !frame_is_compared(octets, (size_t)length))
			continue;
		sighting.length = (size_t)length;
		if (sightings_add(&wire->sightings, &sighting) < 0)
			return complain(tap, -ENOMEM, "receive");
		tap->received++;
	}
}

/* Waits `ms` at most for frames and keeps them. Returns whether there were any, or -errno. */
static int wire_drain(struct wire *wire, int ms)
{
	struct pollfd fds[wire->count];
	int ready, error = 0;

	for (size_t t = 0; t < wire->count; t++)
		fds[t] = (struct pollfd){.fd = wire->taps[t].fd, .events = POLLIN};
	ready = poll(fds, wire->count, ms);
	if (ready <= 0)
		return ready < 0 && errno != EINTR ? complain(wire->taps, -errno, "wait") : 0;
	for (size_t t = 0; !error && t < wire->count; t++)
		if (fds[t].revents)
			error = tap_drain(wire, &wire->taps[t]);
	return error ? error : 1;
}

/* Whether each node has received as many frames in one lab as in the other, since `before`. */
static bool wire_is_even(const struct wire *wire, const size_t *before)
{
	size_t half = wire->count / SIDES;

	for (size_t t = 0; t < half; t++)
		if (wire->taps[t].received - before[t] !=
		    wire->taps[t + half].received - before[t + half])
			return false;
	return true;
}

/*
 * Receives until nothing has come for a while: a short one if nothing is missing. That only sets the
 * pace: what comes later is compared all the same.
 */
static int wire_settle(struct wire *wire, const size_t *before, int quiet_ms, int patience_ms)
{
	long last_ms = now_ms();

	for (;;) {
		int received = wire_drain(wire, quiet_ms);
		long silence_ms = now_ms() - last_ms;

		if (received < 0)
			return received;
		if (lab_interrupted())
			return -EINTR;
		if (received)
			last_ms = now_ms();
		else if (silence_ms >= patience_ms ||
			 (silence_ms >= quiet_ms && wire_is_even(wire, before)))
			return 0;
	}
}

/* ---- sending ----------------------------------------------------------------------------------- */

static struct tap *tap_of(const struct wire *wire, enum side side, const struct probe *probe)
{
	size_t half = wire->count / SIDES;

	for (size_t t = 0; t < half; t++) {
		struct tap *tap = &wire->taps[t + side * half];

		if (tap->network == probe->network && tap->node == probe->node)
			return tap;
	}
	return NULL;
}

static int probe_send(const struct wire *wire, enum side side, const struct probe *probe)
{
	const struct tap *tap = tap_of(wire, side, probe);

	for (size_t f = 0; f < probe->frame_count; f++) {
		const struct probe_frame *frame = &probe->frames[f];
		struct pollfd ready = {.fd = tap->fd, .events = POLLOUT};

		while (send(tap->fd, frame->octets, frame->length, 0) < 0) {
			if (errno != EAGAIN && errno != ENOBUFS)
				return complain(tap, -errno, "send");
			poll(&ready, 1, 10);
			if (lab_interrupted())
				return -EINTR;
		}
	}
	return 0;
}

/* Sends the probes first..end-1 in both labs. */
static int batch_send(struct wire *wire, const struct probe_list *probes, size_t first, size_t end,
		      uint32_t only)
{
	int error = 0;

	for (enum side side = 0; side < SIDES; side++)
		for (size_t p = first; !error && p < end; p++) {
			bool meant = !only || probes->probes[p].number == only;

			if (!meant && !probes->probes[p].asks)
				continue;
			error = probe_send(wire, side, &probes->probes[p]);
			wire->probes += side == 0 && meant;
		}
	return error;
}

int wire_run(struct wire *wire, const struct probe_list *probes, uint32_t only)
{
	size_t before[wire->count], zero[wire->count];
	int error = 0;

	memset(zero, 0, sizeof(zero));
	for (size_t first = 0, end; !error && first < probes->count; first = end) {
		bool asks = probes->probes[first].asks;

		/* Questions for MACs are answered before what needs them is sent. */
		for (end = first; end < probes->count && end < first + BATCH_PROBES &&
				  probes->probes[end].asks == asks;)
			end++;
		if (only && !asks && (only <= first || only > end))
			continue;
		for (size_t t = 0; t < wire->count; t++)
			before[t] = wire->taps[t].received;
		error = batch_send(wire, probes, first, end, only);
		if (!error)
			error = wire_settle(wire, before, QUIET_MS, PATIENCE_MS);
	}
	if (!error)
		error = wire_settle(wire, zero, FINAL_QUIET_MS, FINAL_PATIENCE_MS);
	return error;
}

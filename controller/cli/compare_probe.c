/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The generator of probes: who sends what, how large, how far. See compare_probe.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare_aim.h"
#include "compare_budget.h"
#include "compare_datagram.h"
#include "compare_probe.h"

#define HEADER_OCTETS 20 /* IPv4 */
#define TRACE_BEYOND  2 /* hops that a trace goes on after the last router */

#define PATIENCE 100 /* random tries to aim at something else */

struct generator {
	const struct model *model;
	struct random random;
	struct datagram datagram;
	/* A trace: the same destination with a TTL of 1, 2, ... up to `trace_last`. */
	uint32_t trace_network, trace_node;
	struct aim trace_aim;
	uint8_t trace_ttl, trace_last;
	struct budget no_route;
};

static uint16_t mtu_of(const struct network *network, const struct probe *probe)
{
	return network->subnets[network->nodes[probe->node].subnet].mtu;
}

/* ---- header fields ------------------------------------------------------------------------------- */

/* Octets of payload: a few, as many as fit the node's or another subnet's MTU, or anything. */
static size_t choose_length(struct generator *generator, const struct network *network,
			    uint16_t mtu)
{
	struct random *random = &generator->random;
	size_t max = mtu - HEADER_OCTETS, length;
	uint32_t chance = random_below(random, 100);

	if (chance < 4)
		return random_below(random, 24); /* less than a transport header, even nothing */
	if (chance < 55)
		return random_between(random, 24, 120);
	if (chance < 75)
		return random_between(random, 24, (uint32_t)max);
	length = network->subnets[random_below(random, (uint32_t)network->subnet_count)].mtu -
		 HEADER_OCTETS;
	if (random_chance(random, 30)) /* what an ICMP error can quote */
		length = 576 - 2 * HEADER_OCTETS - 8;
	length += random_below(random, 11);
	length -= 4;
	return length < max ? length : max;
}

static uint8_t choose_ttl(struct generator *generator, const struct aim *aim)
{
	struct random *random = &generator->random;
	uint32_t chance = random_below(random, 100);

	if (chance < 40 && aim->by_router)
		return (uint8_t)random_between(random, 1, aim->hops + 3U);
	if (chance < 70)
		return 64;
	if (chance < 99)
		return (uint8_t)random_between(random, 1, 255);
	return 0;
}

static void header_choose(struct generator *generator, const struct network *network, uint32_t node,
			  const struct aim *aim)
{
	struct datagram *datagram = &generator->datagram;

	datagram->from_mac = network->nodes[node].mac;
	datagram->from = network->nodes[node].address;
	datagram->to_mac = aim->mac;
	datagram->to = aim->address;
	datagram->ttl = choose_ttl(generator, aim);
	datagram->dont_fragment = random_chance(&generator->random, 50);
	datagram->reserved_flag = random_chance(&generator->random, 5);
	/* 37 and 256 have no common divisor: all of them. */
	datagram->tos = (uint8_t)(datagram->number * 37);
}

/* ---- payloads ---------------------------------------------------------------------------------- */

/* Makes a payload of `length` octets; returns what it is called. */
static const char *payload_choose(struct generator *generator, const struct aim *aim, size_t length)
{
	static const uint8_t queries[] = {0, 10, 15, 17, 30, 42, 44, 200};
	struct datagram *datagram = &generator->datagram;
	struct random *random = &generator->random;
	uint32_t chance = random_below(random, 100);

	if (chance < 30) {
		datagram_icmp(datagram, random, 8, length);
		return "ICMP echo request";
	}
	if (chance < 55) {
		datagram_udp(datagram, random, length);
		return "UDP";
	}
	if (chance < 75) {
		datagram_tcp(datagram, random, length);
		return "TCP";
	}
	if (chance < 80) {
		datagram_icmp(datagram, random, 13, random_chance(random, 80) ? 20 : length);
		return "ICMP timestamp request";
	}
	if (chance < 84) {
		datagram_icmp(datagram, random, RANDOM_OF(random, queries), length);
		return "ICMP of another type";
	}
	if (chance < 92) {
		datagram_icmp_error(datagram, random, aim->to_router, length);
		return "ICMP error";
	}
	datagram_other(datagram, random, length);
	return "another protocol";
}

/* ---- frames ------------------------------------------------------------------------------------ */

static int probe_add_frame(struct probe *probe, const struct datagram *datagram, size_t offset,
			   size_t octets, bool more)
{
	int error =
		datagram_frame(datagram, offset, octets, more, &probe->frames[probe->frame_count]);

	if (!error)
		probe->frame_count++;
	return error;
}

static void frames_shuffle(struct probe *probe, struct random *random)
{
	struct probe_frame first = probe->frames[0];
	uint32_t chance = random_below(random, 100);

	if (chance < 65)
		return;
	if (chance < 85) { /* the last comes first */
		probe->frames[0] = probe->frames[probe->frame_count - 1];
		probe->frames[probe->frame_count - 1] = first;
	} else if (chance < 95) { /* the last is lost */
		free(probe->frames[--probe->frame_count].octets);
	} else { /* the first is */
		free(first.octets);
		memmove(probe->frames, probe->frames + 1,
			--probe->frame_count * sizeof(probe->frames[0]));
	}
}

/* Cuts the datagram into 2 to 4 fragments that the node's MTU allows. */
static int probe_fragment(struct generator *generator, struct probe *probe, uint16_t mtu)
{
	const struct datagram *datagram = &generator->datagram;
	uint32_t max = (mtu - HEADER_OCTETS) / 8;
	size_t offset = 0;
	int error = 0;

	while (!error && offset < datagram->length && probe->frame_count < PROBE_FRAMES_MAX) {
		size_t rest = datagram->length - offset;
		size_t octets = 8UL * random_between(&generator->random, 1, max);

		if (probe->frame_count == PROBE_FRAMES_MAX - 1)
			octets = 8UL * max;
		if (octets > rest)
			octets = rest;
		error = probe_add_frame(probe, datagram, offset, octets, octets < rest);
		offset += octets;
	}
	if (!error && probe->frame_count > 1)
		frames_shuffle(probe, &generator->random);
	return error;
}

/* Makes a sound frame for a router one that it has to drop without a word. */
static void frame_spoil(struct probe_frame *frame, struct random *random)
{
	uint8_t *ip = frame->octets + 14;
	uint16_t checksum;

	switch (random_below(random, 6)) {
	case 0: /* cut: no shorter than a header of Ethernet, which can't be sent */
		frame->length = random_between(random, 14, (uint32_t)frame->length - 1);
		return;
	case 1: /* a wrong checksum */
		ip[10] ^= 0x10;
		return;
	case 2:
		ip[0] = (uint8_t)((ip[0] & 0x0f) | RANDOM_OF(random, ((uint8_t[]){0, 0x50, 0x60})));
		break;
	case 3: /* a header that is too short */
		ip[0] = (uint8_t)((ip[0] & 0xf0) | random_below(random, 5));
		break;
	case 4: /* a total length less than the header */
		put16(ip + 2, (uint16_t)random_below(random, HEADER_OCTETS));
		break;
	case 5: /* or more than there is */
		put16(ip + 2, (uint16_t)(frame->length - 14 + random_between(random, 1, 2000)));
		break;
	}
	put16(ip + 10, 0);
	checksum = checksum_of(checksum_add(0, ip, HEADER_OCTETS));
	put16(ip + 10, checksum);
}

/* Appends octets that no length counts, as Ethernet does to short frames. */
static int frame_pad(struct probe_frame *frame, struct random *random, uint16_t mtu)
{
	size_t length = frame->length + random_between(random, 1, 40);
	uint8_t *octets;

	if (length > 14U + mtu)
		return 0;
	octets = realloc(frame->octets, length);
	if (!octets)
		return -ENOMEM;
	memset(octets + frame->length, 0, length - frame->length);
	*frame = (struct probe_frame){octets, length};
	return 0;
}

/* ---- probes ------------------------------------------------------------------------------------ */

/* An ARP frame of the probe's node; the caller may change it. NULL without memory. */
static uint8_t *arp_frame(const struct node *node, uint32_t sender, uint32_t target)
{
	uint8_t *frame = calloc(1, 60);
	uint8_t *arp = frame + 14;

	if (!frame)
		return NULL;
	memset(frame, 0xff, 6);
	memcpy(frame + 6, node->mac.octets, 6);
	put16(frame + 12, 0x0806);
	memcpy(arp, "\x00\x01\x08\x00\x06\x04\x00\x01", 8);
	memcpy(arp + 8, node->mac.octets, 6);
	put32(arp + 14, sender);
	put32(arp + 24, target);
	return frame;
}

static int probe_make_arp(struct generator *generator, const struct network *network,
			  struct probe *probe)
{
	const struct node *node = &network->nodes[probe->node];
	struct random *random = &generator->random;
	uint32_t target = aim_arp_target(network, probe->node, random);
	/* A probe before an address is used has no sender; an announcement is about itself. */
	uint32_t sender = random_chance(random, 20) ? 0 : node->address;
	uint8_t *frame;

	if (random_chance(random, 15))
		target = node->address;
	frame = arp_frame(node, sender, target);
	if (!frame)
		return -ENOMEM;
	if (random_chance(random, 30))
		memset(frame + 14 + 18, 0xff, 6);
	if (random_chance(random, 5)) /* a gratuitous reply, or what nobody knows */
		put16(frame + 14 + 6, (uint16_t)random_between(random, 2, 9));
	probe->kind = "ARP";
	probe->frames[probe->frame_count++] =
		(struct probe_frame){frame, random_chance(random, 50) ? 42 : 60};
	return 0;
}

/*
 * A node has the MAC of another from ARP. So before anything else each asks for each on its subnet. Finds
 * the nth of such pairs; false if there are fewer.
 */
static bool pair_find(const struct model *model, size_t nth, struct probe *probe,
		      const struct node **ret_asked)
{
	for (uint32_t n = 0; n < model->network_count; n++) {
		const struct network *network = &model->networks[n];

		for (uint32_t i = 0; i < network->node_count; i++)
			for (uint32_t k = 0; k < network->node_count; k++) {
				if (i == k || network->nodes[i].subnet != network->nodes[k].subnet)
					continue;
				if (nth-- != 0)
					continue;
				probe->network = n;
				probe->node = i;
				*ret_asked = &network->nodes[k];
				return true;
			}
	}
	return false;
}

/* Makes the questions of all pairs. Returns how many, at most `count`, or -ENOMEM. */
static ssize_t probes_make_asks(const struct model *model, struct probe *probes, size_t count)
{
	const struct node *asked;
	size_t made = 0;

	while (made < count && pair_find(model, made, &probes[made], &asked)) {
		struct probe *probe = &probes[made];
		const struct node *node = &model->networks[probe->network].nodes[probe->node];
		uint8_t *frame = arp_frame(node, node->address, asked->address);

		if (!frame)
			return -ENOMEM;
		probe->number = (uint32_t)++made;
		probe->kind = "ARP";
		probe->asks = true;
		probe->frames[probe->frame_count++] = (struct probe_frame){frame, 42};
	}
	return (ssize_t)made;
}

/* A datagram larger than the node's MTU can only be sent in fragments. */
static int probe_make_fragments(struct generator *generator, const struct aim *aim,
				struct probe *probe, uint16_t mtu)
{
	struct random *random = &generator->random;
	uint32_t max = 3 * (mtu - HEADER_OCTETS) / 8 * 8;

	payload_choose(generator, aim, random_between(random, 40, max < 6000 ? max : 6000));
	if (random_chance(random, 80))
		generator->datagram.dont_fragment = false;
	probe->kind = "fragments";
	return probe_fragment(generator, probe, mtu);
}

static int probe_make_packet(struct generator *generator, const struct network *network,
			     const struct aim *aim, struct probe *probe)
{
	uint16_t mtu = mtu_of(network, probe);
	struct datagram *datagram = &generator->datagram;
	struct random *random = &generator->random;
	int error;

	if (!aim->group && random_chance(random, 8) &&
	    budget_allows(&generator->no_route, probe, aim, PROBE_FRAMES_MAX))
		return probe_make_fragments(generator, aim, probe, mtu);
	probe->kind = payload_choose(generator, aim, choose_length(generator, network, mtu));
	error = probe_add_frame(probe, datagram, 0, datagram->length, false);
	if (error)
		return error;
	if (random_chance(random, 3) && aim->by_router)
		return frame_pad(&probe->frames[0], random, mtu);
	if (random_chance(random, 3) && aim->by_router) {
		frame_spoil(&probe->frames[0], random);
		probe->kind = "malformed";
	}
	return 0;
}

/* A node of any network, each with the same chance. */
static void sender_choose(struct generator *generator, struct probe *probe)
{
	const struct model *model = generator->model;
	size_t total = 0;
	uint32_t nth;

	for (size_t n = 0; n < model->network_count; n++)
		total += model->networks[n].node_count;
	nth = random_below(&generator->random, (uint32_t)total);
	for (probe->network = 0; nth >= model->networks[probe->network].node_count;)
		nth -= (uint32_t)model->networks[probe->network++].node_count;
	probe->node = nth;
}

static void trace_begin(struct generator *generator, const struct probe *probe,
			const struct aim *aim)
{
	generator->trace_network = probe->network;
	generator->trace_node = probe->node;
	generator->trace_aim = *aim;
	generator->trace_ttl = 1;
	generator->trace_last = aim->hops + TRACE_BEYOND;
}

/* Finds a destination for which the budget allows a frame; false if there seems to be none. */
static bool aim_affordable(struct generator *generator, const struct network *network,
			   const struct probe *probe, struct aim *ret_aim)
{
	for (int i = 0; i < PATIENCE; i++) {
		*ret_aim = aim_choose(network, probe->node, &generator->random);
		if (budget_allows(&generator->no_route, probe, ret_aim, 1))
			return true;
	}
	return false;
}

/* The next probe of a trace, if there is one going on. */
static bool trace_next(struct generator *generator, struct probe *probe)
{
	if (generator->trace_ttl == 0 || generator->trace_ttl > generator->trace_last)
		return false;
	probe->network = generator->trace_network;
	probe->node = generator->trace_node;
	return budget_allows(&generator->no_route, probe, &generator->trace_aim, 1);
}

static int probe_make(struct generator *generator, struct probe *probe)
{
	bool traces = trace_next(generator, probe);
	struct datagram *datagram = &generator->datagram;
	const struct network *network;
	struct aim aim = generator->trace_aim;
	int error;

	datagram->number = probe->number;
	if (!traces)
		sender_choose(generator, probe);
	network = &generator->model->networks[probe->network];
	if (!traces && (random_chance(&generator->random, 6) ||
			!aim_affordable(generator, network, probe, &aim)))
		return probe_make_arp(generator, network, probe);
	header_choose(generator, network, probe->node, &aim);
	if (traces)
		datagram->ttl = generator->trace_ttl++;
	else if (aim.by_router && aim.hops && random_chance(&generator->random, 10))
		trace_begin(generator, probe, &aim);
	error = probe_make_packet(generator, network, &aim, probe);
	budget_charge(&generator->no_route, probe, &aim, datagram->ttl);
	return error;
}

static bool model_has_nodes(const struct model *model)
{
	for (size_t n = 0; n < model->network_count; n++)
		if (model->networks[n].node_count)
			return true;
	return false;
}

int probes_generate(const struct model *model, uint64_t seed, size_t count,
		    struct probe_list *ret_list)
{
	struct generator *generator;
	struct probe_list list = {.count = count};
	ssize_t asks = 0;
	int error = 0;

	if (!model_has_nodes(model))
		return -EINVAL;
	generator = calloc(1, sizeof(*generator));
	list.probes = calloc(count, sizeof(*list.probes));
	if (!generator || !list.probes)
		error = -ENOMEM;
	if (!error) {
		generator->model = model;
		generator->random.state = ~seed; /* not what the topology is made of */
		error = budget_make(model, &generator->no_route);
	}
	if (!error) {
		asks = probes_make_asks(model, list.probes, count / ASKS_SHARE);
		error = asks < 0 ? (int)asks : 0;
	}
	for (size_t p = asks < 0 ? 0 : (size_t)asks; !error && p < count; p++) {
		list.probes[p].number = (uint32_t)p + 1;
		error = probe_make(generator, &list.probes[p]);
	}
	if (generator)
		budget_clear(&generator->no_route);
	free(generator);
	if (error)
		probes_clear(&list);
	else
		*ret_list = list;
	return error;
}

void probes_clear(struct probe_list *list)
{
	if (!list)
		return;
	for (size_t p = 0; list->probes && p < list->count; p++)
		for (size_t f = 0; f < list->probes[p].frame_count; f++)
			free(list->probes[p].frames[f].octets);
	free(list->probes);
	*list = (struct probe_list){0};
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading fuzzers' inputs, and putting frames right. See arrival.h. */
#include "arrival.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "wire.h"

const struct substrate_locator arrival_elsewhere = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x0c},
						    SUBSTRATE_LOCATOR_SHORT};

static uint32_t device_of(const struct scene *scene, uint8_t number)
{
	size_t devices = scene->port_count + 2, device = number % devices;

	if (device == 0)
		return scene->devices.reinject;
	return device == 1 ? scene->devices.substrate : scene->ports[device - 2].ifindex;
}

/* Who sends: the port, also of a frame that is sent again. */
static const struct port *sender_of(const struct scene *scene, const struct arrival *arrival)
{
	uint32_t ifindex = arrival->ifindex;

	if (ifindex == scene->devices.reinject)
		ifindex = arrival->mark & REINJECT_IFINDEX_MASK;
	return scene_port(scene, ifindex);
}

static void set_source(struct arrival *arrival, const struct port *port)
{
	struct wire_packet packet;

	if (!port || arrival->length < ETH_HLEN)
		return;
	memcpy(arrival->frame + ETH_ALEN, port->mac, ETH_ALEN);
	if (wire_parse(arrival->frame, arrival->length, &packet) && !packet.ipv6)
		memcpy(packet.ip + 12, &port->address, sizeof(port->address));
}

static void set_lengths(struct arrival *arrival)
{
	struct wire_packet packet;

	if (!wire_parse(arrival->frame, arrival->length, &packet))
		return;
	if (packet.ipv6)
		wire_put16(packet.ip + 4, arrival->length - WIRE_IPV6_L4);
	else
		wire_put16(packet.ip + 2, arrival->length - WIRE_IPV4_AT);
	wire_parse(arrival->frame, arrival->length, &packet);
	if (packet.protocol == WIRE_UDP && !packet.later_fragment && packet.l4_octets >= 8)
		wire_put16(packet.l4 + 4, (uint32_t)packet.l4_octets);
}

static void set_header_sum(struct arrival *arrival)
{
	struct wire_packet packet;

	if (!wire_parse(arrival->frame, arrival->length, &packet) || packet.ipv6)
		return;
	wire_put16(packet.ip + 10, 0);
	wire_put16(packet.ip + 10, ~wire_sum(0, packet.ip, 20));
}

static void set_sum(struct arrival *arrival)
{
	struct wire_packet packet;
	uint32_t sum;
	size_t at;

	if (!wire_parse(arrival->frame, arrival->length, &packet))
		return;
	at = wire_sum_at(&packet);
	if (!at)
		return;
	sum = wire_pseudo_sum(&packet, packet.l4_octets);
	if (!(arrival->state & ARRIVAL_UNFINISHED)) {
		wire_put16(packet.l4 + at, 0);
		sum = ~wire_sum(sum, packet.l4, packet.l4_octets) & 0xffff;
	}
	if (packet.protocol == WIRE_UDP && !sum)
		sum = 0xffff;
	wire_put16(packet.l4 + at, sum);
}

/*
 * Only whole TCP and UDP packets can be GSO's, or leave their checksum to the NIC; then it is a seed. On
 * the reinjection device it has been finished.
 */
static void judge_offloads(const struct scene *scene, struct arrival *arrival, unsigned int repairs)
{
	const unsigned int right = ARRIVAL_RIGHT_LENGTH | ARRIVAL_RIGHT_SUM;
	struct wire_packet packet;

	if (!wire_parse(arrival->frame, arrival->length, &packet) || packet.fragment ||
	    !wire_sum_at(&packet) || (packet.protocol != WIRE_TCP && packet.protocol != WIRE_UDP)) {
		arrival->state &= ~ARRIVAL_UNFINISHED;
		arrival->gso_size = 0;
	} else if (arrival->ifindex == scene->devices.reinject || packet.ipv6 ||
		   packet.l4 != packet.ip + 20 || (repairs & right) != right) {
		arrival->state &= ~ARRIVAL_UNFINISHED;
	}
}

void arrival_repair(const struct scene *scene, struct arrival *arrival, unsigned int repairs)
{
	if (repairs & ARRIVAL_OWN_SOURCE)
		set_source(arrival, sender_of(scene, arrival));
	if (repairs & ARRIVAL_RIGHT_LENGTH)
		set_lengths(arrival);
	judge_offloads(scene, arrival, repairs);
	if (repairs & ARRIVAL_RIGHT_SUM)
		set_sum(arrival);
	if (repairs & ARRIVAL_RIGHT_HEADER)
		set_header_sum(arrival);
}

bool arrival_read(const struct scene scenes[SCENES], const uint8_t *data, size_t size,
		  struct arrival *ret_arrival)
{
	const struct scene *scene;

	if (size < ARRIVAL_OCTETS || size - ARRIVAL_OCTETS > ARRIVAL_FRAME_MAX)
		return false;
	ret_arrival->scene = (data[0] & 0x7f) % SCENES;
	scene = &scenes[ret_arrival->scene];
	ret_arrival->from_substrate = data[0] & 0x80;
	ret_arrival->ifindex = device_of(scene, data[1]);
	ret_arrival->mapping = (data[4] & 0xf) % scene->mapping_count;
	ret_arrival->change = (enum cache_change)((data[4] >> 4) % CACHE_CHANGES);
	ret_arrival->state = data[5] & 0xf;
	ret_arrival->failing = data[5] >> 4;
	ret_arrival->tunnel = data[2] & ARRIVAL_TUNNEL;
	ret_arrival->gso_size = (uint32_t)(data[6] | data[7] << 8);
	ret_arrival->mark = data[8] | (uint32_t)data[9] << 8 | (uint32_t)data[10] << 16 |
			    (uint32_t)data[11] << 24;
	ret_arrival->length = (uint32_t)(size - ARRIVAL_OCTETS);
	ret_arrival->linear = data[3] ? data[3] : ret_arrival->length;
	memcpy(ret_arrival->frame, data + ARRIVAL_OCTETS, ret_arrival->length);
	arrival_repair(scene, ret_arrival, data[2]);
	return true;
}

bool arrival_mapping(const struct scene *scene, const struct arrival *arrival,
		     struct mapping *ret_mapping)
{
	const struct scene_mapping *known = &scene->mappings[arrival->mapping];
	struct mapping mapping = known->mapping;

	switch (arrival->change) {
	case CACHE_FORGOTTEN:
		return false;
	case CACHE_PENDING:
		mapping = (struct mapping){.state = MAPPING_PENDING, .held = 1};
		break;
	case CACHE_PENDING_FULL:
		mapping =
			(struct mapping){.state = MAPPING_PENDING, .held = HELD_FRAMES_PER_MAPPING};
		break;
	case CACHE_NEGATIVE:
		mapping = (struct mapping){.state = MAPPING_NEGATIVE};
		break;
	case CACHE_MOVED:
		mapping.state = MAPPING_REMOTE;
		plan_address(&arrival_elsewhere, known->key.network, ntohl(known->key.address),
			     &mapping.substrate, &mapping.correction);
		break;
	case CACHE_MAC_CHANGED:
		mapping.mac[5] ^= 0x80;
		break;
	case CACHE_WITHOUT_SLOT:
		mapping.slot = SUBSTRATE_SLOT_NONE;
		break;
	default:
		break;
	}
	*ret_mapping = mapping;
	return true;
}

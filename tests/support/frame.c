/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building frames: layers from the last to the first, so that each knows what it contains. */
#include "frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_ROOM        70000
#define QUOTE_OCTETS_MAX  548
#define PROTOCOL_ICMP     1
#define PROTOCOL_TCP      6
#define PROTOCOL_UDP      17
#define PROTOCOL_ICMPV6   58
#define PROTOCOL_FRAGMENT 44
#define UNNAMED_PROTOCOL  253 /* RFC 3692: for experimentation */

/* ---- what lives where ------------------------------------------------------------------------- */

static struct frame **frames;
static size_t frame_count;

/* All frames are listed, so that nobody has to own one. */
static struct frame *frame_new(const unsigned char *octets, size_t length)
{
	struct frame *frame = calloc(1, sizeof(*frame) + length);
	struct frame **grown = realloc(frames, (frame_count + 1) * sizeof(*frames));

	if (!frame || !grown)
		abort();
	frames = grown;
	frames[frame_count++] = frame;
	frame->length = length;
	if (octets)
		memcpy(frame->octets, octets, length);
	return frame;
}

void frames_free(void)
{
	for (size_t i = 0; i < frame_count; i++)
		free(frames[i]);
	free(frames);
	frames = NULL;
	frame_count = 0;
}

static void put16(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)(value >> 8);
	to[1] = (unsigned char)value;
}

static void put32(unsigned char *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint16_t get16(const unsigned char *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

/* ---- checksums (RFC 1071) --------------------------------------------------------------------- */

static uint32_t sum_add(uint32_t sum, const unsigned char *octets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint16_t checksum(uint32_t sum, const unsigned char *octets, size_t count)
{
	return (uint16_t)~sum_add(sum, octets, count);
}

/* The sum of the pseudo header of a transport layer: of the IP layer before it. */
static uint32_t pseudo_header_sum(const struct frame_layer *first, const struct frame_layer *layer,
				  uint8_t protocol, size_t octets)
{
	uint32_t sum = protocol + (uint32_t)octets;

	while (layer > first && layer->kind != LAYER_IPV4 && layer->kind != LAYER_IPV6)
		layer--;
	if (layer->kind == LAYER_IPV4) {
		sum = sum_add(sum, (const void *)&layer->ipv4.source, 4);
		return sum_add(sum, (const void *)&layer->ipv4.destination, 4);
	}
	if (layer->kind != LAYER_IPV6)
		return 0;
	sum = sum_add(sum, layer->ipv6.source->octets, 16);
	return sum_add(sum, layer->ipv6.destination->octets, 16);
}

/* ---- layers ----------------------------------------------------------------------------------- */

/* The frame as far as it is built, at the end of `room`. */
struct builder {
	const struct frame_layer *first;
	unsigned char room[FRAME_ROOM];
	unsigned char *start; /* of what is there */
	size_t length; /* of what is there, without padding */
};

/* Makes room for a header, of zeros. */
static unsigned char *push(struct builder *builder, size_t octets)
{
	assert((size_t)(builder->start - builder->room) >= octets);
	builder->start -= octets;
	builder->length += octets;
	memset(builder->start, 0, octets);
	return builder->start;
}

static void push_eth(struct builder *builder, const struct frame_layer *layer)
{
	unsigned char *eth = push(builder, 14);
	uint16_t type = layer->eth.type;

	if (!type)
		type = layer[1].kind == LAYER_ARP    ? 0x0806
		       : layer[1].kind == LAYER_IPV6 ? 0x86dd
						     : 0x0800;
	memcpy(eth, layer->eth.to, 6);
	memcpy(eth + 6, layer->eth.from, 6);
	put16(eth + 12, type);
}

static void push_arp(struct builder *builder, const struct frame_arp *layer)
{
	unsigned char *arp = push(builder, 28);

	put16(arp, 1);
	put16(arp + 2, 0x0800);
	arp[4] = 6;
	arp[5] = 4;
	put16(arp + 6, layer->operation);
	if (layer->sender_mac)
		memcpy(arp + 8, layer->sender_mac, 6);
	memcpy(arp + 14, &layer->sender, 4);
	if (layer->target_mac)
		memcpy(arp + 18, layer->target_mac, 6);
	memcpy(arp + 24, &layer->target, 4);
}

static uint8_t protocol_of(const struct frame_layer *layer)
{
	switch (layer->kind) {
	case LAYER_ICMP:
		return PROTOCOL_ICMP;
	case LAYER_ICMPV6:
		return PROTOCOL_ICMPV6;
	case LAYER_UDP:
		return PROTOCOL_UDP;
	case LAYER_TCP:
		return PROTOCOL_TCP;
	default:
		return UNNAMED_PROTOCOL;
	}
}

static uint8_t ttl_of(int ttl)
{
	return (uint8_t)(ttl == TTL_0 ? 0 : ttl ? ttl : TTL_DEFAULT);
}

static void push_ipv4(struct builder *builder, const struct frame_layer *layer)
{
	size_t total = builder->length + 20;
	const struct frame_ipv4 *ipv4 = &layer->ipv4;
	unsigned char *ip = push(builder, 20);

	ip[0] = 0x45;
	ip[1] = ipv4->tos;
	put16(ip + 2, (uint32_t)total);
	put16(ip + 4, ipv4->id);
	put16(ip + 6, ipv4->dont_fragment ? 0x4000 : 0);
	ip[8] = ttl_of(ipv4->ttl);
	ip[9] = ipv4->next ? ipv4->next : protocol_of(layer + 1);
	memcpy(ip + 12, &ipv4->source, 4);
	memcpy(ip + 16, &ipv4->destination, 4);
	put16(ip + 10, checksum(0, ip, 20));
}

static void push_ipv6(struct builder *builder, const struct frame_layer *layer)
{
	size_t payload = builder->length;
	const struct frame_ipv6 *ipv6 = &layer->ipv6;
	unsigned char *ip = push(builder, 40);

	put32(ip, 6U << 28 | (uint32_t)ipv6->tos << 20 | (uint32_t)ttl_of(ipv6->ttl) << 12 |
			  (uint32_t)ipv6->dont_fragment << 11 | (uint32_t)ipv6->router << 8);
	put16(ip + 4, (uint32_t)payload);
	ip[6] = ipv6->next ? ipv6->next : protocol_of(layer + 1);
	ip[7] = ipv6->hop_limit ? ipv6->hop_limit : 64;
	memcpy(ip + 8, ipv6->source, 16);
	memcpy(ip + 24, ipv6->destination, 16);
}

static void push_icmp(struct builder *builder, const struct frame_icmp *layer)
{
	unsigned char *icmp = push(builder, 8);

	icmp[0] = layer->type;
	icmp[1] = layer->code;
	put16(icmp + 4, layer->id);
	put16(icmp + 6, layer->sequence);
	put16(icmp + 2, checksum(0, icmp, builder->length));
}

static void push_icmpv6(struct builder *builder, const struct frame_layer *layer)
{
	unsigned char *icmp = push(builder, 8);
	uint32_t pseudo =
		pseudo_header_sum(builder->first, layer, PROTOCOL_ICMPV6, builder->length);

	icmp[0] = layer->icmpv6.type;
	icmp[1] = layer->icmpv6.code;
	put32(icmp + 4, layer->icmpv6.rest);
	put16(icmp + 2, checksum(pseudo, icmp, builder->length));
}

static void push_udp(struct builder *builder, const struct frame_layer *layer)
{
	unsigned char *udp = push(builder, 8);
	uint32_t pseudo = pseudo_header_sum(builder->first, layer, PROTOCOL_UDP, builder->length);
	uint16_t sum;

	put16(udp, layer->udp.source);
	put16(udp + 2, layer->udp.destination);
	put16(udp + 4, (uint32_t)builder->length);
	if (layer->udp.checksum == CHECKSUM_NONE)
		return;
	if (layer->udp.checksum == CHECKSUM_UNFINISHED) {
		put16(udp + 6, sum_add(pseudo, NULL, 0));
		return;
	}
	sum = checksum(pseudo, udp, builder->length);
	put16(udp + 6, sum ? sum : 0xffff);
}

static void push_tcp(struct builder *builder, const struct frame_layer *layer)
{
	unsigned char *tcp = push(builder, 20);
	uint32_t pseudo = pseudo_header_sum(builder->first, layer, PROTOCOL_TCP, builder->length);

	put16(tcp, layer->tcp.source);
	put16(tcp + 2, layer->tcp.destination);
	put32(tcp + 4, layer->tcp.sequence);
	put32(tcp + 8, layer->tcp.acknowledgement);
	tcp[12] = (unsigned char)((20 + layer->tcp.options) / 4 << 4);
	tcp[13] = layer->tcp.flags ? layer->tcp.flags : TCP_PSH | TCP_ACK;
	put16(tcp + 14, layer->tcp.flags & TCP_RST ? 0 : 0x7fff);
	put16(tcp + 16, layer->tcp.checksum == CHECKSUM_UNFINISHED
				? sum_add(pseudo, NULL, 0)
				: checksum(pseudo, tcp, builder->length));
}

static void push_data(struct builder *builder, const struct frame_data *layer)
{
	unsigned char *data = push(builder, layer->count);

	if (layer->octets)
		memcpy(data, layer->octets, layer->count);
	else
		for (size_t i = 0; i < layer->count; i++)
			data[i] = (unsigned char)(i * 7 + i / 256);
}

static void push_quote(struct builder *builder, const struct frame_quote *layer)
{
	const unsigned char *packet = layer->of->octets + FRAME_IPV4_AT;
	size_t octets = get16(packet + 2);
	size_t limit = layer->octets ? layer->octets : QUOTE_OCTETS_MAX;
	unsigned char *quote;

	if (octets > limit)
		octets = limit;
	quote = push(builder, octets);
	memcpy(quote, packet, octets);
	quote[8] = ttl_of(layer->ttl);
	put16(quote + 10, 0);
	put16(quote + 10, checksum(0, quote, 20));
}

static void push_layer(struct builder *builder, const struct frame_layer *layer)
{
	switch (layer->kind) {
	case LAYER_ETH:
		push_eth(builder, layer);
		break;
	case LAYER_ARP:
		push_arp(builder, &layer->arp);
		break;
	case LAYER_IPV4:
		push_ipv4(builder, layer);
		break;
	case LAYER_IPV6:
		push_ipv6(builder, layer);
		break;
	case LAYER_ICMP:
		push_icmp(builder, &layer->icmp);
		break;
	case LAYER_ICMPV6:
		push_icmpv6(builder, layer);
		break;
	case LAYER_UDP:
		push_udp(builder, layer);
		break;
	case LAYER_TCP:
		push_tcp(builder, layer);
		break;
	case LAYER_DATA:
		push_data(builder, &layer->data);
		break;
	case LAYER_QUOTE:
		push_quote(builder, &layer->quote);
		break;
	case LAYER_PADDING:
		push(builder, layer->padding);
		builder->length = 0;
		break;
	case LAYER_END:
		break;
	}
}

const struct frame *frame_build(const struct frame_layer *layers)
{
	static struct builder builder;
	size_t count = 0;

	builder.first = layers;
	builder.start = builder.room + sizeof(builder.room);
	builder.length = 0;
	while (layers[count].kind != LAYER_END)
		count++;
	while (count-- > 0)
		push_layer(&builder, &layers[count]);
	return frame_new(builder.start,
			 (size_t)(builder.room + sizeof(builder.room) - builder.start));
}

/* ---- frames of frames ------------------------------------------------------------------------- */

const struct frame *frame_patch(const struct frame *frame, size_t offset,
				const unsigned char *octets, size_t count)
{
	struct frame *patched = frame_new(frame->octets, frame->length);

	assert(offset + count <= frame->length);
	memcpy(patched->octets + offset, octets, count);
	return patched;
}

static void right(unsigned char *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, checksum(0, ip, 20));
}

const struct frame *frame_right(const struct frame *frame)
{
	struct frame *righted = frame_new(frame->octets, frame->length);

	right(righted->octets + FRAME_IPV4_AT);
	return righted;
}

const struct frame *frame_cut(const struct frame *frame, size_t length)
{
	assert(length <= frame->length);
	return frame_new(frame->octets, length);
}

const struct frame *frame_extend(const struct frame *frame, size_t length)
{
	struct frame *extended = frame_new(NULL, length);

	assert(length >= frame->length);
	memcpy(extended->octets, frame->octets, frame->length);
	return extended;
}

static const struct frame *fragment_ipv6(const struct frame *frame, uint16_t id, size_t offset,
					 size_t octets, bool more)
{
	struct frame *fragment = frame_new(NULL, FRAME_IPV6_L4_AT + 8 + octets);
	unsigned char *ip = fragment->octets + FRAME_IPV6_AT, *header = ip + 40;

	memcpy(fragment->octets, frame->octets, FRAME_IPV6_L4_AT);
	header[0] = ip[6];
	put16(header + 2, (uint32_t)offset | more);
	put32(header + 4, id);
	memcpy(header + 8, frame->octets + FRAME_IPV6_L4_AT + offset, octets);
	ip[6] = PROTOCOL_FRAGMENT;
	put16(ip + 4, (uint32_t)octets + 8);
	return fragment;
}

const struct frame *frame_fragment(const struct frame *frame, uint16_t id, size_t offset,
				   size_t octets)
{
	bool is_ipv6 = get16(frame->octets + 12) == 0x86dd;
	size_t start = is_ipv6 ? FRAME_IPV6_L4_AT : FRAME_IPV4_L4_AT;
	bool more = start + offset + octets < frame->length;
	struct frame *fragment;
	unsigned char *ip;

	assert(offset % 8 == 0 && start + offset + octets <= frame->length);
	if (is_ipv6)
		return fragment_ipv6(frame, id, offset, octets, more);
	fragment = frame_new(NULL, start + octets);
	memcpy(fragment->octets, frame->octets, start);
	memcpy(fragment->octets + start, frame->octets + start + offset, octets);
	ip = fragment->octets + FRAME_IPV4_AT;
	put16(ip + 2, (uint32_t)octets + 20);
	put16(ip + 4, id);
	put16(ip + 6, (get16(ip + 6) & 0x4000U) | (more ? 0x2000U : 0) | (uint32_t)(offset / 8));
	right(ip);
	return fragment;
}

size_t frame_difference(const struct frame *a, const struct frame *b)
{
	size_t offset = 0;

	while (offset < a->length && offset < b->length && a->octets[offset] == b->octets[offset])
		offset++;
	return offset;
}

bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a->length == b->length && frame_difference(a, b) == a->length;
}

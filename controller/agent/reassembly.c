/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See reassembly.h. A datagram's octets are written where they belong, and the gaps are remembered. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "reassembly.h"

#define HEADER_OCTETS (ETH_HLEN + sizeof(struct iphdr))
#define PAYLOAD_MAX   (IP_MAXPACKET - sizeof(struct iphdr))
#define RUNS_MAX      128 /* of octets with gaps between them */
#define ECN_MASK      3

/* Octets [from, to) of a datagram's payload that are there. */
struct run {
	uint32_t from, to;
};

/* What fragments of one datagram have in common. */
struct datagram_key {
	uint32_t ifindex, source, destination;
	uint16_t id;
	uint8_t protocol;
};

struct datagram {
	struct datagram_key key;
	uint64_t begun_ms;
	struct run runs[RUNS_MAX]; /* in order, none touches the next */
	size_t run_count;
	uint32_t length; /* of the payload; 0 until the last fragment came */
	uint32_t beyond; /* the end of the farthest octets so far */
	uint16_t largest, largest_kept; /* fragment's octets; of those with DF */
	uint8_t ecn; /* a bit for each ECN codepoint that a fragment had */
	struct held_frame held; /* of the whole, its octets behind it */
	unsigned char octets[HEADER_OCTETS + PAYLOAD_MAX];
};

_Static_assert(offsetof(struct datagram, octets) ==
		       offsetof(struct datagram, held) + sizeof(struct held_frame),
	       "a held frame's octets are behind it");

struct reassembly {
	struct datagram *datagrams[REASSEMBLY_DATAGRAMS_MAX];
	struct datagram *finished; /* handed out by the last call */
};

/* A fragment, as far as it matters. */
struct fragment {
	struct datagram_key key;
	struct iphdr header;
	uint32_t from, to;
	bool more;
	const unsigned char *payload;
};

struct reassembly *reassembly_new(void)
{
	return calloc(1, sizeof(struct reassembly));
}

void reassembly_free(struct reassembly *reassembly)
{
	if (!reassembly)
		return;
	for (size_t i = 0; i < REASSEMBLY_DATAGRAMS_MAX; i++)
		free(reassembly->datagrams[i]);
	free(reassembly->finished);
	free(reassembly);
}

/* Reads a fragment; false if it is none that makes sense. BPF has checked the header. */
static bool fragment_read(const struct held_frame *held, struct fragment *ret)
{
	const unsigned char *frame = (const unsigned char *)(held + 1);
	uint32_t length;
	uint16_t offset;

	if (held->length < HEADER_OCTETS)
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(&ret->header, frame + ETH_HLEN, sizeof(ret->header));
	length = ntohs(ret->header.tot_len);
	offset = ntohs(ret->header.frag_off);
	if (ret->header.ihl != 5 || length <= sizeof(struct iphdr) ||
	    ETH_HLEN + length > held->length)
		return false;
	ret->key.ifindex = held->ifindex;
	ret->key.source = ret->header.saddr;
	ret->key.destination = ret->header.daddr;
	ret->key.id = ret->header.id;
	ret->key.protocol = ret->header.protocol;
	ret->payload = frame + HEADER_OCTETS;
	ret->more = offset & IP_MF;
	ret->from = (uint32_t)(offset & IP_OFFMASK) * 8;
	ret->to = ret->from + length - (uint32_t)sizeof(struct iphdr);
	if (ret->more)
		ret->to &= ~7U;
	return ret->to > ret->from && ret->to <= PAYLOAD_MAX;
}

/* Where in the table the datagram is, or one of the key's node that has to make room, or a free place. */
static size_t place_find(const struct reassembly *reassembly, const struct datagram_key *key)
{
	size_t free_place = SIZE_MAX, oldest = 0, own_oldest = SIZE_MAX, own = 0;

	for (size_t i = 0; i < REASSEMBLY_DATAGRAMS_MAX; i++) {
		const struct datagram *datagram = reassembly->datagrams[i];

		if (!datagram) {
			free_place = i;
			continue;
		}
		if (memcmp(&datagram->key, key, sizeof(*key)) == 0)
			return i;
		if (!reassembly->datagrams[oldest] ||
		    datagram->begun_ms < reassembly->datagrams[oldest]->begun_ms)
			oldest = i;
		if (datagram->key.ifindex != key->ifindex)
			continue;
		own++;
		if (own_oldest == SIZE_MAX ||
		    datagram->begun_ms < reassembly->datagrams[own_oldest]->begun_ms)
			own_oldest = i;
	}
	if (own >= REASSEMBLY_NODE_MAX)
		return own_oldest;
	return free_place != SIZE_MAX ? free_place : oldest;
}

static void place_clear(struct reassembly *reassembly, size_t place)
{
	free(reassembly->datagrams[place]);
	reassembly->datagrams[place] = NULL;
}

/* The datagram at a place, new if another or a too old one is there. NULL without memory. */
static struct datagram *place_take(struct reassembly *reassembly, size_t place,
				   const struct datagram_key *key, uint64_t now_ms)
{
	struct datagram *datagram = reassembly->datagrams[place];

	if (datagram && memcmp(&datagram->key, key, sizeof(*key)) == 0 &&
	    now_ms - datagram->begun_ms < REASSEMBLY_TIMEOUT_MS)
		return datagram;
	place_clear(reassembly, place);
	datagram = malloc(sizeof(*datagram));
	if (!datagram)
		return NULL;
	memset(datagram, 0, offsetof(struct datagram, octets));
	datagram->key = *key;
	datagram->begun_ms = now_ms;
	reassembly->datagrams[place] = datagram;
	return datagram;
}

enum placing { PLACED, DUPLICATE, CONFLICT };

/* Remembers that octets have come. Linux gives a datagram up whose fragments overlap in part. */
static enum placing run_add(struct datagram *datagram, uint32_t from, uint32_t to)
{
	struct run *runs = datagram->runs;
	size_t at = 0, count = datagram->run_count;

	while (at < count && runs[at].to < from)
		at++;
	if (at < count && from >= runs[at].from && to <= runs[at].to)
		return DUPLICATE;
	if (at < count && from < runs[at].to && to > runs[at].from)
		return CONFLICT;
	if (at < count && runs[at].to == from) {
		if (at + 1 < count && to > runs[at + 1].from)
			return CONFLICT;
		runs[at].to = to;
		if (at + 1 < count && runs[at + 1].from == to) {
			runs[at].to = runs[at + 1].to;
			memmove(&runs[at + 1], &runs[at + 2], (count - at - 2) * sizeof(*runs));
			datagram->run_count--;
		}
		return PLACED;
	}
	if (at < count && runs[at].from == to) {
		runs[at].from = from;
		return PLACED;
	}
	if (count == RUNS_MAX)
		return CONFLICT;
	memmove(&runs[at + 1], &runs[at], (count - at) * sizeof(*runs));
	runs[at] = (struct run){from, to};
	datagram->run_count++;
	return PLACED;
}

/* Whether the fragment's end agrees with what is known of the datagram's; remembers it. */
static bool end_agrees(struct datagram *datagram, const struct fragment *fragment)
{
	if (!fragment->more) {
		if (fragment->to < datagram->beyond ||
		    (datagram->length && datagram->length != fragment->to))
			return false;
		datagram->length = fragment->to;
	} else if (datagram->length && fragment->to > datagram->length) {
		return false;
	}
	if (fragment->to > datagram->beyond)
		datagram->beyond = fragment->to;
	return true;
}

static uint16_t header_checksum(const struct iphdr *header)
{
	uint16_t words[sizeof(*header) / 2];
	uint32_t sum = 0;

	memcpy(words, header, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The ECN codepoint of the whole (RFC 3168 5.3); false: fragments of different minds, it is dropped. */
static bool ecn_of_whole(uint8_t seen, uint8_t *tos)
{
	const uint8_t not_capable = 1U << 0, experienced = 1U << 3;

	if ((seen & not_capable) && seen != not_capable)
		return false;
	if ((seen & experienced) && seen != experienced)
		*tos |= ECN_MASK;
	return true;
}

static void sizes_remember(struct datagram *datagram, const struct iphdr *header)
{
	uint16_t octets = ntohs(header->tot_len);

	if (octets > datagram->largest)
		datagram->largest = octets;
	if ((ntohs(header->frag_off) & IP_DF) && octets > datagram->largest_kept)
		datagram->largest_kept = octets;
}

/* All octets are there: completes the header. */
static const struct held_frame *datagram_finish(struct reassembly *reassembly, size_t place)
{
	struct datagram *datagram = reassembly->datagrams[place];
	struct iphdr header;

	reassembly->datagrams[place] = NULL;
	free(reassembly->finished);
	reassembly->finished = datagram;
	memcpy(&header, datagram->octets + ETH_HLEN, sizeof(header));
	if (!ecn_of_whole(datagram->ecn, &header.tos))
		return NULL;
	header.tot_len = htons((uint16_t)(sizeof(header) + datagram->length));
	/* RFC 6864 and Linux: DF if the largest fragment had it. */
	header.frag_off = datagram->largest_kept == datagram->largest ? htons(IP_DF) : 0;
	header.check = 0;
	header.check = header_checksum(&header);
	memcpy(datagram->octets + ETH_HLEN, &header, sizeof(header));
	datagram->held.length = (uint32_t)HEADER_OCTETS + datagram->length;
	return &datagram->held;
}

const struct held_frame *reassembly_add(struct reassembly *reassembly,
					const struct held_frame *held, uint64_t now_ms)
{
	struct datagram *datagram;
	struct fragment fragment;
	enum placing placing;
	size_t place;

	if (!fragment_read(held, &fragment))
		return NULL;
	place = place_find(reassembly, &fragment.key);
	datagram = place_take(reassembly, place, &fragment.key, now_ms);
	if (!datagram || !end_agrees(datagram, &fragment))
		return NULL;
	placing = run_add(datagram, fragment.from, fragment.to);
	if (placing == CONFLICT)
		place_clear(reassembly, place);
	if (placing != PLACED)
		return NULL;
	sizes_remember(datagram, &fragment.header);
	datagram->ecn |= (uint8_t)(1U << (fragment.header.tos & ECN_MASK));
	memcpy(datagram->octets + HEADER_OCTETS + fragment.from, fragment.payload,
	       fragment.to - fragment.from);
	if (fragment.from == 0) {
		datagram->held = *held;
		memcpy(datagram->octets, held + 1, HEADER_OCTETS);
	}
	if (!datagram->length || datagram->run_count != 1 || datagram->runs[0].from != 0 ||
	    datagram->runs[0].to != datagram->length)
		return NULL;
	return datagram_finish(reassembly, place);
}

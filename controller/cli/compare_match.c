/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Normalises and matches. See compare_match.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "compare_datagram.h"
#include "compare_match.h"

#define ETH_OCTETS            14
#define ETHERTYPE_IPV4        0x0800
#define ETHERTYPE_ARP         0x0806
#define ARP_REQUEST           1
#define ICMP_TIMESTAMP_REPLY  14
#define ICMP_TIMESTAMP_OCTETS 20

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

int sightings_add(struct sightings *sightings, const struct sighting *sighting)
{
	uint8_t *copy = malloc(sighting->length);
	struct sighting *list = sightings->list;

	/* The array doubles whenever its count is a power of two. */
	if (copy && (sightings->count & (sightings->count - 1)) == 0)
		list = reallocarray(list, sightings->count ? 2 * sightings->count : 1,
				    sizeof(*list));
	if (!copy || !list) {
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, sighting->octets, sighting->length);
	sightings->list = list;
	list[sightings->count] = *sighting;
	list[sightings->count++].octets = copy;
	return 0;
}

void sightings_clear(struct sightings *sightings)
{
	if (!sightings)
		return;
	for (size_t i = 0; i < sightings->count; i++)
		free(sightings->list[i].octets);
	free(sightings->list);
	*sightings = (struct sightings){0};
}

/* ---- what is compared -------------------------------------------------------------------------- */

bool frame_is_compared(const uint8_t *frame, size_t length)
{
	if (length < ETH_OCTETS || frame[0] & 1)
		return false;
	return get16(frame + 12) != ETHERTYPE_ARP || length < ETH_OCTETS + 8 ||
	       get16(frame + ETH_OCTETS + 6) != ARP_REQUEST;
}

static bool address_is_routers(const struct network *network, uint32_t address)
{
	for (size_t r = 0; r < network->router_count; r++)
		for (size_t i = 0; i < network->routers[r].interface_count; i++)
			if (network->routers[r].interfaces[i].address == address)
				return true;
	return false;
}

/* Takes the id out of a header whose checksum is right. */
static void id_normalise(const struct network *network, uint8_t *ip, size_t header)
{
	bool fragment = get16(ip + 6) & 0x3fff;

	if (checksum_of(checksum_add(0, ip, header)) != 0 ||
	    (fragment && !address_is_routers(network, get32(ip + 12))))
		return;
	memset(ip + 4, 0, 2);
	memset(ip + 10, 0, 2);
	put16(ip + 10, checksum_of(checksum_add(0, ip, header)));
}

/* Takes the router's clock, read twice, out of an ICMP message whose checksum is right. */
static void timestamp_normalise(uint8_t *icmp, size_t length)
{
	if (length < ICMP_TIMESTAMP_OCTETS || icmp[0] != ICMP_TIMESTAMP_REPLY ||
	    checksum_of(checksum_add(0, icmp, length)) != 0)
		return;
	memset(icmp + 12, 0, 8);
	memset(icmp + 2, 0, 2);
	put16(icmp + 2, checksum_of(checksum_add(0, icmp, length)));
}

void frame_normalise(const struct network *network, uint8_t *frame, size_t length)
{
	uint8_t *ip = frame + ETH_OCTETS;
	size_t header, total;

	if (length < ETH_OCTETS + 20 || get16(frame + 12) != ETHERTYPE_IPV4 || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 0xf) * 4U;
	total = get16(ip + 2);
	if (header < 20 || header > total || total > length - ETH_OCTETS)
		return;
	id_normalise(network, ip, header);
	if (ip[9] == IPPROTO_ICMP && !(get16(ip + 6) & 0x3fff) &&
	    address_is_routers(network, get32(ip + 12)))
		timestamp_normalise(ip + header, total - header);
}

/* ---- which probe it comes from ------------------------------------------------------------------- */

/* ARP has no room for a token: by who asks and for what. */
static uint32_t arp_number(const struct probe_list *list, const uint8_t *frame)
{
	const uint8_t *reply = frame + ETH_OCTETS;

	for (size_t p = 0; p < list->count; p++) {
		const struct probe *probe = &list->probes[p];
		const uint8_t *asked;

		if (probe->frame_count == 0 || probe->frames[0].length < 42)
			continue;
		asked = probe->frames[0].octets;
		if (get16(asked + 12) == ETHERTYPE_ARP && memcmp(asked + 6, frame, 6) == 0 &&
		    memcmp(asked + ETH_OCTETS + 24, reply + 14, 4) == 0)
			return probe->number;
	}
	return 0;
}

uint32_t probe_number_of(const struct probe_list *list, const uint8_t *frame, size_t length)
{
	if (length >= 42 && get16(frame + 12) == ETHERTYPE_ARP)
		return arp_number(list, frame);
	for (size_t at = ETH_OCTETS + 20; at + 4 <= length; at += 4) {
		uint32_t word = get32(frame + at);
		uint32_t number = token_number(word);

		if (!number) /* ports, of an answer */
			number = token_number(word << 16 | word >> 16);
		if (number && number <= list->count)
			return number;
	}
	/* Too short for a token: an error quotes the id, which is the number too. */
	if (length >= ETH_OCTETS + 48 && frame[ETH_OCTETS + 9] == IPPROTO_ICMP) {
		uint32_t number = get16(frame + ETH_OCTETS + 28 + 4);

		return number <= list->count ? number : 0;
	}
	return 0;
}

/* ---- matching ---------------------------------------------------------------------------------- */

/* A sighting and the probe it belongs to, to be sorted. */
struct entry {
	const struct sighting *sighting;
	uint32_t probe;
	size_t order;
};

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int group_compare(const struct entry *a, const struct entry *b)
{
	int order = COMPARE(a->probe, b->probe);

	if (!order)
		order = COMPARE(a->sighting->network, b->sighting->network);
	if (!order)
		order = COMPARE(a->sighting->node, b->sighting->node);
	return order;
}

static int frame_compare(const struct entry *a, const struct entry *b)
{
	int order = group_compare(a, b);

	if (!order)
		order = COMPARE(a->sighting->length, b->sighting->length);
	if (!order)
		order = memcmp(a->sighting->octets, b->sighting->octets, a->sighting->length);
	return order;
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	int order = frame_compare(first, second);

	return order ? order : COMPARE(first->order, second->order);
}

/* The entries of one side, sorted: a new array, or NULL without memory. */
static struct entry *entries_make(const struct probe_list *probes,
				  const struct sightings *sightings, enum side side,
				  size_t *ret_count)
{
	struct entry *entries = calloc(sightings->count + 1, sizeof(*entries));
	size_t count = 0;

	if (!entries)
		return NULL;
	for (size_t i = 0; i < sightings->count; i++) {
		const struct sighting *sighting = &sightings->list[i];

		if (sighting->side == side)
			entries[count++] = (struct entry){
				sighting,
				probe_number_of(probes, sighting->octets, sighting->length), i};
	}
	qsort(entries, count, sizeof(*entries), entry_compare);
	*ret_count = count;
	return entries;
}

/* Takes out of both arrays, which are sorted, what is equal; returns how many pairs. */
static size_t entries_cancel(struct entry *a, size_t *a_count, struct entry *b, size_t *b_count)
{
	size_t i = 0, j = 0, a_kept = 0, b_kept = 0, equal = 0;

	while (i < *a_count && j < *b_count) {
		int order = frame_compare(&a[i], &b[j]);

		if (order < 0) {
			a[a_kept++] = a[i++];
		} else if (order > 0) {
			b[b_kept++] = b[j++];
		} else {
			equal++;
			i++;
			j++;
		}
	}
	while (i < *a_count)
		a[a_kept++] = a[i++];
	while (j < *b_count)
		b[b_kept++] = b[j++];
	*a_count = a_kept;
	*b_count = b_kept;
	return equal;
}

/* Pairs what is left: frames of the same probe at the same node are two versions of one. */
static void differences_pair(const struct entry *twin, size_t twin_count, const struct entry *weft,
			     size_t weft_count, struct comparison *comparison)
{
	size_t i = 0, j = 0;

	while (i < twin_count || j < weft_count) {
		struct difference *difference =
			&comparison->differences[comparison->difference_count++];
		int order = i == twin_count   ? 1
			    : j == weft_count ? -1
					      : group_compare(&twin[i], &weft[j]);

		difference->probe = order > 0 ? weft[j].probe : twin[i].probe;
		if (order <= 0)
			difference->seen[SIDE_TWIN] = twin[i++].sighting;
		if (order >= 0)
			difference->seen[SIDE_WEFT] = weft[j++].sighting;
	}
}

int sightings_compare(const struct model *model, const struct probe_list *probes,
		      struct sightings *sightings, struct comparison *ret_comparison)
{
	struct comparison comparison = {0};
	size_t twin_count = 0, weft_count = 0;
	struct entry *twin, *weft;
	int error = 0;

	for (size_t i = 0; i < sightings->count; i++) {
		const struct sighting *sighting = &sightings->list[i];

		frame_normalise(&model->networks[sighting->network], sighting->octets,
				sighting->length);
	}
	twin = entries_make(probes, sightings, SIDE_TWIN, &twin_count);
	weft = entries_make(probes, sightings, SIDE_WEFT, &weft_count);
	comparison.differences = calloc(sightings->count + 1, sizeof(*comparison.differences));
	comparison.twin = twin_count;
	if (twin && weft && comparison.differences) {
		comparison.equal = entries_cancel(twin, &twin_count, weft, &weft_count);
		differences_pair(twin, twin_count, weft, weft_count, &comparison);
		*ret_comparison = comparison;
	} else {
		free(comparison.differences);
		error = -ENOMEM;
	}
	free(twin);
	free(weft);
	return error;
}

void comparison_clear(struct comparison *comparison)
{
	if (!comparison)
		return;
	free(comparison->differences);
	*comparison = (struct comparison){0};
}

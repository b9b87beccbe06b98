/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The invariants. Each function judges one way to end; `must` says what is broken. What a reply
 * says in detail is the business of tests/dataplane, here it only has to be sound.
 */
#include "judge.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/dataplane.h"
#include "tests/support/frame.h"
#include "wire.h"

#define ARP_FRAME_OCTETS   42
#define ICMP_UNREACHABLE   3
#define ICMP_TIME_EXCEEDED 11
#define ICMP_OCTETS        8 /* in front of what an error quotes */

/* What is judged. */
struct judged {
	const struct scene *scene;
	const struct arrival *arrival;
	const struct departure *departure;
	const struct port *sender; /* of a node's frame; else NULL */
	struct wire_packet in, out; /* if has_in, has_out */
	bool has_in, has_out;
	unsigned char *in_frame, *out_frame; /* copies: wire_packet points into them */
};

void judge_fail(const struct arrival *arrival, const struct departure *departure,
		const char *complaint)
{
	fprintf(stderr,
		"\n%s\nscene %d, %s, interface %u, mark 0x%x, gso_size %u, %u octets, "
		"%u at once, mapping %zu is %d, state 0x%x, helper %u fails\n",
		complaint, arrival->scene, arrival->from_substrate ? "from_substrate" : "from_node",
		arrival->ifindex, arrival->mark, arrival->gso_size, arrival->length,
		arrival->linear, arrival->mapping, arrival->change, arrival->state,
		arrival->failing);
	frame_print(stderr, "  ", arrival->frame, arrival->length);
	departure_print("departure", departure);
	abort();
}

static void must(const struct judged *judged, bool condition, const char *complaint)
{
	if (!condition)
		judge_fail(judged->arrival, judged->departure, complaint);
}

static bool came_again(const struct judged *judged)
{
	return judged->arrival->ifindex == judged->scene->devices.reinject;
}

/* ---- where it goes ---------------------------------------------------------------------------- */

/* What goes out, goes to the node of a port, and looks as if it came from somebody in its subnet. */
static void judge_ethernet(const struct judged *judged, const struct port *port,
			   const unsigned char *frame)
{
	must(judged,
	     memcmp(frame, port->mac, ETH_ALEN) == 0 ||
		     judged->arrival->change == CACHE_MAC_CHANGED,
	     "it is delivered to another MAC than its node's");
	must(judged, !(frame[ETH_ALEN] & 1), "it comes from a group's MAC");
}

/* The port that the frame is given to. */
static const struct port *receiver(const struct judged *judged)
{
	const struct departure *departure = judged->departure;
	const struct port *port = scene_port(judged->scene, departure->ifindex);

	must(judged, departure->verdict == TC_ACT_REDIRECT, "it is delivered, but not sent");
	must(judged, port, "it is delivered to an interface that is no port");
	must(judged, departure->way == (port->flags & PORT_PEER ? WAY_PEER : WAY_DEVICE),
	     "it is delivered in the wrong way for its port");
	must(judged, departure->mark == 0, "it is delivered with a mark");
	must(judged, departure->length >= ETH_HLEN, "less than an Ethernet header is delivered");
	judge_ethernet(judged, port, departure->frame);
	return port;
}

/* The frame that came in, or what is left of it without Ethernet's padding. */
static bool is_arrival(const struct judged *judged, const unsigned char *octets, size_t length)
{
	const struct arrival *arrival = judged->arrival;
	const struct wire_packet *in = &judged->in;

	if (length > arrival->length || memcmp(octets, arrival->frame, length) != 0)
		return false;
	return length == arrival->length ||
	       (judged->has_in && length == (size_t)(in->l4 - judged->in_frame) + in->l4_octets);
}

static void judge_stays(const struct judged *judged, const char *complaint)
{
	const struct arrival *arrival = judged->arrival;
	const struct departure *departure = judged->departure;

	must(judged,
	     departure->length == arrival->length &&
		     memcmp(departure->frame, arrival->frame, arrival->length) == 0,
	     complaint);
	must(judged, departure->gso_size == arrival->gso_size, complaint);
}

/* ---- IPv4 that comes out ---------------------------------------------------------------------- */

static void judge_ipv4(const struct judged *judged, bool may_be_padded)
{
	const unsigned char *ip = judged->out.ip;
	size_t octets = judged->departure->length - ETH_HLEN, total;

	must(judged, judged->has_out && !judged->out.ipv6, "no IPv4 comes out");
	total = wire_get16(ip + 2);
	must(judged, ip[0] == 0x45, "an IPv4 header with version or options comes out");
	must(judged, wire_header_is_right(ip), "a wrong IPv4 header checksum comes out");
	must(judged, total >= 20 && total <= octets, "more IPv4 comes out than there is");
	must(judged, may_be_padded || total == octets, "octets follow the IPv4 packet");
}

/* The NIC's part: stores the sum that is still to be stored. */
static void finish_sum(const struct judged *judged)
{
	const struct departure *departure = judged->departure;
	unsigned char *field = judged->out_frame + departure->sum_at;
	uint32_t sum;

	if (!departure->unfinished)
		return;
	must(judged, departure->sum_at + 2 <= departure->length,
	     "a checksum is to be stored behind the end");
	sum = ~wire_sum(0, judged->out_frame + departure->sum_start,
			departure->length - departure->sum_start);
	wire_put16(field, (sum & 0xffff) ? sum : 0xffff);
}

/* What was right stays right, and nothing but the checksum is touched. */
static void judge_content(const struct judged *judged)
{
	const struct wire_packet *in = &judged->in, *out = &judged->out;
	size_t at = wire_sum_at(in);
	bool was_right = wire_sum_is_right(in) ||
			 (judged->arrival->state & ARRIVAL_UNFINISHED && !in->fragment);

	must(judged, in->l4_octets == out->l4_octets, "its payload has another length");
	must(judged, in->protocol == out->protocol, "its protocol is another");
	for (size_t i = 0; i < in->l4_octets; i++)
		must(judged, in->l4[i] == out->l4[i] || (at && (i == at || i == at + 1)),
		     "its payload has changed");
	if (!judged->arrival->gso_size && was_right &&
	    (in->protocol == WIRE_TCP || in->protocol == WIRE_UDP)) {
		finish_sum(judged);
		must(judged, wire_sum_is_right(out), "its checksum was right, and is wrong now");
	}
}

/* ---- one function for each way to end ---------------------------------------------------------- */

static bool host_is_known(const struct judged *judged, const struct substrate_address *address)
{
	const struct model *model = judged->scene->model;

	for (size_t i = 0; i < model->host_count; i++)
		if (substrate_matches(&model->hosts[i].locator, address))
			return true;
	return judged->arrival->change == CACHE_MOVED &&
	       substrate_matches(&arrival_elsewhere, address);
}

static void judge_forwarded(const struct judged *judged)
{
	const struct departure *departure = judged->departure;
	const unsigned char *ip = judged->out.ip;
	struct substrate_address from, to;

	must(judged,
	     departure->verdict == TC_ACT_REDIRECT && departure->way == WAY_SUBSTRATE &&
		     departure->ifindex == judged->scene->devices.substrate,
	     "it is forwarded, but not to the substrate");
	must(judged, departure->mark == 0, "it is forwarded with a mark");
	must(judged, judged->sender && judged->has_in && !judged->in.ipv6,
	     "it is forwarded, but no node's IPv4");
	must(judged, judged->has_out && judged->out.ipv6, "no IPv6 is forwarded");
	must(judged, ip[0] >> 4 == 6 && ip[7] == 64, "version or hop limit is wrong");
	must(judged, wire_get16(ip + 4) + (size_t)WIRE_IPV6_L4 <= departure->length,
	     "more IPv6 is forwarded than there is");
	/* What can't be cut goes on with what is behind the packet. */
	must(judged,
	     departure->gso_size || judged->arrival->tunnel || judged->arrival->failing ||
		     wire_get16(ip + 4) + (size_t)WIRE_IPV6_L4 == departure->length,
	     "the IPv6 payload length is not the frame's");
	memcpy(&from, ip + 8, sizeof(from));
	memcpy(&to, ip + 24, sizeof(to));
	must(judged, memcmp(&from, &judged->sender->substrate, sizeof(from)) == 0,
	     "it is not forwarded from its node's substrate address");
	must(judged, substrate_network(&to) == judged->sender->network,
	     "it is forwarded to another network");
	must(judged, host_is_known(judged, &to), "it is forwarded to where no host is");
	must(judged, memcmp(&to.words[3], judged->in.ip + 16, sizeof(to.words[3])) == 0,
	     "it is forwarded with another destination");
	judge_content(judged);
}

static void judge_delivered(const struct judged *judged)
{
	const struct port *port = receiver(judged);
	struct substrate_address from, to;

	must(judged, judged->has_in && judged->in.ipv6, "no IPv6 is delivered");
	judge_ipv4(judged, true);
	memcpy(&from, judged->in.ip + 8, sizeof(from));
	memcpy(&to, judged->in.ip + 24, sizeof(to));
	must(judged,
	     substrate_network(&to) == port->network && substrate_network(&from) == port->network,
	     "it is delivered into another network");
	must(judged,
	     memcmp(judged->out.ip + 12, &from.words[3], 4) == 0 &&
		     memcmp(judged->out.ip + 16, &to.words[3], 4) == 0,
	     "it is delivered with other addresses");
	judge_content(judged);
}

static void judge_local(const struct judged *judged)
{
	const struct port *port = receiver(judged);

	must(judged, judged->sender && port->network == judged->sender->network,
	     "it is delivered into another network");
	judge_ipv4(judged, true);
	must(judged, memcmp(judged->in.ip + 12, judged->out.ip + 12, 8) == 0,
	     "it is delivered with other addresses");
	must(judged, judged->out.ip[8] <= judged->in.ip[8], "its TTL has grown");
	judge_content(judged);
}

static void judge_arp(const struct judged *judged)
{
	const struct port *port = receiver(judged);
	const unsigned char *frame = judged->departure->frame, *arp = frame + ETH_HLEN;

	must(judged, port == judged->sender, "an ARP reply goes to somebody else");
	must(judged, judged->departure->length == ARP_FRAME_OCTETS, "an ARP reply has padding");
	must(judged, wire_get16(arp + 6) == 2, "an ARP reply is none");
	must(judged,
	     memcmp(arp + 8, frame + ETH_ALEN, ETH_ALEN) == 0 &&
		     memcmp(arp + 18, frame, ETH_ALEN) == 0,
	     "an ARP reply has other MACs than its frame");
	must(judged, memcmp(arp + 14, judged->arrival->frame + 38, 4) == 0,
	     "an ARP reply is about another address");
}

/* The packet of a node that an ICMP error is about: what it sent, or what the fabric quotes. */
static struct wire_packet subject(const struct judged *judged)
{
	const struct wire_packet *in = &judged->in;
	struct wire_packet about = *in;

	must(judged,
	     !in->ipv6 || (in->l4_octets > ICMP_OCTETS &&
			   wire_parse_packet(true, in->l4 + ICMP_OCTETS,
					     in->l4_octets - ICMP_OCTETS, &about)),
	     "an ICMP error is about nothing");
	return about;
}

static void judge_quote(const struct judged *judged)
{
	const struct wire_packet about = subject(judged), *out = &judged->out;
	size_t at = about.ipv6 ? wire_sum_at(&about) : 0; /* that is corrected */
	struct wire_packet quote;

	must(judged,
	     out->l4_octets > ICMP_OCTETS &&
		     wire_parse_packet(false, out->l4 + ICMP_OCTETS, out->l4_octets - ICMP_OCTETS,
				       &quote),
	     "an ICMP error quotes no IPv4");
	must(judged, wire_header_is_right(quote.ip), "an ICMP error quotes a wrong header");
	must(judged, memcmp(quote.ip + 12, out->ip + 16, 4) == 0,
	     "an ICMP error quotes what another node has sent");
	must(judged,
	     quote.protocol == about.protocol && quote.later_fragment == about.later_fragment,
	     "an ICMP error quotes another packet");
	must(judged, quote.l4_octets <= about.l4_octets, "an ICMP error quotes more than came");
	for (size_t i = 0; i < quote.l4_octets; i++)
		must(judged, quote.l4[i] == about.l4[i] || (at && (i == at || i == at + 1)),
		     "an ICMP error quotes other content");
}

/* A reply that was cut on its way back: puts it together in judged->out. Returns who gets it. */
static const struct port *receiver_of_pieces(struct judged *judged)
{
	const struct departure *departure = judged->departure;
	const struct port *port = scene_port(judged->scene, departure->copies[0].ifindex);
	struct wire_packet part;
	size_t at = 0;

	must(judged, departure->verdict == TC_ACT_SHOT && !departure->way,
	     "a reply is sent in pieces and whole");
	must(judged, port, "a reply is delivered to an interface that is no port");
	for (size_t i = 0; i < departure->copy_count; i++) {
		const struct departure_copy *copy = &departure->copies[i];
		bool last = i + 1 == departure->copy_count;

		must(judged,
		     copy->ifindex == port->ifindex &&
			     wire_parse(copy->octets, copy->length, &part) && !part.ipv6,
		     "a piece of a reply is none");
		judge_ethernet(judged, port, copy->octets);
		must(judged,
		     wire_header_is_right(part.ip) &&
			     wire_get16(part.ip + 2) == copy->length - ETH_HLEN,
		     "a piece's header is wrong");
		must(judged, wire_get16(part.ip + 6) == (at / 8 | (last ? 0 : 0x2000)),
		     "a piece has wrong flags or a wrong offset");
		must(judged, wire_get16(part.ip + 2) <= port->mtu, "a piece is too large");
		if (i == 0)
			memcpy(judged->out_frame, copy->octets, WIRE_L4_AT);
		memcpy(judged->out_frame + WIRE_L4_AT + at, part.l4, part.l4_octets);
		at += part.l4_octets;
	}
	wire_put16(judged->out_frame + WIRE_IPV4_AT + 2, (uint32_t)(WIRE_L4_AT - ETH_HLEN + at));
	wire_put16(judged->out_frame + WIRE_IPV4_AT + 6, 0);
	wire_parse(judged->out_frame, WIRE_L4_AT + at, &judged->out);
	return port;
}

/* ICMP and TCP of a router, and what the fabric says, told the node. */
static void judge_reply(struct judged *judged)
{
	const struct departure *departure = judged->departure;
	const struct port *port =
		departure->copy_count ? receiver_of_pieces(judged) : receiver(judged);
	bool is_echo = departure->reason == REASON_ECHO_REPLIED;

	must(judged, !judged->sender || port == judged->sender, "a reply goes to somebody else");
	must(judged, !(judged->arrival->state & ARRIVAL_NO_ANSWERS),
	     "a port that may cause no answers gets one");
	if (!departure->copy_count) {
		judge_ipv4(judged, is_echo);
		must(judged, wire_get16(judged->out.ip + 2) <= port->mtu,
		     "a reply is larger than the node's MTU");
	}
	must(judged, memcmp(judged->out.ip + 16, &port->address, 4) == 0,
	     "a reply goes to another address");
	must(judged, wire_sum_is_right(&judged->out), "a reply has a wrong checksum");
	must(judged, !departure->unfinished, "a reply's checksum is still to be finished");
	must(judged, !departure->gso_size, "a reply is still to be segmented");
	if (judged->out.protocol == WIRE_ICMP &&
	    (judged->out.l4[0] == ICMP_UNREACHABLE || judged->out.l4[0] == ICMP_TIME_EXCEEDED))
		judge_quote(judged);
	must(judged,
	     is_echo || judged->out.protocol == WIRE_TCP || judged->out.l4_octets <= 576 - 20,
	     "an ICMP error is longer than 576 octets");
}

static void judge_held(const struct judged *judged)
{
	const struct arrival *arrival = judged->arrival;
	const struct departure_copy *held = &judged->departure->held;
	const struct held_frame *header = (const void *)held->octets;

	must(judged, held->octets, "it is held, but weftd doesn't get it");
	must(judged,
	     held->length == sizeof(*header) + header->length &&
		     is_arrival(judged, (const void *)(header + 1), header->length),
	     "another frame is held");
	must(judged, header->gso_size == arrival->gso_size, "its gso_size is not kept");
	must(judged,
	     judged->sender ? header->ifindex == judged->sender->ifindex &&
				      header->network == judged->sender->network &&
				      header->asking_node == judged->sender->address
			    : header->ifindex == HELD_FROM_SUBSTRATE,
	     "weftd is told of another sender");
	must(judged, !(arrival->state & ARRIVAL_NO_MISSES) || !judged->departure->is_missed,
	     "a port that may cause no misses causes one");
	must(judged,
	     header->purpose == HELD_FOR_MAPPING ||
		     (header->purpose == HELD_FOR_REASSEMBLY && judged->in.fragment),
	     "it is held for no purpose");
}

static void judge_checksum_finished(const struct judged *judged)
{
	const struct departure *departure = judged->departure;

	must(judged,
	     departure->verdict == TC_ACT_REDIRECT && departure->way == WAY_DEVICE &&
		     departure->ifindex == judged->scene->devices.reinject_out,
	     "it is not sent to be finished");
	must(judged, judged->sender && departure->mark == (REINJECT_MARK | judged->sender->ifindex),
	     "it is sent to be finished with another mark");
	must(judged, !came_again(judged) || departure->gso_size, "it is sent round for ever");
	judge_ipv4(judged, true);
	judge_content(judged);
}

/* What follows its place in the packet is at `at` of it. Beyond the largest offset Linux runs over too. */
static uint16_t fragment_field(const struct judged *judged, size_t at, bool last)
{
	uint16_t whole = wire_get16(judged->in.ip + 6);

	return (uint16_t)((whole & 0x1fff) + at / 8) | (last ? whole & 0x2000 : 0x2000);
}

/* Fragments: sound, in order, together the packet. */
static void judge_fragmented(const struct judged *judged)
{
	const struct departure *departure = judged->departure;
	struct wire_packet part;
	size_t at = 0;

	must(judged, departure->copy_count > 1, "it is fragmented into one");
	for (size_t i = 0; i < departure->copy_count; i++) {
		const struct departure_copy *copy = &departure->copies[i];
		bool last = i + 1 == departure->copy_count;

		must(judged, copy->ifindex == judged->scene->devices.reinject_out,
		     "a fragment doesn't come again");
		must(judged, wire_parse(copy->octets, copy->length, &part) && !part.ipv6,
		     "a fragment is no IPv4");
		must(judged, wire_header_is_right(part.ip), "a fragment's header is wrong");
		must(judged, wire_get16(part.ip + 2) == copy->length - ETH_HLEN,
		     "a fragment's length is wrong");
		must(judged, wire_get16(part.ip + 6) == fragment_field(judged, at, last),
		     "a fragment has wrong flags or a wrong offset");
		must(judged,
		     at + part.l4_octets <= judged->in.l4_octets &&
			     memcmp(part.l4, judged->in.l4 + at, part.l4_octets) == 0,
		     "a fragment has other content");
		at += part.l4_octets;
	}
	must(judged, at == judged->in.l4_octets, "the fragments are not the whole packet");
}

static void judge_kind(struct judged *judged)
{
	const struct departure *departure = judged->departure;
	enum reason reason = (enum reason)departure->reason;

	switch (reason) {
	case REASON_PASSED:
		must(judged, departure->verdict == TC_ACT_UNSPEC, "it is passed, but not on");
		judge_stays(judged, "a frame that is not weft's is changed");
		break;
	case REASON_FORWARDED:
		judge_forwarded(judged);
		break;
	case REASON_DELIVERED:
		judge_delivered(judged);
		break;
	case REASON_DELIVERED_LOCAL:
		judge_local(judged);
		break;
	case REASON_CHECKSUM_FINISHED:
		judge_checksum_finished(judged);
		break;
	case REASON_ARP_REPLIED:
		judge_arp(judged);
		break;
	default:
		if (reason_text(reason)->kind == REASON_KIND_REPLY)
			judge_reply(judged);
		else
			must(judged, departure->verdict == TC_ACT_SHOT && !departure->way,
			     "it is dropped, but sent");
	}
	if (reason == REASON_HELD)
		judge_held(judged);
	must(judged, reason == REASON_HELD || !departure->held.octets, "weftd gets it too");
	if (reason == REASON_FRAGMENTED)
		judge_fragmented(judged);
	must(judged,
	     reason == REASON_FRAGMENTED || !departure->copy_count ||
		     reason_text(reason)->kind == REASON_KIND_REPLY ||
		     (reason == REASON_RESIZE_FAILED && judged->arrival->failing),
	     "copies are sent");
}

/* from_node leaves the substrate's frames on the reinjection device to from_substrate. */
static bool is_left_to_the_other(const struct judged *judged)
{
	return !judged->arrival->from_substrate && came_again(judged) &&
	       judged->arrival->mark == REINJECT_FROM_SUBSTRATE;
}

void judge(const struct scene *scene, const struct arrival *arrival,
	   const struct departure *departure)
{
	uint32_t ifindex = arrival->ifindex == scene->devices.reinject
				   ? arrival->mark & REINJECT_IFINDEX_MASK
				   : arrival->ifindex;
	struct judged judged = {
		.scene = scene,
		.arrival = arrival,
		.departure = departure,
		.sender = arrival->from_substrate ? NULL : scene_port(scene, ifindex),
		.in_frame = malloc(arrival->length),
		.out_frame = malloc(ARRIVAL_FRAME_MAX),
	};

	if (!judged.in_frame || !judged.out_frame)
		abort();
	memcpy(judged.in_frame, arrival->frame, arrival->length);
	memcpy(judged.out_frame, departure->frame, departure->length);
	judged.has_in = wire_parse(judged.in_frame, arrival->length, &judged.in);
	judged.has_out = wire_parse(judged.out_frame, departure->length, &judged.out);
	if (is_left_to_the_other(&judged)) {
		must(&judged, departure->verdict == TC_ACT_UNSPEC, "it is not left to the other");
		judge_stays(&judged, "a frame of the other program is changed");
	} else {
		must(&judged, departure->reason != DEPARTURE_UNCOUNTED, "not one reason counted");
		judge_kind(&judged);
	}
	free(judged.in_frame);
	free(judged.out_frame);
}

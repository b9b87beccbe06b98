/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP messages of logical routers (RFC 792, RFC 1812 4.3), as a Linux router would send them
 * (net/ipv4/icmp.c): which errors are not sent, the quoted length, TOS and addresses.
 */
#ifndef WEFT_ICMP_H
#define WEFT_ICMP_H

#include "answer.h"
#include "maps.h"
#include "offload.h"
#include "packet.h"
#include "protocols.h"
#include "sum.h"

#define ICMP_ERROR_IP_OCTETS 576 /* at most, with its IPv4 header */
#define ICMP_QUOTE_MAX       (ICMP_ERROR_IP_OCTETS - sizeof(struct iphdr) - sizeof(struct icmp_header))
#define ICMP_TOS_CONTROL     0xc0 /* internetwork control precedence, RFC 1812 4.3.2.5 */
#define ICMP_TOS_KEPT        0x1e /* bits of the packet's TOS that an error keeps */

/* An error's IPv4 packet, put together outside of the frame that it goes in. */
struct icmp_message {
	struct iphdr ip;
	struct icmp_header icmp;
	__u8 quote[ICMP_QUOTE_MAX + sizeof(__u32)]; /* and zeros up to a whole word to sum */
};

#define ICMP_ERROR_HEADERS (sizeof(struct iphdr) + sizeof(struct icmp_header))

/* Where errors are put together, one for each CPU: private to this file. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct icmp_message);
} icmp_scratch SEC(".maps");

/* What an error says, and about which state of the packet. */
struct icmp_error {
	__u8 type;
	__u8 code;
	__u8 ttl; /* of the packet as the router quotes it */
	bool reassembled; /* it had been cut on its way: the reserved flag is gone */
	__u16 mtu; /* fragmentation needed: of the next subnet */
	__u16 quotable; /* octets of the packet that the router still has; 0: all */
	enum reason reason;
	__be32 router; /* who sends it, as in path.routers[] */
	__be32 address; /* its source if not 0, else that of the router's interface to the sender */
};

/* No errors about errors, nor about types that nobody knows (RFC 1122 3.2.2), as Linux has them. */
static __always_inline bool icmp_is_query(__u8 type)
{
	return type == ICMP_ECHO_REPLY || type == ICMP_ECHO ||
	       (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESS_MASK_REPLY);
}

static __always_inline bool icmp_error_is_due(struct packet *pkt)
{
	__u8 type;

	if (ip_is_later_fragment(pkt->ip))
		return false;
	if (pkt->ip->protocol != IPPROTO_ICMP)
		return true;
	return context_load(pkt->context, L4_OFFSET, &type, sizeof(type)) == 0 &&
	       icmp_is_query(type);
}

/* Copies what the error quotes, as the router has seen it; returns the octets, 0 if it can't. */
static __always_inline __u32 icmp_quote(struct packet *pkt, const struct icmp_error *error,
					__u16 mtu, struct icmp_message *message)
{
	struct iphdr *quote = (void *)message->quote;
	__u64 octets = bpf_ntohs(pkt->ip->tot_len);

	if (error->quotable && octets > error->quotable)
		octets = error->quotable;
	/* A router doesn't make messages that it would have to fragment itself. */
	if (octets > mtu - ICMP_ERROR_HEADERS)
		octets = mtu - ICMP_ERROR_HEADERS;
	if (octets > ICMP_QUOTE_MAX)
		octets = ICMP_QUOTE_MAX;
	asm volatile("" : "+r"(octets)); /* the verifier shall see the bounds on one register */
	if (octets < sizeof(*quote) || octets > ICMP_QUOTE_MAX)
		return 0;
	*(__u32 *)&message->quote[octets & ~3ULL] = 0;
	if (context_load(pkt->context, IPV4_OFFSET, message->quote, octets) < 0)
		return 0;
	quote->check = checksum_replace(quote->check, bpf_htons(quote->ttl << 8),
					bpf_htons(error->ttl << 8));
	quote->ttl = error->ttl;
	if (error->reassembled) {
		__be16 without = quote->frag_off & ~bpf_htons(IP_RESERVED);

		quote->check = checksum_replace(quote->check, quote->frag_off, without);
		quote->frag_off = without;
	}
	return octets;
}

/* The checksum of the first octets from the ICMP header on; their number is one of whole words. */
static __always_inline __u16 icmp_checksum(const struct icmp_message *message, __u32 octets)
{
	__be32 *words = (__be32 *)&message->icmp;
	__u32 first = octets < SUM_CHUNK ? octets : SUM_CHUNK;
	__u32 sum = bpf_csum_diff(NULL, 0, words, first, 0);

	if (octets > SUM_CHUNK)
		sum = bpf_csum_diff(NULL, 0, words + SUM_CHUNK / sizeof(*words), octets - SUM_CHUNK,
				    sum);
	return (__u16)~checksum_fold(sum);
}

/* Writes the headers in front of the quote of a packet that had the header `about`. */
static __always_inline void icmp_error_head(struct packet *pkt, const struct iphdr *about,
					    const struct icmp_error *error,
					    const struct answer *answer, __u32 quoted,
					    struct icmp_message *message)
{
	__u32 summed = (sizeof(message->icmp) + quoted + 3) & ~3U;

	message->ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.tos = (about->tos & ICMP_TOS_KEPT) | ICMP_TOS_CONTROL,
		.tot_len = bpf_htons(sizeof(message->ip) + sizeof(message->icmp) + quoted),
		.ttl = answer->ttl,
		.protocol = IPPROTO_ICMP,
		.saddr = error->address ? error->address : answer->address,
		.daddr = about->saddr,
	};
	message->ip.check = checksum_ipv4_header(&message->ip);
	message->icmp = (struct icmp_header){
		.type = error->type,
		.code = error->code,
		.rest = bpf_htonl(error->mtu),
	};
	message->icmp.checksum = icmp_checksum(message, summed);
}

/* Makes the frame one of the message to the port, of `octets` with its IPv4 header. */
static __always_inline bool icmp_message_put(struct packet *pkt, const struct icmp_message *message,
					     const __u8 *source_mac, __u64 octets)
{
	if (context_remake(pkt->context, IPV4_OFFSET + octets) < 0 ||
	    context_store(pkt->context, IPV4_OFFSET, message, octets) < 0 ||
	    !packet_reload(pkt, IPV4_OFFSET))
		return false;
	mac_copy(pkt->eth->h_dest, pkt->port->mac);
	mac_copy(pkt->eth->h_source, source_mac);
	pkt->eth->h_proto = bpf_htons(ETH_P_IP);
	return true;
}

/* How long an error about this packet can get. */
static __always_inline __u32 icmp_error_octets(const struct packet *pkt,
					       const struct answer *answer)
{
	__u32 octets = ICMP_ERROR_HEADERS + bpf_ntohs(pkt->ip->tot_len);

	if (octets > ICMP_ERROR_IP_OCTETS)
		octets = ICMP_ERROR_IP_OCTETS;
	return octets < answer->mtus[0] ? octets : answer->mtus[0];
}

/* Replaces the packet by an ICMP error of a router, on its way back to the sender. */
static __noinline enum verdict icmp_error_send(struct packet *pkt, const struct icmp_error *error)
{
	struct answer_key key = {.origin = pkt->port->origin, .router = error->router};
	const struct answer *answer = bpf_map_lookup_elem(&answers, &key);
	struct icmp_message *message;
	__u32 zero = 0, quoted;
	enum verdict v;
	__u64 length;

	if (!answer || !icmp_error_is_due(pkt))
		return drop(pkt, REASON_ANSWER_SUPPRESSED);
	/* The skb would go on with the order to finish a checksum that is now in the quote. */
	if (!pkt->reinjected && checksum_is_unfinished(pkt))
		return end(pkt, FINISH_CHECKSUM, REASON_CHECKSUM_FINISHED);
	v = answer_begin(pkt, answer, icmp_error_octets(pkt, answer));
	if (v != NEXT)
		return v;
	message = bpf_map_lookup_elem(&icmp_scratch, &zero);
	if (!message)
		return drop(pkt, REASON_RESIZE_FAILED);
	quoted = icmp_quote(pkt, error, answer->mtus[0], message);
	if (quoted == 0 || quoted > ICMP_QUOTE_MAX)
		return drop(pkt, REASON_FRAME_TRUNCATED);
	icmp_error_head(pkt, pkt->ip, error, answer, quoted, message);
	length = ICMP_ERROR_HEADERS + quoted;
	if (!icmp_message_put(pkt, message, answer->mac, length))
		return drop(pkt, REASON_RESIZE_FAILED);
	return answer_deliver(pkt, answer, length, error->reason);
}

/* The last router of the path has asked for the destination's MAC in vain. */
static __always_inline enum verdict icmp_host_unreachable(struct packet *pkt)
{
	struct icmp_error error = {
		.type = ICMP_UNREACHABLE,
		.code = ICMP_HOST_UNREACHABLE,
		.ttl = pkt->ttl,
		.reason = REASON_HOST_UNREACHABLE,
		.router = pkt->path->routers[(pkt->path->hops - 1) & (PATH_HOPS_MAX - 1)],
	};

	return icmp_error_send(pkt, &error);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routers as hosts: TCP resets and timestamps, as tcp_v4_send_reset() and icmp_timestamp() make them. */
#include "cases.h"

#include <string.h>
#include <time.h>

#define TO_J(...) FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), __VA_ARGS__)
#define RESET(...) \
	FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .dont_fragment = true), TCP(22, 4000, __VA_ARGS__))

TABLE(tcp_reset, .host = "R", .sender = "A")
{
	const struct frame *syn = TO_J(TCP(4000, 22, .sequence = 1000, .flags = TCP_SYN));
	const struct frame *marked = FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .tos = 0xff),
					   TCP(4000, 22, .sequence = 1000, .flags = TCP_SYN));
	const struct frame *refused = RESET(.acknowledgement = 1001, .flags = TCP_RST | TCP_ACK);

	CASE("a SYN is refused", FROM_NODE, syn, REASON_TCP_RESET, refused);
	CASE("by the next router too", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, L_BACK),
		   TCP(4000, 22, .sequence = 0xffffffff, .flags = TCP_SYN)),
	     REASON_TCP_RESET,
	     FRAME(ETH(J_FRONT, A), IPV4(L_BACK, A, .ttl = 63, .dont_fragment = true),
		   TCP(22, 4000, .flags = TCP_RST | TCP_ACK)));
	CASE("the reset acknowledges what data came with it", FROM_NODE,
	     TO_J(TCP(4000, 22, .sequence = 1000, .flags = TCP_SYN), TEXT("hello")),
	     REASON_TCP_RESET, RESET(.acknowledgement = 1006, .flags = TCP_RST | TCP_ACK),
	     .forgets_sum = true);
	CASE("and a FIN", FROM_NODE,
	     TO_J(TCP(4000, 22, .sequence = 1000, .flags = TCP_FIN | TCP_PSH)), REASON_TCP_RESET,
	     RESET(.acknowledgement = 1001, .flags = TCP_RST | TCP_ACK));
	CASE("one that is acknowledged already takes its number from there", FROM_NODE,
	     TO_J(TCP(4000, 22, .sequence = 1000, .acknowledgement = 5000), TEXT("hello")),
	     REASON_TCP_RESET, RESET(.sequence = 5000, .flags = TCP_RST), .forgets_sum = true);
	CASE("TOS is kept, but not what ECN has of it", FROM_NODE, marked, REASON_TCP_RESET,
	     FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .dont_fragment = true, .tos = 0xfc),
		   TCP(22, 4000, .acknowledgement = 1001, .flags = TCP_RST | TCP_ACK)));
	CASE("padding is no data", FROM_NODE, frame_extend(syn, 60), REASON_TCP_RESET, refused,
	     .forgets_sum = true);
	CASE("a header with options", FROM_NODE,
	     TO_J(TCP(4000, 22, .sequence = 1000, .flags = TCP_SYN, .options = 4), DATA(4)),
	     REASON_TCP_RESET, refused, .forgets_sum = true);
	CASE("no reset about a reset", FROM_NODE, TO_J(TCP(4000, 22, .flags = TCP_RST)),
	     REASON_ROUTER_IGNORES);
	CASE("a wrong checksum", FROM_NODE, PATCHED(syn, 50, 0x12, 0x34), REASON_ROUTER_IGNORES);
	CASE("a header of 16 octets", FROM_NODE, TO_J(TCP(4000, 22, .options = -4)),
	     REASON_ROUTER_IGNORES);
	CASE("a header that is longer than the segment", FROM_NODE,
	     TO_J(TCP(4000, 22, .options = 4)), REASON_ROUTER_IGNORES);
	CASE("less than a header", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .next = 6), DATA(19)), REASON_ROUTER_IGNORES);
	CASE("a checksum that isn't finished is finished first", FROM_NODE,
	     TO_J(TCP(4000, 22, .flags = TCP_SYN, .checksum = CHECKSUM_UNFINISHED)),
	     REASON_CHECKSUM_FINISHED, .left = REASON_LEFT_CHECKSUM,
	     .mark_out = REINJECT_MARK | TEST_RUN_IFINDEX);
}

/* Octets of an ICMP timestamp message, and what is where in its frame. */
#define TIMESTAMP_OCTETS 20
#define RECEIVED_AT      (FRAME_IPV4_L4_AT + 12)
#define TRANSMITTED_AT   (FRAME_IPV4_L4_AT + 16)
#define A_DAY_MS         (24 * 60 * 60 * 1000U)

static const unsigned char *last_octets(const struct fixture *fixture)
{
	return fixture->last.frame->octets;
}

/* The answer with both times as they are in it. */
static void is_the_time(struct fixture *fixture)
{
	uint32_t now, received;
	const struct frame *expected;
	const unsigned char *times;
	struct timespec clock;

	if (fixture->last.sum_is_wrong)
		return;
	times = last_octets(fixture) + RECEIVED_AT;
	memcpy(&received, times, sizeof(received));
	clock_gettime(CLOCK_REALTIME, &clock);
	now = (uint32_t)(clock.tv_sec % (24 * 60 * 60) * 1000 + clock.tv_nsec / 1000000);
	/* A minute is enough, also around midnight. */
	cr_assert_lt((now - ntohl(received) + A_DAY_MS) % A_DAY_MS, 60000U);
	expected = FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xff),
			 ICMP(14, 0, .id = 7, .sequence = 1), OCTETS("now!", 4), OCTETS(times, 4),
			 OCTETS(times, 4));
	cr_assert(frame_equal(expected, fixture->last.frame), "another answer");
}

TABLE(timestamp, .host = "R", .sender = "A")
{
#define ASKS_TIME(...)                                                               \
	FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .tos = 0xff, .dont_fragment = true), \
	      ICMP(13, __VA_ARGS__, .id = 7, .sequence = 1), TEXT("now!"))

	CASE("A asks J for the time", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .tos = 0xff),
		   ICMP(13, 0, .id = 7, .sequence = 1), TEXT("now!12345678")),
	     REASON_TIMESTAMP_REPLIED, .after = is_the_time);
	CASE("and leaves out what J is to fill in", FROM_NODE, ASKS_TIME(0),
	     REASON_TIMESTAMP_REPLIED, .after = is_the_time, .forgets_sum = true);
	CASE("and with more than there is to fill in", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT, .tos = 0xff),
		   ICMP(13, 0, .id = 7, .sequence = 1), TEXT("now!123456789")),
	     REASON_TIMESTAMP_REPLIED, .after = is_the_time, .forgets_sum = true);
	CASE("the code is not kept", FROM_NODE, ASKS_TIME(5), REASON_TIMESTAMP_REPLIED,
	     .after = is_the_time, .forgets_sum = true);
	CASE("no time of its own", FROM_NODE, TO_J(ICMP(13, 0), DATA(3)), REASON_ROUTER_IGNORES);
	CASE("a wrong checksum", FROM_NODE, PATCHED(ASKS_TIME(0), 36, 1), REASON_ROUTER_IGNORES);
}

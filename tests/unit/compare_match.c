/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judgement of a comparison: what is equal, what is told apart, and what is left out. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/cli/compare_datagram.h"
#include "controller/cli/compare_match.h"
#include "controller/cli/compare_report.h"
#include "tests/support/cast.h"
#include "tests/support/topology.h"

/* A comparison of figure 2: network Z is its first, A the first node of it, H the fourth. */
struct trial {
	struct model *model;
	struct probe_list probes;
	struct sightings sightings;
	struct comparison comparison;
};

#define NODE_A 0
#define NODE_H 3

static struct trial trial_begin(void)
{
	struct trial trial = {.model = topology_figure2()};

	cr_assert_eq(probes_generate(trial.model, 1, 20, &trial.probes), 0);
	return trial;
}

static void see(struct trial *trial, enum side side, uint32_t node, const struct frame *frame)
{
	struct sighting sighting = {side, 0, node, (uint8_t *)frame->octets, frame->length};

	cr_assert_eq(sightings_add(&trial->sightings, &sighting), 0);
}

static void judge(struct trial *trial)
{
	cr_assert_eq(sightings_compare(trial->model, &trial->probes, &trial->sightings,
				       &trial->comparison),
		     0);
}

static void trial_end(struct trial *trial)
{
	comparison_clear(&trial->comparison);
	sightings_clear(&trial->sightings);
	probes_clear(&trial->probes);
	model_free(trial->model);
	frames_free();
}

/* A ping with the token of a probe, as it comes to H. */
static const struct frame *ping_of(uint32_t number, int ttl, uint16_t ip_id)
{
	uint32_t token = token_of(number);

	return FRAME(ETH(L_BACK, H), IPV4(A, H, .ttl = ttl, .id = ip_id),
		     ICMP(8, 0, .id = token >> 16, .sequence = token & 0xffff), TEXT("data"));
}

Test(comparison, finds_equal_frames_equal_in_any_order)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 1));
	see(&trial, SIDE_TWIN, NODE_H, ping_of(2, 62, 2));
	see(&trial, SIDE_WEFT, NODE_H, ping_of(2, 62, 2));
	see(&trial, SIDE_WEFT, NODE_H, ping_of(1, 62, 1));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 2);
	cr_assert_eq(trial.comparison.twin, 2);
	cr_assert_eq(trial.comparison.difference_count, 0);
	trial_end(&trial);
}

Test(comparison, pairs_what_became_of_the_same_probe)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 1));
	see(&trial, SIDE_WEFT, NODE_H, ping_of(1, 61, 1));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 0);
	cr_assert_eq(trial.comparison.difference_count, 1);
	cr_assert_eq(trial.comparison.differences[0].probe, 1);
	cr_assert_not_null(trial.comparison.differences[0].seen[SIDE_TWIN]);
	cr_assert_not_null(trial.comparison.differences[0].seen[SIDE_WEFT]);
	trial_end(&trial);
}

Test(comparison, misses_a_frame_that_came_once_instead_of_twice)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 1));
	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 1));
	see(&trial, SIDE_WEFT, NODE_H, ping_of(1, 62, 1));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 1);
	cr_assert_eq(trial.comparison.difference_count, 1);
	cr_assert_null(trial.comparison.differences[0].seen[SIDE_WEFT]);
	trial_end(&trial);
}

Test(comparison, tells_who_received_a_frame)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 1));
	see(&trial, SIDE_WEFT, NODE_A, ping_of(1, 62, 1));
	judge(&trial);
	cr_assert_eq(trial.comparison.difference_count, 2);
	trial_end(&trial);
}

Test(comparison, leaves_out_the_id_of_an_unfragmented_packet)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, ping_of(1, 62, 77));
	see(&trial, SIDE_WEFT, NODE_H, ping_of(1, 62, 0));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 1);
	trial_end(&trial);
}

Test(comparison, wants_the_id_of_a_nodes_fragments_right)
{
	struct trial trial = trial_begin();

	see(&trial, SIDE_TWIN, NODE_H, frame_fragment(ping_of(1, 62, 0), 77, 0, 8));
	see(&trial, SIDE_WEFT, NODE_H, frame_fragment(ping_of(1, 62, 0), 78, 0, 8));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 0);
	trial_end(&trial);
}

Test(comparison, wants_what_an_error_quotes_right)
{
	struct trial trial = trial_begin();
	const struct frame *quoted = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1, .id = 1), PING);
	const struct frame *other = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1, .id = 2), PING);

	see(&trial, SIDE_TWIN, NODE_A,
	    FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(11, 0), QUOTE(quoted, 1)));
	see(&trial, SIDE_WEFT, NODE_A,
	    FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(11, 0), QUOTE(other, 1)));
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 0);
	trial_end(&trial);
}

Test(comparison, leaves_out_the_clock_of_a_router_but_not_of_a_node)
{
	struct trial trial = trial_begin();
	/* Originate, receive and transmit time. */
	const struct frame *three =
		FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(14, 0), TEXT("aaaabbbbbbbb"));
	const struct frame *four =
		FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(14, 0), TEXT("aaaacccccccc"));
	const struct frame *node = FRAME(ETH(G, A), IPV4(G, A), ICMP(14, 0), TEXT("aaaabbbbbbbb"));
	const struct frame *liar = FRAME(ETH(G, A), IPV4(G, A), ICMP(14, 0), TEXT("aaaacccccccc"));

	see(&trial, SIDE_TWIN, NODE_A, three);
	see(&trial, SIDE_WEFT, NODE_A, four);
	see(&trial, SIDE_TWIN, NODE_A, node);
	see(&trial, SIDE_WEFT, NODE_A, liar);
	judge(&trial);
	cr_assert_eq(trial.comparison.equal, 1);
	cr_assert_eq(trial.comparison.difference_count, 1);
	trial_end(&trial);
}

Test(comparison, is_of_frames_for_one_node_and_not_of_arp_requests)
{
	const struct frame *asked = FRAME(ETH(G, A), ARP_ASKS(G, A));
	const struct frame *answered = FRAME(ETH(G, A), ARP_SAYS(G, A));
	const struct frame *broadcast = FRAME(ETH(G, EVERYBODY), IPV4(G, EVERYBODY), PING);

	cr_assert_not(frame_is_compared(asked->octets, asked->length));
	cr_assert(frame_is_compared(answered->octets, answered->length));
	cr_assert_not(frame_is_compared(broadcast->octets, broadcast->length));
	frames_free();
}

Test(comparison, reports_who_sent_what_and_how_to_see_it_again)
{
	struct trial trial = trial_begin();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	see(&trial, SIDE_TWIN, NODE_H, ping_of(3, 62, 1));
	judge(&trial);
	comparison_report(out, trial.model, &trial.probes, &trial.comparison, 10,
			  "weft lab compare x.yaml");
	cr_assert_eq(fclose(out), 0);
	cr_assert(strstr(text, "sends probe 3, "), "%s", text);
	cr_assert(strstr(text, "Z/H receives in the twin, and nothing in weft"), "%s", text);
	cr_assert(strstr(text, "again: weft lab compare x.yaml --probe 3"), "%s", text);
	free(text);
	trial_end(&trial);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Prints differences layer by layer. See compare_report.h. */
#include <string.h>

#include "compare_report.h"
#include "controller/packet_text.h"

#define KINDS_MAX 32

static const struct node *node_at(const struct model *model, uint32_t network, uint32_t node,
				  const char **ret_network)
{
	*ret_network = model->networks[network].name;
	return &model->networks[network].nodes[node];
}

static void print_probe(FILE *out, const struct model *model, const struct probe *probe)
{
	const char *network;
	const struct node *node = node_at(model, probe->network, probe->node, &network);

	fprintf(out, "  %s/%s sends probe %u, %s:\n", network, node->name, probe->number,
		probe->kind);
	for (size_t f = 0; f < probe->frame_count; f++) {
		if (probe->frame_count > 1)
			fprintf(out, "    frame %zu of %zu\n", f + 1, probe->frame_count);
		packet_print(out, "    ", probe->frames[f].octets, probe->frames[f].length);
	}
}

static void print_seen(FILE *out, const struct model *model, const struct difference *difference)
{
	const struct sighting *twin = difference->seen[SIDE_TWIN];
	const struct sighting *weft = difference->seen[SIDE_WEFT];
	const struct sighting *one = twin ? twin : weft;
	const char *network;
	const struct node *node = node_at(model, one->network, one->node, &network);

	if (twin && weft) {
		struct packet_column left = {"in the twin", twin->octets, twin->length};
		struct packet_column right = {"in weft", weft->octets, weft->length};

		fprintf(out, "  %s/%s receives\n", network, node->name);
		packet_print_both(out, "    ", &left, &right);
		return;
	}
	fprintf(out, "  %s/%s receives %s\n", network, node->name,
		twin ? "in the twin, and nothing in weft" : "in weft, and nothing in the twin");
	packet_print(out, "    ", one->octets, one->length);
}

/* ---- the summary ------------------------------------------------------------------------------- */

struct tally {
	const char *kind;
	size_t differ, missing, extra;
};

static const char *kind_of(const struct probe_list *probes, uint32_t number)
{
	return number ? probes->probes[number - 1].kind : "unknown";
}

static void tally_add(struct tally *tallies, const char *kind, const struct difference *difference)
{
	size_t k = 0;

	while (k < KINDS_MAX - 1 && tallies[k].kind && strcmp(tallies[k].kind, kind) != 0)
		k++;
	tallies[k].kind = kind;
	if (!difference->seen[SIDE_WEFT])
		tallies[k].missing++;
	else if (!difference->seen[SIDE_TWIN])
		tallies[k].extra++;
	else
		tallies[k].differ++;
}

static void print_tallies(FILE *out, const struct probe_list *probes,
			  const struct comparison *comparison)
{
	struct tally tallies[KINDS_MAX] = {0};

	for (size_t d = 0; d < comparison->difference_count; d++)
		tally_add(tallies, kind_of(probes, comparison->differences[d].probe),
			  &comparison->differences[d]);
	fprintf(out, "\n%-26s %10s %14s %14s\n", "differences by probe", "other", "not in weft",
		"only in weft");
	for (size_t k = 0; k < KINDS_MAX && tallies[k].kind; k++)
		fprintf(out, "  %-24s %10zu %14zu %14zu\n", tallies[k].kind, tallies[k].differ,
			tallies[k].missing, tallies[k].extra);
}

void comparison_report(FILE *out, const struct model *model, const struct probe_list *probes,
		       const struct comparison *comparison, size_t max, const char *command)
{
	size_t count = comparison->difference_count;

	for (size_t d = 0; d < count && d < max; d++) {
		const struct difference *difference = &comparison->differences[d];

		fprintf(out, "\ndifference %zu of %zu\n", d + 1, count);
		if (difference->probe) {
			print_probe(out, model, &probes->probes[difference->probe - 1]);
			print_seen(out, model, difference);
			fprintf(out, "  again: %s --probe %u\n", command, difference->probe);
		} else {
			print_seen(out, model, difference);
			fprintf(out, "  of which probe can't be told; again: %s\n", command);
		}
	}
	if (count)
		print_tallies(out, probes, comparison);
}

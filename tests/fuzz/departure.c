/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What has become of a frame, freed and shown. See departure.h. */
#include "departure.h"

#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>

#include "loader/dataplane.h"
#include "tests/support/frame.h"

void departure_clear(struct departure *departure)
{
	free(departure->frame);
	free(departure->held.octets);
	for (size_t i = 0; i < departure->copy_count; i++)
		free(departure->copies[i].octets);
	departure->frame = NULL;
	departure->held = (struct departure_copy){0};
	departure->copy_count = 0;
}

static const char *verdict_words(int verdict)
{
	switch (verdict) {
	case TC_ACT_SHOT:
		return "dropped";
	case TC_ACT_UNSPEC:
		return "passed on";
	case TC_ACT_REDIRECT:
		return "sent";
	default:
		return "?";
	}
}

void departure_print(const char *name, const struct departure *departure)
{
	static const char *const ways[] = {"nowhere", "device", "peer of device",
					   "substrate by device"};
	const struct reason_text *reason =
		departure->reason < 0 ? NULL : reason_text((enum reason)departure->reason);

	fprintf(stderr,
		"%s: %s, counted as %s, to %s %u, mark 0x%x, gso_size %u, %u octets, %zu copies, "
		"%u octets held\n",
		name, verdict_words(departure->verdict), reason ? reason->name : "(not one reason)",
		ways[departure->way], departure->ifindex, departure->mark, departure->gso_size,
		departure->length, departure->copy_count, departure->held.length);
	frame_print(stderr, "  ", departure->frame, departure->length);
	for (size_t i = 0; i < departure->copy_count; i++) {
		fprintf(stderr, "  copy %zu to %u\n", i, departure->copies[i].ifindex);
		frame_print(stderr, "    ", departure->copies[i].octets,
			    departure->copies[i].length);
	}
}

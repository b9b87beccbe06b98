/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames taken apart for people: fields, one frame, two beside each other. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "controller/packet_text.h"
#include "tests/support/cast.h"

/* The value of a field; the test ends if there is none. */
static const char *value_of(const struct packet_fields *list, const char *layer, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->fields[i].layer, layer) == 0 &&
		    strcmp(list->fields[i].name, name) == 0)
			return list->fields[i].value;
	cr_assert_fail("there is no %s %s", layer, name);
	return "";
}

static struct packet_fields fields_of(const struct frame *frame)
{
	struct packet_fields list;

	cr_assert_eq(packet_fields(frame->octets, frame->length, &list), 0);
	return list;
}

Test(packet_text, knows_right_checksums_from_wrong_ones)
{
	const struct frame *frame = FRAME(ETH(A, G), IPV4(A, G), UDP(4000, 53), TEXT("who?"));
	const struct frame *wrong = PATCHED(frame, FRAME_IPV4_L4_AT + 8, 'W');
	struct packet_fields right_list = fields_of(frame), wrong_list = fields_of(wrong);

	cr_assert(strstr(value_of(&right_list, "UDP", "checksum"), " right"));
	cr_assert(strstr(value_of(&right_list, "IPv4", "checksum"), " right"));
	cr_assert(strstr(value_of(&wrong_list, "UDP", "checksum"), " wrong"));
	cr_assert_str_eq(value_of(&wrong_list, "data", "+0"), "57 68 6f 3f");
	packet_fields_clear(&right_list);
	packet_fields_clear(&wrong_list);
}

Test(packet_text, shows_what_an_error_quotes_apart)
{
	const struct frame *ping = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), PING);
	const struct frame *error =
		FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A, .tos = 0xc0), ICMP(11, 0), QUOTE(ping, 1));
	struct packet_fields list = fields_of(error);

	cr_assert_str_eq(value_of(&list, "ICMP", "type, code"), "11, 0 time to live exceeded");
	cr_assert_str_eq(value_of(&list, "IPv4", "destination"), "10.0.0.2");
	cr_assert_str_eq(value_of(&list, "quoted IPv4", "destination"), "10.1.5.3");
	cr_assert_str_eq(value_of(&list, "quoted IPv4", "TTL"), "1");
	cr_assert_str_eq(value_of(&list, "quoted ICMP", "type, code"), "8, 0 echo request");
	packet_fields_clear(&list);
}

Test(packet_text, shows_octets_behind_the_packet_as_a_trailer)
{
	const struct frame *frame = FRAME(ETH(A, G), IPV4(A, G), UDP(1, 2), TEXT("x"), PADDING(3));
	struct packet_fields list = fields_of(frame);

	cr_assert_str_eq(value_of(&list, "data", "octets"), "1");
	cr_assert_str_eq(value_of(&list, "trailer", "+0"), "00 00 00");
	packet_fields_clear(&list);
}

Test(packet_text, takes_frames_that_are_cut_anywhere)
{
	const struct frame *ping = FRAME(ETH(A, J_FRONT), IPV4(A, H, .ttl = 1), PING);
	const struct frame *frames[] = {
		FRAME(ETH(J_FRONT, A), IPV4(J_FRONT, A), ICMP(3, 4), QUOTE(ping, 1)),
		FRAME(ETH(A, G), IPV4(A, G), TCP(1, 2), TEXT("some data")),
		FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G)),
	};

	for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++)
		for (size_t length = 0; length <= frames[f]->length; length++) {
			/* Of its own, so that a sanitizer sees what is read beyond it. */
			uint8_t *copy = malloc(length + !length);
			struct packet_fields list;

			memcpy(copy, frames[f]->octets, length);
			cr_assert_eq(packet_fields(copy, length, &list), 0);
			packet_fields_clear(&list);
			free(copy);
		}
}

Test(packet_text, marks_what_differs_between_two_frames)
{
	const struct frame *twin = FRAME(ETH(A, G), IPV4(A, G, .ttl = 63), PING);
	const struct frame *weft = FRAME(ETH(A, G), IPV4(A, G, .ttl = 62), PING);
	struct packet_column left = {"in the twin", twin->octets, twin->length};
	struct packet_column right = {"in weft", weft->octets, weft->length};
	char *text = NULL, *line, *rest;
	size_t size, marked = 0;
	FILE *out = open_memstream(&text, &size);

	packet_print_both(out, "", &left, &right);
	cr_assert_eq(fclose(out), 0);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (line[0] == '*') {
			marked++;
			cr_assert(strstr(line, "TTL") || strstr(line, "checksum"), "%s", line);
		}
	cr_assert_eq(marked, 2);
	free(text);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Collects the problems of a topology file and prints them. What is printed comes from the file, so
 * nothing in it may reach the terminal as a control character.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A line wider than this is shown around its problem only. */
#define SHOWN_COLUMNS  160
#define SHOWN_BEFORE   60
#define CUT_MARK       "..."
#define CUT_MARK_WIDTH 3

/* Formats text; control characters become '?'. Returns NULL without memory. */
static char *format_text(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return NULL;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			*c = '?';
	return text;
}

static bool make_room(struct report *report)
{
	size_t capacity = report->capacity ? report->capacity * 2 : 16;
	struct problem *problems;

	if (report->count < report->capacity)
		return true;
	problems = reallocarray(report->problems, capacity, sizeof(*problems));
	if (!problems)
		return false;
	report->problems = problems;
	report->capacity = capacity;
	return true;
}

static void add_problem(struct report *report, enum severity severity, struct position at,
			const char *format, va_list arguments)
{
	char *message;

	report->errors += severity == SEVERITY_ERROR;
	if (report->count >= REPORT_PROBLEMS_MAX) {
		report->unlisted++;
		return;
	}
	message = format_text(format, arguments);
	if (!message || !make_room(report)) {
		free(message);
		report->out_of_memory = 1;
		return;
	}
	report->problems[report->count++] =
		(struct problem){.severity = severity, .at = at, .message = message};
}

void report_error(struct report *report, struct position at, const char *message, ...)
{
	va_list arguments;

	va_start(arguments, message);
	add_problem(report, SEVERITY_ERROR, at, message, arguments);
	va_end(arguments);
}

void report_warning(struct report *report, struct position at, const char *message, ...)
{
	va_list arguments;

	va_start(arguments, message);
	add_problem(report, SEVERITY_WARNING, at, message, arguments);
	va_end(arguments);
}

void report_help(struct report *report, const char *help, ...)
{
	struct problem *last;
	va_list arguments;

	if (report->count == 0 || report->unlisted)
		return;
	last = &report->problems[report->count - 1];
	free(last->help);
	va_start(arguments, help);
	last->help = format_text(help, arguments);
	va_end(arguments);
	if (!last->help)
		report->out_of_memory = 1;
}

void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->problems[i].message);
		free(report->problems[i].help);
	}
	free(report->problems);
	*report = (struct report){0};
}

/* ---- one line of the file --------------------------------------------------------------------- */

/* The rest of a text, read forwards. */
struct cursor {
	const unsigned char *at, *end;
};

/*
 * Reads one UTF-8 character; an octet that begins none counts as U+FFFD. Only called before the end.
 */
static uint32_t next_character(struct cursor *cursor)
{
	static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
	uint32_t character = *cursor->at++;
	int more = character >= 0xf0 ? 3 : character >= 0xe0 ? 2 : 1;

	if (character < 0x80)
		return character;
	if (character < 0xc2 || character > 0xf4 || cursor->end - cursor->at < more)
		return 0xfffd;
	character &= 0x3f >> more;
	for (int i = 0; i < more; i++) {
		if ((cursor->at[i] & 0xc0) != 0x80)
			return 0xfffd;
		character = character << 6 | (cursor->at[i] & 0x3f);
	}
	if (character < smallest[more])
		return 0xfffd;
	cursor->at += more;
	return character;
}

/* Whether the character ends a line, as YAML 1.1 (and libyaml, which counts them) sees it. */
static bool is_break(uint32_t character)
{
	return character == '\n' || character == '\r' || character == 0x85 || character == 0x2028 ||
	       character == 0x2029;
}

/* Cuts the next line off the cursor, without its end. */
static struct cursor next_line(struct cursor *cursor)
{
	struct cursor line = {cursor->at, cursor->at};

	while (cursor->at < cursor->end) {
		uint32_t character = next_character(cursor);

		if (is_break(character)) {
			if (character == '\r' && cursor->at < cursor->end && *cursor->at == '\n')
				cursor->at++;
			break;
		}
		line.end = cursor->at;
	}
	return line;
}

const char *report_skip_mark(const char *text, size_t *size)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (*size < sizeof(mark) - 1 || memcmp(text, mark, sizeof(mark) - 1) != 0)
		return text;
	*size -= sizeof(mark) - 1;
	return text + sizeof(mark) - 1;
}

struct position report_position(const char *text, size_t size, size_t octet)
{
	const unsigned char *start = (const unsigned char *)text;
	struct cursor rest = {start, start + (octet < size ? octet : size)}, line = rest;
	size_t column = 1;
	uint32_t lines = 1;

	while (rest.at < rest.end) {
		line = next_line(&rest);
		if (rest.at > line.end) {
			lines++;
			line.at = line.end = rest.at;
		}
	}
	for (; line.at < line.end; column++)
		next_character(&line);
	return (struct position){
		.line = lines,
		.column = (uint16_t)(column < UINT16_MAX ? column : UINT16_MAX),
		.length = 1,
	};
}

/* Columns of a terminal that a character takes: combining ones none, East Asian wide ones two. */
static unsigned int character_width(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		unsigned int width;
	} ranges[] = {
		{0x0300, 0x036f, 0}, {0x200b, 0x200f, 0},   {0x1100, 0x115f, 2},
		{0x2e80, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
		{0xfe00, 0xfe0f, 0}, {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},
		{0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Columns of the line that are shown: all, or a window around the problem. From 1. */
struct window {
	size_t first, last;
};

static struct window choose_window(struct cursor line, const struct position *at)
{
	size_t columns = 0;
	struct window window = {1, SIZE_MAX};

	while (line.at < line.end && columns <= SHOWN_COLUMNS) {
		next_character(&line);
		columns++;
	}
	if (columns <= SHOWN_COLUMNS)
		return window;
	if (at->column > SHOWN_BEFORE)
		window.first = at->column - SHOWN_BEFORE;
	window.last = window.first + SHOWN_COLUMNS - 1;
	return window;
}

static void print_line(FILE *stream, struct cursor line, const struct window *window)
{
	if (window->first > 1)
		fputs(CUT_MARK, stream);
	for (size_t column = 1; line.at < line.end && column <= window->last; column++) {
		const unsigned char *start = line.at;
		uint32_t character = next_character(&line);

		if (column < window->first)
			continue;
		if (character == 0xfffd || (character != '\t' && character < ' ') ||
		    (character >= 0x7f && character < 0xa0) || character == 0xfeff)
			fputc('?', stream);
		else
			fwrite(start, 1, (size_t)(line.at - start), stream);
	}
	if (line.at < line.end)
		fputs(CUT_MARK, stream);
	fputc('\n', stream);
}

/* Tabs are kept before the underlined place, so that it stands below whatever the tab's width. */
static void print_underline(FILE *stream, struct cursor line, const struct window *window,
			    const struct position *at)
{
	size_t last = (size_t)at->column + (at->length ? at->length : 1) - 1;
	unsigned int marks = 0;

	if (window->first > 1)
		fprintf(stream, "%*s", CUT_MARK_WIDTH, "");
	for (size_t column = 1; column <= last && column <= window->last; column++) {
		bool ended = line.at >= line.end;
		uint32_t character = ended ? ' ' : next_character(&line);
		unsigned int width = character_width(character);

		if (column < window->first)
			continue;
		if (column < at->column && character == '\t') {
			fputc('\t', stream);
			continue;
		}
		if (column > at->column && ended)
			break;
		for (; width > 0; width--, marks += column >= at->column)
			fputc(column < at->column ? ' ' : '^', stream);
	}
	fputs(marks ? "\n" : "^\n", stream);
}

static void print_place(FILE *stream, struct cursor line, const struct position *at)
{
	struct window window = choose_window(line, at);
	int width = fprintf(stream, "  %u ", at->line);

	fputs("| ", stream);
	print_line(stream, line, &window);
	fprintf(stream, "%*s| ", width, "");
	print_underline(stream, line, &window, at);
}

/* ---- all of them ------------------------------------------------------------------------------ */

static int compare_problems(const void *left, const void *right)
{
	const struct problem *a = *(const struct problem *const *)left;
	const struct problem *b = *(const struct problem *const *)right;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return a < b ? -1 : a > b; /* as they were found */
}

static void print_problem(FILE *stream, const char *file_name, const struct problem *problem,
			  const struct cursor *line)
{
	const char *severity = problem->severity == SEVERITY_ERROR ? "error" : "warning";

	if (problem->at.line)
		fprintf(stream, "%s:%u:%u: %s: %s\n", file_name, problem->at.line,
			problem->at.column, severity, problem->message);
	else
		fprintf(stream, "%s: %s: %s\n", file_name, severity, problem->message);
	if (line)
		print_place(stream, *line, &problem->at);
	if (problem->help)
		fprintf(stream, "  help: %s\n", problem->help);
}

const struct problem **report_sorted(const struct report *report)
{
	const struct problem **sorted = reallocarray(NULL, report->count + 1, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < report->count; i++)
		sorted[i] = &report->problems[i];
	sorted[report->count] = NULL;
	qsort(sorted, report->count, sizeof(*sorted), compare_problems);
	return sorted;
}

void report_print(const struct report *report, FILE *stream, const char *file_name,
		  const char *text, size_t size)
{
	const unsigned char *start = (const unsigned char *)report_skip_mark(text, &size);
	struct cursor rest = {start, start + size}, line = {start, start};
	const struct problem **sorted = report_sorted(report);
	uint32_t line_number = 0;

	for (size_t i = 0; sorted && sorted[i]; i++) {
		const struct position *at = &sorted[i]->at;

		while (line_number < at->line && rest.at < rest.end) {
			line = next_line(&rest);
			line_number++;
		}
		print_problem(stream, file_name, sorted[i],
			      at->line && line_number == at->line ? &line : NULL);
	}
	if (report->unlisted)
		fprintf(stream, "%s: and %zu more problems\n", file_name, report->unlisted);
	if (report->out_of_memory || !sorted)
		fprintf(stream, "%s: out of memory: not every problem is listed\n", file_name);
	free(sorted);
}

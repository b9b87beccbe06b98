/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Nodes on a line each: see topology_lines.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "topology_lines.h"

#define LINE_OCTETS_MAX 1024
#define TEXT_OCTETS_MAX (1U << 30)

const char *const node_field_names[NODE_FIELDS] = {
	[NODE_HOST] = "host", [NODE_SUBNET] = "subnet",       [NODE_V4] = "v4",
	[NODE_MAC] = "mac",   [NODE_INTERFACE] = "interface", [NODE_GATEWAY] = "gateway",
};

/* One line of the text, without what ends it. */
struct line {
	const char *begin, *end;
	const char *key, *key_end; /* after the indentation, before the colon */
	const char *value; /* what follows it; `end` if nothing does */
	uint32_t number, indent;
};

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of names, addresses and prefixes: characters without a meaning in YAML. */
static bool is_plain(char c)
{
	return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

static const char *skip_spaces(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && is_plain(*at))
		at++;
	return at;
}

/* ---- any line ---------------------------------------------------------------------------------- */

/*
 * Whether a value that is a flow collection ends with its line: brackets match, and quotes are only
 * where a scalar begins and ends, so that none of them is part of one.
 */
static bool flow_is_closed(const char *value, const char *end)
{
	char before = ' '; /* the last that was no space */
	int depth = 0;

	for (const char *at = value; at < end; at++) {
		if (*at == ' ')
			continue;
		if (strchr("\\'#&*!|>%@`?", *at))
			return false;
		if (*at == '"') {
			const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));

			if (!close || !strchr("{[,:", before) ||
			    memchr(at, '\\', (size_t)(close - at)))
				return false;
			at = close;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		if (depth < 0 || (depth == 0 && at + 1 != end))
			return false;
		before = *at;
	}
	return depth == 0;
}

/* Whether a value is one scalar that ends with its line, for all that follows. */
static bool scalar_is_closed(const char *value, const char *end)
{
	if (*value == '"')
		return end - value >= 2 &&
		       memchr(value + 1, '"', (size_t)(end - value - 1)) == end - 1 &&
		       !memchr(value, '\\', (size_t)(end - value));
	if (!is_alphanumeric(*value))
		return false;
	for (const char *at = value; at < end; at++)
		if (strchr("\"'#{}[]\\", *at) || (*at == ':' && (at + 1 == end || at[1] == ' ')))
			return false;
	return true;
}

/* Whether a line is a key of a block mapping with at most a value that ends with it. */
static bool line_is_simple(const struct line *line)
{
	if (!line->key_end)
		return false;
	if (line->value == line->end)
		return true;
	if (*line->value == '{' || *line->value == '[')
		return flow_is_closed(line->value, line->end);
	return scalar_is_closed(line->value, line->end);
}

/* Finds key and value, if it has them; what it is not, line_is_simple() says. */
static void line_split(struct line *line)
{
	const char *at;

	line->key = skip_spaces(line->begin, line->end);
	line->indent = (uint32_t)(line->key - line->begin);
	line->key_end = NULL;
	at = line->key;
	while (at < line->end && (is_plain(*at) || *at == '/'))
		at++;
	if (at == line->key || !is_alphanumeric(*line->key) || at == line->end || *at != ':')
		return;
	if (at + 1 < line->end && at[1] != ' ')
		return;
	line->key_end = at;
	line->value = skip_spaces(at + 1, line->end);
}

static bool key_is(const struct line *line, const char *key)
{
	return line->value == line->end && (size_t)(line->key_end - line->key) == strlen(key) &&
	       memcmp(line->key, key, strlen(key)) == 0;
}

/* ---- a node's line ----------------------------------------------------------------------------- */

static struct span span_of(const char *text, const char *begin, const char *end, bool quoted)
{
	return (struct span){
		.at = (uint32_t)(begin - text),
		.length = (uint16_t)(end - begin),
		.quotes = quoted,
	};
}

/* Reads a scalar at `at`; returns where it ends, or NULL if it is none that could not be otherwise. */
static const char *scalar_read(const char *text, const char *at, const char *end,
			       struct span *ret_span)
{
	bool quoted = at < end && *at == '"';
	const char *begin = at + quoted, *stop = skip_plain(begin, end);

	if (quoted)
		while (stop < end && (is_plain(*stop) || *stop == ':'))
			stop++;
	if (stop == begin || stop - begin > SPAN_OCTETS_MAX || stop == end ||
	    !is_alphanumeric(*begin))
		return NULL;
	if (quoted ? *stop != '"' : stop - begin == 4 && memcmp(begin, "null", 4) == 0)
		return NULL;
	*ret_span = span_of(text, begin, stop, quoted);
	return stop + quoted;
}

/* Reads "KEY: VALUE" at `at`; returns where it ends, or NULL. */
static const char *field_read(const char *text, const char *at, const char *end,
			      struct node_line *node)
{
	const char *stop = skip_plain(at, end);
	size_t length = (size_t)(stop - at), field = 0;

	while (field < NODE_FIELDS && (strlen(node_field_names[field]) != length ||
				       memcmp(node_field_names[field], at, length) != 0))
		field++;
	if (field == NODE_FIELDS || node->values[field].length || end - stop < 2 ||
	    stop[0] != ':' || stop[1] != ' ')
		return NULL;
	return scalar_read(text, skip_spaces(stop + 1, end), end, &node->values[field]);
}

/* Whether the line is "NAME: {KEY: VALUE, ...}" with what a node must have. */
static bool node_read(const char *text, const struct line *line, struct node_line *node)
{
	const char *at = line->value, *end = line->end;

	memset(node, 0, sizeof(*node));
	if (!line->key_end || at == end || *at != '{' ||
	    line->key_end - line->key > SPAN_OCTETS_MAX ||
	    skip_plain(line->key, line->key_end) != line->key_end)
		return false;
	do {
		at = field_read(text, skip_spaces(at + 1, end), end, node);
		at = at ? skip_spaces(at, end) : NULL;
	} while (at && at < end && *at == ',');
	if (!at || end - at != 1 || *at != '}')
		return false;
	node->name = span_of(text, line->key, line->key_end, false);
	node->begins = (uint32_t)(line->begin - text);
	node->line = line->number;
	return node->values[NODE_HOST].length && node->values[NODE_SUBNET].length &&
	       node->values[NODE_V4].length;
}

/* ---- the whole text ---------------------------------------------------------------------------- */

/* Where we are: below which keys, by their indentation; 0: not below one. */
struct scan {
	const char *text;
	struct topology_lines *lines;
	size_t capacity;
	bool in_networks;
	uint32_t network_line, network_indent; /* the key of the network we are in */
	uint32_t member_indent; /* of "subnets" and so on */
	bool in_nodes;
	uint32_t node_indent; /* 0: no node was seen yet */
	bool after_node; /* the last line was taken out */
};

static int scan_keep(struct scan *scan, const struct node_line *node)
{
	struct topology_lines *lines = scan->lines;

	if (lines->count == scan->capacity) {
		size_t capacity = scan->capacity ? scan->capacity * 2 : 1024;
		struct node_line *list = reallocarray(lines->list, capacity, sizeof(*lines->list));

		if (!list)
			return -ENOMEM;
		lines->list = list;
		scan->capacity = capacity;
	}
	lines->list[lines->count] = *node;
	lines->list[lines->count++].network_line = scan->network_line;
	return 0;
}

/* Follows keys down to the "nodes" of a network: each level has the indentation of its first key. */
static void scan_descend(struct scan *scan, const struct line *line)
{
	if (line->indent == 0) {
		scan->in_networks = key_is(line, "networks");
		scan->network_line = scan->network_indent = scan->member_indent = 0;
		return;
	}
	if (!scan->in_networks)
		return;
	if (!scan->network_indent)
		scan->network_indent = line->indent;
	if (line->indent == scan->network_indent) {
		scan->network_line = line->value == line->end ? line->number : 0;
		scan->member_indent = 0;
		return;
	}
	if (!scan->network_line)
		return;
	if (!scan->member_indent)
		scan->member_indent = line->indent;
	scan->in_nodes = line->indent == scan->member_indent && key_is(line, "nodes");
	scan->node_indent = 0;
}

/*
 * Looks at one line. Returns 1 if it is taken out, 0 if it is left, -EINVAL if nothing may be taken out of this
 * text, or -ENOMEM.
 */
static int scan_line(struct scan *scan, struct line *line)
{
	struct node_line node;
	int error;

	line_split(line);
	if (line->key == line->end || *line->key == '#')
		return 0; /* empty, or a comment */
	if (scan->in_nodes && line->indent > scan->member_indent) {
		if (!scan->node_indent)
			scan->node_indent = line->indent;
		/* Without the line before, an indentation that is wrong would look right. */
		if (line->indent < scan->node_indent ||
		    (line->indent > scan->node_indent && scan->after_node))
			return -EINVAL;
		scan->after_node = false;
		if (line->indent == scan->node_indent && node_read(scan->text, line, &node)) {
			scan->after_node = true;
			error = scan_keep(scan, &node);
			return error ? error : 1;
		}
		return line_is_simple(line) ? 0 : -EINVAL;
	}
	scan->in_nodes = scan->after_node = false;
	if (!line_is_simple(line))
		return -EINVAL;
	scan_descend(scan, line);
	return 0;
}

/* Tabs, other ends of lines, and all beyond ASCII have rules of their own. Written to be vectorised. */
static bool is_ascii(const char *text, size_t size)
{
	unsigned int others = 0;

	for (size_t i = 0; i < size; i++)
		others |= (text[i] != '\n') & ((text[i] < ' ') | (text[i] > '~'));
	return !others;
}

/*
 * Where a line's content ends: before a comment, and spaces. A mark between quotes is none; quotes
 * that stand elsewhere than around a scalar are found by whoever reads the content.
 */
static const char *content_end(const char *begin, const char *end)
{
	const char *mark = memchr(begin, '#', (size_t)(end - begin));
	bool quoted = false;

	for (const char *at = begin; mark && at < end; at++) {
		quoted ^= *at == '"';
		if (*at == '#' && !quoted && at > begin && at[-1] == ' ')
			end = at;
	}
	while (end > begin && end[-1] == ' ')
		end--;
	return end;
}

/* Goes through all lines, and copies those that are left. */
static int scan_text(struct scan *scan, const char *text, size_t size)
{
	const char *end = text + size;
	char *rest = scan->lines->rest;
	struct line line = {0};
	int taken = 0;

	for (const char *at = text; at < end && taken >= 0; at = line.end + (line.end < end)) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		if (stop - at > LINE_OCTETS_MAX)
			return -EINVAL;
		line.begin = at;
		line.end = content_end(at, stop);
		line.number++;
		taken = scan_line(scan, &line);
		if (taken == 0) {
			memcpy(rest, at, (size_t)(stop - at));
			rest += stop - at;
		}
		line.end = stop;
		*rest++ = '\n';
	}
	scan->lines->rest_size = (size_t)(rest - scan->lines->rest);
	return taken < 0 ? taken : 0;
}

int topology_lines_find(const char *text, size_t size, struct topology_lines *ret_lines)
{
	struct scan scan = {.text = text, .lines = ret_lines};
	int error;

	*ret_lines = (struct topology_lines){0};
	if (size > TEXT_OCTETS_MAX || !is_ascii(text, size))
		return 0;
	ret_lines->rest = malloc(size + 1);
	error = ret_lines->rest ? scan_text(&scan, text, size) : -ENOMEM;
	if (error || !ret_lines->count)
		topology_lines_clear(ret_lines);
	return error == -ENOMEM ? error : 0;
}

void topology_lines_clear(struct topology_lines *lines)
{
	free(lines->list);
	free(lines->rest);
	*lines = (struct topology_lines){0};
}

const char *span_text(const char *text, const struct span *span, char copy[SPAN_OCTETS_MAX + 1])
{
	memcpy(copy, text + span->at, span->length);
	copy[span->length] = '\0';
	return copy;
}

struct position span_position(const struct node_line *line, const struct span *span)
{
	if (!span->length)
		return (struct position){0};
	return (struct position){
		.line = line->line,
		.column = (uint16_t)(span->at - line->begins + 1 - span->quotes),
		.length = (uint16_t)(span->length + 2 * span->quotes),
	};
}

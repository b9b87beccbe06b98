/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads a topology file with libyaml's document API, which gives each value its line and column, within
 * bounds: files may be hostile. What the keys mean is in topology_objects.c.
 */
#include <errno.h>
#include <string.h>

#include "topology.h"
#include "topology_form.h"

#define DEPTH_MAX   32
#define ANCHORS_MAX 10000

/* Reports why libyaml stopped. */
static void report_syntax(struct report *report, const yaml_parser_t *parser, const char *text,
			  size_t size)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	struct position at = {.line = (uint32_t)mark->line + 1, .length = 1};
	const char *problem = parser->problem ? parser->problem : "can't be read";

	at.column = (uint16_t)(mark->column < UINT16_MAX - 1 ? mark->column + 1 : UINT16_MAX);
	if (parser->error == YAML_READER_ERROR)
		at = report_position(text, size, parser->problem_offset);
	report_error(report, at, "not YAML: %s", problem);
	if (parser->context && parser->context_mark.line != mark->line)
		report_help(report, "%s that begins on line %zu", parser->context,
			    parser->context_mark.line + 1);
}

/* Whether a token of libyaml's opens (1) or closes (-1) a map or list. */
static int token_nests(yaml_token_type_t type)
{
	switch (type) {
	case YAML_BLOCK_SEQUENCE_START_TOKEN:
	case YAML_BLOCK_MAPPING_START_TOKEN:
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		return 1;
	case YAML_BLOCK_END_TOKEN:
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN:
		return -1;
	default:
		return 0;
	}
}

/*
 * libyaml's time is the square of the nesting, and of the number of anchors. Reads the tokens alone,
 * and reports the place where either is beyond anything a topology needs. Returns false then.
 */
static bool check_bounds(yaml_parser_t *parser, struct report *report)
{
	int depth = 0, anchors = 0;
	yaml_token_t token;

	while (yaml_parser_scan(parser, &token)) {
		yaml_token_type_t type = token.type;
		struct position at = {.line = (uint32_t)token.start_mark.line + 1, .length = 1};

		at.column = (uint16_t)(token.start_mark.column + 1);
		yaml_token_delete(&token);
		depth += token_nests(type);
		anchors += type == YAML_ANCHOR_TOKEN;
		if (depth > DEPTH_MAX) {
			report_error(report, at, "nested more than %d deep", DEPTH_MAX);
			return false;
		}
		if (anchors > ANCHORS_MAX) {
			report_error(report, at, "more than %d anchors", ANCHORS_MAX);
			return false;
		}
		if (type == YAML_STREAM_END_TOKEN)
			break;
	}
	return true; /* an error of syntax is found again, and reported, when it is loaded */
}

/*
 * Loads a document. Returns 0 and one that the caller deletes with yaml_document_delete();
 * -ENOENT at the end of the file; -EINVAL after reporting an error; or -ENOMEM.
 */
static int load_document(yaml_parser_t *parser, struct report *report, const char *text,
			 size_t size, yaml_document_t *ret_document)
{
	if (!yaml_parser_load(parser, ret_document)) {
		if (parser->error == YAML_MEMORY_ERROR)
			return -ENOMEM;
		report_syntax(report, parser, text, size);
		return -EINVAL;
	}
	if (yaml_document_get_root_node(ret_document))
		return 0;
	yaml_document_delete(ret_document);
	return -ENOENT;
}

/* A topology is one document: what follows it would be lost silently. */
static int expect_end(yaml_parser_t *parser, struct report *report, const char *text, size_t size)
{
	yaml_document_t document;
	int error = load_document(parser, report, text, size, &document);
	struct position at = {.length = 3};

	if (error)
		return error == -ENOMEM ? error : 0;
	at.line = (uint32_t)document.start_mark.line + 1;
	at.column = (uint16_t)(document.start_mark.column + 1);
	report_error(report, at, "a second document begins: a topology is one document");
	yaml_document_delete(&document);
	return 0;
}

static int read_document(struct reader *reader, yaml_parser_t *parser, const char *text,
			 size_t size)
{
	yaml_document_t document;
	int error = load_document(parser, reader->report, text, size, &document);

	if (error == -ENOENT) {
		report_error(reader->report, (struct position){0}, "the file is empty");
		report_help(reader->report, "a topology begins with 'weft: %s'", TOPOLOGY_VERSION);
	}
	if (error)
		return error == -ENOMEM ? error : 0;
	reader->document = &document;
	topology_read_root(reader);
	yaml_document_delete(&document);
	lookup_clear(&reader->hosts);
	return reader->out_of_memory ? -ENOMEM : expect_end(parser, reader->report, text, size);
}

/* A parser of the text that the caller deletes. Returns false without memory. */
static bool open_parser(yaml_parser_t *parser, const char *text, size_t size)
{
	if (!yaml_parser_initialize(parser))
		return false;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)text, size);
	return true;
}

static int read_text(struct reader *reader, const char *text, size_t size)
{
	yaml_parser_t parser;
	bool bounded;
	int error;

	if (!open_parser(&parser, text, size))
		return -ENOMEM;
	bounded = check_bounds(&parser, reader->report);
	yaml_parser_delete(&parser);
	if (!bounded)
		return 0;
	if (!open_parser(&parser, text, size))
		return -ENOMEM;
	error = read_document(reader, &parser, text, size);
	yaml_parser_delete(&parser);
	return error;
}

/* Reads a text, of which `lines` (taken over) may have been taken out. Returns as topology_read() does;
 * or -EAGAIN: they must be put back. */
static int read_model(const char *text, size_t size, struct topology_lines *lines,
		      struct report *report, struct model **ret_model)
{
	struct reader reader = {
		.report = report,
		.keys_left = TOPOLOGY_KEYS_MAX,
		.model = model_new(),
		.text = text,
		.lines = *lines,
	};
	int error = -ENOMEM;

	if (reader.model && lines->count)
		error = read_text(&reader, lines->rest, lines->rest_size);
	else if (reader.model)
		error = read_text(&reader, text, size);
	if (error || report->out_of_memory)
		error = -ENOMEM;
	else if (lines->count &&
		 (reader.unusual || reader.lines_read != lines->count || report->count))
		error = -EAGAIN;
	if (error)
		model_free(reader.model);
	else
		*ret_model = reader.model;
	topology_lines_clear(lines);
	return error;
}

int topology_read(const char *text, size_t size, struct report *report, struct model **ret_model)
{
	struct topology_lines lines;
	struct report silent = {0};
	int error;

	text = report_skip_mark(text, &size);
	error = topology_lines_find(text, size, &lines);
	if (!error && lines.count) {
		error = read_model(text, size, &lines, &silent, ret_model);
		report_clear(&silent);
		if (error != -EAGAIN)
			return error;
	} else if (error) {
		return error;
	}
	return read_model(text, size, &lines, report, ret_model);
}

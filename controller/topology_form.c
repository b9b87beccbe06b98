/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps of a topology file: those with fixed keys, and those of names. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "suggest.h"
#include "topology_form.h"

struct position form_position(const yaml_node_t *node)
{
	const yaml_mark_t *start = &node->start_mark, *end = &node->end_mark;
	size_t column = start->column + 1, length = 1;

	if (end->line == start->line && end->column > start->column)
		length = end->column - start->column;
	return (struct position){
		.line = (uint32_t)(start->line + 1),
		.column = (uint16_t)(column < UINT16_MAX ? column : UINT16_MAX),
		.length = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX),
	};
}

static const char *node_kind(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_MAPPING_NODE:
		return "a map";
	case YAML_SEQUENCE_NODE:
		return "a list";
	default:
		return "a single value";
	}
}

/* `key:` with nothing behind it, as a map is while all its entries are commented out. */
static bool is_empty(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = (const char *)node->data.scalar.value;
	return strcmp(text, "") == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

/* The text of a key, or NULL after reporting what it is instead. */
static const char *key_text(struct reader *reader, const yaml_node_t *key)
{
	const char *text;

	if (key->type != YAML_SCALAR_NODE) {
		report_error(reader->report, form_position(key), "a key must be a name, not %s",
			     node_kind(key));
		return NULL;
	}
	text = (const char *)key->data.scalar.value;
	if (strlen(text) == key->data.scalar.length && strlen(text) <= SCALAR_OCTETS_MAX)
		return text;
	report_error(reader->report, form_position(key),
		     "a key is longer than %d octets or has a NUL in it", SCALAR_OCTETS_MAX);
	return NULL;
}

/* Counts a key against the limit. Returns false when there were too many; says so once. */
static bool key_counts(struct reader *reader, const yaml_node_t *key)
{
	if (reader->keys_left == 0)
		return false;
	if (--reader->keys_left > 0)
		return true;
	report_error(reader->report, form_position(key),
		     "more than %d keys, aliases followed: the rest is not read",
		     TOPOLOGY_KEYS_MAX);
	return false;
}

/* ---- maps with fixed keys --------------------------------------------------------------------- */

static size_t find_field(const struct form *form, const char *name)
{
	size_t i = 0;

	while (i < form->count && strcmp(form->fields[i].name, name) != 0)
		i++;
	return i;
}

/* "host 'R'", or "the topology". */
static const char *object_text(const struct form *form, const char *name,
			       char text[MODEL_NAME_MAX + 32])
{
	if (name)
		snprintf(text, MODEL_NAME_MAX + 32, "%s '%.*s'", form->kind, MODEL_NAME_MAX, name);
	else
		snprintf(text, MODEL_NAME_MAX + 32, "the %s", form->kind);
	return text;
}

static void report_twice(struct report *report, const yaml_node_t *key, const yaml_node_t *first,
			 const char *what, const char *name)
{
	report_error(report, form_position(key), "%s '%s' is given twice", what, name);
	report_help(report, "the first is on line %zu", first->start_mark.line + 1);
}

bool form_read(struct reader *reader, const struct form *form, const char *name,
	       const yaml_node_t *node, struct position at,
	       const yaml_node_t *ret_values[FORM_FIELDS_MAX])
{
	const yaml_node_t *keys[FORM_FIELDS_MAX] = {NULL};
	struct names names = NAMES_OF(form->fields, form->count);
	char object[MODEL_NAME_MAX + 32];

	object_text(form, name, object);
	memset(ret_values, 0, FORM_FIELDS_MAX * sizeof(ret_values[0]));
	if (node->type != YAML_MAPPING_NODE) {
		report_error(reader->report, form_position(node), "%s must be a map, not %s",
			     object, node_kind(node));
		suggest_name(reader->report, "", "its keys", &names);
		return false;
	}
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
		const char *text = key_counts(reader, key) ? key_text(reader, key) : NULL;
		size_t field = text ? find_field(form, text) : 0;

		if (!text)
			continue;
		if (field == form->count) {
			report_error(reader->report, form_position(key), "unknown key '%s' in %s",
				     text, object);
			suggest_name(reader->report, text, "its keys", &names);
		} else if (keys[field]) {
			report_twice(reader->report, key, keys[field], "key", text);
		} else {
			keys[field] = key;
			ret_values[field] = yaml_document_get_node(reader->document, pair->value);
		}
	}
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].required && !keys[i] && reader->keys_left)
			report_error(reader->report, at, "%s has no '%s'", object,
				     form->fields[i].name);
	return true;
}

/* ---- maps of names ---------------------------------------------------------------------------- */

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > MODEL_NAME_MAX || !isalnum((unsigned char)text[0]))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	return true;
}

static bool name_is_good(struct reader *reader, const yaml_node_t *key, const char *name,
			 const char *kind)
{
	if (is_name(name))
		return true;
	report_error(reader->report, form_position(key), "'%.*s' can't be the name of a %s",
		     MODEL_NAME_MAX + 1, name, kind);
	report_help(
		reader->report,
		"a name is 1 to %d letters, digits, '.', '_' or '-', the first a letter or digit",
		MODEL_NAME_MAX);
	return false;
}

/* Whether the name is new. If it isn't, says so. */
static bool name_is_new(struct reader *reader, struct lookup *seen, const yaml_node_t *map,
			const yaml_node_pair_t *pair, const char *name, const char *kind)
{
	const yaml_node_pair_t *pairs = map->data.mapping.pairs.start;
	uint32_t first;
	int error = lookup_add_name(seen, name, (uint32_t)(pair - pairs), &first);

	if (error == -ENOMEM)
		reader->out_of_memory = true;
	if (error == -EEXIST)
		report_twice(reader->report, yaml_document_get_node(reader->document, pair->key),
			     yaml_document_get_node(reader->document, pairs[first].key), kind,
			     name);
	return error == 0;
}

void form_each(struct reader *reader, const yaml_node_t *node, const char *key_of, const char *kind,
	       bool named, entry_reader each, void *context)
{
	struct lookup seen = {0};

	if (!node || is_empty(node))
		return;
	if (node->type != YAML_MAPPING_NODE) {
		report_error(reader->report, form_position(node), "'%s' must be a map, not %s",
			     key_of, node_kind(node));
		return;
	}
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !reader->out_of_memory; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
		const char *name = key_counts(reader, key) ? key_text(reader, key) : NULL;

		if (reader->keys_left == 0)
			break;
		if (!name || (named && !name_is_good(reader, key, name, kind)) ||
		    !name_is_new(reader, &seen, node, pair, name, kind))
			continue;
		each(reader, name, key, yaml_document_get_node(reader->document, pair->value),
		     context);
	}
	lookup_clear(&seen);
}

/* ---- scalars' common part --------------------------------------------------------------------- */

bool scalar_text(struct reader *reader, const yaml_node_t *node, const char *key,
		 const char **ret_text)
{
	const char *text;

	if (!node)
		return false;
	if (node->type != YAML_SCALAR_NODE) {
		report_error(reader->report, form_position(node),
			     "'%s' must be a single value, not %s", key, node_kind(node));
		return false;
	}
	text = (const char *)node->data.scalar.value;
	if (is_empty(node) || !*text) {
		report_error(reader->report, form_position(node), "'%s' has no value", key);
		return false;
	}
	if (node->data.scalar.length > SCALAR_OCTETS_MAX ||
	    strlen(text) != node->data.scalar.length) {
		report_error(reader->report, form_position(node),
			     "the value of '%s' is longer than %d octets or has a NUL in it", key,
			     SCALAR_OCTETS_MAX);
		return false;
	}
	*ret_text = text;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "datapaths.h"

static const char *const names[] = {
	[DATAPATH_TC] = "tc",
	[DATAPATH_GUARD] = "guard",
	[DATAPATH_XDP] = "xdp",
};

#define DATAPATHS (sizeof(names) / sizeof(names[0]))

static bool datapath_parse(const char *text, size_t length, enum datapath *ret_datapath)
{
	for (enum datapath datapath = 0; datapath < DATAPATHS; datapath++) {
		if (strlen(names[datapath]) != length ||
		    strncmp(text, names[datapath], length) != 0)
			continue;
		*ret_datapath = datapath;
		return true;
	}
	return false;
}

/* Adds one rule, `text` up to `length`. NULL, or what is wrong. */
static const char *rule_add(struct datapath_rules *rules, const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length);
	size_t pattern = equals ? (size_t)(equals - text) : 0;
	size_t skipped = equals ? pattern + 1 : 0;
	enum datapath datapath;

	if (rules->count == DATAPATH_RULES_MAX)
		return "there are too many";
	if (equals && (pattern == 0 || pattern >= sizeof(rules->list[0].pattern)))
		return "its interface has no name, or too long a one";
	if (!datapath_parse(text + skipped, length - skipped, &datapath))
		return "a datapath is tc, guard or xdp";
	if (!equals && datapath == DATAPATH_GUARD)
		return "a guard is for the substrate's interface, NIC=guard";
	memcpy(rules->list[rules->count].pattern, text, pattern);
	rules->list[rules->count].pattern[pattern] = '\0';
	rules->list[rules->count++].datapath = datapath;
	return NULL;
}

int datapath_rules_add(struct datapath_rules *rules, const char *text, const char **ret_why)
{
	size_t before = rules->count, length;
	const char *why;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		why = rule_add(rules, text, length);
		if (why || !text[length])
			break;
	}
	if (!why)
		return 0;
	rules->count = before;
	*ret_why = why;
	return -EINVAL;
}

enum datapath datapath_rules_find(const struct datapath_rules *rules, const char *interface,
				  bool is_substrate)
{
	for (size_t i = rules->count; i-- > 0;) {
		const char *pattern = rules->list[i].pattern;

		if (*pattern ? fnmatch(pattern, interface, 0) != 0 : is_substrate)
			continue;
		/* The guard guards against the substrate. */
		if (rules->list[i].datapath == DATAPATH_GUARD && !is_substrate)
			return DATAPATH_TC;
		return rules->list[i].datapath;
	}
	return DATAPATH_TC;
}

bool datapath_rules_want_xdp(const struct datapath_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].datapath != DATAPATH_TC)
			return true;
	return false;
}

const char *datapath_name(enum datapath datapath)
{
	return names[datapath];
}

const char *datapath_text(enum datapath datapath, enum xdp_place place)
{
	if (datapath == DATAPATH_TC || place == XDP_NOWHERE)
		return "tc";
	if (datapath == DATAPATH_GUARD)
		return place == XDP_NATIVE ? "guard native" : "guard generic";
	return place == XDP_NATIVE ? "xdp native" : "xdp generic";
}

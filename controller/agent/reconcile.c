/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

#include "reconcile.h"

static const enum dataplane_map map_of[PLAN_TABLES] = {
	[PLAN_PORTS] = DATAPLANE_PORTS,
	[PLAN_LOCALS] = DATAPLANE_LOCALS,
	[PLAN_ROUTER_PORTS] = DATAPLANE_ROUTER_PORTS,
	[PLAN_ROUTER_ADDRESSES] = DATAPLANE_ROUTER_ADDRESSES,
	[PLAN_ROUTES] = DATAPLANE_ROUTES,
	[PLAN_ANSWERS] = DATAPLANE_ANSWERS,
	[PLAN_SLOTS] = DATAPLANE_SLOTS,
};

/* What packets meet first is written last: a port is of no use without its routes. */
static const enum plan_table write_order[PLAN_TABLES] = {
	PLAN_ANSWERS, PLAN_ROUTES, PLAN_ROUTER_PORTS, PLAN_ROUTER_ADDRESSES,
	PLAN_LOCALS,  PLAN_PORTS,  PLAN_SLOTS,
};

static int table_write(struct dataplane *dataplane, enum dataplane_map map,
		       const struct table *table)
{
	int first_err = 0;

	for (size_t i = 0; i < table->count; i++) {
		const unsigned char *key =
			table->entries + i * (table->key_size + table->value_size);
		const unsigned char *value = key + table->key_size;
		int err = dataplane_put(dataplane, map, key, value);

		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}

struct deletion {
	struct dataplane *dataplane;
	enum dataplane_map map;
	const struct table *table;
};

static int entry_judge(const void *key, const void *value, void *context)
{
	const struct deletion *deletion = context;

	if (!table_find(deletion->table, key))
		dataplane_delete(deletion->dataplane, deletion->map, key);
	return 0;
}

int reconcile_write(struct dataplane *dataplane, const struct plan *plan)
{
	int first_err = 0;

	for (size_t i = 0; i < PLAN_TABLES; i++) {
		enum plan_table table = write_order[i];
		int err = table_write(dataplane, map_of[table], &plan->tables[table]);

		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}

int reconcile_delete(struct dataplane *dataplane, const struct plan *plan)
{
	int first_err = 0;

	for (size_t i = PLAN_TABLES; i-- > 0;) {
		struct deletion deletion = {
			.dataplane = dataplane,
			.map = map_of[write_order[i]],
			.table = &plan->tables[write_order[i]],
		};
		int err = dataplane_each(dataplane, deletion.map, entry_judge, &deletion);

		if (err && !first_err)
			first_err = err;
	}
	return first_err;
}

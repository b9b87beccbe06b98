/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which datapath an interface is to have, by weftd's options. */
#include <criterion/criterion.h>
#include <errno.h>

#include "controller/agent/datapaths.h"

static enum datapath of_node(const char *rules_text, const char *interface)
{
	struct datapath_rules rules = {0};
	const char *why;

	cr_assert_eq(datapath_rules_add(&rules, rules_text, &why), 0);
	return datapath_rules_find(&rules, interface, false);
}

static enum datapath of_substrate(const char *rules_text, const char *interface)
{
	struct datapath_rules rules = {0};
	const char *why;

	cr_assert_eq(datapath_rules_add(&rules, rules_text, &why), 0);
	return datapath_rules_find(&rules, interface, true);
}

Test(datapaths, are_tc_if_nothing_is_said)
{
	struct datapath_rules rules = {0};

	cr_assert_eq(datapath_rules_find(&rules, "Z-A", false), DATAPATH_TC);
	cr_assert_eq(datapath_rules_find(&rules, "eth0", true), DATAPATH_TC);
}

Test(datapaths, without_an_interface_are_for_the_nodes)
{
	cr_assert_eq(of_node("xdp", "Z-A"), DATAPATH_XDP);
	cr_assert_eq(of_substrate("xdp", "eth0"), DATAPATH_TC);
}

Test(datapaths, with_a_pattern_are_for_all_that_fit)
{
	cr_assert_eq(of_node("Z-*=xdp", "Z-A"), DATAPATH_XDP);
	cr_assert_eq(of_node("Z-*=xdp", "Y-D"), DATAPATH_TC);
	cr_assert_eq(of_substrate("eth0=guard", "eth0"), DATAPATH_GUARD);
	cr_assert_eq(of_substrate("*=xdp", "eth0"), DATAPATH_XDP);
}

Test(datapaths, that_come_last_count)
{
	cr_assert_eq(of_node("*=xdp,Z-A=tc", "Z-A"), DATAPATH_TC);
	cr_assert_eq(of_node("Z-A=tc,xdp", "Z-A"), DATAPATH_XDP);
	cr_assert_eq(of_substrate("*=xdp,eth0=guard,tc", "eth0"), DATAPATH_GUARD);
}

Test(datapaths, guard_nothing_but_the_substrate)
{
	cr_assert_eq(of_node("*=guard", "Z-A"), DATAPATH_TC);
	cr_assert_eq(of_substrate("*=guard", "eth0"), DATAPATH_GUARD);
}

Test(datapaths, want_xdp_if_one_of_them_does)
{
	static const char *const with[] = {"xdp", "Z-A=tc,Z-*=xdp", "eth0=guard"};
	struct datapath_rules rules = {0};
	const char *why;

	cr_assert_not(datapath_rules_want_xdp(&rules));
	cr_assert_eq(datapath_rules_add(&rules, "tc,eth0=tc", &why), 0);
	cr_assert_not(datapath_rules_want_xdp(&rules));
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		rules.count = 0;
		cr_assert_eq(datapath_rules_add(&rules, with[i], &why), 0);
		cr_assert(datapath_rules_want_xdp(&rules), "%s", with[i]);
	}
}

Test(datapaths, that_make_no_sense_are_refused_and_change_nothing)
{
	static const char *const wrong[] = {"",
					    "xpd",
					    "guard",
					    "=xdp",
					    "eth0=",
					    "eth0=xdpp",
					    "xdp,",
					    ",xdp",
					    "eth0=xdp=tc",
					    "a-name-that-no-interface-could-have=xdp"};
	struct datapath_rules rules = {0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *why = NULL;

		cr_assert_eq(datapath_rules_add(&rules, wrong[i], &why), -EINVAL, "'%s'", wrong[i]);
		cr_assert(why);
		cr_assert_eq(rules.count, 0);
	}
}

Test(datapaths, are_said_with_the_place_of_xdp)
{
	cr_assert_str_eq(datapath_text(DATAPATH_TC, XDP_NOWHERE), "tc");
	cr_assert_str_eq(datapath_text(DATAPATH_XDP, XDP_NATIVE), "xdp native");
	cr_assert_str_eq(datapath_text(DATAPATH_GUARD, XDP_GENERIC), "guard generic");
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What weftd makes of the running kernel: refused, which way programs are attached, whether there is XDP. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "controller/log.h"
#include "xdp_features.h"

const char *hook_name(enum dataplane_hook hook)
{
	return hook == HOOK_TCX ? "tcx" : "clsact";
}

bool attach_parse(const char *text, enum attach *ret_attach)
{
	static const char *const names[] = {
		[ATTACH_AUTO] = "auto",
		[ATTACH_TCX] = "tcx",
		[ATTACH_CLSACT] = "clsact",
	};

	for (enum attach attach = 0; attach < sizeof(names) / sizeof(names[0]); attach++) {
		if (strcmp(text, names[attach]) != 0)
			continue;
		*ret_attach = attach;
		return true;
	}
	return false;
}

/* By what is attached: what was asked for, if the kernel has it, and tcx rather than clsact. */
static int hook_choose(struct agent *agent)
{
	bool tcx = agent->kernel.has[KERNEL_TCX];

	if (agent->options.attach == ATTACH_TCX && !tcx)
		return -EOPNOTSUPP;
	agent->hook = tcx && agent->options.attach != ATTACH_CLSACT ? HOOK_TCX : HOOK_CLSACT;
	return 0;
}

/* XDP that the kernel can't do isn't tried on each interface. */
static void xdp_choose(struct agent *agent)
{
	char names[512];

	if (!kernel_lacks(&agent->kernel, NEEDED_BY_XDP, names, sizeof(names)) ||
	    !datapath_rules_want_xdp(&agent->options.datapaths))
		return;
	log_warning("kernel %s: it lacks %s, which XDP needs; --datapath is ignored, tc handles "
		    "all packets",
		    agent->kernel.release, names);
	agent->options.datapaths.count = 0;
}

static int probe(struct kernel *ret_kernel)
{
	int err = kernel_probe(ret_kernel);

	if (!err)
		ret_kernel->has[KERNEL_XDP_RECEIVERS] = xdp_features_known();
	return err;
}

/* What the kernel lacks and weftd does without. */
static void lacks_log(const struct kernel *kernel)
{
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		if (!kernel->has[i] && kernel_features[i].need == NEEDED_BY_NOTHING)
			log_info("kernel %s: it has no %s: %s", kernel->release,
				 kernel_features[i].name, kernel_features[i].without);
}

int agent_probe(struct agent *agent)
{
	const struct kernel *kernel = &agent->kernel;
	char names[512];
	int err = probe(&agent->kernel);

	if (err) {
		log_error("kernel: can't load a BPF program to see what it can do: %s; weftd "
			  "ends%s",
			  strerror(-err), err == -EPERM ? ", it needs root or CAP_BPF" : "");
		return err;
	}
	if (kernel_lacks(kernel, NEEDED_BY_WEFT, names, sizeof(names))) {
		log_error("kernel %s: it lacks %s; weftd ends, it needs " KERNEL_OLDEST,
			  kernel->release, names);
		return -EOPNOTSUPP;
	}
	err = hook_choose(agent);
	if (err) {
		log_error("kernel %s: it has no tcx, which --attach asks for; weftd ends, clsact "
			  "would do",
			  kernel->release);
		return err;
	}
	lacks_log(kernel);
	xdp_choose(agent);
	if (kernel->has[KERNEL_TCX])
		log_info("kernel %s: programs are attached by %s", kernel->release,
			 hook_name(agent->hook));
	return 0;
}

int kernel_print(void)
{
	static const char *const needs[] = {
		[NEEDED_BY_WEFT] = "yes",
		[NEEDED_BY_XDP] = "for XDP",
		[NEEDED_BY_NOTHING] = "no",
	};
	struct kernel kernel;
	char names[512];
	int err = probe(&kernel);
	size_t missing;

	if (err) {
		fprintf(stderr, "weftd: can't load a BPF program: %s; the kernel is not probed\n",
			strerror(-err));
		return err;
	}
	missing = kernel_lacks(&kernel, NEEDED_BY_WEFT, names, sizeof(names));
	printf("Linux %s: %s%s\n\n", kernel.release,
	       missing ? "too old for weft, it lacks " : "weft runs on it", names);
	printf("%-23s %-5s %-7s %s\n", "FEATURE", "HERE", "NEEDED", "WHAT WEFT DOES WITH IT");
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		printf("%-23s %-5s %-7s %s\n", kernel_features[i].name,
		       kernel.has[i] ? "yes" : "no", needs[kernel_features[i].need],
		       kernel_features[i].use);
	return missing ? -EOPNOTSUPP : 0;
}

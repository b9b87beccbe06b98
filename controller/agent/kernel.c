/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What weftd makes of the running kernel: refused, or which way programs are attached. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "controller/log.h"

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

int agent_probe(struct agent *agent)
{
	const struct kernel *kernel = &agent->kernel;
	char names[512];
	int err = kernel_probe(&agent->kernel);

	if (err) {
		log_error("kernel: can't load a BPF program to see what it can do: %s; weftd "
			  "ends%s",
			  strerror(-err), err == -EPERM ? ", it needs root or CAP_BPF" : "");
		return err;
	}
	if (kernel_lacks(kernel, true, names, sizeof(names))) {
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
	log_info("kernel %s: programs are attached by %s%s", kernel->release,
		 hook_name(agent->hook), kernel->has[KERNEL_TCX] ? "" : ", as it has no tcx");
	return 0;
}

int kernel_print(void)
{
	struct kernel kernel;
	char names[512];
	int err = kernel_probe(&kernel);
	size_t missing;

	if (err) {
		fprintf(stderr, "weftd: can't load a BPF program: %s; the kernel is not probed\n",
			strerror(-err));
		return err;
	}
	missing = kernel_lacks(&kernel, true, names, sizeof(names));
	printf("Linux %s: %s%s\n\n", kernel.release,
	       missing ? "too old for weft, it lacks " : "weft runs on it", names);
	printf("%-22s %-5s %-7s %s\n", "FEATURE", "HERE", "NEEDED", "WHAT WEFT DOES WITH IT");
	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		printf("%-22s %-5s %-7s %s\n", kernel_features[i].name,
		       kernel.has[i] ? "yes" : "no", kernel_features[i].needed ? "yes" : "no",
		       kernel_features[i].use);
	return missing ? -EOPNOTSUPP : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel knows of the BPF programs behind the links that are pinned in a directory.
 *
 *   programs show DIRECTORY   prints a JSON object by the programs' names
 *   programs count            makes the kernel count time and runs until this is killed
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <jansson.h>
#include <unistd.h>

#include "bench.h"

#define INSTRUCTION_OCTETS 8

static json_t *program_describe(int fd, const char **ret_name)
{
	static struct bpf_prog_info info;
	uint32_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		die("program", errno);
	*ret_name = info.name;
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", /* */
			 "time_ns", (json_int_t)info.run_time_ns, /* */
			 "runs", (json_int_t)info.run_cnt, /* */
			 "instructions", (json_int_t)(info.xlated_prog_len / INSTRUCTION_OCTETS),
			 "machine_octets", (json_int_t)info.jited_prog_len, /* */
			 "verified", (json_int_t)info.verified_insns);
}

static void pin_add(json_t *programs, const char *path)
{
	int link = bpf_obj_get(path);
	struct bpf_link_info info;
	uint32_t length = sizeof(info);
	json_t *description;
	const char *name;
	int program;

	if (link < 0)
		die(path, errno);
	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(link, &info, &length) < 0)
		die(path, errno);
	program = bpf_prog_get_fd_by_id(info.prog_id);
	if (program < 0)
		die(path, errno);
	description = program_describe(program, &name);
	json_object_set_new(programs, name, description);
	close(program);
	close(link);
}

static void directory_add(json_t *programs, const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char pin[512];

	if (!directory)
		die(path, errno);
	while ((entry = readdir(directory)) != NULL) {
		if (strncmp(entry->d_name, "link-", 5) != 0)
			continue;
		snprintf(pin, sizeof(pin), "%s/%s", path, entry->d_name);
		pin_add(programs, pin);
	}
	closedir(directory);
}

/* Not by sysctl: what somebody else writes there, now or later, has nothing to do with it. */
static _Noreturn void count(void)
{
	checked(bpf_enable_stats(BPF_STATS_RUN_TIME), "counting");
	puts("counting");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	json_t *programs;

	if (argc == 2 && strcmp(argv[1], "count") == 0)
		count();
	if (argc != 3 || strcmp(argv[1], "show") != 0)
		die_usage("programs show DIRECTORY | programs count");
	programs = json_object();
	if (!programs)
		die("out of memory", ENOMEM);
	directory_add(programs, argv[2]);
	json_dumpf(programs, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(programs);
	return 0;
}

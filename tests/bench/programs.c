/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel knows of BPF programs, as a JSON object by the programs' names.
 *
 *   programs show DIRECTORY      those behind the links that are pinned there
 *   programs show INTERFACE...   the XDP programs of interfaces: attached by netlink they have no pin
 *   programs count               makes the kernel count time and runs until this is killed
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <jansson.h>
#include <unistd.h>

#include "bench.h"

#define INSTRUCTION_OCTETS 8

static json_t *program_describe(const struct bpf_prog_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", /* */
			 "time_ns", (json_int_t)info->run_time_ns, /* */
			 "runs", (json_int_t)info->run_cnt, /* */
			 "instructions", (json_int_t)(info->xlated_prog_len / INSTRUCTION_OCTETS),
			 "machine_octets", (json_int_t)info->jited_prog_len, /* */
			 "verified", (json_int_t)info->verified_insns);
}

/* The program of that number; `where` is where it was found. */
static void program_add(json_t *programs, uint32_t id, const char *where)
{
	int program = checked(bpf_prog_get_fd_by_id(id), where);
	struct bpf_prog_info info;
	uint32_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	checked(bpf_obj_get_info_by_fd(program, &info, &length), where);
	json_object_set_new(programs, info.name, program_describe(&info));
	close(program);
}

static void pin_add(json_t *programs, const char *path)
{
	int link = checked(bpf_obj_get(path), path);
	struct bpf_link_info info;
	uint32_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	checked(bpf_obj_get_info_by_fd(link, &info, &length), path);
	program_add(programs, info.prog_id, path);
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

static void interface_add(json_t *programs, const char *name)
{
	uint32_t id;
	int err = bpf_xdp_query_id((int)interface_index(name), 0, &id);

	if (err)
		die(name, -err);
	if (!id)
		die(name, ENOENT);
	program_add(programs, id, name);
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
	if (argc < 3 || strcmp(argv[1], "show") != 0)
		die_usage("programs show DIRECTORY | programs show INTERFACE... | programs count");
	programs = json_object();
	if (!programs)
		die("out of memory", ENOMEM);
	if (strchr(argv[2], '/'))
		directory_add(programs, argv[2]);
	else
		for (int i = 2; i < argc; i++)
			interface_add(programs, argv[i]);
	json_dumpf(programs, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(programs);
	return 0;
}

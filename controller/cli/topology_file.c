/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Brings a topology file from the disk to a validated model, for every command that takes one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/topology.h"
#include "controller/validate.h"
#include "topology_file.h"

#define FILE_OCTETS_MAX (UINT64_C(1) << 30)

/* Reads all of a stream, as it can be a pipe. Returns 0 or -errno. */
static int read_stream(FILE *stream, char **ret_text, size_t *ret_size)
{
	size_t size = 0, capacity = 64 * 1024;
	char *text = malloc(capacity);

	while (text) {
		size_t got = fread(text + size, 1, capacity - size, stream);
		char *grown;

		size += got;
		if (ferror(stream) || size > FILE_OCTETS_MAX) {
			free(text);
			return size > FILE_OCTETS_MAX ? -EFBIG : errno ? -errno : -EIO;
		}
		if (feof(stream)) {
			*ret_text = text;
			*ret_size = size;
			return 0;
		}
		if (size < capacity)
			continue;
		capacity *= 2;
		grown = realloc(text, capacity);
		if (!grown)
			free(text);
		text = grown;
	}
	return -ENOMEM;
}

static int read_file(const char *file_name, char **ret_text, size_t *ret_size)
{
	bool standard_input = strcmp(file_name, "-") == 0;
	FILE *stream = standard_input ? stdin : fopen(file_name, "re");
	int error;

	if (!stream)
		return -errno;
	errno = 0;
	error = read_stream(stream, ret_text, ret_size);
	if (!standard_input)
		fclose(stream);
	return error;
}

int topology_file_load(const char *file_name, struct topology_file *ret_file)
{
	int error;

	*ret_file = (struct topology_file){
		.name = strcmp(file_name, "-") == 0 ? "standard input" : file_name,
	};
	error = read_file(file_name, &ret_file->text, &ret_file->size);
	if (error)
		fprintf(stderr, "weft: %s: %s: no topology was read\n", ret_file->name,
			strerror(-error));
	return error;
}

int topology_file_open(const char *file_name, struct topology_file *ret_file)
{
	int error = topology_file_load(file_name, ret_file);

	if (error)
		return error;
	error = topology_read(ret_file->text, ret_file->size, &ret_file->report, &ret_file->model);
	if (error) {
		fprintf(stderr, "weft: %s: %s: no topology was read\n", ret_file->name,
			strerror(-error));
		return error;
	}
	model_validate(ret_file->model, &ret_file->report);
	return 0;
}

void topology_file_clear(struct topology_file *file)
{
	report_clear(&file->report);
	model_free(file->model);
	free(file->text);
	*file = (struct topology_file){0};
}

bool topology_file_report(const struct topology_file *file)
{
	report_print(&file->report, stderr, file->name, file->text, file->size);
	return file->report.errors == 0 && !file->report.out_of_memory;
}

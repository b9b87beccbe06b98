/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Log lines, one write(2) each so that the lines of several threads or programs don't mix. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE_MAX 1024 /* octets, with the newline; longer lines are cut */

static const char *log_program = "weft";
static bool log_debugging;
static bool log_to_journal;

/* systemd names the journal's socket by device and inode: systemd.exec(5), $JOURNAL_STREAM. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/* What comes from files and sockets must not forge lines or move the terminal's cursor. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

__attribute__((format(printf, 3, 0))) static void log_line(int level, const char *word,
							   const char *message, va_list arguments)
{
	char line[LOG_LINE_MAX];
	size_t length;
	int prefix;

	if (log_to_journal)
		prefix = snprintf(line, sizeof(line), "<%d>", level);
	else
		prefix = snprintf(line, sizeof(line), "%s: %s", log_program, word);
	vsnprintf(line + prefix, sizeof(line) - (size_t)prefix - 1, message, arguments);
	blank_controls(line + prefix);
	length = strlen(line);
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* nobody left to tell */
}

void log_open(const char *program, int debug)
{
	log_program = program;
	log_debugging = debug;
	log_to_journal = stderr_is_journal();
}

void log_error(const char *message, ...)
{
	va_list arguments;

	va_start(arguments, message);
	log_line(LOG_ERR, "error: ", message, arguments);
	va_end(arguments);
}

void log_warning(const char *message, ...)
{
	va_list arguments;

	va_start(arguments, message);
	log_line(LOG_WARNING, "warning: ", message, arguments);
	va_end(arguments);
}

void log_info(const char *message, ...)
{
	va_list arguments;

	va_start(arguments, message);
	log_line(LOG_INFO, "", message, arguments);
	va_end(arguments);
}

void log_debug(const char *message, ...)
{
	va_list arguments;

	if (!log_debugging)
		return;
	va_start(arguments, message);
	log_line(LOG_DEBUG, "debug: ", message, arguments);
	va_end(arguments);
}

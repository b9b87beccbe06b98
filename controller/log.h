/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Logging of the daemons: one line on standard error, with a syslog level in front as journald reads
 * it ("<4>"), if standard error is the journal. Libraries return errors, mains log them, once:
 * object, cause, consequence.
 */
#ifndef WEFT_LOG_H
#define WEFT_LOG_H

void log_error(const char *message, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *message, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *message, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *message, ...) __attribute__((format(printf, 1, 2)));

/* Names the program in each line and sets whether log_debug() says anything. */
void log_open(const char *program, int debug);

#endif

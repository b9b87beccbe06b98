/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What both daemons do alike. */
#ifndef WEFT_DAEMON_H
#define WEFT_DAEMON_H

#include <event2/event.h>

/* Runs the event loop until SIGTERM or SIGINT. Returns 0 or -ENOMEM. */
int daemon_run(struct event_base *base);

/* Makes the last directory of a file's path, if it isn't there: /run is empty after each boot. What then
 * uses the directory complains better, so this doesn't. */
void daemon_make_directory_of(const char *path);

#endif

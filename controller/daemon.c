/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon.h"

static void stop(evutil_socket_t number, short events, void *base)
{
	event_base_loopbreak(base);
}

int daemon_run(struct event_base *base)
{
	struct event *terminate = evsignal_new(base, SIGTERM, stop, base);
	struct event *interrupt = evsignal_new(base, SIGINT, stop, base);
	int error = -ENOMEM;

	if (terminate && interrupt && evsignal_add(terminate, NULL) == 0 &&
	    evsignal_add(interrupt, NULL) == 0)
		error = event_base_dispatch(base) < 0 ? -ENOMEM : 0;
	if (terminate)
		event_free(terminate);
	if (interrupt)
		event_free(interrupt);
	return error;
}

void daemon_make_directory_of(const char *path)
{
	char copy[PATH_MAX];

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) < sizeof(copy))
		mkdir(dirname(copy), 0755);
}

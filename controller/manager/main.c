/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weft-manager: options, and the event loop that brings the parts together. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "controller/daemon.h"
#include "controller/log.h"
#include "controller/version.h"
#include "manager.h"

#define EXIT_USAGE 2

struct manager_options {
	const char *state, *socket, *listen;
	int debug;
};

static const char help_text[] =
	"usage: weft-manager [options]\n"
	"\n"
	"The system manager: keeps the declared topology and tells hosts where nodes are.\n"
	"\n"
	"  --state FILE      what it must not forget (default: /var/lib/weft/state.db)\n"
	"  --socket PATH     for `weft apply`, `weft get` and so on (default: /run/weft/manager.sock)\n"
	"  --listen ADDRESS  for hosts: [IPv6]:PORT or IPv4:PORT (default: [::]:7470)\n"
	"  --debug           say more\n"
	"  --version, --help\n"
	"\n"
	"It needs no privileges. See weft-manager(8).\n";

/* Returns an exit status to leave with, or -1 to go on. */
static int options_parse(int argc, char **argv, struct manager_options *options)
{
	enum { STATE = 1, SOCKET, LISTEN, DEBUG, VERSION, HELP };
	static const struct option long_options[] = {
		{"state", required_argument, NULL, STATE},
		{"socket", required_argument, NULL, SOCKET},
		{"listen", required_argument, NULL, LISTEN},
		{"debug", no_argument, NULL, DEBUG},
		{"version", no_argument, NULL, VERSION},
		{"help", no_argument, NULL, HELP},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case STATE:
			options->state = optarg;
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case LISTEN:
			options->listen = optarg;
			break;
		case DEBUG:
			options->debug = 1;
			break;
		case VERSION:
			puts("weft-manager " WEFT_VERSION);
			return EXIT_SUCCESS;
		case HELP:
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "weft-manager: '%s' is one argument too many\n", argv[optind]);
	return EXIT_USAGE;
}

/* Each host is a connection. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* ---- opening and closing ----------------------------------------------------------------------- */

/* Why the store didn't open, in words. */
static const char *store_problem(int error)
{
	switch (error) {
	case -EBUSY:
		return "another weft-manager uses it";
	case -EPROTO:
		return "it is no state file, or one of a newer weft";
	case -EBADMSG:
		return "it is damaged";
	default:
		return strerror(-error);
	}
}

static int open_state(struct manager *manager, const struct manager_options *options)
{
	char *why = NULL;
	int error;

	daemon_make_directory_of(options->state);
	error = store_open(options->state, &manager->store);
	if (error) {
		log_error("state file %s: %s; not started", options->state, store_problem(error));
		return error;
	}
	error = state_load(manager->store, &why, &manager->state);
	if (error)
		log_error("state file %s: %s; not started", options->state,
			  why ? why : store_problem(error));
	free(why);
	return error;
}

static int open_sockets(struct manager *manager, const struct manager_options *options)
{
	int error;

	daemon_make_directory_of(options->socket);
	error = operator_open(manager, options->socket);
	if (error) {
		log_error("socket %s: %s; not started", options->socket,
			  error == -EADDRINUSE ? "another weft-manager listens there"
			  : error == -ENOTSOCK ? "there is a file that is no socket"
					       : strerror(-error));
		return error;
	}
	error = hosts_open(manager, options->listen);
	if (error)
		log_error("address %s: %s; not started", options->listen,
			  error == -EINVAL ? "it is no address" : strerror(-error));
	return error;
}

static void manager_close(struct manager *manager)
{
	operator_close(manager);
	hosts_close(manager);
	/* What was queued is sent now, or never. */
	if (manager->base)
		event_base_loop(manager->base, EVLOOP_NONBLOCK);
	store_close(manager->store);
	state_free(manager->state);
}

static uint64_t epoch_new(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int run(struct manager *manager, const struct manager_options *options)
{
	int error;

	manager->base = event_base_new();
	if (!manager->base) {
		log_error("event loop: not available; not started");
		return -ENOMEM;
	}
	error = open_state(manager, options);
	if (!error)
		error = open_sockets(manager, options);
	if (!error) {
		log_info("revision %llu: %zu hosts, %zu networks; listening on %s and %s",
			 (unsigned long long)manager->state->revision,
			 manager->state->model->host_count, manager->state->model->network_count,
			 options->listen, options->socket);
		error = daemon_run(manager->base);
		log_info("stopping; hosts go on with what they know");
	}
	manager_close(manager);
	event_base_free(manager->base);
	return error;
}

int main(int argc, char **argv)
{
	struct manager_options options = {
		.state = "/var/lib/weft/state.db",
		.socket = "/run/weft/manager.sock",
		.listen = "[::]:7470",
	};
	struct manager manager = {.epoch = epoch_new()};
	int status = options_parse(argc, argv, &options);

	if (status >= 0)
		return status;
	log_open("weft-manager", options.debug);
	TAILQ_INIT(&manager.sessions);
	TAILQ_INIT(&manager.callers);
	signal(SIGPIPE, SIG_IGN);
	raise_descriptor_limit();
	return run(&manager, &options) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

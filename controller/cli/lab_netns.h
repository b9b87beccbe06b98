/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network namespaces by name, as `ip netns` has them: a file below /run/netns that holds one. What
 * `ip netns` can't do without a process for each step.
 *
 * Functions return 0 or -errno and print nothing.
 */
#ifndef WEFT_LAB_NETNS_H
#define WEFT_LAB_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A file below /proc/sys/net and what to write there. */
struct setting {
	const char *path;
	const char *value;
};

/* Makes /run/netns what `ip netns` expects, and mounts the BPF filesystem if nobody has. */
int netns_prepare(void);

/*
 * Makes an empty namespace of that name and writes the settings in it (an array that ends with a
 * NULL path; those that this kernel doesn't have are left out). The caller stays where it is.
 */
int netns_create(const char *name, const struct setting *settings);

/* Removes the name; the namespace goes when nothing uses it any more. 0 if there was none. */
int netns_delete(const char *name);

/* Moves the calling process into the namespace. -ENOENT: there is none. */
int netns_enter(const char *name);

/* Writes one setting in the caller's namespace. `path` as in struct setting. */
int netns_set(const char *path, const char *value);

/* The names that begin with `prefix`, in order: a list that ends with NULL, or NULL without memory.
 * The caller frees it with netns_names_free(). */
char **netns_names(const char *prefix);
void netns_names_free(char **names);

/* Kills all processes in the namespaces (a list that ends with NULL), but not the caller, and waits
 * until they are gone. -ETIMEDOUT: some would not go. */
int netns_kill(char *const *names);

/* Whether a process is in the namespace. A process id that was given anew is not. */
bool netns_has(const char *name, pid_t pid);

/* Kills one process if it is in the namespace, and waits until it is gone. -ETIMEDOUT as above. */
int netns_kill_process(const char *name, pid_t pid);

#endif

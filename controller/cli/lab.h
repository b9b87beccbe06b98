/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A lab: a topology file made of network namespaces on one machine. What a lab is called, where it
 * keeps its things, and who may change it.
 *
 *   /run/weft/lab/LAB/lock           held by the `weft lab` that changes the lab
 *                     lab.json       written last: the lab is up, and what it is
 *                     topology.yaml  a copy of the file it was made from
 *                     state.db  manager.sock  manager.log  manager.pid
 *                     host-H.sock  host-H.log  host-H.pid
 *   /run/netns/weft:LAB:...          its namespaces
 *   /sys/fs/bpf/weft/LAB/H           what the weftd of host H pins
 *
 * A lab that has any of it, but no lab.json, is the debris of a killed run: it can only be removed.
 *
 * Functions that return an int return 0 or -errno, and have then told stderr what failed and why.
 */
#ifndef WEFT_LAB_H
#define WEFT_LAB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "controller/model.h"

#define LAB_DIRECTORY "/run/weft/lab"
#define LAB_PINS      "/sys/fs/bpf/weft"
#define LAB_DEFAULT   "lab"

/* The longest name with which the socket of a host with the longest name still has a path. */
#define LAB_NAME_MAX                                                                          \
	(sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof(LAB_DIRECTORY "//host-.sock") - \
	 MODEL_NAME_MAX)

struct lab {
	char name[64];
	int lock; /* file descriptor, -1 while this process may not change the lab */
	bool unlimited; /* its weftds answer, and ask, as often as nodes make them */
};

enum lab_state {
	LAB_ABSENT,
	LAB_DEBRIS, /* left by a killed run */
	LAB_UP,
};

/* What lab.json says. */
struct lab_record {
	bool physical;
	char file[PATH_MAX]; /* absolute path of the topology file it was made from */
	size_t hosts, nodes;
};

/* Sets the lab's name. Returns -EINVAL for a name that is none. */
int lab_name(struct lab *lab, const char *name);

/* Writes the path of one of the lab's files into ret_path: printf format of its name. */
void lab_path(const struct lab *lab, char ret_path[PATH_MAX], const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Makes this process the one that changes the lab, until it ends. Makes the lab's directory if
 * `create`. -EBUSY: another `weft lab` is at it.
 */
int lab_lock(struct lab *lab, bool create);

/* What there is of the lab; `ret_record` may be NULL and is only filled when it is up. */
enum lab_state lab_inspect(const struct lab *lab, struct lab_record *ret_record);

/* Writes, or removes, lab.json: from then on the lab is up, or debris. */
int lab_record_write(const struct lab *lab, const struct lab_record *record);
int lab_record_remove(const struct lab *lab);

/* Puts a copy of the topology file into the lab. */
int lab_topology_write(const struct lab *lab, const char *text, size_t size);

/* Removes all there is of the lab: processes, namespaces, pins, files. The lab must be locked. */
int lab_remove(struct lab *lab);

/* Removes what is left of a host that is no longer in the lab: pins and files of its weftd. */
int lab_host_remove(const struct lab *lab, const char *host);

/* Says on stderr what is wrong with the lab: "weft lab: lab 'NAME': ...". Returns `error`. */
int lab_fail(const struct lab *lab, int error, const char *message, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * While a lab is built, SIGINT, SIGTERM and SIGHUP don't end the process: they interrupt what
 * waits, and lab_interrupted() is true from then on. lab_signals_ignore(): cleaning up, don't disturb.
 */
void lab_signals_catch(void);
void lab_signals_ignore(void);
bool lab_interrupted(void);

/*
 * Brings the lab up, emulated or physical; the file has no errors and is completed. It stays this
 * process' to change until lab_remove(). If it fails there is nothing left. Signals are ignored after.
 */
struct topology_file;
int lab_raise(struct lab *lab, const struct topology_file *topology, bool physical);

/* Whether weftds started from here are to use XDP: $WEFT_DATAPATH, which they read too. */
bool lab_wants_xdp(void);

/* The subcommands: arguments without options and name. They return the exit status. */
int lab_up(struct lab *lab, const char *file, bool physical);
int lab_apply(struct lab *lab, const char *file);
int lab_compare(int argc, char **argv); /* of the subcommand: reads its own options */
int lab_restart(struct lab *lab, const char *host); /* NULL: the manager */
int lab_down(struct lab *lab);
int lab_list(bool json);

/* Where `weft lab exec` runs a command. */
enum lab_place { PLACE_NODE, PLACE_HOST, PLACE_SUBSTRATE, PLACE_MANAGER };
/* `who`: N/X of a node or the name of a host. Replaces the process; returns only when it can't. */
int lab_exec(const struct lab *lab, enum lab_place place, const char *who, char **command);

#endif

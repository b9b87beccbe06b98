/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A virtual machine as a host sees it: a tap device whose other side is a process. Here the process
 * only carries frames to and from a second tap, which is the machine's eth0 in another namespace.
 * Both have the virtio header that hypervisors use, so unfinished checksums and frames of 64 KiB
 * come through.
 *
 *   machine TAP NAMESPACE     TAP in the caller's namespace, eth0 in the named one; until it is killed
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "machine: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Makes a tap device in the namespace the process is in. */
static int tap_open(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0 ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		die(name);
	return fd;
}

static void space_enter(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
}

/* Carries one frame, with its virtio header. One that the other side doesn't take is lost, as on a
 * wire: it may be down. */
static void frame_carry(int from, int to)
{
	static unsigned char frame[65536 + 256];
	ssize_t length = read(from, frame, sizeof(frame));

	if (length < 0)
		die("read");
	if (write(to, frame, (size_t)length) < 0 && errno != EIO && errno != EINVAL)
		die("write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 3) {
		fputs("usage: machine TAP NAMESPACE\n", stderr);
		return 2;
	}
	ends[0].fd = tap_open(argv[1]);
	space_enter(argv[2]);
	ends[1].fd = tap_open("eth0");
	puts("running");
	fflush(stdout);
	for (;;) {
		if (poll(ends, 2, -1) < 0)
			die("poll");
		for (int i = 0; i < 2; i++)
			if (ends[i].revents & POLLIN)
				frame_carry(ends[i].fd, ends[!i].fd);
	}
}

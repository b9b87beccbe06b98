/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a hypervisor does, without the machine: opens a tap on a host, and carries frames between it and
 * a second tap that is the guest's network card in another namespace, with the offloads that virtio
 * guests use (unfinished checksums, TSO). So the guest is a real Linux behind a real tap.
 *
 *   tap HOST_NETNS HOST_TAP GUEST_NETNS GUEST_TAP
 *
 * Prints "ready" when both are there; runs until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME_MAX (sizeof(struct virtio_net_hdr) + 65536 + 64)

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "tap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int tap_open(const char *netns, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int space = open(netns, O_RDONLY | O_CLOEXEC), tap;

	if (space < 0 || setns(space, CLONE_NEWNET) < 0)
		die(netns);
	close(space);
	tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tap < 0)
		die("/dev/net/tun");
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(tap, TUNSETIFF, &request) < 0 ||
	    ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		die(name);
	return tap;
}

static void frame_carry(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t length = read(from, frame, sizeof(frame));

	if (length < 0 && errno != EINTR && errno != EAGAIN)
		die("read");
	/* A card that is down takes nothing: then the frame is lost, as on a wire. */
	if (length > 0 && write(to, frame, (size_t)length) < 0 && errno != EIO && errno != EINVAL)
		die("write");
}

int main(int argc, char **argv)
{
	struct pollfd taps[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 5) {
		fputs("usage: tap HOST_NETNS HOST_TAP GUEST_NETNS GUEST_TAP\n", stderr);
		return 2;
	}
	taps[0].fd = tap_open(argv[1], argv[2]);
	taps[1].fd = tap_open(argv[3], argv[4]);
	puts("ready");
	fflush(stdout);
	while (poll(taps, 2, -1) >= 0 || errno == EINTR)
		for (int i = 0; i < 2; i++)
			if (taps[i].revents & POLLIN)
				frame_carry(taps[i].fd, taps[1 - i].fd);
	die("poll");
}

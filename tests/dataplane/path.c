/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paths at their limits: of many routers, of too many, and none. */
#include "cases.h"

#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gen/weft.skel.h"

/*
 * A chain: A's subnet, J, then routers T1 to T33 with a link between each two, 10.255.N.1 and .2. The subnet
 * 10.7.N.0/24 is behind router TN. All know the way to what is behind them, and back.
 */
#define TRANSIT_ROUTERS 33

static void print_subnets(FILE *yaml)
{
	fputs("    subnets:\n      front: {v4: 10.0.0.0/24}\n", yaml);
	for (int i = 1; i <= TRANSIT_ROUTERS; i++)
		fprintf(yaml,
			"      link%d: {v4: 10.255.%d.0/30}\n      far%d: {v4: 10.7.%d.0/24}\n", i,
			i, i, i);
}

static void print_router(FILE *yaml, int number)
{
	fprintf(yaml, "      T%d:\n        interfaces:\n", number);
	fprintf(yaml, "          link%d: 10.255.%d.2\n", number, number);
	fprintf(yaml, "          far%d: 10.7.%d.1\n", number, number);
	if (number < TRANSIT_ROUTERS)
		fprintf(yaml, "          link%d: 10.255.%d.1\n", number + 1, number + 1);
	fprintf(yaml, "        routes:\n          10.0.0.0/24: 10.255.%d.1\n", number);
	for (int i = number + 1; i <= TRANSIT_ROUTERS; i++)
		fprintf(yaml, "          10.7.%d.0/24: 10.255.%d.2\n", i, number + 1);
}

static const char *chain(void)
{
	static char text[65536];
	FILE *yaml = fmemopen(text, sizeof(text), "w");

	cr_assert(yaml);
	fputs("weft: 1\n"
	      "hosts: {R: {locator: '2001:db8:0:a::/64'}}\n"
	      "networks:\n  Z:\n    id: 0x5a\n",
	      yaml);
	print_subnets(yaml);
	fputs("    routers:\n      J:\n        interfaces:\n"
	      "          front: {v4: 10.0.0.1, mac: '00:01:42:09:88:73'}\n"
	      "          link1: 10.255.1.1\n        routes:\n",
	      yaml);
	for (int i = 1; i <= TRANSIT_ROUTERS; i++)
		fprintf(yaml, "          10.7.%d.0/24: 10.255.1.2\n", i);
	for (int i = 1; i <= TRANSIT_ROUTERS; i++)
		print_router(yaml, i);
	fputs("    nodes:\n"
	      "      A: {host: R, subnet: front, v4: 10.0.0.2, mac: '00:05:02:0b:27:44'}\n",
	      yaml);
	fclose(yaml);
	return text;
}

/* An address of the subnet behind router TN; of TN itself on its link. */
static struct party behind(unsigned int number)
{
	return (struct party){.address = htonl(0x0a070009 | number << 8)};
}

static struct party link_of(unsigned int number)
{
	return (struct party){.address = htonl(0x0aff0002 | number << 8)};
}

static void far_31_is_nobody(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, behind(31).address);
}

TABLE(long_path, .host = "R", .sender = "A", .make_topology = chain)
{
	const struct frame *longest = FRAME(ETH(A, J_FRONT), IPV4(A, behind(31), .ttl = 40), PING);

	for (int ttl = 2; ttl <= 32; ttl++) {
		const struct frame *sent =
			FRAME(ETH(A, J_FRONT), IPV4(A, behind(31), .ttl = ttl), PING);
		unsigned int number = (unsigned int)ttl - 1;

		CASE("each router answers from its link towards A, with a TTL less for each between",
		     FROM_NODE, sent, REASON_TIME_EXCEEDED,
		     FRAME(ETH(J_FRONT, A),
			   IPV4(link_of(number), A, .ttl = 64 - ttl + 1, .tos = 0xc0), ICMP(11, 0),
			   QUOTE(sent, 1)),
		     .forgets_sum = true);
	}
	CASE("32 routers are as many as a path can have; the last says that nobody is there",
	     FROM_NODE, longest, REASON_HOST_UNREACHABLE,
	     FRAME(ETH(J_FRONT, A), IPV4(link_of(31), A, .ttl = 33, .tos = 0xc0), ICMP(3, 1),
		   QUOTE(longest, 8)),
	     .before = far_31_is_nobody, .forgets_sum = true);
	CASE("33 are too many", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, behind(32), .ttl = 40), PING), REASON_PATH_TOO_LONG);
	CASE("but the first 32 still answer", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), IPV4(A, behind(32), .ttl = 32), PING), REASON_TIME_EXCEEDED);
}

/* weftd has planned the ports, and not the paths yet. */
static void forget_paths(struct fixture *fixture)
{
	int routes = bpf_map__fd(fixture->skeleton->maps.routes);
	struct route_key key;

	while (bpf_map_get_next_key(routes, NULL, &key) == 0)
		cr_assert_eq(bpf_map_delete_elem(routes, &key), 0);
}

TABLE(no_path, .host = "R", .sender = "A")
{
	CASE("through J", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, H), PING), REASON_PATH_UNKNOWN,
	     .before = forget_paths);
	CASE("to J", FROM_NODE, FRAME(ETH(A, J_FRONT), IPV4(A, J_FRONT), PING),
	     REASON_PATH_UNKNOWN);
	CASE("ARP needs none", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_FRONT)),
	     REASON_ARP_REPLIED, FRAME(ETH(J_FRONT, A), ARP_SAYS(J_FRONT, A)));
	CASE("nor does A's subnet", FROM_NODE, FRAME(ETH(A, G), IPV4(A, G), PING), REASON_FORWARDED,
	     FRAME(ETH(A, G), IPV6(A, G), PING));
}

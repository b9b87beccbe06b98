/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ARP: answered for every node and router of the subnet, and for nobody else. */
#include "cases.h"

static void forget_g(struct fixture *fixture)
{
	fixture_forget(fixture, NETWORK_Z, G.address);
}

static void front_77_is_nobody(struct fixture *fixture)
{
	fixture_refuse(fixture, NETWORK_Z, NOBODY_ON_FRONT.address);
}

TABLE(arp, .host = "R", .sender = "A")
{
	const struct frame *asks_g = FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G));
	const struct frame *asks_j = FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_FRONT));
	static const struct party without_address = {{0x00, 0x05, 0x02, 0x0b, 0x27, 0x44}, 0};
	/* J behind its other addresses, and L on front: not there. */
	const struct frame *is_j = FRAME(ETH(J_FRONT, A), ARP_SAYS(J_FRONT, A));
	static const struct held_for g = {"A", NETWORK_Z};
	static struct held_for g_asked;

	g_asked = g;
	g_asked.address = G.address;
	g_asked.asking_node = A.address;

	CASE("A asks for G on the other host", FROM_NODE, asks_g, REASON_ARP_REPLIED,
	     FRAME(ETH(G, A), ARP_SAYS(G, A)));
	CASE("A asks for its router", FROM_NODE, asks_j, REASON_ARP_REPLIED, is_j);
	CASE("A asks for an address that its router has elsewhere: Linux answers on any interface",
	     FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_MID)), REASON_ARP_REPLIED,
	     PATCHED(is_j, 28, 10, 0, 5, 254));
	CASE("A asks for an address that its router has between routers", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, J_CORE)), REASON_ARP_REPLIED,
	     PATCHED(is_j, 28, 10, 255, 0, 1));
	CASE("A asks for a router that is not on its subnet", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, L_BACK)), REASON_ARP_UNANSWERED);
	CASE("A asks for a node of another subnet", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, C)), REASON_ARP_UNANSWERED);
	CASE("A asks for an address that nobody has", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, NOBODY_ON_FRONT)), REASON_ARP_UNANSWERED,
	     .before = front_77_is_nobody);
	CASE("A asks for itself, as with a gratuitous request", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, A)), REASON_ARP_UNANSWERED);
	CASE("A probes whether anybody has its address (RFC 5227)", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(without_address, A)), REASON_ARP_UNANSWERED);
	CASE("A probes G's address: the answer goes to 0.0.0.0", FROM_NODE,
	     FRAME(ETH(A, EVERYBODY), ARP_ASKS(without_address, G)), REASON_ARP_REPLIED,
	     FRAME(ETH(G, A), ARP_SAYS(G, without_address)));
	CASE("A asks with a frame that is padded to 60 octets: the answer isn't", FROM_NODE,
	     frame_extend(asks_g, 60), REASON_ARP_REPLIED, FRAME(ETH(G, A), ARP_SAYS(G, A)));
	CASE("A asks G alone whether it is still there", FROM_NODE,
	     FRAME(ETH(A, G), ARP_ASKS(A, G)), REASON_ARP_REPLIED,
	     FRAME(ETH(G, A), ARP_SAYS(G, A)));
	CASE("A asks J's MAC for G: nobody who gets it has the address", FROM_NODE,
	     FRAME(ETH(A, J_FRONT), ARP_ASKS(A, G)), REASON_ARP_UNANSWERED);
	CASE("A asks G's MAC for J: nobody who gets it has the address", FROM_NODE,
	     FRAME(ETH(A, G), ARP_ASKS(A, J_FRONT)), REASON_ARP_UNANSWERED);
	CASE("A asks for G before it is resolved: the question waits", FROM_NODE, asks_g,
	     REASON_HELD, .held = &g_asked, .before = forget_g);
	CASE("A answers somebody", FROM_NODE, FRAME(ETH(A, EVERYBODY), ARP_SAYS(A, G)),
	     REASON_ARP_UNANSWERED);
}

TABLE(arp_on_one_host, .host = "S", .sender = "G")
{
	static const struct party nobody = {{0}, 0};

	CASE("G asks for A on the other host", FROM_NODE, FRAME(ETH(G, EVERYBODY), ARP_ASKS(G, A)),
	     REASON_ARP_REPLIED, FRAME(ETH(A, G), ARP_SAYS(A, G)));
	CASE("G asks with an Ethernet source that isn't its own", FROM_NODE,
	     FRAME(ETH(STRANGER, EVERYBODY), ARP_ASKS(G, A)), REASON_SOURCE_MAC_FOREIGN);
	CASE("G asks with an ARP sender MAC that isn't its own", FROM_NODE,
	     PATCHED(FRAME(ETH(G, EVERYBODY), ARP_ASKS(G, A)), 22, 2, 0xbb, 0, 0, 0, 1),
	     REASON_SOURCE_MAC_FOREIGN);
	CASE("G asks in A's name", FROM_NODE,
	     PATCHED(FRAME(ETH(G, EVERYBODY), ARP_ASKS(G, J_FRONT)), 28, 10, 0, 0, 2),
	     REASON_SOURCE_ADDRESS_FOREIGN);
	CASE("G answers in A's name", FROM_NODE,
	     PATCHED(FRAME(ETH(G, EVERYBODY), ARP_SAYS(G, J_FRONT)), 28, 10, 0, 0, 2),
	     REASON_SOURCE_ADDRESS_FOREIGN);
	CASE("G answers a probe that it never got", FROM_NODE,
	     FRAME(ETH(G, EVERYBODY), ARP_SAYS(G, nobody)), REASON_ARP_UNANSWERED);
}

TABLE(arp_malformed, .host = "R", .sender = "A")
{
	const struct frame *asks = FRAME(ETH(A, EVERYBODY), ARP_ASKS(A, G));

	CASE("other hardware than Ethernet", FROM_NODE, PATCHED(asks, 14, 0, 6),
	     REASON_ARP_MALFORMED);
	CASE("another protocol than IPv4", FROM_NODE, PATCHED(asks, 16, 0x86, 0xdd),
	     REASON_ARP_MALFORMED);
	CASE("MACs of 8 octets", FROM_NODE, PATCHED(asks, 18, 8), REASON_ARP_MALFORMED);
	CASE("addresses of 16 octets", FROM_NODE, PATCHED(asks, 19, 16), REASON_ARP_MALFORMED);
	CASE("neither a request nor a reply", FROM_NODE, PATCHED(asks, 20, 0, 3),
	     REASON_ARP_MALFORMED);
	CASE("operation 0", FROM_NODE, PATCHED(asks, 20, 0, 0), REASON_ARP_MALFORMED);
	CASE("an octet too short", FROM_NODE, frame_cut(asks, 41), REASON_FRAME_TRUNCATED);
	CASE("nothing behind the Ethernet header", FROM_NODE, frame_cut(asks, 14),
	     REASON_FRAME_TRUNCATED);
}

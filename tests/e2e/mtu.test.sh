#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Small MTUs, declared ones between logical routers and a real one in the fabric.
#
#   A .2 (R) --- front 1500 --- J --- core 1280 --- L --- rear 1006 --- M --- back 1500 --- H .3 (S)
#   G .3 (S) --- front
#
#     host R ----- fabric ----- host S: later with a link of 1400 octets
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

A=10.0.0.2 G=10.0.0.3 H=10.1.5.3
J=10.0.0.1 L=10.255.0.2 M=10.255.1.2

cat >"$SCRATCH/mtu.yaml" <<'YAML'
weft: 1
hosts:
  R: {locator: "2001:db8:0:a::/64"}
  S: {locator: "2001:db8:0:b::/64"}
networks:
  Z:
    subnets:
      front: 10.0.0.0/24
      core: {v4: 10.255.0.0/30, mtu: 1280}
      rear: {v4: 10.255.1.0/30, mtu: 1006}
      back: 10.1.5.0/24
    routers:
      J:
        interfaces: {front: 10.0.0.1, core: 10.255.0.1}
        routes: {default: 10.255.0.2}
      L:
        interfaces: {core: 10.255.0.2, rear: 10.255.1.1}
        routes: {10.0.0.0/24: 10.255.0.1, 10.1.5.0/24: 10.255.1.2}
      M:
        interfaces: {rear: 10.255.1.2, back: 10.1.5.1}
        routes: {default: 10.255.1.1}
    nodes:
      A: {host: R, subnet: front, v4: 10.0.0.2}
      G: {host: S, subnet: front, v4: 10.0.0.3}
      H: {host: S, subnet: back, v4: 10.1.5.3}
YAML
lab_up mtu "$SCRATCH/mtu.yaml"

# ---- declared ------------------------------------------------------------------------------------

needs_fragmentation() { # needs_fragmentation SIZE ROUTER MTU: of a ping of so many octets to H
	on Z/A ip route flush cache
	fails on Z/A ping -c 1 -W 2 -M "do" -s "$1" $H >"$SCRATCH/said"
	grep -F "From $2 icmp_seq=1 Frag needed and DF set (mtu = $3)" "$SCRATCH/said" || {
		cat "$SCRATCH/said"
		return 1
	}
}
it "says that J needs fragmentation for 1300 octets" needs_fragmentation 1272 $J 1280
it "says that L needs fragmentation for 1200 octets" needs_fragmentation 1172 $L 1006

pings() { on "$1" ping -c 1 -W 2 -M dont -s "$3" "$2"; }
it "fragments a ping to H twice, and what comes back" pings Z/A $H 1472
it "fragments what is fragmented already" pings Z/A $H 8000
it "reaches the far router M with a ping that doesn't fit in between" pings Z/A $M 1472
it "gives fragments to the router that they are for, in one piece" pings Z/A $M 20000
it "gives them to the nearest router too" pings Z/A $J 4000

# What a slow machine's sockets still hold when the sender is done doesn't count as received.
streams() { # streams FROM TO ADDRESS
	on "$2" iperf3 -s -1 -D
	eventually on "$2" sh -c 'ss -Hltn sport = :5201 | grep .'
	on "$1" iperf3 -c "$3" -n 20M -J | jq -e '.end.sum_received.bytes > 5000000'
}
tcp_learns() {
	on Z/A ip route flush cache
	streams Z/A Z/H $H
	on Z/A ip route get $H | grep 'mtu 1006'
}
it "lets TCP find the smallest MTU of the way" tcp_learns

# ---- the fabric's --------------------------------------------------------------------------------

# Its link towards S carries 1400 octets: 1380 of a node, in an IPv6 header that is 20 octets longer.
narrow() {
	on fabric ip link set S mtu 1400
	on Z/G ping -c 1 -W 2 $A
}
it "goes on when a link of the fabric becomes narrow" narrow

fabric_needs_fragmentation() {
	on Z/A ip route flush cache
	on Z/A ping -c 1 -W 2 -M "do" -s 1352 $G
	fails on Z/A ping -c 1 -W 2 -M "do" -s 1353 $G >"$SCRATCH/said"
	grep -F '(mtu = 1380)' "$SCRATCH/said" || { cat "$SCRATCH/said"; return 1; }
}
it "turns the fabric's packet too big into fragmentation needed with the node's MTU" \
	fabric_needs_fragmentation

tcp_recovers() {
	on Z/A ip route flush cache
	streams Z/A Z/G $G
	on Z/A ip route get $G | grep 'mtu 1380'
	[ "$(counter R fragmentation_needed)" -gt 0 ]
}
it "lets TCP recover from it" tcp_recovers

# A datagram without DF is lost once: then A knows, and cuts it itself. Its fragments grow by 8 octets more.
datagram_recovers() {
	on Z/A ip route flush cache
	fails on Z/A ping -c 1 -W 2 -M dont -s 1472 $G >"$SCRATCH/said"
	grep -F '(mtu = 1372)' "$SCRATCH/said"
	watch at_g Z/G -i eth0 'udp and dst port 4000'
	head -c 1472 /dev/zero | on Z/A socat -b 1500 -u - "UDP:$G:4000,mtudiscover=0"
	saw at_g 'UDP, length 1472'
}
it "lets datagrams without DF recover, too" datagram_recovers

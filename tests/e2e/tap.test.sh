#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A node behind a real tap, as virtual machines have it: C of figure 2 gets one instead of its veth.
#
#   node C                     host R
#     eth0, a tap --- tap(1) --- tap Z-C  [from_node] ... J ... A, H
#
# The guest leaves checksums unfinished and sends 64 KiB TCP frames, as with virtio.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

C=10.0.5.1 A=10.0.0.2 H=10.1.5.3
J=10.0.5.254 L=10.255.0.2

lab_up tap examples/figure2.yaml

netns_of() { on "$1" readlink /proc/self/ns/net; }

port_state() { on R weft status -o json | jq -r '.ports[] | select(.node == "Z/C") | .state'; }
state_is() { [ "$(port_state)" = "$1" ]; }

# The veth goes, the tap comes under the same name; the guest's card has C's address and MAC.
plug_in() {
	local mac
	mac=$(mac_of Z/C)
	on R ip link del Z-C
	eventually state_is missing
	tap "/run/netns/weft:$LAB:host:R" Z-C "/run/netns/weft:$LAB:node:Z:C" eth0 \
		>"$SCRATCH/tap" 2>&1 </dev/null &
	eventually grep -q ready "$SCRATCH/tap"
	on Z/C ip link set eth0 address "$mac" up
	on Z/C ip address add $C/24 dev eth0
	on Z/C ip route add default via $J
	on R sh -c 'echo 1 >/proc/sys/net/ipv6/conf/Z-C/disable_ipv6'
	on R ip link set Z-C up
	eventually state_is attached
}
it "lets go of a veth that disappears and attaches to a tap of the same name" plug_in || exit 1

pings() { on "$1" ping -c 2 -i 0.2 -W 2 "$2"; }
it "carries pings from the tap to a node of the same host" pings Z/C $A
it "carries pings from the tap to another host" pings Z/C $H
it "carries pings to the tap from the same host" pings Z/A $C
it "carries pings to the tap from another host" pings Z/H $C

route() { equal "the route" "$(on Z/C traceroute -n -q 1 -w 2 $H | awk 'NR > 1 {print $2}' | xargs)" "$J $L $H"; }
it "answers a traceroute whose UDP checksums are unfinished" route

quote_is_right() {
	local before after
	watch errors Z/C -c 1 -v -i eth0 'icmp[icmptype] == icmp-timxceed'
	before=$(counter R checksum_finished)
	on Z/C traceroute -n -q 1 -w 2 -m 1 $H
	saw errors 'ICMP time exceeded'
	fails grep -E 'bad|wrong' "$SCRATCH/errors"
	after=$(counter R checksum_finished)
	[ "$after" -gt "$before" ]
}
it "quotes such a packet with its checksum finished, in an ICMP message whose own is right" quote_is_right

streams() { # streams FROM TO ADDRESS
	on "$2" iperf3 -s -1 -D
	eventually on "$2" sh -c 'ss -Hltn sport = :5201 | grep .'
	on "$1" iperf3 -c "$3" -n 50M -J | jq -e '.end.sum_received.bytes > 40000000'
}
it "carries TCP from the tap to another host" streams Z/C Z/H $H
it "carries TCP to the tap from another host" streams Z/H Z/C $C
it "carries TCP from the tap to a node of the same host" streams Z/C Z/A $A
it "carries TCP to the tap from a node of the same host" streams Z/A Z/C $C

bad_checksums() { # seen by the receiving stack
	on "$1" nstat -asz TcpInCsumErrors UdpInCsumErrors IcmpInCsumErrors IpInHdrErrors |
		awk '!/^#/ {sum += $2} END {exit sum != 0}'
}
none_bad() { bad_checksums Z/C && bad_checksums Z/A && bad_checksums Z/H; }
it "brings no packet with a wrong checksum to any of them" none_bad

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Figure 2, with C as a virtual machine: behind a tap device rather than a veth pair.
#
#   C's eth0 == machine == tap Z-C (R) --- fabric --- (S) H
#                              |
#                              +---------------- (R) A
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

A=10.0.0.2 C=10.0.5.1 H=10.1.5.3

if ! [ -c /dev/net/tun ]; then
	skip "carries what a virtual machine sends" "there is no /dev/net/tun"
	exit
fi
lab_up tap examples/figure2.yaml

state_of_c() {
	equal "the state of C's port" \
		"$(on R weft status -o json | jq -r '.ports[] | select(.interface == "Z-C") | .state')" "$1"
}

c_goes() {
	mac_of Z/C >"$SCRATCH/mac"
	ip -n "weft:$LAB:node:Z:C" link delete eth0
	eventually state_of_c missing
}
it "lets go of an interface that goes" c_goes

c_returns() {
	local space=weft:$LAB:node:Z:C
	PATIENCE_S=300 on R machine Z-C "$space" >"$SCRATCH/machine" 2>&1 </dev/null &
	eventually grep running "$SCRATCH/machine"
	ip -n "weft:$LAB:host:R" link set Z-C up
	ip -n "$space" link set eth0 address "$(cat "$SCRATCH/mac")" up
	ip -n "$space" addr add $C/24 dev eth0
	ip -n "$space" route add default via 10.0.5.254
	eventually state_of_c attached
}
it "attaches to a tap device of that name" c_returns

# Also on kernels that don't say what interfaces do with XDP's frames.
takes_frames_of_xdp() {
	on R weft status -o json |
		jq -e '.ports[] | select(.interface == "Z-C") | .xdp_receive'
}
it "takes a tap for one that XDP can redirect to" eventually takes_frames_of_xdp

pings() { on "$1" ping -c 2 -i 0.1 -W 2 "$2"; }
it "carries pings between the machine and a node of another host" pings Z/C $H
it "carries pings between the machine and a node of its own host" pings Z/A $C

# The sum of what arrives at the receiver, who sends it back.
streams() { # streams FROM TO_NODE TO_ADDRESS
	local sent
	head -c 20000000 /dev/urandom >"$SCRATCH/sent"
	sent=$(sha256sum <"$SCRATCH/sent")
	on "$2" socat -u TCP-LISTEN:7000,reuseaddr "OPEN:$SCRATCH/came,creat,trunc" &
	on "$1" socat -u "FILE:$SCRATCH/sent" "TCP:$3:7000,retry=100,interval=0.05"
	wait $!
	equal "what arrived" "$(sha256sum <"$SCRATCH/came")" "$sent"
}
it "carries TCP from the machine to another host" streams Z/C Z/H $H
it "carries TCP from another host to the machine" streams Z/H Z/C $C
it "carries TCP from the machine to its own host" streams Z/C Z/A $A
it "carries TCP from its own host to the machine" streams Z/A Z/C $C

frames_are_whole() {
	watch at_fabric fabric -i R -c 1 "ip6 and dst net 2001:db8:0:b::/64 and greater 20000"
	streams Z/C Z/H $H
	saw at_fabric 'length [2-6][0-9]{4}'
}
it "carries frames of up to 64 KiB from the machine" frames_are_whole

route() {
	equal "the route" "$(on Z/C traceroute -n -q 1 -w 2 $H | awk 'NR > 1 {print $2}' | xargs)" \
		"10.0.5.254 10.255.0.2 $H"
}
it "answers a traceroute of the machine, whose UDP checksums are unfinished" route

quote_is_right() {
	local before
	watch errors Z/C -c 1 -v -i eth0 'icmp[icmptype] == icmp-timxceed'
	before=$(counter R checksum_finished)
	on Z/C traceroute -n -q 1 -w 2 -m 1 $H
	saw errors 'ICMP time exceeded'
	fails grep -E 'bad|wrong' "$SCRATCH/errors"
	[ "$(counter R checksum_finished)" -gt "$before" ]
}
it "quotes such a packet with its checksum finished, in a message whose own is right" quote_is_right

no_bad_checksums() {
	on "$1" nstat -asz TcpInCsumErrors UdpInCsumErrors IcmpInCsumErrors IpInHdrErrors |
		awk '!/^#/ {sum += $2} END {exit sum != 0}'
}
none_is_bad() { no_bad_checksums Z/C && no_bad_checksums Z/A && no_bad_checksums Z/H; }
it "brings no packet with a wrong checksum to any of them" none_is_bad

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Room in front of nodes' frames, from a bridge that is down. Figure 2, host R:
#
#   A  eth0 --- Z-A --+
#   C  eth0 --- Z-C --+-- weft-room (bridge) -- weft-room-vxlan
#   D  eth0 --- Y-D --+
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

G=10.0.0.3 H=10.1.5.3

lab_up headroom examples/figure2.yaml
PINS=/sys/fs/bpf/weft/$LAB/R
LOG=/run/weft/lab/$LAB/host-R.log

pings() { on "$1" ping -c 1 -W 2 "$2"; }
master_of() { on R ip -j link show "$1" | jq -r '.[0].master // "none"'; }
master_is() { [ "$(master_of "$1")" = "$2" ]; }
headroom() { on R weft status -o json | jq -c '[.headroom | .wanted, .have, .ports]'; }
headroom_is() { [ "$(headroom)" = "$1" ]; }
is_there() { on R ip -o link show | grep -E "^[0-9]+: $1[@:]"; }

# ---- with it -------------------------------------------------------------------------------------------

is_given() {
	local interface
	eventually headroom_is '["auto",3,3]'
	for interface in Z-A Z-C Y-D weft-room-vxlan; do
		equal "the master of $interface" "$(master_of $interface)" weft-room
	done
	for interface in nic weft-in weft-out; do
		equal "the master of $interface" "$(master_of $interface)" none
	done
	on R weft status | grep -E '^headroom +3 of 3 ports$'
}
it "makes the interfaces of nodes ports of a bridge" is_given

is_quiet() {
	equal "interfaces that are up" "$(on R ip -o link show up | grep -Ec '^[0-9]+: weft-room')" 0
	equal "states of its ports" "$(on R cat /sys/class/net/weft-room/brif/{Z-A,Z-C,Y-D,weft-room-vxlan}/state |
		xargs)" "0 0 0 0"
	equal "sockets of VXLAN" "$(on R ss -Hlun)" ""
}
it "leaves that bridge down, its ports closed, and listens to nobody" is_quiet

carries() {
	pings Z/A $G
	pings Z/A $H
	pings Z/C 10.0.0.2
	equal "the route" "$(on Z/C traceroute -n -q 1 -w 2 $H | awk 'NR > 1 {print $2}' | xargs)" \
		"10.0.5.254 10.255.0.2 $H"
	on Z/H iperf3 -s -1 -D
	eventually on Z/A iperf3 -c $H -n 20M
}
it "carries what nodes send: ARP, pings on the host and beyond, TCP" carries

# Where it is possible frames are redirected into the receiver's namespace at once: PORT_PEER, 1.
port_flags() { bpftool -j map dump pinned "$PINS/ports" | jq -c '[.[].formatted.value.flags] | unique'; }

# weftd looks at everything when an interface comes or goes.
it_looked_often() {
	on R ip link add came type veth peer went
	on R ip link del came
	[ "$(grep -c 'Deleted.*came' "$SCRATCH/changes")" -ge 8 ]
}
settles() {
	local monitor
	equal "flags of all ports" "$(port_flags)" "[1]"
	on R ip monitor link >"$SCRATCH/changes" &
	monitor=$!
	eventually it_looked_often
	kill $monitor
	fails grep -E 'weft-room|Z-|Y-' "$SCRATCH/changes"
}
it "does nothing when it is so already" settles

# ---- others' interfaces --------------------------------------------------------------------------------

own_bridge() {
	on R ip link add own type bridge
	on R ip link set own up
	on R ip link set Z-C master own
	eventually headroom_is '["auto",2,3]'
	equal "the master of Z-C" "$(master_of Z-C)" own
	equal "flags of all ports" "$(port_flags)" "[1]"
	pings Z/C $H
	pings Z/A 10.0.5.1
}
it "leaves a port alone that is in a bridge of the operator's" own_bridge

own_bridge_left() {
	on R ip link set Z-C nomaster
	eventually headroom_is '["auto",3,3]'
	equal "the master of Z-C" "$(master_of Z-C)" weft-room
	pings Z/C $H
}
it "takes it when it leaves that" own_bridge_left

port_goes() {
	grep -v '^ *C:' examples/figure2.yaml >"$SCRATCH/without-c.yaml"
	on manager weft apply "$SCRATCH/without-c.yaml"
	eventually master_is Z-C none
	headroom_is '["auto",2,2]'
	on manager weft apply examples/figure2.yaml
	eventually master_is Z-C weft-room
	eventually pings Z/C $H
}
it "lets go of a port that is taken away, and takes it back" port_goes

is_up() { on R ip -o link show dev weft-room up | grep weft-room; }
is_down() { fails is_up; }
stays_down() {
	on R ip link set weft-room up
	eventually is_down
	eventually grep -F 'weft-room: somebody has set it up' "$LOG"
}
it "sets the bridge down again when somebody sets it up" stays_down

bridge_goes() {
	local interface
	on R ip link del weft-room
	for interface in weft-room-vxlan Z-A Z-C Y-D; do
		eventually master_is $interface weft-room
	done
}
it "makes the bridge anew when somebody has deleted it" bridge_goes

# ---- the next weftd ------------------------------------------------------------------------------------

start() { timeout 60 weft lab restart --name "$LAB" --host R; }
# start_with OPTION...: the weftd that was there before, with other options
start_with() {
	nsenter "--net=/run/netns/weft:$LAB:host:R" "${COMMAND[@]}" "$@" >>"$LOG" 2>&1 </dev/null &
	echo $! >"/run/weft/lab/$LAB/host-R.pid"
}
mapfile -d '' -t COMMAND <"/proc/$(daemon_pid host-R)/cmdline"

turned_off() {
	kill_weftd
	start_with --headroom off
	eventually headroom_is '["off",0,3]'
}
is_off() {
	survives turned_off
	eventually master_is Z-A none
	fails is_there weft-room
	fails is_there weft-room-vxlan
	on R weft status | grep -E '^headroom +0 of 3 ports, off$'
	pings Z/C $H
}
it "has none with --headroom off, losing no packet on the way there" is_off

turned_on() {
	kill_weftd
	start
	eventually headroom_is '["auto",3,3]'
}
it "has it again without that, losing none either" survives turned_on

is_taken_over() {
	local before
	before=$(is_there 'weft-room(-vxlan)?')
	turned_on
	equal "the devices" "$(is_there 'weft-room(-vxlan)?')" "$before"
}
it "takes over the bridge of the weftd before" is_taken_over

refuses() {
	fails on R weftd --headroom 3 --manager '[::1]:7470' --interface nic 2>"$SCRATCH/said"
	grep -F "use auto or off" "$SCRATCH/said"
}
it "refuses --headroom with anything else" refuses

# ---- what the programs let pass ------------------------------------------------------------------------

# Without programs everything passes. The host has an address that A may ask for.
programs_go() {
	local interface
	kill_weftd
	find "$PINS" -name 'link-*' -delete
	for interface in Z-A Z-C; do
		on R tc filter del dev $interface ingress || true # there is none if attached by tcx
	done
	on R ip addr add 10.0.0.9/32 dev Z-A
	on R ip route add 10.0.0.2/32 dev Z-A
}

# Nobody answers A, and C hears nothing of it, but of what the host sends to C.
nobody_hears() {
	watch at_c Z/C -i eth0 arp
	on Z/A ip neigh flush dev eth0
	fails pings Z/A 10.0.0.9
	on R arping -q -D -c 1 -w 2 -I Z-C 10.0.5.1 || true # C answers, which is a failure to -D
	saw at_c 'who-has 10.0.5.1'
	fails grep -F 10.0.0.9 "$SCRATCH/at_c"
}

ends_in_bridge() {
	programs_go
	nobody_hears
}
it "lets nothing that passes reach the host or another node" ends_in_bridge

# So the test before has seen what it was to see.
host_would_answer() {
	on R ip link set Z-A nomaster
	on Z/A ip neigh flush dev eth0
	pings Z/A 10.0.0.9
	on R ip route del 10.0.0.2/32 dev Z-A
	on R ip addr del 10.0.0.9/32 dev Z-A
}
it "where the host would answer if it weren't for the bridge" host_would_answer

begins_again() {
	start
	eventually headroom_is '["auto",3,3]'
	pings Z/A $H
}
it "begins again after that" begins_again

# ---- the end -------------------------------------------------------------------------------------------

is_removed() {
	kill_weftd
	on R weftd --remove --pins "$PINS"
	fails is_there 'weft-.*'
	equal "the master of Z-A" "$(master_of Z-A)" none
	on R weftd --remove --pins "$PINS" # once more is no mistake
}
it "leaves nothing with weftd --remove" is_removed

# Something that no port can be added to, as on a kernel without bridges.
is_impossible() {
	on R ip link add weft-room type veth peer name other
	start
	on R ip link del other # weftd looks once more
	pings Z/A $H
	pings Z/C 10.0.0.2
	headroom_is '["auto",0,3]'
	fails is_there weft-room-vxlan
	equal "lines about it" "$(grep -c 'no port has headroom' "$LOG")" 1
}
it "goes on without if it is impossible, and says so once" is_impossible

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# XDP in front of tc: where it is, what goes through it and what it leaves, and that packets come to no harm
# either way. Figure 2:
#
#   Z:  A .2 (R), G .3 (S) --- front 10.0.0.0/24 --- J --- core --- L --- back --- H .3 (S)
#                                                    |
#       C .1 (R) ------------- mid 10.0.5.0/24 ------+
#
#   A  eth0 --- Z-A --+                        +-- Z-G --- eth0  G
#   C  eth0 --- Z-C --+-- R nic == fabric == nic S
#   D  eth0 --- Y-D --+                        +-- Z-H --- eth0  H
#
# What XDP has taken care of is what is counted less what is left to tc, which counts it again.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

A=10.0.0.2 C=10.0.5.1 G=10.0.0.3 H=10.1.5.3

# Without that nothing of a lab could be redirected by XDP.
if [ "$(printf '%s\n' 6.3 "$(uname -r)" | sort -V | head -n 1)" != 6.3 ]; then
	skip "carries packets by XDP" "Linux before 6.3 doesn't say which veth takes XDP's frames"
	exit
fi

export WEFT_DATAPATH='*=xdp'
lab_up xdp examples/figure2.yaml
PINS=/sys/fs/bpf/weft/$LAB/R
LOG=/run/weft/lab/$LAB/host-R.log

pings() { on "$1" ping -c 1 -W 2 "$2"; }

# datapaths: of R's interfaces, as weft status has them
datapaths() {
	on R weft status -o json | jq -r '"nic " + .datapath + ", " +
		([.ports[] | .interface + " " + .datapath] | sort | join(", "))'
}
datapaths_are() { equal "the datapaths" "$(datapaths)" "$1"; }
all_are() { datapaths_are "nic $1, Y-D $1, Z-A $1, Z-C $1"; }

# programs: the interfaces of R that have an XDP program
programs() { on R ip -j link | jq -r '[.[] | select(.xdp) | .ifname] | sort | join(" ")'; }

# ---- where ---------------------------------------------------------------------------------------------

is_everywhere() {
	all_are "xdp native"
	equal "interfaces with a program" "$(programs)" "Y-D Z-A Z-C nic"
	on R weft status | grep -F 'from the substrate: xdp native'
}
it "runs in the driver of the NIC and of nodes' interfaces" is_everywhere

# ---- what goes through -----------------------------------------------------------------------------------

# counters HOST: in the order of these names
counted=(forwarded delivered delivered_local left_checksum left_receiver left_next_hop)
counters() {
	on "$1" weft stats -o json | jq -r '.counters[$ARGS.positional[]] // 0' --args "${counted[@]}"
}

# change HOST COMMAND...: runs it; by how much each counter of the host has risen is in the array `rose`
declare -A rose
change() {
	local host=$1 i before after
	mapfile -t before < <(counters "$host")
	shift
	"$@"
	mapfile -t after < <(counters "$host")
	for i in "${!counted[@]}"; do
		rose[${counted[i]}]=$((after[i] - before[i]))
	done
	declare -p rose
}

is_bound() { on "$1" ss -Hlun "sport = $2" | grep -q .; }

# One datagram of so many octets. Whoever receives it checks its sum, if it has one.
datagram() { # datagram FROM TO_NODE TO_ADDRESS OCTETS [SOCAT_OPTION]
	head -c "$4" /dev/urandom >"$SCRATCH/sent"
	on "$2" socat -u -b 65536 UDP-RECVFROM:7001 "OPEN:$SCRATCH/came,creat,trunc" &
	eventually is_bound "$2" 7001
	on "$1" socat -u -b 65536 "FILE:$SCRATCH/sent" "UDP:$3:7001${5:+,$5}"
	wait $!
	cmp "$SCRATCH/sent" "$SCRATCH/came"
}
WITHOUT_CHECKSUM=setsockopt-int=1:11:1 # SO_NO_CHECK

# All that is to arrive, whatever the checksums are: across hosts, on one host, and back.
everything_arrives() {
	local from to_node to octets
	while read -r from to_node to; do
		on "$from" ping -c 3 -i 0.05 -W 2 -M 'do' -s 1472 "$to"
		on "$from" ping -c 2 -i 0.05 -W 2 -M dont -s 9000 "$to"
		for octets in 18 1472 9000; do
			datagram "$from" "$to_node" "$to" $octets
			datagram "$from" "$to_node" "$to" $octets $WITHOUT_CHECKSUM
		done
		streams "$from" "$to_node" "$to"
	done <<-END
		Z/A Z/H $H
		Z/H Z/A $A
		Z/C Z/A $A
		Z/A Z/C $C
	END
}

# A veth leaves checksums to be finished by nobody. Here a NIC would finish them: where packets leave the
# nodes, and where they leave the fabric, which puts segments together as it has GRO.
checksums() { # checksums on|off
	local node
	for node in Z/A Z/C Z/G Z/H; do
		on $node ethtool -K eth0 tx "$1"
	done
	on fabric ethtool -K R tx "$1"
	on fabric ethtool -K S tx "$1"
}

first_packets() {
	pings Z/A $H
	pings Z/A $G
	pings Z/C $H
	pings Z/C $A
	pings Z/A $C
	pings Z/H $C
}
it "carries first packets" first_packets

# few WHAT OF: nearly none of them. (One finished checksum in 65536 looks like an unfinished one.)
few() {
	[ "$1" -le $(($2 / 100 + 20)) ] || {
		echo "$1 of $2 are too many"
		return 1
	}
}

finished_ones() {
	checksums off
	change R everything_arrives
	((rose[forwarded] > 5000))
	((rose[delivered] > 5000))
	((rose[delivered_local] > 10000))
	few "${rose[left_checksum]}" $((rose[forwarded] + rose[delivered_local]))
	equal "left to tc for the receiver" "${rose[left_receiver]}" 0
	equal "left to tc for the next hop" "${rose[left_next_hop]}" 0
}
it "takes what has a finished checksum, all of which arrives: TCP, UDP, fragments, pings" finished_ones

of_s_too() {
	change S streams Z/A Z/H $H
	((rose[delivered] > 5000))
	few "${rose[left_checksum]}" "${rose[delivered]}"
}
it "takes it from the substrate, too" of_s_too

by_iperf() {
	on Z/H iperf3 -s -1 -D
	eventually change R on Z/A iperf3 -c $H -n 20M
	few "${rose[left_checksum]}" "${rose[forwarded]}"
}
it "carries a stream of iperf3" by_iperf

unfinished_ones() {
	checksums on
	change R everything_arrives
	((rose[left_checksum] > 20000))
}
it "leaves to tc what has an unfinished checksum, all of which arrives, too" unfinished_ones

no_bad_checksums() {
	on "$1" nstat -asz TcpInCsumErrors UdpInCsumErrors IcmpInCsumErrors IpInHdrErrors |
		awk '!/^#/ {sum += $2} END {exit sum != 0}'
}
none_is_bad() { no_bad_checksums Z/A && no_bad_checksums Z/C && no_bad_checksums Z/H; }
it "brings no packet with a wrong checksum to any of them" none_is_bad

# ---- what takes no frames --------------------------------------------------------------------------------

receives() { # receives INTERFACE true|false
	equal "whether $1 takes XDP's frames" "$(on R weft status -o json |
		jq --arg name "$1" '.ports[] | select(.interface == $name) | .xdp_receive')" "$2"
}
all_arrive() { on "$1" ping -q -c 20 -i 0.02 -W 2 "$2" | grep -F ' 20 received'; }

receiver_takes_none() {
	on Z/C ethtool -K eth0 gro off
	eventually receives Z-C false
	change R all_arrive Z/A $C
	((rose[left_receiver] >= 20))
	change R all_arrive Z/H $C
	((rose[left_receiver] >= 20))
	pings Z/C 10.0.5.254
	on Z/C ethtool -K eth0 gro on
	eventually receives Z-C true
	change R all_arrive Z/A $C
	equal "left to tc for the receiver" "${rose[left_receiver]}" 0
}
it "leaves to tc what is for a node whose interface takes no frames of XDP" receiver_takes_none

left_for_next_hop() {
	change R all_arrive Z/A $H
	test "${rose[left_next_hop]}" "$@"
}
nic_takes_none() {
	on fabric ethtool -K R gro off
	eventually left_for_next_hop -ge 20
	on fabric ethtool -K R gro on
	eventually left_for_next_hop -eq 0
}
it "leaves to tc what is for the NIC while that takes no frames of XDP" nic_takes_none

# Until the kernel knows the MAC again tc has the packets wait for it.
mac_is_forgotten() {
	local ping
	on Z/A ping -q -c 40 -i 0.02 -W 2 $H >"$SCRATCH/ping" &
	ping=$!
	for _ in 1 2 3; do
		on R ip neigh flush dev nic
	done
	wait $ping
	grep -F ' 40 received' "$SCRATCH/ping" || { cat "$SCRATCH/ping"; return 1; }
}
it "loses no packet when the next hop's MAC is forgotten" mac_is_forgotten

# ---- the next weftd ------------------------------------------------------------------------------------

start() { timeout 60 weft lab restart --name "$LAB" "$@"; }
program_of() { on R ip -j link show "$1" | jq '.[0].xdp.prog.id // 0'; }

# changed_to DATAPATHS: what the next weftd is started with
changed_to() {
	kill_weftd
	WEFT_DATAPATH=$1 start --host R
}

is_adopted() {
	local before
	before=$(program_of Z-A)
	survives changed_to '*=xdp'
	all_are "xdp native"
	[ "$(program_of Z-A)" != "$before" ]
	grep -F adopted "$LOG"
	change R all_arrive Z/A $H
	equal "left to tc for the next hop" "${rose[left_next_hop]}" 0
}
it "loses no packet when R's weftd is killed, and the next one replaces its programs" is_adopted

only_named() {
	survives changed_to 'Z-*=xdp'
	datapaths_are "nic tc, Y-D tc, Z-A xdp native, Z-C xdp native"
	equal "interfaces with a program" "$(programs)" "Z-A Z-C"
	pings Z/C $H
	changed_to xdp # of all nodes
	datapaths_are "nic tc, Y-D xdp native, Z-A xdp native, Z-C xdp native"
	changed_to 'xdp,Z-C=tc,nic=guard'
	datapaths_are "nic guard native, Y-D xdp native, Z-A xdp native, Z-C tc"
	pings Z/C $H
}
it "is where it was asked for, and taken off elsewhere, losing no packet" only_named

none_by_default() {
	kill_weftd
	env --unset WEFT_DATAPATH timeout 60 weft lab restart --name "$LAB" --host R
	all_are tc
	equal "interfaces with a program" "$(programs)" ""
	pings Z/C $H
}
it "is nowhere by default" none_by_default

# The maps of programs that were left behind are no weftd's any more.
pins_are_deleted() {
	changed_to '*=xdp'
	kill_weftd
	rm -r "$PINS"
	start --host R
	all_are "xdp native"
	fails grep -F 'another XDP program' "$LOG"
	change R all_arrive Z/A $H
	((rose[forwarded] >= 20))
}
it "takes over its programs also when somebody has deleted the pins" pins_are_deleted

program_is_missed() {
	on R ip link set Z-A xdp off
	on R ip link add came type veth peer went # weftd looks again
	eventually test "$(program_of Z-A)" != 0
	on R ip link del came
	pings Z/A $H
}
it "attaches anew when somebody has taken its program off" program_is_missed

# ---- generic -------------------------------------------------------------------------------------------

# A veth's driver refuses a program while the other end has more queues to send than this has to receive.
is_generic() {
	changed_to tc
	on R ethtool -L nic rx 1
	on fabric ethtool -L R tx 2
	on R ethtool -L Z-C rx 1
	on Z/C ethtool -L eth0 tx 2
	changed_to '*=xdp'
	datapaths_are "nic xdp generic, Y-D xdp native, Z-A xdp native, Z-C xdp generic"
}
it "runs in front of the driver's if the driver can't" is_generic

# The node asks, and is answered by XDP or by tc: frames that are left come from generic XDP.
generic_works() {
	on Z/C ip neigh flush dev eth0
	pings Z/C 10.0.5.254
	everything_arrives
	streams Z/C Z/H $H
	streams Z/H Z/C $C
	equal "the route" "$(on Z/C traceroute -n -q 1 -w 2 $H | awk 'NR > 1 {print $2}' | xargs)" \
		"10.0.5.254 10.255.0.2 $H"
	none_is_bad
}
it "carries everything there, what is left to tc included" generic_works

generic_is_adopted() {
	survives changed_to '*=xdp'
	datapaths_are "nic xdp generic, Y-D xdp native, Z-A xdp native, Z-C xdp generic"
	changed_to 'nic=guard'
	datapaths_are "nic guard generic, Y-D tc, Z-A tc, Z-C tc"
	equal "interfaces with a program" "$(programs)" nic
	pings Z/C $H
	changed_to tc
	equal "interfaces with a program" "$(programs)" ""
	on Z/C ethtool -L eth0 tx 1
	on fabric ethtool -L R tx 1
}
it "is taken over there, and taken off" generic_is_adopted

# ---- others' programs ----------------------------------------------------------------------------------

stranger_is_there() {
	local before
	printf '%s\n' '__attribute__((section("xdp"), used)) int stranger(void *frame) { return 2; }' |
		clang -O2 -g --target=bpf -x c -c - -o "$SCRATCH/stranger.o"
	on R ip link set dev Z-C xdp object "$SCRATCH/stranger.o" section xdp
	before=$(program_of Z-C)
	changed_to '*=xdp'
	datapaths_are "nic xdp native, Y-D xdp native, Z-A xdp native, Z-C tc"
	equal "what is said of it" "$(grep -F 'another XDP program' "$LOG")" \
		"weftd: warning: interface Z-C: xdp can't be had: another XDP program is there; its packets go by tc"
	pings Z/C $H
	pings Z/A $C
	equal "the program of Z-C" "$(program_of Z-C)" "$before"
}
it "leaves somebody else's program alone, and says so" stranger_is_there

removed() {
	local before
	before=$(program_of Z-C)
	kill_weftd
	on R weftd --remove --pins "$PINS"
	equal "interfaces with a program" "$(programs)" Z-C
	equal "the program of Z-C" "$(program_of Z-C)" "$before"
	equal "its pins" "$(find "$PINS" -type f)" ""
	fails pings Z/A $G
}
it "leaves none of its own, and the other one, with weftd --remove" removed

begins_again() {
	on R ip link set Z-C xdp off
	start --host R
	all_are "xdp native"
	pings Z/C $G
}
it "begins again after that" begins_again

# ---- a virtual machine ---------------------------------------------------------------------------------

c_is() { # c_is DATAPATH, or none: there is no interface
	equal "the datapath of Z-C" \
		"$(on R weft status -o json | jq -r '.ports[] | select(.interface == "Z-C") | .datapath')" "$1"
}

tap_is_native() {
	local mac space=weft:$LAB:node:Z:C
	mac=$(mac_of Z/C)
	ip -n "$space" link delete eth0
	eventually c_is none
	PATIENCE_S=300 on R machine Z-C "$space" >"$SCRATCH/machine" 2>&1 </dev/null &
	eventually grep running "$SCRATCH/machine"
	ip -n "weft:$LAB:host:R" link set Z-C up
	ip -n "$space" link set eth0 address "$mac" up
	ip -n "$space" addr add $C/24 dev eth0
	ip -n "$space" route add default via 10.0.5.254
	eventually c_is "xdp native"
}
# Frames with a checksum to finish, or of 64 KiB, come by the generic way, and are left to tc.
tap_works() {
	checksums off
	change R streams Z/C Z/H $H
	few "${rose[left_checksum]}" "${rose[forwarded]}"
	checksums on
	on Z/C ethtool -K eth0 tso on
	change R everything_arrives
	change R streams Z/C Z/H $H
	((rose[left_checksum] > 50))
}
if [ -c /dev/net/tun ]; then
	it "runs in the driver of a tap device" tap_is_native
	it "carries what a virtual machine sends, by XDP or not" tap_works
	it "brings no packet with a wrong checksum to it" none_is_bad
else
	skip "runs in the driver of a tap device" "there is no /dev/net/tun"
fi

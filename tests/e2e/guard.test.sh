#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The guard: XDP in front of tc on the NIC of S, which drops what tc would drop, and leaves it all else.
#
#   A (R) --- fabric == nic (S) --- G, H
#                  |     |
#          who lies     XDP, here tcpdump looks, tc
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

A=10.0.0.2 G=10.0.0.3 H=10.1.5.3

lab_up guard examples/figure2.yaml

pings() { on "$1" ping -c 1 -W 2 "$2"; }

kill_weftd() {
	kill -KILL "$(daemon_pid host-S)"
	timeout "$PATIENCE_S" tail --pid "$(daemon_pid host-S)" -f /dev/null
}
start() { timeout 60 weft lab restart --name "$LAB" --host S; }

# ---- liars -----------------------------------------------------------------------------------------------

# Somebody on the fabric sends to S.
fabric_sends() { # fabric_sends TEXT FROM TO
	on fabric frame S from-mac "$(on fabric cat /sys/class/net/S/address)" \
		to-mac "$(on S cat /sys/class/net/nic/address)" \
		from "$2" to "$3" label $((64 << 12)) text "$1"
}
counts() { # counts REASON COMMAND...: the command makes it go up on S
	local reason=$1 before
	before=$(counter S "$reason")
	shift
	"$@"
	[ "$(counter S "$reason")" -gt "$before" ] || {
		echo "$reason of S is still $before"
		return 1
	}
}
a_at=2001:db8:0:a:0:5a:a00:2 g_at=2001:db8:0:b:0:5a:a00:3
lies_are_counted() {
	counts substrate_source_spoofed fabric_sends WRONG 2001:db8:0:c:0:5a:a00:2 $g_at
	counts substrate_network_foreign fabric_sends WRONG 2001:db8:0:a:0:5b:a00:2 $g_at
	counts substrate_node_unknown fabric_sends WRONG $a_at 2001:db8:0:b:0:5a:a00:4d
	counts delivered fabric_sends RIGHT $a_at $g_at
}
s_becomes() {
	kill_weftd
	WEFT_DATAPATH=$1 start
	equal "the datapath of the NIC" "$(on S weft status -o json | jq -r .datapath)" "$2"
	pings Z/A $G
}

guard_drops_early() {
	s_becomes nic=guard 'guard native'
	watch at_nic S -A -i nic udp
	watch at_g Z/G -A -i eth0 udp
	lies_are_counted
	saw at_g RIGHT
	saw at_nic RIGHT
	fails grep WRONG "$SCRATCH/at_g" "$SCRATCH/at_nic"
}
it "drops packets that lie before the stack sees them, with a guard" guard_drops_early

tc_drops_late() {
	s_becomes tc tc
	watch at_nic S -A -i nic udp
	watch at_g Z/G -A -i eth0 udp
	lies_are_counted
	saw at_g RIGHT
	saw at_nic WRONG
	fails grep WRONG "$SCRATCH/at_g"
}
it "drops them after that without" tc_drops_late

# ---- the others ------------------------------------------------------------------------------------------

lies_go_on() { while :; do fabric_sends WRONG 2001:db8:0:c:0:5a:a00:2 $g_at; done; }
guard_lets_pass() {
	s_becomes nic=guard 'guard native'
	lies_go_on >/dev/null 2>&1 &
	# shellcheck disable=SC2064
	trap "kill $!" EXIT
	on Z/A ping -q -c 20 -i 0.02 -W 2 $G | grep -F ' 20 received'
	streams Z/A Z/H $H
	streams Z/H Z/A $A
	on Z/A ping -c 2 -i 0.1 -W 2 -s 9000 $G
	on fabric ping -c 1 -W 2 fe80::2%S # the host's own traffic
}
it "lets all else pass to tc meanwhile, and the host's own traffic" guard_lets_pass

guard_holds() {
	kill_weftd
	rm -r "/sys/fs/bpf/weft/$LAB/S"
	WEFT_DATAPATH=nic=guard start
	counts held pings Z/A $H
}
it "lets the first packet wait that comes from somebody unknown" guard_holds

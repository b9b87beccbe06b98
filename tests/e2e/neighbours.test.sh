#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What weftd tells XDP, which can't ask the kernel: the MACs on the way to the next hop, for a minute at
# a time, and which ports take the frames that XDP redirects to them.
#
#   A (R) --- nic == fabric's end R, fe80::1 --- (S) H
#       A's end                next hop 1 of R
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

H=10.1.5.3
GATEWAY=fe80::1 OF_R=fe80::2 # on the link between R and the fabric
GOOD_S=60 # how long a MAC is believed

# Before that no kernel says that a veth takes them, and no next hop behind one is good for XDP.
if [ "$(printf '%s\n' 6.3 "$(uname -r)" | sort -V | head -n 1)" != 6.3 ]; then
	skip "tells XDP what it can't ask the kernel" "Linux before 6.3 doesn't say which veth takes XDP's frames"
	exit
fi

lab_up neigh examples/figure2.yaml
on fabric ethtool -K R gro on # so that R's nic takes XDP's frames

# ---- MACs ----------------------------------------------------------------------------------------

# hop FIELD: of R's only next hop, as the map has it
hop() {
	bpftool -j map lookup pinned "/sys/fs/bpf/weft/$LAB/R/next_hops" key 1 0 0 0 |
		jq -r ".formatted.value.$1"
}
hop_mac() { hop "$1[]" | xargs printf ':%02x' | cut -c 2-; }

# Nanoseconds since boot; as long as the machine isn't suspended, that is CLOCK_MONOTONIC.
now_ns() { awk '{printf "%.0f\n", $1 * 1e9}' /proc/uptime; }

is_good() { [ "$(hop good_until_ns)" -gt "$(now_ns)" ]; }
is_not_known() { [ "$(hop good_until_ns)" = 0 ]; }
gateway_is() { is_good && [ "$(hop_mac mac)" = "$1" ]; }
source_is() { [ "$(hop_mac source_mac)" = "$1" ]; }

knows_the_macs() {
	on Z/A ping -c 1 -W 2 $H
	eventually gateway_is "$(on fabric cat /sys/class/net/R/address)"
	source_is "$(on R cat /sys/class/net/nic/address)"
	[ "$(hop good_until_ns)" -le $(($(now_ns) + (GOOD_S + 1) * 1000000000)) ]
}
it "tells XDP the gateway's MAC and the interface's, and that they are good for a minute" knows_the_macs

renewed_since() { [ "$(hop good_until_ns)" -gt "$1" ]; }
renews() {
	eventually renewed_since "$(hop good_until_ns)"
	eventually renewed_since "$(hop good_until_ns)"
}
it "goes on saying that they are good" renews

# Another MAC at the fabric's end. Its first packet to R tells the kernel there.
fabric_becomes() {
	on fabric ip link set R address "$1"
	on fabric ping -c 1 -W 2 "$OF_R%R"
}
gateway_changes() {
	fabric_becomes 02:00:00:00:00:0b
	eventually gateway_is 02:00:00:00:00:0b
	on Z/A ping -c 1 -W 2 $H
}
it "follows when the gateway's MAC changes" gateway_changes

interface_changes() {
	on R ip link set nic address 02:00:00:00:00:0a
	eventually source_is 02:00:00:00:00:0a
	on Z/A ping -c 1 -W 2 $H
	eventually gateway_is 02:00:00:00:00:0b
}
it "follows when the interface's MAC changes" interface_changes

# Nobody has the gateway's address for a while, and then somebody has.
kernel_says() { on R ip neigh show $GATEWAY dev nic | grep "$1"; }
gateway_goes() {
	on fabric ip addr del $GATEWAY/64 dev R
	on R ip neigh delete $GATEWAY dev nic
	eventually is_not_known
	eventually kernel_says FAILED
	is_not_known
	on fabric ip addr add $GATEWAY/64 dev R nodad
	eventually gateway_is 02:00:00:00:00:0b
}
it "takes the MAC back when nobody answers, and goes on asking" gateway_goes

weftd_is_dead() {
	local before
	kill -KILL "$(daemon_pid host-R)"
	before=$(hop good_until_ns)
	fabric_becomes 02:00:00:00:00:0c
	on Z/A ping -c 1 -W 2 $H
	equal "until when the MACs are good" "$(hop good_until_ns)" "$before"
	timeout 40 weft lab restart --name "$LAB" --host R
	eventually gateway_is 02:00:00:00:00:0c
}
it "doesn't renew them while weftd is dead, and does again after" weftd_is_dead

# What it takes no frames for needs no MAC.
nic_takes_none() {
	on fabric ethtool -K R gro off
	eventually is_not_known
	on Z/A ping -c 1 -W 2 $H
	on fabric ethtool -K R gro on
	eventually is_good
}
it "says that they aren't known while the interface takes no frames of XDP" nic_takes_none

# ---- ports ---------------------------------------------------------------------------------------

receives() {
	equal "whether A's port takes them" "$(on R weft status -o json |
		jq '.ports[] | select(.interface == "Z-A") | .xdp_receive')" "$1"
}
port_follows() {
	receives false
	on Z/A ethtool -K eth0 gro on
	eventually receives true
	on Z/A ethtool -K eth0 gro off
	eventually receives false
}
it "knows that a veth takes XDP's frames while its other end has GRO" port_follows

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# First packets: one node that speaks to twenty that it has never spoken to, all at once.
#
#   one .1 (near) --- front 10.7.0.0/24 ---+--- n1 .101 (far)
#                                          |
#                                          J --- back 10.8.0.0/24 --- n11 .111 (far) ...
#
#   near ----- fabric ----- far
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

topology() {
	cat <<-END
		weft: 1
		hosts:
		  near: {locator: "2001:db8:0:1::/64"}
		  far: {locator: "2001:db8:0:2::/64"}
		networks:
		  burst:
		    subnets:
		      front: {v4: 10.7.0.0/24}
		      back: {v4: 10.8.0.0/24}
		    routers:
		      J: {interfaces: {front: 10.7.0.254, back: 10.8.0.254}}
		    nodes:
		      one: {host: near, subnet: front, v4: 10.7.0.1}
	END
	for i in {1..10}; do
		echo "      n$i: {host: far, subnet: front, v4: 10.7.0.$((100 + i))}"
	done
	for i in {11..20}; do
		echo "      n$i: {host: far, subnet: back, v4: 10.8.0.$((100 + i))}"
	done
}
addresses() {
	echo 10.7.0.{101..110} 10.8.0.{111..120}
}

topology >"$SCRATCH/burst.yaml"
lab_up burst "$SCRATCH/burst.yaml"

twenty_at_once() {
	local address pids=() pid
	for address in $(addresses); do
		on burst/one ping -c 1 -W 5 "$address" >"$SCRATCH/ping-$address" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || { cat "$SCRATCH"/ping-*; return 1; }
	done
}
it "loses none of 20 first packets to 20 nodes" twenty_at_once

# Each ping waited for ARP and a mapping, nothing was sent twice and nothing was dropped.
nothing_was_dropped() {
	on near weft stats -o json >"$SCRATCH/stats"
	equal "frames that could not be held" \
		"$(jq '.counters | .hold_full + .hold_ring_full + .hold_too_large + .miss_limited' "$SCRATCH/stats")" 0
	[ "$(jq .counters.held "$SCRATCH/stats")" -ge 20 ] || { cat "$SCRATCH/stats"; return 1; }
}
it "held them until they were resolved" nothing_was_dropped

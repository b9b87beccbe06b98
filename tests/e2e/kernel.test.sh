#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What weftd finds out about the kernel it runs on, and makes of it: the same in the probe, in the log and in
# `weft status`. Figure 2, all by XDP where the kernel can, so that there is something to decide.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

export WEFT_DATAPATH='*=xdp'
lab_up kernel examples/figure2.yaml
LOG=/run/weft/lab/$LAB/host-R.log

probed() { weftd --probe | awk -v has="$1" '$2 == has && /^[a-z]/ {print $1}' | sort; } # probed yes|no
status() { on R weft status -o json | jq -r "$@"; }

is_shown() {
	equal "the release" "$(status .kernel.release)" "$(uname -r)"
	equal "what it has" "$(status '.kernel.features | to_entries[] | select(.value).key' | sort)" "$(probed yes)"
	equal "what it lacks" "$(status '.kernel.without | keys[]')" "$(probed no)"
}
it "is shown by weft status as weftd --probe finds it" is_shown

has_consequences() {
	local feature
	on R weft status >"$SCRATCH/status"
	for feature in $(probed yes); do
		grep -E "^ {11}([a-z0-9_]+ )*$feature( |$)" "$SCRATCH/status"
	done
	for feature in $(probed no); do
		grep -E "^ {11}without $feature: [a-zA-Z]+ " "$SCRATCH/status"
		equal "lines about $feature in the log" "$(grep -c "it has no $feature: " "$LOG")" 1
	done
}
it "is told in words, with what follows from what it lacks, once" has_consequences

attaches() {
	local hook=clsact
	! probed yes | grep -qx tcx || hook=tcx
	equal "by what R is attached" "$(status .hook)" "$hook"
}
it "attaches by tcx if the kernel has it, else by clsact" attaches

# Veths have XDP in their driver on every kernel that weft runs on.
is_native() {
	equal "the NIC's datapath" "$(status .datapath)" "xdp native"
	equal "the ports' datapaths" "$(status '[.ports[].datapath] | unique[]')" "xdp native"
}
it "runs XDP in the driver of veths" is_native

pings() { on "$1" ping -c 1 -W 2 "$2"; }
receives() { [ "$(status '[.ports[].xdp_receive] | unique[]')" = "$1" ]; }
hands_over() {
	local receive=false
	! probed yes | grep -qx xdp_receivers || receive=true
	eventually receives $receive
	pings Z/A 10.0.5.1
	pings Z/A 10.0.0.3
	pings Z/H 10.0.0.2
	[ $receive = true ] || [ "$(counter R left_receiver)" -gt 0 ]
}
it "hands frames over by XDP if the kernel says who takes them, else by tc" hands_over

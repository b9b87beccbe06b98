#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Attached by clsact, as on every kernel before 6.6, also where this one has tcx. Figure 2, of which only
# network Z matters here:
#
#   A .2 (R), G .3 (S) --- front 10.0.0.0/24 --- J --- core --- L --- back --- H .3 (S)
#                                                |
#   C .1 (R) ------------- mid 10.0.5.0/24 ------+
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

export WEFT_ATTACH=clsact
G=10.0.0.3 H=10.1.5.3

lab_up clsact examples/figure2.yaml
PINS=/sys/fs/bpf/weft/$LAB/R

pings() { on "$1" ping -c 1 -W 2 "$2"; }
filters() { on R tc filter show dev "$1" ingress; } # filters INTERFACE
weft_filters() { # weft_filters INTERFACE: the programs that weft has there
	filters "$1" | sed -nE 's/.*handle 0x77656674 .* name ([a-z_]+) .*/\1/p' | xargs
}
program_ids() { filters Z-A | grep -Eo '\bid [0-9]+'; }
links() { find "$PINS" -name 'link-*'; }
hook_is() {
	equal "by what R is attached" "$(on R weft status -o json | jq -r .hook)" "$1"
}

is_attached() {
	hook_is clsact
	equal "the filters of Z-A" "$(weft_filters Z-A)" from_node
	equal "the filters of the NIC" "$(weft_filters nic)" from_substrate
	equal "the filters of weft-in" "$(weft_filters weft-in)" "from_node from_substrate"
	equal "pinned links" "$(links)" ""
}
it "is a filter on each interface" is_attached

carries() {
	pings Z/A $G
	pings Z/A $H
	pings Z/C $H
	on Z/H iperf3 -s -1 -D
	eventually on Z/A iperf3 -c $H -n 20M
}
it "carries what nodes send, first packets and TCP" carries

# ---- the next weftd ------------------------------------------------------------------------------------

start() { timeout 60 weft lab restart --name "$LAB" "$@"; }
killed_and_started() {
	kill_weftd
	start --host R
}
is_adopted() {
	local before
	before=$(program_ids)
	survives killed_and_started
	is_attached
	[ "$(program_ids)" != "$before" ]
	grep -F adopted "/run/weft/lab/$LAB/host-R.log"
	pings Z/C $G
}
it "loses no packet when R's weftd is killed, and the next one replaces its programs" is_adopted

add_foreign_filter() { on R tc filter add dev "$1" ingress pref 9 handle 7 bpf bytecode '1,6 0 0 0'; }
has_foreign_filter() { filters "$1" | grep -E 'pref 9 bpf .*handle 0x7\b'; }

has_no_filter() { [ -z "$(weft_filters "$1")" ]; }

# While nobody looks C is taken away, but not its interface.
port_goes_unseen() {
	add_foreign_filter Z-A
	add_foreign_filter Z-C
	kill_weftd
	grep -v '^ *C:' examples/figure2.yaml >"$SCRATCH/without-c.yaml"
	on manager weft apply "$SCRATCH/without-c.yaml"
	equal "the filters of Z-C before" "$(weft_filters Z-C)" from_node
	start --host R >/dev/null 2>&1 & # it waits for C, which the next test brings
	eventually has_no_filter Z-C
	is_attached
	pings Z/A $H
}
it "lets go of a port that was taken away while no weftd ran" port_goes_unseen

has_filter() { [ "$(weft_filters "$1")" = from_node ]; }
port_returns() {
	on manager weft apply examples/figure2.yaml
	eventually has_filter Z-C
	eventually pings Z/C $H
	has_foreign_filter Z-A
	has_foreign_filter Z-C
}
it "takes it back, and has left others' filters alone" port_returns

filter_is_missed() {
	on R tc filter delete dev Z-A ingress pref 1
	equal "the filters of Z-A" "$(weft_filters Z-A)" ""
	on R ip link add came type veth peer went # weftd looks again
	eventually pings Z/A $H
}
it "attaches anew when somebody has deleted its filter" filter_is_missed

# ---- the other way to attach ---------------------------------------------------------------------------

changed_to() {
	kill_weftd
	WEFT_ATTACH=$1 start --host R
}
to_tcx() {
	survives changed_to tcx
	hook_is tcx
	equal "the filters of Z-A" "$(weft_filters Z-A)" ""
	equal "the filters of the NIC" "$(weft_filters nic)" ""
	pings Z/C $H
}
from_tcx() {
	survives changed_to clsact
	is_attached
	pings Z/C $H
}
refuses_tcx() {
	fails on R weftd --attach tcx --manager '[::1]:7470' --interface nic 2>"$SCRATCH/said"
	grep -F 'it has no tcx, which --attach asks for' "$SCRATCH/said"
}
if weftd --probe | grep -Eq '^tcx +yes'; then
	it "loses no packet when the next weftd attaches by tcx" to_tcx
	it "loses no packet when the next one goes back to clsact" from_tcx
else
	it "refuses to attach by tcx, which this kernel doesn't have" refuses_tcx
fi

# ---- the end -------------------------------------------------------------------------------------------

removed() { # removed: nothing of weft is left on R
	local interface
	on R weftd --remove --pins "$PINS"
	for interface in Z-A Z-C Y-D nic; do
		equal "the filters of $interface" "$(weft_filters $interface)" ""
	done
	equal "its pins" "$(find "$PINS" -type f)" ""
	fails on R ip link show weft-out
	fails pings Z/A $G
	on R weftd --remove --pins "$PINS" # once more is no mistake
}
is_removed() {
	kill_weftd
	removed
	has_foreign_filter Z-A
}
it "leaves nothing with weftd --remove" is_removed

begins_again() {
	start --host R
	pings Z/A $G
}
it "begins again after that" begins_again

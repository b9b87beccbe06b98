# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What each BPF program takes for a packet, while the packets of a UDP flood pass it, and how large it
# is: sourced by scripts/bench. From all times that of an empty program in the same round is taken
# off: mostly reading the clock.

FLOORS=(floor floor-headroom)
PROGRAM_ROUTERS=(0 1 4 16)
PROGRAM_MAPPINGS=(1 1000 100000 1000000)

programs_prepare() {
	local name
	for name in "${FLOORS[@]}" weft-0 weft-xdp-0; do path_up "$name"; done
}

# mean_ns BEFORE AFTER PROGRAM: from two outputs of `programs`
mean_ns() {
	jq -n --argjson before "$1" --argjson after "$2" --arg program "$3" \
		'($after[$program].runs - $before[$program].runs) as $runs
		| if $runs < 1000 then error("only \($runs) packets met \($program)") else
		  ($after[$program].time_ns - $before[$program].time_ns) / $runs end'
}

less() { jq -n --argjson a "$1" --argjson b "$2" '$a - $b'; }

# program_sample VARIANT PROGRAM BEFORE AFTER: its time, less EMPTY_NS
program_sample() {
	local mean
	mean=$(mean_ns "$3" "$4" "$2") && sample program_ns "$2: $1" "$(less "$mean" "$EMPTY_NS")"
}

floor_measure() { # floor_measure PATH
	local before after
	before=$(programs show "$PINS/$1")
	udp_flood "$1" b 10.0.0.3 "$SECONDS_EACH" >/dev/null || return
	after=$(programs show "$PINS/$1")
	EMPTY_NS=$(mean_ns "$before" "$after" empty) || return
	sample program_empty_ns "$1" "$EMPTY_NS"
	program_sample "$1" floor_out "$before" "$after" && program_sample "$1" floor_in "$before" "$after"
}

routers_measure() { # routers_measure ROUTERS
	local out in variant="$1 routers"
	reach "weft-$1"
	out=$(programs show "$PINS/weft-ha") in=$(programs show "$PINS/weft-hb")
	udp_flood weft "b$1" "$(weft_address "$1")" "$SECONDS_EACH" >/dev/null || return
	program_sample "$variant" from_node "$out" "$(programs show "$PINS/weft-ha")" &&
		program_sample "$variant" from_substrate "$in" "$(programs show "$PINS/weft-hb")"
}

# mappings_measure COUNT: to, and then from, any of so many nodes
mappings_measure() {
	local before variant="$1 mappings"
	mappings "$PINS/weft-ha" 0x5a 10.0.2.3 $WIDE "$1" && mappings "$PINS/weft-hb" 0x5a 10.0.0.2 $WIDE "$1" || return
	before=$(programs show "$PINS/weft-ha")
	in_ns weft a datagrams send $WIDE/"$1" $FLOOD_PORT "$SECONDS_EACH" >/dev/null || return
	program_sample "$variant" from_node "$before" "$(programs show "$PINS/weft-ha")" || return
	before=$(programs show "$PINS/weft-hb")
	in_ns weft f spray hb "$(mac_of weft hb nic)" 0x5a $HA_LOCATOR $WIDE/"$1" $HB_LOCATOR 10.0.2.3 \
		$FLOOD_PORT "$(longer "$SECONDS_EACH")" >/dev/null &
	in_ns weft b2 datagrams receive $FLOOD_PORT "$SECONDS_EACH" >/dev/null
	wait $! || return
	program_sample "$variant" from_substrate "$before" "$(programs show "$PINS/weft-hb")"
}

xdp_programs() { in_ns weft-xdp "$1" programs show "$2"; } # xdp_programs HOST INTERFACE

# With the frames of part `xdp`: those of sockets are copied before a veth's XDP program sees them.
xdp_programs_measure() {
	local before
	reach weft-xdp-0
	before=$(xdp_programs ha tap)
	live_out weft-xdp-0 >/dev/null && program_sample XDP from_node "$before" "$(xdp_programs ha tap)" || return
	before=$(xdp_programs hb nic)
	live_in weft-xdp-0 >/dev/null && program_sample XDP from_substrate "$before" "$(xdp_programs hb nic)"
}

programs_measure() {
	local name status=0
	programs count >"$SCRATCH/counting" &
	echo $! >"$SCRATCH/counting.pid"
	eventually test -s "$SCRATCH/counting"
	for name in "${FLOORS[@]}"; do floor_measure "$name" || status=1; done
	for name in "${PROGRAM_ROUTERS[@]}"; do
		path_up "weft-$name"
		routers_measure "$name" || status=1
	done
	for name in "${PROGRAM_MAPPINGS[@]}"; do mappings_measure "$name" || status=1; done
	xdp_programs_measure || status=1
	kill "$(cat "$SCRATCH/counting.pid")"
	rm "$SCRATCH/counting" "$SCRATCH/counting.pid"
	return $status
}

size_sample() { # size_sample PROGRAM JSON [WHICH]
	local what
	for what in instructions machine_octets verified; do
		sample "program_$what" "$1${3:+, $3}" "$(jq --arg program "$1" --arg what $what '.[$program][$what]' <<<"$2")"
	done
}

programs_finish() {
	local programs
	# With headroom at the node's veth weft has to be compared with the floor that has it too.
	sample weft_headroom weft "$(ip_in weft ha -j link show tap | jq 'if .[0].master then 1 else 0 end')"
	programs=$(programs show "$PINS/weft-ha")
	size_sample from_node "$programs"
	size_sample from_substrate "$programs"
	size_sample from_node "$(xdp_programs ha tap)" XDP
	size_sample from_substrate "$(xdp_programs hb nic)" XDP
	programs=$(programs show "$PINS/floor")
	size_sample floor_out "$programs"
	size_sample floor_in "$programs"
}

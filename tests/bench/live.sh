# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Frames that the kernel makes, which are faster than any socket's: through XDP, and as a flood that is
# to be dropped. Sourced by scripts/bench.

XDP_PATHS=(bare weft-xdp-0 weft-xdp-2)
FLOOD_PATHS=(weft-0 weft-guard-0 weft-xdp-0)
FLOOD_PPS=1000000
GENERATE_LIMIT_S=30 # if nobody ends it
SPOOFED_LOCATOR=2001:db8:0:c::/64 # where a isn't

# What `generate` takes: a packet of a, as a sends it, and as hb gets it from the fabric
node_frame() { # node_frame PATH TO
	echo node $A_MAC "$(next_hop_mac "$1" "$2")" 10.0.0.2 "$2" $FLOOD_PORT
}
substrate_frame() { # substrate_frame PATH FROM_LOCATOR TO
	echo substrate "$(mac_of "$1" hb nic)" 0x5a "$2" 10.0.0.2 $HB_LOCATOR "$3" $FLOOD_PORT
}

# ---- forwarding ------------------------------------------------------------------------------------

# live_flow PATH FROM OUT TO IN FRAME...: out of interface OUT of namespace FROM; prints how many a second
# get to interface IN of namespace TO, where they end, and how many a second of CPU time
live_flow() {
	local path=$1 from=$2 out=$3 to=$4 in=$5 status
	shift 5
	start_in generator "$path" "$from" taskset -c 1 generate "$out" $GENERATE_LIMIT_S 0 "$@" >/dev/null
	in_ns "$path" "$to" taskset -c 0 hop count "$in" "$SECONDS_EACH" "$(cat "$SCRATCH/generator.pid")"
	status=$?
	stop generator
	return $status
}

live_out() { # live_out NAME: from a to the fabric
	local path address frame
	read -r path _ address <<<"$(path_target "$1")"
	read -ra frame <<<"$(node_frame "$path" "$address")"
	live_flow "$path" a eth0 f ha "${frame[@]}"
}

live_in() { # live_in NAME: from the fabric to b
	local path b address frame
	read -r path b address <<<"$(path_target "$1")"
	read -ra frame <<<"$(substrate_frame "$path" $HA_LOCATOR "$address")"
	live_flow "$path" f hb "$b" eth0 "${frame[@]}"
}

xdp_prepare() {
	local name
	for name in "${XDP_PATHS[@]}"; do path_up "$name"; done
}

# xdp_one out|in NAME
xdp_one() {
	local figures
	read -ra figures <<<"$("live_$1" "$2")"
	sample "xdp_$1_pps" "$2" "${figures[0]:-}" && sample "xdp_$1_per_cpu_s" "$2" "${figures[1]:-}"
}

xdp_measure() {
	local name
	for name in "${XDP_PATHS[@]}"; do
		[ "$name" = bare ] || reach "$name"
		xdp_one out "$name" || return
	done
	xdp_one in bare && xdp_one in weft-xdp-0
}

# ---- a flood ---------------------------------------------------------------------------------------

flood_prepare() {
	local name target
	for name in "${FLOOD_PATHS[@]}"; do
		path_up "$name"
		read -ra target <<<"$(path_target "$name")"
		tcp_server "$name" "${target[@]}" || return
	done
}

spoofed_drops() { # spoofed_drops PATH: so far, at hb
	WEFT_AGENT=$SCRATCH/$1-hb.sock weft stats -o json | jq '.counters.substrate_source_spoofed // 0'
}
drops_exceed() { [ "$(spoofed_drops "$1")" -gt "$2" ]; } # drops_exceed PATH COUNT

# flood_alone NAME PATH FRAME...: as fast as it can be sent and dropped, as packets a second of CPU time
flood_alone() {
	local name=$1 path=$2 before sent
	shift 2
	before=$(spoofed_drops "$path")
	read -ra sent <<<"$(in_ns "$path" f generate hb "$SECONDS_EACH" 0 "$@")"
	sample dropped_per_cpu_s "$name" \
		"$(jq -n "($(spoofed_drops "$path") - $before) / $SECONDS_EACH / ${sent[0]} * ${sent[1]}")"
}

# flood_beside_tcp NAME PATH ADDRESS FRAME...: at its rate, beside a TCP connection from a
flood_beside_tcp() {
	local name=$1 path=$2 address=$3 before started
	shift 3
	before=$(spoofed_drops "$path")
	start_in generator "$path" f generate hb $GENERATE_LIMIT_S $FLOOD_PPS "$@" >/dev/null
	eventually drops_exceed "$path" "$before"
	before=$(spoofed_drops "$path") started=$EPOCHREALTIME
	sample tcp_flooded_gbits "$name" "$(tcp_gbits "$path" "$address")"
	sample dropped_pps "$name" "$(jq -n "($(spoofed_drops "$path") - $before) / ($EPOCHREALTIME - $started)")"
	stop generator
}

# An XDP program makes its veth like a NIC: packets come one by one from a wire, by NAPI. Where there is
# none, this does. wire_like PATH on|off
wire_like() {
	in_ns "$1" hb ethtool -K nic gro "$2"
	in_ns "$1" f ethtool -K hb tso "$([ "$2" = on ] && echo off || echo on)"
}

# What doesn't fit the short ring of a veth is lost. With a queue in front, a full ring makes the sender wait
# (Linux 6.16): else TCP shows how it takes losses, and not what the flood leaves of the CPU.
queue_give() { in_ns "$1" f tc qdisc add dev hb root pfifo; }
queue_take() { in_ns "$1" f tc qdisc del dev hb root; }

flood_one() { # flood_one NAME
	local path address frame
	read -r path _ address <<<"$(path_target "$1")"
	reach "$1"
	read -ra frame <<<"$(substrate_frame "$path" $SPOOFED_LOCATOR "$address")"
	queue_give "$path"
	sample tcp_alone_gbits "$1" "$(tcp_gbits "$path" "$address")" &&
		flood_beside_tcp "$1" "$path" "$address" "${frame[@]}" && flood_alone "$1" "$path" "${frame[@]}"
	local status=$?
	queue_take "$path"
	return $status
}

flood_measure() {
	local name status=0
	wire_like weft on
	for name in "${FLOOD_PATHS[@]}"; do flood_one "$name" || status=1; done
	wire_like weft off
	return $status
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Traffic from a to b on each path, by turns: sourced by scripts/bench.

TRAFFIC_PATHS=(weft-0 weft-2 weft-8 weft-xdp-0 vxlan vxlan-router routing srv6)
TALK_PORT=7
FLOOD_PORT=9

traffic_prepare() {
	local name
	for name in "${TRAFFIC_PATHS[@]}"; do
		path_up "$name"
		reach "$name"
	done
}

# on_each FUNCTION: calls it with the name of a path, its namespaces' prefix, b's namespace and address
on_each() {
	local name target
	for name in "${TRAFFIC_PATHS[@]}"; do
		read -ra target <<<"$(path_target "$name")"
		"$1" "$name" "${target[@]}" || return
	done
}

longer() { awk -v s="$1" 'BEGIN { print s + 0.5 }'; } # longer SECONDS: so that a sender outlasts who counts
listens() { in_ns "$1" "$2" ss -Hltn "sport = :$3" | grep -q .; }

tcp_server() {
	[ -e "$SCRATCH/iperf-$1.pid" ] && return
	start_in "iperf-$1" "$2" "$3" iperf3 -s >/dev/null 2>&1 && eventually listens "$2" "$3" 5201
}
tcp_prepare() { traffic_prepare && on_each tcp_server; }
tcp_gbits() { # tcp_gbits PATH ADDRESS: of one connection from a
	local seconds
	seconds=$(awk -v s="$SECONDS_EACH" 'BEGIN { print int(s) + (s > int(s)) }')
	in_ns "$1" a timeout 20 iperf3 -J -t "$seconds" -c "$2" | jq '.end.sum_received.bits_per_second / 1e9'
}
tcp_one() { sample tcp_gbits "$1" "$(tcp_gbits "$2" "$4")"; }
tcp_measure() { on_each tcp_one; }

talk_server() {
	[ -e "$SCRATCH/talk-$1.pid" ] && return
	start_in "talk-$1" "$2" "$3" talk serve $TALK_PORT && eventually listens "$2" "$3" $TALK_PORT
}
latency_prepare() { traffic_prepare && on_each talk_server; }
latency_one() {
	local figures
	read -ra figures <<<"$(in_ns "$2" a talk ask "$4" $TALK_PORT "$SECONDS_EACH")"
	sample latency_p50_ns "$1" "${figures[0]:-}" && sample latency_p99_ns "$1" "${figures[1]:-}"
}
latency_measure() { on_each latency_one; }

connections_prepare() { latency_prepare; }
connections_one() { sample connections "$1" "$(in_ns "$2" a talk connect "$4" $TALK_PORT "$SECONDS_EACH")"; }
connections_measure() { on_each connections_one; }

# udp_flood PATH B ADDRESS SECONDS: prints how many a second have arrived
udp_flood() {
	in_ns "$1" "$2" datagrams receive $FLOOD_PORT "$4" >"$SCRATCH/arrived" &
	local receiver=$!
	eventually bound "$1" "$2"
	in_ns "$1" a datagrams send "$3" $FLOOD_PORT "$(longer "$4")" >"$SCRATCH/sent" || return
	wait "$receiver" && cat "$SCRATCH/arrived"
}
bound() { in_ns "$1" "$2" ss -Hlun "sport = :$FLOOD_PORT" | grep -q .; }

udp_prepare() { traffic_prepare; }
udp_one() {
	local sent
	sample udp_pps "$1" "$(udp_flood "$2" "$3" "$4" "$SECONDS_EACH")" || return
	read -ra sent <"$SCRATCH/sent"
	sample udp_sent_pps "$1" "${sent[0]:-}" && sample udp_sent_per_cpu_s "$1" "${sent[1]:-}"
}
udp_measure() { on_each udp_one; }

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What isn't per packet: misses, the manager's answers, apply, memory. Sourced by scripts/bench.

LATENCY_MISSES=500 # first packets in a round
MISS_WINDOW=512 # first packets on their way at once
LOAD_HOSTS=1000
LOAD_NODES=100000
LOAD_ASKERS=8 # hosts that ask
LOAD_WINDOW=64 # open questions of each

rss_octets() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$1/status"; }
cpu_ns() { awk '{ print $1 }' "/proc/$1/schedstat"; } # that it has run
address_plus() { # address_plus ADDRESS N
	local octets
	IFS=. read -ra octets <<<"$1"
	local sum=$((octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]))
	sum=$((sum + $2))
	echo $((sum >> 24)).$((sum >> 16 & 255)).$((sum >> 8 & 255)).$((sum & 255))
}

# ---- misses --------------------------------------------------------------------------------------

misses_prepare() { path_up weft-0; }

# Each round takes other addresses: the share of $WIDE that is its own.
misses_measure() {
	local share=$((WIDE_NODES / ROUNDS)) first weftd figures fabric=/run/netns/$RUN:weft:f
	first=$(address_plus $WIDE $(((round - 1) * share)))
	weftd=$(cat "$SCRATCH/weft-ha.pid")
	reach weft-2
	mappings "$PINS/weft-ha" 0x5a 10.0.2.3 $WIDE 0 || return
	[ "$round" != 1 ] || rss_octets "$weftd" >"$SCRATCH/weftd-rss"
	read -ra figures <<<"$(in_ns weft a misses latency "$fabric" ha "$first" $LATENCY_MISSES)"
	sample miss_first_p50_ns weft "${figures[0]:-}"
	sample miss_first_p99_ns weft "${figures[1]:-}"
	sample miss_second_p50_ns weft "${figures[2]:-}"
	sample miss_second_p99_ns weft "${figures[3]:-}"
	sample miss_lost "one after the other" "${figures[4]:-}"
	read -ra figures <<<"$(in_ns weft a misses rate "$fabric" ha "$(address_plus "$first" $LATENCY_MISSES)" \
		$((share - LATENCY_MISSES)) $MISS_WINDOW)"
	sample misses_per_s weft "${figures[0]:-}"
	sample miss_lost "$MISS_WINDOW at once" "${figures[1]:-}"
}

# The memory of a map, in octets: what its owner's file descriptors say
map_octets() { # map_octets PID KEY_SIZE
	awk -v key="$2" 'FNR == 1 { type = size = 0 } $1 == "map_type:" { type = $2 } $1 == "key_size:" { size = $2 }
		$1 == "memlock:" && type == 9 && size == key { print $2; exit }' "/proc/$1/fdinfo/"*
}

misses_finish() {
	local weftd count=$((WIDE_NODES / ROUNDS * ROUNDS))
	weftd=$(cat "$SCRATCH/weft-ha.pid")
	sample weftd_octets_per_mapping weftd \
		$((($(rss_octets "$weftd") - $(cat "$SCRATCH/weftd-rss")) / count))
	sample kernel_octets_per_mapping mappings "$(($(map_octets "$weftd" 8) / 1048576))"
	sample kernel_octets_per_mapping neighbours "$(($(map_octets "$weftd" 16) / 1048576))"
}

# ---- a manager under load ------------------------------------------------------------------------

# load_topology NODES: spread over the hosts, all in one subnet
load_topology() {
	awk -v hosts=$LOAD_HOSTS -v count="$1" 'BEGIN {
		print "weft: 1\nhosts:"
		for (i = 0; i < hosts; i++)
			printf "  host-%d: {locator: \"2001:db8:1:%x::/64\"}\n", i, i
		print "networks:\n  load:\n    id: 0x5a\n    subnets: {wide: 10.64.0.0/10}\n    nodes:"
		for (i = 0; i < count; i++) {
			a = i + 2
			printf "      n%d: {host: host-%d, subnet: wide, v4: 10.%d.%d.%d}\n",
				i, i % hosts, 64 + int(a / 65536), int(a / 256) % 256, a % 256
		}
	}'
}

# manager_start NAME [COMMAND...]: run by COMMAND, its files called NAME
manager_start() {
	local name=$1 log=$SCRATCH/$1.log
	shift
	[ -e "/run/netns/$RUN:$name:m" ] || namespace_add "$name" m
	start_in "$name" "$name" m "$@" weft-manager --state "$SCRATCH/$name.db" \
		--socket "$SCRATCH/$name.sock" 2>>"$log"
	eventually test -S "$SCRATCH/$name.sock"
	eventually env WEFT_MANAGER="$SCRATCH/$name.sock" weft get networks >/dev/null 2>&1
}

manager_stop() {
	stop "$1"
	rm -f "$SCRATCH/$1.sock"
}

resolve_prepare() {
	load_topology $LOAD_NODES >"$SCRATCH/load.yaml"
	manager_start resolve taskset -c 1
	WEFT_MANAGER=$SCRATCH/resolve.sock weft apply -o json "$SCRATCH/load.yaml" >/dev/null || die "no apply"
}

resolve_measure() {
	local manager before after figures
	manager=$(cat "$SCRATCH/resolve.pid")
	before=$(cpu_ns "$manager")
	read -ra figures <<<"$(in_ns resolve m taskset -c 0 resolve ::1 7470 $LOAD_ASKERS $LOAD_WINDOW \
		"$SECONDS_EACH" $WIDE $LOAD_NODES)"
	after=$(cpu_ns "$manager")
	sample resolutions_per_s "one core" "${figures[0]:-}"
	sample resolutions_per_cpu_s "one core" "$(jq -n "${figures[1]:-} * 1e9 / ($after - $before)")"
}

# ---- apply ---------------------------------------------------------------------------------------

apply_prepare() {
	load_topology $LOAD_NODES >"$SCRATCH/load.yaml"
	load_topology $((LOAD_NODES + 1)) >"$SCRATCH/load-and-one.yaml"
}

# apply_one VARIANT FILE: CPU seconds of CLI and manager, and how long the operator waits
apply_one() {
	local manager before times TIMEFORMAT='%R %U %S'
	manager=$(cat "$SCRATCH/apply.pid")
	before=$(cpu_ns "$manager")
	times=$({ time WEFT_MANAGER="$SCRATCH/apply.sock" weft apply -o json "$2" >"$SCRATCH/applied" 2>&1; } 2>&1) ||
		{ cat "$SCRATCH/applied" >&2; return 1; }
	read -ra times <<<"$times"
	sample apply_cpu_s "$1" "$(jq -n "${times[1]} + ${times[2]} + ($(cpu_ns "$manager") - $before) / 1e9")"
	sample apply_wait_s "$1" "${times[0]}"
}

apply_measure() {
	local empty full
	rm -f "$SCRATCH"/apply.db*
	manager_start apply
	empty=$(rss_octets "$(cat "$SCRATCH/apply.pid")")
	apply_one "100k nodes" "$SCRATCH/load.yaml" || return
	apply_one "one node more" "$SCRATCH/load-and-one.yaml" || return
	full=$(rss_octets "$(cat "$SCRATCH/apply.pid")")
	sample manager_octets_per_node "after apply" $(((full - empty) / LOAD_NODES))
	manager_stop apply
	manager_start apply
	full=$(rss_octets "$(cat "$SCRATCH/apply.pid")")
	sample manager_octets_per_node "after a restart" $(((full - empty) / LOAD_NODES))
	manager_stop apply
}

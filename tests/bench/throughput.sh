#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# TCP throughput of weft beside plain IPv4 routing, on namespaces of one shape:
#
#   node a --- host ha --- fabric f --- host hb --- node b
#
# Weft: A to H of figure 2, across two logical routers, re-headed to IPv6 and back. Routing: the
# hosts and the fabric forward the nodes' IPv4. Alternating runs in one go, medians, and their ratio;
# the figures themselves mean little, these machines are noisy.
#
# usage: tests/bench/throughput.sh [BUILD [ROUNDS [SECONDS]]]
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build}
rounds=${2:-5}
seconds=${3:-3}
weft=$build/weft
lab=bench$$
prefix=weft-bench$$

in_ns() { local ns=$1; shift; nsenter --net="/run/netns/$prefix-$ns" "$@"; }

cleanup() {
	for ns in a ha f hb b; do
		ip netns pids "$prefix-$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
		ip netns del "$prefix-$ns" 2>/dev/null || true
	done
	"$weft" lab down --name "$lab" >/dev/null 2>&1 || true
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# link NS1 IF1 ADDRESS1 NS2 IF2 ADDRESS2
link() {
	ip link add "$2" netns "$prefix-$1" mtu 1600 type veth peer name "$5" netns "$prefix-$4" mtu 1600
	ip -n "$prefix-$1" address add "$3" dev "$2"
	ip -n "$prefix-$4" address add "$6" dev "$5"
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$4" link set "$5" up
}

routing_up() {
	for ns in a ha f hb b; do ip netns add "$prefix-$ns"; done
	link a eth0 10.0.0.2/24 ha tap 10.0.0.1/24
	link ha nic 192.168.1.1/30 f ha 192.168.1.2/30
	link f hb 192.168.2.2/30 hb nic 192.168.2.1/30
	link hb tap 10.1.5.1/24 b eth0 10.1.5.3/24
	ip -n "$prefix-a" link set eth0 mtu 1500
	ip -n "$prefix-b" link set eth0 mtu 1500
	for ns in ha f hb; do in_ns $ns sysctl -qw net.ipv4.ip_forward=1; done
	ip -n "$prefix-a" route add default via 10.0.0.1
	ip -n "$prefix-ha" route add default via 192.168.1.2
	ip -n "$prefix-f" route add 10.0.0.0/24 via 192.168.1.1
	ip -n "$prefix-f" route add 10.1.5.0/24 via 192.168.2.1
	ip -n "$prefix-hb" route add default via 192.168.2.2
	ip -n "$prefix-b" route add default via 10.1.5.1
}

gigabits() { jq '.end.sum_received.bits_per_second / 1e9'; }
median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

run_routing() { timeout $((seconds + 10)) nsenter --net="/run/netns/$prefix-a" iperf3 -J -t "$seconds" -c 10.1.5.3 | gigabits; }
run_weft() { timeout $((seconds + 10)) "$weft" lab exec --name "$lab" Z/A -- iperf3 -J -t "$seconds" -c 10.1.5.3 | gigabits; }

routing_up
in_ns b iperf3 -s -D >/dev/null
"$weft" lab up --name "$lab" examples/figure2.yaml >/dev/null
"$weft" lab exec --name "$lab" Z/H -- iperf3 -s -D >/dev/null
sleep 0.5 # iperf3's daemon says nothing when it listens

routing=() through=()
for ((round = 0; round < rounds; round++)); do
	routing+=("$(run_routing)")
	through+=("$(run_weft)")
done
r=$(printf '%s\n' "${routing[@]}" | median)
w=$(printf '%s\n' "${through[@]}" | median)
printf 'routing  %s\nweft     %s\n' "${routing[*]}" "${through[*]}"
awk -v r="$r" -v w="$w" -v n="$rounds" 'BEGIN {
	printf "TCP Gbit/s, median of %d: weft across two logical routers %.2f, plain routing %.2f, ratio %.2f\n", n, w, r, w / r }'

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The paths that are compared: sourced by scripts/bench. All are of one shape, five namespaces each,
# with veths between them; nodes have an MTU of 1500, the fabric 1600.
#
#   node a  eth0 --- tap  host ha  nic --- ha  fabric f  hb --- nic  host hb  tap --- eth0  node b
#
# A path has a name, the namespaces $RUN:NAME:*, and the address of its b.

A_MAC=02:00:00:00:00:0a B_MAC=02:00:00:00:00:0b
HA_LOCATOR=2001:db8:0:a::/64 HB_LOCATOR=2001:db8:0:b::/64

# in_ns PATH NAMESPACE COMMAND...: not `ip netns exec`, which hides pinned BPF objects
in_ns() {
	local ns=/run/netns/$RUN:$1:$2
	shift 2
	nsenter --net="$ns" "$@"
}
# start_in NAME PATH NAMESPACE COMMAND...: in the background, its process id in $SCRATCH/NAME.pid
start_in() {
	local pid=$SCRATCH/$1.pid ns=/run/netns/$RUN:$2:$3
	shift 3
	nsenter --net="$ns" "$@" &
	echo $! >"$pid"
}
stop() { # stop NAME: what start_in has started
	local pid
	pid=$(cat "$SCRATCH/$1.pid")
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm "$SCRATCH/$1.pid"
}
ip_in() { # ip_in PATH NAMESPACE ARGUMENT...
	local ns=$RUN:$1:$2
	shift 2
	ip -n "$ns" "$@"
}
set_in() { # set_in PATH NAMESPACE SYSCTL=VALUE...
	local path=$1 ns=$2
	shift 2
	in_ns "$path" "$ns" sysctl -qw "$@"
}

namespace_add() { # namespace_add PATH NAME...
	local path=$1 name
	shift
	for name; do
		ip netns add "$RUN:$path:$name"
		ip_in "$path" "$name" link set lo up
		set_in "$path" "$name" net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
}

link_add() { # link_add PATH NAMESPACE INTERFACE NAMESPACE INTERFACE
	ip link add "$3" netns "$RUN:$1:$2" mtu 1600 type veth peer name "$5" netns "$RUN:$1:$4" mtu 1600
	ip_in "$1" "$2" link set "$3" up
	ip_in "$1" "$4" link set "$5" up
}

# node_add PATH NODE MAC HOST INTERFACE [ADDRESS/LENGTH [GATEWAY]]
node_add() {
	namespace_add "$1" "$2"
	set_in "$1" "$2" net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	link_add "$1" "$2" eth0 "$4" "$5"
	ip_in "$1" "$2" link set eth0 mtu 1500 address "$3"
	[ -z "${6:-}" ] || ip_in "$1" "$2" address add "$6" dev eth0
	[ -z "${7:-}" ] || ip_in "$1" "$2" route add default via "$7"
}

# shape_add PATH A B: the five namespaces; A and B are what node_add takes from the address on
shape_add() {
	local path=$1
	namespace_add "$path" f ha hb
	link_add "$path" ha nic f ha
	link_add "$path" f hb hb nic
	set_in "$path" f net.ipv6.conf.all.forwarding=1
	ip_in "$path" ha address add fd00:a::1/64 dev nic
	ip_in "$path" f address add fd00:a::f/64 dev ha
	ip_in "$path" f address add fd00:b::f/64 dev hb
	ip_in "$path" hb address add fd00:b::1/64 dev nic
	ip_in "$path" ha -6 route add default via fd00:a::f
	ip_in "$path" hb -6 route add default via fd00:b::f
	# shellcheck disable=SC2086 # address and gateway
	node_add "$path" a $A_MAC ha tap $2
	# shellcheck disable=SC2086
	node_add "$path" b $B_MAC hb tap $3
}

# ---- what one would use instead ------------------------------------------------------------------

routing_up() { # no overlay: everybody routes the nodes' IPv4
	local ns
	shape_add routing "10.0.0.2/24 10.0.0.1" "10.0.1.2/24 10.0.1.1"
	for ns in ha f hb; do set_in routing $ns net.ipv4.ip_forward=1; done
	ip_in routing ha address add 10.0.0.1/24 dev tap
	ip_in routing hb address add 10.0.1.1/24 dev tap
	ip_in routing ha address add 192.168.1.1/30 dev nic
	ip_in routing f address add 192.168.1.2/30 dev ha
	ip_in routing f address add 192.168.2.2/30 dev hb
	ip_in routing hb address add 192.168.2.1/30 dev nic
	ip_in routing ha route add default via 192.168.1.2
	ip_in routing hb route add default via 192.168.2.2
	ip_in routing f route add 10.0.0.0/24 via 192.168.1.1
	ip_in routing f route add 10.0.1.0/24 via 192.168.2.1
}

# bridge_add PATH HOST BRIDGE VXLAN ID PORT LOCAL REMOTE
bridge_add() {
	ip_in "$1" "$2" link add "$4" mtu 1500 type vxlan id "$5" local "$7" remote "$8" dstport "$6" \
		udp6zerocsumtx udp6zerocsumrx
	ip_in "$1" "$2" link add "$3" type bridge
	ip_in "$1" "$2" link set "$4" up master "$3"
	ip_in "$1" "$2" link set "$3" up
}

vxlan_up() { # an overlay by encapsulation: one subnet
	shape_add vxlan 10.0.0.2/24 10.0.0.3/24
	bridge_add vxlan ha br0 vx0 7 4789 fd00:a::1 fd00:b::1
	bridge_add vxlan hb br0 vx0 7 4789 fd00:b::1 fd00:a::1
	ip_in vxlan ha link set tap master br0
	ip_in vxlan hb link set tap master br0
}

vxlan_router_up() { # the same with two subnets, and their router on ha
	local path=vxlan-router
	shape_add $path "10.0.0.2/24 10.0.0.1" "10.0.1.2/24 10.0.1.1"
	bridge_add $path ha br0 vx0 7 4789 fd00:a::1 fd00:b::1
	bridge_add $path ha br1 vx1 8 4790 fd00:a::1 fd00:b::1
	bridge_add $path hb br1 vx1 8 4790 fd00:b::1 fd00:a::1
	ip_in $path ha link set tap master br0
	ip_in $path hb link set tap master br1
	ip_in $path ha address add 10.0.0.1/24 dev br0
	ip_in $path ha address add 10.0.1.1/24 dev br1
	set_in $path ha net.ipv4.ip_forward=1
}

srv6_up() { # IPv4 in IPv6 by the kernel
	shape_add srv6 "10.0.0.2/24 10.0.0.1" "10.0.1.2/24 10.0.1.1"
	local host
	for host in ha hb; do
		set_in srv6 $host net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
			net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.nic.seg6_enabled=1
	done
	ip_in srv6 ha address add 10.0.0.1/24 dev tap
	ip_in srv6 hb address add 10.0.1.1/24 dev tap
	ip_in srv6 ha route add 10.0.1.0/24 encap seg6 mode encap segs fd00:c:b::1 dev nic
	ip_in srv6 hb route add 10.0.0.0/24 encap seg6 mode encap segs fd00:c:a::1 dev nic
	ip_in srv6 ha -6 route add fd00:c:a::1/128 encap seg6local action End.DX4 nh4 10.0.0.2 dev tap
	ip_in srv6 hb -6 route add fd00:c:b::1/128 encap seg6local action End.DX4 nh4 10.0.1.2 dev tap
	ip_in srv6 f -6 route add fd00:c:a::/64 via fd00:a::1
	ip_in srv6 f -6 route add fd00:c:b::/64 via fd00:b::1
}

# ---- the floor: floor.bpf.c ----------------------------------------------------------------------

# floor_up PATH: one way only, from a to b
floor_up() {
	local path=$1 pins=$PINS/$1 flow
	shape_add "$path" 10.0.0.2/24 10.0.0.3/24
	ip_in "$path" a neigh add 10.0.0.3 lladdr $B_MAC dev eth0 nud permanent
	ip_in "$path" f -6 route add $HB_LOCATOR via fd00:b::1
	[ "$path" = floor ] || headroom_give "$path"
	flow="$HA_LOCATOR 10.0.0.2 $HB_LOCATOR 10.0.0.3"
	# shellcheck disable=SC2086 # four words
	in_ns "$path" ha floor "$pins" out tap nic "$(mac_of "$path" ha nic)" "$(mac_of "$path" f ha)" $flow
	# shellcheck disable=SC2086
	in_ns "$path" hb floor "$pins" in nic tap $A_MAC $B_MAC $flow
	in_ns "$path" f floor "$pins" empty ha
}

mac_of() { ip_in "$1" "$2" -j link show "$3" | jq -r ".[0].address"; } # mac_of PATH NAMESPACE INTERFACE
next_hop_mac() { # next_hop_mac PATH ADDRESS: to which a sends what is for that address
	local hop
	hop=$(ip_in "$1" a -j route get "$2" | jq -r '.[0] | .gateway // .dst')
	ip_in "$1" a -j neigh show "$hop" dev eth0 | jq -r '.[0].lladdr'
}

# A veth takes its headroom from what its other end is a bridge port beside: with it the frame of a
# node's socket can grow without being copied. The bridge stays down.
headroom_give() {
	ip_in "$1" ha link add room type vxlan id 1 local fd00:a::1 remote fd00:b::1 dstport 4789
	ip_in "$1" ha link add plate type bridge
	ip_in "$1" ha link set room master plate
	ip_in "$1" ha link set tap master plate
}

# ---- the least that XDP can be: hop.bpf.c ----------------------------------------------------------

bare_up() { # frames go out as they came in
	shape_add bare 10.0.0.2/24 10.0.0.3/24
	ip_in bare a neigh add 10.0.0.3 lladdr $B_MAC dev eth0 nud permanent
	in_ns bare ha hop redirect tap nic
	in_ns bare hb hop redirect nic tap
}

# A veth takes frames that an XDP program redirects to it if there is NAPI at its other end: an XDP program
# or GRO, which every NIC that isn't a veth has. napi_give PATH NAMESPACE INTERFACE
napi_give() { in_ns "$1" "$2" ethtool -K "$3" gro on; }

# ---- weft ----------------------------------------------------------------------------------------

# The nodes at hb, called by how many logical routers lie between them and a, and a large subnet across
# two of them: 10.64.0.0/10. Its first 100 000 addresses are declared, at a host that isn't there.
ROUTERS=(0 1 2 4 8 16)
WIDE=10.64.0.2
WIDE_NODES=100000

# The same by other datapaths, with fewer nodes.
ROUTERS_FEW=(0 2)

weft_address() { echo "10.0.$1.3"; } # weft_address ROUTERS: of the node across so many

weft_topology() { # weft_topology WIDE_NODES ROUTERS...: router k joins the subnets k - 1 and k
	local i k wide=$1
	shift
	cat <<-END
		weft: 1
		hosts:
		  ha: {locator: "$HA_LOCATOR"}
		  hb: {locator: "$HB_LOCATOR"}
		  far: {locator: "2001:db8:0:c::/64"}
		networks:
		  bench:
		    id: 0x5a
		    subnets:
		      wide: 10.64.0.0/10
	END
	for k in {0..16}; do echo "      s$k: 10.0.$k.0/24"; done
	echo "    routers:"
	for k in {1..16}; do
		echo "      r$k:"
		echo "        interfaces: {s$((k - 1)): 10.0.$((k - 1)).254, s$k: 10.0.$k.1$([ "$k" != 2 ] || echo ', wide: 10.64.0.1')}"
		echo "        routes:"
		[ "$k" = 16 ] || echo "          10.0.$((k + 1)).0/24: 10.0.$k.254"
		for ((i = k + 2; i <= 16; i++)); do echo "          10.0.$i.0/24: 10.0.$k.254"; done
		for ((i = 0; i < k - 1; i++)); do echo "          10.0.$i.0/24: 10.0.$((k - 1)).1"; done
		[ "$k" -ge 2 ] || echo "          10.64.0.0/10: 10.0.$k.254"
		[ "$k" -le 2 ] || echo "          10.64.0.0/10: 10.0.$((k - 1)).1"
	done
	echo "    nodes:"
	echo "      a: {host: ha, subnet: s0, v4: 10.0.0.2, mac: \"$A_MAC\", interface: tap}"
	for k; do
		echo "      b$k: {host: hb, subnet: s$k, v4: $(weft_address "$k"), mac: \"02:00:00:00:01:$(printf %02x "$k")\", interface: tap$k}"
	done
	wide_nodes far "$wide"
}

# wide_nodes HOST COUNT: lines of the topology, one for each address from $WIDE on
wide_nodes() {
	awk -v host="$1" -v count="$2" 'BEGIN {
		for (i = 0; i < count; i++) {
			a = i + 2
			printf "      n%d: {host: %s, subnet: wide, v4: 10.%d.%d.%d}\n",
				i, host, 64 + int(a / 65536), int(a / 256) % 256, a % 256
		}
	}'
}

weftd_start() { # weftd_start PATH HOST OPTION...
	local path=$1 host=$2
	shift 2
	start_in "$path-$host" "$path" "$host" weftd --host "$host" --manager "[fd00:${host#h}::f]:7470" \
		--interface nic --pins "$PINS/$path-$host" --socket "$SCRATCH/$path-$host.sock" \
		--miss-rate 1000000:1000000 "$@" 2>"$SCRATCH/$path-$host.log"
}

weft_manager_start() { # weft_manager_start PATH TOPOLOGY
	local socket=$SCRATCH/$1-manager.sock
	start_in "$1-manager" "$1" f weft-manager --state "$SCRATCH/$1-state.db" --socket "$socket" \
		2>"$SCRATCH/$1-manager.log"
	eventually test -S "$socket"
	WEFT_MANAGER=$socket weft apply -o json "$2" >/dev/null
}

# weft_nodes_add PATH ROUTERS...: the nodes at hb
weft_nodes_add() {
	local path=$1 k
	shift
	for k; do
		node_add "$path" "b$k" "02:00:00:00:01:$(printf %02x "$k")" hb "tap$k" "$(weft_address "$k")/24" \
			"10.0.$k.$([ "$k" = 0 ] && echo 254 || echo 1)"
	done
}

# weft_shape_add PATH WIDE_NODES ROUTERS...: everything but the hosts' daemons
weft_shape_add() {
	local path=$1 wide=$2
	shift 2
	shape_add "$path" "10.0.0.2/24 10.0.0.254" ""
	ip_in "$path" b link del eth0 # its nodes follow
	weft_nodes_add "$path" "$@"
	ip_in "$path" f -6 route add $HA_LOCATOR via fd00:a::1
	ip_in "$path" f -6 route add $HB_LOCATOR via fd00:b::1
	ip_in "$path" f -6 route add blackhole 2001:db8:0:c::/64
	weft_topology "$wide" "$@" >"$SCRATCH/$path.yaml"
	weft_manager_start "$path" "$SCRATCH/$path.yaml"
}

# weft_daemons_start PATH OPTION...
weft_daemons_start() {
	weftd_start "$1" ha "${@:2}"
	weftd_start "$1" hb "${@:2}"
}

weft_up() {
	local k
	weft_shape_add weft $WIDE_NODES "${ROUTERS[@]}"
	weft_daemons_start weft --datapath tc --mappings 1048576
	for k in "${ROUTERS[@]}"; do reach "weft-$k"; done
}

weft_guard_up() { # the NIC drops in XDP what tc would drop
	weft_shape_add weft-guard 0 "${ROUTERS_FEW[@]}"
	weft_daemons_start weft-guard --datapath tc --datapath nic=guard
}

weft_xdp_up() {
	local k
	weft_shape_add weft-xdp 0 "${ROUTERS_FEW[@]}"
	for k in "${ROUTERS_FEW[@]}"; do napi_give weft-xdp "b$k" eth0; done
	napi_give weft-xdp a eth0
	napi_give weft-xdp f ha
	napi_give weft-xdp f hb
	weft_daemons_start weft-xdp --datapath xdp --datapath nic=xdp
}

# ---- all of them ---------------------------------------------------------------------------------

# path_target NAME: PATH, receiving namespace and address of what is compared
path_target() {
	case $1 in
	weft-*) echo "${1%-*}" "b${1##*-}" "$(weft_address "${1##*-}")" ;;
	vxlan) echo vxlan b 10.0.0.3 ;;
	floor* | bare) echo "$1" b 10.0.0.3 ;;
	*) echo "$1" b 10.0.1.2 ;;
	esac
}

# path_up NAME: once
declare -A PATHS_UP=()
path_up() {
	local path
	read -r path _ <<<"$(path_target "$1")"
	[ -z "${PATHS_UP[$path]:-}" ] || return 0
	PATHS_UP[$path]=1
	case $path in
	floor*) floor_up "$path" ;;
	*) "${path//-/_}_up" ;;
	esac
	[[ $path = @(floor*|bare) ]] || reach "$1" # these go one way only
}

# reach NAME: its b answers, which also fills neighbour tables and caches
reach() {
	local path address
	read -r path _ address <<<"$(path_target "$1")"
	eventually in_ns "$path" a ping -c 1 -W 1 -q "$address" >/dev/null
}

paths_down() {
	local ns pid
	for pid in "$SCRATCH"/*.pid; do
		[ -e "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
	done
	for ns in $(ip netns list | awk -v run="$RUN:" 'index($1, run) == 1 { print $1 }'); do
		ip netns pids "$ns" | xargs -r kill -9 2>/dev/null
		ip netns del "$ns"
	done
	rm -rf "$PINS"
}

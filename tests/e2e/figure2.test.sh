#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Figure 2 of the document, emulated: two networks with the same addresses, over one IPv6 fabric.
#
#   Z:  A .2 (R)                                                          H .3 (S)
#       G .3 (S) --- front 10.0.0.0/24 --- J --- core --- L --- back 10.1.5.0/24
#                                          |
#       C .1 (R) --- mid 10.0.5.0/24 ------+         J and L: nowhere but in the maps
#
#   Y:  D .3 (R)
#       E .2 (S) --- front 10.0.0.0/24
#
#     host R  2001:db8:0:a::/64 ----- fabric ----- host S  2001:db8:0:b::/64
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

A=10.0.0.2 C=10.0.5.1 G=10.0.0.3 H=10.1.5.3
J=10.0.0.1 L=10.255.0.2
D=$G E=$A # in Y

lab_up fig examples/figure2.yaml

# ---- what the nodes believe ------------------------------------------------------------------------

pings() { on "$1" ping -c 1 -W 2 "$2"; }

it "carries the first ping from A to G" pings Z/A $G
it "carries the first ping from A to H, through J and L" pings Z/A $H
it "carries a ping from C to A, on one host and through J" pings Z/C $A

route_is() { # route_is NODE ADDRESS HOPS
	equal "the route" "$(on "$1" traceroute -n -q 1 -w 2 "$2" | awk 'NR > 1 {print $2}' | xargs)" "$3"
}
it "shows A the routers J and L on the way to H" route_is Z/A $H "$J $L $H"
it "shows H the routers L and J on the way to A" route_is Z/H $A "10.1.5.1 10.255.0.1 $A"
it "shows no router between A and G" route_is Z/A $G $G

every_interface_answers() {
	local address
	for address in 10.0.0.1 10.0.5.254 10.255.0.1 10.255.0.2 10.1.5.1; do
		pings Z/A $address
	done
}
it "answers ping from every interface of J and L" every_interface_answers

arp_has_the_macs() {
	pings Z/A $G
	pings Z/A $J
	on Z/A ip neighbour show $J | grep 'lladdr 00:01:42:09:88:73'
	on Z/A ip neighbour show $G | grep "lladdr $(mac_of Z/G)"
}
it "answers ARP with the MACs of the file and of the nodes" arp_has_the_macs

says_unreachable() { # says_unreachable ADDRESS WORDS
	fails on Z/A ping -c 1 -W 3 "$1" >"$SCRATCH/said"
	grep -F "From $J icmp_seq=1 $2" "$SCRATCH/said" || { cat "$SCRATCH/said"; return 1; }
}
it "says that J has no route to 10.9.9.9" says_unreachable 10.9.9.9 "Destination Net Unreachable"
it "says that nobody in mid has 10.0.5.77" says_unreachable 10.0.5.77 "Destination Host Unreachable"

# ---- networks are apart ------------------------------------------------------------------------------

same_address_other_machine() {
	watch at_d Y/D -i eth0 icmp
	watch at_g Z/G -i eth0 icmp
	on Y/E ping -c 1 -W 2 -s 111 $D
	on Z/A ping -c 1 -W 2 -s 222 $G
	saw at_d 'echo reply.* length 119'
	saw at_g 'echo reply.* length 230'
	fails grep 'length 230' "$SCRATCH/at_d"
	fails grep 'length 119' "$SCRATCH/at_g"
}
it "reaches D at 10.0.0.3 in Y, and G at 10.0.0.3 in Z" same_address_other_machine

nothing_of_z_reaches_y() {
	local to
	watch at_d Y/D -i eth0
	watch at_e Y/E -i eth0
	for to in $G $C $H $J; do
		pings Z/A "$to"
	done
	on Z/A ping -c 3 -i 0.05 -W 1 -b 10.0.0.255 || true
	fails on Z/A ping -c 1 -W 2 10.0.0.77
	# To the MAC of D, which is on the same host.
	on Z/A frame eth0 from-mac "$(mac_of Z/A)" to-mac "$(mac_of Y/D)" from $A to $D text stray
	# What D and E say to each other comes last in both.
	on Y/E ping -c 1 -W 2 -s 111 $D
	saw at_d 'echo reply.* length 119'
	saw at_e 'echo reply.* length 119'
	fails grep -Ev "length 119$|ARP.*(who-has|Reply) ($D|$E) " "$SCRATCH/at_d"
	fails grep -Ev "length 119$|ARP.*(who-has|Reply) ($D|$E) " "$SCRATCH/at_e"
}
it "lets nothing of Z reach a node of Y" nothing_of_z_reaches_y

# ---- headers come back as they were --------------------------------------------------------------------

ttl_is_62() {
	watch at_h Z/H -v -i eth0 icmp
	on Z/A ping -c 1 -W 2 -t 64 $H
	saw at_h 'ttl 62,'
}
it "lowers the TTL by the two logical routers: 64 at A is 62 at H" ttl_is_62

tos_and_df_survive() {
	watch at_h Z/H -v -i eth0 "icmp[icmptype] == icmp-echo"
	on Z/A ping -c 1 -W 2 -Q 0xb8 -M 'do' -s 1472 $H
	saw at_h 'tos 0xb8,.*flags \[DF\].*length 1500'
	on Z/A ping -c 1 -W 2 -M dont -s 10 $H
	saw at_h 'tos 0x0,.*flags \[none\].*length 38'
}
it "keeps TOS and DF" tos_and_df_survive

fragments_arrive() { on Z/A ping -c 2 -i 0.1 -W 2 -M dont -s 9000 $H; }
it "carries fragments" fragments_arrive

same_host_stays_inside() {
	watch at_nic fabric -i R "ip6 and net 2001:db8::/32" # XDP hides what it sends and takes on its host
	pings Z/A $C
	on Z/A ping -c 1 -W 2 -s 333 $G
	saw at_nic 'a00:2 >.*'
	fails grep 'a00:501' "$SCRATCH/at_nic"
}
it "delivers between nodes of one host without the substrate" same_host_stays_inside

decodes() {
	local source
	watch at_fabric fabric -i R "ip6 and src net 2001:db8:0:a::/64"
	pings Z/A $H
	saw at_fabric ' > '
	source=$(awk '{print $3; exit}' "$SCRATCH/at_fabric")
	equal "the source" "$source" 2001:db8:0:a:0:5a:a00:2
	weft address decode "$source" | grep -F "$A"
}
it "puts A's address into its substrate address" decodes

# ---- speed ---------------------------------------------------------------------------------------------

gso_stays_whole() {
	on Z/H iperf3 -s -1 -D
	watch at_fabric fabric -i S -c 3 "ip6 and dst net 2001:db8:0:b::/64 and greater 60000"
	eventually on Z/A iperf3 -c $H -n 500M
	saw at_fabric 'length 6[0-9]{4}'
}
if [ "${WEFT_DATAPATH:-tc}" = tc ]; then
	it "carries a TCP stream from A to H in frames of 64 KiB" gso_stays_whole
else
	skip "carries a TCP stream from A to H in frames of 64 KiB" "a veth with XDP has no such frames"
fi

# ---- liars -----------------------------------------------------------------------------------------------

# counted HOST REASON COMMAND...: the command makes the counter go up
counted() {
	local host=$1 reason=$2 before
	before=$(counter "$host" "$reason")
	shift 2
	"$@"
	[ "$(counter "$host" "$reason")" -gt "$before" ] || {
		echo "$reason of $host is still $before"
		return 1
	}
}

a_sends() { # a_sends TEXT FROM_MAC FROM: a frame from A to G
	on Z/A frame eth0 from-mac "$2" to-mac "$(mac_of Z/G)" from "$3" to $G text "$1"
}

foreign_source_is_dropped() {
	watch at_g Z/G -A -i eth0 udp
	counted R source_mac_foreign a_sends WRONG-MAC 02:00:00:00:00:99 $A
	counted R source_address_foreign a_sends WRONG-ADDRESS "$(mac_of Z/A)" 10.0.0.9
	counted R forwarded a_sends RIGHT "$(mac_of Z/A)" $A
	saw at_g RIGHT
	fails grep WRONG "$SCRATCH/at_g"
}
it "drops and counts frames with a foreign MAC or source address" foreign_source_is_dropped

# Somebody on the fabric sends to S, from A's address behind some locator. The TTL is in the flow label.
fabric_sends() { # fabric_sends TEXT LOCATOR
	on fabric frame S from-mac "$(on fabric cat /sys/class/net/S/address)" \
		to-mac "$(on S cat /sys/class/net/nic/address)" \
		from "$2:0:5a:a00:2" to 2001:db8:0:b:0:5a:a00:3 label $((64 << 12)) text "$1"
}

wrong_locator_is_dropped() {
	pings Z/G $A
	watch at_g Z/G -vv -A -i eth0 udp
	counted S substrate_source_spoofed fabric_sends WRONG 2001:db8:0:c
	counted S delivered fabric_sends RIGHT 2001:db8:0:a
	saw at_g RIGHT
	saw at_g "udp sum ok"
	fails grep WRONG "$SCRATCH/at_g"
}
it "drops and counts a substrate packet from the wrong locator" wrong_locator_is_dropped

# ---- the substrate ---------------------------------------------------------------------------------------

# Leads the packets for S through one more router:  R -- fabric == detour == fabric -- S
make_detour() {
	local fabric=weft:$LAB:fabric detour=weft:$LAB:detour
	ip netns add "$detour"
	ip netns exec "$detour" sysctl -qw net.ipv6.conf.all.forwarding=1
	ip link add out netns "$fabric" type veth peer out netns "$detour"
	ip link add back netns "$fabric" type veth peer back netns "$detour"
	ip -n "$detour" link set lo up
	for link in out back; do
		ip -n "$fabric" link set $link mtu 1528 addrgenmode none up
		ip -n "$detour" link set $link mtu 1528 addrgenmode none up
		ip -n "$fabric" addr add fe80::1/64 dev $link nodad
		ip -n "$detour" addr add fe80::2/64 dev $link nodad
	done
	ip -n "$detour" -6 route add default via fe80::1 dev back
	ip -n "$fabric" -6 route add 2001:db8:0:b::/64 via fe80::2 dev S table 77
	ip -n "$fabric" -6 rule add iif back lookup 77
	ip -n "$fabric" -6 route replace 2001:db8:0:b::/64 via fe80::2 dev out
}

hop_limit_at_s() {
	watch at_s fabric -v -i S -c 1 "icmp6 or ip6 proto 1 and src net 2001:db8:0:a::/64"
	pings Z/A $H >&2
	saw at_s 'hlim [0-9]+' >&2
	grep -Eo 'hlim [0-9]+' "$SCRATCH/at_s"
}

fabric_hops_do_not_show() {
	equal "the hop limit at S with one router" "$(hop_limit_at_s)" "hlim 63"
	make_detour
	equal "the hop limit at S with three routers" "$(hop_limit_at_s)" "hlim 61"
	ttl_is_62
	route_is Z/A $H "$J $L $H"
}
it "keeps the hops of the fabric out of the TTL at H" fabric_hops_do_not_show

# ---- death and return --------------------------------------------------------------------------------------

# survives COMMAND...: a ping between nodes that know each other loses nothing while it runs
survives() {
	local ping
	pings Z/A $G
	on Z/A ping -q -i 0.05 -c 60 -W 2 $G >"$SCRATCH/ping" &
	ping=$!
	"$@"
	wait $ping
	grep -F ' 60 received' "$SCRATCH/ping" || { cat "$SCRATCH/ping"; return 1; }
}
kill_daemon() { kill -KILL "$(daemon_pid "$1")"; }
restart() { timeout 40 weft lab restart --name "$LAB" "$@"; }

weftd_dies() {
	kill_daemon host-R
	sleep 0.5 # packets that nobody but the kernel carries
	restart --host R
}
weftd_survived() {
	survives weftd_dies
	pings Z/C $H # what R has not resolved yet
}
it "loses no packet when R's weftd is killed, and recovers" weftd_survived

manager_dies() {
	kill_daemon manager
	sleep 0.5
	restart --manager
}
manager_survived() {
	survives manager_dies
	pings Z/C $G
}
it "loses no packet when the manager is killed, and recovers" manager_survived

all_die() {
	kill_daemon host-R
	kill_daemon host-S
	kill_daemon manager
	sleep 0.5
	restart --manager
	restart --host R
	restart --host S
}
all_survived() {
	survives all_die
	pings Z/H $C
}
it "loses no packet when all of them are killed, and recovers" all_survived

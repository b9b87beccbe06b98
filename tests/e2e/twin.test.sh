#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The physical twin of examples/figure2.yaml, from Linux bridges and routers:
#
#   Z:  A .2 ---+                                                +--- H .3
#       G .3 ---+-- front 10.0.0.0/24 -- J -- core -- L -- back 10.1.5.0/24
#                                        |
#       C .1 ------ mid 10.0.5.0/24 -----+
#
#   Y:  D .3 ---+-- front 10.0.0.0/24
#       E .2 ---+
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

lab_up twin examples/figure2.yaml --physical

a_reaches_g() { on Z/A ping -c 1 -W 2 10.0.0.3; }
it "carries a ping from A to G through a bridge" a_reaches_g

c_reaches_h() { on Z/C ping -c 1 -W 2 10.1.5.3; }
it "carries a ping from C to H through J and L" c_reaches_h

a_traces_h() {
	equal "the route" "$(on Z/A traceroute -n -q 1 -w 2 10.1.5.3 | awk 'NR > 1 {print $2}' | xargs)" \
		"10.0.0.1 10.255.0.2 10.1.5.3"
}
it "shows A the routers J and L on the way to H" a_traces_h

macs_are_the_files() {
	equal "A's MAC" "$(mac_of Z/A)" 00:05:02:0b:27:44
	on Z/A ping -c 1 -W 2 10.0.0.1
	on Z/A ip neighbour show 10.0.0.1 | grep 00:01:42:09:88:73
}
it "has the MACs of the file" macs_are_the_files

nodes_are_quiet() {
	watch quiet Z/G -i eth0 not icmp and not arp
	on Z/A ping -c 3 -i 0.2 10.0.0.3
	equal "what G sees besides ping" "$(cat "$SCRATCH/quiet")" ""
}
it "sends nothing of its own accord" nodes_are_quiet

has_no_hosts() {
	fails on R true 2>"$SCRATCH/said"
	grep -q "physical" "$SCRATCH/said"
}
it "says that it has no hosts" has_no_hosts

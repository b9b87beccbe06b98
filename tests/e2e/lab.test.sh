#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `weft lab` itself: labs beside each other, labs that fail, labs that are killed. Two labs of
# examples/figure2.yaml, of which only A (on R) and G (on S) of network Z matter here:
#
#   A --- R --- fabric --- S --- G
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

namespaces() { find /run/netns -maxdepth 1 -name "weft:$1:*" 2>/dev/null; }
gone() { # gone LAB: nothing of it is left
	equal "its namespaces" "$(namespaces "$1")" ""
	equal "its directory and pins" \
		"$(find "/run/weft/lab/$1" "/sys/fs/bpf/weft/$1" -maxdepth 0 2>/dev/null)" ""
	equal "what the list has" "$(labs "^$1\$")" ""
}

# ---- wrong usage ---------------------------------------------------------------------------------------

exits() { # exits STATUS COMMAND...
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	equal "the exit status of $*" "$status" "$wanted"
}
usage_is_2() {
	exits 2 weft lab
	exits 2 weft lab raise
	exits 2 weft lab up
	exits 2 weft lab up --host R examples/figure2.yaml
	exits 2 weft lab up --name ../x examples/figure2.yaml
	exits 2 weft lab exec Z/A
	exits 2 weft lab exec --host R --substrate -- true
	exits 2 weft lab restart
	exits 2 weft lab list -o xml
}
it "refuses wrong usage with status 2" usage_is_2

absent_is_1() {
	exits 1 weft lab down --name "t$$-none"
	exits 1 weft lab exec --name "t$$-none" Z/A -- true
	exits 1 weft lab apply --name "t$$-none" examples/figure2.yaml
	exits 1 weft lab restart --name "t$$-none" --manager
	gone "t$$-none"
}
it "says that there is no such lab, and makes none" absent_is_1

bad_file_is_1() {
	printf 'weft: 1\nhosts:\n  R: {locator: nonsense}\n' >"$SCRATCH/bad.yaml"
	exits 1 weft lab up --name "t$$-bad" "$SCRATCH/bad.yaml" 2>"$SCRATCH/said"
	grep -F 'bad.yaml:3:' "$SCRATCH/said"
	exits 1 weft lab up --name "t$$-bad" "$SCRATCH/none.yaml"
	gone "t$$-bad"
}
it "makes nothing of a file with errors" bad_file_is_1

# ---- a lab ---------------------------------------------------------------------------------------------

lab_up one examples/figure2.yaml
ONE=$LAB

status_passes() {
	exits 7 on Z/A sh -c 'exit 7'
	exits 127 on Z/A no-such-program
	exits 126 on Z/A /etc/passwd
	equal "what passes through" "$(echo words | on Z/A cat)" words
	exits 1 on Z/B true
	exits 1 on T true
}
it "passes stdio and the exit status through" status_passes

node_is_as_declared() {
	on Z/A ip -j addr show dev eth0 >"$SCRATCH/eth0"
	equal "address, MAC and MTU of A" "$(jq -c '.[0] | [.addr_info[0].local, .addr_info[0].prefixlen,
		.address, .mtu, .operstate, (.addr_info | length)]' "$SCRATCH/eth0")" \
		'["10.0.0.2",24,"00:05:02:0b:27:44",1500,"UP",1]'
	equal "its default route" "$(on Z/A ip route show default)" "default via 10.0.0.1 dev eth0 "
	equal "its interfaces" "$(on Z/A ls /sys/class/net | xargs)" "eth0 lo"
}
it "gives a node its address, MAC, MTU and gateway" node_is_as_declared

daemons_are_reached() {
	on R weft status -o json | jq -e '.host == "R" and .synced'
	on S weft status -o json | jq -e '.host == "S" and .synced'
	on manager weft get nodes -o json | jq -e 'length == 6'
	on R test -d "/sys/fs/bpf/weft/$LAB/R"
}
it "lets weft speak to the daemons of a host and to the manager" daemons_are_reached

fabric_is_a_router() {
	equal "the way from R to S" "$(on R traceroute -6 -n -q 1 -w 2 fd00:77ef:0:2001:db8:0:b:0 |
		awk 'NR > 1 {print $2}' | xargs)" "fd00:77ef::2 fd00:77ef:0:2001:db8:0:b:0"
}
it "has a fabric that is a hop between hosts" fabric_is_a_router

second_up_fails() {
	exits 1 weft lab up --name "$LAB" examples/figure2.yaml
	on Z/A ping -c 1 -W 2 10.0.0.3
}
it "refuses to bring the same lab up twice, and leaves it alone" second_up_fails

# ---- beside another ---------------------------------------------------------------------------------------

lab_up two examples/figure2.yaml

labs_are_apart() {
	local lab
	for lab in "$ONE" "$LAB"; do
		LAB=$lab
		on Z/A ping -c 1 -W 2 10.0.0.3
	done
	watch at_g Z/G -i eth0 icmp
	LAB=$ONE on Z/A ping -c 2 -i 0.1 -s 111 10.0.0.3
	on Z/A ping -c 1 -s 222 10.0.0.3
	saw at_g 'echo reply.* length 230'
	fails grep 'length 119' "$SCRATCH/at_g"
}
it "keeps two labs of one file apart" labs_are_apart

list_has_both() {
	weft lab list -o json >"$SCRATCH/list"
	equal "the two labs" "$(jq -c --arg pattern "^t$$-" '[.labs[] | select(.name | test($pattern)) |
		[.state, .kind, .hosts, .nodes]]' "$SCRATCH/list")" \
		'[["up","emulated",2,6],["up","emulated",2,6]]'
	weft lab list | grep "^$ONE "
}
it "lists both" list_has_both

one_goes() {
	lab_down
	gone "$LAB"
	LAB=$ONE
	on Z/A ping -c 1 -W 2 10.0.0.3
}
it "takes one down without touching the other" one_goes
LAB=$ONE

# ---- change ------------------------------------------------------------------------------------------------

# H moves to R, E goes, I comes on a new host T.
change() {
	sed -e 's/H: {host: S/H: {host: R/' -e '/^      E: /d' \
		-e 's/^\(      G: .*\)/\1\n      I: {host: T, subnet: front, v4: 10.0.0.4}/' \
		-e 's/^\(  S: .*\)/\1\n  T: {locator: "2001:db8:0:f::\/64"}/' \
		examples/figure2.yaml
}
file_is_applied() {
	change >"$SCRATCH/changed.yaml"
	on Z/A ping -q -i 0.05 -c 40 10.0.0.3 >"$SCRATCH/ping" &
	timeout 60 weft lab apply --name "$LAB" "$SCRATCH/changed.yaml"
	on Z/A ping -c 1 -W 2 10.0.0.4
	on Z/A ping -c 1 -W 2 10.1.5.3
	on R ip link show dev Z-H
	fails on Y/E true
	wait $!
	grep -F ' 40 received' "$SCRATCH/ping" || { cat "$SCRATCH/ping"; return 1; }
	weft lab list -o json | jq -e --arg name "$LAB" '.labs[] | select(.name == $name) | .hosts == 3 and .nodes == 6'
}
it "applies a changed file: nodes and hosts come, go and move, the others don't notice" file_is_applied

back_again() {
	timeout 60 weft lab apply --name "$LAB" examples/figure2.yaml
	on Y/E ping -c 1 -W 2 10.0.0.3
	on Z/A ping -c 1 -W 2 10.1.5.3
	exits 1 on T true
	equal "pins of hosts" "$(cd "/sys/fs/bpf/weft/$LAB" && echo *)" "R S"
}
it "applies the first file again" back_again

# ---- failing -----------------------------------------------------------------------------------------------

# A directory of programs of which one is something else.
programs() { # programs DIRECTORY PROGRAM TEXT
	mkdir -p "$1"
	cp "$BUILD"/weft "$BUILD"/weftd "$BUILD"/weft-manager "$1"
	printf '%s\n' "$3" >"$1/$2"
}

failed_up_cleans_up() {
	programs "$SCRATCH/broken" weftd "#!/bin/sh
echo weftd: the sky fell >&2
exit 1"
	exits 1 "$SCRATCH/broken/weft" lab up --name "t$$-bad" examples/figure2.yaml 2>"$SCRATCH/said"
	cat "$SCRATCH/said"
	grep -F "the weftd of host 'R' isn't ready: it has ended" "$SCRATCH/said"
	grep -F "the sky fell" "$SCRATCH/said"
	gone "t$$-bad"
}
it "says what failed, shows the log and cleans up" failed_up_cleans_up

# An `up` that never gets ready.
hang_up() {
	programs "$SCRATCH/hanging" weft-manager "#!/bin/sh
exec sleep 1000"
	"$SCRATCH/hanging/weft" lab up --name "t$$-hang" examples/figure2.yaml 2>"$SCRATCH/said" &
	eventually test -e "/run/weft/lab/t$$-hang/manager.pid"
}

interrupted_up_cleans_up() {
	hang_up
	kill -TERM $!
	exits 1 wait $!
	grep -F "interrupted" "$SCRATCH/said"
	gone "t$$-hang"
}
it "cleans up when it is interrupted" interrupted_up_cleans_up

debris_is_cleared() {
	local daemon
	hang_up
	exits 1 weft lab up --name "t$$-hang" examples/figure2.yaml
	kill -KILL $!
	wait $! || true
	daemon=$(cat "/run/weft/lab/t$$-hang/manager.pid")
	test -d "/proc/$daemon"
	weft lab list | grep "^t$$-hang *incomplete"
	LAB=t$$-hang
	timeout 60 weft lab up --name "$LAB" examples/figure2.yaml 2>"$SCRATCH/said"
	grep -F "clearing away what a killed run has left" "$SCRATCH/said"
	on Z/A ping -c 1 -W 2 10.0.0.3
	lab_down
	hang_up
	kill -KILL $!
	wait $! || true
	lab_down
	gone "$LAB"
}
it "clears the debris of a killed run away" debris_is_cleared

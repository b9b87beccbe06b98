# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What end-to-end tests share: sourced by each tests/e2e/*.test.sh, which is run as root, by scripts/test
# or by hand. A test file brings up labs of its own, beside whatever is up already, and says what it
# found in TAP; however it ends, its labs end with it.
#
#   . "$(dirname "$0")/harness.sh"
#   lab_up main examples/figure2.yaml
#   a_reaches_g() { on Z/A ping -c 1 -W 2 10.0.0.3; }
#   it "carries a ping from A to G" a_reaches_g
#
# A test is a function: each of its commands must succeed (set -e), all it prints is shown if one
# doesn't. It runs in a subshell: it can't change the variables of the file.
set -u

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
PATH=$BUILD:$BUILD/tests:$PATH
LAB= # the lab that is meant
SCRATCH=$(mktemp -d /tmp/weft-test.XXXXXX) # files of this run
TESTS=0
PATIENCE_S=${PATIENCE_S:-20} # what any one command may take

# ---- tests ---------------------------------------------------------------------------------------

# it SENTENCE FUNCTION [ARGUMENT...]
it() {
	local sentence=$1 status
	shift
	TESTS=$((TESTS + 1))
	(
		trap - EXIT
		set -e -o pipefail
		"$@"
	) >"$SCRATCH/output" 2>&1 </dev/null
	status=$?
	if [ "$status" = 0 ]; then
		printf 'ok - %s\n' "$sentence"
	else
		printf 'not ok - %s\n' "$sentence"
		tail -n 60 "$SCRATCH/output" | sed 's/^/  /'
		printf '  (exit status %s)\n' "$status"
	fi
	return "$status"
}

# skip SENTENCE WHY
skip() {
	TESTS=$((TESTS + 1))
	printf 'ok - %s # SKIP %s\n' "$1" "$2"
}

# equal WHAT ACTUAL EXPECTED
equal() {
	[ "$2" = "$3" ] && return 0
	printf '%s is\n%s\nbut should be\n%s\n' "$1" "$2" "$3"
	return 1
}

# fails COMMAND...: succeeds if the command doesn't
fails() {
	if "$@"; then
		printf 'succeeded, but should not have: %s\n' "$*"
		return 1
	fi
}

# eventually COMMAND...: tries until it succeeds, for PATIENCE_S at most
eventually() {
	local until=$((SECONDS + PATIENCE_S))
	until "$@"; do
		if [ "$SECONDS" -ge "$until" ]; then
			printf 'not within %s s: %s\n' "$PATIENCE_S" "$*"
			return 1
		fi
		sleep 0.05
	done
}

# ---- labs ----------------------------------------------------------------------------------------

# lab_up NAME FILE [OPTION...]: a lab of this run's, which becomes the one that is meant; a test of its
# own. Without it the rest of the file makes no sense.
lab_up() {
	local file=$2
	LAB=t$$-$1
	shift 2
	it "brings up a lab of $(basename "$file")${*:+ $*}" \
		timeout 60 weft lab up --name "$LAB" "$@" "$file" || exit 1
}

lab_down() { timeout 60 weft lab down --name "$LAB"; }

# on PLACE COMMAND...: runs it in a node (N/X), at a host (H), on the fabric (fabric) or at the manager (manager)
on() {
	local place
	case $1 in
	*/*) place=("$1") ;;
	fabric) place=(--substrate) ;;
	manager) place=(--manager) ;;
	*) place=(--host "$1") ;;
	esac
	shift
	timeout --foreground -k 5 "$PATIENCE_S" weft lab exec --name "$LAB" "${place[@]}" -- "$@"
}

# daemon_pid manager|host-H: its process id
daemon_pid() { cat "/run/weft/lab/$LAB/$1.pid"; }

# counter H REASON: how many packets have ended in it on host H
counter() { on "$1" weft stats -o json | jq --arg reason "$2" '.counters[$reason] // 0'; }

# mac_of N/X: of its eth0
mac_of() { on "$1" cat /sys/class/net/eth0/address; }

# ---- figure 2 ------------------------------------------------------------------------------------

# Kills the weftd of host R, and waits until it is gone.
kill_weftd() {
	kill -KILL "$(daemon_pid host-R)"
	timeout "$PATIENCE_S" tail --pid "$(daemon_pid host-R)" -f /dev/null
}

# survives COMMAND...: a ping from A to G, who know each other, loses nothing while it runs
survives() {
	local ping g=10.0.0.3
	on Z/A ping -c 1 -W 2 $g
	on Z/A ping -q -i 0.05 -c 40 -W 2 $g >"$SCRATCH/ping" &
	ping=$!
	"$@"
	wait $ping
	grep -F ' 40 received' "$SCRATCH/ping" || { cat "$SCRATCH/ping"; return 1; }
}

# streams FROM TO ADDRESS: TCP between two nodes; what arrives at TO is what was sent
streams() {
	local sent
	head -c 10000000 /dev/urandom >"$SCRATCH/sent"
	sent=$(sha256sum <"$SCRATCH/sent")
	on "$2" socat -u TCP-LISTEN:7000,reuseaddr "OPEN:$SCRATCH/came,creat,trunc" &
	on "$1" socat -u "FILE:$SCRATCH/sent" "TCP:$3:7000,retry=100,interval=0.05"
	wait $!
	equal "what arrived" "$(sha256sum <"$SCRATCH/came")" "$sent"
}

# ---- watching ------------------------------------------------------------------------------------

# watch NAME PLACE TCPDUMP_ARGUMENT...: starts tcpdump in a place and returns when it listens; what it sees
# is in $SCRATCH/NAME
watch() {
	local name=$1 where=$2
	shift 2
	rm -f "$SCRATCH/$name" "$SCRATCH/$name.errors" # of an earlier test
	on "$where" tcpdump --immediate-mode -l -nn "$@" \
		>"$SCRATCH/$name" 2>"$SCRATCH/$name.errors" </dev/null &
	eventually grep -q 'listening on' "$SCRATCH/$name.errors"
}

# saw NAME PATTERN: waits until that tcpdump has printed a line that matches (grep -E)
saw() {
	eventually grep -Eq -- "$2" "$SCRATCH/$1" || {
		cat "$SCRATCH/$1"
		return 1
	}
}

# ---- beginning and end -----------------------------------------------------------------------------

# Labs of test runs: t<process>-<name>. labs PATTERN: those whose name matches it
labs() { weft lab list -o json | jq -r --arg pattern "$1" '.labs[].name | select(test($pattern))'; }

# What killed runs could not clear away themselves.
clear_debris() {
	local lab process
	for lab in $(labs '^t[0-9]+-'); do
		process=${lab%%-*}
		[ -d "/proc/${process#t}" ] || timeout 60 weft lab down --name "$lab"
	done
}

finish() {
	local lab
	trap '' INT TERM HUP
	for lab in $(labs "^t$$-"); do
		timeout 60 weft lab down --name "$lab"
	done
	rm -rf "$SCRATCH"
	printf '1..%s\n' "$TESTS"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM HUP
clear_debris

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A weftd whose manager says what no manager says: it closes the connection, logs why, and goes on.
#
#   namespace weft-t<process>:  weftd --- [::1]:7470 --- socat, the "manager"
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

SPACE=weft-t$$
log=$SCRATCH/weftd.log
inside() { nsenter --net="/run/netns/$SPACE" "$@"; }

leave() {
	kill "$weftd" 2>/dev/null
	ip netns pids "$SPACE" | xargs -r kill 2>/dev/null
	ip netns delete "$SPACE"
	finish
}
trap leave EXIT

ip netns add "$SPACE"
ip -n "$SPACE" link set lo up
inside weftd --host R --manager '[::1]:7470' --interface nic --pins "/sys/fs/bpf/weft/$SPACE" \
	--socket "$SCRATCH/weftd.sock" >"$log" 2>&1 </dev/null &
weftd=$!

# says BYTES WORDS: a manager that sends these bytes (printf format) makes weftd log these words
says() {
	: >"$log"
	# shellcheck disable=SC2059 # it is a format
	printf "$1" >"$SCRATCH/bytes"
	# weftd says HELLO first, and has closed the connection when socat ends
	inside timeout 10 socat -t 5 'TCP6-LISTEN:7470,reuseaddr' \
		SYSTEM:"cat $SCRATCH/bytes; cat >/dev/null" </dev/null
	eventually grep -F -- "$2" "$log"
	kill -0 "$weftd"
}

it "refuses a message of an unknown type" says '\0\0\0\0\3\347' '999'
it "refuses a message that no manager sends" says '\0\0\0\0\0\1' 'type 1'
it "refuses a message longer than its limit" says '\377\377\377\377\0\3' 'are the limit'
it "refuses what is no protobuf" says '\0\0\0\4\0\3\377\377\377\377' 'it sent a malformed'
it "refuses a locator that is none" says '\0\0\0\5\0\3\12\3abc' 'locator'
it "refuses a sync without an assignment" says '\0\0\0\0\0\5' 'SYNC came before ASSIGN'
it "refuses a mapping without a locator" says '\0\0\0\2\0\7\10\132' 'malformed'
it "says why a manager has refused it" says '\0\0\0\5\0\2\12\3no!' 'refused this host: no!'
still_answers() { WEFT_AGENT=$SCRATCH/weftd.sock weft status -o json | jq -e '.synced == false'; }
it "still answers its operator" still_answers

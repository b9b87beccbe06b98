#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A kernel that is too old: weftd says what it lacks, and leaves the host alone.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/../e2e/harness.sh"

is_refused() {
	fails weftd --manager '[::1]:7470' --interface lo 2>"$SCRATCH/said"
	cat "$SCRATCH/said"
	equal "lines that weftd has said" "$(wc -l <"$SCRATCH/said")" 1
	grep -E 'kernel .*: it lacks .*bpf_loop, bpf_ktime_get_tai_ns; weftd ends, it needs Linux 6\.1' "$SCRATCH/said"
	equal "what is pinned" "$(find /sys/fs/bpf -mindepth 1)" ""
	equal "interfaces" "$(ip -o link | grep -c weft-)" 0
}
it "is refused with what it lacks" is_refused

is_shown() {
	fails weftd --probe >"$SCRATCH/shown"
	grep -F 'too old for weft, it lacks bpf_loop, bpf_ktime_get_tai_ns' "$SCRATCH/shown"
	grep -E '^bpf_loop +no +yes' "$SCRATCH/shown"
	grep -E '^ring_buffer +yes +yes' "$SCRATCH/shown"
}
it "is shown with what it has and what it lacks" is_shown

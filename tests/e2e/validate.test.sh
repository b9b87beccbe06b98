#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `weft validate` and `weft address` as a user runs them: what goes to which stream, and exit statuses.
# What is said about each kind of problem is tested in tests/unit/topology.c.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

exits() { # exits STATUS COMMAND...: output is left in $SCRATCH/out and $SCRATCH/error
	local wanted=$1 status=0
	shift
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/error" || status=$?
	equal "the exit status of $*" "$status" "$wanted"
}

accepts_figure_2() {
	exits 0 weft validate examples/figure2.yaml
	equal "the summary" "$(cat "$SCRATCH/out")" \
		"examples/figure2.yaml: 2 hosts, 2 networks, 5 subnets, 2 routers, 6 nodes; no problems"
	equal "standard error" "$(cat "$SCRATCH/error")" ""
}
it "accepts figure 2 with one line" accepts_figure_2

reads_standard_input() {
	exits 0 weft validate - <examples/minimal.yaml
	grep -q '^standard input: 2 hosts' "$SCRATCH/out"
}
it "reads standard input" reads_standard_input

refuses_errors() {
	exits 1 weft validate tests/unit/topology/address-twice.yaml
	grep -q '3 errors$' "$SCRATCH/out"
	sed 's,^tests/unit/topology/,,' "$SCRATCH/error" | diff tests/unit/topology/address-twice.expected -
}
it "refuses a file with errors, and shows them on standard error" refuses_errors

lets_warnings_pass() {
	exits 0 weft validate tests/unit/topology/warning-loop.yaml
	grep -q '1 warning$' "$SCRATCH/out"
	grep -q 'routing loop' "$SCRATCH/error"
}
it "lets a file with warnings pass" lets_warnings_pass

speaks_json() {
	exits 1 weft validate -o json tests/unit/topology/id-twice.yaml
	equal "standard error" "$(cat "$SCRATCH/error")" ""
	grep -q '"line": 4,' "$SCRATCH/out"
	grep -q '"errors": 1,' "$SCRATCH/out"
}
it "says the same as JSON" speaks_json

refuses_wrong_usage() {
	exits 2 weft validate
	exits 2 weft validate one.yaml two.yaml
	exits 2 weft validate -o xml examples/figure2.yaml
	exits 2 weft validate --all examples/figure2.yaml
	exits 1 weft validate examples/no-such-file.yaml
	exits 0 weft validate --help
	exits 2 weft address
	exits 2 weft address encode --locator 2001:db8:0:a::/64
	exits 2 weft address encode --locator 2001:db8::/48 --network 1 --address 10.0.0.2
	exits 2 weft address encode --locator 2001:db8:0:a::/64 --network 0 --address 10.0.0.2
	exits 2 weft address encode --locator 2001:db8:0:a:500::/72 --network 1 --address 10.0.0.2 --slot 1
	exits 2 weft address decode 10.0.0.2
	exits 2 weft address decode 2001:db8::1 --bits 48
}
it "refuses wrong usage with status 2, a missing file with status 1" refuses_wrong_usage

encodes_and_decodes() {
	equal "A's substrate address" \
		"$(weft address encode --locator 2001:db8:0:a::/64 --network 0x5a --address 10.0.0.2)" \
		2001:db8:0:a:0:5a:a00:2
	equal "what H's says" "$(weft address decode 2001:db8:0:b:0:5a:a01:503)" \
		"locator  2001:db8:0:b::/64
slot     0
to slot  no
group    no
network  0x00005a
address  10.1.5.3"
	weft address decode 2001:db8:0:a:1700:5a:c000:207 -o json | grep -q '"slot": 5'
	weft address decode 2001:db8:0:a:500:5a:a00:2 --bits 72 | grep -q '^locator  2001:db8:0:a:500::/72$'
}
it "encodes and decodes substrate addresses" encodes_and_decodes

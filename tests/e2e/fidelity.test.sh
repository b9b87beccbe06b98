#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weft beside its physical twin: a handful of what `make fidelity` does with 200 seeds.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/harness.sh"

compare() { timeout -k 20 100 weft lab compare --name "t$$-compare" "$@"; }

it "finds no difference in figure 2" compare examples/figure2.yaml
it "finds no difference between two twins" compare --physical --random --seed 4
for seed in 1 2 3 5 8; do
	it "finds no difference in the random topology of seed $seed" compare --random --seed "$seed"
done

prints_what_it_compares() {
	weft lab compare --random --seed 7 --print >"$SCRATCH/seven.yaml"
	weft validate "$SCRATCH/seven.yaml"
	equal "what it compares" \
		"$(compare --physical --random --seed 7 --packets 300 -o json)" \
		"$(compare --physical "$SCRATCH/seven.yaml" --seed 7 --packets 300 -o json)"
}
it "prints the topology that it would compare" prints_what_it_compares

repeats_one() {
	compare --physical examples/figure2.yaml --probe 12 -o json >"$SCRATCH/one"
	equal "packets" "$(jq .packets "$SCRATCH/one")" 1
}
it "sends one of the packets alone" repeats_one

# Nothing that is sent in a network of one node without a router reaches anybody.
lonely() {
	cat >"$SCRATCH/lonely.yaml" <<-YAML
		weft: 1
		hosts: {R: {locator: "2001:db8:0:a::/64"}}
		networks:
		  Z: {subnets: {front: {v4: 10.0.0.0/24}}, nodes: {A: {host: R, subnet: front, v4: 10.0.0.2}}}
	YAML
	fails compare "$SCRATCH/lonely.yaml" --packets 50 2>"$SCRATCH/said"
	grep -q "which proves little" "$SCRATCH/said"
}
it "isn't content with nothing to compare" lonely

is_interrupted() {
	local comparing
	compare --random --seed 9 --packets 60000 >/dev/null 2>"$SCRATCH/said" &
	comparing=$!
	eventually [ -e "/run/weft/lab/t$$-compare-weft/lab.json" ]
	kill -TERM "$comparing"
	fails wait "$comparing"
	equal "the labs" "$(labs "^t$$-compare")" ""
}
it "removes both labs when it is interrupted" is_interrupted

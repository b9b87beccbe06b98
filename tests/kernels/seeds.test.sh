#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weft beside its physical twin, both on an older kernel: what that one's routers do may differ from a newer
# one's, weft on it may not differ from them. A few seeds of `make fidelity`, with fewer packets.
#
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$0")/../e2e/harness.sh"

compare() { timeout -k 20 400 weft lab compare --name "t$$-compare" "$@"; }

it "finds no difference in figure 2" compare examples/figure2.yaml --packets 300
for seed in 1 3 5; do
	it "finds no difference in the random topology of seed $seed" \
		compare --random --seed "$seed" --packets 300
done

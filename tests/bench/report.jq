# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# From single figures to bench.json, and from that to tables: a module for scripts/bench.

# ---- figures -----------------------------------------------------------------------------------------

def median:
	sort | length as $n
	| if $n == 0 then null
	  elif $n % 2 == 1 then .[($n - 1) / 2]
	  else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;

# The figures of a metric and variant, in the order of the rounds; empty if it was not measured.
def figures($metric; $variant): .results[$metric][$variant].samples // empty;

# The median of the ratios of the rounds: what slows a round down slows both.
def ratio($metric; $variant; $other_metric; $other):
	figures($metric; $variant) as $a | figures($other_metric; $other) as $b
	| [$a, $b] | transpose | map(select(.[0] != null and .[1] != null and .[1] != 0) | .[0] / .[1]) | median;
def ratio($metric; $variant; $other): ratio($metric; $variant; $metric; $other);

def at_least($what; $bound; value): (value | select(. != null)) as $value
	| {what: $what, value: $value, target: "at least \($bound)", met: ($value >= $bound)};
def at_most($what; $bound; value): (value | select(. != null)) as $value
	| {what: $what, value: $value, target: "at most \($bound)", met: ($value <= $bound)};

# The floor that has as much room for headers as weft has.
def floor_like_weft: if .results.weft_headroom.weft.median == 1 then "floor-headroom" else "floor" end;

def targets: [
	at_least("TCP across two logical routers / plain routing"; 1.0; ratio("tcp_gbits"; "weft-2"; "routing")),
	at_least("UDP packets across two logical routers / plain routing"; 1.0; ratio("udp_pps"; "weft-2"; "routing")),
	at_least("UDP packets on one subnet / VXLAN"; 1.8; ratio("udp_pps"; "weft-0"; "vxlan")),
	at_least("UDP packets across two logical routers / VXLAN and a router"; 2.0; ratio("udp_pps"; "weft-2"; "vxlan-router")),
	at_least("XDP forwarding / bare redirect, from a node"; 0.75; ratio("xdp_out_per_cpu_s"; "weft-xdp-0"; "bare")),
	at_least("XDP forwarding / bare redirect, from the fabric"; 0.75; ratio("xdp_in_per_cpu_s"; "weft-xdp-0"; "bare")),
	at_most("time of from_node / floor_out"; 1.5; ratio("program_ns"; "from_node: 0 routers"; "floor_out: " + floor_like_weft)),
	at_most("time of from_substrate / floor_in"; 1.5; ratio("program_ns"; "from_substrate: 0 routers"; "floor_in: " + floor_like_weft)),
	at_most("time of from_node, 1M mappings / 1k"; 2; ratio("program_ns"; "from_node: 1000000 mappings"; "from_node: 1000 mappings")),
	at_most("time of from_substrate, 1M mappings / 1k"; 2; ratio("program_ns"; "from_substrate: 1000000 mappings"; "from_substrate: 1000 mappings")),
	at_most("time of from_node across 16 routers / across 1"; 1.1; ratio("program_ns"; "from_node: 16 routers"; "from_node: 1 routers")),
	at_most("first packets lost"; 0; [figures("miss_lost"; "one after the other", "512 at once")] | select(length > 0) | add | add),
	at_least("resolutions a second of one manager on one core"; 200000; [figures("resolutions_per_s"; "one core")[]] | median),
	at_most("CPU seconds of weft apply, 100k nodes"; 3; [figures("apply_cpu_s"; "100k nodes")[]] | median),
	at_most("CPU seconds of weft apply, one node more"; 0.2; [figures("apply_cpu_s"; "one node more")[]] | median),
	at_most("octets of manager memory per node"; 400; [figures("manager_octets_per_node"; "after apply")[]] | median),
	at_most("octets of weftd memory per mapping"; 400; [figures("weftd_octets_per_mapping"; "weftd")[]] | median)
];

def summary: map(.value) | {median: median, least: min, most: max, samples: .};

def report($about):
	{about: $about,
	 results: (group_by(.metric) | map({(.[0].metric): (group_by(.variant) | map({(.[0].variant): summary}) | add)}) | add)}
	| . + {targets: targets};

# ---- tables ------------------------------------------------------------------------------------------

def rounded($digits): if . == null then "" else
	. * pow(10; $digits) | round / pow(10; $digits) | tostring end;

# With three significant digits, or whole.
def figure: if . == null then "" elif . == 0 then "0"
	elif fabs >= 100 then rounded(0) elif fabs >= 10 then rounded(1) else rounded(2) end;

def row: "| " + join(" | ") + " |";
def grid($heads): ($heads | row), ($heads | map("---") | row), (.[] | row), "";

# The median of a figure, times a factor; null if it was not measured.
def value($metric; $variant; $factor): .results[$metric][$variant].median as $m
	| if $m == null then null else $m * $factor end;

def path_names: [
	["weft-0", "weft, one subnet"], ["weft-2", "weft, across 2 logical routers"],
	["weft-8", "weft, across 8 logical routers"], ["weft-xdp-0", "weft, one subnet, XDP"],
	["vxlan", "VXLAN, bridges"],
	["vxlan-router", "VXLAN, bridges and a router"], ["routing", "IPv4 routing, no overlay"],
	["srv6", "SRv6 (encap, End.DX4)"]];

def traffic_columns: [
	["TCP Gbit/s", "tcp_gbits", 1], ["UDP kpps", "udp_pps", 0.001], ["k a CPU s", "udp_sent_per_cpu_s", 0.001], ["p50 us", "latency_p50_ns", 0.001],
	["p99 us", "latency_p99_ns", 0.001], ["connections/s", "connections", 1]];

def traffic_table: . as $report | [traffic_columns[] | select($report.results[.[1]])] as $columns
	| if $columns == [] then empty else
	  "### Traffic", "",
	  ([path_names[] | . as [$name, $text]
	    | [$text] + [$columns[] | . as [$_, $metric, $factor] | $report | value($metric; $name; $factor) | figure]]
	   | grid(["path"] + ($columns | map(.[0])))) end;

def xdp_names: [
	["bare", "bare redirect"], ["weft-xdp-0", "weft, one subnet"],
	["weft-xdp-2", "weft, across 2 logical routers"]];

def xdp_table: . as $report | if .results.xdp_out_pps then
	"### XDP forwarding", "",
	([xdp_names[] | . as [$name, $text]
	  | [$text] + [("xdp_out", "xdp_in") as $way | ($way + "_per_cpu_s") as $metric
	     | $report | (value($way + "_pps", $metric; $name; 0.001) | figure),
	       ([ratio($metric; $name; "bare")][0] | figure)]]
	 | grid(["path", "from a node, kpps", "k a CPU s", "/ bare", "from the fabric, kpps", "k a CPU s", "/ bare"]))
	else empty end;

def flood_names: [["weft-0", "tc"], ["weft-guard-0", "guard, tc"], ["weft-xdp-0", "xdp"]];

def flood_columns: [
	["TCP Gbit/s, no flood", "tcp_alone_gbits", 1], ["TCP Gbit/s beside it", "tcp_flooded_gbits", 1],
	["dropped beside it, kpps", "dropped_pps", 0.001], ["dropped alone, k a CPU s", "dropped_per_cpu_s", 0.001]];

def flood_table: . as $report | if .results.tcp_flooded_gbits then
	"### Flood of spoofed packets beside a TCP stream", "",
	([flood_names[] | . as [$name, $text]
	  | [$text] + [flood_columns[] | . as [$_, $metric, $factor] | $report | value($metric; $name; $factor) | figure]]
	 | grid(["datapath of the NIC"] + (flood_columns | map(.[0])))) else empty end;

def program_rows: [
	["floor.bpf.c", "floor_out: floor", "floor_in: floor"],
	["floor.bpf.c, with headroom", "floor_out: floor-headroom", "floor_in: floor-headroom"],
	(["0 routers", "1 routers", "4 routers", "16 routers", "1 mappings", "1000 mappings", "100000 mappings", "1000000 mappings"][]
	 | ["weft, " + (sub("000000 "; "M ") | sub("000 "; "k ")), "from_node: " + ., "from_substrate: " + .]),
	["weft, 0 routers, XDP", "from_node: XDP", "from_substrate: XDP"]];

def program_table: . as $report | if .results.program_ns then
	"### Programs, nanoseconds a packet", "",
	([program_rows[] | . as [$text, $out, $in]
	  | [$text, ($report | value("program_ns"; $out; 1) | rounded(0)), ($report | value("program_ns"; $in; 1) | rounded(0))]]
	 | grid(["program", "out", "in"])),
	([("from_node", "from_node, XDP", "floor_out", "from_substrate", "from_substrate, XDP", "floor_in") as $program
	  | [$program] + [("instructions", "machine_octets", "verified") as $what
	     | $report | value("program_" + $what; $program; 1) | rounded(0)]]
	 | grid(["program", "instructions", "octets of machine code", "instructions verified"])) else empty end;

def control_rows: [
	["first packet, p50 us", "miss_first_p50_ns", "weft", 0.001],
	["first packet, p99 us", "miss_first_p99_ns", "weft", 0.001],
	["second packet, p50 us", "miss_second_p50_ns", "weft", 0.001],
	["second packet, p99 us", "miss_second_p99_ns", "weft", 0.001],
	["misses a second, 512 on their way", "misses_per_s", "weft", 1],
	["lost, one after the other", "miss_lost", "one after the other", 1],
	["lost, 512 on their way", "miss_lost", "512 at once", 1],
	["resolutions a second, one core", "resolutions_per_s", "one core", 1],
	["apply of 100k nodes, CPU s", "apply_cpu_s", "100k nodes", 1],
	["apply of 100k nodes, s to wait", "apply_wait_s", "100k nodes", 1],
	["apply of one node more, CPU s", "apply_cpu_s", "one node more", 1],
	["apply of one node more, s to wait", "apply_wait_s", "one node more", 1],
	["octets of manager memory per node, after apply", "manager_octets_per_node", "after apply", 1],
	["octets of manager memory per node, after a restart", "manager_octets_per_node", "after a restart", 1],
	["octets of weftd memory per mapping", "weftd_octets_per_mapping", "weftd", 1],
	["octets of kernel memory per mapping, map mappings", "kernel_octets_per_mapping", "mappings", 1],
	["octets of kernel memory per mapping, map neighbours", "kernel_octets_per_mapping", "neighbours", 1]];

def control_table: . as $report
	| [control_rows[] | . as [$text, $metric, $variant, $factor]
	   | select($report.results[$metric][$variant])
	   | [$text, ($report | value($metric; $variant; $factor) | figure),
	      ($report.results[$metric][$variant] | "\(.least * $factor | figure) to \(.most * $factor | figure)")]]
	| if . == [] then empty else "### Control plane", "", grid(["what", "median", "range"]) end;

def target_table: if .targets == [] then empty else
	"### Targets", "",
	([.targets[] | [.what, .target, (.value | figure), (if .met then "met" else "**missed**" end)]]
	 | grid(["what", "target", "measured", ""])) end;

def tables:
	"Commit \(.about.commit), \(.about.date), Linux \(.about.kernel), \(.about.cpus) CPUs (\(.about.cpu)); medians of \(.about.rounds) rounds of \(.about.seconds) s each, \(.about.took_s) s in all.", "",
	traffic_table, xdp_table, flood_table, program_table, control_table, target_table;

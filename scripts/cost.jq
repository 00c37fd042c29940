# docs/cost.md from results of "daxpin guest bench" on several kernels. See scripts/cost.

def short: .kernel | sub("(\\+.*)?-amd64$"; "");
def row: "| " + join(" | ") + " |";
def head: row, (map("---") | row);
def thousands: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
def round1: . * 10 | round / 10 | if . == 0 then 0 else . end | tostring;
def dash: "–";

([.runs[] | {name: short, results: (.results | map({key: .id, value: .}) | from_entries)}]) as $runs
| ($runs | map(.name)) as $names
| def each(f): [$runs[] | . as $run | f // dash];
def passed($run; $id): $run.results[$id] | if . and .status == "pass" then .facts else null end;

# "284,958 (557)": the whole, and a page of it.
def whole($run; $id; $phase): passed($run; $id) | if . == null or .instructions[$phase] == null then null
	else "\(.instructions[$phase] | thousands) (\(.instructions[$phase] / .pages | round))" +
	if .answer then " **\(.answer)**" else "" end end;
def line($run; $id; $phase): passed($run; $id) | if . == null or .fit[$phase] == null then null
	else .fit[$phase] | "\(.fixed | round | thousands), \(.per_page | round1) (\(.residual * 10000 | round / 100) %)" end;
def a_page($run; $id; $phase): passed($run; $id).fit[$phase].per_page // null | if . then round1 else null end;
def classes: ["walk", "pgmap_lookup", "grab", "longterm", "accounting", "fault", "sg_table", "provider"];
def shares($run; $id): passed($run; $id) | if . == null then null else . as $f | $f.classes | to_entries
	| map(select(.value * 50 >= $f.instructions.inside)) | sort_by(-.value)
	| map("\(.key) \(.value / $f.pages | round1)") | join(", ") end;
# Only the functions with most instructions are listed; that there was no lookup is told by its class.
def lookups($run; $id): passed($run; $id) | if . == null then null
	elif .classes.pgmap_lookup == 0 then "0"
	else ([.functions[] | select(.name == "get_dev_pagemap") | .calls] | if . == [] then null else add | tostring end) end;
def part($run; $class): passed($run; "bench/devdax-2M/2M/functions") | if . == null then null
	else "\(.classes[$class] * 100 / ([.classes[]] | add) | round) %" end;
def ratio($run): passed($run; "bench/devdax-2M/2M/functions") as $a | passed($run; "bench/hugetlb-2M/2M/functions") as $b
	| if $a and $b then "\($a.instructions.inside / $b.instructions.inside | round1)" else null end;
def rows(f): ["anon", "thp", "hugetlb-2M", "devdax-4K", "devdax-2M", "devdax-1G", "fsdax-xfs-2M"][] | f;

"# What a registration costs\n",
"Written by `scripts/cost` from the results of `daxpin guest bench` on these kernels, with soft-RoCE; do not edit. All",
"figures are instructions of the one processor of a guest, counted by QEMU: [bench.md](bench.md) tells how, and what they",
"are not. A dash means that the kernel cannot be asked, or was not: it has no such mapping, or no gup_test.\n",
"## To register 2 MiB\n",
"A warm registration for remote writes, and in parentheses a page of it. Where the kernel refuses, its errno, and what the",
"refusal costs; most of that is the driver's warning.\n",
(["mapping"] + $names | head),
rows(. as $m | [$m] + each(whole(.; "bench/\($m)/2M/functions"; "inside")) | row),
"\nThe lines through 256 KiB, 512 KiB, 1 MiB and 2 MiB: a fixed part, a part for each page, and how far off the worst of the",
"four is.\n",
(["mapping"] + $names | head),
rows(. as $m | [$m] + each(line(.; "bench/\($m)/2M/functions"; "inside")) | row),
"\nTo deregister it again:\n",
(["mapping"] + $names | head),
rows(. as $m | [$m] + each(whole(.; "bench/\($m)/2M"; "deregister")) | row),
"\n![Costs against size, by kernel and by phase](cost.svg)\n",
"## Where they go\n",
"Instructions a page, by what they are executed for, where that is 2 % of all or more.\n",
(["mapping"] + $names | head),
rows(. as $m | [$m] + each(shares(.; "bench/\($m)/2M/functions")) | row),
"\n## What gup takes of it\n",
"The kernel's own gup_test over the same mapping: a page of `pin_user_pages(FOLL_LONGTERM)` (get), of unpinning it (put),",
"and of `pin_user_pages_fast()` without FOLL_LONGTERM (fast).\n",
(["mapping", "gup"] + $names | head),
rows(. as $m | ["get", "put", "fast"][] | [$m, .] + ("gup_" + . | . as $p | each(a_page(.; "bench/\($m)/2M/gup"; $p))) | row),
"\n## What the question of 2021 has come to\n",
"The series under discussion in March 2021 (linux-mm) names 16 GiB of device-dax, 127 ms to pin and 71 ms to unpin, some",
"30 ns a page; the question was what a reference on the pgmap for every page costs. The same, as instructions a page of",
"device-dax that is mapped by 2 MiB:\n",
(["", "of"] + $names | head),
(["to register, per page", "64 MiB"] + each(a_page(.; "bench/devdax-2M/64M"; "register_warm")) | row),
(["to deregister, per page", "64 MiB"] + each(a_page(.; "bench/devdax-2M/64M"; "deregister")) | row),
(["gup: get, per page", "2 MiB"] + each(a_page(.; "bench/devdax-2M/2M/gup"; "gup_get")) | row),
(["gup: put, per page", "2 MiB"] + each(a_page(.; "bench/devdax-2M/2M/gup"; "gup_put")) | row),
(["calls of get_dev_pagemap()", "2 MiB"] + each(lookups(.; "bench/devdax-2M/2M/functions")) | row),
(["instructions of these lookups, per page", "2 MiB"] +
	each(passed(.; "bench/devdax-2M/2M/functions") | if . then .classes.pgmap_lookup / .pages | round1 else null end) | row),
(["walk of the page tables, per page", "2 MiB"] +
	each(passed(.; "bench/devdax-2M/2M/functions") | if . then .classes.walk / .pages | round1 else null end) | row),
(["device-dax / hugetlb, both by 2 MiB", "2 MiB"] + each(ratio(.)) | row),
(["of all instructions: lookups", "2 MiB"] + each(part(.; "pgmap_lookup")) | row),
(["of all instructions: walk", "2 MiB"] + each(part(.; "walk")) | row),
"\nA walk is long where gup-fast leaves the pages to the slow path, which takes them one by one: [paths.md](paths.md) has the",
"path of each kernel."

# shellcheck shell=bash
# For tests that use the program as people do. Each gets the program's path as its argument. Exit
# code: 0 passed, 1 failed, 77 the whole test cannot be asked here.

daxpin=$1
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
cache=''
mounted=''
failures=0

clean_up() {
	[ -z "$mounted" ] || umount "$mounted"
	rm -rf "$work" ${cache:+"$cache"}
}
trap clean_up EXIT

bad() {
	printf 'FAIL: %s\n' "$1"
	failures=$((failures + 1))
}

# not_asked WHAT: a part of the test cannot be asked here, and why.
not_asked() { printf 'SKIP: %s\n' "$1"; }

# need PROGRAM PACKAGE…: the whole test cannot be asked without them.
need() {
	while [ $# -gt 0 ]; do
		if ! command -v "$1" >/dev/null; then
			not_asked "the program $1 is missing; install the package $2"
			exit 77
		fi
		shift 2
	done
}

# has_browser: whether a browser can look at a page. With sanitizers none is asked: the page is the same.
has_browser() { [ -z "${DAXPIN_NO_BROWSER:-}" ] && command -v chromium >/dev/null; }

# browse ARGUMENT…: the program chromium, which must find no error in the page.
browse() {
	timeout 120 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" \
		--enable-logging=stderr --virtual-time-budget=5000 "$@" 2>"$work/chromium"
	grep -E 'CONSOLE' "$work/chromium" && bad "HTML: an error in the console: $(grep CONSOLE "$work/chromium")"
}

# with_servers: programs that scripts/test has unpacked and not installed, as their packages start servers. $servers: where
# they are, "" if there are none.
with_servers() {
	servers=$tests/../build/servers
	[ -d "$servers" ] || { servers=''; return; }
	servers=$(cd "$servers" && pwd)
	PATH=$PATH:$servers/usr/sbin:$servers/usr/bin
}

# finish: to be called last.
finish() {
	[ "$failures" -eq 0 ] || { printf '%d failures\n' "$failures"; exit 1; }
}

# own_cache: XDG_CACHE_HOME becomes a folder of this test's own, with the saved guest of the default
# kernel. The files in it are hard links to those of the prepared cache: they are to be replaced, as
# daxpin does, and not to be written to. Kernels stay where they were fetched, and are only read.
users_cache=${XDG_CACHE_HOME:-$HOME/.cache}/daxpin
own_cache() {
	local caches
	need qemu-system-x86_64 qemu-system-x86 jq jq
	caches=$("$tests/fixtures/prepared_cache" "$daxpin") || exit 1
	cache=$caches/${0##*/}.$$
	mkdir "$cache"
	cp -al "$caches/prepared/daxpin" "$cache"
	export XDG_CACHE_HOME=$cache
}

# own_lists: after own_cache, for a test that asks which kernels there are: the lists of packages.
own_lists() { [ ! -d "$users_cache/apt" ] || cp -r "$users_cache/apt" "$XDG_CACHE_HOME/daxpin"; }

# guests: the process ids of this test's QEMUs, which are told by the cache that they were started
# with: other tests, and other people, may have guests of theirs.
guests() {
	local process
	for process in /proc/[0-9]*; do
		! grep -qs '^qemu-system' "$process/cmdline" ||
			! grep -qszxF "XDG_CACHE_HOME=$XDG_CACHE_HOME" "$process/environ" || basename "$process"
	done
}

# await_guest OPTION: waits until one of this test's QEMUs has been started with this option, and
# prints its process id.
await_guest() {
	local pid end=$((SECONDS + 60))
	while [ "$SECONDS" -lt "$end" ]; do
		for pid in $(guests); do
			! grep -qszxF -- "$1" "/proc/$pid/cmdline" || { echo "$pid"; return; }
		done
		sleep 0.05
	done
	return 1
}

# run ARGS…: leaves the exit code in $code, the outputs in $work/out and $work/err.
run() {
	code=0
	"$daxpin" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}

# expect CODE PATTERN ARGS…: exit code, and one line on stderr that matches.
expect() {
	local want=$1 pattern=$2
	shift 2
	run "$@"
	[ "$code" -eq "$want" ] || bad "daxpin $*: exit code $code instead of $want: $(cat "$work/err")"
	[ "$(wc -l <"$work/err")" -eq 1 ] || bad "daxpin $*: not one line on stderr: $(cat "$work/err")"
	grep -qE -- "$pattern" "$work/err" || bad "daxpin $*: \"$(cat "$work/err")\" does not say $pattern"
	[ ! -s "$work/out" ] || bad "daxpin $*: something on stdout"
}

# claim FILTER [FILE]: what jq must find true in a document, $work/out by default.
claim() {
	local file=${2:-$work/out}
	jq -e "$1" "$file" >/dev/null || bad "does not hold: $1: $(jq -c '.runs[]?.results[]? |
		{id, status, why}' "$file" 2>&1 | head -c 2000)"
}

# says PATTERN: what must stand in a line of the output.
says() { grep -qE -- "$1" "$work/out" || bad "does not say \"$1\": $(cat "$work/out" "$work/err")"; }

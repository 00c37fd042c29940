# shellcheck shell=bash
# For tests that use the program as people do. Each gets the program's path as its argument.

daxpin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

bad() {
	printf 'FAIL: %s\n' "$1"
	failures=$((failures + 1))
}

# finish: to be called last.
finish() {
	[ "$failures" -eq 0 ] || { printf '%d failures\n' "$failures"; exit 1; }
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

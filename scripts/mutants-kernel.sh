# shellcheck shell=bash
# scripts/mutants --kernel: faults in what is no module. A small kernel of the distribution's source
# (tests/mutants/kernel/config) is built once, in build/; a mutant compiles its file anew and links
# again. For scripts/mutants, which has sourced lib.sh, and set series.

# shellcheck disable=SC2154 # top, packages and series are set by who sources it
patches=$top/tests/mutants/kernel/$series
tree=$top/build/mutants-linux-$series
[ -d "$patches" ] || die "there are no kernel mutants of $series; there are of: $(cd "$top/tests/mutants/kernel" && echo */)"

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(basename -s .patch "$patches"/*.patch)
for name in "${names[@]}"; do
	[ -f "$patches/$name.patch" ] || die "there is no kernel mutant \"$name\" of $series"
done

install_packages "${packages[@]}" jq patch bc flex bison libelf-dev pahole
build release
daxpin=$top/build/release/daxpin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# find_source: the archive of the source, into $archive. A series that the machine's own suites do not
# have is taken from another, whose lists daxpin keeps in its cache.
find_source() {
	local package=linux-source-$series apt options
	archive=/usr/src/$package.tar.xz
	[ ! -f "$archive" ] || return 0
	if apt-cache show "$package" >/dev/null 2>&1; then
		install_packages "$package"
		return
	fi
	"$daxpin" guest -k "debian:$series" --fetch >/dev/null
	for apt in "${XDG_CACHE_HOME:-$HOME/.cache}"/daxpin/apt/*/; do
		options=(-o Dir::State="$apt/state" -o Dir::State::status="$apt/status" -o Dir::Cache="$work/apt"
			-o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts=-)
		apt-cache "${options[@]}" show "$package" >/dev/null 2>&1 || continue
		mkdir -p "$work/apt/archives/partial"
		(cd "$work" && quietly 'fetching the source' 'check the network' \
			apt-get "${options[@]}" download "$package")
		(cd "$work" && dpkg-deb --fsys-tarfile "$package"_*.deb | tar xf - "./usr/src/$package.tar.xz")
		archive=$work/usr/src/$package.tar.xz
		return
	done
	die "no suite has $package"
}

if [ ! -f "$tree/.unpacked" ]; then
	need_disk "$top" 4000
	find_source
	rm -rf "$tree"
	mkdir -p "$tree"
	quietly 'unpacking the source' 'is there room?' tar xf "$archive" -C "$tree" --strip-components=1
	touch "$tree/.unpacked"
fi

# make_kernel: from what is in the tree. The numbers of builds and their dates would make each one another.
make_kernel() {
	quietly "building $1" "see the log of make -C $tree" \
		nice -n 15 make -C "$tree" -j"$(nproc)" KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=daxpin KBUILD_BUILD_HOST=daxpin bzImage modules
}

# ask_kernel FILE GLOB…: what the globs select. A teardown is asked with the witness: in which order the
# kernel does things nobody else sees. A kernel with a fault is asked no more than that: it may hang.
ask_kernel() {
	local file=$1
	shift
	ask_some check "$file.check" "$@"
	ask_some teardown "$file.teardown" "$@"
	ask_some order "$file.order" "$@"
	jq -s '[.[].runs[0].results[]]' "$file".{check,teardown,order} >"$file"
}

# ask_some QUESTION FILE GLOB…: those of the globs that are ids of the question.
ask_some() {
	local question=$1 file=$2 options=() glob
	shift 2
	for glob in "$@"; do
		[[ $glob != "$question"/* ]] || options+=(--only "$glob")
	done
	echo '{"runs":[{"results":[]}]}' >"$file"
	[ ${#options[@]} -gt 0 ] || return 0
	[ "$question" != teardown ] || options+=(--witness)
	"$daxpin" guest -k "$tree" "$question" "${options[@]}" --format json >"$file" || [ $? -le 1 ]
}

# failures FILE: the ids that fail, each with what is broken, sorted.
failures() { jq -r '.[] | select(.status == "fail") | "\(.id) \(.violates // [] | join(" "))"' "$1" | sort; }

patched=
put_back() {
	[ -z "$patched" ] || patch -s -R -d "$tree" -p1 -i "$patched" >/dev/null
	patched=
}
trap 'put_back; rm -rf "$work"' EXIT

scenarios=()
for name in "${names[@]}"; do
	for glob in $(field Caught-by "$patches/$name.patch"); do
		[[ $glob == check/* ]] || scenarios+=("$glob")
	done
done
mapfile -t scenarios < <(printf '%s\n' "${scenarios[@]}" | sort -u | sed '/^$/d')

quietly 'configuring' "see the log of make -C $tree" \
	make -C "$tree" allnoconfig KCONFIG_ALLCONFIG="$top/tests/mutants/kernel/config"
while read -r option; do
	grep -qxF "$option" "$tree/.config" || die "$series does not take $option of tests/mutants/kernel/config"
done < <(grep '^CONFIG_' "$top/tests/mutants/kernel/config")
make_kernel 'the kernel'
ask_kernel "$work/control.json" 'check/*' "${scenarios[@]}"
alarms=$(failures "$work/control.json" | grep -c '^check/' || true)
printf '%-22s %s\n' "$series rebuilt" "$(jq '[.[] | select(.status == "pass")] | length' "$work/control.json") pass, $alarms false alarms"

caught=0
for name in "${names[@]}"; do
	patch=$patches/$name.patch
	quietly "patching $name" 'the source has changed; make the mutant anew' patch -d "$tree" -p1 -i "$patch"
	patched=$patch
	make_kernel "$name"
	put_back
	read -ra globs < <(field Caught-by "$patch")
	ask_kernel "$work/$name.json" "${globs[@]}"
	right=
	while read -r id _; do
		for glob in "${globs[@]}"; do
			# shellcheck disable=SC2254
			case $id in $glob) right=${right:-$id} ;; esac
		done
	done < <(comm -13 <(failures "$work/control.json") <(failures "$work/$name.json"))
	if [ -n "$right" ]; then
		caught=$((caught + 1))
		printf '%-22s caught by %s (%s)\n' "$name" "$right" "$(field Fault "$patch")"
	else
		printf '%-22s MISSED (%s)\n' "$name" "$(field Fault "$patch")"
	fi
done
printf '%d of %d faults caught, %d false alarms\n' "$caught" "${#names[@]}" "$alarms"
[ "$caught" -eq "${#names[@]}" ] && [ "$alarms" -eq 0 ]

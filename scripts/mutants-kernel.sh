# shellcheck shell=bash
# scripts/mutants --kernel: faults in what is no module. A small kernel of the distribution's source
# (tests/mutants/kernel/config) is built once, in build/; a mutant compiles its file anew and links
# again. For scripts/mutants, which has sourced lib.sh, and set series.

# shellcheck disable=SC2154 # top, packages, cache and series are set by who sources it
patches=$top/tests/mutants/kernel/$series
tree=$top/build/mutants-linux-$series
original=$tree.original # what a mutant has changed there, as it was
[ -d "$patches" ] || die "there are no kernel mutants of $series; there are of: $(cd "$top/tests/mutants/kernel" && echo */)"

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(basename -s .patch "$patches"/*.patch)
for name in "${names[@]}"; do
	[ -f "$patches/$name.patch" ] || die "there is no kernel mutant \"$name\" of $series"
done

install_packages "${packages[@]}" jq patch bc flex bison libelf-dev
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
	for apt in "$cache"/apt/*/; do
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

# mutate PATCH: of what it changes the original is put aside first.
mutate() {
	local file
	while read -r file; do
		mkdir -p "$original/$(dirname "$file")"
		cp "$tree/$file" "$original/$file.new"
		mv "$original/$file.new" "$original/$file"
	done < <(sed -n 's|^+++ b/||p' "$1")
	quietly "patching $(basename "$1")" 'the source has changed; make the mutant anew' \
		patch -F0 -d "$tree" -p1 -i "$1"
}

# put_back: what was put aside, by this run or by one that was killed. With the time of now, so that
# whatever a mutant was compiled to is older.
put_back() {
	local file
	[ -d "$original" ] || return 0
	while read -r file; do
		cp "$original/$file" "$tree/$file"
	done < <(cd "$original" && find . -type f ! -name '*.new')
	rm -rf "$original"
}

# make_kernel WHAT TARGET…: from what is in the tree. The numbers of builds and their dates would make
# each one another.
make_kernel() {
	local what=$1
	shift
	quietly "building $what" "see the log of make -C $tree" \
		nice -n 15 make -C "$tree" -j"$(nproc)" KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=daxpin KBUILD_BUILD_HOST=daxpin "$@"
}

# configure: nothing that the series does not know may be asked for.
configure() {
	local config=$top/tests/mutants/kernel/config option
	quietly 'configuring' "see the log of make -C $tree" \
		make -C "$tree" allnoconfig KCONFIG_ALLCONFIG="$config"
	while read -r option; do
		grep -qxF "$option" "$tree/.config" || die "$series does not take $option of tests/mutants/kernel/config"
	done < <(grep '^CONFIG_' "$config")
}

# ask_some FILE KERNEL QUESTION GLOB…: those of the globs that are ids of the question. A failure is no
# failure here, nor is a kernel that has no answer.
ask_some() {
	local file=$1 kernel=$2 question=$3 options=() glob
	shift 3
	for glob in "$@"; do
		[[ $glob != "$question"/* ]] || options+=(--only "$glob")
	done
	[ ${#options[@]} -gt 0 ] || return 0
	[ "$question" != teardown ] || options+=(--witness)
	"$daxpin" guest -k "$kernel" --cell 20 "$question" "${options[@]}" --format json >"$file" || [ $? -le 3 ]
}

# ask_kernel FILE KERNEL GLOB…: what the globs select, as one run. A teardown is asked with the witness:
# in which order the kernel does things nobody else sees. A kernel with a fault is asked no more than
# that: it may hang.
ask_kernel() {
	local file=$1 kernel=$2 question
	shift 2
	rm -f "$file".*
	for question in check teardown order; do
		ask_some "$file.$question" "$kernel" "$question" "$@"
	done
	jq -s '.[0].runs[0].results = [.[].runs[0].results[]] | .[0]' "$file".* >"$file"
}

# tell NAME PATCH CONTROL ANSWERS: whether something that the patch names fails that did not before, and
# for the reason that it gives.
tell() {
	local name=$1 patch=$2 changes=$work/$1.changes glob id ids right=
	# What was not asked of the mutant is no loss.
	"$daxpin" compare "$3" "$4" --format json |
		jq '[.changes[] | select(.change == "worse" and .new.status == "fail")]' >"$changes" || true
	ids=$(jq -r '"\(length) \(.[0].id // "")"' "$changes")
	while read -r id; do
		for glob in $(field Caught-by "$patch"); do
			# shellcheck disable=SC2254
			case $id in $glob) right=${right:-$id} ;; esac
		done
	done < <(jq -r --arg because "$(field Because "$patch")" '.[] | select(.new.why | test($because)) | .id' "$changes")
	if [ -z "$right" ]; then
		printf '%-22s MISSED (%s)\n' "$name" "$(field Fault "$patch")"
		return
	fi
	caught=$((caught + 1))
	printf '%-22s caught by %s ids, first %s (%s)\n' "$name" "${ids%% *}" "$right" "$(field Fault "$patch")"
}

# Two runs in one tree would build each other's mutants. Whatever a killed run has left running, such as
# make, still has the lock.
exec 9>"$tree.lock"
flock -n 9 || die "another run is at work in $tree"
if [ ! -f "$tree/.unpacked" ]; then
	need_disk "$top" 4000
	find_source
	rm -rf "$tree" "$original"
	mkdir -p "$tree"
	quietly 'unpacking the source' 'is there room?' tar xf "$archive" -C "$tree" --strip-components=1
	touch "$tree/.unpacked"
fi
put_back
configure
began=$SECONDS
make_kernel 'the kernel' bzImage modules
printf '%-22s built in %d min\n' "$series" $(((SECONDS - began + 59) / 60))

scenarios=('check/*')
for name in "${names[@]}"; do
	read -ra globs < <(field Caught-by "$patches/$name.patch")
	scenarios+=("${globs[@]}")
done
ask_kernel "$work/stock.json" "debian:$series" "${scenarios[@]}"
ask_kernel "$work/control.json" "$tree" "${scenarios[@]}"
"$daxpin" compare "$work/stock.json" "$work/control.json" --format json >"$work/control.changes" || true
is_alarm "$series unchanged" "$(jq '[.changes[] | select(.change == "worse" and .new.status != "skip")] | length' "$work/control.changes")"

for name in "${names[@]}"; do
	patch=$patches/$name.patch
	mutate "$patch"
	make_kernel "$name" bzImage
	put_back
	read -ra globs < <(field Caught-by "$patch")
	ask_kernel "$work/$name.json" "$tree" "${globs[@]}"
	tell "$name" "$patch" "$work/control.json" "$work/$name.json"
done
printf '%d of %d faults caught, %d false alarms\n' "$caught" "${#names[@]}" "$alarms"
[ "$caught" -eq "${#names[@]}" ] && [ "$alarms" -eq 0 ]

# shellcheck shell=bash
# What scripts/run, scripts/test and scripts/bench share: packages, build, one-line errors.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
me=${0##*/}

# To build and to run a guest.
# shellcheck disable=SC2034 # used by those who read this file
packages=(
	build-essential cmake ninja-build pkg-config
	libibverbs-dev librdmacm-dev libdaxctl-dev libndctl-dev libcxl-dev libnl-3-dev libnl-route-3-dev libjson-c-dev
	libkmod-dev libconfig-dev libxxhash-dev nettle-dev libseccomp-dev uuid-dev libblkid-dev libarchive-dev liblzma-dev libzstd-dev liblz4-dev
	zlib1g-dev libbz2-dev libtracefs-dev libtraceevent-dev libbpf-dev
	qemu-system-x86 kmod e2fsprogs xfsprogs ibverbs-providers debian-archive-keyring
	distro-info-data
)
# To test, with linters and another compiler.
# shellcheck disable=SC2034
test_packages=(libcmocka-dev jq perl libxml2-utils chromium perftest erofs-utils groff-base zsh gnuplot-nox
	clang libclang-rt-dev clang-format clang-tidy shellcheck faketime strace iproute2 patchelf)
# What tests start by themselves, and what starts servers where it is installed: unpack_servers() does not install it.
server_packages=(slurmctld slurmd slurm-client munge prometheus prometheus-node-exporter)
servers=$top/build/servers

die() {
	printf '%s: %s\n' "$me" "$1" >&2
	exit 3
}

# Runs a command with its output in a log; on failure says what failed and what to do.
quietly() {
	local what=$1 hint=$2 log
	shift 2
	[ ! -t 2 ] || printf '%s: %s …\n' "$me" "$what" >&2
	log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return
	fi
	local last
	last=$(grep -E '^(E:|FAILED|.*error:)' "$log" | tail -n 1)
	[ -n "$last" ] || last=$(tail -n 1 "$log")
	rm -f "$log"
	die "$what failed ($last); $hint"
}

need_disk() {
	local dir=$1 mib=$2 free
	while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
	free=$(df -Pm "$dir" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$mib" ] || die "$dir has $free MiB free and $mib are needed; make room there"
}

missing_packages() {
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed$' ||
			printf '%s\n' "$p"
	done
}

install_packages() {
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
		die "there is no apt-get here; install the libraries of README.md by hand, then cmake --preset release"
	local missing as_root=()
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "packages are missing (${missing[*]}) and there is no sudo; install them as root"
		as_root=(sudo)
	fi
	need_disk /usr 1500
	printf '%s: installing %s\n' "$me" "${missing[*]}" >&2
	quietly 'apt-get update' 'check the network and /etc/apt/sources.list' \
		"${as_root[@]}" apt-get -o Acquire::Retries=2 update
	quietly 'apt-get install' 'check the network, or install the packages by hand' \
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"${missing[@]}"
}

# Has what was unpacked of Slurm and munge look for libraries where they were unpacked. The environment cannot say so:
# slurmd begins itself anew without it. Some of the files are scripts, which patchelf refuses.
find_libraries() {
	local path
	shopt -s nullglob
	path=$(printf '%s:' "$servers"/{,usr/}lib/*-linux-gnu{,/slurm-wlm})
	shopt -u nullglob
	find "$servers"/usr/sbin "$servers"/usr/bin "$servers"/usr/lib/*-linux-gnu/slurm-wlm -type f \
		\( -name '*.so' -o -name '*munge*' -o -name 's[a-z]*' \) -exec patchelf --force-rpath --set-rpath "$path" {} \; 2>/dev/null
}

# Unpacks server_packages, and what they need of other packages, into a folder where the tests find them
# (with_servers() in tests/cli/lib.sh). What is installed is not unpacked.
unpack_servers() {
	local missing deb program
	mapfile -t missing < <(missing_packages "${server_packages[@]}")
	[ ${#missing[@]} -gt 0 ] && [ "$(cat "$servers/unpacked" 2>/dev/null)" != "${missing[*]}" ] || return 0
	need_disk "$top" 500
	rm -rf "$servers"
	mkdir -p "$servers/archives/partial"
	printf '%s: unpacking %s into %s\n' "$me" "${missing[*]}" "$servers" >&2
	# install_packages() had no need to if nothing else was missing.
	[ "$(id -u)" -ne 0 ] || quietly 'apt-get update' 'check the network and /etc/apt/sources.list' \
		apt-get -o Acquire::Retries=2 update
	quietly 'apt-get install --download-only' 'check the network, or run apt-get update' \
		apt-get -o Acquire::Retries=2 -o Debug::NoLocking=1 -o Dir::Cache::archives="$servers/archives" \
		install --download-only -y --no-install-recommends "${missing[@]}"
	for deb in "$servers"/archives/*.deb; do dpkg-deb -x "$deb" "$servers"; done
	rm -r "$servers/archives"
	# Alternatives are made where a package is installed.
	for program in "$servers"/usr/*bin/*-wlm; do
		[ ! -e "$program" ] || ln -s "${program##*/}" "${program%-wlm}"
	done
	find_libraries
	printf '%s\n' "${missing[*]}" >"$servers/unpacked"
}

# Configures if need be and builds; a build folder that another place made is made anew.
build() {
	local preset=$1
	need_disk "$top" 300
	cd "$top" || die "cannot enter $top"
	quietly "configuring ($preset)" "see $top/build/$preset/CMakeFiles/CMakeError.log" \
		cmake --preset "$preset"
	quietly "building ($preset)" "run cmake --build --preset $preset to see all of it" \
		cmake --build --preset "$preset"
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/daxpin

fetch_kernel() {
	need_disk "$cache" 1500
	"$1" guest --fetch >/dev/null || exit 3
}

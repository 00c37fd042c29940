# shellcheck shell=bash
# Clean chroots of Debian suites, for scripts/package. To be read after lib.sh. $keep: not to be
# removed. The mirror is that of this machine's own suite.

# One by one and by name: an rm -r must never find a mount of the host below a chroot.
chroot_mounts=(proc sys dev dev/pts dev/shm)

# begin_chroots MIB: makes $chroots, with so much room.
begin_chroots() {
	[ "$(id -u)" -eq 0 ] || die 'a chroot needs root; run it as root'
	command -v debootstrap >/dev/null || die 'debootstrap is missing; install the package debootstrap'
	# shellcheck disable=SC2016 # apt-get expands it
	mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 2>/dev/null |
		awk -v suite="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$1 == suite { print $2; exit }')
	[ -n "$mirror" ] || die 'apt has no source here; name a mirror in /etc/apt/sources.list.d'
	chroots=$(mktemp -d)
	need_disk "$chroots" "$1"
}

# leave ROOT: unmounts what is mounted in it.
leave() {
	local i
	for ((i = ${#chroot_mounts[@]} - 1; i >= 0; i--)); do
		! mountpoint -q "$1/${chroot_mounts[i]}" || umount "$1/${chroot_mounts[i]}" || return 1
	done
}

# make_chroot SUITE NAME: $chroots/SUITE.NAME, clean and with what programs need of a machine.
make_chroot() {
	local root=$chroots/$1.$2 at
	if [ -d "$chroots/$1.base" ]; then
		cp -a "$chroots/$1.base" "$root"
	else
		quietly "debootstrap $1" 'check the network, and that debootstrap knows the suite' \
			debootstrap --variant=minbase --include=ca-certificates "$1" "$root" "$mirror"
		printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
		chmod +x "$root/usr/sbin/policy-rc.d"
		# It is thrown away: what would be lost with the power is no loss.
		echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/throw-away"
		cp -a "$root" "$chroots/$1.base"
	fi
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	for at in dev dev/pts dev/shm; do mount --bind "/$at" "$root/$at"; done
	cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# inside ROOT COMMAND…: with an environment of its own.
inside() {
	local root=$1
	shift
	chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# end_chroot NAME: unmounts and, unless it is to be kept, removes it.
end_chroot() {
	leave "$chroots/$1" || die "something is still mounted below $chroots/$1"
	if [ -n "${keep:-}" ]; then
		printf 'kept: %s\n' "$chroots/$1"
	else
		rm -rf --one-file-system "${chroots:?}/$1"
	fi
}

# What still runs in a chroot, as the script was interrupted: it would hold the mounts.
end_processes() {
	local process
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/root" 2>/dev/null)" = "$1" ] || continue
		kill -KILL "${process#/proc/}" 2>/dev/null && sleep 0.2 || true
	done
}

# For EXIT.
leave_chroots() {
	local root
	for root in "$chroots"/*/; do
		end_processes "${root%/}"
		leave "${root%/}" || die "something is still mounted below $root; unmount it, and remove $chroots"
	done
	[ -n "${keep:-}" ] || rm -rf --one-file-system "$chroots"
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh [--check] GROUP... - what belay needs of the system, and get it
#
# Names what is missing and installs it with the distribution's package manager
# if that can be done without a question: as root or with passwordless sudo.
# Otherwise, and with --check, it only says what to type.  No daemon is started
# on the way.  Exit status: 0 all there, 1 something is missing, 2 usage.
#
# GROUP: build, slurm (tests, in a private Slurm), test (slurm, and what tests
# need besides), nfs (tests, on a real NFS), lint, fuzz, bench, or all.

set -u
PATH=$PATH:/usr/sbin:/sbin

# What is looked for is a command (cmd:), a header (hdr:), what pkg-config knows
# (pc:, perhaps with a version), a part of clang's runtime (rt:) or a module of
# the distribution's Python (py:).
table() {
	cat <<'EOF'
# group looked for        Debian          RHEL, Fedora
build  cmd:cc             gcc             gcc
build  hdr:stdlib.h       libc6-dev       glibc-devel
build  cmd:make           make            make
build  cmd:pkg-config     pkg-config      pkgconf-pkg-config
build  pc:yaml-0.1        libyaml-dev     libyaml-devel
build  pc:jansson         libjansson-dev  jansson-devel
build  pc:libxxhash>=0.8  libxxhash-dev   xxhash-devel
build  pc:libzstd>=1.4   libzstd-dev     libzstd-devel
build  pc:libzmq          libzmq3-dev     zeromq-devel
build  pc:libsodium       libsodium-dev   libsodium-devel
build  hdr:uthash.h       uthash-dev      uthash-devel
build  hdr:slurm/spank.h  libslurm-dev    slurm-devel
slurm  hdr:cmocka.h       libcmocka-dev   libcmocka-devel
slurm  cmd:bats           bats            bats
slurm  cmd:prove          perl            perl-Test-Harness
slurm  cmd:python3        python3         python3
slurm  cmd:strace         strace          strace
slurm  cmd:ps             procps          procps-ng
slurm  cmd:ip             iproute2        iproute
slurm  cmd:unshare        util-linux      util-linux
slurm  cmd:munged         munge           munge
slurm  cmd:slurmctld      slurmctld       slurm-slurmctld
slurm  cmd:slurmd         slurmd          slurm-slurmd
slurm  cmd:sbatch         slurm-client    slurm
test   cmd:zstd           zstd            zstd
test   cmd:groff         groff-base      groff-base
test   cmd:c++           g++             gcc-c++
test   cmd:mkfs.ext4      e2fsprogs       e2fsprogs
test   cmd:mkfs.xfs       xfsprogs        xfsprogs
test   cmd:mkfs.btrfs     btrfs-progs     btrfs-progs
test   cmd:debootstrap    debootstrap     debootstrap
test   cmd:mpicc          libopenmpi-dev  openmpi-devel
test   cmd:mpirun         openmpi-bin     openmpi
test   py:numpy           python3-numpy   python3-numpy
nfs    cmd:linux.uml      user-mode-linux -
nfs    cmd:rpc.nfsd       nfs-kernel-server nfs-utils
nfs    cmd:rpcbind        rpcbind         rpcbind
nfs    cmd:modprobe       kmod            kmod
nfs    cmd:mkfs.ext4      e2fsprogs       e2fsprogs
lint   cmd:shellcheck     shellcheck      ShellCheck
lint   cmd:clang-tidy     clang-tidy      clang-tools-extra
lint   cmd:cppcheck       cppcheck        cppcheck
lint   cmd:codespell      codespell       codespell
fuzz   cmd:clang          clang           clang
fuzz   rt:fuzzer          libclang-rt-dev compiler-rt
bench  cmd:sqlite3        sqlite3         sqlite
bench  hdr:sqlite3.h      libsqlite3-dev  sqlite-devel
bench  cmd:parallel       parallel        parallel
EOF
}

say() {
	echo "deps: $*" >&2
}

die() {
	say "$@"
	exit 1
}

usage() {
	say "$@"
	echo "usage: contrib/deps.sh [--check] GROUP...; groups are" \
	     "build, slurm, test, nfs, lint, fuzz, bench, all" >&2
	exit 2
}

have() {
	command -v "$1" >/dev/null 2>&1
}

have_header() {
	for dir in /usr/include /usr/local/include /usr/include/*-linux-*; do
		[ -e "$dir/$1" ] && return
	done
	return 1
}

knows_package() {
	case $1 in
	*">="*) pkg-config --atleast-version="${1#*>=}" "${1%%>=*}" ;;
	*)	pkg-config --exists "$1" ;;
	esac 2>/dev/null
}

have_runtime() {
	for lib in /usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt."$1"[-.]* \
		   /usr/lib*/clang/*/lib/*/libclang_rt."$1"[-.]*; do
		[ -e "$lib" ] && return
	done
	return 1
}

is_there() {
	case $1 in
	cmd:*)	have "${1#cmd:}" ;;
	hdr:*)	have_header "${1#hdr:}" ;;
	pc:*)	knows_package "${1#pc:}" ;;
	rt:*)	have_runtime "${1#rt:}" ;;
	py:*)	/usr/bin/python3 -c "import ${1#py:}" 2>/dev/null ;;
	esac
}

# The rows of the groups asked for whose first column is not there.
missing() {
	table | while read -r group probe debian rhel; do
		case " $groups " in
		*" $group "* | *" all "*) ;;
		*) continue ;;
		esac
		is_there "$probe" || echo "$probe $debian $rhel"
	done
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}

# What the maintainer scripts of Debian ask before they start a daemon: munge
# and Slurm come here as tools for tests, not as services of this host.  The
# answer holds only as long as this script runs, even if it is killed.
policy=/usr/sbin/policy-rc.d
mark='made by contrib/deps.sh for the time of one installation'

starts_are_denied() {
	[ -x "$policy" ] || return
	for daemon in munge slurmctld slurmd nfs-kernel-server rpcbind; do
		"$policy" "$daemon" start </dev/null >/dev/null 2>&1
		[ $? -eq 101 ] || return
	done
}

deny_starts() {
	if [ -e "$policy" ] && ! grep -qs "$mark" "$policy"; then
		starts_are_denied ||
			die "the policy in $policy lets daemons start; by hand:" \
			    "apt-get install $packages"
		return
	fi
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	cat >"$policy" <<-EOF || die "cannot write $policy"
		#!/bin/sh
		# $mark
		grep -qs deps.sh /proc/$$/cmdline && exit 101
		exit 0
	EOF
	chmod 755 "$policy"
}

install_debian() {
	export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
	deny_starts
	apt-get -q -o DPkg::Lock::Timeout=120 update </dev/null >&2 ||
		say "the package lists could not be refreshed; trying the old"
	# shellcheck disable=SC2086  # a list of words
	apt-get -q -y -o DPkg::Lock::Timeout=120 \
		-o Dpkg::Options::=--force-confold \
		--no-install-recommends install $packages </dev/null >&2
}

install_rhel() {
	# shellcheck disable=SC2086  # a list of words
	dnf -y install $packages </dev/null >&2 ||
		die "some of these are in EPEL and CRB; see the page" \
		    "'Getting started with EPEL' of the Fedora project"
}

check_only=
groups=
for arg; do
	case $arg in
	--check) check_only=yes ;;
	test) groups="$groups slurm test" ;;
	build | slurm | nfs | lint | fuzz | bench | all) groups="$groups $arg" ;;
	*) usage "unknown group or option '$arg'" ;;
	esac
done
[ "$groups" ] || usage "no group given"

lacking=$(missing)
[ "$lacking" ] || exit 0

if have apt-get; then
	system=debian column=2 by="apt-get install"
elif have dnf; then
	system=rhel column=3 by="dnf install"
else
	die "neither apt-get nor dnf is here; missing:" \
	    "$(echo "$lacking" | cut -d' ' -f1 | paste -sd' ' -)"
fi
packages=$(echo "$lacking" | cut -d' ' -f$column | sort -u | paste -sd' ' -)
say "missing: $(echo "$lacking" | cut -d' ' -f1 | paste -sd' ' -)"

if [ -z "$check_only" ] && ! is_root &&
   have sudo && sudo -n true 2>/dev/null; then
	# shellcheck disable=SC2086  # a list of words
	exec sudo -n sh "$0" $groups </dev/null
fi
if [ "$check_only" ] || ! is_root; then
	is_root || by="sudo $by"
	die "to get it: $by $packages"
fi

"install_$system" || die "could not install: $packages"
lacking=$(missing)
[ -z "$lacking" ] ||
	die "installed, but still missing:" \
	    "$(echo "$lacking" | cut -d' ' -f1 | paste -sd' ' -)"

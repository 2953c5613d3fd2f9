#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Checks that the tools of a task are there, and on Debian and Ubuntu installs what is missing.
#
#	tools/deps.sh build run test iso lint fuzz bochs plot debug
#
# AUTO_DEPS=0 only names what is missing. Where nothing is missing it costs some milliseconds.
set -eu

missing=()

# need TEST PACKAGE...: the packages are missing unless the test succeeds.
need() {
	local test=$1
	shift
	eval "$test" >/dev/null 2>&1 || missing+=("$@")
}

has() {
	command -v "$1"
}

# The compiler that the user names, or the one that build.mk would take.
has_compiler() {
	if [ -n "${CROSS_COMPILE:-}" ]; then
		has "${CROSS_COMPILE}gcc"
	else
		has i686-elf-gcc || has i686-linux-gnu-gcc
	fi
}

host_can_link_32_bit() {
	[ "$(uname -m)" != x86_64 ] || [ -e /usr/lib/gcc/x86_64-linux-gnu/12/32/libasan.a ] ||
		compgen -G '/usr/lib/gcc/x86_64-linux-gnu/*/32/libasan.*'
}

# gcc's own version decides which multilib package fits beside the cross compiler.
multilib_package() {
	echo "gcc-$(gcc -dumpversion 2>/dev/null | cut -d. -f1 | grep . || echo 12)-multilib"
}

for group in "$@"; do
	case $group in
	build)
		need has_compiler gcc-i686-linux-gnu
		need 'has nasm' nasm
		;;
	run)
		need 'has qemu-system-x86_64 && has qemu-system-i386' qemu-system-x86
		;;
	iso)
		need 'has grub-mkrescue' grub-common
		need '[ -d /usr/lib/grub/i386-pc ]' grub-pc-bin
		need '[ -d /usr/lib/grub/i386-efi ]' grub-efi-ia32-bin
		need '[ -d /usr/lib/grub/x86_64-efi ]' grub-efi-amd64-bin
		need 'has xorriso' xorriso
		need 'has mformat' mtools
		;;
	test)
		need '[ -e /usr/share/OVMF/OVMF_CODE_4M.fd ]' ovmf
		need '[ -e /usr/share/OVMF/OVMF32_CODE_4M.secboot.fd ]' ovmf-ia32
		need 'has python3' python3
		need 'has gcc' gcc libc6-dev
		need '[ -e /usr/include/stdio.h ]' libc6-dev
		need host_can_link_32_bit "$(multilib_package)" libc6-dev-i386
		;;
	lint)
		need 'has clang-format' clang-format
		need 'has cppcheck' cppcheck
		need 'has python3' python3
		;;
	fuzz)
		need 'has clang' clang
		need 'compgen -G "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a"' \
			libclang-rt-14-dev
		;;
	bochs)
		need 'has bochs' bochs bochs-term bochsbios vgabios
		need '[ -e /usr/share/bochs/BIOS-bochs-latest ]' bochsbios
		need '[ -e /usr/share/bochs/VGABIOS-lgpl-latest ]' vgabios
		need 'has python3' python3
		;;
	plot)
		need 'tools/python-with.sh matplotlib' python3-matplotlib
		;;
	debug)
		need 'has gdb' gdb
		;;
	*)
		echo "tools/deps.sh: unknown group '$group', expected build, run, test, iso, lint, fuzz, bochs, plot or debug" >&2
		exit 2
		;;
	esac
done

[ ${#missing[@]} -gt 0 ] || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

if [ "${AUTO_DEPS:-1}" = 0 ] || ! has apt-get >/dev/null; then
	echo "Missing: ${missing[*]} (Debian's names of the packages)" >&2
	echo "Install them, or on Debian and Ubuntu leave AUTO_DEPS at 1." >&2
	exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! has sudo >/dev/null; then
		echo "Missing: ${missing[*]}; to install them this needs root, or sudo." >&2
		exit 1
	fi
fi

echo "Installing with apt-get: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	$as_root apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
# The package lists may be absent or old: they are fetched only if it does not work without.
if ! install; then
	$as_root apt-get update >"$log" 2>&1 && install || {
		tail -n 20 "$log" >&2
		echo "apt-get could not install: ${missing[*]}" >&2
		exit 1
	}
fi

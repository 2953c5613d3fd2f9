#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Prints the command that installs the tools of a task on a system without apt-get.
#
#	tools/other_systems.sh build run iso test lint debug
#	SYSTEM=arch tools/other_systems.sh build run
#
# The system is that of /etc/os-release, or the one that SYSTEM names; macOS has no such file. It
# prints nothing for a system that the table below does not have. The tests run on Debian and Ubuntu
# only, so these names are kept by hand. A package that is not in the table is one that the task can
# do without.
set -eu

system=${SYSTEM:-}
if [ -z "$system" ]; then
	if [ "$(uname)" = Darwin ]; then
		system=macos
	elif [ -r "${OS_RELEASE:-/etc/os-release}" ]; then
		# An unknown system may be like a known one: ID_LIKE names those.
		system=$(. "${OS_RELEASE:-/etc/os-release}" && echo "${ID:-} ${ID_LIKE:-}")
	fi
fi

# packages SYSTEM GROUP: the packages of a group; nothing if the system needs none for it.
packages() {
	case $1:$2 in
	fedora:build) echo gcc binutils nasm ;;
	fedora:run) echo qemu-system-x86 ;;
	fedora:disk) echo e2fsprogs ;;
	fedora:iso)
		echo grub2-tools-extra grub2-pc-modules grub2-efi-ia32-modules grub2-efi-x64-modules
		echo xorriso mtools
		;;
	fedora:test) echo python3 glibc-devel libasan libubsan edk2-ovmf ;;
	fedora:lint) echo python3 cppcheck ;;
	fedora:plot) echo python3-matplotlib ;;
	fedora:picture) echo python3-matplotlib python3-pillow ;;

	arch:build) echo gcc binutils nasm ;;
	arch:run) echo qemu-system-x86 ;;
	arch:disk) echo e2fsprogs ;;
	arch:iso) echo grub libisoburn mtools ;;
	arch:test) echo python edk2-ovmf ;;
	arch:lint) echo python cppcheck ;;
	arch:plot) echo python-matplotlib ;;
	arch:picture) echo python-matplotlib python-pillow ;;

	suse:build) echo gcc binutils nasm ;;
	suse:run) echo qemu-x86 ;;
	suse:disk) echo e2fsprogs ;;
	suse:iso) echo grub2 grub2-i386-pc grub2-i386-efi grub2-x86_64-efi xorriso mtools ;;
	suse:test) echo python3 glibc-devel qemu-ovmf-x86_64 ;;
	suse:lint) echo python3 cppcheck ;;
	suse:plot) echo python3-matplotlib ;;
	suse:picture) echo python3-matplotlib python3-Pillow ;;

	alpine:build) echo bash coreutils gawk gcc binutils nasm ;;
	alpine:run) echo qemu-system-x86_64 qemu-system-i386 ;;
	alpine:disk) echo e2fsprogs ;;
	alpine:iso) echo grub grub-bios grub-efi xorriso mtools ;;
	alpine:test) echo python3 musl-dev ;;
	alpine:lint) echo python3 cppcheck ;;
	alpine:plot) echo py3-matplotlib ;;
	alpine:picture) echo py3-matplotlib py3-pillow ;;

	macos:build) echo bash make coreutils gawk i686-elf-gcc i686-elf-binutils nasm ;;
	macos:run) echo qemu ;;
	macos:disk) echo e2fsprogs ;;
	macos:iso) echo i686-elf-grub xorriso mtools ;;
	macos:test) echo python ;;
	macos:lint) echo python cppcheck ;;
	macos:plot) echo python-matplotlib ;;
	macos:picture) echo python-matplotlib pillow ;;

	*:debug) echo gdb ;;
	esac
}

for name in $system; do
	case $name in
	fedora | rhel | centos) name=fedora command='dnf install' ;;
	arch | archlinux | manjaro) name=arch command='pacman -S --needed' ;;
	suse | opensuse*) name=suse command='zypper install' ;;
	alpine) command='apk add' ;;
	macos) command='brew install' ;;
	*) continue ;;
	esac
	words=$(for group in "$@"; do packages "$name" "$group"; done | tr ' ' '\n' | sort -u)
	[ -z "$words" ] || echo "$command" $words
	exit 0
done

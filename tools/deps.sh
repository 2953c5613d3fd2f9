#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Checks that the tools of a task are there, and on Debian and Ubuntu installs what is missing.
#
#	tools/deps.sh GROUP..., of build run disk iso test test-all lint fuzz bochs web browser web-page docs site
#		plot picture debug fresh
#
# Each tool is asked for by what it does; the packages that bring it are alternatives, of which the
# first is taken that the system has. A tool that some tests can do without is wanted, not needed:
# if it cannot be had, one line says what is left out.
#
# From the environment: AUTO_DEPS=0 only names what is missing; CC, CROSS_COMPILE and QEMU are what
# the user named in place of our choice. Where nothing is missing it costs some milliseconds.
set -eu
export LC_ALL=C

# One entry for each missing tool: its alternatives separated by "|", and what is left out without
# it (empty: the task cannot be done without it).
alternatives=()
left_out=()

# need TEST PACKAGES...: the tool is missing unless the test succeeds. Each further argument is one
# alternative, of one package or several.
need() {
	want '' "$@"
}

# want PART TEST PACKAGES...: the same, but without it only the part is left out.
want() {
	local part=$1 test=$2
	shift 2
	eval "$test" >/dev/null 2>&1 && return
	local IFS='|'
	alternatives+=("$*")
	left_out+=("$part")
}

has() {
	command -v "$1" >/dev/null
}

# --- what the tests ask -------------------------------------------------------------------------------

# The compilers that build.mk takes. A plain gcc will do if it can make 32-bit code, for which it
# needs no library and no header of one.
has_compiler() {
	has i686-elf-gcc || has i686-linux-gnu-gcc || gcc_makes_32_bit
}

gcc_makes_32_bit() {
	has gcc && has ld && echo 'int x;' | gcc -m32 -march=i486 -ffreestanding -x c -c -o /dev/null -
}

# There is no package to take for a compiler that the user names: it must be there.
the_users_compiler() {
	local tool
	for tool in "${CC:-${CROSS_COMPILE:-}gcc}" "${CROSS_COMPILE:-}ld"; do
		has "${tool%% *}" && continue
		echo "There is no program ${tool%% *}, which CC=${CC:-} CROSS_COMPILE=${CROSS_COMPILE:-} ask for" >&2
		exit 1
	done
}

# The compiler prints the path of a library that it has, and else the bare name.
clang_has_library() {
	[ "$(clang -print-file-name="$1")" != "$1" ]
}

host_links_32_bit() {
	[ "$(tests/host/bits.sh --built)" = '64 32' ]
}

has_fuzzer() {
	has clang && { clang_has_library libclang_rt.fuzzer-x86_64.a || clang_has_library libclang_rt.fuzzer.a; }
}

# They are for root, so the path of a user may not lead to them.
has_e2fsprogs() {
	local PATH=$PATH:/usr/sbin:/sbin
	has mke2fs && has e2fsck && has debugfs
}

has_drawing_libraries() {
	tools/python-with.sh matplotlib PIL numpy
}

# The major version of $1, or of the one that its package would bring.
major() {
	{ "$1" -dumpversion 2>/dev/null || apt-cache depends "$1" 2>/dev/null | grep -o -m 1 "$1-[0-9]*\$"; } |
		grep -o '[0-9]*' | head -n 1
}

# gcc-multilib itself conflicts with every cross compiler, the one of a version with none.
multilib_package() {
	local version
	version=$(major gcc)
	echo "gcc-${version:+$version-}multilib"
}

fuzzer_package() {
	local version
	version=$(major clang)
	echo "libclang-rt-${version:+$version-}dev"
}

has_bios() {
	[ -e /usr/share/seabios/bios.bin ] && [ -e /usr/share/seabios/vgabios-stdvga.bin ]
}

# --- what each task needs -----------------------------------------------------------------------------

groups=("$@")
for group in "${groups[@]}"; do
	case $group in
	build)
		if [ -n "${CC:-}${CROSS_COMPILE:-}" ]; then
			the_users_compiler
		else
			need has_compiler gcc-i686-linux-gnu 'gcc binutils'
		fi
		need 'has nasm' nasm
		;;
	run)
		need 'has "${QEMU:-qemu-system-x86_64}"' qemu-system-x86
		;;
	disk)
		need has_e2fsprogs e2fsprogs
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
		need 'has qemu-system-x86_64 && has qemu-system-i386' qemu-system-x86
		need 'has python3' python3
		need 'has nm && has readelf' binutils
		need 'has gcc && has gcov' gcc
		need has_e2fsprogs e2fsprogs
		need '[ -e /usr/include/stdio.h ]' libc6-dev
		want 'the schema of reports' 'tools/python-with.sh jsonschema' python3-jsonschema
		want 'the host tests in 32 bits' host_links_32_bit "$(multilib_package) libc6-dev-i386"
		want 'boots by 64-bit UEFI' '[ -e /usr/share/OVMF/OVMF_CODE_4M.fd ]' ovmf
		want 'boots by 32-bit UEFI' 'ls /usr/share/OVMF/OVMF32_CODE_4M*.fd >/dev/null 2>&1' ovmf-ia32
		;;
	lint)
		want 'the check of the format' 'tools/clang-format.sh 14' clang-format-14
		need 'has cppcheck' cppcheck
		need 'has python3' python3
		need 'has nm && has readelf' binutils
		;;
	fuzz)
		need 'has clang' clang
		need has_fuzzer "$(fuzzer_package)" libclang-rt-dev
		need '[ -e /usr/include/stdio.h ]' libc6-dev
		;;
	test-all)
		want 'the boots under Bochs' 'has bochs && [ -e /usr/share/bochs/BIOS-bochs-latest ]' \
			'bochs bochs-term bochsbios vgabios'
		want 'the tests of make picture' has_drawing_libraries 'python3-matplotlib python3-pil'
		want 'the pictures in a browser' 'has chromium' chromium
		;;
	bochs)
		need 'has bochs' 'bochs bochs-term'
		need '[ -e /usr/share/bochs/BIOS-bochs-latest ]' bochsbios
		need '[ -e /usr/share/bochs/VGABIOS-lgpl-latest ]' vgabios
		need 'has python3' python3
		;;
	web)
		need 'has node && has npm' 'nodejs npm' nodejs
		need has_bios seabios
		need 'has python3' python3
		;;
	browser)
		want 'the page in a browser' 'has node && has npm && has chromium && has_bios' \
			'nodejs npm chromium seabios'
		;;
	web-page)
		want 'the page in a browser' 'has node && has npm && has_bios' 'nodejs npm seabios'
		;;
	docs)
		need 'tools/python-with.sh sphinx myst_parser furo' 'python3-sphinx python3-myst-parser furo'
		need 'has python3' python3
		;;
	site)
		want 'the book as a site' 'tools/python-with.sh sphinx myst_parser furo' \
			'python3-sphinx python3-myst-parser furo'
		;;
	plot)
		need 'tools/python-with.sh matplotlib' python3-matplotlib
		;;
	picture)
		need has_drawing_libraries 'python3-matplotlib python3-pil'
		;;
	debug)
		need 'has gdb' gdb
		need 'has qemu-system-i386' qemu-system-x86
		;;
	fresh)
		need 'has python3' python3
		need 'has debootstrap' debootstrap
		need 'has zstd' zstd
		;;
	*)
		echo "tools/deps.sh: unknown group '$group', expected build, run, disk, iso, test, test-all," \
			"lint, fuzz, bochs, web, browser, web-page, docs, site, plot, picture, debug or fresh" >&2
		exit 2
		;;
	esac
done

[ ${#alternatives[@]} -gt 0 ] || exit 0

# --- which packages bring it --------------------------------------------------------------------------

# Whether apt-get can install all of these, as far as one can know.
available() {
	local package
	has_lists || return 0
	for package in $1; do
		apt-cache policy "$package" 2>/dev/null | grep -q '^  Candidate: [^(]' || return 1
	done
}

has_lists() {
	has apt-cache && compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

# The packages of the first alternative that there is, or nothing.
choose() {
	local IFS='|' packages
	for packages in $1; do
		IFS=' '
		if available "$packages"; then
			echo "$packages"
			return
		fi
	done
}

# Sorts the missing tools: needed[] has packages; impossible[] the first alternative of each needed
# tool that the system has no package for; wanted[i] are the packages, none perhaps, without which
# without[i] is left out.
sort_missing() {
	local i packages
	needed=() impossible=() wanted=() without=()
	for i in "${!alternatives[@]}"; do
		packages=$(choose "${alternatives[$i]}")
		if [ -n "${left_out[$i]}" ]; then
			wanted+=("$packages")
			without+=("${left_out[$i]}")
		elif [ -n "$packages" ]; then
			needed+=($packages)
		else
			impossible+=(${alternatives[$i]%%|*})
		fi
	done
	needed=($(printf '%s\n' "${needed[@]}" | sort -u))
	impossible=($(printf '%s\n' "${impossible[@]}" | sort -u))
}

# leave_out PART PACKAGES: says what is left out, and which packages would bring it.
leave_out() {
	if [ -n "$2" ]; then
		echo "Left out: $1, for want of $2" >&2
	else
		echo "Left out: $1, for which this system has no package" >&2
	fi
}

# Names what is missing, with the reason $1 why it is not installed. The task stops if it needs any
# of it.
name_and_stop() {
	local i command packages=(${needed[@]} ${impossible[@]})
	for i in "${!without[@]}"; do
		leave_out "${without[$i]}" "${wanted[$i]}"
	done
	[ ${#packages[@]} -gt 0 ] || exit 0
	echo "Missing: ${packages[*]} (Debian's names of the packages). $1." >&2
	echo "Please install them, and start again. As root:" >&2
	command="apt-get install --no-install-recommends ${packages[*]}"
	has apt-get || command=$(tools/other_systems.sh "${groups[@]}")
	echo "    ${command:-(the packages of this system; docs/building.md has names for some systems)}" >&2
	exit 1
}

sort_missing
[ "${AUTO_DEPS:-1}" != 0 ] || name_and_stop 'AUTO_DEPS=0 says to install nothing'
has apt-get || name_and_stop 'This system has no apt-get'
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	has sudo || name_and_stop 'Only root can install them, and there is no sudo'
	sudo apt-get --version >/dev/null || name_and_stop 'Only root can install them, and sudo refuses'
fi

# --- installing ---------------------------------------------------------------------------------------

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Never removes a package that is there, and waits for another apt-get to end.
install() {
	[ $# -gt 0 ] || return 0
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove \
		-o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}

# Starts again with new lists of packages, once.
update_and_retry() {
	[ -z "${DEPS_UPDATED:-}" ] || return 0
	echo "Fetching the lists of packages with apt-get update" >&2
	$as_root apt-get update -o DPkg::Lock::Timeout=300 >"$log" 2>&1 || tail -n 5 "$log" >&2
	rm -f "$log"
	DEPS_UPDATED=1 exec "$0" "${groups[@]}"
}

if [ ${#impossible[@]} -gt 0 ] || ! has_lists; then
	update_and_retry
fi
if [ ${#impossible[@]} -gt 0 ]; then
	echo "This system has no package ${impossible[*]}, which is needed for: ${groups[*]}" >&2
	exit 1
fi

# Two purposes may want the same package.
packages=($(printf '%s\n' ${needed[@]} ${wanted[@]} | sort -u))
one_by_one=0
[ ${#packages[@]} = 0 ] || echo "Installing with apt-get: ${packages[*]}" >&2
if ! install "${packages[@]}"; then
	# The lists may be older than the packages that the server has.
	update_and_retry
	install "${needed[@]}" || {
		tail -n 20 "$log" >&2
		echo "apt-get could not install: ${needed[*]}" >&2
		exit 1
	}
	one_by_one=1
fi
for i in "${!without[@]}"; do
	if [ -z "${wanted[$i]}" ] || { [ $one_by_one = 1 ] && ! install ${wanted[$i]}; }; then
		leave_out "${without[$i]}" "${wanted[$i]}"
	fi
done

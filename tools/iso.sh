#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a GRUB image for BIOS and UEFI machines, 32 and 64 bits. Two runs give identical bytes.
#
#	tools/iso.sh OUTPUT.iso IMAGE.elf DEFAULT-ENTRY TIMEOUT-SECONDS [PARAMETERS-OF-SELF-TESTS]
#
# GRUB_CFG in the environment names a menu, in place of boot/grub.cfg. ARCHIVE names the archive of
# programs, which the entries without self-tests load.
set -eu

output=$1
tree=$output.tree
epoch=${SOURCE_DATE_EPOCH:-1577836800}
# xorriso's form of a date; it also becomes the file system's identity, by which GRUB finds it.
date=$(date -u -d "@$epoch" +%Y%m%d%H%M%S00)

rm -rf "$tree"
mkdir -p "$tree/boot/grub"
cp "$2" "$tree/boot/highland.elf"
if [ -n "${ARCHIVE:-}" ]; then
	cp "$ARCHIVE" "$tree/boot/initrd.cpio"
fi
sed -e "s/@DEFAULT@/$3/" -e "s/@TIMEOUT@/$4/" -e "s/ selftest\$/& ${5:-}/" \
	"${GRUB_CFG:-boot/grub.cfg}" >"$tree/boot/grub/grub.cfg"
find "$tree" -exec touch -d "@$epoch" {} +

# The EFI part is a FAT file system. mformat would make its serial number from the time.
mkdir -p "$output.bin"
printf '#!/bin/sh\nexec "%s" -N 48474c44 "$@"\n' "$(command -v mformat)" >"$output.bin/mformat"
chmod +x "$output.bin/mformat"

export SOURCE_DATE_EPOCH="$epoch"
if ! PATH="$PWD/$output.bin:$PATH" grub-mkrescue -o "$output" \
	--install-modules="multiboot multiboot2 iso9660 normal serial terminal test \
all_video smbios" \
	--fonts= --locales= --themes= "$tree" -- \
	-volume_date all_file_dates "$date" -volume_date uuid "$date" \
	-volume_date c "$date" -volume_date m "$date" >"$output.log" 2>&1; then
	cat "$output.log" >&2
	exit 1
fi
rm -rf "$tree" "$output.bin"

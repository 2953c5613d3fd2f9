/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <drivers/screen.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * The machine's screen. Host tests cover the terminal's text functions (tests/host/test_vt.c); this
 * suite covers what depends on the device.
 */

/* A line in which each cell differs from the cell above it, and from ordinary text. */
static void dense_line(char *line, unsigned int columns, unsigned int number)
{
	for (unsigned int i = 0; i < columns; i++)
		line[i] = (char)('!' + (i + number) % 94);
	line[columns] = '\n';
}

/* Bypasses the lock of the consoles. A message of another CPU in between would be drawn, too. */
KTEST(screen, scrolling_a_screen_of_text_is_cheap)
{
	const struct vt *vt = screen_terminal();
	static char line[2049];
	unsigned long flags;
	u64 drawn, start, cycles;

	if (!vt || vt->columns >= sizeof(line) || num_online_cpus() > 1 || !cpu_has(CPU_TSC)) {
		ktest_skip("needs a screen, one CPU, and a cycle counter");
		return;
	}
	flags = local_irq_save();
	for (unsigned int i = 0; i < vt->rows; i++) {
		dense_line(line, vt->columns, i);
		screen_console.write(line, vt->columns + 1);
	}
	drawn = vt->nr_drawn;
	start = read_tsc();
	for (unsigned int i = 0; i < vt->rows; i++) {
		dense_line(line, vt->columns, vt->rows + i);
		screen_console.write(line, vt->columns + 1);
	}
	cycles = read_tsc() - start;
	drawn = vt->nr_drawn - drawn;
	screen_console.write("\033[2J\033[H", 7);
	local_irq_restore(flags);
	console_printf("# %u lines of %u characters: %llu cells drawn, %llu cycles\n", vt->rows,
		       vt->columns, drawn, cycles);
	/*
	 * Each cell is drawn once when it is written, and once more each time the screen scrolls.
	 */
	EXPECT(drawn <= (u64)(vt->rows / vt->jump + 3) * vt->rows * vt->columns);
}

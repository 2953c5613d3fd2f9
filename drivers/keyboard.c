/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <drivers/keyboard.h>
#include <kernel/console.h>
#include <kernel/input.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * The PS/2 keyboard with the US layout. Behind its controller, the 8042, every keyboard speaks scan
 * code set 1: a byte when a key goes down, the same with bit 7 when it comes up, and 0xe0 before either
 * for the keys that the first PC did not have (IBM PS/2 Technical Reference, "Keyboard and Auxiliary
 * Device Controller", 1990).
 *
 * Keys without a character become what a terminal sends for them, so whoever reads the console needs
 * not know whether a key came from here or over the serial line.
 */

#define DATA           0x60
#define STATUS         0x64 /* read */
#define COMMAND        0x64 /* write */
#define STATUS_FULL    0x01 /* there is something to read */
#define STATUS_BUSY    0x02 /* the last write was not taken yet */
#define CMD_READ_MODE  0x20
#define CMD_WRITE_MODE 0x60
#define MODE_IRQ       0x01
#define MODE_OFF       0x10
#define MODE_TRANSLATE 0x40
#define PATIENCE       10000

#define RELEASED   0x80
#define EXTENDED   0xe0
#define CTRL       0x1d
#define SHIFT_LEFT 0x2a
#define SHIFT_R    0x36
#define CAPS_LOCK  0x3a

static const char plain[] =
	"\0\0331234567890-=\177\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* The keys with arrows; the number block has the same codes, without 0xe0 before them. */
static const struct {
	u8 scancode;
	char text[KEY_TEXT];
} movements[] = {
	{ 0x47, "\033[H" }, { 0x48, "\033[A" }, { 0x4b, "\033[D" },  { 0x4d, "\033[C" },
	{ 0x4f, "\033[F" }, { 0x50, "\033[B" }, { 0x53, "\033[3~" },
};

/* True if the key is one that is held down while others are hit. */
static bool modifier(struct keyboard *kbd, u8 key, bool down)
{
	u8 side = kbd->extended ? 2 : 1;

	switch (key) {
	case CTRL:
		kbd->ctrl = (u8)(down ? kbd->ctrl | side : kbd->ctrl & ~side);
		return true;
	case SHIFT_LEFT:
	case SHIFT_R:
		side = key == SHIFT_LEFT ? 1 : 2;
		/* With 0xe0 before it, it is an artefact that old software needed. */
		if (!kbd->extended)
			kbd->shift = (u8)(down ? kbd->shift | side : kbd->shift & ~side);
		return true;
	case CAPS_LOCK:
		kbd->caps_lock ^= down;
		return true;
	}
	return false;
}

static char character(const struct keyboard *kbd, u8 key)
{
	char c;

	if (key >= sizeof(plain) - 1)
		return 0;
	c = kbd->shift ? shifted[key] : plain[key];
	if (kbd->caps_lock && plain[key] >= 'a' && plain[key] <= 'z')
		c ^= 'a' ^ 'A';
	if (kbd->ctrl)
		c = c >= '@' && c < 0x7f ? (char)(c & 0x1f) : 0;
	return c;
}

void keyboard_decode(struct keyboard *kbd, u8 scancode, char text[KEY_TEXT])
{
	bool down = !(scancode & RELEASED);
	u8 key = scancode & (u8)~RELEASED;

	text[0] = '\0';
	if (scancode == EXTENDED) {
		kbd->extended = true;
		return;
	}
	if (!modifier(kbd, key, down) && down) {
		for (unsigned int i = 0; i < ARRAY_SIZE(movements); i++)
			if (movements[i].scancode == key)
				strscpy(text, movements[i].text, KEY_TEXT);
		/* Of the extended keys only Enter and / of the number block have a character. */
		if (!text[0] && (!kbd->extended || key == 0x1c || key == 0x35)) {
			text[0] = character(kbd, key);
			text[1] = '\0';
		}
	}
	kbd->extended = false;
}

/* --- the device --------------------------------------------------------------------------------- */

static struct keyboard keyboard;

static void read_keys(void)
{
	char text[KEY_TEXT];

	while (inb(STATUS) & STATUS_FULL) {
		keyboard_decode(&keyboard, inb(DATA), text);
		for (const char *c = text; *c; c++)
			console_input(*c);
	}
}

static bool wait_for(u8 bit, u8 value)
{
	for (u32 wait = PATIENCE; wait; wait--) {
		u8 status = inb(STATUS);

		if (status == 0xff)
			return false;
		if ((status & bit) == value)
			return true;
		io_delay();
	}
	return false;
}

/* UEFI may leave the keyboard without its interrupt, since its own drivers poll. */
static bool enable_interrupt(void)
{
	u8 mode;

	while ((inb(STATUS) & STATUS_FULL) && inb(STATUS) != 0xff)
		inb(DATA);
	if (!wait_for(STATUS_BUSY, 0))
		return false;
	outb(COMMAND, CMD_READ_MODE);
	if (!wait_for(STATUS_FULL, STATUS_FULL))
		return false;
	mode = inb(DATA);
	mode = (u8)((mode | MODE_IRQ | MODE_TRANSLATE) & ~MODE_OFF);
	outb(COMMAND, CMD_WRITE_MODE);
	if (!wait_for(STATUS_BUSY, 0))
		return false;
	outb(DATA, mode);
	return true;
}

void keyboard_enable_input(void)
{
	unsigned long flags = local_irq_save();

	if (!enable_interrupt())
		pr_info("keyboard: there is no PS/2 controller\n");
	else if (irq_request(IRQ_KEYBOARD, read_keys) != 0)
		pr_warn("keyboard: interrupt %d is taken, no input\n", IRQ_KEYBOARD);
	local_irq_restore(flags);
}

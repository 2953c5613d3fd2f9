/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <drivers/input.h>
#include <drivers/keyboard.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * The PS/2 keyboard with the US layout. Its controller, the 8042, translates every keyboard to scan
 * code set 1: one byte when a key is pressed, the same byte with bit 7 set when it is released, and
 * 0xe0 before either for keys that the first PC did not have (IBM PS/2 Technical Reference,
 * "Keyboard and Auxiliary Device Controller", 1990).
 *
 * A key without a character becomes the sequence that a terminal sends for it. So a reader of the
 * console does not need to know whether a key was typed here or at the other end of the serial
 * line.
 */

#define DATA           0x60
#define STATUS         0x64 /* read */
#define COMMAND        0x64 /* write */
#define STATUS_FULL    0x01 /* a byte can be read */
#define STATUS_BUSY    0x02 /* the last write was not accepted yet */
#define STATUS_MOUSE   0x20 /* the byte to read is from the auxiliary port */
#define NO_DEVICE      0xff
#define CMD_READ_MODE  0x20
#define CMD_WRITE_MODE 0x60
#define CMD_MOUSE_OFF  0xa7
#define CMD_KEYS_OFF   0xad
#define CMD_KEYS_ON    0xae
#define MODE_IRQ       0x01
#define MODE_MOUSE_IRQ 0x02
#define MODE_OFF       0x10
#define MODE_MOUSE_OFF 0x20
#define MODE_TRANSLATE 0x40
#define KEYS_DEFAULTS  0xf6 /* to the keyboard itself: scan code set 2, start to scan */
#define KEYS_SCAN      0xf4
#define KEYS_ACK       0xfa
#define PATIENCE       20000 /* tries, one per microsecond; a keyboard answers within 20 ms */
#define BYTES_AT_ONCE  64

#define RELEASED   0x80
#define EXTENDED   0xe0
#define PAUSE      0xe1 /* two bytes follow, and again when it is released */
#define CTRL       0x1d
#define SHIFT_LEFT 0x2a
#define SHIFT_R    0x36
#define CAPS_LOCK  0x3a
#define NUM_LOCK   0x45
#define PAD_FIRST  0x47 /* the number block, row by row */
#define PAD_LAST   0x53
#define PAGE_UP    0x49
#define PAGE_DOWN  0x51

static const char plain[] =
	"\0\0331234567890-=\177\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static const char number_block[] = "789-456+1230.";

/* The keys with arrows; the number block has the same codes, without 0xe0 before them. */
static const struct {
	u8 scancode;
	char text[KEY_TEXT];
} movements[] = {
	{ 0x47, "\033[H" },  { 0x48, "\033[A" },     { 0x4b, "\033[D" },
	{ 0x4d, "\033[C" },  { 0x4f, "\033[F" },     { 0x50, "\033[B" },
	{ 0x53, "\033[3~" }, { PAGE_UP, "\033[5~" }, { PAGE_DOWN, "\033[6~" },
};

/* Shift with a page key, as xterm sends it: these are for the screen, and no program sees them. */
#define SCROLL_BACK    "\033[5;2~"
#define SCROLL_FORWARD "\033[6;2~"

/* Handle a modifier key. Return: true if it is one. */
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
		/* With 0xe0 before it, it is an artefact for old software. */
		if (!kbd->extended)
			kbd->shift = (u8)(down ? kbd->shift | side : kbd->shift & ~side);
		return true;
	case CAPS_LOCK:
		kbd->caps_lock ^= down;
		return true;
	case NUM_LOCK:
		kbd->num_lock ^= down && !kbd->extended;
		return true;
	}
	return false;
}

/* Numbers with Num Lock or Shift, but not with both; - and + always. */
static bool is_number(const struct keyboard *kbd, u8 key)
{
	char c;

	if (kbd->extended || key < PAD_FIRST || key > PAD_LAST)
		return false;
	c = number_block[key - PAD_FIRST];
	return c == '-' || c == '+' || kbd->num_lock != (kbd->shift != 0);
}

static char character(const struct keyboard *kbd, u8 key)
{
	char c;

	if (is_number(kbd, key))
		return number_block[key - PAD_FIRST];
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
	if (kbd->skip) {
		kbd->skip--;
		return;
	}
	if (scancode == PAUSE) {
		kbd->skip = 2;
		return;
	}
	if (scancode == EXTENDED) {
		kbd->extended = true;
		return;
	}
	if (!modifier(kbd, key, down) && down) {
		for (unsigned int i = 0; i < ARRAY_SIZE(movements); i++)
			if (movements[i].scancode == key && !is_number(kbd, key))
				strscpy(text, movements[i].text, KEY_TEXT);
		if (kbd->shift && (key == PAGE_UP || key == PAGE_DOWN) && !is_number(kbd, key))
			strscpy(text, key == PAGE_UP ? SCROLL_BACK : SCROLL_FORWARD, KEY_TEXT);
		/* Of the extended keys only Enter and / of the number block have a character. */
		if (!text[0] && (!kbd->extended || key == 0x1c || key == 0x35)) {
			text[0] = character(kbd, key);
			text[1] = '\0';
		}
	}
	kbd->extended = false;
}

/* --- the device ------------------------------------------------------------------------------- */

static struct keyboard keyboard;

/* Keys for the screen itself. */
static bool screen_key(const char *text)
{
	if (strcmp(text, SCROLL_BACK) == 0)
		console_scroll(1);
	else if (strcmp(text, SCROLL_FORWARD) == 0)
		console_scroll(-1);
	else
		return false;
	return true;
}

/*
 * Handler of interrupts 1 and 12. The mouse was switched off, but firmware or a monitor may switch
 * it on again. Then its bytes are dropped, and it is switched off once more. The loop is bounded,
 * since a status that is stuck must not stop the boot CPU.
 */
static irqreturn_t read_keys(int irq, void *dev)
{
	bool mouse = false;
	char text[KEY_TEXT];
	int i;

	for (i = 0; i < BYTES_AT_ONCE; i++) {
		u8 status = inb(STATUS), byte;

		if (status == NO_DEVICE || !(status & STATUS_FULL))
			break;
		byte = inb(DATA);
		if (status & STATUS_MOUSE) {
			mouse = true;
			continue;
		}
		keyboard_decode(&keyboard, byte, text);
		if (screen_key(text))
			continue;
		for (const char *c = text; *c; c++)
			console_input(*c);
	}
	if (mouse && !(inb(STATUS) & STATUS_BUSY))
		outb(COMMAND, CMD_MOUSE_OFF);
	return IRQ_RETVAL(i);
}

static bool wait_for(u8 bit, u8 value)
{
	for (u32 wait = PATIENCE; wait; wait--) {
		u8 status = inb(STATUS);

		if (status == NO_DEVICE)
			return false;
		if ((status & bit) == value)
			return true;
		io_delay();
	}
	return false;
}

static bool write_to(u16 port, u8 value)
{
	if (!wait_for(STATUS_BUSY, 0))
		return false;
	outb(port, value);
	return true;
}

/* Drop bytes that the firmware, a mouse or a key has left. Return: false if more keep arriving. */
static bool empty_buffer(void)
{
	for (int i = 0; i < BYTES_AT_ONCE; i++) {
		u8 status = inb(STATUS);

		if (status == NO_DEVICE)
			return false;
		if (!(status & STATUS_FULL))
			return true;
		inb(DATA);
		io_delay();
	}
	return false;
}

/* The answer may be behind bytes of a key that is held down. */
static bool tell_keyboard(u8 command)
{
	if (!write_to(DATA, command))
		return false;
	for (int i = 0; i < BYTES_AT_ONCE && wait_for(STATUS_FULL, STATUS_FULL); i++)
		if (inb(DATA) == KEYS_ACK)
			return true;
	return false;
}

/*
 * UEFI may leave the keyboard's interrupt off, since its own drivers poll. A BIOS may leave a mouse
 * on.
 */
static bool set_mode(void)
{
	u8 mode;

	if (!write_to(COMMAND, CMD_KEYS_OFF) || !write_to(COMMAND, CMD_MOUSE_OFF) ||
	    !wait_for(STATUS_BUSY, 0) || !empty_buffer())
		return false;
	if (!write_to(COMMAND, CMD_READ_MODE) || !wait_for(STATUS_FULL, STATUS_FULL))
		return false;
	mode = inb(DATA);
	mode |= MODE_IRQ | MODE_MOUSE_IRQ | MODE_MOUSE_OFF | MODE_TRANSLATE;
	mode &= (u8)~MODE_OFF;
	return write_to(COMMAND, CMD_WRITE_MODE) && write_to(DATA, mode) &&
	       write_to(COMMAND, CMD_KEYS_ON);
}

static bool keyboard_waits(void)
{
	u8 status = inb(STATUS);

	return status != NO_DEVICE && (status & STATUS_FULL);
}

static void start_keyboard(void)
{
	if (inb(STATUS) == NO_DEVICE) {
		pr_info("keyboard: there is no PS/2 controller\n");
		return;
	}
	if (!set_mode()) {
		pr_warn("keyboard: the PS/2 controller does not answer, its status is %#x: "
			"no keyboard\n",
			inb(STATUS));
		return;
	}
	if (!tell_keyboard(KEYS_DEFAULTS) || !tell_keyboard(KEYS_SCAN))
		pr_info("keyboard: none answers; one that is connected later can be used\n");
	if (request_irq(IRQ_KEYBOARD, read_keys, 0, "i8042", NULL) != 0)
		pr_warn("keyboard: interrupt %d is taken, no input\n", IRQ_KEYBOARD);
	else
		irq_watch(IRQ_KEYBOARD, "keyboard", keyboard_waits);
	if (request_irq(IRQ_MOUSE, read_keys, 0, "i8042", NULL) != 0)
		pr_warn("keyboard: interrupt %d is taken, a mouse can stop the keyboard\n",
			IRQ_MOUSE);
	read_keys(IRQ_KEYBOARD, NULL);
}

void keyboard_enable_input(void)
{
	unsigned long flags = local_irq_save();

	start_keyboard();
	local_irq_restore(flags);
}

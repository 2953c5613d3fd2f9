/* SPDX-License-Identifier: MIT */
#include <fs/proc/text.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kvmalloc.h>
#include <sched/sched.h>

/*
 * Text in memory. A report prints through a function as console_printf(), which has no argument
 * that could say where the text goes. So the thread knows it: thread->text is set while a report
 * runs. Several threads may make texts at the same time.
 *
 * A report may hold a spinlock while it prints, so no memory can be allocated then. Text that does
 * not fit is only counted. Then the report runs once more with room for what was counted, and an
 * eighth more, since it may have grown meanwhile. The first size is enough for most files.
 */

#define FIRST_SIZE 2048u

static int text_printf(const char *fmt, ...)
{
	struct text *text = current->text;
	size_t room = text->used < text->size ? text->size - text->used : 0;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(room ? text->data + text->used : NULL, room, fmt, args);
	va_end(args);
	text->used += (size_t)length;
	return length;
}

void text_bytes(const void *bytes, size_t size)
{
	struct text *text = current->text;

	if (text->used < text->size)
		memcpy(text->data + text->used, bytes, min(size, text->size - text->used));
	text->used += size;
}

static bool grow(struct text *text, size_t size)
{
	text_free(text);
	text->data = kvmalloc(size, GFP_KERNEL);
	text->size = text->data ? size : 0;
	return text->data;
}

int text_make(struct text *text, text_fn *show, void *arg)
{
	int error;

	if (!text->data && !grow(text, FIRST_SIZE))
		return -ENOMEM;
	for (;;) {
		text->used = 0;
		current->text = text;
		error = show(arg, text_printf);
		current->text = NULL;
		/* vsnprintf() needs a byte more, for its zero. */
		if (error || text->used < text->size)
			break;
		if (!grow(text, text->used + text->used / 8 + 1))
			error = -ENOMEM;
		if (error)
			break;
	}
	if (error)
		text->used = 0;
	return error;
}

void text_free(struct text *text)
{
	kvfree(text->data);
	*text = (struct text){ 0 };
}

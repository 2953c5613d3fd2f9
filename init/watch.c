/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <drivers/input.h>
#include <init/lineedit.h>
#include <init/pager.h>
#include <init/prompt.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <sched/sched.h>

/*
 * `watch` repeats a command, so that a user sees a report change while another command's thread, or
 * a device, works. On a terminal each round replaces the last one: ESC [ H puts the cursor into the
 * corner, and ESC [ J erases the rest of the screen. A console that has not answered as a terminal
 * would show such a sequence as characters, so there each round follows the last one.
 *
 * Only Ctrl-C ends it. Therefore run= refuses it: nobody could end that boot. It also ends after a
 * round in which the command failed, since the next round would fail in the same way.
 */

#define SECONDS_MAX 3600
#define NS_PER_S    1000000000ull

static void sleep_until(u64 ns)
{
	while (time_ns() < ns && !console_interrupted())
		msleep(20);
}

static void begin_round(u32 seconds, const char *line)
{
	console_printf("%severy %u s, Ctrl-C ends it: %s\n\n", pager_rows() ? "\033[H\033[J" : "",
		       seconds, line);
}

static int watch(int argc, char **argv)
{
	char line[LINE_SIZE];
	u32 seconds;
	u64 next;

	if (parse_u32(argv[1], SECONDS_MAX, &seconds) != 0 || seconds == 0) {
		console_printf("watch: '%s', expected whole seconds, 1 to %u\n", argv[1],
			       SECONDS_MAX);
		return -EINVAL;
	}
	if (!prompt_is_interactive()) {
		console_printf("watch: expected a user at the prompt, since only Ctrl-C ends it\n");
		return -EINVAL;
	}
	words_join(argv + 2, line, sizeof(line));
	for (next = time_ns(); !console_interrupted(); sleep_until(next)) {
		begin_round(seconds, line);
		if (prompt_run(line) != 0)
			return -EINVAL;
		next += seconds * NS_PER_S;
	}
	return 0;
}
PROMPT_COMMAND("watch", "SECONDS COMMAND...", "repeat a command until Ctrl-C", watch,
	       .words = prompt_list_commands, .example = "watch 1 \"buddyinfo; handles\"",
	       .streams = true);

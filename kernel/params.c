/* SPDX-License-Identifier: MIT */
#include <asm/boot_record.h>
#include <kernel/console.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/nearest.h>
#include <lib/string.h>

/*
 * The kernel command line. Each parameter belongs to the file that acts on it, which has registered
 * a record with BOOT_PARAM(); here words are cut out and handed over. That happens before memory is
 * known and before a console exists, so owners only store, and warnings wait in the log.
 *
 * QEMU puts the name of the kernel's file first, GRUB does not. So a first word that nobody knows
 * and that looks like a file is passed over.
 */

extern const struct boot_param __start_boot_params[], __stop_boot_params[];

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *params_next(char *line, char **name, char **value)
{
	bool quoted = false;
	char *to;

	while (is_blank(*line))
		line++;
	if (!*line)
		return NULL;
	*name = to = line;
	*value = NULL;
	for (; *line && (quoted || !is_blank(*line)); line++) {
		if (*line == '"') {
			quoted = !quoted;
		} else if (*line == '=' && !*value) {
			*to++ = '\0';
			*value = to;
		} else {
			*to++ = *line;
		}
	}
	if (*line)
		line++;
	*to = '\0';
	if (!*value)
		*value = to;
	return line;
}

/* The image chooser acts on it, before there is a kernel; to us it is only a word that is known. */
static int parse_nopae(const char *value)
{
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nopae", "nopae", "start the kernel without PAE, whatever the CPU can do", parse_nopae);

static const struct boot_param *find(const char *name)
{
	for (const struct boot_param *p = __start_boot_params; p < __stop_boot_params; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void warn_unknown(const char *name)
{
	struct nearest nearest = { .word = name };

	for (const struct boot_param *p = __start_boot_params; p < __stop_boot_params; p++)
		nearest_offer(&nearest, p->name);
	if (nearest.name)
		pr_warn("%s: unknown parameter, did you mean %s?\n", name, nearest.name);
	else
		pr_warn("%s: unknown parameter; `help params` at the prompt shows all\n", name);
}

static bool looks_like_file(const char *word)
{
	size_t length = strlen(word);

	return strchr(word, '/') || (length >= 4 && strcmp(word + length - 4, ".elf") == 0);
}

static void parse_word(const char *name, const char *value, bool first)
{
	const struct boot_param *param = find(name);

	if (!param) {
		if (!first || !looks_like_file(name))
			warn_unknown(name);
		return;
	}
	if (param->parse(value) != 0)
		pr_warn("%s=%s: ignored, expected %s\n", name, value, param->syntax);
}

void params_parse(const char *cmdline)
{
	static char words[BOOT_CMDLINE];
	char *name, *value, *next = words;
	bool first = true;

	pr_info("Command line: %s\n", cmdline);
	if (strscpy(words, cmdline, sizeof(words)) < 0)
		pr_warn("The command line is cut: %zu characters, expected less than %zu\n",
			strlen(cmdline), sizeof(words));
	while ((next = params_next(next, &name, &value))) {
		parse_word(name, value, first);
		first = false;
	}
}

void params_show(printf_fn *print)
{
	for (const struct boot_param *p = __start_boot_params; p < __stop_boot_params; p++)
		print("%s\n        %s\n", p->syntax, p->help);
}

/* SPDX-License-Identifier: MIT */
#include <asm/layout.h>
#include <asm/setup.h>
#include <init/main.h>
#include <init/report.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/report_section.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * `report json`: all that the kernel can tell about itself in one document, for programs that draw,
 * compare or check it.
 *
 *	{"version":1,
 *	"build":{"release":"v1-3-gabcdef","pae":true, ...},
 *	"zones":{ ... },
 *	...
 *	}
 *
 * Each subsystem adds a section, an object, from the file that owns the data
 * (kernel/report_section.h), and this file writes the outermost object. A section that does not
 * close all that it opens is a mistake, which the writer finds (lib/json.c). docs/report.md
 * explains the document, docs/report.schema.json describes each member.
 *
 * The document is printed while it is made. So it needs no memory, and works even when there is
 * none left. The price is that it is no snapshot: each section is read at another time.
 */

#define REPORT_VERSION 1

static const struct report_section *find(const char *name)
{
	const struct report_section *section;

	for_each_in_set(section, report_sections) {
		if (strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

static bool wanted(const struct report_section *section, char **names, int nr)
{
	for (int i = 0; i < nr; i++)
		if (strcmp(section->name, names[i]) == 0)
			return true;
	return nr == 0;
}

const char *report_json(json_write_fn *write, void *arg, char **names, int nr)
{
	const struct report_section *section;
	struct json json;

	json_begin(&json, write, arg);
	json_object(&json, NULL);
	json_number(&json, "version", REPORT_VERSION);
	for_each_in_set(section, report_sections) {
		if (!wanted(section, names, nr))
			continue;
		json_object(&json, section->name);
		section->write(&json);
		json_object_end(&json);
	}
	json_object_end(&json);
	return json_end(&json);
}

/* --- the build -------------------------------------------------------------------------------- */

static void build_section(struct json *json)
{
	json_string(json, "release", highland_version);
	json_bool(json, "pae", CONFIG_PAE);
	json_number(json, "page_offset", PAGE_OFFSET);
	json_bool(json, "debug", DEBUG);
	json_bool(json, "ubsan", UBSAN);
	json_string(json, "cmdline", boot_cmdline());
}
REPORT_SECTION(100, "build", build_section);

/* --- the command ------------------------------------------------------------------------------ */

static void print(void *arg, const char *text, size_t n)
{
	console_printf("%.*s", (int)n, text);
}

static void list_sections(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct report_section *section;

	for_each_in_set(section, report_sections)
		offer(arg, section->name);
}

static void list_arguments(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "json");
	list_sections(prefix, offer, arg);
}

static int unknown(const char *name)
{
	console_printf("report json: '%s' is no section, expected some of:\n", name);
	words_show(list_sections, "");
	return -ENOENT;
}

static int report(int argc, char **argv)
{
	const char *mistake;

	if (strcmp(argv[1], "json") != 0) {
		console_printf("report: '%s', expected 'json'\n", argv[1]);
		return -EINVAL;
	}
	for (int i = 2; i < argc; i++)
		if (!find(argv[i]))
			return unknown(argv[i]);
	mistake = report_json(print, NULL, argv + 2, argc - 2);
	if (!mistake)
		return 0;
	console_printf("report json: the document is incomplete: %s\n", mistake);
	return -EINVAL;
}
PROMPT_COMMAND("report", "FORMAT [section]...", "the kernel's state, for programs, as json", report,
	       .words = list_arguments, .example = "report json zones");

/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/json.h>

/**
 * report_json() - write the state of the kernel as one JSON document
 * @write: receives the text
 * @arg: passed to @write
 * @names: the sections to write
 * @nr: number of @names; 0 for all sections
 *
 * The document is a snapshot without a common lock. Its numbers fit together if no other thread
 * allocates, frees or maps memory meanwhile.
 *
 * Context: thread, interrupts on.
 * Return: NULL; or the mistake of a section, in words. Then the document is incomplete.
 */
const char *report_json(json_write_fn *write, void *arg, char **names, int nr);

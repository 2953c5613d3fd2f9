/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * json_ops_run() - call the JSON writer in random order, and compare it with a model
 * @calls: number of calls
 * @right: make no wrong call, so that the document is complete
 *
 * The numbers come from host_random(). Reports each difference with host_fail().
 */
void json_ops_run(unsigned int calls, bool right);

/**
 * json_is_valid() - is this text one JSON value, by the grammar of RFC 8259?
 * @text: the text, terminated
 *
 * Return: true if it is.
 */
bool json_is_valid(const char *text);

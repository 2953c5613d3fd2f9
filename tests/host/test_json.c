/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "json_ops.h"

#include <lib/json.h>

/*
 * The writer of JSON: one document as it has to be, each mistake by its name, and random calls
 * against a model (json_ops.c).
 */

static char text[4096];
static unsigned int pieces;

static void receive(void *arg, const char *piece, size_t n)
{
	strncat(text, piece, n);
	pieces++;
}

static void begin(struct json *json)
{
	text[0] = '\0';
	pieces = 0;
	json_begin(json, receive, NULL);
}

static void a_document(void)
{
	struct json json;

	begin(&json);
	json_object(&json, NULL);
	json_number(&json, "version", 1);
	json_array(&json, "empty");
	json_array_end(&json);
	json_object(&json, "more");
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_object_end(&json);
	json_string(&json, "a\"b", "\\ \"\n\x7f\xc3\xa9");
	json_number(&json, "exact", (1ull << 53) - 1);
	json_number(&json, "large", 1ull << 53);
	json_object_end(&json);
	CHECK(json_end(&json) == NULL);
	CHECK_STREQ(text, "{\"version\":1,\n"
			  "\"empty\":[],\n"
			  "\"more\":{\"yes\":true,\"no\":false},\n"
			  "\"a\\\"b\":\"\\\\ \\\"\\u000a\\u007f\\u00c3\\u00a9\",\n"
			  "\"exact\":9007199254740991,\n"
			  "\"large\":\"9007199254740992\"\n"
			  "}\n");
	CHECK_EQ(pieces, 7);
}

static void lines(void)
{
	struct json json;
	size_t n;

	begin(&json);
	json_array(&json, NULL);
	json_array(&json, NULL);
	for (int i = 0; i < 200; i++)
		json_number(&json, NULL, 1000000);
	json_array_end(&json);
	json_array_end(&json);
	CHECK(json_end(&json) == NULL);
	n = strcspn(text, "\n");
	CHECK(n >= 56 && n <= 80);
	CHECK(json_is_valid(text));
}

/* A string that is longer than a line arrives in several pieces, and whole. */
static void a_long_string(void)
{
	char value[2 * JSON_LINE + 1], want[sizeof(value) + 8];
	struct json json;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	begin(&json);
	json_string(&json, NULL, value);
	CHECK(json_end(&json) == NULL);
	snprintf(want, sizeof(want), "\"%s\"\n", value);
	CHECK_STREQ(text, want);
	CHECK(pieces > 1);
}

static void mistakes(void)
{
	struct json json;

	begin(&json);
	json_array(&json, NULL);
	json_number(&json, "key", 1);
	json_array_end(&json);
	CHECK_STREQ(json_end(&json), "a value outside of an object has a key");
	CHECK_STREQ(text, "[!a value outside of an object has a key\n");

	begin(&json);
	json_object(&json, NULL);
	json_bool(&json, NULL, true);
	CHECK_STREQ(json_end(&json), "a value in an object has no key");

	begin(&json);
	json_number(&json, NULL, 1);
	json_number(&json, NULL, 2);
	CHECK_STREQ(json_end(&json), "a second value follows the document");

	begin(&json);
	json_array(&json, NULL);
	json_object_end(&json);
	CHECK_STREQ(json_end(&json), "the end of an object that is not open");

	begin(&json);
	json_array_end(&json);
	CHECK_STREQ(json_end(&json), "the end of an array that is not open");

	begin(&json);
	json_object(&json, NULL);
	CHECK_STREQ(json_end(&json), "an object or an array is still open");

	begin(&json);
	CHECK_STREQ(json_end(&json), "the document is empty");

	begin(&json);
	for (int i = 0; i <= JSON_DEPTH; i++)
		json_array(&json, NULL);
	CHECK_STREQ(json_end(&json), "too many levels are open");
}

/* The judge of the random calls must itself know what is wrong. */
static void the_parser(void)
{
	static const char *const right[] = {
		"0",
		"12",
		"\"\"",
		"[]",
		"{}",
		" [1 , 2]\n",
		"{\"a\":[true,false,null],\"b\":{}}",
		"\"\\u00e9\\n\"",
	};
	static const char *const wrong[] = {
		"",         "01",    "1 2",    "[1,]",       "[,1]", "[1 2]",  "{\"a\"}",
		"{\"a\":}", "{1:2}", "[",      "]",          "{]",   "\"\n\"", "\"\\u00e\"",
		"\"\\x\"",  "tru",   "\"open", "{\"a\":1,}", "[1}",  "[[1]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		if (!json_is_valid(right[i]))
			host_fail(__FILE__, __LINE__, "refused: %s", right[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (json_is_valid(wrong[i]))
			host_fail(__FILE__, __LINE__, "accepted: %s", wrong[i]);
}

static void random_documents(void)
{
	for (int i = 0; i < 1000; i++)
		json_ops_run((unsigned int)host_random_below(200), true);
}

static void random_mistakes(void)
{
	for (int i = 0; i < 1000; i++)
		json_ops_run((unsigned int)host_random_below(200), false);
}

int main(void)
{
	host_run("a document", a_document);
	host_run("lines", lines);
	host_run("a long string", a_long_string);
	host_run("each mistake has a name", mistakes);
	host_run("the parser of these tests", the_parser);
	host_run("random documents agree with the model", random_documents);
	host_run("random mistakes agree with the model", random_mistakes);
	return host_done();
}

/* SPDX-License-Identifier: MIT */
#include <lib/json.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The writer of JSON. Its state is a line of text and two bits for each open level: is it an array,
 * and does it have a value already?
 *
 * The document must be valid, since other programs read it. So each call is checked: the key, the
 * kind of the level that ends, the number of levels, one value at the outermost level. After the
 * first mistake no call writes anything, and the end of the document is "!" and the mistake in
 * words. That is no JSON, so every reader notices. Two mistakes remain for the tests of the
 * document: two equal keys in an object, and a value of a wrong type.
 *
 * Lines. A value begins a new line if the line has WRAP columns, so most lines fit into 80. Each
 * member of the outermost object begins a new line, too, and this object ends in a line of its own.
 * So a reader of a console finds the end of the document: it is the first line that is "}". The
 * text is passed on line by line. A message of another CPU may come between two lines, but not into
 * a line, unless a string is longer than a line.
 *
 * Price: a byte above 0x7e becomes 6 characters. This is valid JSON whatever the encoding of the
 * string, and loses no byte.
 */

#define WRAP 56

/* Numbers below this are exact in a reader with floating-point numbers. */
#define EXACT (1ull << 53)

_Static_assert(JSON_DEPTH < 32, "one bit for each level");

/* --- text ------------------------------------------------------------------------------------- */

static void pass_on(struct json *json)
{
	if (json->used)
		json->write(json->arg, json->line, json->used);
	json->used = 0;
}

static void put(struct json *json, char c)
{
	if (json->used == sizeof(json->line))
		pass_on(json);
	json->line[json->used++] = c;
	json->column++;
	if (c == '\n') {
		pass_on(json);
		json->column = 0;
	}
}

static void put_text(struct json *json, const char *text)
{
	while (*text)
		put(json, *text++);
}

static void put_string(struct json *json, const char *text)
{
	char escape[sizeof("\\u00ff")];

	put(json, '"');
	for (; *text; text++) {
		u8 byte = (u8)*text;

		if (byte == '"' || byte == '\\')
			put(json, '\\');
		if (byte >= ' ' && byte <= '~') {
			put(json, *text);
			continue;
		}
		snprintf(escape, sizeof(escape), "\\u%04x", byte);
		put_text(json, escape);
	}
	put(json, '"');
}

/* --- levels ----------------------------------------------------------------------------------- */

static bool fail(struct json *json, const char *mistake)
{
	if (!json->mistake)
		json->mistake = mistake;
	return false;
}

static bool in_array(const struct json *json)
{
	return json->arrays >> json->depth & 1;
}

static bool is_filled(const struct json *json)
{
	return json->filled >> json->depth & 1;
}

/* Checks that a value may come here. */
static bool may_begin(struct json *json, const char *key)
{
	bool in_object = json->depth && !in_array(json);

	if (json->mistake)
		return false;
	if (in_object && !key)
		return fail(json, "a value in an object has no key");
	if (!in_object && key)
		return fail(json, "a value outside of an object has a key");
	if (!json->depth && is_filled(json))
		return fail(json, "a second value follows the document");
	return true;
}

/* Writes what precedes a value: the comma, a new line, the key. False after a mistake. */
static bool begin_value(struct json *json, const char *key)
{
	if (!may_begin(json, key))
		return false;
	if (is_filled(json)) {
		put(json, ',');
		if (json->column >= WRAP || json->depth == 1)
			put(json, '\n');
	}
	json->filled |= 1u << json->depth;
	if (key) {
		put_string(json, key);
		put(json, ':');
	}
	return true;
}

static void begin_level(struct json *json, const char *key, bool array)
{
	if (json->depth == JSON_DEPTH) {
		fail(json, "too many levels are open");
		return;
	}
	if (!begin_value(json, key))
		return;
	put(json, array ? '[' : '{');
	json->depth++;
	json->arrays &= ~(1u << json->depth);
	json->arrays |= (u32)array << json->depth;
	json->filled &= ~(1u << json->depth);
}

static void end_level(struct json *json, bool array)
{
	if (json->mistake)
		return;
	if (!json->depth || in_array(json) != array) {
		fail(json, array ? "the end of an array that is not open"
				 : "the end of an object that is not open");
		return;
	}
	json->depth--;
	if (!json->depth)
		put(json, '\n');
	put(json, array ? ']' : '}');
}

/* --- what the header promises ----------------------------------------------------------------- */

void json_begin(struct json *json, json_write_fn *write, void *arg)
{
	*json = (struct json){ .write = write, .arg = arg };
}

const char *json_end(struct json *json)
{
	if (!json->mistake && json->depth)
		fail(json, "an object or an array is still open");
	else if (!json->mistake && !is_filled(json))
		fail(json, "the document is empty");
	if (json->mistake) {
		put(json, '!');
		put_text(json, json->mistake);
	}
	put(json, '\n');
	return json->mistake;
}

unsigned int json_depth(const struct json *json)
{
	return json->depth;
}

void json_object(struct json *json, const char *key)
{
	begin_level(json, key, false);
}

void json_object_end(struct json *json)
{
	end_level(json, false);
}

void json_array(struct json *json, const char *key)
{
	begin_level(json, key, true);
}

void json_array_end(struct json *json)
{
	end_level(json, true);
}

void json_number(struct json *json, const char *key, u64 value)
{
	char digits[sizeof("\"18446744073709551615\"")];

	if (!begin_value(json, key))
		return;
	snprintf(digits, sizeof(digits), value < EXACT ? "%llu" : "\"%llu\"", value);
	put_text(json, digits);
}

void json_bool(struct json *json, const char *key, bool value)
{
	if (begin_value(json, key))
		put_text(json, value ? "true" : "false");
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (begin_value(json, key))
		put_string(json, value);
}

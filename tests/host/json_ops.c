/* SPDX-License-Identifier: MIT */
#include "json_ops.h"
#include "host.h"

#include <lib/json.h>

/*
 * Random calls of the JSON writer, and two judges. The model is a second writer: it has a stack of
 * levels, knows which calls are allowed, and makes the text without line breaks. The parser below
 * knows the grammar of RFC 8259 and nothing of the writer. A document without mistakes must be
 * valid, and equal to the model's text once its line breaks are removed. With a mistake it must be
 * invalid, and equal to the model's text up to the mistake.
 */

#define TEXT_MAX (1u << 20)

/* Sizes of strings. */
#define KEY_MAX   12
#define VALUE_MAX 24

static char got[TEXT_MAX], want[TEXT_MAX];
static size_t nr_got, nr_want;

static struct {
	struct {
		bool array, filled;
	} levels[JSON_DEPTH + 1];
	unsigned int depth;
	bool mistaken;
} model;

/* --- a parser --------------------------------------------------------------------------------- */

static const char *value(const char *at, unsigned int depth);

static const char *blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *digits(const char *at)
{
	size_t n = strspn(at, "0123456789");

	return n ? at + n : NULL;
}

/* The writer writes no sign, fraction or exponent. */
static const char *number(const char *at)
{
	return *at == '0' ? at + 1 : digits(at);
}

static const char *string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	while (*at != '"') {
		if ((u8)*at < ' ')
			return NULL;
		if (*at++ != '\\')
			continue;
		if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
			at += 5;
		else if (*at && strchr("\"\\/bfnrt", *at))
			at++;
		else
			return NULL;
	}
	return at + 1;
}

static const char *member(const char *at, unsigned int depth)
{
	at = string(at);
	if (!at)
		return NULL;
	at = blanks(at);
	return *at == ':' ? value(blanks(at + 1), depth) : NULL;
}

static const char *level(const char *at, char end, unsigned int depth)
{
	at = blanks(at + 1);
	if (*at == end)
		return at + 1;
	for (;;) {
		at = end == '}' ? member(at, depth) : value(at, depth);
		if (!at)
			return NULL;
		at = blanks(at);
		if (*at == end)
			return at + 1;
		if (*at++ != ',')
			return NULL;
		at = blanks(at);
	}
}

static const char *value(const char *at, unsigned int depth)
{
	static const char *const words[] = { "true", "false", "null" };

	if (depth > 100)
		return NULL;
	if (*at == '{' || *at == '[')
		return level(at, *at == '{' ? '}' : ']', depth + 1);
	if (*at == '"')
		return string(at);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	return number(at);
}

bool json_is_valid(const char *text)
{
	const char *end = value(blanks(text), 0);

	return end && *blanks(end) == '\0';
}

/* --- the model -------------------------------------------------------------------------------- */

static void add(const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(want) - 1 - nr_want) {
		fprintf(stderr, "the model's text is too long\n");
		abort();
	}
	memcpy(want + nr_want, text, n + 1);
	nr_want += n;
}

static void add_string(const char *text)
{
	char piece[8];

	add("\"");
	for (; *text; text++) {
		u8 byte = (u8)*text;

		if (byte == '"')
			add("\\\"");
		else if (byte == '\\')
			add("\\\\");
		else if (byte < 0x20 || byte > 0x7e)
			snprintf(piece, sizeof(piece), "\\u00%02x", byte), add(piece);
		else
			snprintf(piece, sizeof(piece), "%c", byte), add(piece);
	}
	add("\"");
}

static bool model_begins(const char *key)
{
	bool object = model.depth && !model.levels[model.depth].array;

	if (model.mistaken)
		return false;
	if (object != (key != NULL) || (!model.depth && model.levels[0].filled)) {
		model.mistaken = true;
		return false;
	}
	if (model.levels[model.depth].filled)
		add(",");
	model.levels[model.depth].filled = true;
	if (key) {
		add_string(key);
		add(":");
	}
	return true;
}

static void model_opens(const char *key, bool array)
{
	if (model.depth == JSON_DEPTH)
		model.mistaken = true;
	else if (model_begins(key)) {
		add(array ? "[" : "{");
		model.depth++;
		model.levels[model.depth].array = array;
		model.levels[model.depth].filled = false;
	}
}

static void model_closes(bool array)
{
	if (model.mistaken)
		return;
	if (!model.depth || model.levels[model.depth].array != array) {
		model.mistaken = true;
		return;
	}
	add(array ? "]" : "}");
	model.depth--;
}

/* --- random calls ----------------------------------------------------------------------------- */

static const char *random_string(char *text, size_t max)
{
	size_t n = host_random_below(max);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(1 + host_random_below(255));
	text[n] = '\0';
	return text;
}

/* A key where one is needed, and NULL elsewhere; sometimes the opposite if that is allowed. */
static const char *random_key(char *text, bool right)
{
	bool object = model.depth && !model.levels[model.depth].array;

	if (!right && host_random_below(64) == 0)
		object = !object;
	return object ? random_string(text, KEY_MAX) : NULL;
}

static bool random_kind(bool right)
{
	bool array = model.levels[model.depth].array;

	return !right && host_random_below(64) == 0 ? !array : array;
}

static u64 random_number(void)
{
	static const u64 edges[] = { 0, 9, (1ull << 53) - 1, 1ull << 53, UINT64_MAX };

	if (host_random_below(4) == 0)
		return edges[host_random_below(ARRAY_SIZE(edges))];
	return host_random() >> host_random_below(64);
}

static void write_number(struct json *json, const char *key)
{
	u64 number = random_number();
	char text[24];

	json_number(json, key, number);
	snprintf(text, sizeof(text), "%llu", number);
	if (!model_begins(key))
		return;
	if (number >> 53)
		add_string(text);
	else
		add(text);
}

static void random_call(struct json *json, bool right)
{
	char key_text[KEY_MAX], text[VALUE_MAX];
	const char *key = random_key(key_text, right);
	bool flag = host_random_below(2);

	switch (host_random_below(8)) {
	case 0:
	case 1:
		if (right && model.depth == JSON_DEPTH)
			return;
		(flag ? json_array : json_object)(json, key);
		model_opens(key, flag);
		return;
	case 2:
		/* The outermost level stays open, so that calls can follow. */
		if (right && model.depth <= 1)
			return;
		flag = random_kind(right);
		(flag ? json_array_end : json_object_end)(json);
		model_closes(flag);
		return;
	case 3:
	case 4:
		write_number(json, key);
		return;
	case 5:
		json_bool(json, key, flag);
		if (model_begins(key))
			add(flag ? "true" : "false");
		return;
	default:
		json_string(json, key, random_string(text, sizeof(text)));
		if (model_begins(key))
			add_string(text);
	}
}

static void close_all(struct json *json)
{
	while (model.depth && !model.mistaken) {
		bool array = model.levels[model.depth].array;

		(array ? json_array_end : json_object_end)(json);
		model_closes(array);
	}
}

/* --- judging ---------------------------------------------------------------------------------- */

static void receive(void *arg, const char *text, size_t n)
{
	const char *newline = memchr(text, '\n', n);

	CHECK(n > 0 && n <= JSON_LINE);
	CHECK(!newline || newline == text + n - 1);
	if (n > sizeof(got) - 1 - nr_got)
		abort();
	memcpy(got + nr_got, text, n);
	nr_got += n;
	got[nr_got] = '\0';
}

/* Text after the column of the last possible break: a key for each level, and a value. */
#define OVERHANG (6 * (KEY_MAX * JSON_DEPTH + VALUE_MAX))

static void check_lines(void)
{
	for (const char *line = got; *line; line = strchr(line, '\n') + 1) {
		REQUIRE(strchr(line, '\n'));
		CHECK(strcspn(line, "\n") < 60 + OVERHANG);
	}
	if (!model.mistaken && *want == '{') {
		const char *last = strstr(got, "\n}\n");

		CHECK(last && last[3] == '\0');
	}
}

static void remove_line_breaks(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '\n')
			*to++ = *text;
	*to = '\0';
}

void json_ops_run(unsigned int calls, bool right)
{
	struct json json;
	const char *mistake;

	memset(&model, 0, sizeof(model));
	nr_got = nr_want = 0;
	got[0] = want[0] = '\0';
	json_begin(&json, receive, NULL);
	if (right) {
		bool array = host_random_below(2);

		(array ? json_array : json_object)(&json, NULL);
		model_opens(NULL, array);
	}
	for (unsigned int i = 0; i < calls && host_random_left(); i++) {
		random_call(&json, right);
		if (!model.mistaken)
			CHECK_EQ(json_depth(&json), model.depth);
	}
	if (right || host_random_below(2))
		close_all(&json);
	mistake = json_end(&json);
	model.mistaken |= model.depth || !model.levels[0].filled;
	check_lines();
	CHECK_EQ(mistake != NULL, model.mistaken);
	CHECK_EQ(json_is_valid(got), !model.mistaken);
	if (mistake) {
		add("!");
		add(mistake);
	}
	remove_line_breaks(got);
	CHECK_STREQ(got, want);
}

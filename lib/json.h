/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A writer for JSON (JavaScript object notation, RFC 8259). Each call writes one piece of a
 * document at once, so the writer needs no memory for the document:
 *
 *	json_begin(&json, write, NULL);                 {"free":3,"names":["DMA",
 *	json_object(&json, NULL);                       "Normal"]}
 *	json_number(&json, "free", 3);
 *	json_array(&json, "names");
 *	json_string(&json, NULL, "DMA");
 *	json_string(&json, NULL, "Normal");
 *	json_array_end(&json);
 *	json_object_end(&json);
 *	mistake = json_end(&json);
 *
 * A value in an object needs a key. A value in an array, and the outermost value, must have none:
 * their key is NULL. lib/json.c says what else is checked, and how lines are broken.
 *
 * One thread at a time uses a writer.
 */

/* Receives a piece of text, which is not terminated. Only the end of a line has a newline. */
typedef void json_write_fn(void *arg, const char *text, size_t n);

/* Levels of objects and arrays that may be open at once. */
#define JSON_DEPTH 16

/* Bytes of text that the writer keeps before it passes them on. */
#define JSON_LINE 120

/**
 * struct json - a writer; all members are private to lib/json.c
 * @write: receives the text
 * @arg: passed to @write
 * @mistake: the first mistake of the caller; NULL for none
 * @depth: number of open objects and arrays
 * @arrays: bit n: level n is an array
 * @filled: bit n: level n has a value. Level 0 is the document
 * @column: characters in this line
 * @used: bytes in @line
 * @line: text that @write has not received yet
 */
struct json {
	json_write_fn *write;
	void *arg;
	const char *mistake;
	unsigned int depth;
	u32 arrays, filled;
	unsigned int column, used;
	char line[JSON_LINE];
};

/**
 * json_begin() - start a document
 * @json: the writer
 * @write: receives the text
 * @arg: passed to @write
 *
 * Context: that of the function that receives the text.
 */
void json_begin(struct json *json, json_write_fn *write, void *arg);

/**
 * json_end() - finish the document, and pass on the rest of the text
 * @json: the writer
 *
 * Context: that of the function that receives the text.
 * Return: NULL; or the first mistake in words. Then the text is no valid JSON.
 */
const char *json_end(struct json *json);

/**
 * json_depth() - number of objects and arrays that are open
 * @json: the writer
 *
 * Context: any.
 * Return: the number; 0 outside of the document.
 */
unsigned int json_depth(const struct json *json);

/**
 * json_object() - begin an object
 * @json: the writer
 * @key: its key
 *
 * Context: that of the function that receives the text.
 */
void json_object(struct json *json, const char *key);

/**
 * json_object_end() - end the object that began last
 * @json: the writer
 *
 * Context: that of the function that receives the text.
 */
void json_object_end(struct json *json);

/**
 * json_array() - begin an array
 * @json: the writer
 * @key: its key
 *
 * Context: that of the function that receives the text.
 */
void json_array(struct json *json, const char *key);

/**
 * json_array_end() - end the array that began last
 * @json: the writer
 *
 * Context: that of the function that receives the text.
 */
void json_array_end(struct json *json);

/**
 * json_number() - write a number
 * @json: the writer
 * @key: its key
 * @value: any number. From 2^53 on it becomes a string of decimal digits, since a reader with
 *	floating-point numbers would round it
 *
 * Context: that of the function that receives the text.
 */
void json_number(struct json *json, const char *key, u64 value);

/**
 * json_bool() - write true or false
 * @json: the writer
 * @key: its key
 * @value: the value
 *
 * Context: that of the function that receives the text.
 */
void json_bool(struct json *json, const char *key, bool value);

/**
 * json_string() - write a string
 * @json: the writer
 * @key: its key
 * @value: its bytes. Those that are not printable ASCII become escape sequences, one for each
 *	byte: \u00e9 is the byte 0xe9
 *
 * Context: that of the function that receives the text.
 */
void json_string(struct json *json, const char *key, const char *value);

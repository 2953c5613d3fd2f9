/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <lib/types.h>
#include <lib/vsnprintf.h>

/*
 * Handlers of the compiler's checks for undefined behaviour. Only a build with UBSAN=1 contains
 * this file.
 *
 * With -fsanitize=undefined the compiler emits a check before each operation whose result the C
 * standard may leave undefined. A failed check calls the handler of its kind, in the form that does
 * not return: __ubsan_handle_<kind>_abort. The handler gets a record of what the compiler knows
 * (place and types), and then the values. A value is passed as one machine word: the value itself,
 * extended by zeroes, if it fits, and its address otherwise. The record describes a type like this:
 *
 *	kind	0 integer, 1 floating point, 0xffff anything else
 *	info	for an integer: bit 0 is set if it is signed, the other bits are the binary
 *		logarithm of its width in bits
 *	name	as it is written in C, in quotes
 *
 * Each handler turns its record into a sentence and panics, so that a test run sees a failure.
 * build.mk compiles this file without the checks, because a failure in a handler would call the
 * handler again. The price: 50 % more text, four times the data (the records), and 10 to 20 % more
 * time for the self-tests.
 */

struct location {
	const char *file;
	u32 line;
	u32 column;
};

struct type {
	u16 kind;
	u16 info;
	char name[];
};

#define KIND_INTEGER 0

/* A value as it is passed to a handler. */
typedef unsigned long word_t;

#define WORD_BITS 32u

static bool is_signed(const struct type *type)
{
	return type->info & 1;
}

static unsigned int width(const struct type *type)
{
	return 1u << (type->info >> 1);
}

/* Returns a value of an integer type of at most 64 bits, extended to 64 bits. */
static u64 decode(const struct type *type, word_t word)
{
	unsigned int unused = 64 - width(type);

	if (width(type) > WORD_BITS)
		return *(const u64 *)word;
	return is_signed(type) ? (u64)((s64)((u64)word << unused) >> unused) : word;
}

static bool is_negative(const struct type *type, word_t word)
{
	return is_signed(type) && (s64)decode(type, word) < 0;
}

/* A value as text. */
struct decimal {
	char text[24];
};

static struct decimal decimal(const struct type *type, word_t word)
{
	struct decimal decimal = { "(no integer)" };

	if (type->kind != KIND_INTEGER || width(type) > 64)
		return decimal;
	snprintf(decimal.text, sizeof(decimal.text), is_signed(type) ? "%lld" : "%llu",
		 (s64)decode(type, word));
	return decimal;
}

#define STOP(what, at, fmt, ...)                                                         \
	panic("UBSAN: %s in %s:%u:%u: " fmt, what, (at)->file, (at)->line, (at)->column, \
	      ##__VA_ARGS__)

/* Only the compiler calls handlers, so there is no header. This declares and begins one. */
#define HANDLER(kind, ...)                                  \
	void __noreturn __ubsan_handle_##kind(__VA_ARGS__); \
	void __noreturn __ubsan_handle_##kind(__VA_ARGS__)

/* --- arithmetic ------------------------------------------------------------------------------- */

struct typed {
	struct location at;
	const struct type *type;
};

static void __noreturn overflow(const struct typed *data, word_t left, char operator, word_t right)
{
	STOP("signed-integer-overflow", &data->at, "%s %c %s cannot be represented in type %s",
	     decimal(data->type, left).text, operator, decimal(data->type, right).text,
	     data->type->name);
}

HANDLER(add_overflow_abort, const struct typed *data, word_t left, word_t right)
{
	overflow(data, left, '+', right);
}

HANDLER(sub_overflow_abort, const struct typed *data, word_t left, word_t right)
{
	overflow(data, left, '-', right);
}

HANDLER(mul_overflow_abort, const struct typed *data, word_t left, word_t right)
{
	overflow(data, left, '*', right);
}

HANDLER(negate_overflow_abort, const struct typed *data, word_t value)
{
	STOP("signed-integer-overflow", &data->at,
	     "the negative of %s cannot be represented in type %s", decimal(data->type, value).text,
	     data->type->name);
}

HANDLER(divrem_overflow_abort, const struct typed *data, word_t left, word_t right)
{
	if (is_negative(data->type, right))
		overflow(data, left, '/', right);
	STOP("integer-divide-by-zero", &data->at, "division of %s by zero",
	     decimal(data->type, left).text);
}

struct shift {
	struct location at;
	const struct type *left;
	const struct type *right;
};

HANDLER(shift_out_of_bounds_abort, const struct shift *data, word_t left, word_t right)
{
	const char *what = "shift-out-of-bounds";
	struct decimal value = decimal(data->left, left), places = decimal(data->right, right);

	if (is_negative(data->right, right))
		STOP(what, &data->at, "shift exponent %s is negative", places.text);
	if (decode(data->right, right) >= width(data->left))
		STOP(what, &data->at, "shift exponent %s is too large for %u-bit type %s",
		     places.text, width(data->left), data->left->name);
	if (is_negative(data->left, left))
		STOP(what, &data->at, "left shift of negative value %s", value.text);
	STOP(what, &data->at, "left shift of %s by %s places cannot be represented in type %s",
	     value.text, places.text, data->left->name);
}

HANDLER(load_invalid_value_abort, const struct typed *data, word_t value)
{
	STOP("invalid-value", &data->at, "load of value %s, which type %s does not have",
	     decimal(data->type, value).text, data->type->name);
}

HANDLER(vla_bound_not_positive_abort, const struct typed *data, word_t bound)
{
	STOP("vla-bound", &data->at, "a variable-length array of %s elements",
	     decimal(data->type, bound).text);
}

/* --- addresses -------------------------------------------------------------------------------- */

struct index {
	struct location at;
	const struct type *array;
	const struct type *index;
};

HANDLER(out_of_bounds_abort, const struct index *data, word_t index)
{
	STOP("array-index-out-of-bounds", &data->at, "index %s is out of range for type %s",
	     decimal(data->index, index).text, data->array->name);
}

struct access {
	struct location at;
	const struct type *type;
	u8 log_alignment;
	u8 kind;
};

/* A null pointer, a misaligned one, or one too close to the end of its object, checked in this
 * order. C++ has more kinds. */
HANDLER(type_mismatch_v1_abort, const struct access *data, word_t addr)
{
	static const char *const kinds[] = { "load of", "store to", "reference to",
					     "member access within" };
	const char *kind = data->kind < ARRAY_SIZE(kinds) ? kinds[data->kind] : "use of";
	word_t alignment = 1ul << data->log_alignment;

	if (!addr)
		STOP("null-pointer", &data->at, "%s null pointer of type %s", kind,
		     data->type->name);
	if (!IS_ALIGNED(addr, alignment))
		STOP("misaligned-pointer", &data->at,
		     "%s address %#lx for type %s, which requires %lu-byte alignment", kind, addr,
		     data->type->name, alignment);
	STOP("object-size", &data->at, "%s address %#lx with too little space for type %s", kind,
	     addr, data->type->name);
}

struct assumption {
	struct location at;
	struct location assumed_at;
	const struct type *type;
};

/* Only clang calls this: for __builtin_assume_aligned() and similar. */
HANDLER(alignment_assumption_abort, const struct assumption *data, word_t addr, word_t alignment,
	word_t offset)
{
	STOP("alignment-assumption", &data->at,
	     "%#lx less %#lx, of type %s, was said to be aligned to %lu bytes", addr, offset,
	     data->type->name, alignment);
}

struct untyped {
	struct location at;
};

HANDLER(pointer_overflow_abort, const struct untyped *data, word_t base, word_t result)
{
	STOP("pointer-overflow", &data->at, "from %#lx the result is %#lx", base, result);
}

/* --- promises about functions ----------------------------------------------------------------- */

struct argument {
	struct location at;
	struct location attribute_at;
	int number;
};

HANDLER(nonnull_arg_abort, const struct argument *data)
{
	STOP("nonnull-argument", &data->at, "argument %d is null, and declared never to be",
	     data->number);
}

HANDLER(nonnull_return_v1_abort, const struct untyped *attribute, const struct location *at)
{
	STOP("nonnull-return", at, "null is returned, and declared never to be");
}

struct builtin {
	struct location at;
	u8 kind;
};

HANDLER(invalid_builtin_abort, const struct builtin *data)
{
	STOP("invalid-builtin-use", &data->at, "%s of zero",
	     data->kind ? "__builtin_clz()" : "__builtin_ctz()");
}

/* These two have only a form that does not return. */
HANDLER(builtin_unreachable, const struct untyped *data)
{
	STOP("unreachable", &data->at, "the program got where it was said never to get");
}

HANDLER(missing_return, const struct untyped *data)
{
	STOP("missing-return", &data->at,
	     "the end of a function without the value that it returns");
}

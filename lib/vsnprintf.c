/* SPDX-License-Identifier: MIT */
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * One pass over the format. Each conversion is parsed into a struct spec, its argument is converted
 * to characters, and emit_field() puts the parts of the field together:
 *
 *	[blanks][sign or prefix][zeros][digits][blanks]
 *
 * Invariant: every character is passed to emit(), which counts it and stores it only if it fits. So
 * the buffer cannot overflow, and the returned length is right even if the text was cut.
 */

struct out {
	char *buf;
	size_t size;
	size_t len;
};

struct spec {
	bool left, zero, plus, blank, alternate;
	int width;
	int precision; /* -1: not given */
	char length;   /* 'H' for hh, 'h', 'l', 'q' for ll and j, 'z', 't'; 0: not given */
	char conversion;
};

/* The parts of a field except the blanks. */
struct field {
	const char *prefix;
	int zeros;
	const char *text;
	int text_len;
};

/* A va_list may be an array (C11 7.16), so only a struct around it can be passed by address. */
struct arguments {
	va_list list;
};

/* The largest width and precision, so that their sums cannot overflow. */
#define MAX_WIDTH SHRT_MAX

/* 64 bits in octal have the most digits. */
#define MAX_DIGITS 22

static void emit(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void emit_repeated(struct out *out, char c, int n)
{
	while (n-- > 0)
		emit(out, c);
}

static void emit_text(struct out *out, const char *text, int n)
{
	while (n-- > 0)
		emit(out, *text++);
}

static void emit_field(struct out *out, const struct spec *spec, const struct field *field)
{
	int prefix_len = (int)strlen(field->prefix);
	int padding = spec->width - prefix_len - field->zeros - field->text_len;

	if (!spec->left)
		emit_repeated(out, ' ', padding);
	emit_text(out, field->prefix, prefix_len);
	emit_repeated(out, '0', field->zeros);
	emit_text(out, field->text, field->text_len);
	if (spec->left)
		emit_repeated(out, ' ', padding);
}

/* --- reading a conversion --------------------------------------------------------------------- */

static const char *read_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else if (*fmt == '+')
			spec->plus = true;
		else if (*fmt == ' ')
			spec->blank = true;
		else if (*fmt == '#')
			spec->alternate = true;
		else
			return fmt;
	}
}

/* Reads a number, or for a * the next argument. */
static const char *read_number(const char *fmt, int *number, struct arguments *args)
{
	*number = 0;
	if (*fmt == '*') {
		*number = min(max(va_arg(args->list, int), -MAX_WIDTH), MAX_WIDTH);
		return fmt + 1;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		*number = min(*number * 10 + (*fmt - '0'), MAX_WIDTH);
	return fmt;
}

static const char *read_length(const char *fmt, struct spec *spec)
{
	spec->length = 0;
	if (*fmt == 'h' || *fmt == 'l' || *fmt == 'z' || *fmt == 't' || *fmt == 'j')
		spec->length = *fmt++;
	if (spec->length == 'j')
		spec->length = 'q';
	if (spec->length == 'h' && *fmt == 'h') {
		spec->length = 'H';
		fmt++;
	} else if (spec->length == 'l' && *fmt == 'l') {
		spec->length = 'q';
		fmt++;
	}
	return fmt;
}

/* Parses the conversion after a '%'. Returns the text after it. */
static const char *read_spec(const char *fmt, struct spec *spec, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	fmt = read_flags(fmt, spec);
	fmt = read_number(fmt, &spec->width, args);
	/*
	 * A negative width means the flag - and a positive width; a negative precision counts as
	 * not given (C11 7.21.6.1, paragraph 5).
	 */
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*fmt == '.')
		fmt = read_number(fmt + 1, &spec->precision, args);
	fmt = read_length(fmt, spec);
	spec->conversion = *fmt ? *fmt++ : '\0';
	return fmt;
}

/* --- integers --------------------------------------------------------------------------------- */

static u64 next_integer(const struct spec *spec, struct arguments *args)
{
	if (spec->length == 'q')
		return va_arg(args->list, u64);
	if (spec->length == 'l' || spec->length == 'z' || spec->length == 't')
		return va_arg(args->list, unsigned long);
	return va_arg(args->list, unsigned int);
}

static u64 unsigned_value(char length, u64 value)
{
	switch (length) {
	case 'H':
		return (unsigned char)value;
	case 'h':
		return (unsigned short)value;
	case 'l':
	case 'z':
	case 't':
		return (unsigned long)value;
	case 'q':
		return value;
	default:
		return (unsigned int)value;
	}
}

static s64 signed_value(char length, u64 value)
{
	switch (length) {
	case 'H':
		return (signed char)value;
	case 'h':
		return (short)value;
	case 'l':
	case 'z':
	case 't':
		return (long)value;
	case 'q':
		return (s64)value;
	default:
		return (int)value;
	}
}

/* Writes digits backwards from @end, none for 0. Returns a pointer to the first. */
static char *put_digits(char *end, u64 value, unsigned int base, const char *digits)
{
	/* Dividing 32 bits is much faster, and most numbers have no more. */
	for (; value >> 32; value /= base)
		*--end = digits[value % base];
	for (u32 low = (u32)value; low; low /= base)
		*--end = digits[low % base];
	return end;
}

static unsigned int base_of(char conversion)
{
	if (conversion == 'o')
		return 8;
	return conversion == 'x' || conversion == 'X' || conversion == 'p' ? 16 : 10;
}

/* Zeros between prefix and digits: up to the precision, or with the flag 0 up to the width. */
static int count_zeros(const struct spec *spec, const struct field *field)
{
	int wanted = spec->precision;

	if (spec->precision < 0) {
		/* The number 0 has one digit. */
		wanted = 1;
		if (spec->zero && !spec->left)
			wanted = max(1, spec->width - (int)strlen(field->prefix));
	}
	return max(0, wanted - field->text_len);
}

static void format_magnitude(struct out *out, const struct spec *spec, const char *sign, u64 value)
{
	const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[MAX_DIGITS];
	char *end = buf + sizeof(buf);
	char *first = put_digits(end, value, base_of(spec->conversion), digits);
	struct field field = { .prefix = sign, .text = first, .text_len = (int)(end - first) };

	if (spec->alternate && value && spec->conversion == 'x')
		field.prefix = "0x";
	else if (spec->alternate && value && spec->conversion == 'X')
		field.prefix = "0X";
	else if (spec->conversion == 'p')
		field.prefix = "0x";
	field.zeros = count_zeros(spec, &field);
	/* In octal the prefix is a digit 0, and is added only if the field has no other 0. */
	if (spec->alternate && spec->conversion == 'o' && field.zeros == 0)
		field.zeros = 1;
	emit_field(out, spec, &field);
}

static void format_signed(struct out *out, const struct spec *spec, s64 value)
{
	const char *sign = spec->plus ? "+" : spec->blank ? " " : "";

	if (value < 0)
		format_magnitude(out, spec, "-", 0 - (u64)value);
	else
		format_magnitude(out, spec, sign, (u64)value);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void format_string(struct out *out, const struct spec *spec, const char *s)
{
	struct field field = { .prefix = "", .text = s ? s : "(null)" };
	size_t most = spec->precision < 0 ? INT_MAX : (size_t)spec->precision;

	field.text_len = (int)strnlen(field.text, most);
	emit_field(out, spec, &field);
}

static void format_char(struct out *out, const struct spec *spec, char c)
{
	struct field field = { .prefix = "", .text = &c, .text_len = 1 };

	emit_field(out, spec, &field);
}

static void format_pointer(struct out *out, const struct spec *spec, const void *pointer)
{
	struct spec pointer_spec = *spec;

	pointer_spec.precision = (int)sizeof(pointer) * 2;
	pointer_spec.alternate = false;
	format_magnitude(out, &pointer_spec, "", (uintptr_t)pointer);
}

/* Formats the argument of one conversion. Returns false if there is no such conversion. */
static bool format_argument(struct out *out, const struct spec *spec, struct arguments *args)
{
	switch (spec->conversion) {
	case 'd':
	case 'i':
		format_signed(out, spec, signed_value(spec->length, next_integer(spec, args)));
		return true;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		format_magnitude(out, spec, "",
				 unsigned_value(spec->length, next_integer(spec, args)));
		return true;
	case 's':
		format_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'c':
		format_char(out, spec, (char)va_arg(args->list, int));
		return true;
	case 'p':
		format_pointer(out, spec, va_arg(args->list, const void *));
		return true;
	case '%':
		emit(out, '%');
		return true;
	default:
		return false;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out out = { .buf = buf, .size = size };
	struct arguments args;

	va_copy(args.list, list);
	while (*fmt) {
		const char *start = fmt;
		struct spec spec;

		if (*fmt++ != '%') {
			emit(&out, *start);
			continue;
		}
		fmt = read_spec(fmt, &spec, &args);
		if (!format_argument(&out, &spec, &args))
			emit_text(&out, start, (int)(fmt - start));
	}
	va_end(args.list);
	if (size)
		buf[min(out.len, size - 1)] = '\0';
	return (int)out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return size == 0 ? 0 : min(len, (int)size - 1);
}

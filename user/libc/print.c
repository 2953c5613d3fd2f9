/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Formatted output. There is no buffer behind it: each call is one write(2), so what a program has
 * printed is not lost if it dies, and is not printed twice if it forks.
 */

struct output {
	char *text;
	size_t size, length;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->text[out->length] = c;
	out->length++;
}

/* Divides by 10 or 16. The compiler would call a library for a division of 64 bits. */
static unsigned int divide(unsigned long long *value, unsigned int base)
{
	uint32_t high = *value >> 32, low = *value, rest = high % base;

	high /= base;
	asm("divl %2" : "+a"(low), "+d"(rest) : "rm"(base) : "cc");
	*value = (unsigned long long)high << 32 | low;
	return rest;
}

struct field {
	unsigned int width;
	bool left, zero;
};

static void put_field(struct output *out, struct field f, const char *sign, const char *text,
		      size_t length)
{
	size_t all = strlen(sign) + length;
	size_t pad = f.width > all ? f.width - all : 0;

	for (size_t i = 0; i < pad && !f.left && !f.zero; i++)
		put(out, ' ');
	while (*sign)
		put(out, *sign++);
	for (size_t i = 0; i < pad && !f.left && f.zero; i++)
		put(out, '0');
	for (size_t i = 0; i < length; i++)
		put(out, text[i]);
	for (size_t i = 0; i < pad && f.left; i++)
		put(out, ' ');
}

static void put_number(struct output *out, struct field f, const char *sign,
		       unsigned long long value, unsigned int base)
{
	char digits[24];
	char *first = digits + sizeof(digits);

	do {
		*--first = "0123456789abcdef"[divide(&value, base)];
	} while (value);
	put_field(out, f, sign, first, digits + sizeof(digits) - first);
}

/* The number of 'l' tells how an argument was passed. */
static unsigned long long unsigned_arg(va_list *args, int longs)
{
	return longs == 2 ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned long);
}

static void put_signed(struct output *out, struct field f, va_list *args, int longs)
{
	long long value = longs == 2 ? va_arg(*args, long long) : va_arg(*args, long);

	put_number(out, f, value < 0 ? "-" : "",
		   value < 0 ? -(unsigned long long)value : (unsigned long long)value, 10);
}

int vsnprintf(char *text, size_t size, const char *format, va_list list)
{
	struct output out = { text, size, 0 };
	va_list args;

	va_copy(args, list);
	for (; *format; format++) {
		struct field f = { 0 };
		const char *s;
		int longs = 0;
		char c;

		if (*format != '%') {
			put(&out, *format);
			continue;
		}
		for (format++; *format == '-' || *format == '0'; format++)
			*(*format == '-' ? &f.left : &f.zero) = true;
		for (; *format >= '0' && *format <= '9'; format++)
			f.width = f.width * 10 + *format - '0';
		for (; *format == 'l' || *format == 'z'; format++)
			longs++;
		switch (*format) {
		case 'd':
		case 'i':
			put_signed(&out, f, &args, longs);
			break;
		case 'u':
			put_number(&out, f, "", unsigned_arg(&args, longs), 10);
			break;
		case 'x':
			put_number(&out, f, "", unsigned_arg(&args, longs), 16);
			break;
		case 'p':
			put_number(&out, f, "0x", va_arg(args, unsigned long), 16);
			break;
		case 'c':
			c = va_arg(args, int);
			put_field(&out, f, "", &c, 1);
			break;
		case 's':
			s = va_arg(args, const char *);
			s = s ? s : "(null)";
			put_field(&out, f, "", s, strlen(s));
			break;
		default:
			put(&out, *format);
		}
	}
	va_end(args);
	if (size)
		text[out.length < size ? out.length : size - 1] = 0;
	return out.length;
}

int snprintf(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, size, format, args);
	va_end(args);
	return length;
}

static int print(int fd, const char *format, va_list args)
{
	char text[1024];
	size_t length = vsnprintf(text, sizeof(text), format, args);

	return write(fd, text, length < sizeof(text) ? length : sizeof(text) - 1);
}

int dprintf(int fd, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = print(fd, format, args);
	va_end(args);
	return length;
}

int printf(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = print(1, format, args);
	va_end(args);
	return length;
}

int puts(const char *s)
{
	return printf("%s\n", s);
}

int complain(const char *program, const char *name)
{
	const char *error = errno_name(errno);

	if (error)
		dprintf(2, "%s: %s: %s\n", program, name, error);
	else
		dprintf(2, "%s: %s: error %d\n", program, name, errno);
	return 1;
}

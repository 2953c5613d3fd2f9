/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Strings and numbers. The compiler calls the first four functions, too. */

void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *t = to;
	const char *f = from;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	while (size--)
		((volatile char *)t)[size] = f[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	void *result = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*(const volatile char *)end)
		end++;
	return end - s;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++) {
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

char *strcat(char *to, const char *from)
{
	strcpy(to + strlen(to), from);
	return to;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strdup(const char *s)
{
	char *copy = malloc(strlen(s) + 1);

	return copy ? strcpy(copy, s) : NULL;
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 10
	       : c >= 'A' && c <= 'Z' ? c - 'A' + 10
				      : 99;
}

long strtol(const char *s, char **end, int base)
{
	bool negative = *s == '-';
	unsigned long value = 0;

	s += negative;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		s += 2;
		base = 16;
	}
	base = base ? base : *s == '0' ? 8 : 10;
	for (; digit(*s) < base; s++)
		value = value * base + digit(*s);
	if (end)
		*end = (char *)s;
	return negative ? -value : value;
}

int atoi(const char *s)
{
	return strtol(s, NULL, 10);
}

char *getenv(const char *name)
{
	size_t length = strlen(name);

	for (char **entry = environ; entry && *entry; entry++) {
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	}
	return NULL;
}

const char *errno_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
#define NAME(name) { name, #name }
		NAME(EPERM),       NAME(ENOENT),          NAME(ESRCH),           NAME(EINTR),
		NAME(EIO),         NAME(ENXIO),           NAME(E2BIG),           NAME(ENOEXEC),
		NAME(EBADF),       NAME(ECHILD),          NAME(EAGAIN),          NAME(ENOMEM),
		NAME(EACCES),      NAME(EFAULT),          NAME(EBUSY),           NAME(EEXIST),
		NAME(EXDEV),       NAME(ENODEV),          NAME(ENOTDIR),         NAME(EISDIR),
		NAME(EINVAL),      NAME(ENFILE),          NAME(EMFILE),          NAME(ENOTTY),
		NAME(ETXTBSY),     NAME(EFBIG),           NAME(ENOSPC),          NAME(ESPIPE),
		NAME(EROFS),       NAME(EMLINK),          NAME(EPIPE),           NAME(ERANGE),
		NAME(EDEADLK),     NAME(ENOSYS),          NAME(ENOTEMPTY),       NAME(ENAMETOOLONG),
		NAME(ELOOP),       NAME(ENODATA),         NAME(EOVERFLOW),       NAME(EOPNOTSUPP),
		NAME(ETIMEDOUT),   NAME(ENOTSOCK),        NAME(EMSGSIZE),        NAME(EPROTOTYPE),
		NAME(ENOPROTOOPT), NAME(EPROTONOSUPPORT), NAME(ESOCKTNOSUPPORT), NAME(EAFNOSUPPORT),
		NAME(EADDRINUSE),  NAME(ECONNRESET),      NAME(ENOBUFS),         NAME(EISCONN),
		NAME(ENOTCONN),    NAME(ECONNREFUSED),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error)
			return names[i].name;
	}
	return NULL;
}

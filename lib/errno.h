/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Error numbers, with the values of Linux. Functions return them negated. A host test uses the
 * numbers of its C library, which are the same.
 */
#if __STDC_HOSTED__
#include <errno.h>
#else
#define EPERM  1
#define ENOENT 2
#define EINTR  4
#define EIO    5
#define E2BIG  7
#define ENOMEM 12
#define EFAULT 14
#define EBUSY  16
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ENOSYS 38
#endif

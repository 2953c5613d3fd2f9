/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

/* Functions of open files with pages; file_write_kernel() and file_truncate() are in fs/file.h. */
extern const struct file_ops regular_ops;

/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

/**
 * file_sync() - bring a file to its disk, as fsync(2)
 * @file: any
 * @from, @to: bytes
 * @data_only: the times of the file do not matter
 *
 * Context: thread, may sleep.
 * Return: 0, or the first error since the last call. A file without a disk has none.
 */
int file_sync(struct file *file, u64 from, u64 to, bool data_only);

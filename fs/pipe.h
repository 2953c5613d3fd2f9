/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

/**
 * pipe_create() - make the two ends of a pipe
 * @ends: set to the end for reading and the end for writing, each with one reference
 * @flags: O_NONBLOCK and O_CLOEXEC
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pipe_create(struct file *ends[2], u32 flags);

/* Opens a named pipe, and gives the file the functions of its end. */
extern const struct file_ops fifo_ops;

/**
 * pipe_read(), pipe_write() - move bytes between a pipe and the kernel's memory
 * @file: the right end
 * @data: the bytes
 * @size: the most bytes to copy
 *
 * Context: thread, may sleep.
 * Return: number of bytes; -EAGAIN, -EPIPE, -ENOMEM, -ERESTARTSYS.
 */
long pipe_read(struct file *file, void *data, size_t size);
long pipe_write(struct file *file, const void *data, size_t size);

/**
 * pipe_can_write() - is a file the end of a pipe for writing?
 * @file: any
 *
 * Context: any.
 * Return: true if pipe_write() accepts it.
 */
bool pipe_can_write(const struct file *file);

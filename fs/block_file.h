/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

struct block_device;

/* Functions of open files that are a whole disk, or a partition. */
extern const struct file_ops block_file_ops;

/**
 * device_object() - find the pages of a disk as a file
 * @device: a disk or a partition
 *
 * All users share one object, and it exists as long as the device.
 * Context: may sleep.
 * Return: the object, without a reference; NULL if there is no memory.
 */
struct vm_object *device_object(struct block_device *device);

/**
 * device_forget() - a disk is gone: its open files read and write nothing any more
 * @device: a disk or a partition
 *
 * Context: may sleep.
 */
void device_forget(struct block_device *device);

/**
 * device_is_reserved() - is a disk, or a part of it, an area of swap?
 * @device: a disk or a partition
 *
 * Context: may sleep; mount_lock held.
 * Return: true if it is one, contains one, or is a part of one.
 */
bool device_is_reserved(struct block_device *device);

/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * files_init() - make the directories and devices that each boot has
 *
 * Context: boot, once, after vm_object_init().
 */
void files_init(void);

struct inode;

/**
 * device_ops() - find the functions of a device by its type and number
 * @inode: any
 *
 * Context: any.
 * Return: the functions; NULL if there is no such device, or if it is none.
 */
const struct file_ops *device_ops(const struct inode *inode);

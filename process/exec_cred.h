/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/cred.h>
#include <fs/file.h>

/**
 * exec_cred() - find the credentials with which a program starts
 * @file: the program
 * @cred: set to new credentials, for cred_use() or cred_put(); NULL: those of the thread stay
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int exec_cred(const struct file *file, struct cred **cred);

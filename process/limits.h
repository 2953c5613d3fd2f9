/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/process.h>

#define RLIMIT_CPU        0
#define RLIMIT_FSIZE      1
#define RLIMIT_DATA       2
#define RLIMIT_STACK      3
#define RLIMIT_CORE       4
#define RLIMIT_RSS        5
#define RLIMIT_NPROC      6
#define RLIMIT_NOFILE     7
#define RLIMIT_MEMLOCK    8
#define RLIMIT_AS         9
#define RLIMIT_LOCKS      10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE   12
#define RLIMIT_NICE       13
#define RLIMIT_RTPRIO     14
#define RLIMIT_RTTIME     15

#define RLIM_INFINITY UINT_MAX

/**
 * limits_init() - set the limits of a process without a parent
 * @limits: not initialised
 *
 * Context: any.
 */
void limits_init(struct rlimit limits[NR_RLIMITS]);

/**
 * limits_apply() - pass limits to the layers that know no processes
 * @limits: of a process
 * @mm: its address space
 * @files: its open files
 *
 * Context: any.
 */
void limits_apply(const struct rlimit limits[NR_RLIMITS], struct mm *mm, struct files *files);

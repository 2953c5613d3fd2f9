/* SPDX-License-Identifier: MIT */
#pragma once

/* Arguments of mmap(2) and its relatives, with the values of Linux for i386. */

#define PROT_NONE      0x0u
#define PROT_READ      0x1u
#define PROT_WRITE     0x2u
#define PROT_EXEC      0x4u
#define PROT_GROWSDOWN 0x01000000u
#define PROT_GROWSUP   0x02000000u

#define MREMAP_MAYMOVE 1u
#define MREMAP_FIXED   2u

#define MADV_NORMAL     0u
#define MADV_RANDOM     1u
#define MADV_SEQUENTIAL 2u
#define MADV_WILLNEED   3u
#define MADV_DONTNEED   4u
#define MADV_FREE       8u
#define MADV_DONTFORK   10u
#define MADV_DOFORK     11u
#define MADV_DONTDUMP   16u
#define MADV_DODUMP     17u

#define MAP_SHARED          0x000001u
#define MAP_PRIVATE         0x000002u
#define MAP_SHARED_VALIDATE 0x000003u
#define MAP_TYPE            0x00000fu
#define MAP_FIXED           0x000010u
#define MAP_ANONYMOUS       0x000020u
#define MAP_GROWSDOWN       0x000100u
#define MAP_LOCKED          0x002000u
#define MAP_NORESERVE       0x004000u
#define MAP_POPULATE        0x008000u
#define MAP_NONBLOCK        0x010000u
#define MAP_STACK           0x020000u
#define MAP_HUGETLB         0x040000u
#define MAP_FIXED_NOREPLACE 0x100000u

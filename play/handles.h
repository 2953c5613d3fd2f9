/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>
#include <lib/types.h>
#include <mm/mmzone.h>

/*
 * Handles: the numbers by which a user names memory that a command has taken. handles.c explains
 * them. Only the thread that executes commands calls these functions.
 */

#define NR_HANDLES   99 /* numbers 1 to 99 */
#define HANDLE_TEXT  48 /* bytes of a text of struct handle_ops */
#define HANDLE_MAKER 32 /* bytes of the command that made a handle */

/**
 * struct handle_set - a set of handles
 * @bits: bit n % 32 of word n / 32: handle n
 */
struct handle_set {
	u32 bits[NR_HANDLES / 32 + 1];
};

struct handle_ops;

/**
 * struct handle - memory, or a mapping of memory, that a command has made
 * @ops: functions of its kind; NULL: the number is free
 * @made_by: the command with its arguments
 * @zone: zone of its blocks
 * @blocks: first frame of its first block; PFN_NONE if it has none. Word a of a first frame leads
 *	to the next block
 * @order: of its only block, for a handle of `alloc`
 * @pages: pages that it holds; the pages that it only maps are not included
 * @kmaps: calls of kmap() for its pages that are not undone. Word b of each frame has its share
 * @addr: address of its memory or of its mapping, or NULL
 * @size: bytes at @addr
 * @depth: place in the stack of kmap_local mappings, from 1 on; 0: none
 * @maps: the handles whose pages it maps
 */
struct handle {
	const struct handle_ops *ops;
	char made_by[HANDLE_MAKER];
	enum zone_type zone;
	u32 blocks;
	unsigned int order;
	unsigned long pages;
	unsigned int kmaps;
	char *addr;
	unsigned long size;
	unsigned int depth;
	struct handle_set maps;
};

/**
 * struct handle_ops - one kind of handles
 * @release: frees the memory or undoes the mapping. No other handle maps it, and it has no kmap()
 * @describe: writes one line about the memory into a buffer of HANDLE_TEXT bytes
 * @owns: does a frame belong to it? NULL: it owns no frames
 * @kunmap: undoes all kmap() calls for its pages; NULL: it can have none
 */
struct handle_ops {
	void (*release)(struct handle *handle);
	void (*describe)(const struct handle *handle, char *text);
	bool (*owns)(const struct handle *handle, unsigned long pfn);
	void (*kunmap)(struct handle *handle);
};

/**
 * handle_new() - take the lowest free number
 * @ops: functions of its kind
 * @argv: words of the command, up to a NULL
 *
 * All other members are 0, except @blocks, which is PFN_NONE. A command that fails afterwards calls
 * handle_drop().
 *
 * Context: the thread that executes commands.
 * Return: the handle; NULL, after a message, if all numbers are in use.
 */
struct handle *handle_new(const struct handle_ops *ops, char **argv);

/**
 * handle_drop() - give a number back whose memory was freed, or was never allocated
 * @handle: any
 *
 * Context: the thread that executes commands.
 */
void handle_drop(struct handle *handle);

/**
 * handle_number() - number of a handle
 * @handle: any
 *
 * Context: any.
 * Return: 1 to NR_HANDLES.
 */
unsigned int handle_number(const struct handle *handle);

/**
 * handle_find() - find the handle that a word of a command names
 * @command: name of the command, for the message
 * @word: the word
 *
 * Context: the thread that executes commands.
 * Return: the handle; NULL, after a message, if the word is no number or no handle has it.
 */
struct handle *handle_find(const char *command, const char *word);

/**
 * handle_set_add() - add a handle to a set
 * @set: the set
 * @handle: the handle
 *
 * Context: any.
 */
void handle_set_add(struct handle_set *set, const struct handle *handle);

/**
 * handle_made() - print one line about a new handle: its number, its maker, its memory
 * @handle: complete
 *
 * Empties the per-CPU lists of the page allocator before, so that the next report shows the
 * memory of the handle alone.
 *
 * Context: thread, may sleep.
 */
void handle_made(const struct handle *handle);

/**
 * handle_owner() - find the handle that a frame belongs to
 * @pfn: number of the frame
 *
 * Context: the thread that executes commands.
 * Return: the handle, or NULL.
 */
const struct handle *handle_owner(unsigned long pfn);

/**
 * handle_at() - find the handle whose memory or mapping contains an address
 * @addr: the address
 *
 * Context: the thread that executes commands.
 * Return: the handle, or NULL.
 */
const struct handle *handle_at(unsigned long addr);

/**
 * handle_list() - offer the numbers of all handles, for the Tab key
 * @prefix: beginning of the wanted words
 * @offer: receives each number
 * @arg: argument of @offer
 *
 * Context: the thread that executes commands. The function is a word_list_fn.
 */
void handle_list(const char *prefix, word_offer_fn *offer, void *arg);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>
#include <lib/types.h>
#include <mm/mmzone.h>
#include <play/handles.h>

/* Blocks of the page allocator that a handle holds, and requests for blocks of one zone. */

/**
 * zone_named() - find the zone that a word of a command names
 * @command: name of the command, for the message
 * @word: "DMA", "Normal", "DMA32", "HighMem", in any case
 *
 * Context: any.
 * Return: the zone; NULL, after a message, if the word names none, or one without RAM.
 */
struct zone *zone_named(const char *command, const char *word);

/**
 * zone_list() - offer the names of the zones that have RAM, for the Tab key
 * @prefix: beginning of the wanted words
 * @offer: receives each name
 * @arg: argument of @offer
 *
 * Context: any. The function is a word_list_fn.
 */
void zone_list(const char *prefix, word_offer_fn *offer, void *arg);

/**
 * zone_take_block() - allocate a block of exactly one zone
 * @zone: the zone
 * @order: order of the block, at most MAX_ORDER
 *
 * Like any request that can wait, it leaves the zone's min watermark free.
 *
 * Context: may sleep.
 * Return: its first frame; NULL if the zone has none to give.
 */
struct page *zone_take_block(struct zone *zone, unsigned int order);

/**
 * blocks_add() - add a block to a handle
 * @handle: of a kind that holds blocks
 * @page: first frame of the block
 *
 * Context: the thread that executes commands.
 */
void blocks_add(struct handle *handle, struct page *page);

/**
 * blocks_free() - free all blocks of a handle
 * @handle: any; it has none afterwards
 *
 * Context: any.
 */
void blocks_free(struct handle *handle);

/**
 * blocks_own() - does a frame belong to a block of a handle?
 * @handle: any
 * @pfn: number of the frame
 *
 * Context: the thread that executes commands.
 * Return: true if it does.
 */
bool blocks_own(const struct handle *handle, unsigned long pfn);

/**
 * handle_pages() - find the pages of a handle that other commands can map
 * @command: name of the command, for the message
 * @word: the word that names the handle
 *
 * Context: the thread that executes commands.
 * Return: a handle of `alloc`; NULL, after a message, if the word names none.
 */
struct handle *handle_pages(const char *command, const char *word);

/**
 * handle_page() - find one page of a handle
 * @command: name of the command, for the message
 * @handle: from handle_pages()
 * @word: index of the page, from 0 on; NULL: 0
 *
 * Context: the thread that executes commands.
 * Return: its descriptor; NULL, after a message, if the word is no index of a page.
 */
struct page *handle_page(const char *command, const struct handle *handle, const char *word);

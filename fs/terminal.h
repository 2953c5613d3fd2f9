/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

/*
 * The terminal of programs: /dev/console and /dev/tty. There is one, made of all consoles. It has
 * the input while programs run in the foreground; otherwise the kernel's prompt has it.
 */

/**
 * terminal_activate() - give the input to programs
 * @session: number of the session that gets the terminal
 * @group: its process group in the foreground
 *
 * Bytes that were typed ahead for the prompt are the first that the programs read.
 * Context: thread of the prompt, may sleep.
 * Return: 0, or -ENOMEM.
 */
int terminal_activate(u32 session, u32 group);

/**
 * terminal_deactivate() - give the input back to the prompt
 *
 * The terminal gets its first settings back, and bytes that no program has read are lost.
 * Context: thread of the prompt, may sleep.
 */
void terminal_deactivate(void);

/**
 * terminal_end_session() - the leader of a session has ended
 * @session: number of the session
 *
 * If it had the terminal, its group in the foreground gets SIGHUP and SIGCONT, and the terminal has
 * no session any more.
 * Context: any except NMI; process_lock not held.
 */
void terminal_end_session(u32 session);

/**
 * struct terminal_job - what the terminal has to know about the running process
 * @group, @session: their numbers
 * @ignores_ttin, @ignores_ttou: SIGTTIN or SIGTTOU is blocked or ignored
 * @orphaned: no parent in the session could continue a stopped process of the group
 */
struct terminal_job {
	u32 group, session;
	bool ignores_ttin, ignores_ttou, orphaned;
};

/**
 * terminal_use_job() - set the function that describes the running process
 * @job: fills it; called by a thread that runs a program
 *
 * Context: boot, once.
 */
void terminal_use_job(void (*job)(struct terminal_job *job));

/**
 * terminal_session() - the session that has the terminal
 *
 * Context: any.
 * Return: its number, or 0.
 */
u32 terminal_session(void);

/**
 * terminal_group() - the process group in the foreground
 *
 * Context: any.
 * Return: its number, or 0.
 */
u32 terminal_group(void);

/* Operations of /dev/console, and of /dev/tty, which only a session with the terminal opens. */
extern const struct file_ops terminal_ops, tty_ops;

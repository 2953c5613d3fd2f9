/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/signal.h>

/* Shared by the files of signals. Callers hold the lock of the process's signals, if not stated. */

/**
 * action_ignores() - is a signal without effect?
 * @action: of the signal
 * @signal: its number
 *
 * Context: any.
 * Return: true if the program ignores it, or if ignoring it is the default.
 */
bool action_ignores(const struct signal_action *action, int signal);

/**
 * signal_wake_task() - make a task look at its signals
 * @task: any
 *
 * Context: interrupts off. No lock is needed if @task cannot end meanwhile.
 */
void signal_wake_task(struct task *task);

/**
 * signals_forget() - drop pending signals of a process and of all of its tasks
 * @process: any
 * @set: the signals
 *
 * Context: process_lock held as well.
 */
void signals_forget(struct process *process, sigset_t set);

/**
 * signal_send_from_below() - send a signal for the lower layers
 * @group: as for signal_use_sender()
 * @signal: its number
 *
 * Context: any except NMI; no lock held.
 */
void signal_send_from_below(u32 group, int signal);

/**
 * signal_force_default() - end the running process, or stop it, by a signal's default action
 * @signal: its number
 *
 * Context: thread that runs a program.
 */
void signal_force_default(int signal);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The floppy disk controller: its commands for the first drive. One thread at a time may use it.
 * The functions that wait for the drive sleep, and end early after fdc_cancel().
 */

#define FDC_SECTORS   18u /* of a track of a 1.44 MB disk */
#define FDC_HEADS     2u
#define FDC_CYLINDERS 80u

/* Bits of the second status byte, ST1. */
#define FDC_NOT_WRITABLE 0x02u

/**
 * fdc_init() - look for a controller
 *
 * Context: thread, may sleep; once.
 * Return: 0; -ENODEV if there is none; the errors of request_irq().
 */
int fdc_init(void);

/**
 * fdc_reset() - reset the controller, and set it up
 *
 * Context: thread, may sleep.
 * Return: true if it answers.
 */
bool fdc_reset(void);

/**
 * fdc_motor() - switch the motor of the drive on, and wait for its speed; or switch it off
 * @on: on
 *
 * Context: thread, may sleep.
 */
void fdc_motor(bool on);

/**
 * fdc_disk_changed() - has the disk been taken out since the last seek?
 *
 * Context: any; the motor is on.
 * Return: true also if there is no disk.
 */
bool fdc_disk_changed(void);

/**
 * fdc_write_protected() - is the disk write-protected?
 *
 * Context: thread.
 * Return: true if it is, or if the controller does not answer.
 */
bool fdc_write_protected(void);

/**
 * fdc_recalibrate() - move the heads to cylinder 0
 *
 * Context: thread, may sleep; the motor is on.
 * Return: true if they are there.
 */
bool fdc_recalibrate(void);

/**
 * fdc_seek() - move the heads
 * @cylinder: where to
 *
 * Context: thread, may sleep; the motor is on.
 * Return: true if they are there.
 */
bool fdc_seek(u32 cylinder);

/**
 * fdc_transfer() - read or write sectors of one track
 * @write: the direction
 * @cylinder: where the heads are
 * @head: 0 or 1
 * @sector: the first one, from 0
 * @st1: set to the second status byte
 *
 * The DMA controller ends the transfer.
 * Context: thread, may sleep; the motor is on.
 * Return: true on success.
 */
bool fdc_transfer(bool write, u32 cylinder, u32 head, u32 sector, u8 *st1);

/**
 * fdc_cancel() - end the waits of the functions above early, or let them wait again
 * @cancel: end them
 *
 * Context: any.
 */
void fdc_cancel(bool cancel);

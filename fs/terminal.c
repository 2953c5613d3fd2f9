/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <drivers/input.h>
#include <drivers/screen.h>
#include <drivers/vt.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/terminal.h>
#include <fs/terminal_line.h>
#include <kernel/console.h>
#include <kernel/hook.h>
#include <kernel/syscall.h>
#include <mm/kmalloc.h>

/*
 * The terminal. Its output is written to all consoles, its input comes from all of them:
 *
 *	interrupt ─▶ console_input() ─┬─▶ ring of the prompt ─▶ prompt
 *	                              └─▶ line discipline    ─▶ read(2)
 *	                                       └─▶ SIGINT ... to the group in the foreground
 *
 * The switch between the two is the taker of drivers/input.h. Bytes that were typed ahead are in
 * the prompt's ring when a program starts; they are moved to the line before any other byte gets
 * there.
 *
 * Job control: only processes of the group in the foreground read. Another one gets SIGTTIN, which
 * stops it, and reads again when it continues. Process groups belong to a layer above, so a hook
 * describes the running process.
 *
 * Locks: terminal_lock guards the line and the numbers of session and group, and is taken by
 * interrupt handlers. Signals are sent, and drivers called, after it was released. read_lock makes
 * the copy to a program and the removal of its bytes one step for other readers; it is taken first.
 */

#define TCGETS     0x5401u
#define TCSETS     0x5402u
#define TCSETSW    0x5403u
#define TCSETSF    0x5404u
#define TCSBRK     0x5409u
#define TCXONC     0x540au
#define TCFLSH     0x540bu
#define TIOCSCTTY  0x540eu
#define TIOCGPGRP  0x540fu
#define TIOCSPGRP  0x5410u
#define TIOCOUTQ   0x5411u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define FIONREAD   0x541bu
#define TIOCNOTTY  0x5422u
#define TIOCGSID   0x5429u

struct winsize {
	u16 rows, columns, width, height;
};

static spinlock_t terminal_lock;
static struct mutex read_lock;
static struct line line = { .echo = console_write };
static struct wait_queue readers;
static u32 session, foreground;
static struct winsize winsize;
static void (*job_hook)(struct terminal_job *job);

void terminal_use_job(void (*job)(struct terminal_job *job))
{
	hook_set(job_hook, job);
}

u32 terminal_group(void)
{
	return READ_ONCE(foreground);
}

/* Puts a byte into the line. The lock is held. Returns a signal and the group that gets it. */
static int take_locked(char c, u32 *group)
{
	int signal = line_input(&line, c);

	*group = foreground;
	return foreground ? signal : 0;
}

static void take(char c)
{
	unsigned long flags = spin_lock_irqsave(&terminal_lock);
	u32 group;
	int signal = take_locked(c, &group);

	spin_unlock_irqrestore(&terminal_lock, flags);
	if (signal)
		signal_group(group, signal);
	wake_up_all(&readers);
	poll_wake();
}

/* A long line without an end loses bytes: otherwise its sender would wait for ever. */
static u32 room(void)
{
	if (READ_ONCE(line.ready) == READ_ONCE(line.tail))
		return LINE_SIZE;
	return LINE_SIZE - (READ_ONCE(line.head) - READ_ONCE(line.tail));
}

static const struct input_taker taker = { .take = take, .room = room };

/* Takes one byte that was typed ahead. Returns false if there is none. */
static bool take_typed_ahead(void)
{
	unsigned long flags = spin_lock_irqsave(&terminal_lock);
	int signal = 0;
	u32 group;
	char c;
	bool taken = console_take(&c);

	if (taken)
		signal = take_locked(c, &group);
	spin_unlock_irqrestore(&terminal_lock, flags);
	if (signal)
		signal_group(group, signal);
	return taken;
}

int terminal_activate(u32 new_session, u32 group)
{
	unsigned long flags;

	if (!line.bytes)
		line.bytes = kzalloc(LINE_SIZE * sizeof(*line.bytes), GFP_KERNEL);
	if (!line.bytes)
		return -ENOMEM;
	flags = spin_lock_irqsave(&terminal_lock);
	line_set(&line, &termios_default);
	session = new_session;
	foreground = group;
	spin_unlock_irqrestore(&terminal_lock, flags);
	console_input_use_taker(&taker);
	while (take_typed_ahead())
		;
	console_input_resume();
	return 0;
}

void terminal_deactivate(void)
{
	unsigned long flags;

	console_input_use_taker(NULL);
	flags = spin_lock_irqsave(&terminal_lock);
	line_flush(&line);
	line_set(&line, &termios_default);
	session = foreground = 0;
	spin_unlock_irqrestore(&terminal_lock, flags);
	console_input_resume();
}

u32 terminal_session(void)
{
	return READ_ONCE(session);
}

void terminal_end_session(u32 ended)
{
	unsigned long flags = spin_lock_irqsave(&terminal_lock);
	u32 group = 0;

	if (ended && session == ended) {
		group = foreground;
		session = foreground = 0;
	}
	spin_unlock_irqrestore(&terminal_lock, flags);
	if (group) {
		signal_group(group, SIGHUP);
		signal_group(group, SIGCONT);
	}
}

/* Is the terminal that of the running process? */
static bool is_controlling(void)
{
	struct terminal_job job = { 0 };

	if (!job_hook || !current->task)
		return true;
	job_hook(&job);
	return job.session && job.session == READ_ONCE(session);
}

/* Lets a process in the background not go on: 0 if it may, otherwise the result of its call. */
static long check_job(int signal)
{
	struct terminal_job job = { 0 };
	bool ignores;

	if (!job_hook || !current->task)
		return 0;
	job_hook(&job);
	if (job.session != session || job.group == foreground || !foreground)
		return 0;
	ignores = signal == SIGTTIN ? job.ignores_ttin : job.ignores_ttou;
	if (ignores)
		return signal == SIGTTIN ? -EIO : 0;
	if (job.orphaned)
		return -EIO;
	signal_group(job.group, signal);
	return -ERESTARTSYS;
}

static u32 nr_ready(void)
{
	return READ_ONCE(line.ready) - READ_ONCE(line.tail);
}

/*
 * Waits until least bytes can be read, or for a time of ticks between two bytes (0: for ever).
 * Before the first byte there is no limit, unless from_start. Returns 0 or -ERESTARTSYS.
 */
static long wait_for_input(u32 least, long ticks, bool from_start)
{
	struct waiter waiter = { 0 };
	long result = 0;
	u32 seen = 0;

	for (;;) {
		u32 ready;

		prepare_to_wait(&readers, &waiter);
		ready = nr_ready();
		if (ready >= least)
			break;
		if (signal_pending()) {
			result = -ERESTARTSYS;
			break;
		}
		if (!ticks || (!ready && !from_start))
			schedule();
		else if (schedule_timeout(ticks) == 0 && nr_ready() == max(ready, seen))
			break;
		seen = ready;
	}
	finish_wait(&readers, &waiter);
	return result;
}

static long wait_to_read(const struct file *file, u32 size)
{
	const struct termios *termios = &line.termios;
	u32 least = 1;
	long ticks = 0;

	if (!(termios->lflag & ICANON)) {
		least = min((u32)termios->cc[VMIN], size);
		ticks = termios->cc[VTIME] * (HZ / 10);
	}
	if (file->flags & O_NONBLOCK)
		return nr_ready() ? 0 : -EAGAIN;
	if (!least && !ticks)
		return 0;
	return wait_for_input(max(least, 1u), ticks, !least);
}

static long terminal_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	char bytes[128];
	u32 total = 0;

	while (total < size) {
		u32 n, taken, tail, most = min((u32)size - total, (u32)sizeof(bytes));
		unsigned long flags;
		long error = 0;
		bool more;

		if (!total)
			error = check_job(SIGTTIN);
		if (!error && !total)
			error = wait_to_read(file, (u32)size);
		if (error)
			return error;
		mutex_lock(&read_lock);
		flags = spin_lock_irqsave(&terminal_lock);
		tail = line.tail;
		n = line_peek(&line, bytes, most, &taken);
		/* A line that is longer than the buffer continues. */
		more = taken && n == most && line.ready != tail + taken &&
		       (!(line.termios.lflag & ICANON) ||
			!(line.bytes[(tail + taken - 1) % LINE_SIZE] & LINE_END));
		spin_unlock_irqrestore(&terminal_lock, flags);
		if (n && copy_to_user((char __user *)data + total, bytes, n))
			error = -EFAULT;
		flags = spin_lock_irqsave(&terminal_lock);
		/* A flush in between has removed the bytes already. */
		if (!error && line.tail == tail)
			line.tail += taken;
		spin_unlock_irqrestore(&terminal_lock, flags);
		mutex_unlock(&read_lock);
		if (error)
			return total ? (long)total : error;
		total += n;
		if (more)
			continue;
		/* Another reader was faster: wait again, unless this read may return nothing. */
		if (taken || total || (!(line.termios.lflag & ICANON) && !line.termios.cc[VMIN]))
			break;
	}
	console_input_resume();
	return (long)total;
}

static long terminal_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	char bytes[256];
	size_t done = 0;

	if (line.termios.lflag & TOSTOP) {
		long error = check_job(SIGTTOU);

		if (error)
			return error;
	}
	while (done < size) {
		size_t n = min(size - done, sizeof(bytes));

		if (copy_from_user(bytes, (const char __user *)data + done, n))
			return done ? (long)done : -EFAULT;
		console_write(bytes, n);
		done += n;
		if (signal_pending())
			break;
	}
	return (long)done;
}

static u32 terminal_poll(struct file *file)
{
	return (nr_ready() ? POLLIN : 0) | POLLOUT;
}

static long set_termios(u32 request, void __user *user)
{
	struct termios termios;
	unsigned long flags;
	long error = check_job(SIGTTOU);

	if (error)
		return error;
	if (copy_from_user(&termios, user, sizeof(termios)))
		return -EFAULT;
	flags = spin_lock_irqsave(&terminal_lock);
	if (request == TCSETSF)
		line_flush(&line);
	line_set(&line, &termios);
	spin_unlock_irqrestore(&terminal_lock, flags);
	/* A line that was edited can be read now, if the mode is raw. */
	wake_up_all(&readers);
	poll_wake();
	return 0;
}

static long get_winsize(void __user *user)
{
	struct winsize size = winsize;
	const struct vt *vt = screen_terminal();

	if (!size.rows)
		size = (struct winsize){ .rows = 25, .columns = 80 };
	if (!winsize.rows && vt) {
		size.rows = (u16)vt->rows;
		size.columns = (u16)vt->columns;
	}
	return copy_to_user(user, &size, sizeof(size)) ? -EFAULT : 0;
}

static long set_winsize(const void __user *user)
{
	struct winsize size;
	u32 group = READ_ONCE(foreground);

	if (copy_from_user(&size, user, sizeof(size)))
		return -EFAULT;
	winsize = size;
	if (group)
		signal_group(group, SIGWINCH);
	return 0;
}

/* The process wants the terminal for its session (got) or gives it up. */
static long set_session(bool got, bool by_force)
{
	struct terminal_job job = { 0 };
	unsigned long flags;
	long error = 0;

	if (job_hook)
		job_hook(&job);
	flags = spin_lock_irqsave(&terminal_lock);
	if (session && session != job.session && !(got && by_force)) {
		error = got ? -EPERM : -ENOTTY;
	} else {
		session = got ? job.session : 0;
		foreground = got ? job.group : 0;
	}
	spin_unlock_irqrestore(&terminal_lock, flags);
	return error;
}

static long set_foreground(const void __user *user)
{
	u32 group;
	long error = is_controlling() ? check_job(SIGTTOU) : -ENOTTY;

	if (error)
		return error;
	if (get_user_u32(&group, user))
		return -EFAULT;
	if ((s32)group <= 0)
		return -EINVAL;
	WRITE_ONCE(foreground, group);
	return 0;
}

static long flush(u32 which)
{
	unsigned long flags;

	/* 1 is the output, which is never waiting. */
	if (which > 2)
		return -EINVAL;
	flags = spin_lock_irqsave(&terminal_lock);
	if (which != 1)
		line_flush(&line);
	spin_unlock_irqrestore(&terminal_lock, flags);
	console_input_resume();
	return 0;
}

static long terminal_ioctl(struct file *file, u32 request, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct termios termios;

	switch (request) {
	case TCGETS:
		termios = line.termios;
		return copy_to_user(user, &termios, sizeof(termios)) ? -EFAULT : 0;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(request, user);
	case TCSBRK:
	case TCXONC:
		return 0;
	case TCFLSH:
		return flush(arg);
	case TIOCGWINSZ:
		return get_winsize(user);
	case TIOCSWINSZ:
		return set_winsize(user);
	case TIOCSCTTY:
	case TIOCNOTTY:
		return set_session(request == TIOCSCTTY, arg == 1);
	case TIOCGPGRP:
		return is_controlling() ? put_user_u32(foreground, user) : -ENOTTY;
	case TIOCSPGRP:
		return set_foreground(user);
	case TIOCGSID:
		return is_controlling() ? put_user_u32(session, user) : -ENOTTY;
	case FIONREAD:
		return put_user_u32(nr_ready(), user);
	case TIOCOUTQ:
		return put_user_u32(0, user);
	default:
		return -ENOTTY;
	}
}

static int tty_open(struct file *file)
{
	return is_controlling() ? 0 : -ENXIO;
}

const struct file_ops terminal_ops = {
	.read = terminal_read,
	.write = terminal_write,
	.ioctl = terminal_ioctl,
	.poll = terminal_poll,
};

const struct file_ops tty_ops = {
	.open = tty_open,
	.read = terminal_read,
	.write = terminal_write,
	.ioctl = terminal_ioctl,
	.poll = terminal_poll,
};

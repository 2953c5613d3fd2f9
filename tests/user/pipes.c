/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Pipes: data, ends, room, signals. */

static char buffer[65536 + 4096];
static volatile int pipe_signals;

static void on_pipe(int signal)
{
	pipe_signals++;
}

static void test_simple(void)
{
	int fds[2];

	show("pipe", syscall(SYS_pipe, fds));
	show("write", syscall(SYS_write, fds[1], "hello", 5));
	show("read part", syscall(SYS_read, fds[0], buffer, 2));
	show("read rest", syscall(SYS_read, fds[0], buffer, 100));
	show("write to reader", syscall(SYS_write, fds[0], "x", 1));
	show("read from writer", syscall(SYS_read, fds[1], buffer, 1));
	show("seek", syscall(SYS_lseek, fds[0], 0, SEEK_SET));
	show("pread", syscall(SYS_pread64, fds[0], buffer, 1, 0, 0));
	show("truncate", syscall(SYS_ftruncate, fds[1], 0));
	BAD("write bad pointer", SYS_write, fds[1], P, 8);
	syscall(SYS_write, fds[1], "abcdefgh", 8);
	BAD("read bad pointer", SYS_read, fds[0], P, 8);
	show("close writer", syscall(SYS_close, fds[1]));
	syscall(SYS_read, fds[0], buffer, 100);
	show("read at end", syscall(SYS_read, fds[0], buffer, 100));
	syscall(SYS_close, fds[0]);
	BAD("pipe bad pointer", SYS_pipe, P);
	show("pipe2 flags", syscall(SYS_pipe2, fds, O_APPEND));
}

static void test_broken(void)
{
	int fds[2];

	sigaction(SIGPIPE, on_pipe, 0, 0);
	syscall(SYS_pipe, fds);
	syscall(SYS_close, fds[0]);
	show("write without reader", syscall(SYS_write, fds[1], "x", 1));
	show("signals", pipe_signals);
	sigaction(SIGPIPE, SIG_IGN, 0, 0);
	show("write ignored", syscall(SYS_write, fds[1], "x", 1));
	sigaction(SIGPIPE, SIG_DFL, 0, 0);
	syscall(SYS_close, fds[1]);
}

static void die_of_pipe(void)
{
	int fds[2];

	syscall(SYS_pipe, fds);
	syscall(SYS_close, fds[0]);
	syscall(SYS_write, fds[1], "x", 1);
}

static void test_room(void)
{
	struct pollfd polls[2];
	int fds[2], unread = -1, total = 0;
	long written;

	show("pipe2", syscall(SYS_pipe2, fds, O_NONBLOCK | O_CLOEXEC));
	show("read empty", syscall(SYS_read, fds[0], buffer, 1));
	show("cloexec", syscall(SYS_fcntl64, fds[0], F_GETFD, 0));
	while ((written = syscall(SYS_write, fds[1], buffer, 4096)) > 0)
		total += written;
	show("room", total);
	show("full", written);
	polls[0] = (struct pollfd){ fds[0], POLLIN, 0 };
	polls[1] = (struct pollfd){ fds[1], POLLOUT, 0 };
	show("poll full", syscall(SYS_poll, polls, 2, 0));
	printf("events: %d %d\n", polls[0].revents, polls[1].revents);
	show("ioctl", syscall(SYS_ioctl, fds[0], FIONREAD, &unread));
	show("unread", unread);
	show("read all", syscall(SYS_read, fds[0], buffer, sizeof(buffer)));
	show("poll empty", syscall(SYS_poll, polls, 2, 0));
	printf("events: %d %d\n", polls[0].revents, polls[1].revents);
	show("write too much", syscall(SYS_write, fds[1], buffer, 65536 + 4096));
	syscall(SYS_close, fds[1]);
	show("poll writer gone", syscall(SYS_poll, polls, 1, 0));
	show("events", polls[0].revents);
	syscall(SYS_read, fds[0], buffer, sizeof(buffer));
	show("poll at end", syscall(SYS_poll, polls, 1, 0));
	show("events", polls[0].revents);
	syscall(SYS_close, fds[0]);
}

/* A megabyte through a pipe, in pieces of odd sizes on both sides. */
static void test_stream(void)
{
	unsigned int sum = 0, total = 0;
	int fds[2], status;
	long length;

	syscall(SYS_pipe, fds);
	if (!fork()) {
		syscall(SYS_close, fds[0]);
		for (unsigned int at = 0; at < 1 << 20;) {
			unsigned int size = 1 + at % 9973;

			if (size > (1 << 20) - at)
				size = (1 << 20) - at;
			for (unsigned int i = 0; i < size; i++)
				buffer[i] = (at + i) * 2654435761u >> 24;
			if (syscall(SYS_write, fds[1], buffer, size) != size)
				exit(1);
			at += size;
		}
		exit(0);
	}
	syscall(SYS_close, fds[1]);
	while ((length = syscall(SYS_read, fds[0], buffer, 7001)) > 0) {
		for (long i = 0; i < length; i++, total++)
			sum += (unsigned char)buffer[i] !=
			       (unsigned char)(total * 2654435761u >> 24);
	}
	printf("stream: %u bytes, %u wrong\n", total, sum);
	syscall(SYS_close, fds[0]);
	syscall(SYS_wait4, -1, &status, 0, 0);
	show_status("writer", status);
}

/* Each of four writers writes whole records of less than a page, which do not mix. */
static void test_atomic(void)
{
	static char record[500];
	int fds[2], broken = 0, count = 0;
	long length = 0, got;

	syscall(SYS_pipe, fds);
	for (int writer = 0; writer < 4; writer++) {
		if (fork())
			continue;
		memset(record, 'a' + writer, sizeof(record));
		for (int i = 0; i < 200; i++)
			syscall(SYS_write, fds[1], record, sizeof(record));
		exit(0);
	}
	syscall(SYS_close, fds[1]);
	for (;;) {
		got = syscall(SYS_read, fds[0], record + length, sizeof(record) - length);
		if (got <= 0)
			break;
		length += got;
		if (length < (long)sizeof(record))
			continue;
		for (size_t i = 1; i < sizeof(record); i++)
			broken += record[i] != record[0];
		length = 0;
		count++;
	}
	printf("records: %d, %d wrong bytes\n", count, broken);
	syscall(SYS_close, fds[0]);
	while (syscall(SYS_wait4, -1, 0, 0, 0) > 0)
		;
}

/* A signal interrupts a reader; with SA_RESTART, the read continues. */
static void on_alarm(int signal)
{
}

static void test_interrupted(void)
{
	int fds[2];

	syscall(SYS_pipe, fds);
	for (int restart = 0; restart < 2; restart++) {
		int parent = getpid(), pid;

		sigaction(SIGUSR1, on_alarm, restart ? SA_RESTART : 0, 0);
		pid = fork();
		if (pid == 0) {
			sleep_ms(100);
			kill(parent, SIGUSR1);
			sleep_ms(100);
			syscall(SYS_write, fds[1], "abc", 3);
			exit(0);
		}
		show(restart ? "read restarted" : "read interrupted",
		     syscall(SYS_read, fds[0], buffer, 10));
		syscall(SYS_wait4, pid, 0, 0, 0);
		if (!restart)
			show("read then", syscall(SYS_read, fds[0], buffer, 10));
	}
}

static int open_fifo(const char *name, int flags)
{
	return (int)syscall(SYS_open, name, flags, 0);
}

static void show_poll(const char *name, int fd)
{
	struct pollfd poll = { fd, POLLIN | POLLOUT, 0 };

	syscall(SYS_poll, &poll, 1, 0);
	show(name, poll.revents);
}

/* Opening waits for the other end, unless O_NONBLOCK says otherwise. */
static void test_named(void)
{
	static char text[64];
	struct stat64 st;
	int fd, other, pid, parent = getpid();

	show("mknod", syscall(SYS_mknod, "/tmp/fifo", S_IFIFO | 0600, 0));
	syscall(SYS_stat64, "/tmp/fifo", &st);
	show("type", (st.mode & S_IFMT) >> 12);
	show("open to write", open_fifo("/tmp/fifo", O_WRONLY | O_NONBLOCK));
	show_ok("open to read", fd = open_fifo("/tmp/fifo", O_RDONLY | O_NONBLOCK));
	show_poll("poll before a writer", fd);
	show("read before a writer", syscall(SYS_read, fd, buffer, 10));
	show_ok("open to write now", other = open_fifo("/tmp/fifo", O_WRONLY | O_NONBLOCK));
	show("read nothing", syscall(SYS_read, fd, buffer, 10));
	show("write", syscall(SYS_write, other, "hello", 5));
	show_poll("poll", fd);
	show("seek", syscall(SYS_lseek, fd, 0, SEEK_SET));
	show("close writer", syscall(SYS_close, other));
	show("read what is left", syscall(SYS_read, fd, buffer, 10));
	show_poll("poll at the end", fd);
	show("read at the end", syscall(SYS_read, fd, buffer, 10));
	syscall(SYS_close, fd);

	/* Bytes that no program has read are gone with the last file. */
	show_ok("open for both", fd = open_fifo("/tmp/fifo", O_RDWR));
	show("write to both", syscall(SYS_write, fd, "lost", 4));
	show_poll("poll both", fd);
	syscall(SYS_close, fd);
	show_ok("open again", fd = open_fifo("/tmp/fifo", O_RDWR | O_NONBLOCK));
	show("read again", syscall(SYS_read, fd, buffer, 10));
	syscall(SYS_close, fd);

	pid = fork();
	if (pid == 0) {
		sleep_ms(50);
		fd = open_fifo("/tmp/fifo", O_WRONLY);
		syscall(SYS_write, fd, "from the child", 14);
		exit(0);
	}
	show_ok("open waits for a writer", fd = open_fifo("/tmp/fifo", O_RDONLY));
	show("read from it", syscall(SYS_read, fd, text, sizeof(text)));
	printf("text: %s\n", text);
	syscall(SYS_wait4, pid, 0, 0, 0);
	syscall(SYS_close, fd);

	sigaction(SIGUSR1, on_alarm, 0, 0);
	pid = fork();
	if (pid == 0) {
		sleep_ms(100);
		kill(parent, SIGUSR1);
		exit(0);
	}
	show("open interrupted", open_fifo("/tmp/fifo", O_WRONLY));
	syscall(SYS_wait4, pid, 0, 0, 0);
	show("unlink", syscall(SYS_unlink, "/tmp/fifo"));
}

int main(int argc, char **argv, char **envp)
{
	test_simple();
	test_broken();
	in_child("default of SIGPIPE", die_of_pipe);
	test_room();
	test_stream();
	test_atomic();
	test_interrupted();
	test_named();
	return 0;
}

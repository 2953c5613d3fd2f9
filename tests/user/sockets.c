/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Sockets of the family AF_UNIX: pairs, names, connections, what poll(2) says, who is there. */

static char buffer[300000];
static volatile int pipe_signals;

static void on_pipe(int signal)
{
	pipe_signals++;
}

static void on_signal(int signal)
{
}

static void show_poll(const char *name, int fd)
{
	struct pollfd polled = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	syscall(SYS_poll, &polled, 1, 0);
	printf("%s: %s%s%s%s%s\n", name, polled.revents & POLLIN ? "in " : "",
	       polled.revents & POLLOUT ? "out " : "", polled.revents & POLLERR ? "err " : "",
	       polled.revents & POLLHUP ? "hup " : "", polled.revents & POLLRDHUP ? "rdhup " : "");
}

/* The length of an address whose path is @path; an abstract one begins with '@'. */
static int address_of(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->family = AF_UNIX;
	strcpy(address->path, path);
	if (path[0] != '@')
		return 2 + strlen(path) + 1;
	address->path[0] = '\0';
	return 2 + strlen(path);
}

static long new_socket(int flags)
{
	return syscall(SYS_socket, AF_UNIX, SOCK_STREAM | flags, 0);
}

static long bind_to(int fd, const char *path)
{
	struct sockaddr_un address;
	int length = address_of(&address, path);

	return syscall(SYS_bind, fd, &address, length);
}

static long connect_to(int fd, const char *path)
{
	struct sockaddr_un address;
	int length = address_of(&address, path);

	return syscall(SYS_connect, fd, &address, length);
}

static void show_name(const char *name, int call, int fd)
{
	struct sockaddr_un address = { 0 };
	int length = sizeof(address);
	long result = syscall(call, fd, &address, &length);

	if (result)
		show(name, result);
	else
		printf("%s: %d bytes, %c%s\n", name, length, address.path[0] ? '-' : '@',
		       address.path + !address.path[0]);
}

static void test_errors(void)
{
	int fds[2], fd, length = 4, value;

	show("family", syscall(SYS_socket, 99, SOCK_STREAM, 0));
	show("type", syscall(SYS_socket, AF_UNIX, 9, 0));
	show("protocol", syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 7));
	show("flags", syscall(SYS_socket, AF_UNIX, SOCK_STREAM | O_APPEND, 0));
	BAD("pair bad pointer", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, P);
	show("not a socket", syscall(SYS_listen, 1, 1));
	show("no file", syscall(SYS_listen, 77, 1));
	fd = new_socket(0);
	show_poll("poll new", fd);
	show("read new", syscall(SYS_read, fd, buffer, 1));
	show("write new", syscall(SYS_write, fd, buffer, 1));
	show("send new", syscall(SYS_sendto, fd, buffer, 1, MSG_NOSIGNAL, 0, 0));
	show("seek", syscall(SYS_lseek, fd, 0, SEEK_SET));
	show("listen without name", syscall(SYS_listen, fd, 1));
	show("accept new", syscall(SYS_accept4, fd, 0, 0, 0));
	show_name("name of new", SYS_getsockname, fd);
	show_name("peer of new", SYS_getpeername, fd);
	show("shutdown how", syscall(SYS_shutdown, fd, 3));
	show("shutdown new", syscall(SYS_shutdown, fd, SHUT_WR));
	show("unknown option", syscall(SYS_getsockopt, fd, SOL_SOCKET, 999, &value, &length));
	show("type option", syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &length));
	printf("type %d, %d bytes\n", value, length);
	BAD("bind bad pointer", SYS_bind, fd, P, 10);
	BAD("connect bad pointer", SYS_connect, fd, P, 10);
	show("bind short", syscall(SYS_bind, fd, buffer, 1));
	show("bind long", syscall(SYS_bind, fd, buffer, 111));
	show("connect short", syscall(SYS_connect, fd, buffer, 2));
	syscall(SYS_close, fd);
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	BAD("write bad pointer", SYS_write, fds[0], P, 8);
	syscall(SYS_write, fds[0], "abcdefgh", 8);
	BAD("read bad pointer", SYS_read, fds[1], P, 8);
	show("still there", syscall(SYS_read, fds[1], buffer, 100));
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

static void test_pair(void)
{
	struct sockaddr_un address = { AF_UNIX, "x" };
	struct stat64 stat;
	int fds[2], unread;

	show("pair",
	     syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	show("cloexec", syscall(SYS_fcntl64, fds[1], F_GETFD, 0));
	show("flags", syscall(SYS_fcntl64, fds[1], F_GETFL, 0));
	syscall(SYS_fstat64, fds[0], &stat);
	show("kind", (stat.mode & S_IFMT) == S_IFSOCK);
	show_poll("poll empty", fds[0]);
	show("read empty", syscall(SYS_read, fds[0], buffer, 1));
	show("write", syscall(SYS_write, fds[0], "hello", 5));
	show("write more", syscall(SYS_write, fds[0], " world", 6));
	show_poll("poll full", fds[1]);
	syscall(SYS_ioctl, fds[1], FIONREAD, &unread);
	show("unread", unread);
	show("peek", syscall(SYS_recvfrom, fds[1], buffer, 5, MSG_PEEK, 0, 0));
	memset(buffer, 0, 20);
	show("read", syscall(SYS_recvfrom, fds[1], buffer, 100, 0, 0, 0));
	show_text("text", buffer);
	show("other way", syscall(SYS_write, fds[1], "x", 1));
	show("read back", syscall(SYS_read, fds[0], buffer, 10));
	show("empty message", syscall(SYS_sendto, fds[0], buffer, 0, 0, 0, 0));
	show("read nothing", syscall(SYS_read, fds[1], buffer, 0));
	show_name("name", SYS_getsockname, fds[0]);
	show_name("peer", SYS_getpeername, fds[0]);
	show("connect again", connect_to(fds[0], "@none"));
	show("listen connected", syscall(SYS_listen, fds[0], 1));
	show("send with address", syscall(SYS_sendto, fds[0], "x", 1, 0, &address, 4));
	syscall(SYS_close, fds[0]);
	show_poll("poll alone", fds[1]);
	show("read alone", syscall(SYS_read, fds[1], buffer, 10));
	show("send alone", syscall(SYS_sendto, fds[1], "x", 1, MSG_NOSIGNAL, 0, 0));
	pipe_signals = 0;
	sigaction(SIGPIPE, on_pipe, 0, 0);
	show("write alone", syscall(SYS_write, fds[1], "x", 1));
	show("signals", pipe_signals);
	sigaction(SIGPIPE, SIG_DFL, 0, 0);
	syscall(SYS_close, fds[1]);
}

static void test_reset(void)
{
	int fds[2], error = -1, length = 4;

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	syscall(SYS_write, fds[0], "unread", 6);
	syscall(SYS_write, fds[1], "last", 4);
	syscall(SYS_close, fds[1]);
	show_poll("poll reset", fds[0]);
	show("read last", syscall(SYS_read, fds[0], buffer, 10));
	show("read reset", syscall(SYS_read, fds[0], buffer, 10));
	show("read then", syscall(SYS_read, fds[0], buffer, 10));
	syscall(SYS_close, fds[0]);
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	syscall(SYS_write, fds[0], "unread", 6);
	syscall(SYS_close, fds[1]);
	syscall(SYS_getsockopt, fds[0], SOL_SOCKET, SO_ERROR, &error, &length);
	show("error", -error);
	show("read after error", syscall(SYS_read, fds[0], buffer, 10));
	syscall(SYS_close, fds[0]);
}

static void test_shutdown(void)
{
	int fds[2];

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	syscall(SYS_write, fds[0], "abc", 3);
	show("shutdown write", syscall(SYS_shutdown, fds[0], SHUT_WR));
	show_poll("poll writer", fds[0]);
	show_poll("poll reader", fds[1]);
	show("write shut", syscall(SYS_sendto, fds[0], "x", 1, MSG_NOSIGNAL, 0, 0));
	show("read rest", syscall(SYS_read, fds[1], buffer, 10));
	show("read end", syscall(SYS_read, fds[1], buffer, 10));
	show("other way", syscall(SYS_write, fds[1], "de", 2));
	show("shutdown read", syscall(SYS_shutdown, fds[0], SHUT_RD));
	show("read of shut", syscall(SYS_read, fds[0], buffer, 10));
	show("read of shut again", syscall(SYS_read, fds[0], buffer, 10));
	show("write to shut", syscall(SYS_sendto, fds[1], "x", 1, MSG_NOSIGNAL, 0, 0));
	show_poll("poll both", fds[1]);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

static void test_names(const char *path)
{
	struct sockaddr_un address;
	int server = new_socket(0), other = new_socket(0), client = new_socket(0), length = 0;
	int accepted;

	show("connect to none", connect_to(client, path));
	show("bind", bind_to(server, path));
	show("bind again", bind_to(server, "@other"));
	show("bind in use", bind_to(other, path));
	show("connect too early", connect_to(client, path));
	show_name("name", SYS_getsockname, server);
	show("listen", syscall(SYS_listen, server, 1));
	show_poll("poll none waits", server);
	show("connect listening", connect_to(server, path));
	show("connect", connect_to(client, path));
	show("connect twice", connect_to(client, path));
	show_poll("poll one waits", server);
	show("write early", syscall(SYS_write, client, "early", 5));
	length = sizeof(address);
	accepted = syscall(SYS_accept4, server, &address, &length, SOCK_NONBLOCK);
	show_ok("accept", accepted);
	show("length of client", length);
	show("read early", syscall(SYS_read, accepted, buffer, 10));
	show("read nonblock", syscall(SYS_read, accepted, buffer, 10));
	show_name("name of accepted", SYS_getsockname, accepted);
	show_name("peer of client", SYS_getpeername, client);
	show_name("peer of accepted", SYS_getpeername, accepted);
	length = 4;
	memset(&address, 'x', sizeof(address));
	show("short room", syscall(SYS_getsockname, server, &address, &length));
	printf("length %d, not written %c\n", length, address.path[2]);
	syscall(SYS_close, client);
	show("read end", syscall(SYS_read, accepted, buffer, 10));
	syscall(SYS_close, accepted);
	/* Sockets that wait when the server is closed. */
	client = new_socket(0);
	show("connect waiting", connect_to(client, path));
	syscall(SYS_close, server);
	show("read of waiting", syscall(SYS_read, client, buffer, 10));
	show("connect to closed", connect_to(other, path));
	syscall(SYS_close, other);
	syscall(SYS_close, client);
}

static void test_paths(void)
{
	struct sockaddr_un address = { .family = AF_UNIX };
	struct stat64 stat;
	int fd = new_socket(0);

	syscall(SYS_unlink, "/tmp/socket");
	test_names("/tmp/socket");
	show("stat", syscall(SYS_stat64, "/tmp/socket", &stat));
	printf("mode %x\n", stat.mode);
	show("open", syscall(SYS_open, "/tmp/socket", O_RDWR));
	show("bind existing", bind_to(fd, "/tmp/socket"));
	show("unlink", syscall(SYS_unlink, "/tmp/socket"));
	show("bind in no folder", bind_to(fd, "/tmp/none/socket"));
	make_file("/tmp/file", "x");
	show("connect to file", connect_to(fd, "/tmp/file"));
	show("connect to folder", connect_to(fd, "/tmp"));
	syscall(SYS_unlink, "/tmp/file");
	test_names("@abstract name");
	show("choose a name", syscall(SYS_bind, fd, &address, 2));
	syscall(SYS_close, fd);
}

/* One more than the backlog says may wait. */
static void test_backlog(void)
{
	int server = new_socket(SOCK_NONBLOCK), clients[3], accepted, status;
	struct pollfd polled = { server, POLLIN, 0 };

	bind_to(server, "@backlog");
	syscall(SYS_listen, server, 1);
	show("accept none", syscall(SYS_accept4, server, 0, 0, 0));
	for (int i = 0; i < 3; i++) {
		clients[i] = new_socket(SOCK_NONBLOCK);
		show("connect", connect_to(clients[i], "@backlog"));
	}
	syscall(SYS_fcntl64, clients[2], F_SETFL, 0);
	if (!fork()) {
		show("connect waits", connect_to(clients[2], "@backlog"));
		exit(syscall(SYS_write, clients[2], "z", 1));
	}
	sleep_ms(100);
	show_text("now", "accept");
	for (int i = 0; i < 3; i++) {
		syscall(SYS_poll, &polled, 1, 5000);
		accepted = syscall(SYS_accept4, server, 0, 0, 0);
		show_ok("accept", accepted);
		syscall(SYS_close, accepted);
		sleep_ms(100);
	}
	syscall(SYS_wait4, -1, &status, 0, 0);
	show_status("client", status);
	for (int i = 0; i < 3; i++)
		syscall(SYS_close, clients[i]);
	syscall(SYS_close, server);
}

/* A server that is shut down while one process waits in accept(2), and another one connects. */
static void test_shut_server(void)
{
	struct pollfd polled = { 0, POLLRDHUP, 0 };
	int server = new_socket(0), client = new_socket(0), status, pid;

	bind_to(server, "@shut");
	syscall(SYS_listen, server, 0);
	show("shutdown writes", syscall(SYS_shutdown, server, SHUT_WR));
	show_poll("poll writes", server);
	polled.fd = server;
	pid = fork();
	if (!pid)
		exit(-syscall(SYS_accept4, server, 0, 0, 0));
	sleep_ms(100);
	if (!fork())
		exit(-syscall(SYS_shutdown, server, SHUT_RD));
	show("poll waits", syscall(SYS_poll, &polled, 1, 5000));
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("accept waits", status);
	syscall(SYS_wait4, -1, &status, 0, 0);
	show_status("shutdown reads", status);
	show_poll("poll both", server);
	show("accept", syscall(SYS_accept4, server, 0, 0, 0));
	syscall(SYS_fcntl64, server, F_SETFL, O_NONBLOCK);
	show("accept nonblock", syscall(SYS_accept4, server, 0, 0, 0));
	show("connect", connect_to(client, "@shut"));
	show("listen again", syscall(SYS_listen, server, 1));
	show("connect again", connect_to(client, "@shut"));
	syscall(SYS_close, server);
	server = new_socket(0);
	bind_to(server, "@shut");
	syscall(SYS_listen, server, 0);
	show("connect", connect_to(client, "@shut"));
	if (!fork()) {
		syscall(SYS_close, client);
		client = new_socket(0);
		exit(-connect_to(client, "@shut"));
	}
	sleep_ms(100);
	show("shutdown reads", syscall(SYS_shutdown, server, SHUT_RD));
	show_poll("poll one waits", server);
	sleep_ms(100);
	show_ok("accept one", syscall(SYS_accept4, server, 0, 0, 0));
	syscall(SYS_wait4, -1, &status, 0, 0);
	show_status("connect waits", status);
	show("accept no more", syscall(SYS_accept4, server, 0, 0, 0));
	syscall(SYS_close, server);
	syscall(SYS_close, client);
	client = new_socket(0);
	syscall(SYS_shutdown, client, SHUT_RD);
	show_poll("poll shut new", client);
	syscall(SYS_close, client);
}

static void test_peer(void)
{
	struct ucred cred = { 0 };
	int server = new_socket(0), client, accepted, pid, length = sizeof(cred), status;

	show("credentials of new",
	     syscall(SYS_getsockopt, server, SOL_SOCKET, SO_PEERCRED, &cred, &length));
	printf("%d %d %d, %d bytes\n", cred.pid, (int)cred.uid, (int)cred.gid, length);
	bind_to(server, "@peer");
	syscall(SYS_listen, server, 5);
	pid = fork();
	if (!pid) {
		syscall(SYS_setgid32, 77);
		syscall(SYS_setuid32, 88);
		client = new_socket(0);
		connect_to(client, "@peer");
		syscall(SYS_getsockopt, client, SOL_SOCKET, SO_PEERCRED, &cred, &length);
		exit((unsigned int)cred.pid == (unsigned int)syscall(SYS_getppid) && cred.uid == 0);
	}
	accepted = syscall(SYS_accept4, server, 0, 0, 0);
	syscall(SYS_getsockopt, accepted, SOL_SOCKET, SO_PEERCRED, &cred, &length);
	show_bool("the client", cred.pid == pid);
	printf("uid %u gid %u\n", cred.uid, cred.gid);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("the server, for the client", status);
	syscall(SYS_close, accepted);
	syscall(SYS_close, server);
}

/* A full buffer: how writers wait, and what is written in part. */
static void test_room(void)
{
	int fds[2], total = 0, status;
	long written;

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	while ((written = syscall(SYS_sendto, fds[0], buffer, 4096, MSG_DONTWAIT, 0, 0)) > 0)
		total += written;
	show("full", written);
	show_bool("room for 64 KiB", total >= 65536 && total <= 1 << 20);
	show_poll("poll full", fds[0]);
	if (!fork()) {
		syscall(SYS_close, fds[0]);
		while (total > 0)
			total -= syscall(SYS_read, fds[1], buffer, total < 5000 ? total : 5000);
		show("all read", total);
		sleep_ms(50);
		exit(syscall(SYS_recvfrom, fds[1], buffer, 300000, MSG_WAITALL, 0, 0) != 300000);
	}
	show("write waits", syscall(SYS_write, fds[0], buffer, 300000));
	syscall(SYS_wait4, -1, &status, 0, 0);
	show_status("reader", status);
	show_poll("poll again", fds[0]);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

/* Up to 150000 bytes are on their way, while 4 MiB go round the ring in steps that fit nothing. */
static void test_ring(void)
{
	unsigned int sent = 0, got = 0, wrong = 0;
	int fds[2];

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	for (unsigned int i = 0; got < 1 << 22; i++) {
		long length = 1 + i * 997 % 9973;

		for (long k = 0; k < length; k++)
			buffer[k] = (sent + k) * 2654435761u >> 24;
		if (sent - got < 140000)
			sent += syscall(SYS_write, fds[0], buffer, length);
		if (sent - got < 100000 + i % 40000)
			continue;
		length = syscall(SYS_read, fds[1], buffer, 1 + i * 1009 % 12007);
		for (long k = 0; k < length; k++, got++)
			wrong += (unsigned char)buffer[k] !=
				 (unsigned char)(got * 2654435761u >> 24);
	}
	show("wrong bytes", wrong);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

/* A megabyte in each direction at the same time, in pieces of odd sizes. */
static void send_stream(int fd, unsigned int seed)
{
	for (unsigned int at = 0; at < 1 << 20;) {
		unsigned int size = 1 + at % 9973;

		if (size > (1 << 20) - at)
			size = (1 << 20) - at;
		for (unsigned int i = 0; i < size; i++)
			buffer[i] = (at + i + seed) * 2654435761u >> 24;
		if (syscall(SYS_write, fd, buffer, size) != size)
			exit(1);
		at += size;
	}
	exit(0);
}

static unsigned int check_stream(int fd, unsigned int seed)
{
	unsigned int wrong = 0, total = 0;
	long length;

	while (total < 1 << 20 && (length = syscall(SYS_read, fd, buffer, 7001)) > 0) {
		for (long i = 0; i < length; i++, total++)
			wrong += (unsigned char)buffer[i] !=
				 (unsigned char)((total + seed) * 2654435761u >> 24);
	}
	return wrong + (total ^ 1 << 20);
}

static void test_stream(void)
{
	int fds[2], status;

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	for (int side = 0; side < 2; side++) {
		if (!fork())
			send_stream(fds[side], side);
		if (!fork())
			exit(check_stream(fds[!side], side) != 0);
	}
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
	for (int i = 0; i < 4; i++) {
		syscall(SYS_wait4, -1, &status, 0, 0);
		show_status("stream", status);
	}
}

static void test_messages(void)
{
	struct iovec parts[2] = { { "scatter", 7 }, { " gather", 7 } };
	struct iovec rooms[3] = { { buffer, 3 }, { buffer + 10, 100 }, { buffer + 200, 100 } };
	struct msghdr message = { .vectors = parts, .nr_vectors = 2 };
	int fds[2];

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	memset(buffer, 0, 400);
	show("sendmsg", syscall(SYS_sendmsg, fds[0], &message, 0));
	message = (struct msghdr){ .vectors = rooms, .nr_vectors = 3, .flags = 99 };
	show("recvmsg", syscall(SYS_recvmsg, fds[1], &message, 0));
	printf("%s|%s|%s, name %u control %u flags %u\n", buffer, buffer + 10, buffer + 200,
	       message.name_length, message.control_length, message.flags);
	show("recvmsg empty", syscall(SYS_recvmsg, fds[1], &message, MSG_DONTWAIT));
	show("writev", syscall(SYS_writev, fds[1], parts, 2));
	show("readv", syscall(SYS_readv, fds[0], rooms, 3));
	BAD("sendmsg bad pointer", SYS_sendmsg, fds[0], P, 0);
	message = (struct msghdr){ .vectors = parts, .nr_vectors = 2000 };
	show("too many parts", syscall(SYS_sendmsg, fds[0], &message, 0));
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

/* A call that has sent something ends without a signal. */
static void write_to_closing(const char *name, int call)
{
	struct iovec parts[300];
	struct msghdr message = { .vectors = parts, .nr_vectors = SIZE(parts) };
	int fds[2], status;
	long result;

	for (unsigned int i = 0; i < SIZE(parts); i++)
		parts[i] = (struct iovec){ buffer, PAGE };
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	if (!fork()) {
		syscall(SYS_close, fds[0]);
		sleep_ms(100);
		exit(0);
	}
	syscall(SYS_close, fds[1]);
	pipe_signals = 0;
	if (call == SYS_writev)
		result = syscall(call, fds[0], parts, SIZE(parts));
	else
		result = syscall(call, fds[0], &message, 0);
	show_bool(name, result >= (long)PAGE);
	show("signals", pipe_signals);
	if (call == SYS_writev)
		result = syscall(call, fds[0], parts, SIZE(parts));
	else
		result = syscall(call, fds[0], &message, 0);
	show(name, result);
	show("signals", pipe_signals);
	syscall(SYS_wait4, -1, &status, 0, 0);
	syscall(SYS_close, fds[0]);
}

static void test_part_sent(void)
{
	sigaction(SIGPIPE, on_pipe, 0, 0);
	write_to_closing("sendmsg in part", SYS_sendmsg);
	write_to_closing("writev in part", SYS_writev);
	sigaction(SIGPIPE, SIG_DFL, 0, 0);
}

static void test_flags(void)
{
	struct iovec rooms[3] = { { buffer, 3 }, { buffer + 10, 100 }, { buffer + 200, 100 } };
	struct msghdr message = { .vectors = rooms, .nr_vectors = 3, .flags = 99 };
	struct msghdr none = { 0 };
	int fds[2], fd = new_socket(0);

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	memset(buffer, 0, 400);
	show("send", syscall(SYS_sendto, fds[0], "ignored", 7, 0x8000 | 0x80 | 4 | 0x800, 0, 0));
	show("peek", syscall(SYS_recvmsg, fds[1], &message, MSG_PEEK));
	printf("%s|%s|%s\n", buffer, buffer + 10, buffer + 200);
	show("peek all", syscall(SYS_recvmsg, fds[1], &message, MSG_PEEK | MSG_WAITALL));
	show("peek again",
	     syscall(SYS_recvfrom, fds[1], buffer, 100, MSG_PEEK | MSG_WAITALL, 0, 0));
	show("recv", syscall(SYS_recvfrom, fds[1], buffer, 3, 0x20 | 0x10 | 0x2000, 0, 0));
	show("recv rest", syscall(SYS_recvfrom, fds[1], buffer, 100, 0x80, 0, 0));
	show("peek none", syscall(SYS_recvmsg, fds[1], &message, MSG_PEEK | MSG_DONTWAIT));
	show("send nothing", syscall(SYS_sendmsg, fds[0], &none, 0));
	syscall(SYS_close, fds[0]);
	show("peek end", syscall(SYS_recvmsg, fds[1], &message, MSG_PEEK));
	syscall(SYS_close, fds[1]);
	show("send nothing to none", syscall(SYS_sendmsg, fd, &none, 0));
	show("receive nothing from none", syscall(SYS_recvmsg, fd, &none, 0));
	syscall(SYS_close, fd);
}

/* The calls by socketcall(2), as old programs make them. */
static long old_call(int number, long a, long b, long c, long d)
{
	long args[] = { a, b, c, d };

	return syscall(SYS_socketcall, number, args);
}

static void test_socketcall(void)
{
	struct sockaddr_un address;
	long length = address_of(&address, "@old"), server, client;

	server = old_call(1, AF_UNIX, SOCK_STREAM, 0, 0);
	show("bind", old_call(2, server, (long)&address, length, 0));
	show("listen", old_call(4, server, 3, 0, 0));
	client = old_call(1, AF_UNIX, SOCK_STREAM, 0, 0);
	show("connect", old_call(3, client, (long)&address, length, 0));
	show_ok("accept", server = old_call(5, server, 0, 0, 0));
	show("send", old_call(9, client, (long)"old", 3, 0));
	show("recv", old_call(10, server, (long)buffer, 9, 0));
	show("shutdown", old_call(13, client, SHUT_RDWR, 0, 0));
	show("recv end", old_call(10, server, (long)buffer, 9, 0));
	show("no such call", syscall(SYS_socketcall, 0, buffer));
	show("no such call", syscall(SYS_socketcall, 99, buffer));
	BAD("bad pointer", SYS_socketcall, 1, P);
}

static void test_interrupted(void)
{
	int fds[2];

	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);
	for (int restart = 0; restart < 2; restart++) {
		int parent = getpid(), pid;

		sigaction(SIGUSR1, on_signal, restart ? SA_RESTART : 0, 0);
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
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

int main(int argc, char **argv, char **envp)
{
	mkdir("/tmp", 0777);
	test_errors();
	test_pair();
	test_reset();
	test_shutdown();
	test_paths();
	test_backlog();
	test_shut_server();
	test_peer();
	test_room();
	test_ring();
	test_stream();
	test_messages();
	test_part_sent();
	test_flags();
	test_socketcall();
	test_interrupted();
	return 0;
}

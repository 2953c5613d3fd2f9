/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/unix.h>
#include <kernel/syscall.h>
#include <lib/limits.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * The system calls of sockets: they check what a program passes, and call fs/unix.c or fs/stream.c.
 * There is one family, AF_UNIX, and one type, SOCK_STREAM.
 *
 * A program can reach each call in two ways: by a number of its own (359 to 373), or by
 * socketcall(2) with the address of an array of its arguments. So each call takes an array. Those
 * of socketcall(2) are numbered from 1, and the table below is in that order.
 *
 * Missing are datagrams, SCM_RIGHTS and other control messages, MSG_OOB and time limits. A program
 * gets the errno of a kernel that was built without them.
 */

#define SOCK_TYPE   0xfu
#define SOL_SOCKET  1u
#define SO_TYPE     3u
#define SO_ERROR    4u
#define SO_SNDBUF   7u
#define SO_RCVBUF   8u
#define SO_PEERCRED 17u
#define FIONREAD    0x541bu

#define MSG_OOB 1u

/* Most buffers of one message, and of readv(2). */
#define MOST_VECTORS 1024u

/* struct msghdr and struct iovec of a program. */
struct message {
	u32 name, name_length, vectors, nr_vectors, control, control_length, flags;
};

struct vector {
	u32 base, size;
};

/* --- sockets as files ------------------------------------------------------------------------- */

static struct connection *connection_of(const struct socket *socket)
{
	return __atomic_load_n(&socket->connection, __ATOMIC_ACQUIRE);
}

/*
 * Reads or writes one buffer; access_ok() has checked it. The same call has moved @done bytes
 * before: a look begins behind them, and a write that fails is no reason for a signal any more.
 */
static __always_inline long transfer(struct file *file, unsigned long at, u32 size, u32 flags,
				     u32 done, bool write)
{
	struct socket *socket = file->private;
	struct connection *connection = connection_of(socket);

	if (file->flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	if (!connection)
		return write ? -ENOTCONN : -EINVAL;
	if (write)
		return stream_write(&connection->streams[!socket->side], (void __user *)at, size,
				    done ? flags | MSG_NOSIGNAL : flags);
	if (flags & MSG_PEEK)
		return stream_peek(&connection->streams[socket->side], (void __user *)at, size,
				   flags, done);
	return stream_read(&connection->streams[socket->side], (void __user *)at, size, flags);
}

static long socket_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	return transfer(file, (unsigned long)data, size, 0, 0, false);
}

/* A socket has no position. So @pos is what earlier buffers of the same writev(2) have sent. */
static long socket_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	return transfer(file, (unsigned long)data, size, 0, (u32)pos, true);
}

static long socket_ioctl(struct file *file, u32 request, unsigned long arg)
{
	struct socket *socket = file->private;
	struct connection *connection = connection_of(socket);

	if (request != FIONREAD)
		return -ENOTTY;
	if (!connection)
		return -EINVAL;
	return put_user_u32(READ_ONCE(connection->streams[socket->side].used), (void __user *)arg);
}

static u32 socket_poll(struct file *file)
{
	return unix_poll(file->private);
}

static void socket_release(struct file *file)
{
	if (file->private)
		unix_close(file->private);
}

static void socket_charges(const struct file *file, struct charge_look *look)
{
	unix_charges(file->private, look);
}

static const struct file_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.ioctl = socket_ioctl,
	.poll = socket_poll,
	.release = socket_release,
	.charges = socket_charges,
};

/* @socket is the file's from now on; without a file it is closed. Returns NULL without memory. */
static struct file *new_file(struct socket *socket, u32 flags)
{
	struct inode *inode = inode_create(S_IFSOCK | 0777);
	struct file *file =
		inode ? file_create(inode, &socket_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;

	if (file)
		file->private = socket;
	else
		inode_put(inode);
	return file;
}

static struct file *new_socket(u32 flags)
{
	struct socket *socket = unix_create();
	struct file *file = socket ? new_file(socket, flags) : NULL;

	if (socket && !file)
		unix_close(socket);
	return file;
}

/* The file of a socket, with a reference. On failure NULL and an errno. */
static struct file *socket_file(u32 fd, long *error)
{
	struct file *file = file_of(fd);

	*error = -EBADF;
	if (!file || file->ops == &socket_ops)
		return file;
	*error = file->flags & O_PATH ? -EBADF : -ENOTSOCK;
	file_put(file);
	return NULL;
}

/* --- addresses -------------------------------------------------------------------------------- */

/* struct sockaddr_un in the kernel, with a zero behind it. */
struct address {
	u16 family;
	char path[UNIX_PATH + 1];
};

/* Returns the bytes of @path, or a negative errno. */
static long read_address(struct address *address, u32 user, u32 length)
{
	memset(address, 0, sizeof(*address));
	if (length > 128)
		return -EINVAL;
	if (copy_from_user(address, (void __user *)user, min(length, UNIX_ADDRESS)))
		return -EFAULT;
	if (length < 2 || length > UNIX_ADDRESS || address->family != AF_UNIX)
		return -EINVAL;
	return (long)length - 2;
}

/* Writes as much of a name as there is room for, and its length. Without a name only the family. */
static long write_address(const struct unix_name *name, u32 user, u32 user_length, bool always)
{
	struct address address = { .family = AF_UNIX };
	u32 room, length = always ? 2 : 0;
	long error = get_user_u32(&room, (void __user *)user_length);

	if (error)
		return error;
	if ((s32)room < 0)
		return -EINVAL;
	if (name) {
		memcpy(address.path, name->path, name->length);
		length = 2 + name->length;
	}
	if (copy_to_user((void __user *)user, &address, min(room, length)))
		return -EFAULT;
	return put_user_u32(length, (void __user *)user_length);
}

/* --- calls with a new socket ------------------------------------------------------------------ */

static long check_type(u32 family, u32 type, u32 protocol)
{
	if (type & ~(SOCK_TYPE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	return (type & SOCK_TYPE) == SOCK_STREAM ? 0 : -ESOCKTNOSUPPORT;
}

static long do_socket(const u32 *args)
{
	long error = check_type(args[0], args[1], args[2]);
	struct file *file;

	if (error)
		return error;
	file = new_socket(args[1]);
	return file ? files_install(file, 0, args[1] & O_CLOEXEC) : -ENOMEM;
}

static long do_socketpair(const u32 *args)
{
	long error = check_type(args[0], args[1], args[2]);
	struct file *files[2];

	if (error)
		return error;
	files[0] = new_socket(args[1]);
	files[1] = files[0] ? new_socket(args[1]) : NULL;
	error = files[1] ? unix_pair(files[0]->private, files[1]->private) : -ENOMEM;
	for (u32 i = 0; i < 2 && error; i++) {
		if (files[i])
			file_put(files[i]);
	}
	return error ?: files_install_pair(files, args[1] & O_CLOEXEC, args[3]);
}

static long do_accept(struct file *listener, const u32 *args, u32 flags)
{
	struct file *file = new_file(NULL, flags);
	struct socket *socket;
	long error = -ENOMEM;

	if (!file)
		return error;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		error = -EINVAL;
	else
		error = unix_accept(listener->private, listener->flags & O_NONBLOCK, &socket);
	if (!error) {
		file->private = socket;
		if (args[1])
			error = write_address(socket->connection->names[0], args[1], args[2], true);
	}
	if (!error)
		return files_install(file, 0, flags & O_CLOEXEC);
	file_put(file);
	return error;
}

/* --- calls with a socket ---------------------------------------------------------------------- */

static long do_accept3(struct file *file, const u32 *args)
{
	return do_accept(file, args, 0);
}

static long do_accept4(struct file *file, const u32 *args)
{
	return do_accept(file, args, args[3]);
}

static long do_bind(struct file *file, const u32 *args)
{
	struct address address;
	long length = read_address(&address, args[1], args[2]);

	return length < 0 ? length : unix_bind(file->private, address.path, (u32)length);
}

static long do_connect(struct file *file, const u32 *args)
{
	struct address address;
	long length = read_address(&address, args[1], args[2]);

	if (length <= 0)
		return length ?: -EINVAL;
	return unix_connect(file->private, address.path, (u32)length, file->flags & O_NONBLOCK);
}

static long do_listen(struct file *file, const u32 *args)
{
	return unix_listen(file->private, args[1]);
}

static long do_getsockname(struct file *file, const u32 *args)
{
	const struct socket *socket = file->private;

	return write_address(socket->name, args[1], args[2], true);
}

static long do_getpeername(struct file *file, const u32 *args)
{
	const struct socket *socket = file->private;
	const struct connection *connection = connection_of(socket);

	if (!connection)
		return -ENOTCONN;
	return write_address(connection->names[!socket->side], args[1], args[2], true);
}

static long do_shutdown(struct file *file, const u32 *args)
{
	if (args[1] > 2)
		return -EINVAL;
	unix_shutdown(file->private, args[1] + 1);
	return 0;
}

static long do_getsockopt(struct file *file, const u32 *args)
{
	const struct socket *socket = file->private;
	struct connection *connection = connection_of(socket);
	struct unix_peer value = { .uid = UINT_MAX, .gid = UINT_MAX };
	u32 size = sizeof(u32), room;

	if (get_user_u32(&room, (void __user *)args[4]))
		return -EFAULT;
	if ((s32)room < 0)
		return -EINVAL;
	if (args[1] != SOL_SOCKET)
		return -EOPNOTSUPP;
	switch (args[2]) {
	case SO_TYPE:
		value.pid = SOCK_STREAM;
		break;
	case SO_ERROR:
		if (connection)
			value.pid = __atomic_exchange_n(&connection->streams[socket->side].error, 0,
							__ATOMIC_RELAXED);
		break;
	case SO_SNDBUF:
	case SO_RCVBUF:
		value.pid = STREAM_SIZE;
		break;
	case SO_PEERCRED:
		size = sizeof(value);
		if (connection)
			value = connection->peers[!socket->side];
		break;
	default:
		return -ENOPROTOOPT;
	}
	size = min(size, room);
	if (copy_to_user((void __user *)args[3], &value, size))
		return -EFAULT;
	return put_user_u32(size, (void __user *)args[4]);
}

/* The sizes of buffers are fixed. A program that sets them gets what Linux gives, "about that". */
static long do_setsockopt(struct file *file, const u32 *args)
{
	u32 value;

	if (args[1] != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (args[4] < sizeof(u32))
		return -EINVAL;
	if (get_user_u32(&value, (void __user *)args[3]))
		return -EFAULT;
	return args[2] == SO_SNDBUF || args[2] == SO_RCVBUF ? 0 : -ENOPROTOOPT;
}

/* --- messages --------------------------------------------------------------------------------- */

/* Flags that mean nothing for a stream are ignored, as on Linux. */
static long one_buffer(struct file *file, u32 at, u32 size, u32 flags, u32 done, bool write)
{
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	size = min(size, (u32)INT_MAX);
	if (!access_ok((void __user *)at, size))
		return -EFAULT;
	return transfer(file, at, size, flags, done, write);
}

/* An address for a connected socket is an error, and for another one neither helps. */
static long check_target(struct file *file, u32 address)
{
	if (!address)
		return 0;
	return connection_of(file->private) ? -EISCONN : -EOPNOTSUPP;
}

static long do_sendto(struct file *file, const u32 *args)
{
	long error = check_target(file, args[4]);

	return error ?: one_buffer(file, args[1], args[2], args[3], 0, true);
}

static long do_send(struct file *file, const u32 *args)
{
	return one_buffer(file, args[1], args[2], args[3], 0, true);
}

static long do_recv(struct file *file, const u32 *args)
{
	return one_buffer(file, args[1], args[2], args[3], 0, false);
}

static long do_recvfrom(struct file *file, const u32 *args)
{
	const struct socket *socket = file->private;
	long result = do_recv(file, args), error = 0;

	if (result >= 0 && args[4])
		error = write_address(connection_of(socket)->names[!socket->side], args[4], args[5],
				      false);
	return error ?: result;
}

/* All buffers of a message. After its first bytes a read waits for more only with MSG_WAITALL. */
static long all_buffers(struct file *file, const struct message *message, u32 flags, bool write)
{
	long total = 0;

	if (message->nr_vectors > MOST_VECTORS)
		return -EMSGSIZE;
	/* Nothing is moved, but there may be an error. */
	if (!message->nr_vectors)
		return one_buffer(file, 0, 0, flags, 0, write);
	for (u32 i = 0; i < message->nr_vectors; i++) {
		struct vector vector;
		long n;

		if (copy_from_user(&vector, (void __user *)(message->vectors + i * sizeof(vector)),
				   sizeof(vector)))
			return total ?: -EFAULT;
		if (total && !write && (flags & (MSG_WAITALL | MSG_PEEK)) != MSG_WAITALL)
			flags |= MSG_DONTWAIT;
		/* As for one buffer, the result has 31 bits. */
		vector.size = min(vector.size, (u32)(INT_MAX - total));
		n = one_buffer(file, vector.base, vector.size, flags, (u32)total, write);
		if (n < 0)
			return total ?: n;
		total += n;
		if ((u32)n < vector.size)
			break;
	}
	return total;
}

static long do_sendmsg(struct file *file, const u32 *args)
{
	struct message message;
	long error;

	if (copy_from_user(&message, (void __user *)args[1], sizeof(message)))
		return -EFAULT;
	error = check_target(file, message.name);
	if (!error && message.control_length)
		error = -EINVAL;
	return error ?: all_buffers(file, &message, args[2], true);
}

static long do_recvmsg(struct file *file, const u32 *args)
{
	struct message message;
	u32 __user *user = (u32 __user *)args[1];
	long result;

	if (copy_from_user(&message, user, sizeof(message)))
		return -EFAULT;
	result = all_buffers(file, &message, args[2], false);
	if (result < 0)
		return result;
	/* No name, no control message, no flag. */
	if (put_user_u32(0, user + 1) || put_user_u32(0, user + 5) || put_user_u32(0, user + 6))
		return -EFAULT;
	return result;
}

/* --- the table -------------------------------------------------------------------------------- */

/*
 * One call: @make for those without a socket, or @use. @nr is the system call's own number, which
 * is 0 for those that only socketcall(2) has.
 */
static const struct call {
	long (*make)(const u32 *args);
	long (*use)(struct file *file, const u32 *args);
	u16 nr, nr_args;
} calls[] = {
	{ do_socket, NULL, 359, 3 },      { NULL, do_bind, 361, 3 },
	{ NULL, do_connect, 362, 3 },     { NULL, do_listen, 363, 2 },
	{ NULL, do_accept3, 0, 3 },       { NULL, do_getsockname, 367, 3 },
	{ NULL, do_getpeername, 368, 3 }, { do_socketpair, NULL, 360, 4 },
	{ NULL, do_send, 0, 4 },          { NULL, do_recv, 0, 4 },
	{ NULL, do_sendto, 369, 6 },      { NULL, do_recvfrom, 371, 6 },
	{ NULL, do_shutdown, 373, 2 },    { NULL, do_setsockopt, 366, 5 },
	{ NULL, do_getsockopt, 365, 5 },  { NULL, do_sendmsg, 370, 3 },
	{ NULL, do_recvmsg, 372, 3 },     { NULL, do_accept4, 364, 4 },
};

static long make_call(const struct call *call, const u32 *args)
{
	struct file *file;
	long result;

	if (call->make)
		return call->make(args);
	file = socket_file(args[0], &result);
	if (!file)
		return result;
	result = call->use(file, args);
	file_put(file);
	return result;
}

SYSCALL(102, socketcall)
{
	u32 number = ARG1(regs) - 1, args[6];

	if (number >= ARRAY_SIZE(calls))
		return -EINVAL;
	if (copy_from_user(args, (void __user *)ARG2(regs), calls[number].nr_args * sizeof(u32)))
		return -EFAULT;
	return make_call(&calls[number], args);
}

/* The number of the call is in regs->error_code. */
SYSCALL(359, socket)
{
	const u32 args[6] = {
		ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs), ARG5(regs), ARG6(regs)
	};
	const struct call *call = calls;

	while (call->nr != regs->error_code)
		call++;
	return make_call(call, args);
}

SYSCALL_SAME(360, socketpair, sys_socket);
SYSCALL_SAME(361, bind, sys_socket);
SYSCALL_SAME(362, connect, sys_socket);
SYSCALL_SAME(363, listen, sys_socket);
SYSCALL_SAME(364, accept4, sys_socket);
SYSCALL_SAME(365, getsockopt, sys_socket);
SYSCALL_SAME(366, setsockopt, sys_socket);
SYSCALL_SAME(367, getsockname, sys_socket);
SYSCALL_SAME(368, getpeername, sys_socket);
SYSCALL_SAME(369, sendto, sys_socket);
SYSCALL_SAME(370, sendmsg, sys_socket);
SYSCALL_SAME(371, recvfrom, sys_socket);
SYSCALL_SAME(372, recvmsg, sys_socket);
SYSCALL_SAME(373, shutdown, sys_socket);

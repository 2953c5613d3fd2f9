/* SPDX-License-Identifier: MIT */
#include <fs/change.h>
#include <fs/cred.h>
#include <fs/files.h>
#include <fs/permission.h>
#include <fs/poll.h>
#include <fs/unix.h>
#include <kernel/hook.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Sockets that connect two programs of one machine. A connection is an object of its own, with two
 * streams. Each of the two sockets has a reference to it, and never needs the other socket:
 *
 *	socket, side 0 ──▶ ┌ connection ───────────┐ ◀── socket, side 1
 *	    reads streams[0] ◀─────────────────── writes
 *	    writes ───────────────────▶ streams[1] reads
 *	                   └───────────────────────┘
 *
 * So the two ends can be closed in any order, and shutdown(2) and close(2) are the same for a
 * stream: nothing is written into it any more.
 *
 * A socket with a name is in a list. connect(2) looks for the name there, makes the socket of the
 * other side, connects it, and puts it into the queue of the listening socket; accept(2) only takes
 * it out. So connect(2) succeeds before accept(2) is called, and its bytes wait in the stream.
 *
 * One mutex guards all names and all queues. It may be taken with tree_lock held, since a look at
 * /proc/PID/fd can be the last user of a socket. So bind(2) makes its file without the mutex. Bytes
 * are moved without it, too: the connection of a socket does not change until the end.
 */

static struct mutex unix_lock;
static struct list_head bound = { &bound, &bound };
/* Threads whose connect(2) waits for room in the queue of any socket, and changes of any queue. */
static struct wait_queue connecters;
static u32 queue_changes;
static u32 (*process_id_hook)(void);

void unix_use_process_id(u32 (*id)(void))
{
	hook_set(process_id_hook, id);
}

static void queue_changed(void)
{
	__atomic_add_fetch(&queue_changes, 1, __ATOMIC_SEQ_CST);
	wake_up_all(&connecters);
}

static struct unix_peer running_peer(void)
{
	const struct cred *cred = current_cred();

	return (struct unix_peer){ process_id_hook ? process_id_hook() : 0, cred->euid,
				   cred->egid };
}

struct socket *unix_create(void)
{
	struct socket *socket = kzalloc(sizeof(*socket), GFP_KERNEL);

	if (socket) {
		socket->link = (struct list_head){ &socket->link, &socket->link };
		socket->pending = (struct list_head){ &socket->pending, &socket->pending };
	}
	return socket;
}

/* --- connections ------------------------------------------------------------------------------ */

static void name_put(struct unix_name *name)
{
	if (!name || __atomic_sub_fetch(&name->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	inode_put(name->inode);
	kfree(name);
}

static struct unix_name *name_get(struct unix_name *name)
{
	if (name)
		__atomic_add_fetch(&name->refcount, 1, __ATOMIC_RELAXED);
	return name;
}

/* @a gets side 0, and is the one that calls. Their names are guarded by the caller. */
static void join(struct connection *connection, struct socket *a, struct socket *b)
{
	connection->refcount = 2;
	connection->account = kmem_charge(sizeof(*connection));
	connection->streams[0].account = connection->streams[1].account = connection->account;
	connection->names[0] = name_get(a->name);
	connection->names[1] = name_get(b->name);
	connection->peers[0] = running_peer();
	b->side = 1;
	__atomic_store_n(&b->connection, connection, __ATOMIC_RELEASE);
	__atomic_store_n(&a->connection, connection, __ATOMIC_RELEASE);
}

int unix_pair(struct socket *a, struct socket *b)
{
	struct connection *connection = kzalloc(sizeof(*connection), GFP_KERNEL);

	if (!connection)
		return -ENOMEM;
	join(connection, a, b);
	connection->peers[1] = connection->peers[0];
	return 0;
}

/* The side leaves; the last one frees the connection. @lost: the other side must know of that. */
static void leave(struct connection *connection, u32 side, bool lost)
{
	struct stream *mine = &connection->streams[side];
	struct stream *other = &connection->streams[!side];

	mutex_lock(&other->lock);
	if (lost || READ_ONCE(mine->used))
		other->error = ECONNRESET;
	mutex_unlock(&other->lock);
	stream_shut(mine);
	stream_shut(other);
	if (__atomic_sub_fetch(&connection->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	for (u32 i = 0; i < 2; i++) {
		stream_free_pages(&connection->streams[i]);
		name_put(connection->names[i]);
	}
	kmem_uncharge(connection->account, sizeof(*connection));
	kfree(connection);
}

/* --- names ------------------------------------------------------------------------------------ */

/* The socket with a name; @inode is that of a path. unix_lock is held. */
static struct socket *find_bound(const struct inode *inode, const char *path, u32 length)
{
	struct socket *socket;

	list_for_each_entry(socket, &bound, link) {
		const struct unix_name *name = socket->name;

		if (inode ? name->inode == inode
			  : !name->inode && name->length == length &&
				    memcmp(name->path, path, length) == 0)
			return socket;
	}
	return NULL;
}

/* Makes the file of a socket. */
static int make_file(const char *path, struct inode **made)
{
	struct new_file file = { .mode = S_IFSOCK | files_mode(0777) };
	struct inode *base = files_cwd();
	struct lookup at;
	int error = path_lock(base, path, false, &at);

	if (!error && at.inode)
		error = -EADDRINUSE;
	else if (!error && at.slash)
		error = -ENOENT;
	else if (!error)
		error = change_create(&at, &file, made);
	path_unlock(&at);
	inode_put(base);
	return error;
}

/* A zero and five hexadecimal digits. */
static void choose_name(struct unix_name *name)
{
	static u32 next;

	name->length = 6;
	do {
		u32 number = next++;

		for (u32 i = 5; i; i--, number >>= 4)
			name->path[i] = "0123456789abcdef"[number & 15];
	} while (find_bound(NULL, name->path, name->length));
}

/* Others cannot bind it until finish_bind(). */
static bool begin_bind(struct socket *socket)
{
	bool free;

	mutex_lock(&unix_lock);
	free = !socket->name && !socket->connection && !socket->binding;
	socket->binding |= free;
	mutex_unlock(&unix_lock);
	return free;
}

/* Gives it a name, unless there is an error already. Returns 0 or the error. */
static int finish_bind(struct socket *socket, struct unix_name *name, int error)
{
	mutex_lock(&unix_lock);
	if (!error && !name->length)
		choose_name(name);
	else if (!error && !name->inode && find_bound(NULL, name->path, name->length))
		error = -EADDRINUSE;
	if (!error) {
		socket->name = name;
		list_add_tail(&socket->link, &bound);
	}
	socket->binding = false;
	mutex_unlock(&unix_lock);
	return error;
}

int unix_bind(struct socket *socket, const char *path, u32 length)
{
	struct unix_name *name = kzalloc(sizeof(*name), GFP_KERNEL);
	int error = 0;

	if (!name)
		return -ENOMEM;
	name->refcount = 1;
	memcpy(name->path, path, length);
	name->length = *name->path ? strlen(name->path) + 1 : length;
	if (!begin_bind(socket)) {
		name_put(name);
		return -EINVAL;
	}
	if (*name->path)
		error = make_file(name->path, &name->inode);
	error = finish_bind(socket, name, error);
	if (error)
		name_put(name);
	return error;
}

/* --- listening -------------------------------------------------------------------------------- */

int unix_listen(struct socket *socket, u32 backlog)
{
	int error = -EINVAL;

	mutex_lock(&unix_lock);
	if (socket->name && !socket->connection) {
		socket->listening = true;
		socket->backlog = min(backlog, 4096u);
		socket->peer = running_peer();
		error = 0;
	}
	mutex_unlock(&unix_lock);
	queue_changed();
	return error;
}

/* unix_lock is held. A second socket and a connection were made by the caller. */
static int try_connect(struct socket *socket, struct socket *listener, struct socket *other,
		       struct connection *connection)
{
	if (!listener || !listener->listening || listener->shut & SHUT_IN)
		return -ECONNREFUSED;
	/* As on Linux, one more than the backlog says. */
	if (listener->nr_pending > listener->backlog)
		return -EAGAIN;
	if (socket->connection)
		return -EISCONN;
	if (socket->listening)
		return -EINVAL;
	other->name = name_get(listener->name);
	connection->peers[1] = listener->peer;
	join(connection, socket, other);
	list_add_tail(&other->link, &listener->pending);
	WRITE_ONCE(listener->nr_pending, listener->nr_pending + 1);
	wake_up(&listener->accepters);
	return 0;
}

/* The file that a path means, if it is a socket that the program may write to. */
static int find_file(const char *path, struct inode **found)
{
	struct inode *base = files_cwd();
	int error = path_find(base, path, true, found);

	inode_put(base);
	if (!error)
		error = inode_may(*found, MAY_WRITE);
	if (!error && ((*found)->mode & S_IFMT) != S_IFSOCK)
		error = -ECONNREFUSED;
	return error;
}

static int connect_once(struct socket *socket, const char *path, u32 length)
{
	struct connection *connection = kzalloc(sizeof(*connection), GFP_KERNEL);
	struct socket *other = unix_create();
	struct inode *inode = NULL;
	int error = connection && other ? 0 : -ENOMEM;

	if (!error && *path)
		error = find_file(path, &inode);
	if (!error) {
		mutex_lock(&unix_lock);
		error = try_connect(socket, find_bound(inode, path, length), other, connection);
		mutex_unlock(&unix_lock);
	}
	inode_put(inode);
	if (error) {
		kfree(other);
		kfree(connection);
	} else {
		poll_wake();
	}
	return error;
}

int unix_connect(struct socket *socket, const char *path, u32 length, bool nonblock)
{
	for (;;) {
		u32 before = READ_ONCE(queue_changes);
		int error = connect_once(socket, path, length);

		if (error != -EAGAIN || nonblock)
			return error;
		error = wait_event_interruptible(&connecters, READ_ONCE(queue_changes) != before);
		if (error)
			return error;
	}
}

/* unix_lock is taken. Returns NULL if no connection waits. */
static struct socket *take_pending(struct socket *listener)
{
	struct socket *socket = NULL;

	mutex_lock(&unix_lock);
	if (!list_empty(&listener->pending)) {
		socket = list_entry(listener->pending.next, struct socket, link);
		list_del(&socket->link);
		socket->link = (struct list_head){ &socket->link, &socket->link };
		WRITE_ONCE(listener->nr_pending, listener->nr_pending - 1);
	}
	mutex_unlock(&unix_lock);
	return socket;
}

int unix_accept(struct socket *socket, bool nonblock, struct socket **accepted)
{
	if (!READ_ONCE(socket->listening))
		return -EINVAL;
	while (!(*accepted = take_pending(socket))) {
		int error;

		if (nonblock)
			return -EAGAIN;
		if (READ_ONCE(socket->shut) & SHUT_IN)
			return -EINVAL;
		error = wait_event_interruptible(&socket->accepters,
						 READ_ONCE(socket->nr_pending) ||
							 READ_ONCE(socket->shut) & SHUT_IN);
		if (error)
			return error;
	}
	queue_changed();
	return 0;
}

void unix_shutdown(struct socket *socket, u32 how)
{
	struct connection *connection;

	mutex_lock(&unix_lock);
	connection = socket->connection;
	if (!connection)
		WRITE_ONCE(socket->shut, (u8)(socket->shut | how));
	mutex_unlock(&unix_lock);
	if (!connection) {
		wake_up_all(&socket->accepters);
		queue_changed();
		poll_wake();
		return;
	}
	if (how & SHUT_IN)
		stream_shut(&connection->streams[socket->side]);
	if (how & SHUT_OUT)
		stream_shut(&connection->streams[!socket->side]);
}

void unix_close(struct socket *socket)
{
	struct socket *pending;

	mutex_lock(&unix_lock);
	list_del(&socket->link);
	socket->listening = false;
	mutex_unlock(&unix_lock);
	queue_changed();
	while ((pending = take_pending(socket))) {
		leave(pending->connection, pending->side, true);
		name_put(pending->name);
		kfree(pending);
	}
	if (socket->connection)
		leave(socket->connection, socket->side, false);
	name_put(socket->name);
	kfree(socket);
}

u32 unix_poll(struct socket *socket)
{
	struct connection *connection = __atomic_load_n(&socket->connection, __ATOMIC_ACQUIRE);
	const struct stream *in, *out;
	u32 ready = 0;

	if (!connection) {
		u32 shut = READ_ONCE(socket->shut);

		if (shut & SHUT_IN)
			ready |= POLLIN | POLLRDHUP;
		if (shut == (SHUT_IN | SHUT_OUT))
			ready |= POLLHUP;
		if (!READ_ONCE(socket->listening))
			ready |= POLLOUT | POLLHUP;
		return READ_ONCE(socket->nr_pending) ? ready | POLLIN : ready;
	}
	in = &connection->streams[socket->side];
	out = &connection->streams[!socket->side];
	if (READ_ONCE(in->used) || READ_ONCE(in->shut))
		ready |= POLLIN;
	if (READ_ONCE(in->shut))
		ready |= POLLRDHUP;
	if (READ_ONCE(in->shut) && READ_ONCE(out->shut))
		ready |= POLLHUP;
	if (READ_ONCE(in->error))
		ready |= POLLERR;
	/* As on Linux, a quarter of the buffer at most is in use. */
	if (READ_ONCE(out->used) * 4 <= STREAM_SIZE)
		ready |= POLLOUT;
	return ready;
}

/* --- what is charged -------------------------------------------------------------------------- */

bool unix_hold_queues(void)
{
	return mutex_trylock(&unix_lock);
}

void unix_let_queues_go(void)
{
	mutex_unlock(&unix_lock);
}

/* An equal part for each socket. */
static void tell(const struct connection *connection, struct charge_look *look)
{
	u32 bytes = sizeof(*connection) + READ_ONCE(connection->streams[0].used) +
		    READ_ONCE(connection->streams[1].used);

	look->add(look, connection->account, bytes / max(READ_ONCE(connection->refcount), 1u));
}

void unix_charges(const struct socket *socket, struct charge_look *look)
{
	const struct connection *connection =
		__atomic_load_n(&socket->connection, __ATOMIC_ACQUIRE);
	const struct socket *pending;

	if (connection)
		tell(connection, look);
	if (look->queues)
		list_for_each_entry(pending, &socket->pending, link)
			tell(pending->connection, look);
}

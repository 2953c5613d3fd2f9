/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>
#include <fs/stream.h>
#include <lib/list.h>

/* Sockets of the family AF_UNIX: their names, and the connections between them. */

#define AF_UNIX      1
#define SOCK_STREAM  1
/* Size of sun_path, and of all of struct sockaddr_un. */
#define UNIX_PATH    108u
#define UNIX_ADDRESS (2 + UNIX_PATH)

/* How shutdown(2) ends a socket: a bit for each direction. */
#define SHUT_IN  1u
#define SHUT_OUT 2u

/**
 * struct unix_name - the name of a socket; accept(2) shares it
 * @refcount: sockets
 * @length: bytes of @path, with a zero at the end if it is a path
 * @inode: the socket's file, with a reference; NULL if the name is abstract
 * @path: sun_path; an abstract name begins with a zero. One byte more ends a path
 */
struct unix_name {
	u32 refcount, length;
	struct inode *inode;
	char path[UNIX_PATH + 1];
};

/* Process and user that made a socket connect or listen: struct ucred. */
struct unix_peer {
	u32 pid, uid, gid;
};

/**
 * struct connection - two sockets that are connected
 * @refcount: sockets: 2, then 1
 * @account: of the process that connected them, charged with it and with its bytes
 * @streams: that with number n is read by the socket of side n, and written by the other one
 * @peers: the sockets
 * @names: their names, each with a reference, or NULL
 */
struct connection {
	u32 refcount;
	struct kmem_account *account;
	struct stream streams[2];
	struct unix_peer peers[2];
	struct unix_name *names[2];
};

/**
 * struct socket - a socket
 * @connection: NULL if it is not connected; does not change once it is set
 * @side: 0 or 1: its number in @connection
 * @name: of bind(2), or NULL; guarded by the lock of all names, as is all that follows
 * @binding: bind(2) makes the file of its name
 * @link: in the list of sockets with a name
 * @listening: listen(2) was called
 * @shut: SHUT_* of shutdown(2) without a connection; with SHUT_IN nobody can connect to it
 * @backlog: most sockets in @pending
 * @nr_pending: number of them
 * @pending: sockets that connect(2) made for accept(2); linked by @link
 * @accepters: threads in accept(2)
 * @peer: of a listening socket: what the other side gets for SO_PEERCRED
 */
struct socket {
	struct connection *connection;
	u32 side;
	struct unix_name *name;
	struct list_head link;
	bool binding, listening;
	u8 shut;
	u32 backlog, nr_pending;
	struct list_head pending;
	struct wait_queue accepters;
	struct unix_peer peer;
};

/**
 * unix_create() - make a socket without a name
 *
 * Context: may sleep.
 * Return: the socket, for unix_close(); NULL if there is no memory.
 */
struct socket *unix_create(void);

/**
 * unix_close() - end the use of a socket
 * @socket: nothing else uses it
 *
 * The other side reads what is on its way, and then the end. It gets ECONNRESET if this one had
 * bytes that were not read.
 * Context: may sleep.
 */
void unix_close(struct socket *socket);

/**
 * unix_pair() - connect two new sockets
 * @a, @b: without connection
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int unix_pair(struct socket *a, struct socket *b);

/**
 * unix_bind() - give a socket a name
 * @socket: any
 * @path: sun_path, followed by a zero
 * @length: its bytes; 0: the kernel chooses an abstract name
 *
 * Context: thread that runs a program; may sleep.
 * Return: 0; -EINVAL if it has one; -EADDRINUSE; an errno of the path; -ENOMEM.
 */
int unix_bind(struct socket *socket, const char *path, u32 length);

/**
 * unix_listen() - let others connect
 * @socket: has a name
 * @backlog: most connections that wait for accept(2)
 *
 * Context: thread that runs a program.
 * Return: 0 or -EINVAL.
 */
int unix_listen(struct socket *socket, u32 backlog);

/**
 * unix_connect() - connect to a listening socket
 * @socket: any
 * @path, @length: the name of the other one, as for unix_bind()
 * @nonblock: do not wait if its backlog is full
 *
 * Context: thread that runs a program; may sleep.
 * Return: 0; -EISCONN, -EINVAL, -ECONNREFUSED, -EAGAIN, -ENOMEM, -ERESTARTSYS; an errno of the
 * path.
 */
int unix_connect(struct socket *socket, const char *path, u32 length, bool nonblock);

/**
 * unix_accept() - take the next connection
 * @socket: listens
 * @nonblock: do not wait
 * @accepted: set to the socket, for unix_close()
 *
 * Context: thread, may sleep.
 * Return: 0; -EINVAL if it does not listen, or does no more; -EAGAIN, -ERESTARTSYS.
 */
int unix_accept(struct socket *socket, bool nonblock, struct socket **accepted);

/**
 * unix_shutdown() - end one direction of a socket, or both
 * @socket: any
 * @how: SHUT_*
 *
 * Context: thread, may sleep.
 */
void unix_shutdown(struct socket *socket, u32 how);

/**
 * unix_poll() - POLL* that are true
 * @socket: any
 *
 * Context: any but interrupts.
 * Return: the bits.
 */
u32 unix_poll(struct socket *socket);

/**
 * unix_hold_queues(), unix_let_queues_go() - keep the connections that wait for accept(2)
 *
 * Context: thread, does not sleep.
 * Return: false if another thread is about to change one.
 */
bool unix_hold_queues(void);
void unix_let_queues_go(void);

/**
 * unix_charges() - tell what the connections of a socket are charged to
 * @socket: of an open file
 * @look: gets it
 *
 * Context: any; the file is kept.
 */
void unix_charges(const struct socket *socket, struct charge_look *look);

/**
 * unix_use_process_id() - set the function that tells the running process
 * @id: returns its number
 *
 * Context: boot, once.
 */
void unix_use_process_id(u32 (*id)(void));

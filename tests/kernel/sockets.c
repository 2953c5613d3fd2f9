/* SPDX-License-Identifier: MIT */
#include <fs/poll.h>
#include <fs/unix.h>
#include <lib/errno.h>
#include <mm/mmzone.h>
#include <tests/kernel/ktest.h>

/*
 * Sockets without programs: connections begin and end in each order. The suite ends with as many
 * pages and objects in use as before it. tests/user/sockets.c has what programs see.
 */

static bool new_pair(struct socket *pair[2])
{
	pair[0] = unix_create();
	pair[1] = unix_create();
	return pair[0] && pair[1] && unix_pair(pair[0], pair[1]) == 0;
}

KTEST(sockets, the_last_side_frees_the_bytes)
{
	struct socket *pair[2];
	u32 bytes = STREAM_SIZE;

	if (nr_free_pages() < 1024) {
		ktest_skip("less than 4 MiB are free");
		return;
	}
	KTEST_REQUIRE(new_pair(pair));
	EXPECT_EQ(unix_poll(pair[0]), POLLOUT);
	EXPECT(stream_fill(&pair[0]->connection->streams[0]));
	EXPECT_EQ(pair[0]->connection->streams[0].used, bytes);
	EXPECT_EQ(unix_poll(pair[0]), POLLIN | POLLOUT);
	EXPECT_EQ(unix_poll(pair[1]), 0);
	/* Its bytes are not read, and the other side gets to know. */
	unix_close(pair[0]);
	EXPECT_EQ(unix_poll(pair[1]), POLLIN | POLLERR | POLLHUP | POLLRDHUP);
	unix_close(pair[1]);
}

KTEST(sockets, bytes_are_in_the_chosen_zone)
{
	bool before = stream_set_low(true);
	struct socket *pair[2];

	KTEST_REQUIRE(new_pair(pair));
	if (nr_free_pages() >= 1024) {
		EXPECT(stream_fill(&pair[1]->connection->streams[1]));
		EXPECT(!page_is_highmem(pair[1]->connection->streams[1].pages[7]));
	}
	stream_set_low(before);
	unix_close(pair[1]);
	unix_close(pair[0]);
}

KTEST(sockets, a_connection_exists_before_accept)
{
	struct socket *server = unix_create(), *client = unix_create(), *other = unix_create();
	struct socket *accepted = NULL;
	const struct unix_name *name;

	KTEST_REQUIRE(server && client && other);
	EXPECT_EQ(unix_listen(server, 0), -EINVAL);
	EXPECT_EQ(unix_bind(server, "", 0), 0);
	EXPECT_EQ(unix_bind(server, "", 0), -EINVAL);
	name = server->name;
	EXPECT_EQ(unix_connect(client, name->path, name->length, true), -ECONNREFUSED);
	EXPECT_EQ(unix_listen(server, 0), 0);
	EXPECT_EQ(unix_connect(client, name->path, name->length, true), 0);
	EXPECT_EQ(unix_connect(other, name->path, name->length, true), -EAGAIN);
	EXPECT_EQ(unix_poll(server), POLLIN);
	EXPECT_EQ(unix_accept(server, true, &accepted), 0);
	EXPECT_EQ(server->nr_pending, 0);
	EXPECT_EQ(unix_connect(other, name->path, name->length, true), 0);
	/* The socket that nothing has accepted ends with the server. */
	unix_close(server);
	EXPECT(unix_poll(other) & POLLERR);
	EXPECT_EQ(unix_poll(client), POLLOUT);
	unix_close(other);
	unix_close(client);
	if (accepted)
		unix_close(accepted);
}

/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <vm/cache_io.h>
#include <vm/cache_page.h>

/*
 * From pages to requests. The file system says where each page is; pages that follow each other on
 * the disk become segments of one request:
 *
 *	pages      │  7  │  8  │  9  │ 10  │ 11  │
 *	runs       ├── sectors 400.. ──┤hole ├ 80 ┤
 *	requests   one of 3 segments          one of 1 segment
 *
 * A page without any block is zeroes, and needs no request. A page may also have several blocks
 * which are apart, if they are smaller than a page. Such a page is rare, since file systems avoid
 * it: its pieces are transferred one after the other, and the caller waits.
 *
 * A hole is not written, as long as it is zeroes. Other bytes come there if a program has the last
 * page of a file mapped, and the file becomes longer: they get a block now.
 *
 * Each request is allocated with its segments. Writing out memory must not wait for memory: if
 * there is none, the caller transfers the page itself, with a segment on its stack.
 */

/* A piece of a page that is in one piece on the disk. */
struct piece {
	u64 sector;
	u32 offset, length;
};

/* Blocks have 512 bytes at least. */
#define MAX_PIECES (PAGE_SIZE / SECTOR_SIZE)

struct page_io {
	struct block_request request;
	struct block_segment segments[CACHE_IO_PAGES];
	u64 next_sector;
};

/* The state of a call of cache_io(). */
struct job {
	struct vm_object *object;
	enum block_op op;
	u64 end;             /* one past the last byte that may be transferred */
	u64 size;            /* of the object, for a write */
	struct disk_run run; /* where the bytes from run_pos on are */
	u64 run_pos;
	struct page_io *io; /* not submitted yet, or NULL */
};

static void end_page(struct vm_object *object, enum block_op op, struct page *page, int error)
{
	if (op == BLOCK_WRITE) {
		cache_end_write(object, page, error);
		return;
	}
	if (!error)
		set_page_flag(page, PG_UPTODATE);
	cache_end_page(page, PG_LOCKED);
}

static void io_done(struct block_request *request)
{
	struct page_io *io = container_of(request, struct page_io, request);

	for (u32 i = 0; i < request->nr_segments; i++)
		end_page(request->private, request->op, io->segments[i].page, request->error);
	kfree(io);
}

static void count(enum block_op op, u32 bytes)
{
	__atomic_fetch_add(op == BLOCK_READ ? &cache_counts.read : &cache_counts.written,
			   bytes / 1024, __ATOMIC_RELAXED);
}

static void submit(struct job *job)
{
	struct page_io *io = job->io;

	job->io = NULL;
	if (io)
		block_submit(&io->request);
}

/* --- where a page is -------------------------------------------------------------------------- */

static int ask(struct job *job, u64 pos, u32 bytes, bool make)
{
	int error;

	job->run_pos = pos;
	job->run.bytes = 0;
	error = job->object->ops->map(job->object, pos, bytes, make, &job->run);
	return error || job->run.bytes ? error : -EIO;
}

/* Asks the file system, unless its last answer covers the position, too. */
static int find_run(struct job *job, u64 pos, u32 bytes)
{
	return pos - job->run_pos < job->run.bytes ? 0 : ask(job, pos, bytes, false);
}

static bool is_zero(struct page *page, u32 offset, u32 length)
{
	const char *bytes = kmap_local_page(page);
	bool zero = true;

	for (u32 i = 0; zero && i < length; i += sizeof(u32))
		zero = *(const u32 *)(bytes + offset + i) == 0;
	kunmap_local(bytes);
	return zero;
}

/* Finds the pieces of the page at @pos. @left: bytes from there on that are wanted soon. */
static int find_pieces(struct job *job, struct page *page, u64 pos, u32 left, struct piece *pieces,
		       u32 *nr)
{
	u64 stop = min(pos + PAGE_SIZE, job->end);
	u64 at = pos;

	*nr = 0;
	while (at < stop) {
		int error = find_run(job, at, (u32)min((u64)left - (at - pos), job->end - at));
		u32 skip = (u32)(at - job->run_pos), offset = (u32)(at - pos), length;
		u64 sector = job->run.sector + skip / SECTOR_SIZE;
		struct piece *last = *nr ? &pieces[*nr - 1] : NULL;

		if (error)
			return error;
		length = (u32)min((u64)job->run.bytes - skip, stop - at);
		if (job->run.hole) {
			bool lost = job->op == BLOCK_WRITE && at < job->size &&
				    !is_zero(page, offset, length);

			if (!lost)
				at += length;
			else if ((error = ask(job, at, SECTOR_SIZE, true)) != 0)
				return error;
			continue;
		}
		at += length;
		if (last && last->offset + last->length == offset &&
		    last->sector + last->length / SECTOR_SIZE == sector) {
			last->length += length;
		} else {
			pieces[*nr] = (struct piece){ sector, offset, length };
			++*nr;
		}
	}
	return 0;
}

/* --- requests --------------------------------------------------------------------------------- */

/* Transfers a page, and waits. */
static int transfer(const struct job *job, struct page *page, const struct piece *pieces, u32 nr)
{
	int error = 0;

	for (u32 i = 0; i < nr && !error; i++) {
		struct block_segment segment = { page, pieces[i].offset, pieces[i].length };

		count(job->op, segment.length);
		error = block_transfer(job->object->device, job->op, pieces[i].sector, &segment, 1);
	}
	return error;
}

static struct page_io *begin(const struct job *job, u64 sector)
{
	struct page_io *io = kmalloc(sizeof(*io), GFP_NOWAIT | __GFP_NOWARN);

	if (!io)
		return NULL;
	io->request = (struct block_request){
		.device = job->object->device,
		.op = job->op,
		.sector = sector,
		.segments = io->segments,
		.done = io_done,
		.private = job->object,
	};
	io->next_sector = sector;
	return io;
}

/* A page of one piece becomes a part of a request. Returns false if there is no memory. */
static bool append(struct job *job, struct page *page, const struct piece *piece)
{
	struct page_io *io = job->io;

	if (io && (io->next_sector != piece->sector || io->request.nr_segments == CACHE_IO_PAGES))
		submit(job);
	if (!job->io)
		job->io = begin(job, piece->sector);
	io = job->io;
	if (!io)
		return false;
	io->segments[io->request.nr_segments++] =
		(struct block_segment){ page, piece->offset, piece->length };
	io->next_sector += piece->length / SECTOR_SIZE;
	count(job->op, piece->length);
	return true;
}

/*
 * The file system had no memory to say where a page is. Its bytes are nowhere else, so it stays
 * dirty. fsync(2) hears of it. A write that has ended early may have taken the page out meanwhile.
 */
static void keep_dirty(struct vm_object *object, unsigned long index, struct page *page)
{
	mutex_lock(&object->lock);
	if (radix_tree_lookup(&object->pages, index) == page)
		cache_mark_dirty(object, page);
	mutex_unlock(&object->lock);
}

/* Begins the I/O of a page, or does it. */
static int one_page(struct job *job, u64 pos, u32 left, struct page *page)
{
	struct piece pieces[MAX_PIECES];
	u32 nr, covered = 0;
	int error = find_pieces(job, page, pos, left, pieces, &nr), result = error;

	for (u32 i = 0; i < nr && !error; i++)
		covered += pieces[i].length;
	if (!error && job->op == BLOCK_READ && covered < PAGE_SIZE)
		clear_highpage(page);
	if (!error && nr == 1 && append(job, page, pieces))
		return 0;
	if (!error && nr) {
		submit(job);
		error = transfer(job, page, pieces, nr);
	}
	if (error == -ENOMEM && job->op == BLOCK_WRITE)
		keep_dirty(job->object, (unsigned long)(pos >> PAGE_SHIFT), page);
	end_page(job->object, job->op, page, error);
	return result;
}

int cache_io(struct vm_object *object, enum block_op op, unsigned long index, struct page **pages,
	     u32 nr)
{
	struct job job = { .object = object, .op = op, .end = ~(u64)0 };
	int result = 0;

	mutex_lock(&object->lock);
	job.size = object->size;
	mutex_unlock(&object->lock);
	if (object->ops->raw)
		job.end = ALIGN_UP(job.size, (u64)SECTOR_SIZE);
	for (u32 i = 0; i < nr; i++) {
		u64 pos = (u64)(index + i) << PAGE_SHIFT;
		int error = one_page(&job, pos, (nr - i) * (u32)PAGE_SIZE, pages[i]);

		result = result ? result : error;
	}
	submit(&job);
	return result;
}

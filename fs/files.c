/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <sched/sched.h>

/*
 * The table of open files: a number is an index, and a slot is a pointer to an open file. Bit 0 of
 * a slot is free, since descriptors are aligned, and says that exec closes the file.
 *
 *	thread ─▶ files ─▶ slots[0] ─▶ file (position, flags) ─▶ inode
 *	                   slots[1] ─┘ after dup(2): one position for both numbers
 *
 * The table begins with 32 slots inside struct files and doubles when it is full. A larger table is
 * allocated without the lock, so another thread may have grown the table meanwhile; then the new
 * one is freed again. Slots behind the largest number in use are neither cleared nor copied, so a
 * fork costs what the open files cost.
 *
 * A system call holds a reference to its file. So another thread may close the number meanwhile,
 * and the call still ends.
 */

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_SETLK         6
#define F_SETLKW        7
#define F_SETLK64       13
#define F_SETLKW64      14
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC      1

/* F_SETFL changes these. */
#define CHANGEABLE (O_APPEND | O_NONBLOCK)

static struct file *slot_file(unsigned long slot)
{
	return (struct file *)(slot & ~SLOT_CLOEXEC);
}

/* Without a current directory. */
static struct files *alloc_files(void)
{
	struct files *files = kmalloc(sizeof(*files), GFP_KERNEL);

	if (!files)
		return NULL;
	files->users = 1;
	files->lock = (spinlock_t){ 0 };
	files->slots = files->first_slots;
	files->nr_slots = FIRST_SLOTS;
	files->end = 0;
	return files;
}

static void free_files(struct files *files)
{
	if (files->slots != files->first_slots)
		kfree(files->slots);
	kfree(files);
}

struct files *files_create(void)
{
	struct files *files = alloc_files();

	if (!files)
		return NULL;
	files->limit = MOST_FILES;
	files->umask = 022;
	files->cwd = inode_root();
	return files;
}

/* The table is locked, or known to the caller alone. It has more slots than fd. */
static __always_inline void set_slot(struct files *files, u32 fd, unsigned long slot)
{
	unsigned long *slots = files->slots;
	u32 end = files->end;

	while (end <= fd)
		slots[end++] = 0;
	slots[fd] = slot;
	if (!slot)
		while (end && !slots[end - 1])
			end--;
	files->end = end;
}

static int files_grow(struct files *files, u32 fd)
{
	u32 nr = READ_ONCE(files->nr_slots);
	unsigned long *slots, *old;

	if (fd >= MOST_FILES)
		return -EMFILE;
	while (nr <= fd)
		nr *= 2;
	slots = kmalloc(nr * sizeof(*slots), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	spin_lock(&files->lock);
	old = slots;
	if (nr > files->nr_slots) {
		memcpy(slots, files->slots, files->end * sizeof(*slots));
		old = files->slots;
		files->slots = slots;
		files->nr_slots = nr;
	}
	spin_unlock(&files->lock);
	if (old != files->first_slots)
		kfree(old);
	return 0;
}

/* Nothing else changes the table meanwhile. Returns false if the copy has too few slots. */
static inline bool copy_table(struct files *copy, const struct files *files)
{
	const unsigned long *from = files->slots;
	unsigned long *to = copy->slots;
	u32 end = files->end;

	if (copy->nr_slots < end)
		return false;
	copy->end = end;
	for (u32 fd = 0; fd < end; fd++) {
		to[fd] = from[fd];
		if (to[fd])
			file_get(slot_file(to[fd]));
	}
	copy->limit = files->limit;
	copy->umask = files->umask;
	copy->cwd = files->cwd;
	inode_get(copy->cwd);
	return true;
}

static noinline bool copy_shared_table(struct files *copy, struct files *files)
{
	bool done;

	spin_lock(&files->lock);
	done = copy_table(copy, files);
	spin_unlock(&files->lock);
	return done;
}

struct files *files_copy(struct files *files)
{
	struct files *copy = alloc_files();
	bool done = false;

	while (copy && !done) {
		/* Only the user of a table makes another user. */
		if (likely(READ_ONCE(files->users) == 1))
			done = copy_table(copy, files);
		else
			done = copy_shared_table(copy, files);
		/* Another thread may use a larger number meanwhile. Then the next try fails. */
		if (!done && files_grow(copy, READ_ONCE(files->nr_slots) - 1)) {
			free_files(copy);
			copy = NULL;
		}
	}
	return copy;
}

void files_get(struct files *files)
{
	__atomic_add_fetch(&files->users, 1, __ATOMIC_RELAXED);
}

void files_put(struct files *files)
{
	if (__atomic_sub_fetch(&files->users, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (u32 fd = 0; fd < files->end; fd++) {
		if (files->slots[fd])
			file_put(slot_file(files->slots[fd]));
	}
	inode_put(files->cwd);
	free_files(files);
}

void files_charges(struct files *files, struct charge_look *look)
{
	if (!spin_trylock(&files->lock))
		return;
	for (u32 fd = 0; fd < files->end; fd++) {
		const struct file *file = slot_file(files->slots[fd]);

		if (!file)
			continue;
		look->sharers = READ_ONCE(file->refcount);
		look->add(look, file->account, sizeof(*file));
		if (file->ops->charges)
			file->ops->charges(file, look);
	}
	spin_unlock(&files->lock);
}

/* Returns the old value, whose reference the caller has now. */
static unsigned long slot_swap(struct files *files, u32 fd, unsigned long slot)
{
	unsigned long old = 0;

	spin_lock(&files->lock);
	if (fd < files->end)
		old = files->slots[fd];
	if (old || slot)
		set_slot(files, fd, slot);
	spin_unlock(&files->lock);
	return old;
}

int files_put_at(struct files *files, u32 fd, struct file *file, bool cloexec)
{
	int error = fd >= READ_ONCE(files->limit) ? -EBADF : 0;
	unsigned long old;

	if (!error && fd >= READ_ONCE(files->nr_slots))
		error = files_grow(files, fd);
	if (error) {
		file_put(file);
		return error;
	}
	old = slot_swap(files, fd, (unsigned long)file | (cloexec ? SLOT_CLOEXEC : 0));
	if (old)
		file_put(slot_file(old));
	return 0;
}

void files_close_on_exec(struct files *files)
{
	for (u32 fd = 0; fd < files->end; fd++) {
		if (files->slots[fd] & SLOT_CLOEXEC)
			file_put(slot_file(slot_swap(files, fd, 0)));
	}
}

/* Nothing else changes the slots meanwhile. */
static inline struct file *file_in_slot(const struct files *files, u32 fd)
{
	struct file *file = fd < files->end ? slot_file(files->slots[fd]) : NULL;

	if (file)
		file_get(file);
	return file;
}

static noinline struct file *file_of_shared(struct files *files, u32 fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_in_slot(files, fd);
	spin_unlock(&files->lock);
	return file;
}

struct file *file_of(u32 fd)
{
	struct files *files = current->files;

	if (unlikely(!files))
		return NULL;
	/* Only the user of a table makes another user. So a thread that is alone needs no lock. */
	if (unlikely(READ_ONCE(files->users) > 1))
		return file_of_shared(files, fd);
	return file_in_slot(files, fd);
}

struct files *files_unshare(struct files *files)
{
	return READ_ONCE(files->users) == 1 ? files : files_copy(files);
}

void files_set_limit(struct files *files, u32 limit)
{
	WRITE_ONCE(files->limit, min(limit, MOST_FILES));
}

struct inode *files_cwd(void)
{
	struct files *files = current->files;
	struct inode *cwd;

	if (!files)
		return inode_root();
	spin_lock(&files->lock);
	cwd = files->cwd;
	inode_get(cwd);
	spin_unlock(&files->lock);
	return cwd;
}

void files_set_cwd(struct inode *dir)
{
	struct files *files = current->files;
	struct inode *old;

	spin_lock(&files->lock);
	old = files->cwd;
	files->cwd = dir;
	spin_unlock(&files->lock);
	inode_put(old);
}

u32 files_mode(u32 mode)
{
	return mode & 07777 & ~(current->files ? READ_ONCE(current->files->umask) : 0);
}

long files_install(struct file *file, u32 from, bool cloexec)
{
	struct files *files = current->files;
	long error = from >= files->limit ? -EINVAL : 0;

	while (!error) {
		u32 fd = from;

		spin_lock(&files->lock);
		while (fd < files->end && files->slots[fd])
			fd++;
		if (fd < files->nr_slots && fd < files->limit) {
			set_slot(files, fd, (unsigned long)file | (cloexec ? SLOT_CLOEXEC : 0));
			spin_unlock(&files->lock);
			return fd;
		}
		spin_unlock(&files->lock);
		error = fd >= files->limit ? -EMFILE : files_grow(files, fd);
	}
	file_put(file);
	return error;
}

long files_close(u32 fd)
{
	unsigned long old = slot_swap(current->files, fd, 0);

	if (!old)
		return -EBADF;
	file_put(slot_file(old));
	return 0;
}

long files_install_pair(struct file *const pair[2], bool cloexec, unsigned long user)
{
	long fds[2] = { files_install(pair[0], 0, cloexec) };

	if (fds[0] < 0) {
		file_put(pair[1]);
		return fds[0];
	}
	fds[1] = files_install(pair[1], 0, cloexec);
	if (fds[1] >= 0 && copy_to_user((void __user *)user, fds, sizeof(fds)) == 0)
		return 0;
	files_close((u32)fds[0]);
	if (fds[1] < 0)
		return fds[1];
	files_close((u32)fds[1]);
	return -EFAULT;
}

SYSCALL(6, close)
{
	return files_close(ARG1(regs));
}

/* Makes the number to mean the file of the number from. */
static long dup_to(u32 from, u32 to, bool cloexec)
{
	struct file *file = file_of(from);
	int error;

	if (!file)
		return -EBADF;
	error = files_put_at(current->files, to, file, cloexec);
	return error ? error : (long)to;
}

SYSCALL(41, dup)
{
	struct file *file = file_of(ARG1(regs));

	return file ? files_install(file, 0, false) : -EBADF;
}

SYSCALL(63, dup2)
{
	struct file *file;

	if (ARG1(regs) != ARG2(regs))
		return dup_to(ARG1(regs), ARG2(regs), false);
	file = file_of(ARG1(regs));
	if (!file)
		return -EBADF;
	file_put(file);
	return ARG1(regs);
}

SYSCALL(330, dup3)
{
	if (ARG1(regs) == ARG2(regs) || (ARG3(regs) & ~O_CLOEXEC))
		return -EINVAL;
	return dup_to(ARG1(regs), ARG2(regs), ARG3(regs) & O_CLOEXEC);
}

/* F_GETFD and F_SETFD: set is FD_CLOEXEC or 0, or -1 to leave the flag. Returns the old flag. */
static long fd_flags(u32 fd, int set)
{
	struct files *files = current->files;
	long old = -EBADF;

	spin_lock(&files->lock);
	if (fd < files->end && files->slots[fd]) {
		old = files->slots[fd] & SLOT_CLOEXEC ? FD_CLOEXEC : 0;
		if (set >= 0)
			files->slots[fd] = (files->slots[fd] & ~SLOT_CLOEXEC) |
					   (set & FD_CLOEXEC ? SLOT_CLOEXEC : 0);
	}
	spin_unlock(&files->lock);
	return old;
}

static long fcntl(u32 fd, u32 command, unsigned long arg)
{
	struct file *file = file_of(fd);
	long result = 0;

	if (!file)
		return -EBADF;
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return files_install(file, arg, command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		result = fd_flags(fd, -1);
		break;
	case F_SETFD:
		result = min(fd_flags(fd, arg & FD_CLOEXEC), 0l);
		break;
	case F_GETFL:
		result = file->flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
		break;
	case F_SETFL:
		WRITE_ONCE(file->flags, (file->flags & ~CHANGEABLE) | (arg & CHANGEABLE));
		break;
	case F_SETLK:
	case F_SETLKW:
	case F_SETLK64:
	case F_SETLKW64:
		/* There are no locks on parts of files, so each one is granted. */
		break;
	default:
		result = -EINVAL;
	}
	file_put(file);
	return result;
}

SYSCALL(55, fcntl)
{
	return fcntl(ARG1(regs), ARG2(regs), ARG3(regs));
}

SYSCALL(221, fcntl64)
{
	return fcntl(ARG1(regs), ARG2(regs), ARG3(regs));
}

SYSCALL(60, umask)
{
	return __atomic_exchange_n(&current->files->umask, ARG1(regs) & 0777, __ATOMIC_RELAXED);
}

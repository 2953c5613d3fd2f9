/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/entropy.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <process/elf.h>
#include <process/exec.h>
#include <process/exit.h>
#include <process/futex.h>
#include <process/limits.h>
#include <process/numbers.h>
#include <process/task.h>
#include <vm/mman.h>

/*
 * execve(2): another program in the same process.
 *
 * The new address space is made completely, stack included, while the old one still exists. So an
 * error of any kind leaves the old program as it was. Then the other tasks of the process end, and
 * from there on nothing can fail: the address spaces are exchanged, and what a program must not
 * inherit is reset.
 *
 *	strings of the old program ─▶ buffer ─▶ new stack       elf.c: segments ─▶ new areas
 *	────────────── no way back ──────────────
 *	other tasks end, old address space left, files closed, signals reset, registers set
 *
 * The stack of a new program, as the ABI wants it (System V ABI for i386, 3.4.1):
 *
 *	ESP ─▶ argc | argv ... 0 | envp ... 0 | auxiliary vector | strings | end of the stack
 *
 * A script names its interpreter in its first line, which may be a script again, up to SCRIPTS
 * times.
 */

#define SCRIPTS     4
#define SCRIPT_LINE 256u

/* The auxiliary vector: pairs of a type and a value. */
#define AT_NULL      0
#define AT_PHDR      3
#define AT_PHENT     4
#define AT_PHNUM     5
#define AT_PAGESZ    6
#define AT_BASE      7
#define AT_FLAGS     8
#define AT_ENTRY     9
#define AT_UID       11
#define AT_EUID      12
#define AT_GID       13
#define AT_EGID      14
#define AT_PLATFORM  15
#define AT_HWCAP     16
#define AT_CLKTCK    17
#define AT_SECURE    23
#define AT_RANDOM    25
#define AT_EXECFN    31
#define NR_AUX_WORDS 40

#define RANDOM_BYTES 16u

/* Addresses that the stack has at first, besides the strings. It grows further by page faults. */
#define STACK_ROOM 0x21000u
/* No program with fixed addresses may reach the upper part of the stack's growth. */
#define STACK_GAP  SZ_8M

/**
 * struct program - a program that is about to start
 * @mm: its address space
 * @file: the file that was executed, or the interpreter of the script that was
 * @main: where the file is mapped
 * @interp_base: where its interpreter is mapped, or 0
 * @entry, @esp: first registers
 */
struct program {
	struct mm *mm;
	struct file *file;
	struct elf_image main;
	u32 interp_base;
	u32 entry, esp;
};

/* --- the file --------------------------------------------------------------------------------- */

static struct file *open_program(const char *path, int *error)
{
	struct file *file = file_open(path, O_RDONLY, 0, error);

	if (!file)
		return NULL;
	*error = file_may_execute(file);
	if (!*error && !file->object)
		*error = -EACCES;
	if (!*error)
		*error = exe_deny_write(file);
	if (!*error)
		return file;
	file_put(file);
	return NULL;
}

static void close_program(struct file *file)
{
	exe_allow_write(file);
	file_put(file);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Reads the first line of a script: "#!INTERPRETER ARGUMENT". Cuts it into two words; the second
 * one is the rest of the line. Returns false if this is no script, or the line does not fit.
 */
static bool read_script(struct file *file, char line[SCRIPT_LINE], const char **interp,
			const char **argument)
{
	long n = vm_object_read(file->object, 0, line, SCRIPT_LINE - 1);
	char *word, *end;

	if (n < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	end = strchr(line, '\n');
	if (!end && n == SCRIPT_LINE - 1)
		return false;
	if (!end)
		end = line + strlen(line);
	while (end > line + 2 && is_blank(end[-1]))
		end--;
	*end = '\0';
	word = line + 2 + strspn(line + 2, " \t");
	*interp = word;
	word += strcspn(word, " \t");
	*argument = NULL;
	if (*word) {
		*word++ = '\0';
		*argument = word + strspn(word, " \t");
	}
	return **interp;
}

static bool begins_like_script(struct file *file)
{
	char two[2];

	return vm_object_read(file->object, 0, two, 2) == 2 && two[0] == '#' && two[1] == '!';
}

/* Opens a program. If it is a script, its interpreter is opened instead, and gets its name. */
static struct file *open_interpreted(const char *path, struct exec_args *args, int *error)
{
	struct file *file = open_program(path, error);
	char *line, *name;

	if (!file || !begins_like_script(file))
		return file;
	line = kmalloc(2 * SCRIPT_LINE, GFP_KERNEL);
	if (!line) {
		*error = -ENOMEM;
		close_program(file);
		return NULL;
	}
	name = line + SCRIPT_LINE;
	for (int depth = 0; file && begins_like_script(file); depth++) {
		const char *words[3];
		u32 nr = 0;

		if (depth > SCRIPTS)
			*error = -ELOOP;
		else if (!read_script(file, line, &words[0], &words[1]))
			*error = -ENOEXEC;
		else
			nr = words[1] ? 2 : 1;
		if (nr) {
			words[nr++] = depth ? name : path;
			*error = exec_args_replace_first(args, words, nr);
		}
		close_program(file);
		file = *error ? NULL : open_program(words[0], error);
		if (file)
			strscpy(name, words[0], SCRIPT_LINE);
	}
	kfree(line);
	return file;
}

/* --- the new address space -------------------------------------------------------------------- */

static int load_interpreter(struct program *program, u32 highest)
{
	struct elf_image *image;
	struct file *file;
	int err;

	file = open_program(program->main.interp, &err);
	if (!file)
		return err;
	image = kmalloc(sizeof(*image), GFP_KERNEL);
	err = image ? elf_load(program->mm, file->object, 0, highest, image) : -ENOMEM;
	if (!err) {
		program->entry = image->entry;
		program->interp_base = image->base;
	}
	kfree(image);
	close_program(file);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

static int map_stack(struct program *program, const struct exec_args *args)
{
	struct mm *mm = program->mm;
	u32 size = ALIGN_UP(args->size + (args->argc + args->envc) * (u32)sizeof(u32), PAGE_SIZE) +
		   STACK_ROOM;
	u32 prot = PROT_READ | PROT_WRITE | (program->main.exec_stack ? PROT_EXEC : 0);
	long addr = vm_mmap(mm, mm->stack_top - size, size, prot,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK,
			    NULL, 0, false);

	return (unsigned long)addr == mm->stack_top - size ? 0 : (int)addr;
}

/* --- the stack -------------------------------------------------------------------------------- */

/* Appends the addresses of strings, and a 0. Returns the string behind them. */
static const char *put_pointers(u32 **to, const char *string, u32 count, const char *data, u32 base)
{
	for (u32 i = 0; i < count; i++) {
		*(*to)++ = base + (u32)(string - data);
		string += strlen(string) + 1;
	}
	*(*to)++ = 0;
	return string;
}

static void put_aux(u32 **to, u32 type, u32 value)
{
	*(*to)++ = type;
	*(*to)++ = value;
}

/* Words from ESP on. @extra: address of the random bytes; platform and path follow them. */
static u32 *put_words(u32 *to, const struct program *program, const struct exec_args *args,
		      u32 base, u32 random, u32 platform, u32 path)
{
	const char *env;

	*to++ = args->argc;
	env = put_pointers(&to, args->data, args->argc, args->data, base);
	put_pointers(&to, env, args->envc, args->data, base);
	put_aux(&to, AT_PHDR, program->main.phdr);
	put_aux(&to, AT_PHENT, sizeof(struct elf_segment));
	put_aux(&to, AT_PHNUM, program->main.phnum);
	put_aux(&to, AT_PAGESZ, PAGE_SIZE);
	put_aux(&to, AT_BASE, program->interp_base);
	put_aux(&to, AT_FLAGS, 0);
	put_aux(&to, AT_ENTRY, program->main.entry);
	put_aux(&to, AT_UID, 0);
	put_aux(&to, AT_EUID, 0);
	put_aux(&to, AT_GID, 0);
	put_aux(&to, AT_EGID, 0);
	put_aux(&to, AT_SECURE, 0);
	put_aux(&to, AT_CLKTCK, 100);
	put_aux(&to, AT_HWCAP, boot_cpu.features[0]);
	put_aux(&to, AT_RANDOM, random);
	put_aux(&to, AT_PLATFORM, platform);
	put_aux(&to, AT_EXECFN, path);
	put_aux(&to, AT_NULL, 0);
	return to;
}

/*
 * Writes the stack of the new program. From its end downward: 4 bytes of 0, the path, the platform,
 * the random bytes, the strings, the words.
 */
static int fill_stack(struct program *program, const struct exec_args *args, const char *path)
{
	const char *platform = cpu_has(CPU_CMOV) ? "i686" : "i486";
	u32 path_size = (u32)strlen(path) + 1, platform_size = 5, nr_words;
	u32 path_at = program->mm->stack_top - 4 - path_size;
	u32 platform_at = path_at - platform_size, random_at = platform_at - RANDOM_BYTES;
	u32 base = random_at - args->size;
	struct mm *mm = program->mm;
	u8 random[RANDOM_BYTES];
	u32 *words;
	int err;

	words = kvmalloc((args->argc + args->envc + 3 + NR_AUX_WORDS) * sizeof(u32), GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	nr_words = (u32)(put_words(words, program, args, base, random_at, platform_at, path_at) -
			 words);
	program->esp = ALIGN_DOWN(base - nr_words * (u32)sizeof(u32), 16);
	entropy_fill(random, sizeof(random));
	err = vm_write_mm(mm, path_at, path, path_size);
	err = err ?: vm_write_mm(mm, platform_at, platform, platform_size);
	err = err ?: vm_write_mm(mm, random_at, random, sizeof(random));
	if (args->size)
		err = err ?: vm_write_mm(mm, base, args->data, args->size);
	err = err ?: vm_write_mm(mm, program->esp, words, nr_words * sizeof(u32));
	kvfree(words);
	mm->arg_start = base;
	mm->arg_end = mm->env_start = base + args->env_at;
	mm->env_end = random_at;
	return err;
}

/* Makes the address space. On failure the caller drops it. */
static int build(struct program *program, const struct exec_args *args, const char *path)
{
	struct mm *mm = program->mm;
	u32 highest = mm->stack_top - STACK_GAP;
	u32 middle = ALIGN_DOWN(TASK_SIZE / 3, PAGE_SIZE);
	int err = elf_load(mm, program->file->object, middle, highest, &program->main);

	if (err)
		return err;
	program->entry = program->main.entry;
	vm_set_brk(mm, program->main.end);
	err = map_stack(program, args);
	if (!err && program->main.interp[0])
		err = load_interpreter(program, highest);
	if (!err && program->entry >= TASK_SIZE)
		err = -ENOEXEC;
	return err ?: fill_stack(program, args, path);
}

/* --- no way back ------------------------------------------------------------------------------ */

/* Ends all other tasks. Fails only if the process itself has to end. */
static int end_other_tasks(struct task *me)
{
	struct process *process = me->process;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct task *task;
	int err = 0;

	if (task_must_end(me)) {
		spin_unlock_irqrestore(&process_lock, flags);
		return -EINTR;
	}
	WRITE_ONCE(process->survivor, me);
	list_for_each_entry(task, &process->tasks, link)
		if (task != me)
			task_interrupt(task);
	spin_unlock_irqrestore(&process_lock, flags);
	wait_event(&process->exec_wait, READ_ONCE(process->nr_tasks) == 1);

	flags = spin_lock_irqsave(&process_lock);
	process->survivor = NULL;
	if (process->exiting)
		err = -EINTR;
	else if (me->id != process->id) {
		/* The only task of a process has the process's number. */
		me->number->task = NULL;
		number_put(me->number);
		me->id = process->id;
		me->number = process->number;
		me->number->task = me;
		number_get(me->number);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return err;
}

/* Another process may still share the open files. The new program gets its own. */
static int unshare_files(void)
{
	struct files *files = files_unshare(current->files);

	if (!files)
		return -ENOMEM;
	current->files = files;
	return 0;
}

static void set_name(struct process *process, const char *path)
{
	const char *slash = strrchr(path, '/');

	strscpy(process->name, slash ? slash + 1 : path, sizeof(process->name));
	strscpy(current->name, process->name, sizeof(current->name));
}

static void set_registers(struct trap_frame *regs, const struct program *program)
{
	*regs = (struct trap_frame){
		.ds = SEL_USER_DATA,
		.es = SEL_USER_DATA,
		.cs = SEL_USER_CODE,
		.ss = SEL_USER_DATA,
		.eip = program->entry,
		.esp = program->esp,
		.eflags = 0x202, /* interrupts on */
	};
}

static void become(const struct program *program, const char *path, struct trap_frame *regs)
{
	struct task *me = current_task();
	struct user_context *context = &me->context;
	unsigned long flags;

	futex_exit_robust(me);
	task_leave_mm(me);
	flags = spin_lock_irqsave(&process_lock);
	current->mm = program->mm;
	spin_unlock_irqrestore(&process_lock, flags);
	user_context_set_pagetable(context, &program->mm->pagetable);
	vfork_release(me->process);

	memset(context->tls, 0, sizeof(context->tls));
	user_context_load_tls(context);
	preempt_disable(); /* a switch of threads would store the old registers */
	user_context_init(context);
	user_context_load_fpu(context);
	preempt_enable();
	files_close_on_exec(current->files);
	signals_exec(me->process);
	me->set_child_tid = 0;
	exe_set(me->process, program->file);
	me->process->executed = true;
	set_name(me->process, path);
	set_registers(regs, program);
}

int exec_program(const char *path, struct exec_args *args, struct trap_frame *regs)
{
	struct program *program;
	int err = -ENOMEM;

	program = kzalloc(sizeof(*program), GFP_KERNEL);
	if (!program)
		return -ENOMEM;
	program->file = open_interpreted(path, args, &err);
	if (!program->file)
		goto no_file;
	err = -ENOMEM;
	program->mm = mm_create();
	if (!program->mm)
		goto no_mm;
	limits_apply(current_process()->limits, program->mm, NULL);
	err = build(program, args, path);
	if (!err)
		err = end_other_tasks(current_task());
	if (!err)
		err = unshare_files();
	if (!err) {
		become(program, path, regs);
		kfree(program);
		return 0;
	}
	mm_put(program->mm);
no_mm:
	close_program(program->file);
no_file:
	kfree(program);
	return err;
}

#define PATH_SIZE PAGE_SIZE

static long copy_path(char *path, const char __user *from)
{
	long n = strncpy_from_user(path, from, PATH_SIZE);

	if (n < 0)
		return n;
	if (!n)
		return -ENOENT;
	return (size_t)n == PATH_SIZE ? -ENAMETOOLONG : 0;
}

SYSCALL(11, execve)
{
	char *path = kmalloc(PATH_SIZE, GFP_KERNEL);
	struct exec_args args;
	long err;

	if (!path)
		return -ENOMEM;
	exec_args_begin(&args, current_process()->limits[RLIMIT_STACK].soft);
	err = copy_path(path, (const char __user *)ARG1(regs));
	if (!err)
		err = exec_args_from_user(&args, (void __user *)ARG2(regs),
					  (void __user *)ARG3(regs));
	if (!err)
		err = exec_program(path, &args, regs);
	exec_args_free(&args);
	kfree(path);
	return err;
}

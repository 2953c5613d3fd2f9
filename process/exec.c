/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <process/elf.h>
#include <process/exec.h>
#include <process/exec_cred.h>
#include <process/exec_stack.h>
#include <process/exit.h>
#include <process/futex.h>
#include <process/limits.h>
#include <process/numbers.h>
#include <process/task.h>
#include <vm/build.h>

/*
 * execve(2): another program in the same process.
 *
 * The new address space is made completely, stack included, while the old one still exists. So an
 * error of any kind leaves the old program as it was. Then the other tasks of the process end, and
 * from there on nothing can fail: the address spaces are exchanged, and what a program must not
 * inherit is reset.
 *
 *	strings of the old program ─▶ buffer ─▶ new stack (exec_stack.c)
 *	segments of the file ─▶ new areas (elf.c)
 *	────────────── no way back ──────────────
 *	other tasks end, old address space left, files closed, signals reset, registers set
 *
 * A script names its interpreter in its first line, which may be a script again, up to SCRIPTS
 * times.
 */

#define SCRIPTS 4

/* No program with fixed addresses may reach the upper part of the stack's growth. */
#define STACK_GAP SZ_8M

/**
 * struct program - a program that is about to start
 * @mm: its address space
 * @file: the file that was executed, or the interpreter of the script that was
 * @head: the beginning of the file
 * @main: where the file is mapped
 * @interp_base: where its interpreter is mapped, or 0
 * @cred: the credentials that it gets, or NULL
 * @entry, @esp: first registers
 * @name: the last part of the path
 */
struct program {
	struct mm *mm;
	struct file *file;
	struct elf_head head;
	struct elf_image main;
	u32 interp_base;
	struct cred *cred;
	u32 entry, esp;
	char name[THREAD_NAME];
};

/* --- the file --------------------------------------------------------------------------------- */

static struct file *open_program(const char *path, struct elf_head *head, int *error)
{
	struct file *file = file_open(path, O_RDONLY, 0, error);

	if (!file)
		return NULL;
	*error = file_may_execute(file);
	if (!*error && !file->object)
		*error = -EACCES;
	if (!*error)
		*error = exe_deny_write(file);
	if (!*error) {
		*error = elf_read_head(file->object, head);
		if (!*error)
			return file;
		exe_allow_write(file);
	}
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

static bool begins_like_script(const struct elf_head *head)
{
	return head->size >= 2 && head->text[0] == '#' && head->text[1] == '!';
}

/*
 * Cuts the first line of a script, "#!INTERPRETER ARGUMENT", into two words; the second one is the
 * rest of the line. Returns false if the line is empty or does not fit.
 */
static bool cut_line(struct elf_head *head, const char **interp, const char **argument)
{
	char *line = head->text, *word, *end;

	if (head->size == sizeof(head->text) && !memchr(line, '\n', sizeof(head->text) - 1))
		return false;
	line[min(head->size, (u32)sizeof(head->text) - 1)] = '\0';
	end = line + strcspn(line, "\n");
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

/* Opens the interpreter of a script in its place. On failure @program->file is NULL. */
static noinline int open_interpreter(struct program *program, struct exec_args *args)
{
	char script[ELF_HEAD_SIZE];
	int err = 0;

	for (int depth = 0; !err && begins_like_script(&program->head); depth++) {
		const char *interp = NULL, *argument = NULL;

		if (depth > SCRIPTS)
			err = -ELOOP;
		else if (!cut_line(&program->head, &interp, &argument))
			err = -ENOEXEC;
		else
			err = exec_args_interpret(args, interp, argument, depth ? script : NULL);
		close_program(program->file);
		program->file = NULL;
		if (err)
			break;
		strscpy(script, interp, sizeof(script));
		program->file = open_program(script, &program->head, &err);
	}
	return err;
}

/* Opens a program. If it is a script, its interpreter is opened instead, and gets its name. */
static int open_interpreted(struct program *program, struct exec_args *args)
{
	int err;

	program->file = open_program(args->data, &program->head, &err);
	if (program->file && unlikely(begins_like_script(&program->head)))
		return open_interpreter(program, args);
	return program->file ? 0 : err;
}

/* --- the new address space -------------------------------------------------------------------- */

/* The variables of load_interpreter() that are too large for the stack. */
struct loading {
	struct elf_head head;
	struct elf_image image;
};

static noinline int load_interpreter(struct program *program, u32 highest)
{
	struct loading *loading = kmalloc(sizeof(*loading), GFP_KERNEL);
	struct elf_image *image = &loading->image;
	struct file *file;
	int err;

	if (!loading)
		return -ENOMEM;
	file = open_program(program->main.interp, &loading->head, &err);
	if (file) {
		err = elf_load(program->mm, file->object, &loading->head, 0, highest, image);
		close_program(file);
	}
	if (!err) {
		program->entry = image->entry;
		program->interp_base = image->base;
	}
	kfree(loading);
	return file && err == -ENOEXEC ? -ELIBBAD : err;
}

/* Makes the address space. On failure the caller drops it. */
static int build(struct program *program, struct exec_args *args)
{
	struct mm *mm = program->mm;
	u32 highest = mm->stack_top - STACK_GAP;
	u32 middle = ALIGN_DOWN(TASK_SIZE / 3, PAGE_SIZE);
	int err = elf_load(mm, program->file->object, &program->head, middle, highest,
			   &program->main);

	if (err)
		return err;
	program->entry = program->main.entry;
	program->interp_base = 0;
	vm_set_brk(mm, program->main.end);
	if (program->main.interp[0])
		err = load_interpreter(program, highest);
	if (!err && program->entry >= TASK_SIZE)
		err = -ENOEXEC;
	if (!err)
		err = exec_stack_make(mm, args, &program->main, program->cred, program->interp_base,
				      &program->esp);
	return err;
}

/* The last part of the path is the name of the program. */
static void set_name(char name[THREAD_NAME], const struct exec_args *args)
{
	const char *last = args->data + args->argv_at - 1;

	while (last > args->data && last[-1] != '/')
		last--;
	strscpy(name, last, THREAD_NAME);
}

/* --- no way back ------------------------------------------------------------------------------ */

/* Ends all other tasks. Fails only if the process itself has to end. */
static int end_other_tasks(struct task *me)
{
	struct process *process = me->process;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct task *task;
	bool alone = process->nr_tasks == 1 && me->id == process->id;
	int err = 0;

	if (task_must_end(me) || alone) {
		err = task_must_end(me) ? -EINTR : 0;
		spin_unlock_irqrestore(&process_lock, flags);
		return err;
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
	struct files *old = current->files, *files = files_unshare(old);

	unsigned long flags;

	if (!files)
		return -ENOMEM;
	if (files == old)
		return 0;
	flags = spin_lock_irqsave(&process_lock);
	current->files = files;
	spin_unlock_irqrestore(&process_lock, flags);
	files_put(old);
	return 0;
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

static void become(const struct program *program, struct trap_frame *regs)
{
	struct task *me = current_task();
	struct user_context *context = &me->context;

	futex_exit_robust(me);
	task_change_mm(me, program->mm);
	vfork_release(me->process);
	memset(context->tls, 0, sizeof(context->tls));
	user_context_load_tls(context);
	user_context_reset_fpu();
	files_close_on_exec(current->files);
	if (unlikely(program->cred))
		cred_use(program->cred);
	signals_exec(me->process);
	me->set_child_tid = 0;
	exe_set(me->process, program->file);
	me->process->executed = true;
	memcpy(me->process->name, program->name, THREAD_NAME);
	memcpy(current->name, program->name, THREAD_NAME);
	set_registers(regs, program);
}

/* With an open file. */
static int start(struct program *program, struct exec_args *args, struct trap_frame *regs)
{
	struct process *process = current_process();
	int err;

	err = exec_cred(program->file, &program->cred);
	if (err)
		return err;
	program->mm = mm_create();
	if (!program->mm) {
		cred_put(program->cred);
		return -ENOMEM;
	}
	mm_set_building(program->mm, true);
	limits_apply(process->limits, program->mm, NULL);
	set_name(program->name, args);
	err = build(program, args);
	mm_set_building(program->mm, false);
	err = err ?: end_other_tasks(current_task());
	err = err ?: unshare_files();
	if (err) {
		mm_put(program->mm);
		cred_put(program->cred);
	} else {
		become(program, regs);
	}
	return err;
}

int exec_program(struct exec_args *args, struct trap_frame *regs)
{
	struct program program;
	int err = open_interpreted(&program, args);

	if (err)
		return err;
	err = start(&program, args, regs);
	if (err)
		close_program(program.file);
	return err;
}

SYSCALL(11, execve)
{
	struct exec_args args;
	int err;

	exec_args_begin(&args, current_process()->limits[RLIMIT_STACK].soft);
	err = exec_args_from_user(&args, (const char __user *)ARG1(regs), (void __user *)ARG2(regs),
				  (void __user *)ARG3(regs));
	err = err ?: exec_program(&args, regs);
	exec_args_free(&args);
	return err;
}

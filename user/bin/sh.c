/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * A small shell: words with quotes and $variables, < > >> 2> 2>&1, pipes, ! && || ; &, # comments,
 * and the built-in commands cd, exit, export, wait, exec and `:`. There are no loops and no
 * patterns.
 *
 *	list     = pipeline { ("&&" | "||" | ";" | "&" | newline) pipeline }
 *	pipeline = ["!"] command { "|" command }
 *	command  = { name "=" word } { word | redirection }
 *
 * A line is executed while it is read, so $? and variables have the values that the commands before
 * gave them. Each command of a pipeline is a child. At a terminal, the children of a pipeline form
 * a process group, which has the terminal until it ends, so Ctrl-C reaches them and not the shell.
 */

#define MAX_WORDS     64
#define MAX_REDIRECTS 8
#define MAX_VARIABLES 64
#define MAX_LINE      1024

struct redirect {
	int fd, flags, from; /* from: a file number to copy, or -1 */
	char *path;
};

struct command {
	char *words[MAX_WORDS + 1];
	int nr_words, nr_assignments; /* assignments come first in words */
	struct redirect redirects[MAX_REDIRECTS];
	int nr_redirects;
};

static const char *at; /* the rest of the line */
static int last_status, last_job;
static bool interactive, syntax_error;
static char **arguments;
static int nr_arguments;
static char *variables[MAX_VARIABLES + 1]; /* "name=value" */

/* --- variables -------------------------------------------------------------------------------- */

static bool is_name_char(char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

static size_t name_length(const char *s)
{
	size_t length = 0;

	while (is_name_char(s[length], length == 0))
		length++;
	return length;
}

static void set_variable(const char *assignment)
{
	size_t length = name_length(assignment) + 1;
	char **entry = variables;

	while (*entry && strncmp(*entry, assignment, length))
		entry++;
	if (!*entry && entry == variables + MAX_VARIABLES) {
		dprintf(2, "sh: there is room for %d variables\n", MAX_VARIABLES);
		return;
	}
	*entry = strdup(assignment);
}

static const char *variable(const char *name, size_t length)
{
	for (char **entry = variables; *entry; entry++) {
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	}
	return "";
}

/* --- words ------------------------------------------------------------------------------------ */

struct word {
	char text[MAX_LINE];
	size_t length;
	bool present; /* even if it is empty, as '' is */
};

static void add(struct word *word, const char *text, size_t length)
{
	if (word->length + length >= sizeof(word->text)) {
		dprintf(2, "sh: a word is longer than %d bytes\n", MAX_LINE);
		syntax_error = true;
		return;
	}
	memcpy(word->text + word->length, text, length);
	word->length += length;
	word->present = true;
}

/* The word after a dollar sign: a variable, $? or $$. */
static void add_variable(struct word *word)
{
	char number[12];
	const char *value = number;
	size_t length = 1;
	bool braces = *at == '{';

	at += braces;
	if (*at == '?') {
		snprintf(number, sizeof(number), "%d", last_status);
	} else if (*at == '$') {
		snprintf(number, sizeof(number), "%d", getpid());
	} else if (*at == '!') {
		snprintf(number, sizeof(number), "%d", last_job);
	} else if (*at == '#') {
		snprintf(number, sizeof(number), "%d", nr_arguments - 1);
	} else if (*at >= '0' && *at <= '9') {
		value = *at - '0' < nr_arguments ? arguments[*at - '0'] : "";
	} else if (name_length(at)) {
		length = name_length(at);
		value = variable(at, length);
	} else {
		add(word, "$", 1);
		return;
	}
	at += length;
	if (braces && *at++ != '}')
		syntax_error = true;
	if (*value)
		add(word, value, strlen(value));
}

static void add_quoted(struct word *word, char quote)
{
	word->present = true;
	while (*at != quote) {
		if (!*at) {
			dprintf(2, "sh: a quote %c is not closed\n", quote);
			syntax_error = true;
			return;
		}
		if (quote == '"' && *at == '$') {
			at++;
			add_variable(word);
			continue;
		}
		if (quote == '"' && *at == '\\' && at[1] && strchr("\"\\$", at[1]))
			at++;
		add(word, at++, 1);
	}
	at++;
}

static void skip_blanks(void)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || (*at == '\\' && at[1] == '\n'))
		at += *at == '\\' ? 2 : 1;
	if (*at == '#')
		while (*at && *at != '\n')
			at++;
}

/* The next word, or NULL at an operator or the end. */
static char *next_word(void)
{
	static struct word word;

	word.length = 0;
	word.present = false;
	skip_blanks();
	while (*at && !strchr(" \t\r\n|&;<>", *at) && !syntax_error) {
		char c = *at++;

		if (c == '\'' || c == '"')
			add_quoted(&word, c);
		else if (c == '$')
			add_variable(&word);
		else if (c == '\\' && *at)
			add(&word, at++, 1);
		else
			add(&word, &c, 1);
	}
	word.text[word.length] = 0;
	return word.present ? strdup(word.text) : NULL;
}

/* --- commands --------------------------------------------------------------------------------- */

static void parse_redirect(struct command *command)
{
	struct redirect *r = &command->redirects[command->nr_redirects];

	r->from = -1;
	r->fd = *at >= '0' && *at <= '9' ? *at++ - '0' : *at != '<';
	r->flags = *at == '<' ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	at++;
	if (r->flags != O_RDONLY && *at == '>') {
		r->flags = O_WRONLY | O_CREAT | O_APPEND;
		at++;
	}
	if (at[0] == '&' && at[1] >= '0' && at[1] <= '9') {
		r->from = at[1] - '0';
		at += 2;
	} else if (!(r->path = next_word())) {
		dprintf(2, "sh: expected a file behind < or >\n");
		syntax_error = true;
	}
	if (++command->nr_redirects == MAX_REDIRECTS)
		syntax_error = true;
}

static void parse_command(struct command *command)
{
	memset(command, 0, sizeof(*command));
	while (!syntax_error) {
		char *word;
		size_t length;

		skip_blanks();
		if (*at == '<' || *at == '>' ||
		    (*at >= '0' && *at <= '9' && (at[1] == '<' || at[1] == '>'))) {
			parse_redirect(command);
			continue;
		}
		length = name_length(at);
		if (length && at[length] == '=' && command->nr_assignments == command->nr_words)
			command->nr_assignments++;
		word = next_word();
		if (!word)
			return;
		if (command->nr_words == MAX_WORDS) {
			dprintf(2, "sh: a command has more than %d words\n", MAX_WORDS);
			syntax_error = true;
			return;
		}
		command->words[command->nr_words++] = word;
	}
}

static void free_command(struct command *command)
{
	for (int i = 0; i < command->nr_words; i++)
		free(command->words[i]);
	for (int i = 0; i < command->nr_redirects; i++)
		free(command->redirects[i].path);
}

static bool redirect(const struct command *command)
{
	for (int i = 0; i < command->nr_redirects; i++) {
		const struct redirect *r = &command->redirects[i];
		int fd = r->from >= 0 ? r->from : open(r->path, r->flags, 0666);

		if (fd < 0) {
			complain("sh", r->path);
			return false;
		}
		if (fd != r->fd && dup2(fd, r->fd) < 0) {
			complain("sh", "redirection");
			return false;
		}
		if (r->from < 0 && fd != r->fd)
			close(fd);
	}
	return true;
}

static int wait_status(int pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 127;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Returns only if there is no such program, 127, or if it cannot be run, 126. */
static int run_program(char *const *words)
{
	execvp(words[0], words);
	if (errno != ENOENT) {
		complain("sh", words[0]);
		return 126;
	}
	dprintf(2, "sh: %s: not found\n", words[0]);
	return 127;
}

/* Executes a command of the shell itself. Returns false if it is another program. */
static bool built_in(const struct command *command)
{
	char *const *words = command->words + command->nr_assignments;
	const char *name = words[0];

	if (!name) {
		for (int i = 0; i < command->nr_assignments; i++)
			set_variable(command->words[i]);
		last_status = 0;
	} else if (!strcmp(name, "cd")) {
		const char *path = words[1] ? words[1] : "/";

		last_status = chdir(path) < 0 ? complain("cd", path) : 0;
	} else if (!strcmp(name, "exit")) {
		exit(words[1] ? atoi(words[1]) : last_status);
	} else if (!strcmp(name, "export")) {
		for (int i = 1; words[i]; i++) {
			if (strchr(words[i], '='))
				set_variable(words[i]);
		}
		last_status = 0;
	} else if (!strcmp(name, "wait")) {
		last_status = 0;
		if (words[1])
			last_status = wait_status(atoi(words[1]));
		else
			while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
				;
	} else if (!strcmp(name, "exec")) {
		if (!redirect(command) || !words[1])
			return true;
		last_status = run_program(words + 1);
	} else if (!strcmp(name, ":")) {
		last_status = 0;
	} else {
		return false;
	}
	return true;
}

/* In a child. */
static void execute(const struct command *command)
{
	if (!redirect(command))
		exit(1);
	if (built_in(command))
		exit(last_status);
	for (int i = 0; i < command->nr_assignments; i++)
		set_variable(command->words[i]);
	environ = variables;
	exit(run_program(command->words + command->nr_assignments));
}

/* --- pipelines -------------------------------------------------------------------------------- */

static void give_terminal(int group)
{
	if (interactive)
		ioctl(0, TIOCSPGRP, &group);
}

static void use_signals(void *handler)
{
	if (!interactive)
		return;
	sigaction(SIGINT, handler, 0, 0);
	sigaction(SIGQUIT, handler, 0, 0);
	sigaction(SIGTSTP, handler, 0, 0);
	sigaction(SIGTTOU, handler, 0, 0);
}

/* A child whose input is @in and whose output is @out; both are closed here. */
static int start(const struct command *command, int in, int out, int unused, int group)
{
	int pid = fork();

	if (pid == 0) {
		if (interactive)
			setpgid(0, group);
		use_signals(SIG_DFL);
		interactive = false;
		if (unused >= 0)
			close(unused);
		if (in >= 0) {
			dup2(in, 0);
			close(in);
		}
		if (out >= 0) {
			dup2(out, 1);
			close(out);
		}
		execute(command);
	}
	if (pid < 0)
		last_status = 126 + complain("sh", "fork");
	else if (interactive)
		setpgid(pid, group ? group : pid);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return pid;
}

/* With @skip, the commands are read and not executed. */
static void pipeline(bool skip)
{
	static struct command command;
	int in = -1, group = 0, pid = -1, nr_children = 0;
	bool negate = false, alone = true, background;

	skip_blanks();
	if (at[0] == '!' && at[1] == ' ') {
		negate = true;
		at++;
	}
	for (bool more = true; more && !syntax_error;) {
		int fds[2] = { -1, -1 };

		parse_command(&command);
		more = at[0] == '|' && at[1] != '|';
		at += more;
		alone = alone && !more;
		background = at[0] == '&' && at[1] != '&';
		if (syntax_error || skip || (command.nr_words == 0 && command.nr_redirects == 0)) {
			if (more && !skip)
				syntax_error = true;
			free_command(&command);
			continue;
		}
		if (alone && !background && command.nr_redirects == 0 && built_in(&command)) {
			free_command(&command);
			goto end;
		}
		if (alone && !background && command.words[command.nr_assignments] &&
		    !strcmp(command.words[command.nr_assignments], "exec") && built_in(&command)) {
			free_command(&command);
			goto end;
		}
		if (more && pipe(fds) < 0) {
			last_status = complain("sh", "pipe");
			more = false;
		}
		pid = start(&command, in, fds[1], fds[0], group);
		free_command(&command);
		in = fds[0];
		if (pid > 0) {
			group = group ? group : pid;
			nr_children++;
		}
	}
	if (in >= 0)
		close(in);
	if (!nr_children)
		return;
	if (at[0] == '&' && at[1] != '&') {
		last_job = pid;
		last_status = 0;
		return;
	}
	give_terminal(group);
	/* The last command decides. The others are waited for, too. */
	last_status = wait_status(pid);
	while (--nr_children && waitpid(interactive ? -group : -1, NULL, 0) > 0)
		;
	if (interactive) {
		give_terminal(getpid());
		if (last_status > 128)
			printf("[%d]\n", last_status);
	}
end:
	if (negate)
		last_status = !last_status;
}

static void run_line(const char *line)
{
	bool skip = false;

	at = line;
	syntax_error = false;
	while (!syntax_error) {
		pipeline(skip);
		skip_blanks();
		if (at[0] == '&' && at[1] == '&') {
			skip = last_status != 0;
			at += 2;
		} else if (at[0] == '|' && at[1] == '|') {
			skip = last_status == 0;
			at += 2;
		} else if (*at == ';' || *at == '&' || *at == '\n') {
			skip = false;
			at++;
		} else if (!*at) {
			return;
		} else {
			syntax_error = true;
		}
	}
	dprintf(2, "sh: syntax error near '%s'\n", at);
	last_status = 2;
}

/* Reads a line byte by byte: the commands read the rest of the same input. */
static bool read_line(int fd, char *line)
{
	size_t length = 0;
	char c;

	while (length < MAX_LINE - 1) {
		long got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 && !length)
			return false;
		if (got <= 0 || c == '\n')
			break;
		line[length++] = c;
	}
	line[length] = 0;
	return true;
}

static void become_interactive(void)
{
	int group = getpid();

	interactive = true;
	use_signals(SIG_IGN);
	setpgid(0, group);
	give_terminal(group);
}

int main(int argc, char **argv, char **envp)
{
	static char line[MAX_LINE];
	struct termios termios;
	int fd = 0;

	for (int i = 0; envp[i] && i < MAX_VARIABLES; i++)
		set_variable(envp[i]);
	if (!*variable("PATH", 4))
		set_variable("PATH=/bin");
	arguments = argv;
	nr_arguments = argc;
	if (argc > 2 && !strcmp(argv[1], "-c")) {
		arguments += 2;
		nr_arguments -= 2;
		run_line(argv[2]);
		return last_status;
	}
	if (argc > 1) {
		arguments++;
		nr_arguments--;
		fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 126 + complain("sh", argv[1]);
	} else if (ioctl(0, TCGETS, &termios) == 0) {
		become_interactive();
	}
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (interactive)
			printf("$ ");
		if (!read_line(fd, line))
			return last_status;
		run_line(line);
	}
}

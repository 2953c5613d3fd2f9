/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Identities, limits, names of the system, memory of the system, and calls that do not exist. */

static void test_limits(void)
{
	struct rlimit64 limit = { 100, 50 }, old;
	struct rlimit small;

	show("prlimit64", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &old));
	printf("files: %llu\n", old.current);
	show("prlimit64 soft above hard", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, 0));
	show("prlimit64 resource", syscall(SYS_prlimit64, 0, 99, 0, &old));
	show("prlimit64 missing", syscall(SYS_prlimit64, 30000, RLIMIT_NOFILE, 0, &old));
	show("ugetrlimit", syscall(SYS_ugetrlimit, RLIMIT_STACK, &small));
	printf("stack: %x %x\n", small.current, small.max);
	BAD("ugetrlimit bad pointer", SYS_ugetrlimit, RLIMIT_STACK, P);
	BAD("setrlimit bad pointer", SYS_setrlimit, 99, P);
}

static void test_system(void)
{
	struct utsname name;
	struct sysinfo info;

	show("uname", syscall(SYS_uname, &name));
	show_text("machine starts with", strncmp(name.machine, "i", 1) ? "?" : "i");
	BAD("uname bad pointer", SYS_uname, P);
	show("sysinfo", syscall(SYS_sysinfo, &info));
	show_bool("memory", info.totalram > info.freeram && info.freeram > 0 && info.mem_unit > 0);
	show_bool("processes", info.procs > 0);
	BAD("sysinfo bad pointer", SYS_sysinfo, P);
}

int main(int argc, char **argv, char **envp)
{
	unsigned char random[64] = { 0 }, sum = 0;
	char name[17] = { 0 };
	int cpu = -1;

	show("getuid32", syscall(SYS_getuid32));
	show("getgid32", syscall(SYS_getgid32));
	show("geteuid32", syscall(SYS_geteuid32));
	show("getegid32", syscall(SYS_getegid32));
	test_limits();
	test_system();
	show("getrandom", syscall(SYS_getrandom, random, sizeof(random), 0));
	for (size_t i = 0; i < sizeof(random); i++)
		sum |= random[i];
	show_bool("random", sum != 0);
	show("getrandom flags", syscall(SYS_getrandom, random, 1, 0x100));
	BAD("getrandom bad pointer", SYS_getrandom, P, 8, 0);
	show("getcpu", syscall(SYS_getcpu, &cpu, 0, 0));
	show_bool("cpu", cpu >= 0);
	show("prctl set name", syscall(SYS_prctl, 15, "a name of a thread", 0, 0, 0));
	show("prctl get name", syscall(SYS_prctl, 16, name, 0, 0, 0));
	show_text("name", name);
	show("prctl option", syscall(SYS_prctl, 9999, 0, 0, 0, 0));
	show("no such call", syscall(500));
	show("no such call", syscall(100000));
	show("no such call", syscall(-1));
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "libc.h"

int main(int argc, char **argv, char **envp)
{
	return 0;
}

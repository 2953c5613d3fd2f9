/* SPDX-License-Identifier: MIT */

/*
 * Included before the kernel's own string, printing and division functions when they are compiled
 * for a host test: they get names of their own there, beside those of libc and libgcc. See
 * PREFIXED in the Makefile.
 */

#define memcpy  hl_memcpy
#define memmove hl_memmove
#define memset  hl_memset
#define memcmp  hl_memcmp
#define memchr  hl_memchr
#define strlen  hl_strlen
#define strnlen hl_strnlen
#define strcmp  hl_strcmp
#define strncmp hl_strncmp
#define strchr  hl_strchr
#define strrchr hl_strrchr
#define strstr  hl_strstr
#define strspn  hl_strspn
#define strcspn hl_strcspn
#define strscpy hl_strscpy

#define vsnprintf hl_vsnprintf
#define snprintf  hl_snprintf
#define scnprintf hl_scnprintf

#define __udivmoddi4 hl_udivmoddi4
#define __divmoddi4  hl_divmoddi4
#define __udivdi3    hl_udivdi3
#define __umoddi3    hl_umoddi3
#define __divdi3     hl_divdi3
#define __moddi3     hl_moddi3

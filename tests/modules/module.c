// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What depmod reads of a module, and nothing else: the symbol that it exports, those that it needs,
 * and its aliases and soft dependencies. For tests/unit/test_modules.c, by definitions of
 * tests/CMakeLists.txt.
 */
#define SECTION(name) __attribute__((section(name), used))

#ifdef EXPORTS
SECTION("__ksymtab_strings") static const char exports[] = EXPORTS;
#endif

#ifdef NEEDS
extern const char NEEDS[];
SECTION(".rodata") static const char *const needs = NEEDS;
#endif

#ifdef NEEDS_TOO
extern const char NEEDS_TOO[];
SECTION(".rodata") static const char *const needs_too = NEEDS_TOO;
#endif

SECTION(".modinfo") static const char license[] = "license=GPL";
#ifdef MODINFO
SECTION(".modinfo") static const char modinfo[] = MODINFO;
#endif

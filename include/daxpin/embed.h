/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the assembler puts into the program. */
#ifndef DAXPIN_EMBED_H
#define DAXPIN_EMBED_H

/**
 * DP_EMBED - declare a constant array of char that has the content of a file, and a NUL after it
 * @ident: its name; @ident_end is the address of the NUL
 * @path: a string literal. The build has to name the file as a dependency of the object
 *
 * At file scope. The array has no length: sizeof() does not work.
 */
#define DP_EMBED(ident, path)                                                                      \
	__asm__(".section .rodata\n" #ident ": .incbin \"" path "\"\n" #ident "_end: .byte 0\n"    \
		".previous\n");                                                                    \
	extern const char ident[], ident##_end[]

#endif

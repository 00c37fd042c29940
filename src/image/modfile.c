// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is done to a module on its way into the image. Code and data stay as they are; what goes is
 * what makes loading slow under emulation and has no bearing on what is asked.
 *
 * The signature, of all modules. A signed module ends in: signature, struct module_signature (12
 * bytes, the last four the signature's length, big-endian), "~Module signature appended~\n"
 * (kernel/module_signature.c). Checking it is a third of the time that loading takes; and it says
 * nothing here, as the packages were checked when they were fetched.
 *
 * Trace events, of all modules: for each the kernel makes a folder with five files in tracefs
 * (trace_module_add_events(), until eventfs came with 6.6), under a lock that all loading takes.
 *
 * Of the file systems, which only carry files here, also the type information; the list of
 * traceable functions, each of which is looked up among all symbols of the module
 * (test_for_valid_rec() in kernel/trace/ftrace.c); and the list of static call sites, each of which
 * is patched at a price under emulation (__static_call_init()) and otherwise goes through its
 * trampoline, as it was compiled to. Of xfs there are thousands of each.
 *
 * find_module_sections() finds these by the names of their sections, so a section whose name begins
 * one byte later is not found. Symbols stay: a call trace names its functions.
 */
#include <elf.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/image.h"

size_t dp_module_strip(const uint8_t *data, size_t len)
{
	static const char marker[] = "~Module signature appended~\n";
	const size_t tail = sizeof(marker) - 1 + 12;
	const uint8_t *size_at;
	size_t size;

	if (len < tail || memcmp(data + len - (sizeof(marker) - 1), marker, sizeof(marker) - 1))
		return len;
	size_at = data + len - (sizeof(marker) - 1) - 4;
	size = (size_t)size_at[0] << 24 | (size_t)size_at[1] << 16 | (size_t)size_at[2] << 8 |
	       size_at[3];
	return size > len - tail ? len : len - tail - size;
}

/* Whether the section header table and its names lie within the file. */
static bool read_headers(const uint8_t *data, size_t len, Elf64_Ehdr *eh, Elf64_Shdr *names)
{
	if (len < sizeof(*eh))
		return false;
	memcpy(eh, data, sizeof(*eh));
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_shentsize != sizeof(*names) || eh->e_shoff > len ||
	    eh->e_shstrndx >= eh->e_shnum ||
	    (uint64_t)eh->e_shnum * sizeof(*names) > len - eh->e_shoff)
		return false;
	memcpy(names, data + eh->e_shoff + eh->e_shstrndx * sizeof(*names), sizeof(*names));
	return names->sh_offset <= len && names->sh_size <= len - names->sh_offset;
}

static bool is_muted(const char *name, bool carrier)
{
	/* The first one of all modules, the others of carriers. */
	static const char *const sections[] = { "_ftrace_events", ".BTF", "__mcount_loc",
						".static_call_sites" };

	for (size_t i = 0; i < (carrier ? DP_ARRAY_SIZE(sections) : 1); i++)
		if (!strcmp(name, sections[i]))
			return true;
	return false;
}

unsigned int dp_module_mute(uint8_t *data, size_t len, bool carrier)
{
	unsigned int hidden = 0;
	Elf64_Shdr names, sh;
	Elf64_Ehdr eh;

	if (!read_headers(data, len, &eh, &names) || !names.sh_size ||
	    data[names.sh_offset + names.sh_size - 1])
		return 0;
	for (unsigned int i = 0; i < eh.e_shnum; i++) {
		uint8_t *at = data + eh.e_shoff + i * sizeof(sh);

		memcpy(&sh, at, sizeof(sh));
		if (sh.sh_name >= names.sh_size ||
		    !is_muted((char *)data + names.sh_offset + sh.sh_name, carrier))
			continue;
		sh.sh_name++;
		memcpy(at, &sh, sizeof(sh));
		hidden++;
	}
	return hidden;
}

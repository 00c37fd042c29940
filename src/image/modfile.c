// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes the modules of an image faster to load under emulation. Code and data are not changed. What
 * is removed has no influence on the questions that are asked:
 *
 * - The signature, of all modules. A signed module ends in: the signature; struct module_signature,
 *   12 bytes, the last four the length of the signature, big-endian; and the text
 *   "~Module signature appended~\n" (kernel/module_signature.c). Checking it is a third of the time
 *   of loading. The packages were checked when they were fetched.
 *
 * - Trace events, of all modules. Up to 6.5, before eventfs, the kernel makes a folder with five
 *   files in tracefs for each (trace_module_add_events()), under a lock that all loading takes.
 *
 * - Of carriers, such as the file systems, which only carry files here: type information; a list
 *   of traceable functions, each of which is looked up among all symbols of the module
 *   (test_for_valid_rec(), kernel/trace/ftrace.c); and the list of static call sites, each of which
 *   is patched, which is slow under emulation (__static_call_init()). A call site that is not
 *   patched goes through its trampoline. xfs has thousands of each.
 *
 * find_module_sections() finds sections by name. A section is hidden by a name that begins one byte
 * later. Symbols stay, so call traces name functions.
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
	/* The first is hidden in all modules, the others in carriers only. */
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

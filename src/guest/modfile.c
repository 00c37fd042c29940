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
 * The means of tracing, of the file systems, which only carry files here: their trace events (for
 * each of the 600 of xfs the kernel makes a folder in tracefs, trace_module_add_events()), their
 * type information, and their list of traceable functions (each is looked up among all symbols of
 * the module, test_for_valid_rec() in kernel/trace/ftrace.c). find_module_sections() finds all
 * three by the names of their sections, so a section whose name begins one byte later is not found.
 * Symbols stay, so that a call trace names its functions.
 */
#include <elf.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/guest.h"

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
	    eh->e_shentsize != sizeof(*names) || eh->e_shoff > len || eh->e_shstrndx >= eh->e_shnum ||
	    (uint64_t)eh->e_shnum * sizeof(*names) > len - eh->e_shoff)
		return false;
	memcpy(names, data + eh->e_shoff + eh->e_shstrndx * sizeof(*names), sizeof(*names));
	return names->sh_offset <= len && names->sh_size <= len - names->sh_offset;
}

static bool is_tracing(const char *name, size_t room)
{
	static const char *const tracing[] = { "_ftrace_events", ".BTF", "__mcount_loc" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(tracing); i++)
		if (room > strlen(tracing[i]) && !strcmp(name, tracing[i]))
			return true;
	return false;
}

unsigned int dp_module_mute(uint8_t *data, size_t len)
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
		    !is_tracing((char *)data + names.sh_offset + sh.sh_name,
				names.sh_size - sh.sh_name))
			continue;
		sh.sh_name++;
		memcpy(at, &sh, sizeof(sh));
		hidden++;
	}
	return hidden;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that register themselves: mappings, events, operations, formats. A descriptor is a
 * constant structure with the members "name" and "rank" at the end of the file that it describes.
 * The linker collects pointers to all of them in one section, so that no list names them and a new
 * one is a new file only.
 *
 * A header says how to register, and one file has the registry:
 *
 *     #define DP_EVENT(ident, ...) DP_REGISTER(struct dp_event, dp_events, ident, __VA_ARGS__)
 *
 *     DP_REGISTRY(struct dp_event, dp_events)
 */
#ifndef DAXPIN_REGISTRY_H
#define DAXPIN_REGISTRY_H

#include <stddef.h>

/* Defines the descriptor @ident and adds it to the registry of the name @list. */
#define DP_REGISTER(type, list, ident, ...)                                                        \
	static const type ident = { __VA_ARGS__ };                                                 \
	static const type *ident##_entry __attribute__((section(#list "_entries"), used)) = &ident

/*
 * Defines `const type *const *list(size_t *count)`, which gives a static array of all descriptors
 * in order of rank. They are put in order before main(), when there are no other threads yet.
 */
#define DP_REGISTRY(type, list)                                                                    \
	extern const type *__start_##list##_entries[], *__stop_##list##_entries[];                 \
	static __attribute__((constructor)) void order_##list(void)                                \
	{                                                                                          \
		dp_registry_order(__start_##list##_entries, DP_REGISTRY_COUNT(list),               \
				  offsetof(type, name), offsetof(type, rank));                     \
	}                                                                                          \
	const type *const *list(size_t *count)                                                     \
	{                                                                                          \
		*count = DP_REGISTRY_COUNT(list);                                                  \
		return __start_##list##_entries;                                                   \
	}

/* For the file that has the DP_REGISTRY: how many there are, and the one of a name or NULL. */
#define DP_REGISTRY_COUNT(list) ((size_t)(__stop_##list##_entries - __start_##list##_entries))
#define DP_REGISTRY_FIND(list, wanted)                                                             \
	dp_registry_find(__start_##list##_entries, DP_REGISTRY_COUNT(list),                        \
			 offsetof(__typeof__(**__start_##list##_entries), name), wanted)

/**
 * dp_registry_order - put pointers to descriptors in order of rank, of one rank in order of name
 * @entries: the pointers
 * @count: how many
 * @name: offset of the member "name", const char *, in bytes
 * @rank: offset of the member "rank", unsigned int, in bytes
 */
void dp_registry_order(void *entries, size_t count, size_t name, size_t rank);

/**
 * dp_registry_find - a descriptor by its name
 * @entries: pointers to descriptors
 * @count: how many
 * @name: offset of the member "name", in bytes
 * @wanted: the name
 *
 * Return: NULL if there is none.
 */
const void *dp_registry_find(const void *entries, size_t count, size_t name, const char *wanted);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists that grow: an array on the heap and the number of its elements.
 */
#ifndef DAXPIN_LIST_H
#define DAXPIN_LIST_H

#include <stdlib.h>
#include <string.h>

/*
 * Adds an element of zeros to @list, which has @count elements, and counts it. Both are lvalues and
 * change. Gives a pointer to the new element; NULL without memory, and the list stays as it was.
 */
#define dp_list_add(list, count)                                                                   \
	({                                                                                         \
		__typeof__(list) grown_ = reallocarray((list), (count) + 1, sizeof(*(list)));      \
		if (grown_) {                                                                      \
			(list) = grown_;                                                           \
			grown_ += (count)++;                                                       \
			memset(grown_, 0, sizeof(*grown_));                                        \
		}                                                                                  \
		grown_;                                                                            \
	})

#endif

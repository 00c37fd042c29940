// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways to show what the pages of a mapping are. */
#include <errno.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"
#include "daxpin/vma.h"

int64_t dp_pages_without(const struct dp_pages *pages, unsigned int flag, struct dp_error *err)
{
	int64_t count = 0;

	if (!pages->flags)
		return dp_fail(err, pages->flags_error, "/proc/kpageflags");
	for (size_t i = 0; i < pages->count; i++)
		count += !(pages->flags[i] >> flag & 1);
	return count;
}

/* /proc/PID/maps has a mapping's rights as smaps has them, without a walk of its pages. */
int64_t dp_area_unlike_readonly(const struct dp_mapping *mapping, const struct dp_area *area,
				const struct dp_pages *pages, struct dp_error *err)
{
	dp_autofree struct dp_vma *list = NULL;
	const struct dp_vma *vma;
	size_t count;
	int rc = dp_maps_read(&list, &count, err);

	if (rc)
		return rc;
	vma = dp_vma_find(list, count, (uintptr_t)area->addr);
	if (!vma)
		return dp_fail(err, -ENOENT, "/proc/self/maps does not have the mapping");
	if (vma->perms[0] == 'r' && vma->perms[1] == '-' &&
	    vma->perms[3] == (mapping->private ? 'p' : 's') &&
	    vma->end >= (uintptr_t)area->addr + area->len)
		return 0;
	return (int64_t)pages->count;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The address in somebody's "ibv_reg_mr failed". */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "explain.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/text.h"
#include "daxpin/vma.h"

struct range {
	uint64_t start, end; /* end: the first byte after it */
};

/* As people write it, or as it is in a log. */
static int parse_length(const char *text, uint64_t *bytes)
{
	char *end;

	if (strncmp(text, "0x", 2))
		return dp_parse_size(text, bytes);
	errno = 0;
	*bytes = strtoull(text, &end, 16);
	return errno || *end ? -EINVAL : 0;
}

static int parse_range(const char *text, struct range *range, struct dp_error *err)
{
	dp_autofree char *copy = strdup(text);
	char *length = copy ? strchr(copy, ':') : NULL, *end;
	uint64_t bytes = 1;

	if (!copy)
		return -ENOMEM;
	if (length)
		*length++ = '\0';
	errno = 0;
	range->start = strtoull(copy, &end, 0);
	if (!strncmp(copy, "-", 1) || !*copy || *end || errno)
		return dp_bad_input(err, "\"%s\" is not an address, such as 0x7f1200000000", copy);
	if (length && (parse_length(length, &bytes) || !bytes))
		return dp_bad_input(err, "\"%s\" is not a length, such as 4096, 0x1000 or 2M",
				    length);
	if (bytes > UINT64_MAX - range->start)
		return dp_bad_input(err, "%s goes beyond the end of memory", text);
	range->end = range->start + bytes;
	return 0;
}

/* One after the other: mappings, and holes between them. */
struct part {
	const struct dp_vma *vma; /* NULL for a hole */
	struct range range;
};

static bool next_part(const struct dp_vma *list, size_t count, struct range *rest,
		      struct part *part)
{
	if (rest->start >= rest->end)
		return false;
	*part = (struct part){ .range = *rest };
	part->vma = dp_vma_find(list, count, rest->start);
	for (size_t i = 0; i < count; i++) {
		uint64_t to = part->vma == &list[i] ? list[i].end : list[i].start;

		if (to > rest->start && to < part->range.end)
			part->range.end = to;
	}
	rest->start = part->range.end;
	return true;
}

/* Where a file ends within its mapping, a part ends. */
static void look_at(const struct explain_options *o, struct part *part, struct range *rest,
		    struct dp_look *look)
{
	uint64_t before;

	if (!part->vma) {
		*look = (struct dp_look){ .unmappable = EFAULT, .hole = true };
		snprintf(look->what, sizeof(look->what), "a hole: nothing is mapped there");
		return;
	}
	dp_look_vma((int)o->pid, part->vma, look);
	before = part->range.start - part->vma->start;
	look->empty = before >= look->backed;
	if (!look->empty && part->range.end - part->vma->start > look->backed) {
		part->range.end = part->vma->start + look->backed;
		rest->start = part->range.end;
	}
}

static int print_part(const struct explain_options *o, const struct dp_policy *policy,
		      const struct part *part, const struct dp_look *look)
{
	const struct dp_vma *vma = part->vma;

	printf("\n0x%" PRIx64 "-0x%" PRIx64 " %s%s%s%s\n", part->range.start, part->range.end,
	       vma ? vma->perms : "", vma ? " " : "", look->what,
	       look->empty ? ", after its end" : "");
	if (vma && vma->path[0])
		printf("  %s\n", vma->path);
	return cli_explain_print(o, policy, look, vma ? vma->perms : NULL);
}

static struct json_object *describe_part(const struct explain_options *o,
					 const struct dp_policy *policy, const struct part *part,
					 const struct dp_look *look, int *code)
{
	struct json_object *obj = json_object_new_object();
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, part->range.start);
	dp_json_add_text(obj, "start", text);
	snprintf(text, sizeof(text), "0x%" PRIx64, part->range.end);
	dp_json_add_text(obj, "end", text);
	dp_json_add_text(obj, "perms", part->vma ? part->vma->perms : NULL);
	dp_json_add_text(obj, "path", part->vma && part->vma->path[0] ? part->vma->path : NULL);
	dp_json_add_text(obj, "mapping", look->mapping[0] ? look->mapping : NULL);
	dp_json_add_text(obj, "what", look->what);
	json_object_object_add(
		obj, "accesses",
		cli_explain_accesses(o, policy, look, part->vma ? part->vma->perms : NULL, code));
	return obj;
}

static int print_json(const struct explain_options *o, const struct dp_policy *policy,
		      const struct dp_vma *list, size_t count, struct range rest)
{
	struct json_object *root = json_object_new_object(), *parts = json_object_new_array();
	struct dp_look look;
	struct part part;
	int code = 0;

	dp_json_add_text(root, "schema", "daxpin-explain/1");
	dp_json_add_int(root, "pid", (int64_t)o->pid);
	dp_json_add_text(root, "kernel", o->subject.kernel);
	dp_json_add_text(root, "provider", o->subject.provider);
	dp_json_add_bool(root, "odp", o->subject.odp);
	while (next_part(list, count, &rest, &part)) {
		look_at(o, &part, &rest, &look);
		json_object_array_add(parts, describe_part(o, policy, &part, &look, &code));
	}
	json_object_object_add(root, "ranges", parts);
	cli_print_json(root);
	json_object_put(root);
	return code;
}

static int read_vmas(const struct explain_options *o, struct dp_vma **list, size_t *count,
		     struct dp_error *err)
{
	struct dp_error why = { 0 };
	int rc = dp_vmas_read((int)o->pid, list, count, &why);

	if (rc == -ENOENT || rc == -ESRCH)
		return dp_bad_input(err, "there is no process %" PRIu64, o->pid);
	if (rc)
		dp_report(err, rc, "%s", why.what);
	if (rc == -EACCES || rc == -EPERM)
		dp_hint(err, "ask as root, or as the user of that process");
	return rc;
}

int cli_explain_range(const struct explain_options *o, const struct dp_policy *policy,
		      const char *text, struct dp_error *err)
{
	dp_autofree struct dp_vma *list = NULL;
	struct dp_look look;
	struct range rest = { 0 };
	struct part part;
	size_t count, parts = 0;
	int worst = 0;
	int rc = parse_range(text, &rest, err);

	if (rc)
		return rc;
	rc = read_vmas(o, &list, &count, err);
	if (rc)
		return rc;
	if (o->json)
		return print_json(o, policy, list, count, rest);
	cli_explain_print_subject(o);
	for (; next_part(list, count, &rest, &part); parts++) {
		look_at(o, &part, &rest, &look);
		worst = cli_explain_worse(worst, print_part(o, policy, &part, &look));
	}
	if (parts > 1)
		printf("\nA region that covers all %zu is refused if one of them refuses it.\n",
		       parts);
	return worst;
}

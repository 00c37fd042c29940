// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the modules that a guest needs. libkmod reads the index that depmod made in the folder of
 * the guest's kernel: dependencies, soft dependencies, and what is built in. libkmod's state of a
 * module is not used, because it is that of the running kernel.
 *
 * libkmod does not check an index for damage. So it runs in a process of its own, which may crash
 * or hang.
 */
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>

#include "daxpin/actor.h"
#include "daxpin/agent.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"

/* Looking up some dozens of modules takes milliseconds. */
#define INDEX_LIMIT_MS 10000
/* Size of the header of an index: magic, version and the offset of the root. */
#define INDEX_HEADER 12

/* The answer of the process. */
struct found {
	struct dp_error err;
	struct dp_modules lists[];
};

struct lookup {
	const char *dir;
	const struct dp_module_group *groups;
	size_t count;
	struct found *found; /* shared */

	struct kmod_ctx *ctx;
	struct dp_modules *modules; /* the group's */
	char seen[DP_MAX_MODULES][DP_MODULE_NAME];
	size_t nseen;
	char missing[256];
	char log[256]; /* libkmod's last error */
};

static void put_context(struct kmod_ctx **ctx)
{
	kmod_unref(*ctx);
}

static void put_module(struct kmod_module **module)
{
	kmod_module_unref(*module);
}

static void put_list(struct kmod_list **list)
{
	kmod_module_unref_list(*list);
}

__attribute__((format(printf, 6, 0))) static void note_error(void *arg, int priority,
							     const char *file, int line,
							     const char *function,
							     const char *format, va_list args)
{
	struct lookup *l = arg;

	(void)file;
	(void)line;
	(void)function;
	if (priority > LOG_ERR)
		return;
	vsnprintf(l->log, sizeof(l->log), format, args);
	l->log[strcspn(l->log, "\n")] = '\0';
}

static int damaged(const char *dir, const char *why, struct dp_error *err)
{
	dp_bad_input(err, "the module index of %s cannot be used: %s", dir, why);
	return dp_hint(err, "run depmod for this folder");
}

/* The part of a path below the folder; NULL if the path leaves it, as it is read as root. */
static const char *below(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) || path[len] != '/' || strstr(path + len, "/../")
		       ? NULL
		       : path + len + 1;
}

static int append(struct lookup *l, const char *name, const char *path)
{
	const char *inside = below(kmod_get_dirname(l->ctx), path);
	struct dp_module *module = &l->modules->list[l->modules->count];

	if (!inside)
		return damaged(l->dir, "it names a file outside", &l->found->err);
	if (snprintf(module->path, sizeof(module->path), "%s", inside) >= (int)sizeof(module->path))
		return damaged(l->dir, "it has a path that is too long", &l->found->err);
	snprintf(module->name, sizeof(module->name), "%s", name);
	l->modules->count++;
	return 0;
}

/* Marks a module as seen. Return: 1 if it is seen for the first time, 0, or a negative errno. */
static int meet(struct lookup *l, const char *name)
{
	for (size_t i = 0; i < l->nseen; i++)
		if (!strcmp(l->seen[i], name))
			return 0;
	if (l->nseen == DP_MAX_MODULES || strlen(name) >= DP_MODULE_NAME)
		return damaged(l->dir, "it has more than a guest can need", &l->found->err);
	strcpy(l->seen[l->nseen++], name);
	return 1;
}

static int visit(struct lookup *l, struct kmod_module *module);

static int visit_all(struct lookup *l, const struct kmod_list *list)
{
	const struct kmod_list *at;
	int rc = 0;

	kmod_list_foreach(at, list)
	{
		dp_cleanup(put_module) struct kmod_module *module = kmod_module_get_module(at);

		rc = visit(l, module);
		if (rc)
			break;
	}
	return rc;
}

/* Visits the dependencies and soft dependencies of a module. */
static int visit_needed(struct lookup *l, struct kmod_module *module)
{
	dp_cleanup(put_list) struct kmod_list *deps = NULL, *pre = NULL, *post = NULL;
	int rc;

	l->log[0] = '\0';
	deps = kmod_module_get_dependencies(module);
	/* Without the log, no dependencies and unreadable ones look the same. */
	if (!deps && l->log[0])
		return damaged(l->dir, l->log, &l->found->err);
	rc = visit_all(l, deps);
	if (rc)
		return rc;
	kmod_module_get_softdeps(module, &pre, &post);
	return visit_all(l, pre);
}

static int visit(struct lookup *l, struct kmod_module *module)
{
	const char *name = kmod_module_get_name(module), *path = kmod_module_get_path(module);
	int rc;

	/* The module is built in, or is a soft dependency that this kernel lacks. */
	if (!path)
		return 0;
	rc = meet(l, name);
	if (rc <= 0)
		return rc;
	rc = visit_needed(l, module);
	return rc ? rc : append(l, name, path);
}

static int find_group(struct lookup *l, const struct dp_module_group *group)
{
	int rc = 0;

	l->nseen = 0;
	for (size_t i = 0; i < group->count && !rc; i++) {
		dp_cleanup(put_module) struct kmod_module *module = NULL;
		bool optional = group->modules[i][0] == '?';
		size_t used = strlen(l->missing);

		/* Looks for the name among modules and what is built in, not for aliases. */
		kmod_module_new_from_name_lookup(l->ctx, group->modules[i] + optional, &module);
		if (module)
			rc = visit(l, module);
		else if (!optional)
			snprintf(l->missing + used, sizeof(l->missing) - used, " %s",
				 group->modules[i]);
	}
	return rc;
}

static int find_all(struct lookup *l)
{
	int rc = 0;

	for (size_t i = 0; i < l->count && !rc; i++) {
		l->modules = &l->found->lists[i];
		rc = find_group(l, &l->groups[i]);
	}
	if (!rc && l->missing[0])
		return dp_bad_input(&l->found->err, "the modules folder %s lacks:%s", l->dir,
				    l->missing);
	return rc;
}

static int open_and_find(struct lookup *l)
{
	static const char *const no_config[] = { NULL };
	dp_cleanup(put_context) struct kmod_ctx *ctx = kmod_new(l->dir, no_config);

	if (!ctx)
		return -ENOMEM;
	l->ctx = ctx;
	kmod_set_log_fn(ctx, note_error, l);
	/* Maps the indexes. If that of built-in modules is empty, they are read for each lookup. */
	if (kmod_load_resources(ctx) && l->log[0])
		return damaged(l->dir, l->log, &l->found->err);
	return find_all(l);
}

static void look_up(int fd, void *arg)
{
	struct dp_reply reply = { 0 };

	/* A damaged index may corrupt the heap, which libc reports on stderr. */
	reply.rc = freopen("/dev/null", "w", stderr) ? open_and_find(arg) : -EIO;
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static int ask(struct lookup *l, struct dp_error *err)
{
	dp_cleanup(dp_actor_clear) struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply;
	int rc = dp_actor_start(&actor, look_up, l);

	if (rc)
		return dp_fail(err, rc, "cannot start a process");
	if (dp_actor_hear(&actor, INDEX_LIMIT_MS, &reply) != DP_DONE)
		return damaged(l->dir, "it is damaged", err);
	if (!reply.rc)
		return 0;
	if (!l->found->err.code)
		return dp_fail(err, reply.rc, "cannot look up the modules of %s", l->dir);
	if (err && !err->code)
		*err = l->found->err;
	return reply.rc;
}

/* For libkmod, an index that does not exist is one without any module. */
static int check_index(const char *dir, struct dp_error *err)
{
	char path[PATH_MAX];
	struct stat st;
	int rc = dp_path(path, sizeof(path), err, "%s/modules.dep.bin", dir);

	if (rc)
		return rc;
	if (stat(path, &st)) {
		dp_bad_input(err, "%s is not a modules folder: it has no modules.dep.bin", dir);
		return dp_hint(err, "give the folder named after the kernel release, and run "
				    "depmod for it if it was copied");
	}
	return st.st_size < INDEX_HEADER ? damaged(dir, "modules.dep.bin is cut off", err) : 0;
}

int dp_modules_order(const char *dir, const struct dp_module_group *groups, size_t count,
		     struct dp_modules *lists, struct dp_error *err)
{
	struct lookup l = { .dir = dir, .groups = groups, .count = count };
	size_t size = sizeof(*l.found) + count * sizeof(*lists);
	int rc = check_index(dir, err);

	if (rc)
		return rc;
	l.found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l.found == MAP_FAILED)
		return -ENOMEM;
	rc = ask(&l, err);
	if (!rc)
		memcpy(lists, l.found->lists, count * sizeof(*lists));
	munmap(l.found, size);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The initramfs: daxpin itself as /init with its shared libraries, the verbs provider of rxe, two
 * mkfs programs, ib_write_bw if it is asked for, and the modules, decompressed and in the order of
 * loading. There is no shell and no distribution.
 *
 * First a manifest is made, which lists the files of the image. Its key names the image in the
 * cache. If the cache does not have it, the image is written.
 */
#include <archive.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"

#include "daxpin/agent.h"
#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/embed.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"
#include "daxpin/kernel.h"

#define CONFIG_LIMIT (4 << 20)

/* The init for --bare. */
DP_EMBED(bare_init, DP_BARE_INIT);

/* Adds only what the guest looks for: reading the whole configuration is slow there. */
static int add_config(struct dp_manifest *m, const char *path, struct dp_error *err)
{
	static const char *const options[] = { "\nCONFIG_PCI_P2PDMA=y\n",
					       "\nCONFIG_DEVICE_PRIVATE=y\n",
					       "\nCONFIG_UDMABUF=y\n", "\nCONFIG_CMA=y\n" };
	dp_autofree char *text = NULL;
	char *found = NULL;
	size_t len = 0;
	FILE *out;
	int rc = dp_read_file(path, CONFIG_LIMIT, &text, NULL, err);

	out = rc ? NULL : open_memstream(&found, &len);
	if (!out)
		return rc ? rc : -ENOMEM;
	fputc('\n', out);
	for (size_t i = 0; i < DP_ARRAY_SIZE(options); i++)
		if (strstr(text, options[i]))
			fputs(options[i], out);
	fclose(out);
	return dp_manifest_add_text(m, "boot/config", found, err);
}

/* A step a line, for the agent. */
static int add_steps(struct dp_manifest *m, const struct dp_words *steps, struct dp_error *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < steps->count; i++)
		fprintf(out, "%s\n", steps->list[i]);
	fclose(out);
	return dp_manifest_add_text(m, &DP_STEPS_FILE[1], text, err);
}

static int make_manifest(struct dp_manifest *m, const struct dp_kernel *kernel,
			 struct dp_error *err)
{
	int rc = dp_manifest_add_modules(m, kernel, err);

	if (!rc)
		rc = dp_manifest_add_programs(m, kernel, err);
	if (!rc && kernel->steps)
		rc = add_steps(m, kernel->steps, err);
	return rc || !kernel->config[0] ? rc : add_config(m, kernel->config, err);
}

static int from_cache(const struct dp_manifest *m, char *path, size_t size, struct dp_error *err)
{
	dp_autofd int lock = -1;
	char hex[33];
	int rc = dp_manifest_key(m, hex, err);

	if (!rc)
		rc = dp_cache_path(path, size, err, "images/%s.cpio", hex);
	if (rc)
		return rc;
	dp_cache_use(path);
	if (dp_exists("%s", path))
		return 0;
	lock = dp_cache_lock("images", err);
	if (lock < 0)
		return lock;
	return dp_exists("%s", path) ? 0 : dp_manifest_write(m, path, err);
}

int dp_image_build(const struct dp_kernel *kernel, char *path, size_t size, struct dp_error *err)
{
	dp_cleanup(dp_manifest_free) struct dp_manifest *m = calloc(1, sizeof(*m));
	int rc = m ? make_manifest(m, kernel, err) : -ENOMEM;

	return rc ? rc : from_cache(m, path, size, err);
}

int dp_image_bare(char *path, size_t size, struct dp_error *err)
{
	char draft[PATH_MAX];
	dp_autofd int lock = -1;
	struct archive *a;
	int rc = dp_cache_path(path, size, err, "images/bare-%s.cpio", DP_VERSION);

	if (rc || dp_exists("%s", path))
		return rc;
	rc = dp_path(draft, sizeof(draft), err, "%s.new", path);
	if (rc)
		return rc;
	lock = dp_cache_lock("images", err);
	if (lock < 0)
		return lock;
	rc = dp_cpio_open(draft, &a, err);
	if (rc)
		return rc;
	rc = dp_cpio_add(a, "init", S_IFREG | 0755, bare_init, (size_t)(bare_init_end - bare_init),
			 err);
	if (dp_cpio_close(a, err) || rc)
		return rc ? rc : err->code;
	return rename(draft, path) ? dp_fail(err, -errno, "cannot rename %s", draft) : 0;
}

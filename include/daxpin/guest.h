/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest: a kernel, an image with daxpin as /init, a machine in QEMU, and the talk with it.
 * docs/architecture.md has the picture.
 */
#ifndef DAXPIN_GUEST_H
#define DAXPIN_GUEST_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
/* The state of a hash can lie on the stack only if its size is known. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "daxpin/complaint.h"

struct dp_check_options;
struct dp_collect;
struct dp_error;

/* ---- cache.c: the folder that keeps what was fetched and built --------------------------- */

/**
 * dp_cache_path - a path in the cache folder ($XDG_CACHE_HOME/daxpin or ~/.cache/daxpin)
 * @path: receives it
 * @size: size of @path in bytes
 * @fmt: name below the folder; the folders above it are made
 *
 * Return: 0, or -EINVAL if the folder cannot be written (bad input).
 */
int dp_cache_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * dp_cache_lock - wait for the lock of one thing in the cache
 * @name: of the thing
 * @err: context on failure
 *
 * Return: a descriptor that holds the lock until it is closed, or a negative errno
 * (-ETIMEDOUT after ten minutes).
 */
int dp_cache_lock(const char *name, struct dp_error *err);

/*
 * Remembers a line of text under a path from dp_cache_path(), whole or not at all; what cannot be
 * remembered is found out again.
 */
void dp_cache_note(const char *path, const char *text);

/* Notes that something in the cache was used now. */
void dp_cache_use(const char *path);

/* One thing in the cache. */
struct dp_cache_entry {
	const char *kind; /* a folder of it: "snapshots", "images", … */
	bool derived;     /* can be made again without a network */
	char path[PATH_MAX];
	uint64_t bytes; /* on disk */
	time_t used;    /* last */
};

struct dp_cache_list {
	struct dp_cache_entry *entries;
	size_t count;
};

/**
 * dp_cache_list - what the cache holds, the longest unused first
 * @list: receives it; release with dp_cache_list_clear()
 *
 * Return: 0, also without a cache, or a negative errno.
 */
int dp_cache_list(struct dp_cache_list *list);

void dp_cache_list_clear(struct dp_cache_list *list);

/* Bytes that derived things may take: DAXPIN_CACHE_LIMIT, or 4 GiB. */
uint64_t dp_cache_limit(void);

/* Removes what has been unused longest until the limit holds; @keep stays. */
void dp_cache_trim(const char *keep);

/*
 * Collects what a cached thing was made from; equal keys mean equal content. XXH3 with 128 bits: it
 * tells accidents, not attackers, and the cache is the user's own.
 */
struct dp_key {
	XXH3_state_t state;
};

void dp_key_begin(struct dp_key *key, const char *kind);
void dp_key_text(struct dp_key *key, const char *text);
void dp_key_bytes(struct dp_key *key, const void *data, size_t len);
/* Adds a file by device, inode, size, mtime and ctime: what make would look at, and more. */
int dp_key_file(struct dp_key *key, const char *path);
/* Adds what is in a file, or was when it was last hashed if nobody has touched it since. */
int dp_key_content(struct dp_key *key, const char *path);
/* Writes 32 hexadecimal digits and a NUL. */
void dp_key_end(struct dp_key *key, char hex[33]);

/* ---- kernel.c: where the kernel comes from ----------------------------------------------- */

/*
 * Fetched kernels live in the cache as kernels/PACKAGE/, and suites/NAME names the one that a
 * "debian:" spec stands for.
 */

struct dp_kernel {
	char spec[256];         /* what the user asked for */
	char image[PATH_MAX];   /* bzImage */
	char modules[PATH_MAX]; /* the folder that holds modules.dep */
	char config[PATH_MAX];  /* its configuration, or "" */
	/* Module files that take the place of those of the same name; the caller's, may be none. */
	const char *const *replacements;
	size_t nreplacements;
	bool perftest; /* its ib_write_bw is wanted in the image */
};

/**
 * dp_debian_suites - the suites in which a kernel is looked for
 * @list: receives them: the releases that somebody still supports, the newest first, then unstable,
 *        then backports; to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * From the package distro-info-data. Return: 0 or a negative errno.
 */
int dp_debian_suites(char ***list, size_t *count, struct dp_error *err);

/**
 * dp_tree_resolve - a kernel from the folder of a source tree
 * @dir: where it was built
 * @kernel: receives the paths; its modules are linked to from the cache
 * @err: what it lacks (bad input)
 *
 * Return: 0 or a negative errno.
 */
int dp_tree_resolve(const char *dir, struct dp_kernel *kernel, struct dp_error *err);

/* Runs depmod for the modules in @dir/lib/modules/RELEASE. Return: 0 or a negative errno. */
int dp_depmod(const char *dir, const char *release, struct dp_error *err);

/* Called while something long goes on: what, and how far, 0 to 100; -1 when it ended. */
typedef void (*dp_progress_fn)(const char *what, int percent);

/**
 * dp_kernel_resolve - have a kernel ready to boot
 * @spec: "debian:SUITE", "debian:SUITE/VERSION", "debian:VERSION" (whichever suite has it), "host",
 *        "VMLINUZ:MODULES_DIR", the folder of a kernel source that was built, or "FILE.deb"; NULL
 *        for the suite of this machine
 * @refresh: look for a newer package although one is cached
 * @progress: told about downloads, may be NULL
 * @kernel: receives the paths
 * @err: context on failure
 *
 * Return: 0; -EINVAL for a spec or a file that is no good (bad input); another negative errno.
 */
int dp_kernel_resolve(const char *spec, bool refresh, dp_progress_fn progress,
		      struct dp_kernel *kernel, struct dp_error *err);

/**
 * dp_apt_fetch - download a kernel's packages into a private root in the cache
 * @suite: "bookworm"
 * @version: the newest kernel whose release begins with it (dp_release_matches()); NULL for the one
 *           that the suite's metapackage stands for
 * @refresh: read the package lists again although they are recent
 * @progress: as above
 * @packages: receives the paths of the package files, to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * The sources, keys and proxy are the system's own; nothing is installed or changed there.
 *
 * Return: 0; -EINVAL if the suite has no such version (bad input, with what it has); another
 * negative errno.
 */
int dp_apt_fetch(const char *suite, const char *version, bool refresh, dp_progress_fn progress,
		 char ***packages, size_t *count, struct dp_error *err);

/**
 * dp_apt_releases - the kernels that a suite has
 * @suite, @refresh, @progress: as above
 * @list: receives their releases in order of version, to be freed with dp_strings_free()
 * @count: receives how many
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_apt_releases(const char *suite, bool refresh, dp_progress_fn progress, char ***list,
		    size_t *count, struct dp_error *err);

/* "6", "6.1" and "6.1.0-56" match the release 6.1.0-56; "6.1.0-5" and "6.12" do not. */
bool dp_release_matches(const char *release, const char *version);

void dp_strings_free(char **list, size_t count);

/**
 * dp_package_extract - take kernel, configuration and modules out of a Debian package
 * @package: the .deb file
 * @dir: where to: vmlinuz, config and lib/modules/… below it
 * @err: context on failure; a package that cannot be read is bad input
 *
 * Return: 0 or a negative errno.
 */
int dp_package_extract(const char *package, const char *dir, struct dp_error *err);

/* ---- bzimage.c --------------------------------------------------------------------------- */

/* What the header of a bzImage says of its compressed vmlinux. */
struct dp_bzimage {
	size_t offset, length;   /* of the payload in the file, bytes */
	const char *compression; /* "xz", "zstd", "gzip", "lz4", "lzma", "bzip2" */
};

/**
 * dp_bzimage_parse - read the setup header (Documentation/x86/boot.rst)
 * @data: the file
 * @len: its length in bytes
 * @image: receives what it says
 * @err: what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_bzimage_parse(const uint8_t *data, size_t len, struct dp_bzimage *image,
		     struct dp_error *err);

/**
 * dp_bzimage_unpack - write the vmlinux of a bzImage to a file
 * @path: the bzImage
 * @out: the file to write
 * @pvh: receives whether it can be booted through its PVH note
 * @err: context on failure
 *
 * Return: 0, -EINVAL if it is no kernel for x86-64 (bad input), or another negative errno.
 */
int dp_bzimage_unpack(const char *path, const char *out, bool *pvh, struct dp_error *err);

/**
 * dp_elf_has_pvh - whether an x86-64 ELF kernel carries XEN_ELFNOTE_PHYS32_ENTRY
 * @fd: the file
 *
 * Return: 1, 0, or -EINVAL if it is no ELF file for x86-64.
 */
int dp_elf_has_pvh(int fd);

/* ---- modules.c --------------------------------------------------------------------------- */

struct dp_modules {
	char dir[PATH_MAX];
	struct dp_module {
		char *name; /* with '_' for '-' */
		char *path; /* below dir */
		char *deps; /* paths, blank-separated, the farthest dependency last */
	} * list;
	size_t count;
	char *builtin; /* text of modules.builtin, or NULL */
};

/**
 * dp_modules_parse - read the text of modules.dep
 * @text: NUL-terminated; "PATH: DEP DEP…" a line
 * @modules: receives the modules; release with dp_modules_clear()
 * @err: the line that is wrong (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_modules_parse(const char *text, struct dp_modules *modules, struct dp_error *err);

/**
 * dp_modules_load - read modules.dep and modules.builtin of a folder
 * As dp_modules_parse().
 */
int dp_modules_load(const char *dir, struct dp_modules *modules, struct dp_error *err);

void dp_modules_clear(struct dp_modules *modules);

/**
 * dp_modules_order - the modules needed for some names, dependencies first
 * @modules: all
 * @names: what is wanted; a '?' before a name makes it optional
 * @count: how many
 * @order: receives indexes into modules->list, appended without repetition; room for
 *         modules->count of them
 * @norder: their number, in and out
 * @err: names the modules that are missing (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int dp_modules_order(const struct dp_modules *modules, const char *const *names, size_t count,
		     size_t *order, size_t *norder, struct dp_error *err);

/* A group of modules that the agent loads one after the other. */
struct dp_module_group {
	const char *name;
	const char *const *modules;
	size_t count;
	bool carrier; /* only there to carry files: need not be traceable */
};

/* The groups that a guest needs. */
const struct dp_module_group *dp_module_groups(size_t *count);

/* ---- image.c ----------------------------------------------------------------------------- */

struct archive;

/**
 * dp_cpio_open - begin a newc archive
 * @path: the file to write
 * @archive: receives the writer
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_cpio_open(const char *path, struct archive **archive, struct dp_error *err);
/* Adds a folder, a symbolic link or a regular file from memory; mode holds type and permissions. */
int dp_cpio_add(struct archive *archive, const char *name, unsigned int mode, const void *data,
		size_t len, struct dp_error *err);
/* Ends the archive; must be called once for each successful dp_cpio_open(). */
int dp_cpio_close(struct archive *archive, struct dp_error *err);

/**
 * dp_image_build - the initramfs for a kernel, from the cache or made anew
 * @kernel: the kernel
 * @path: receives its path
 * @size: size of @path in bytes
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_image_build(const struct dp_kernel *kernel, char *path, size_t size, struct dp_error *err);

/* As dp_image_build(), but with an init that powers off at once. */
int dp_image_bare(char *path, size_t size, struct dp_error *err);

/**
 * dp_module_strip - length of a module without the signature that is appended to it
 * @data: the module
 * @len: its length in bytes
 *
 * Return: the length, @len if there is no signature.
 */
size_t dp_module_strip(const uint8_t *data, size_t len);

/**
 * dp_module_mute - hide from the kernel what makes loading a module slow
 * @data: the module, changed in place
 * @len: its length in bytes
 * @carrier: it need not be traceable
 *
 * Return: how many sections were hidden; 0 also if it is no ELF file.
 */
unsigned int dp_module_mute(uint8_t *data, size_t len, bool carrier);

/* ---- machine.c: QEMU --------------------------------------------------------------------- */

/* On the command line of a kernel whose NVDIMMs are not to be made anew. */
#define DP_KEEP_FLAG "daxpin.keep"

/* CPUs of a machine, unless there are to be several of them at once. */
#define DP_GUEST_CPUS 2

enum dp_accel {
	DP_ACCEL_AUTO,
	DP_ACCEL_TCG,
	DP_ACCEL_KVM,
};

/* The machine's memories: RAM, and one for each NVDIMM. */
#define DP_MEMORIES 4
#define DP_RAM      0

/* What a guest is booted with, or restored from. */
struct dp_boot {
	char kernel[PATH_MAX]; /* vmlinux with a PVH note, or a bzImage */
	char image[PATH_MAX];  /* initramfs */
	enum dp_accel accel;   /* TCG or KVM */
	unsigned int cpus;     /* of the machine: 1 or DP_GUEST_CPUS */
	/*
	 * Files that hold the memories, all -1 for anonymous memory. When the guest is to be saved
	 * they are written to; when it is restored each guest has its own copy on write.
	 */
	int memory[DP_MEMORIES];
	int state;    /* file of the devices' state, to be written or restored from; or -1 */
	bool restore; /* continue from there instead of booting */
	bool keep;    /* the NVDIMMs hold what an earlier boot has made */
	struct dp_verification *verification; /* of what is restored, while it is looked at; or NULL */
};

/* One memory of the machine. */
struct dp_memory {
	const char *name;
	uint64_t size; /* bytes */
};

/* The memories, DP_MEMORIES of them. */
const struct dp_memory *dp_machine_memories(void);

/**
 * dp_machine_key - add to a key what makes this machine what it is: arguments, accelerator, QEMU
 * and the processor of this computer
 * @boot: what is booted
 * @key: begun
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_machine_key(const struct dp_boot *boot, struct dp_key *key, struct dp_error *err);

/* Descriptors of a running machine; -1 when closed. */
struct dp_machine {
	pid_t pid;
	int console; /* first serial port */
	int channel; /* second serial port: commands in, and out what has no faster way */
	int stream;  /* virtio port: observations out */
	int qmp;     /* the monitor */
	int log;     /* what QEMU itself prints */
};

/**
 * dp_machine_start - start QEMU
 * @boot: what to boot
 * @machine: receives the process and its descriptors; end it with dp_machine_stop()
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_machine_start(const struct dp_boot *boot, struct dp_machine *machine, struct dp_error *err);

/* Kills QEMU if it still runs, waits for it and closes everything. */
void dp_machine_stop(struct dp_machine *machine);

/**
 * dp_boot_prepare - resolve the vmlinux of a kernel and the accelerator
 * @kernel: the kernel
 * @accel: what the user wants
 * @bare: with the image that powers off at once
 * @boot: receives what to boot
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_boot_prepare(const struct dp_kernel *kernel, enum dp_accel accel, bool bare,
		    struct dp_boot *boot, struct dp_error *err);

const char *dp_accel_name(enum dp_accel accel);

/* ---- accel.c ----------------------------------------------------------------------------- */

/**
 * dp_accel_probe - whether KVM can run a guest here: boot one, with a limit
 * @boot: a bare guest
 * @err: context on failure of the probe itself
 *
 * A /dev/kvm that opens is no proof. The answer is kept in the cache for this boot of the host,
 * its kernel and its QEMU.
 *
 * Return: DP_ACCEL_KVM, DP_ACCEL_TCG or a negative errno.
 */
int dp_accel_probe(const struct dp_boot *boot, struct dp_error *err);

/* ---- console.c --------------------------------------------------------------------------- */

#define DP_CONSOLE_KEEP 24

/* The last lines of the console, and what was recognised in all of them. */
struct dp_console {
	char *lines[DP_CONSOLE_KEEP]; /* a ring */
	size_t next;
	char partial[256];
	size_t used;
	char alarm[256]; /* the first line of the first complaint, or "" */
	struct dp_recogniser recogniser;
	void (*take)(void *arg, const struct dp_complaint *complaint); /* told of each, or NULL */
	void *arg;
};

/* Adds bytes as they came from the serial port. */
void dp_console_feed(struct dp_console *console, const char *data, size_t len);
/* There is no more. Moves the kept lines, oldest first, into a new array; returns their number. */
size_t dp_console_take(struct dp_console *console, char ***lines);
void dp_console_clear(struct dp_console *console);

/* ---- session.c: one run of a guest -------------------------------------------------------- */

/* Longest command line for the agent, bytes. */
#define DP_COMMAND_LIMIT 32768

struct dp_session_limits {
	uint64_t boot_ms;    /* until the agent says ready */
	uint64_t silence_ms; /* without a byte on the channel */
	uint64_t total_ms;   /* for everything */
};

/**
 * dp_session_run - boot or restore a guest, have it carry out a command, end it
 * @boot: what to boot
 * @command: the JSON line to send once it is ready; NULL to save it then, to boot->memory and
 *           boot->state
 * @limits: how long to wait
 * @collect: receives the observations, the phases, and how it ended if too early
 * @progress: told about the phases, may be NULL
 * @err: context on failure to start it at all
 *
 * Return: 0 also if the guest died (collect knows); a negative errno if it could not be started;
 * -EINTR after SIGINT or SIGTERM; -ESTALE if what was to be restored is damaged.
 */
int dp_session_run(const struct dp_boot *boot, const char *command,
		   const struct dp_session_limits *limits, struct dp_collect *collect,
		   dp_progress_fn progress, struct dp_error *err);

/**
 * dp_session_bare - boot the bare guest and wait until it has powered off
 * @boot: what to boot
 * @limit_ms: how long to wait
 * @ms: receives how long it took
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_session_bare(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		    struct dp_error *err);

/* ---- snapshot.c --------------------------------------------------------------------------- */

/**
 * dp_snapshot_open - a saved ready guest, from the cache or made now
 * @boot: what is booted; receives the descriptors of the snapshot, and from now on is restored.
 *        Release with dp_snapshot_close()
 * @limits: for the boot
 * @collect: receives the phases of making it, the kernel's release, and how it ended if the guest
 *           could not be made
 * @progress: told about the phases, may be NULL
 * @err: context on failure
 *
 * A snapshot that is not what was saved is made anew; collect->run.note tells. Its content is looked
 * at while QEMU starts: dp_snapshot_verified() is to be asked before it is used.
 *
 * Return: 0, also if the guest did not become ready (collect->run.ending says so; @boot is as it
 * was); or a negative errno.
 */
int dp_snapshot_open(struct dp_boot *boot, const struct dp_session_limits *limits,
		     struct dp_collect *collect, dp_progress_fn progress, struct dp_error *err);

/*
 * Waits until the content of the snapshot has been looked at. False if it is not what was saved: then
 * it is gone from the cache, and the next dp_snapshot_open() makes it anew.
 */
bool dp_snapshot_verified(const struct dp_boot *boot);

/**
 * dp_memory_make - memory for a guest, sparse and empty
 * @i: which of dp_machine_memories()
 * @err: context on failure
 *
 * Return: a descriptor, or a negative errno.
 */
int dp_memory_make(int i, struct dp_error *err);

/* A guest's own copy of the RAM, which it may write to. */
struct dp_copy {
	int from, to; /* to: -1 without one */
	pthread_t thread;
	bool running;
	int rc;
};

/**
 * dp_copy_begin - begin to copy the RAM of a saved guest
 * @boot: that is restored
 * @copy: receives the descriptor at once; release with dp_copy_clear() in any case
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_copy_begin(const struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err);

/* Waits until all is copied. Return: 0 or a negative errno. */
int dp_copy_end(struct dp_copy *copy, struct dp_error *err);

void dp_copy_clear(struct dp_copy *copy);

/* Closes what dp_snapshot_open() opened; a boot without is left alone. */
void dp_snapshot_close(struct dp_boot *boot);

/* ---- pool.c: several guests at once ------------------------------------------------------- */

struct dp_task {
	char *command; /* for the agent, to be freed */
	struct dp_collect *collect;
};

/**
 * dp_pool_jobs - how many guests this computer carries, if memory suffices
 * @cpus: that each of them has
 * @waiting: they wait half of the time: three for two cores, rather than one
 */
unsigned int dp_pool_jobs(unsigned int cpus, bool waiting);

/**
 * dp_pool_run - carry out tasks, each in a guest of its own
 * @boot: what each guest is booted or restored from
 * @tasks: what to do
 * @count: how many
 * @jobs: guests at the same time, at least 1
 * @limits: for each guest
 * @progress: told how much is answered, may be NULL
 * @err: context on failure
 *
 * Return: 0 also if guests died (their collect knows); a negative errno if one could not be
 * started; -EINTR after SIGINT or SIGTERM; -ESTALE if what was to be restored is damaged.
 */
int dp_pool_run(const struct dp_boot *boot, struct dp_task *tasks, size_t count, unsigned int jobs,
		const struct dp_session_limits *limits, dp_progress_fn progress,
		struct dp_error *err);

/* ---- agent.c ----------------------------------------------------------------------------- */

/* The life of daxpin as /init of a guest. Does not return. */
void dp_agent_main(void) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files: paths, small files read whole, attributes of sysfs and procfs, folders and trees. A path
 * that is given as a format is refused with -ENAMETOOLONG if it does not fit PATH_MAX.
 */
#ifndef DAXPIN_FILE_H
#define DAXPIN_FILE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;

/**
 * dp_path - put a path together, and refuse one that does not fit
 * @path: receives it; "" on failure
 * @size: size of @path, bytes
 * @err: context on failure (bad input), may be NULL
 * @fmt: format of the path
 *
 * A path that was cut off names another file. Every path that is made from input goes through here.
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int dp_path(char *path, size_t size, struct dp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* dp_path() with the arguments of the format in a va_list. */
int dp_vpath(char *path, size_t size, struct dp_error *err, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/**
 * dp_read_file - read a whole file into memory, with a terminating NUL after it
 * @path: the file
 * @limit: largest size accepted, bytes
 * @data: receives the content; release with free()
 * @len: receives its length in bytes without the NUL, may be NULL
 * @err: context on failure, may be NULL
 *
 * Return: 0, -EFBIG past @limit, or the errno of open or read.
 */
int dp_read_file(const char *path, size_t limit, char **data, size_t *len, struct dp_error *err);

/**
 * dp_read_attr - read one attribute, without its trailing newline
 * @buf: receives the text
 * @size: its size in bytes; a longer value is cut
 * @fmt: path of the attribute
 *
 * Return: 0 or a negative errno.
 */
int dp_read_attr(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * dp_write_attr - write one attribute with a single write(2), as sysfs wants it
 * @value: the text
 * @fmt: path of the attribute
 *
 * Return: 0 or the negative errno that the kernel gave.
 */
int dp_write_attr(const char *value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * dp_write_all - write all bytes, with as many calls as it takes
 * @fd: descriptor
 * @data: bytes
 * @len: how many
 *
 * Return: 0 or a negative errno.
 */
int dp_write_all(int fd, const void *data, size_t len);

/**
 * dp_mkdir_p - make a folder and the missing ones above it (mode 0755)
 * @path: the folder
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_mkdir_p(const char *path, struct dp_error *err);

/**
 * dp_remove_tree - remove a folder and all below it, without following symbolic links
 * @path: the folder
 *
 * Return: 0, also if there is no such folder, or the first negative errno.
 */
int dp_remove_tree(const char *path);

/**
 * dp_exists - whether a path can be stat()ed
 * @fmt: the path
 */
bool dp_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * dp_link_name - last component of what a symbolic link points to
 * @buf: receives the name
 * @size: its size in bytes
 * @fmt: path of the link
 *
 * Return: 0, -ENAMETOOLONG if the name does not fit, or another negative errno.
 */
int dp_link_name(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * dp_memory_available - what the kernel can give away without swapping
 * @bytes: receives it (MemAvailable of /proc/meminfo)
 *
 * Return: 0 or a negative errno; -ENODATA if the kernel does not tell.
 */
int dp_memory_available(uint64_t *bytes);

#endif

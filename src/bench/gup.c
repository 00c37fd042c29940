// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mm developers' own stopwatch, mm/gup_test.c: PIN_LONGTERM_BENCHMARK pins a range with
 * pin_user_pages(FOLL_LONGTERM), as a registration does, and unpins it, and says how long each took
 * by the clock of the kernel. What is left of a registration is the verbs layer's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"

#define DEVICE "/sys/kernel/debug/gup_test"
/* FOLL_WRITE, which has kept its number: include/linux/mm.h, mm_types.h */
#define FOLL_WRITE 1
#define MAX_PAGES  8

/* As in mm/gup_test.h; the layout is the same since 5.11. */
struct gup_test {
	uint64_t get_us, put_us;
	uint64_t addr, size;
	uint32_t pages_per_call, gup_flags, test_flags;
	uint32_t which_pages[MAX_PAGES];
};
#define PIN_FAST_BENCHMARK     _IOWR('g', 2, struct gup_test)
#define PIN_LONGTERM_BENCHMARK _IOWR('g', 3, struct gup_test)

static int open_device(int *fd, struct dp_error *err)
{
	*fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	if (errno == ENOENT)
		return dp_skip(
			err, "this kernel has no gup_test, which the distributions leave out; for "
			     "guests, daxpin kernels fetch --with-gup-test builds it");
	return dp_fail(err, -errno, "cannot open %s", DEVICE);
}

/* Pins and unpins, as ib_umem_get() does. @test: receives how long that took */
static int pin(struct dp_bench_asker *a, int fd, unsigned long how, const struct dp_area *area,
	       struct gup_test *test)
{
	*test = (struct gup_test){ .addr = (uintptr_t)area->addr,
				   .size = area->len,
				   .pages_per_call = (uint32_t)(a->page / sizeof(void *)),
				   .gup_flags = FOLL_WRITE };
	if (test->pages_per_call > area->len / a->page)
		test->pages_per_call = (uint32_t)(area->len / a->page);
	if (ioctl(fd, how, test))
		return dp_fail(&a->err, -errno, "gup_test cannot pin");
	/* __gup_test_ioctl() ends where nothing more is pinned, and drops the errno. */
	if (test->size != area->len)
		return dp_skip(&a->err, "gup_test pins %llu of %zu bytes, and does not say why",
			       (unsigned long long)test->size, area->len);
	return 0;
}

/* The second time what is pinned is there, as for a warm registration. */
static int take(struct dp_bench_asker *a, int fd, const struct dp_area *area)
{
	struct gup_test slow, fast;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++)
		rc = pin(a, fd, PIN_LONGTERM_BENCHMARK, area, &slow);
	for (int i = 0; i < 2 && !rc; i++)
		rc = pin(a, fd, PIN_FAST_BENCHMARK, area, &fast);
	if (rc)
		return rc;
	dp_bench_note(a, DP_BENCH_GUP_GET, slow.get_us * 1000, 0);
	dp_bench_note(a, DP_BENCH_GUP_PUT, slow.put_us * 1000, 0);
	dp_bench_note(a, DP_BENCH_GUP_FAST, fast.get_us * 1000, 0);
	return 0;
}

int dp_bench_round_gup(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	dp_autofd int fd = -1;
	int rc = open_device(&fd, &a->err);

	if (!rc)
		rc = dp_bench_room_touched(a->bench->mapping, env, &area, &a->err);
	return rc ? rc : take(a, fd, &area);
}

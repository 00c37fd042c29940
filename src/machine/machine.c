// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine: one q35 with
 *
 *   node 0   1 GiB of RAM, all CPUs, and an NVDIMM of 3 GiB with labels: the namespaces of
 *            src/agent/devices.c
 *   node 1   an NVDIMM of 256 MiB that becomes kmem in ZONE_NORMAL
 *   node 2   an NVDIMM of 256 MiB that becomes kmem in ZONE_MOVABLE
 *
 * (a kmem node of its own for each zone, so that a mapping can be bound to the zone; the two have
 * no labels, which the guest would read through the ACPI interpreter, slowly), a disk for blockdev,
 * a free PCIe port, and a PCI test device whose BAR no driver claims, for pfnmap. An NVMe
 * controller with a CMB, for p2pdma, is plugged into the port when it is asked for: QEMU cannot
 * save a machine that has one.
 *
 * A machine with an IOMMU (boot->iommu) has one in front of all this, and more of the test devices,
 * for vfio.
 *
 * All memory is sparse, and anonymous unless the guest is to be saved or restored (snapshot.c).
 *
 * The guest's words come through the second serial port, or through a virtio port: without
 * ioeventfd, so that they have left the guest when its write() returns.
 *
 * Serial port, virtio port, monitor and GDB stub are socket pairs that QEMU inherits, so there are
 * no socket files. The console is a pipe: QEMU writes its bytes one by one, of which a socket has
 * room for some 280 and a pipe for 65536; where there is none the kernel polls the port until
 * daxpin has read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qemu.h"

#include "daxpin/agent.h"
#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/layout.h"
#include "daxpin/pinner.h"
#include "daxpin/proc.h"

/*
 * panic=-1 and -no-reboot: a kernel that panics ends QEMU. secretmem.enable: off by default before
 * 6.5. The rest spares time that emulation makes long and that has no bearing on pins: CPU bug
 * mitigations, zeroing at allocation, timer and TSC calibration, crypto self-tests, the accounting
 * of stalls, IPv6's search for neighbours on links that nobody sends through.
 */
#define CMDLINE                                                                                    \
	"console=ttyS0 quiet panic=-1 secretmem.enable=1 transparent_hugepage=madvise "            \
	"mitigations=off init_on_alloc=0 tsc=reliable no_timer_check random.trust_cpu=on "         \
	"cryptomgr.notests 8250.nr_uarts=2 rcupdate.rcu_expedited=1 lsm= printk.devkmsg=on "       \
	"psi=0 ipv6.disable_ipv6=1 "                                                               \
	"tsc_early_khz=%" PRIu64

const char *dp_accel_name(enum dp_accel accel)
{
	static const char *const names[] = { "auto", "tcg", "kvm" };

	return names[accel];
}

static void init_machine(struct dp_machine *machine)
{
	*machine = (struct dp_machine){ .pid = -1,
					.console = -1,
					.channel = -1,
					.stream = -1,
					.qmp = -1,
					.gdb = -1,
					.log = -1 };
}

/* One end for daxpin, the other for QEMU. */
static int make_pair(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	*ours = pair[0];
	*theirs = pair[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

/* The same, one way. */
static int make_pipe(int *ours, int *theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*ours = ends[0];
	*theirs = ends[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

/* The TSC and the time at one moment: a reading during which we were not interrupted for long. */
static uint64_t read_tsc(uint64_t *ns)
{
	uint64_t best = UINT64_MAX, tsc = 0;

	for (int i = 0; i < 20; i++) {
		struct timespec before, after;
		uint64_t now, gap;

		clock_gettime(CLOCK_MONOTONIC_RAW, &before);
		now = __builtin_ia32_rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &after);
		gap = (uint64_t)(after.tv_sec - before.tv_sec) * 1000000000 +
		      (uint64_t)(after.tv_nsec - before.tv_nsec);
		if (gap >= best)
			continue;
		best = gap;
		tsc = now;
		*ns = (uint64_t)before.tv_sec * 1000000000 + (uint64_t)before.tv_nsec;
	}
	return tsc;
}

/*
 * The guest's TSC is the host's, whether KVM or TCG runs it. A guest that calibrates it while the
 * host is busy gets it wrong by as much as a factor of two, and then all its times are; so it is
 * told (tsc_early_khz, from 5.9 on). It had better be right: with a value that is far too low the
 * guest's timers fire so often that it does nothing else.
 */
static uint64_t tsc_khz(void)
{
	uint64_t from = 0, to = 0;
	uint64_t tsc = read_tsc(&from);

	usleep(10000);
	tsc = read_tsc(&to) - tsc;
	return tsc * 1000000 / (to - from);
}

/* Where instructions are counted the TSC is their number, and each takes a nanosecond. */
#define COUNTED_KHZ 1000000

/* The console is the first of the ports. */
#define PORTS   5
#define CONSOLE 0

/* The options of a machine, of two words each, and some to spare for those of a layout. */
#define MAX_ARGUMENTS (96 + DP_COMMAND_WORDS)

/* QEMU's arguments, and the text of those that are not constant. */
struct arguments {
	const char *argv[MAX_ARGUMENTS];
	size_t count;
	char accel[32], ports[PORTS][48], objects[DP_MEMORIES][128], cmdline[768];
	char cpus[4], node[48], memory[48], devices[DP_VFIO_DEVICES][32];
};

static void add(struct arguments *a, const char *option, const char *value)
{
	a->argv[a->count++] = option;
	if (value)
		a->argv[a->count++] = value;
}

/*
 * Files are aligned like anonymous memory is; with less, the NVDIMMs would lie at addresses of
 * which no namespace can be made.
 */
static void add_memory(const struct dp_boot *boot, int i, struct arguments *a)
{
	const char *name = dp_memory_name(i);
	uint64_t bytes = dp_memory_size(boot->layout, i);
	char *text = a->objects[i];
	size_t size = sizeof(a->objects[i]);

	if (boot->memory[i] < 0)
		snprintf(text, size, "memory-backend-ram,id=%s,size=%" PRIu64, name, bytes);
	else
		snprintf(text, size,
			 "memory-backend-file,id=%s,size=%" PRIu64
			 ",align=2M,share=%s,mem-path=/proc/self/fd/%d",
			 name, bytes, boot->restore ? "off" : "on", boot->memory[i]);
	add(a, "-object", text);
}

static void add_memories(const struct dp_boot *boot, struct arguments *a)
{
	static const char *const nvdimms[DP_MEMORIES] = {
		NULL,
		"nvdimm,id=" DP_LABELLED_ID ",memdev=pmem0,label-size=128K,node=0",
		"nvdimm,id=nvdimm1,memdev=pmem1,node=1",
		"nvdimm,id=nvdimm2,memdev=pmem2,node=2",
	};

	snprintf(a->memory, sizeof(a->memory), "%" PRIu64 "M,slots=4,maxmem=16G",
		 dp_memory_size(boot->layout, DP_RAM) >> 20);
	snprintf(a->node, sizeof(a->node), "node,nodeid=0,cpus=0-%u,memdev=ram", boot->cpus - 1);
	add(a, "-m", a->memory);
	add_memory(boot, DP_RAM, a);
	add(a, "-numa", a->node);
	add(a, "-numa", "node,nodeid=1");
	add(a, "-numa", "node,nodeid=2");
	for (int i = DP_RAM + 1; i < DP_MEMORIES; i++) {
		if (!dp_memory_size(boot->layout, i))
			continue;
		add_memory(boot, i, a);
		add(a, "-device", nvdimms[i]);
	}
}

/*
 * 1 GiB pages are what devdax-1G is about; five-level tables only cost, and so do registers that
 * each switch of tasks saves, a rep movsb that the guest believes to be fast (TCG moves one byte at
 * a time), and SMAP, which cuts what is translated into pieces at each copy from or to a process.
 */
#define TCG_CPU "max,la57=off,erms=off,fsrm=off,avx=off,avx2=off,mpx=off,pku=off,smap=off"

static void add_platform(const struct dp_boot *boot, struct arguments *a)
{
	static const char *const options[] = {
		"-nodefaults", "-no-user-config", "-no-reboot",
		"-name",       "daxpin",          "-display",
		"none",        "-machine",        "q35,nvdimm=on,hpet=off",
	};

	add(a, DP_QEMU, NULL);
	for (size_t i = 0; i < DP_ARRAY_SIZE(options); i++)
		add(a, options[i], NULL);
	snprintf(a->accel, sizeof(a->accel), "%s",
		 boot->accel == DP_ACCEL_KVM ? "kvm"
		 : boot->at_once             ? "tcg,thread=multi"
					     : "tcg,thread=single");
	add(a, "-accel", a->accel);
	if (boot->counts)
		add(a, "-icount", "shift=0,sleep=off");
	add(a, "-cpu", boot->accel == DP_ACCEL_KVM ? "host" : TCG_CPU);
	snprintf(a->cpus, sizeof(a->cpus), "%u", boot->cpus);
	add(a, "-smp", a->cpus);
}

/* Serial ports, virtio port, monitor and GDB stub. */
static void add_ports(const int *ports, struct arguments *a)
{
	static const char *const ids[PORTS] = { "console", "channel", "stream", "qmp", DP_GDB_ID };

	for (int i = 0; i < PORTS; i++) {
		snprintf(a->ports[i], sizeof(a->ports[i]),
			 i == CONSOLE ? "file,id=%s,path=/proc/self/fd/%d" : "socket,id=%s,fd=%d",
			 ids[i], ports[i]);
		add(a, "-chardev", a->ports[i]);
	}
	add(a, "-serial", "chardev:console");
	add(a, "-serial", "chardev:channel");
	add(a, "-device", "virtio-serial-pci,max_ports=2,ioeventfd=off");
	add(a, "-device", "virtserialport,nr=1,chardev=stream");
	add(a, "-mon", "chardev=qmp,mode=control");
}

static void add_devices(struct arguments *a)
{
	add(a, "-blockdev", "null-co,node-name=disk,size=67108864,read-zeroes=on");
	add(a, "-device", "virtio-blk-pci,drive=disk");
	add(a, "-blockdev", "null-co,node-name=nvme-disk,size=67108864,read-zeroes=on");
	add(a, "-device", "pcie-root-port,id=port0,chassis=1,slot=1,pref64-reserve=64M");
	add(a, "-device", "pci-testdev,membar=16M");
}

/* Each device on the root bus is a group of its own. The IOMMU comes first: docs of QEMU want that.
 */
static void add_iommu(struct arguments *a)
{
	add(a, "-device", "intel-iommu,intremap=on");
	for (unsigned int i = 0; i < DP_VFIO_DEVICES; i++) {
		snprintf(a->devices[i], sizeof(a->devices[i]), "pci-testdev,addr=%x",
			 DP_VFIO_SLOT + i);
		add(a, "-device", a->devices[i]);
	}
}

/* What a restored guest was booted with is in its memory: QEMU need not load it. */
static void add_start(const struct dp_boot *boot, uint64_t khz, struct arguments *a)
{
	snprintf(a->cmdline, sizeof(a->cmdline), CMDLINE "%s%s%s%s%s%s", khz,
		 boot->counts ? " " DP_COUNTS_FLAG : "", boot->keep ? " " DP_KEEP_FLAG : "",
		 boot->witness ? " " DP_WITNESS_FLAG : "", boot->iommu ? " intel_iommu=on" : "",
		 boot->layout ? " " DP_LAYOUT_FLAG " " : "",
		 boot->layout ? boot->layout->cmdline : "");
	if (boot->restore) {
		add(a, "-incoming", "defer");
		return;
	}
	add(a, "-kernel", boot->kernel);
	add(a, "-initrd", boot->image);
	add(a, "-append", a->cmdline);
}

static void make_arguments(const struct dp_boot *boot, const int *ports, uint64_t khz,
			   struct arguments *a)
{
	a->count = 0;
	add_platform(boot, a);
	add_memories(boot, a);
	if (boot->iommu)
		add_iommu(a);
	add_ports(ports, a);
	add_devices(a);
	for (size_t i = 0; boot->layout && i < boot->layout->qemu.count; i++)
		add(a, boot->layout->qemu.list[i], NULL);
	add_start(boot, khz, a);
	a->argv[a->count] = NULL;
}

static pid_t start(const struct dp_boot *boot, const int *theirs, struct dp_error *err)
{
	struct arguments a;
	int keep[PORTS + DP_MEMORIES + 1];
	size_t nkeep = 0;

	/* A restored guest goes on with the one that it was told at its beginning. */
	make_arguments(boot, theirs,
		       boot->restore  ? 0
		       : boot->counts ? COUNTED_KHZ
				      : tsc_khz(),
		       &a);
	for (int i = 0; i < PORTS; i++)
		keep[nkeep++] = theirs[i];
	for (int i = 0; i < DP_MEMORIES; i++)
		if (boot->memory[i] >= 0)
			keep[nkeep++] = boot->memory[i];
	if (boot->state >= 0)
		keep[nkeep++] = boot->state;
	return dp_spawn(a.argv, -1, theirs[PORTS], keep, nkeep, err);
}

/* The time stamp counter's frequency is in the saved guest, so it must go on with the same one. */
static void add_processor(struct dp_key *key)
{
	dp_autofree char *text = NULL;
	char *model;

	if (dp_read_file("/proc/cpuinfo", 16 << 20, &text, NULL, NULL))
		return;
	model = strstr(text, "model name");
	if (!model)
		return;
	model[strcspn(model, "\n")] = '\0';
	dp_key_text(key, model);
}

int dp_machine_key(const struct dp_boot *boot, struct dp_key *key, struct dp_error *err)
{
	static const int none[PORTS] = { -1, -1, -1, -1, -1 };
	char qemu[PATH_MAX];
	struct arguments a;
	int rc = dp_find_program(DP_QEMU, qemu, sizeof(qemu));

	if (rc) {
		dp_report(err, rc, "the program %s was not found", DP_QEMU);
		return dp_hint(err, "install the package qemu-system-x86");
	}
	make_arguments(boot, none, 0, &a);
	for (const char *const *arg = a.argv; *arg; arg++)
		if (*arg != boot->kernel && *arg != boot->image)
			dp_key_text(key, *arg);
	add_processor(key);
	/* Its version, and everything else that makes one QEMU another. */
	rc = dp_key_content(key, qemu);
	return rc ? dp_fail(err, rc, "cannot read %s", qemu) : 0;
}

/*
 * A file that others have, too, or will have, must not be the memory of a machine with a balloon:
 * QEMU would punch holes into it. The one of the NVDIMM whose labels are looked at is the guest's
 * own (session.c), unless the guest is saved or restored.
 */
static int keep_files_whole(const struct dp_boot *boot, struct dp_error *err)
{
	bool shared = boot->restore || boot->state >= 0;

	for (int i = 0; i < DP_MEMORIES; i++)
		shared |= i != DP_LABELLED && boot->memory[i] >= 0;
	if (!shared || !dp_layout_has_balloon(boot->layout))
		return 0;
	return dp_report(err, -EINVAL,
			 "a machine with a balloon is neither saved nor restored: what goes into "
			 "the balloon would be holes in the file that is its memory");
}

int dp_machine_start(const struct dp_boot *boot, struct dp_machine *machine, struct dp_error *err)
{
	int theirs[PORTS + 1] = { -1, -1, -1, -1, -1, -1 };
	int *ours[PORTS + 1] = { &machine->console, &machine->channel, &machine->stream,
				 &machine->qmp,     &machine->gdb,     &machine->log };
	int rc = keep_files_whole(boot, err);

	init_machine(machine);
	if (rc)
		return rc;
	for (int i = 0; i <= PORTS && !rc; i++)
		rc = i == CONSOLE ? make_pipe(ours[i], &theirs[i]) : make_pair(ours[i], &theirs[i]);
	if (rc)
		dp_fail(err, rc, "cannot make a pipe or a socket pair for QEMU");
	else
		machine->pid = start(boot, theirs, err);
	for (int i = 0; i <= PORTS; i++)
		dp_closep(&theirs[i]);
	if (!rc && machine->pid < 0) {
		dp_hint(err, "install the package qemu-system-x86");
		rc = machine->pid;
	}
	if (rc)
		dp_machine_stop(machine);
	return rc;
}

void dp_machine_stop(struct dp_machine *machine)
{
	if (machine->pid > 0) {
		kill(machine->pid, SIGKILL);
		while (waitpid(machine->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	dp_closep(&machine->console);
	dp_closep(&machine->channel);
	dp_closep(&machine->stream);
	dp_closep(&machine->qmp);
	dp_closep(&machine->gdb);
	dp_closep(&machine->log);
	init_machine(machine);
}

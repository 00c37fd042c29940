// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/agent.h"
#include "daxpin/cleanup.h"
#include "daxpin/signals.h"

static const char help[] =
	"Usage: daxpin COMMAND [OPTIONS]\n"
	"\n"
	"Registers RDMA memory regions over DAX and the mappings beside it, and judges\n"
	"what the kernel does.\n"
	"\n"
	"Commands:\n"
	"  guest      do it in an emulated machine that daxpin brings\n"
	"  check      may each kind of mapping be pinned? on this machine\n"
	"  teardown   what happens when a device goes away under the pin? on this machine,\n"
	"             to a device that is named\n"
	"  traffic    do the bytes arrive, and is what must be refused? on this machine, or\n"
	"             between two\n"
	"  judge      verdicts anew, from stored results\n"
	"  compare    two stored results: what got better, what got worse\n"
	"  kernels    the kernels that guests can be given\n"
	"  list       the RDMA devices, DAX devices, namespaces and DAX mounts here\n"
	"  explain    why a file or device can or cannot be registered\n"
	"  cache      what daxpin keeps for guests, and getting rid of it\n"
	"\n"
	"daxpin COMMAND --help tells more; daxpin(1) tells all.\n"
	"Exit codes: 0 nothing failed, 1 something failed, 2 bad usage or input,\n"
	"3 the run could not be carried out.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "guest", cli_guest },     { "check", cli_check }, { "teardown", cli_teardown },
	{ "traffic", cli_traffic }, { "judge", cli_judge }, { "compare", cli_compare },
	{ "kernels", cli_kernels }, { "list", cli_list },   { "explain", cli_explain },
	{ "cache", cli_cache },
};

static int bad_usage(const char *word)
{
	fprintf(stderr,
		word ? "daxpin: unknown command \"%s\"; daxpin --help lists them\n"
		     : "daxpin: a command is missing; daxpin --help lists them\n",
		word);
	return 2;
}

int main(int argc, char **argv)
{
	if (getpid() == 1 && !strcmp(argv[0], "/init"))
		dp_agent_main();
	if (argc < 2)
		return bad_usage(NULL);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return fputs(help, stdout) < 0;
	if (!strcmp(argv[1], "--version"))
		return printf("daxpin %s\n", DP_VERSION) < 0;
	dp_signals_catch();
	for (size_t i = 0; i < DP_ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return bad_usage(argv[1]);
}

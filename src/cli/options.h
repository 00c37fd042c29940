/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands and their options, as tables. A row says how an option is written, what it takes, where
 * the value goes, and what it is for. The parser, --help, the completion of the shells and the
 * option sections of daxpin(1) are made from these rows and from nothing else.
 *
 * A table fills one structure. A file that has tables names it before them:
 *
 *     #define CLI_OPTIONS struct list_options
 *
 *     static const struct cli_option options[] = {
 *             OPT_FLAG("ids", 0, ids, "Print the ids of all cases."),
 *             CLI_END,
 *     };
 */
#ifndef DAXPIN_CLI_OPTIONS_H
#define DAXPIN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daxpin/error.h"

/* How often an option may be repeated. */
#define CLI_MAX_LIST 64

enum cli_kind {
	CLI_FLAG,
	CLI_STRING,
	CLI_NUMBER,
	CLI_SECONDS,
	CLI_SIZE,
	CLI_LIST,
	CLI_CALLBACK,
};

/* From what a shell completes a value, or a word that is no option. */
enum cli_source {
	CLI_NOTHING,
	CLI_FILES,
	CLI_FOLDERS,
	CLI_IDS,      /* of cases, those of the command */
	CLI_KERNELS,  /* what --kernel of guest takes */
	CLI_ADAPTERS, /* RDMA devices */
	CLI_PINNERS,  /* that pin, by their names */
	CLI_DEVICES,  /* DAX devices and disks */
	CLI_FORMATS,  /* of reports, as they are registered */
	CLI_REPORTS,  /* FORMAT=FILE */
	CLI_CARRIERS, /* of DAX memory, as they are registered */
	CLI_COMMANDS, /* another command of daxpin */
};

struct cli_option {
	const char *name;     /* without dashes; NULL ends a table */
	char letter;          /* 0 without */
	const char *variable; /* what the value is called; NULL for a flag */
	const char *help;     /* sentences */
	enum cli_kind kind;
	size_t field;      /* offset of the value in the structure */
	size_t count;      /* of a list: offset of its length, a size_t */
	size_t size;       /* of a number: of the field, bytes */
	uint64_t min, max; /* of a number */
	int (*take)(void *field, const char *value, struct dp_error *err); /* of a callback */
	const char *choices; /* "a, b, c": nothing else is accepted; NULL for anything */
	const char *initial; /* the value if none is given; NULL: what the field has */
	const char *bare;    /* the value of the option alone: one that is given is in its word */
	enum cli_source source; /* formats are choices as well */
};

#define CLI_FIELD(member) offsetof(CLI_OPTIONS, member)
/* The offset of a member that has this type; another does not build. */
#define CLI_TYPED(member, type)                                                                    \
	(CLI_FIELD(member) +                                                                       \
	 0 * sizeof(struct {                                                                       \
		 _Static_assert(__builtin_types_compatible_p(                                      \
					__typeof__(((CLI_OPTIONS *)0)->member), type),             \
				#member " has another type");                                      \
		 int unused;                                                                       \
	 }))

/* Rows. What follows @text_ are further members of struct cli_option, such as .source. */
#define OPT_ROW(name_, letter_, variable_, text_, ...)                                             \
	{                                                                                          \
		.name = name_, .letter = letter_, .variable = variable_, .help = text_,            \
		__VA_ARGS__                                                                        \
	}
/* bool */
#define OPT_FLAG(name, letter, member, text)                                                       \
	OPT_ROW(name, letter, NULL, text, .kind = CLI_FLAG, .field = CLI_TYPED(member, bool))
/* const char * */
#define OPT_STRING(name, letter, variable, member, text, ...)                                      \
	OPT_ROW(name, letter, variable, text, .kind = CLI_STRING,                                  \
		.field = CLI_TYPED(member, const char *), ##__VA_ARGS__)
/* const char *[CLI_MAX_LIST], and the size_t that counts them */
#define OPT_LIST(name, letter, variable, member, counter, text, ...)                               \
	OPT_ROW(name, letter, variable, text, .kind = CLI_LIST,                                    \
		.field = CLI_TYPED(member, const char *[CLI_MAX_LIST]),                            \
		.count = CLI_TYPED(counter, size_t), ##__VA_ARGS__)
/* uint64_t or unsigned int; a whole number from @from to @to */
#define OPT_NUMBER(name, letter, variable, member, from, to, text, ...)                            \
	OPT_ROW(name, letter, variable, text, .kind = CLI_NUMBER, .field = CLI_FIELD(member),      \
		.size = sizeof(((CLI_OPTIONS *)0)->member), .min = from, .max = to, ##__VA_ARGS__)
/* uint64_t; whole seconds, stored in ms */
#define OPT_SECONDS(name, letter, variable, member, text, ...)                                     \
	OPT_ROW(name, letter, variable, text, .kind = CLI_SECONDS,                                 \
		.field = CLI_TYPED(member, uint64_t), ##__VA_ARGS__)
/* uint64_t; bytes */
#define OPT_SIZE(name, letter, variable, member, text, ...)                                        \
	OPT_ROW(name, letter, variable, text, .kind = CLI_SIZE,                                    \
		.field = CLI_TYPED(member, uint64_t), ##__VA_ARGS__)
/* Of any type: @fn is given its address, and the value. */
#define OPT_CALLBACK(name, letter, variable, member, fn, text, ...)                                \
	OPT_ROW(name, letter, variable, text, .kind = CLI_CALLBACK, .field = CLI_FIELD(member),    \
		.take = fn, ##__VA_ARGS__)
/* bool: whether the output is JSON rather than text */
#define OPT_JSON(member)                                                                           \
	OPT_CALLBACK("format", 0, "FORMAT", member, cli_take_json, "Print in this format.",        \
		     .choices = "text, json", .initial = "text")
#define CLI_END                                                                                    \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* Rows that belong together. */
struct cli_group {
	const struct cli_option *options; /* NULL ends a list of groups */
	/* Of rows that several commands share: daxpin(1) has them once, under this. */
	const char *title;
	/* Of rows that a command takes on the host only: why not in the guest. */
	const char *host_only;
};

struct cli_call;

struct cli_command {
	const char *name;
	const char *brief;        /* one line */
	const char *const *usage; /* what follows "daxpin", ended by NULL */
	/*
	 * Paragraphs, "\n\n" between them; a line "TERM\tTEXT" explains a word. The notes stand
	 * after the options and may be NULL.
	 */
	const char *about, *notes;
	const struct cli_group *groups;            /* NULL if there are no options */
	const struct cli_command *const *commands; /* of its own, ended by NULL; or NULL */
	enum cli_source operand;                   /* what its words are */
	bool stops;                                /* options end where the first word stands */
	int (*run)(struct cli_call *call);         /* the exit code; NULL: that of its commands */
};

/* The lists of a command. */
#define CLI_USAGE(...)                                                                             \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define CLI_GROUPS(...)                                                                            \
	(const struct cli_group[])                                                                 \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			.options = NULL                                                            \
		}                                                                                  \
	}
#define CLI_SUBCOMMANDS(...)                                                                       \
	(const struct cli_command *const[])                                                        \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* A command with its words, as they were given. */
struct cli_call {
	const struct cli_command *command;
	const struct cli_command *parent; /* NULL for daxpin itself */
	char name[64];                    /* "guest check", "" for daxpin itself */
	char **words;                     /* after the name; cli_parse() leaves the operands */
	int count;
};

/* ---- command.c: what a table says --------------------------------------------------------- */

/* The call of one of the command's own commands, without words. */
struct cli_call cli_call_of(const struct cli_call *call, const struct cli_command *command);

/* Whether the rows of a group are taken in this call. */
bool cli_group_applies(const struct cli_group *group, const struct cli_call *call);

/**
 * cli_option_find - a row of a command by its name or letter
 * @groups: of the command; NULL for none
 * @name: without dashes, not ended by NUL; of a short option, its letter
 * @len: its length in bytes
 * @brief: @name is a letter
 * @group: receives the row's group, may be NULL
 *
 * Return: NULL if there is none.
 */
const struct cli_option *cli_option_find(const struct cli_group *groups, const char *name,
					 size_t len, bool brief, const struct cli_group **group);

/* Writes "a, b, c" if only those are accepted. Return: whether that is so. */
#define CLI_CHOICES 256 /* room for them, bytes */
bool cli_choices(const struct cli_option *option, char *text, size_t size);

/* What the completion scripts call a source; "" if there is nothing to offer. */
const char *cli_source_name(enum cli_source source);

/* The source of the words that a call takes. */
enum cli_source cli_operand(const struct cli_call *call);

/* Writes all that is said of an option: what it is for, what it accepts, and its default. */
void cli_option_text(const struct cli_option *option, const struct cli_group *group, char *text,
		     size_t size);

/* Calls @visit for a call, and then for each command below it, in the order of the tables. */
void cli_walk(const struct cli_call *call, void (*visit)(const struct cli_call *call, void *arg),
	      void *arg);

/* ---- options.c: the parser ---------------------------------------------------------------- */

/* What cli_parse() returns when --help has been answered: neither an errno nor an exit code. */
#define CLI_ANSWERED 256

/**
 * cli_parse - read the options of a command
 * @call: loses them; the words that are none are left, in their order
 * @options: the structure that the command's tables fill; NULL without tables
 * @err: names the option and the command (bad input)
 *
 * Long options are written --name VALUE or --name=VALUE, and never abbreviated; short ones
 * -l VALUE or -lVALUE. Of an option that needs no value, only --name=VALUE gives one. "--" ends
 * the options.
 *
 * Return: 0, CLI_ANSWERED, or -EINVAL.
 */
int cli_parse(struct cli_call *call, void *options, struct dp_error *err);

/* Refuses operands past the first @most. Return: 0 or -EINVAL. */
int cli_operands_end(const struct cli_call *call, int most, struct dp_error *err);

/**
 * cli_descend - find the command that the first operand names, among the command's own
 * @call: the command, parsed
 * @sub: receives the call of the other
 * @err: that there is none, or that it is unknown (bad input)
 *
 * Return: 0 or -EINVAL.
 */
int cli_descend(const struct cli_call *call, struct cli_call *sub, struct dp_error *err);

/* Carries a call out, through commands of commands. Return: the exit code. */
int cli_dispatch(struct cli_call *call);

/* For OPT_JSON(). */
int cli_take_json(void *field, const char *value, struct dp_error *err);

/* ---- help.c ------------------------------------------------------------------------------- */

/* Writes what --help prints. */
void cli_help(FILE *out, const struct cli_call *call);

/* ---- what is made from the tables, one file each ------------------------------------------ */

/* Write the completion of a shell; @root is daxpin itself. */
void cli_complete_bash(FILE *out, const struct cli_call *root);
void cli_complete_zsh(FILE *out, const struct cli_call *root);

/**
 * cli_fill_man - write daxpin(1)
 * @out: receives it
 * @in: the page, with lines @SYNOPSIS@ and @OPTIONS@ that are filled in, and @VERSION@ in any line
 * @root: daxpin itself
 */
void cli_fill_man(FILE *out, FILE *in, const struct cli_call *root);

/**
 * cli_error_print - print an error as one line on stderr: "daxpin: WHAT; HINT"
 * @err: the error
 *
 * Return: the exit code that belongs to it, 2 for bad input and 3 for a run that failed.
 */
int cli_error_print(const struct dp_error *err);

#endif

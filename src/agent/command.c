// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands as JSON, both ways. A member of a command is a row in a table: its key, its type, where
 * it is in struct dp_command, and its limits. Reading, writing, checking and releasing go through
 * the rows, so that what is written can be read.
 *
 *   {"command":"check","only":["devdax-*"],"part":0,"parts":1,"size":2097152,"cell_limit_ms":60000}
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/traffic.h"

/* A command, its items, an item, its ledger, the extents, an extent; and one to spare. */
#define DEPTH_LIMIT 7
/* Bytes around a line when it is sent: an empty line before, the end, and a NUL. */
#define FRAME  4
#define DAY_MS (24ULL * 3600 * 1000)
/* 1 TiB is more than any guest has. */
#define SIZE_LIMIT (1ULL << 40)

static const char *const fault_names[DP_FAULTS] = {
	NULL, "panic", "hang", "silence", "flood", "long-line", "false-ids", "early-done",
};

enum dp_fault dp_fault_find(const char *name)
{
	for (int i = DP_FAULT_NONE + 1; i < DP_FAULTS; i++)
		if (!strcmp(name, fault_names[i]))
			return (enum dp_fault)i;
	return DP_FAULT_NONE;
}

static int read_fault(struct json_object *value, void *at)
{
	enum dp_fault *found = at;

	if (json_object_is_type(value, json_type_string))
		*found = dp_fault_find(json_object_get_string(value));
	return *found ? 0 : -EBADMSG;
}

static struct json_object *write_fault(const void *at)
{
	const enum dp_fault *have = at;

	return *have ? json_object_new_string(fault_names[*have]) : NULL;
}

static bool fault_fits(const struct dp_member *m, const void *at)
{
	(void)m;
	return *(const enum dp_fault *)at < DP_FAULTS;
}

static const struct dp_type fault = { "a fault", read_fault, write_fault, fault_fits, NULL };

static int read_level(struct json_object *value, void *at)
{
	enum dp_witness_level *level = at;

	if (json_object_is_type(value, json_type_string))
		*level = dp_witness_level_find(json_object_get_string(value));
	return *level ? 0 : -EBADMSG;
}

static struct json_object *write_level(const void *at)
{
	const enum dp_witness_level *have = at;

	return *have ? json_object_new_string(dp_witness_level_name(*have)) : NULL;
}

static bool level_fits(const struct dp_member *m, const void *at)
{
	(void)m;
	return *(const enum dp_witness_level *)at < DP_WITNESS_LEVELS;
}

static const struct dp_type level = { "a level of the witness", read_level, write_level, level_fits,
				      NULL };

#define REQUIRED(key, type, at, least, most)                                                       \
	{                                                                                          \
		key, &(type), at, true, least, most, 0                                             \
	}
#define OPTIONAL(key, type, at, least, most, absent)                                               \
	{                                                                                          \
		key, &(type), at, false, least, most, absent                                       \
	}
#define MEMBERS(list)                                                                              \
	{                                                                                          \
		list, DP_ARRAY_SIZE(list)                                                          \
	}

#define KEPT(member) offsetof(struct dp_kept, member)
static const struct dp_member kept_list[] = {
	REQUIRED("id", dp_type_text, KEPT(id), 1, 95),
	REQUIRED("mapping", dp_type_text, KEPT(mapping), 1, 63),
	OPTIONAL("start", dp_type_text, KEPT(start), 1, 31, 0),
	REQUIRED("size", dp_type_number, KEPT(size), 1, SIZE_LIMIT),
	REQUIRED("ledger", dp_type_object, KEPT(ledger), 0, 0),
};
static const struct dp_members kept_members = MEMBERS(kept_list);

static int read_kept(struct json_object *value, void *at)
{
	struct dp_kept_list *kept = at;
	size_t length = dp_json_count(value);
	int rc = length ? 0 : -EBADMSG;

	kept->list = calloc(length + 1, sizeof(*kept->list));
	if (!kept->list)
		return -ENOMEM;
	for (size_t i = 0; i < length && !rc; i++)
		rc = dp_members_read(&kept_members, json_object_array_get_idx(value, i), NULL,
				     &kept->list[kept->count++], NULL);
	return rc;
}

static struct json_object *write_kept(const void *at)
{
	struct json_object *array = json_object_new_array();
	const struct dp_kept_list *kept = at;

	for (size_t i = 0; i < kept->count; i++) {
		struct json_object *item = json_object_new_object();

		dp_members_write(&kept_members, &kept->list[i], item);
		json_object_array_add(array, item);
	}
	return array;
}

static bool kept_fit(const struct dp_member *m, const void *at)
{
	const struct dp_kept_list *kept = at;

	for (size_t i = 0; i < kept->count; i++)
		if (dp_members_check(&kept_members, &kept->list[i], NULL))
			return false;
	return kept->count >= m->least && kept->count <= m->most;
}

static void clear_kept(void *at)
{
	struct dp_kept_list *kept = at;

	for (size_t i = 0; i < kept->count; i++)
		dp_members_clear(&kept_members, &kept->list[i]);
	free(kept->list);
}

static const struct dp_type kept = { "a list of what was kept", read_kept, write_kept, kept_fit,
				     clear_kept };

/* ---- the commands ------------------------------------------------------------------------ */

#define AT(member) offsetof(struct dp_command, member)
#define SIZE(in)   REQUIRED("size", dp_type_number, AT(in.size), 1, SIZE_LIMIT)
#define ONLY(in)   OPTIONAL("only", dp_type_words, AT(in.only), 0, DP_COMMAND_WORDS, 0)
#define RDMA(in)   OPTIONAL("rdma", dp_type_text, AT(in.rdma), 1, 63, 0)
#define SEED(in)   REQUIRED("seed", dp_type_number, AT(in.seed), 0, INT64_MAX)

static const struct dp_member check[] = {
	ONLY(check),
	OPTIONAL("part", dp_type_number, AT(check.part), 0, 63, 0),
	OPTIONAL("parts", dp_type_number, AT(check.parts), 1, 64, 1),
	SIZE(check),
	REQUIRED("cell_limit_ms", dp_type_number, AT(check.cell_limit_ms), 1, DAY_MS),
	RDMA(check),
	OPTIONAL("fault", fault, AT(check.fault), 0, 0, 0),
	OPTIONAL("witness", level, AT(check.witness), 0, 0, 0),
	OPTIONAL("carried", dp_type_flag, AT(check.carried), 0, 0, 0),
};
static const struct dp_member pinner[] = {
	ONLY(check),
	OPTIONAL("pinners", dp_type_words, AT(check.pinners), 0, DP_COMMAND_WORDS, 0),
	OPTIONAL("part", dp_type_number, AT(check.part), 0, 63, 0),
	OPTIONAL("parts", dp_type_number, AT(check.parts), 1, 64, 1),
	SIZE(check),
	REQUIRED("cell_limit_ms", dp_type_number, AT(check.cell_limit_ms), 1, DAY_MS),
	OPTIONAL("witness", level, AT(check.witness), 0, 0, 0),
	OPTIONAL("carried", dp_type_flag, AT(check.carried), 0, 0, 0),
};
static const struct dp_member limit[] = {
	ONLY(limit),
	RDMA(limit),
};
static const struct dp_member teardown[] = {
	REQUIRED("id", dp_type_text, AT(scenario.id), 1, 95),
	SIZE(scenario),
	RDMA(scenario),
	OPTIONAL("pinner", dp_type_text, AT(scenario.pinner), 1, 63, 0),
	OPTIONAL("witness", dp_type_flag, AT(scenario.witness), 0, 0, 0),
};
static const struct dp_member order[] = {
	REQUIRED("id", dp_type_text, AT(scenario.id), 1, 95),
	SIZE(scenario),
	RDMA(scenario),
	OPTIONAL("witness", dp_type_flag, AT(scenario.witness), 0, 0, 0),
};
static const struct dp_member race[] = {
	REQUIRED("id", dp_type_text, AT(scenario.id), 1, 95),
	SIZE(scenario),
	RDMA(scenario),
	OPTIONAL("iterations", dp_type_number, AT(scenario.iterations), 0, INT64_MAX, 0),
	OPTIONAL("duration_ms", dp_type_number, AT(scenario.duration_ms), 0, DAY_MS, 0),
	SEED(scenario),
	OPTIONAL("witness", dp_type_flag, AT(scenario.witness), 0, 0, 0),
	OPTIONAL("biased", dp_type_flag, AT(scenario.biased), 0, 0, 0),
};
static const struct dp_member traffic[] = {
	ONLY(traffic),
	SIZE(traffic),
	SEED(traffic),
	REQUIRED("limit_ms", dp_type_number, AT(traffic.limit_ms), 1, DAY_MS),
	OPTIONAL("reference", dp_type_flag, AT(traffic.reference), 0, 0, 0),
};
static const struct dp_member state[] = {
	ONLY(state),
	SIZE(state),
	RDMA(state),
};
static const struct dp_member bench[] = {
	ONLY(bench),
	RDMA(bench),
};
static const struct dp_member reread[] = {
	REQUIRED("items", kept, AT(reread.items), 1, DP_COMMAND_WORDS),
	SIZE(reread),
};
static const struct dp_member as_host[] = {
	REQUIRED("arguments", dp_type_words, AT(as_host.arguments), 0, DP_COMMAND_WORDS),
	OPTIONAL("far", dp_type_words, AT(as_host.far), 0, DP_COMMAND_WORDS, 0),
	OPTIONAL("far_dies_ms", dp_type_number, AT(as_host.far_dies_ms), 0, DAY_MS, 0),
	OPTIONAL("empty", dp_type_flag, AT(as_host.empty), 0, 0, 0),
	OPTIONAL("steps", dp_type_words, AT(as_host.steps), 0, DP_COMMAND_WORDS, 0),
};

static const struct {
	const char *name;
	struct dp_members members;
} commands[DP_COMMANDS] = {
	[DP_COMMAND_CHECK] = { "check", MEMBERS(check) },
	[DP_COMMAND_PINNER] = { "pinner", MEMBERS(pinner) },
	[DP_COMMAND_LIMITS] = { "limit", MEMBERS(limit) },
	[DP_COMMAND_TEARDOWN] = { "teardown", MEMBERS(teardown) },
	[DP_COMMAND_RACE] = { "race", MEMBERS(race) },
	[DP_COMMAND_ORDER] = { "order", MEMBERS(order) },
	[DP_COMMAND_TRAFFIC] = { "traffic", MEMBERS(traffic) },
	[DP_COMMAND_STATE] = { "state", MEMBERS(state) },
	[DP_COMMAND_BENCH] = { "bench", MEMBERS(bench) },
	[DP_COMMAND_REREAD] = { "reread", MEMBERS(reread) },
	[DP_COMMAND_AS_HOST] = { "as-host", MEMBERS(as_host) },
};

static int check_command(const struct dp_command *command, struct dp_error *err)
{
	int rc = dp_members_check(&commands[command->kind].members, command, err);

	if (!rc && (command->kind == DP_COMMAND_CHECK || command->kind == DP_COMMAND_PINNER) &&
	    command->check.part >= command->check.parts)
		return dp_bad_input(err, "\"part\" is not below \"parts\"");
	return rc;
}

/* Which command it is that something is wrong with. */
static int refuse(const struct dp_command *command, const struct dp_error *what,
		  struct dp_error *err)
{
	dp_report(err, what->code, "the command \"%s\": %s", commands[command->kind].name,
		  what->what);
	if (err)
		err->input = what->input;
	return what->code;
}

int dp_command_to_json(const struct dp_command *command, char **line, struct dp_error *err)
{
	struct dp_error what = { 0 };
	dp_autojson struct json_object *obj = NULL;

	if (check_command(command, &what))
		return refuse(command, &what, err);
	obj = json_object_new_object();
	dp_json_add_text(obj, "command", commands[command->kind].name);
	dp_members_write(&commands[command->kind].members, command, obj);
	*line = dp_json_line(obj);
	if (!*line)
		return -ENOMEM;
	if (strlen(*line) <= DP_COMMAND_LIMIT - FRAME)
		return 0;
	dp_freep(line);
	*line = NULL;
	return dp_bad_input(err, "what the guest would be told is longer than %d bytes",
			    DP_COMMAND_LIMIT - FRAME),
	       -E2BIG;
}

static int find_command(struct json_object *obj, struct dp_command *command, struct dp_error *err)
{
	const char *name = dp_json_text(obj, "command");

	if (!name)
		return dp_report(err, -EBADMSG, "\"command\" is missing");
	for (int i = 0; i < DP_COMMANDS; i++)
		if (!strcmp(name, commands[i].name)) {
			command->kind = (enum dp_command_kind)i;
			return 0;
		}
	return dp_report(err, -EBADMSG, "the guest does not know the command \"%.40s\"", name);
}

static void free_tokener(struct json_tokener **tok)
{
	if (*tok)
		json_tokener_free(*tok);
}

/* One JSON object and nothing else; NULL if it is anything else. */
static struct json_object *parse(const char *line, size_t len)
{
	dp_cleanup(free_tokener) struct json_tokener *tok = json_tokener_new_ex(DEPTH_LIMIT);
	struct json_object *obj;

	if (!tok || len > DP_COMMAND_LIMIT - FRAME)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	obj = json_tokener_parse_ex(tok, line, (int)len);
	if (json_object_is_type(obj, json_type_object))
		return obj;
	json_object_put(obj);
	return NULL;
}

int dp_command_from_json(const char *line, size_t len, struct dp_command *command,
			 struct dp_error *err)
{
	dp_autojson struct json_object *obj = parse(line, len);
	struct dp_error what = { 0 };
	int rc;

	*command = (struct dp_command){ 0 };
	if (!obj)
		return dp_report(err, -EBADMSG, "this is not a command: %.*s",
				 (int)(len < 80 ? len : 80), line);
	rc = find_command(obj, command, err);
	if (rc)
		return rc;
	rc = dp_members_read(&commands[command->kind].members, obj, "command", command, &what);
	if (!rc)
		rc = check_command(command, &what);
	if (what.code)
		refuse(command, &what, err);
	if (rc)
		dp_command_clear(command);
	return rc;
}

void dp_command_clear(struct dp_command *command)
{
	dp_members_clear(&commands[command->kind].members, command);
	*command = (struct dp_command){ 0 };
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *   {"kind":"request","what":"order","number":1,"station":"fast-read","frame":ADDRESS,"device":NUMBER,"region":ADDRESS,
 *    "mailboxes":[ADDRESS,ADDRESS],"owners":[ADDRESS,ADDRESS],"magic":[NUMBER,NUMBER],
 *    "passages":[["fast","gup_fast_fallback",ADDRESS],…],"places":[["default_idle",START,END],…]}
 *
 *   {"kind":"request","what":"holds","number":1,"seed":NUMBER,"stations":["fast-read",…],"main":NUMBER,
 *    "point":ADDRESS,"answered":ADDRESS, and "frame", "device", "owners", "magic", "passages",
 * "places"}
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "request.h"

#include "daxpin/json.h"
#include "daxpin/text.h"

static void add_address(struct json_object *list, uint64_t address)
{
	json_object_array_add(list, json_object_new_int64((int64_t)address));
}

static struct json_object *words(const uint64_t *values)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < DP_ORDER_SIDES; i++)
		add_address(list, values[i]);
	return list;
}

static struct json_object *passages_of(const struct dp_passages *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->count; i++) {
		struct json_object *one = json_object_new_array();

		json_object_array_add(one, json_object_new_string(dp_point_name(p->list[i].point)));
		json_object_array_add(one, json_object_new_string(p->list[i].function));
		add_address(one, p->list[i].address);
		json_object_array_add(list, one);
	}
	return list;
}

static struct json_object *places_of(const struct dp_passages *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->nplaces; i++) {
		struct json_object *one = json_object_new_array();

		json_object_array_add(one, json_object_new_string(p->places[i].function));
		add_address(one, p->places[i].start);
		add_address(one, p->places[i].end);
		json_object_array_add(list, one);
	}
	return list;
}

/* What both kinds have. */
static void add_shared(const struct dp_request *request, struct json_object *obj)
{
	dp_json_add_int(obj, "frame", (int64_t)request->frame);
	dp_json_add_int(obj, "device", (int64_t)request->device);
	json_object_object_add(obj, "owners", words(request->owners));
	json_object_object_add(obj, "magic", words(request->magic));
	json_object_object_add(obj, "passages", passages_of(&request->passages));
	json_object_object_add(obj, "places", places_of(&request->passages));
}

struct json_object *dp_request_to_json(const struct dp_request *request, unsigned int number)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "request");
	dp_json_add_text(obj, "what", DP_CONTROL_ORDER);
	dp_json_add_int(obj, "number", number);
	dp_json_add_text(obj, "station", request->station->name);
	dp_json_add_int(obj, "region", (int64_t)request->region);
	json_object_object_add(obj, "mailboxes", words(request->mailboxes));
	add_shared(request, obj);
	return obj;
}

struct json_object *dp_holds_to_json(const struct dp_request *request, unsigned int number)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	size_t count;
	const struct dp_station *stations = dp_stations(&count);

	dp_json_add_text(obj, "kind", "request");
	dp_json_add_text(obj, "what", DP_CONTROL_HOLDS);
	dp_json_add_int(obj, "number", number);
	dp_json_add_int(obj, "seed", (int64_t)request->seed);
	for (size_t i = 0; i < count; i++)
		if (request->stations & 1U << i)
			dp_json_append_text(list, stations[i].name);
	json_object_object_add(obj, "stations", list);
	dp_json_add_int(obj, "main", (int64_t)request->main);
	dp_json_add_int(obj, "point", (int64_t)request->point);
	dp_json_add_int(obj, "answered", (int64_t)request->answered);
	add_shared(request, obj);
	return obj;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_address(struct json_object *list, size_t i, uint64_t *address)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	*address = (uint64_t)json_object_get_int64(value);
	return json_object_is_type(value, json_type_int);
}

static bool read_words(struct json_object *asked, const char *key, uint64_t *values)
{
	struct json_object *list = dp_json_array(asked, key);

	return list && json_object_array_length(list) == DP_ORDER_SIDES &&
	       read_address(list, 0, &values[0]) && read_address(list, 1, &values[1]);
}

static bool read_name(struct json_object *list, size_t i, char *name, size_t size)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	if (!json_object_is_type(value, json_type_string))
		return false;
	snprintf(name, size, "%s", json_object_get_string(value));
	dp_printable(name);
	return true;
}

static bool is_list_of(struct json_object *list, size_t count)
{
	return json_object_is_type(list, json_type_array) &&
	       json_object_array_length(list) == count;
}

static bool read_passage(struct json_object *from, struct dp_request *r)
{
	struct dp_passages *p = &r->passages;
	struct dp_passage *passage = &p->list[p->count];
	char point[16], *name = r->functions[p->count];

	if (!is_list_of(from, 3) || !read_name(from, 0, point, sizeof(point)) ||
	    !read_name(from, 1, name, sizeof(r->functions[0])) ||
	    !read_address(from, 2, &passage->address))
		return false;
	passage->point = dp_point_find(point);
	passage->function = name;
	p->count++;
	return passage->point < DP_POINTS;
}

static bool read_place(struct json_object *from, struct dp_request *r)
{
	struct dp_passages *p = &r->passages;
	struct dp_place *place = &p->places[p->nplaces];
	char *name = r->functions[DP_MAX_PASSAGES + p->nplaces];

	place->function = name;
	p->nplaces++;
	return is_list_of(from, 3) && read_name(from, 0, name, sizeof(r->functions[0])) &&
	       read_address(from, 1, &place->start) && read_address(from, 2, &place->end);
}

static bool read_list(struct json_object *list, size_t most, struct dp_request *r,
		      bool (*read)(struct json_object *from, struct dp_request *r))
{
	size_t count = dp_json_count(list);
	bool good = list && count <= most;

	for (size_t i = 0; i < count && good; i++)
		good = read(json_object_array_get_idx(list, i), r);
	return good;
}

static bool read_station(struct json_object *from, struct dp_request *r)
{
	const struct dp_station *station = NULL;

	if (json_object_is_type(from, json_type_string))
		station = dp_station_find(json_object_get_string(from));
	if (station)
		r->stations |= 1U << (station - dp_stations(&(size_t){ 0 }));
	return station;
}

static bool read_shared(struct json_object *asked, struct dp_request *r)
{
	r->device = (uint64_t)dp_json_int_or(asked, "device", 0);
	r->frame = (uint64_t)dp_json_int_or(asked, "frame", 0);
	return read_words(asked, "owners", r->owners) && read_words(asked, "magic", r->magic) &&
	       read_list(dp_json_array(asked, "passages"), DP_MAX_PASSAGES, r, read_passage) &&
	       read_list(dp_json_array(asked, "places"), DP_MAX_PLACES, r, read_place);
}

int dp_holds_from_json(struct json_object *asked, struct dp_request *request)
{
	*request = (struct dp_request){ 0 };
	request->seed = (uint64_t)dp_json_int_or(asked, "seed", 0);
	request->main = (uint64_t)dp_json_int_or(asked, "main", 0);
	request->point = (uint64_t)dp_json_int_or(asked, "point", 0);
	request->answered = (uint64_t)dp_json_int_or(asked, "answered", 0);
	return request->point && request->answered && read_shared(asked, request) &&
			       read_list(dp_json_array(asked, "stations"), 32, request,
					 read_station)
		       ? 0
		       : -EBADMSG;
}

int dp_request_await(int fd, uint64_t end, char *line, size_t size)
{
	for (;;) {
		int rc = dp_control_hear(fd, end, line, size);

		if (rc || !strncmp(line, DP_ANSWER, strlen(DP_ANSWER)))
			return rc;
	}
}

int dp_request_from_json(struct json_object *asked, struct dp_request *request)
{
	const char *station = dp_json_text(asked, "station");

	*request = (struct dp_request){ 0 };
	request->station = station ? dp_station_find(station) : NULL;
	request->region = (uint64_t)dp_json_int_or(asked, "region", 0);
	return request->station && read_words(asked, "mailboxes", request->mailboxes) &&
			       read_shared(asked, request)
		       ? 0
		       : -EBADMSG;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/connection.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/rdma.h"

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

/* "[HOST]:PORT", "HOST:PORT" and "HOST"; an IPv6 address without brackets has no port. */
static void split_address(const char *text, char *host, size_t size, char *service, size_t room)
{
	const char *colon = strrchr(text, ':'), *end = text + strlen(text);
	bool bracket = *text == '[' && strchr(text, ']');

	if (bracket) {
		const char *close = strchr(text, ']');

		snprintf(host, size, "%.*s", (int)(close - text - 1), text + 1);
		if (close[1] == ':')
			snprintf(service, room, "%s", close + 2);
		return;
	}
	if (colon && strchr(text, ':') == colon) {
		snprintf(service, room, "%s", colon + 1);
		end = colon;
	}
	snprintf(host, size, "%.*s", (int)(end - text), text);
}

int dp_address_parse(const char *text, uint16_t port, struct sockaddr_storage *address,
		     struct dp_error *err)
{
	dp_cleanup(free_addresses) struct addrinfo *list = NULL;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	char host[256] = "", service[16] = "", *end;
	long number;
	int rc;

	snprintf(service, sizeof(service), "%u", port);
	split_address(text, host, sizeof(host), service, sizeof(service));
	/* getaddrinfo() truncates a port that is too large. */
	number = strtol(service, &end, 10);
	if (!service[0] || *end || number < 1 || number > UINT16_MAX)
		return dp_bad_input(err, "\"%s\" has no port from 1 to 65535", text);
	rc = host[0] ? getaddrinfo(host, service, &hints, &list) : EAI_NONAME;
	if (rc)
		return dp_bad_input(err, "\"%s\" is not an address: %s", text, gai_strerror(rc));
	memset(address, 0, sizeof(*address));
	memcpy(address, list->ai_addr, list->ai_addrlen);
	return 0;
}

uint16_t dp_address_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void dp_address_format(const struct sockaddr *address, char *text, size_t size)
{
	socklen_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in);
	char host[NI_MAXHOST] = "?", service[NI_MAXSERV] = "?";

	getnameinfo(address, len, host, sizeof(host), service, sizeof(service),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, service);
}

/* Finds the first address of an interface in one family. */
static bool find_address(const struct ifaddrs *list, const char *netdev, int family,
			 struct sockaddr_storage *address)
{
	size_t size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	for (; list; list = list->ifa_next) {
		if (!list->ifa_addr || list->ifa_addr->sa_family != family ||
		    strcmp(list->ifa_name, netdev))
			continue;
		memset(address, 0, sizeof(*address));
		memcpy(address, list->ifa_addr, size);
		return true;
	}
	return false;
}

static void free_interfaces(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

static bool has_address(const char *device, const struct ifaddrs *list,
			struct sockaddr_storage *address)
{
	char netdev[32];

	return !dp_read_attr(netdev, sizeof(netdev),
			     "/sys/class/infiniband/%s/ports/1/gid_attrs/ndevs/0", device) &&
	       (find_address(list, netdev, AF_INET, address) ||
		find_address(list, netdev, AF_INET6, address));
}

int dp_rdma_address(const char *device, uint16_t port, struct sockaddr_storage *address,
		    struct dp_error *err)
{
	dp_cleanup(free_interfaces) struct ifaddrs *list = NULL;
	struct ibv_device **devices = ibv_get_device_list(NULL);
	bool found = false, any = devices && *devices;

	getifaddrs(&list);
	for (struct ibv_device **d = devices; d && *d && !found; d++) {
		const char *name = ibv_get_device_name(*d);

		found = (!device || !strcmp(name, device)) && has_address(name, list, address);
	}
	if (devices)
		ibv_free_device_list(devices);
	/* sin6_port is in the same place. */
	((struct sockaddr_in *)address)->sin_port = htons(port);
	if (found)
		return 0;
	dp_report(err, -ENODEV,
		  any ? "no RDMA device of this machine has an address"
		      : "this machine has no RDMA device");
	return dp_hint(err, any ? "give its interface one"
				: "add one (rdma link add rxe0 type rxe netdev …), or use "
				  "\"daxpin guest\", which brings its own");
}

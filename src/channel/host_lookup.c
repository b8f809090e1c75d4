/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_lookup.h"

#include <gio/gio.h>
#include <netdb.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

struct HostLookup {
    char *host;
    char *service;
    HostQuery query;
    HostLookupFunc func; /* NULL: cancelled */
    gpointer user_data;
};

static GArray *
copy_addresses(const struct addrinfo *list)
{
    GArray *addresses = g_array_new(FALSE, TRUE, sizeof(HostAddress));

    for (; list; list = list->ai_next) {
        HostAddress address = {.size = list->ai_addrlen};

        memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
        g_array_append_val(addresses, address);
    }
    return addresses;
}

static bool
is_this_machine(const HostQuery *query)
{
    return query->host ? g_ascii_strcasecmp(query->host, "localhost") == 0 : !query->bind;
}

/* Returns getaddrinfo()'s code. Without a host that gives, by its flags, any address
 * or this machine's own. */
static int
resolve(const HostQuery *query, int flags, GArray **addresses)
{
    bool this_machine = is_this_machine(query);
    struct addrinfo hints = {
        .ai_socktype = query->type,
        .ai_flags = flags | (query->bind && !this_machine ? AI_PASSIVE : 0),
    };
    struct addrinfo *list;
    int code = getaddrinfo(this_machine ? NULL : query->host, query->service ? query->service : "0",
                           &hints, &list);

    if (code != 0)
        return code;
    *addresses = copy_addresses(list);
    freeaddrinfo(list);
    return 0;
}

static void
set_error(GError **error, const HostQuery *query, int code)
{
    virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot find host '%s', service '%s': %s"),
                     query->host ? query->host : "", query->service ? query->service : "",
                     gai_strerror(code));
}

GArray *
host_lookup_numeric(const HostQuery *query, GError **error)
{
    GArray *addresses = NULL;
    int code = resolve(query, AI_NUMERICHOST, &addresses);

    /* "No such name" is what it says of each name, since it must not look it up. */
    if (code != 0 && (code != EAI_NONAME || is_this_machine(query)))
        set_error(error, query, code);
    return addresses;
}

static void
run_lookup(GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
    const HostQuery *query = task_data;
    GArray *addresses = NULL;
    GError *error = NULL;
    int code = resolve(query, 0, &addresses);

    if (code == 0) {
        g_task_return_pointer(task, addresses, (GDestroyNotify)g_array_unref);
    } else {
        set_error(&error, query, code);
        g_task_return_error(task, error);
    }
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    HostLookup *lookup = user_data;
    g_autoptr(GError) error = NULL;
    GArray *addresses = g_task_propagate_pointer(G_TASK(result), &error);

    if (lookup->func)
        lookup->func(addresses, error, lookup->user_data);
    else if (addresses)
        g_array_unref(addresses);
    g_free(lookup->host);
    g_free(lookup->service);
    g_free(lookup);
}

HostLookup *
host_lookup_start(const HostQuery *query, HostLookupFunc func, gpointer user_data)
{
    HostLookup *lookup = g_new0(HostLookup, 1);
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_done, lookup);

    lookup->host = g_strdup(query->host);
    lookup->service = g_strdup(query->service);
    lookup->query = *query;
    lookup->query.host = lookup->host;
    lookup->query.service = lookup->service;
    lookup->func = func;
    lookup->user_data = user_data;
    g_task_set_task_data(task, &lookup->query, NULL);
    g_task_run_in_thread(task, run_lookup);
    return lookup;
}

void
host_lookup_cancel(HostLookup *lookup)
{
    if (lookup)
        lookup->func = NULL;
}

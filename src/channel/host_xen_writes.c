/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_xen_writes.h"

#include <errno.h>

#include "util/log_limit.h"

#define RETRY_FIRST_US (G_USEC_PER_SEC / 10)
#define RETRY_LAST_US  (10 * G_USEC_PER_SEC)

typedef struct {
    guint32 domid;
    guint devid;
    HostXenNode node;
    char *value;
    gint64 wait_us; /* for the next try, 0: there was none */
    gint64 due_us;
} Write;

struct HostXenWrites {
    GAsyncQueue *pushed; /* of Write */
    GList *failed;       /* of Write: those that are tried again; the thread's own */
    LogLimit lines;
};

static void
write_free(gpointer data)
{
    Write *write = data;

    g_free(write->value);
    g_free(write);
}

HostXenWrites *
host_xen_writes_new(void)
{
    HostXenWrites *writes = g_new0(HostXenWrites, 1);

    writes->pushed = g_async_queue_new_full(write_free);
    return writes;
}

void
host_xen_writes_free(HostXenWrites *writes)
{
    g_list_free_full(writes->failed, write_free);
    g_async_queue_unref(writes->pushed);
    g_free(writes);
}

void
host_xen_writes_push(HostXenWrites *writes, guint32 domid, guint devid, HostXenNode node,
                     const char *value)
{
    Write *write = g_new0(Write, 1);

    write->domid = domid;
    write->devid = devid;
    write->node = node;
    write->value = g_strdup(value);
    g_async_queue_push(writes->pushed, write);
}

/* The first failure is for the administrator, too; the rest is the same again. */
static void
try_again_later(HostXenWrites *writes, Write *write)
{
    log_limited(&writes->lines, write->wait_us ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_WARNING,
                "domain %u: channel %u: cannot write to xenstore: %s; tried again", write->domid,
                write->devid, g_strerror(errno));
    write->wait_us = CLAMP(write->wait_us * 2, RETRY_FIRST_US, RETRY_LAST_US);
    write->due_us = g_get_monotonic_time() + write->wait_us;
    writes->failed = g_list_append(writes->failed, write);
}

/* Takes @write over. */
static void
run_write(HostXenWrites *writes, struct xs_handle *xs, Write *write)
{
    if (host_xen_nodes_write(xs, write->domid, write->devid, write->node, write->value))
        write_free(write);
    else
        try_again_later(writes, write);
}

static void
run_failed(HostXenWrites *writes, struct xs_handle *xs)
{
    g_autoptr(GList) list = g_steal_pointer(&writes->failed);
    gint64 now = g_get_monotonic_time();

    for (GList *at = list; at; at = at->next) {
        Write *write = at->data;

        if (write->due_us <= now)
            run_write(writes, xs, write);
        else
            writes->failed = g_list_append(writes->failed, write);
    }
}

/* @write comes in place of one to the same node that waits. */
static void
drop_older(HostXenWrites *writes, const Write *write)
{
    GList *at = writes->failed;

    while (at) {
        Write *older = at->data;
        GList *next = at->next;

        if (older->domid == write->domid && older->devid == write->devid &&
            older->node == write->node) {
            write_free(older);
            writes->failed = g_list_delete_link(writes->failed, at);
        }
        at = next;
    }
}

static int
get_wait_ms(const HostXenWrites *writes)
{
    gint64 now = g_get_monotonic_time();
    gint64 first = G_MAXINT64;

    for (const GList *at = writes->failed; at; at = at->next)
        first = MIN(first, ((const Write *)at->data)->due_us);
    return first == G_MAXINT64 ? -1 : (int)(MAX(first - now, 0) / 1000) + 1;
}

int
host_xen_writes_run(HostXenWrites *writes, struct xs_handle *xs)
{
    Write *write;

    run_failed(writes, xs);
    while ((write = g_async_queue_try_pop(writes->pushed))) {
        drop_older(writes, write);
        run_write(writes, xs, write);
    }
    return get_wait_ms(writes);
}

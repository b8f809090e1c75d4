/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/open_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "util/fd_watch.h"

/* How often it is looked where inotify does not work. */
#define POLL_MS 1000

struct OpenWatch {
    void (*func)(gpointer user_data);
    gpointer user_data;
    int descriptor; /* inotify's; -1: none */
    guint timer;
};

static struct {
    int fd; /* valid if there is a watch */
    FdWatch *watch;
    GHashTable *watches; /* descriptor -> OpenWatch; a second of the same file has a timer */
} notifier;

static void
tell(int descriptor)
{
    OpenWatch *watch = g_hash_table_lookup(notifier.watches, GINT_TO_POINTER(descriptor));

    if (watch)
        watch->func(watch->user_data);
}

/* Events were lost: any of the files may have been opened. */
static void
tell_all(void)
{
    g_autoptr(GList) descriptors = g_hash_table_get_keys(notifier.watches);

    for (GList *node = descriptors; node; node = node->next)
        tell(GPOINTER_TO_INT(node->data));
}

static void
on_events(GIOCondition condition, gpointer user_data)
{
    char buffer[64 * sizeof(struct inotify_event)];
    gssize size = read(notifier.fd, buffer, sizeof(buffer));
    struct inotify_event event;

    /* Without names, since the watched files are no directories. */
    for (gssize i = 0; i + (gssize)sizeof(event) <= size; i += (gssize)sizeof(event)) {
        memcpy(&event, buffer + i, sizeof(event));
        if (event.mask & IN_Q_OVERFLOW)
            tell_all();
        else if (event.mask & IN_OPEN)
            tell(event.wd);
    }
}

static bool
start_notifier(void)
{
    if (notifier.watches)
        return true;
    notifier.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (notifier.fd < 0)
        return false;
    notifier.watches = g_hash_table_new(NULL, NULL);
    notifier.watch = fd_watch_new(notifier.fd, on_events, NULL);
    fd_watch_set(notifier.watch, G_IO_IN);
    return true;
}

static gboolean
on_timer(gpointer user_data)
{
    OpenWatch *watch = user_data;

    watch->func(watch->user_data);
    return G_SOURCE_CONTINUE;
}

OpenWatch *
open_watch_new(const char *path, void (*func)(gpointer user_data), gpointer user_data)
{
    OpenWatch *watch = g_new0(OpenWatch, 1);

    watch->func = func;
    watch->user_data = user_data;
    watch->descriptor =
        start_notifier() ? inotify_add_watch(notifier.fd, path, IN_OPEN | IN_MASK_CREATE) : -1;
    if (watch->descriptor >= 0) {
        g_hash_table_insert(notifier.watches, GINT_TO_POINTER(watch->descriptor), watch);
    } else {
        g_message("inotify can't tell who opens '%s' (%s): looking every %d ms", path,
                  g_strerror(errno), POLL_MS);
        watch->timer = g_timeout_add(POLL_MS, on_timer, watch);
    }
    return watch;
}

void
open_watch_free(OpenWatch *watch)
{
    if (!watch)
        return;
    if (watch->timer)
        g_source_remove(watch->timer);
    if (watch->descriptor >= 0) {
        g_hash_table_remove(notifier.watches, GINT_TO_POINTER(watch->descriptor));
        (void)inotify_rm_watch(notifier.fd, watch->descriptor);
    }
    g_free(watch);
}

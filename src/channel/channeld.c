/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channeld.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "channel/channel.h"
#include "channel/control.h"
#include "channel/isolation.h"
#include "util/channeld_socket.h"
#include "util/detach.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/log_limit.h"
#include "util/service_manager.h"

typedef struct {
    const ChanneldOptions *options;
    GMainLoop *loop;
    char *directory; /* of the holds */
    ChannelHost *host;
    FdStore *fd_store;
    Control *control;
    ChannelContext context;
    GHashTable *channels; /* key -> Channel */
    GPtrArray *ending;    /* of Channel: their devices have gone */
    LogLimit refusals;    /* they come again with each change of what can't be served */
    int lock_fd;
    bool is_second; /* another daemon has the lock */
    bool is_lost;   /* the host has gone, and every channel with it */
    GError *error;  /* why it can't go on */
} Channeld;

static gpointer
make_key(guint32 domid, guint devid)
{
    guint64 key = (guint64)domid << 32 | devid;

    return g_memdup2(&key, sizeof(key));
}

/* --- channels ---------------------------------------------------------------- */

static void
on_ended(Channel *channel, gpointer user_data)
{
    Channeld *daemon = user_data;

    if (g_ptr_array_remove_fast(daemon->ending, channel))
        channel_free(channel);
}

static void
end_channel(Channeld *daemon, Channel *channel)
{
    g_ptr_array_add(daemon->ending, channel);
    channel_end(channel, on_ended, daemon);
}

static void
begin_channel(Channeld *daemon, const ChannelView *view)
{
    g_autoptr(GError) error = NULL;
    Channel *channel = channel_new(&daemon->context, view, &error);

    if (channel) {
        g_hash_table_insert(daemon->channels, make_key(view->domid, view->devid), channel);
        return;
    }
    log_limited(&daemon->refusals, G_LOG_LEVEL_WARNING, "domain '%s' (%u): channel '%s' (%u): %s",
                view->domain_name, view->domid, view->name, view->devid, error->message);
    daemon->host->ops->set_error(daemon->host, view->domid, view->devid, error->message);
}

static void
on_changed(const ChannelView *view, gpointer user_data)
{
    Channeld *daemon = user_data;
    g_autofree gpointer key = make_key(view->domid, view->devid);
    Channel *channel = g_hash_table_lookup(daemon->channels, key);

    if (channel)
        channel_update(channel, view);
    else
        begin_channel(daemon, view);
}

static void
on_gone(guint32 domid, guint devid, gpointer user_data)
{
    Channeld *daemon = user_data;
    g_autofree gpointer key = make_key(domid, devid);
    gpointer known = NULL;
    gpointer channel = NULL;

    if (!g_hash_table_steal_extended(daemon->channels, key, &known, &channel))
        return;
    g_free(known);
    end_channel(daemon, channel);
}

static void
describe_channels(struct json_object *object, gpointer user_data)
{
    Channeld *daemon = user_data;
    struct json_object *list = json_object_new_array();
    GHashTableIter iter;
    gpointer channel;

    g_hash_table_iter_init(&iter, daemon->channels);
    while (g_hash_table_iter_next(&iter, NULL, &channel)) {
        struct json_object *row = json_object_new_object();

        channel_describe(channel, row);
        json_object_array_add(list, row);
    }
    json_object_object_add(object, "channels", list);
}

/* --- what a process before us has left ---------------------------------------- */

static bool
is_known(const char *id, gpointer user_data)
{
    Channeld *daemon = user_data;
    GHashTableIter iter;
    gpointer channel;

    g_hash_table_iter_init(&iter, daemon->channels);
    while (g_hash_table_iter_next(&iter, NULL, &channel)) {
        if (g_str_equal(channel_get_id(channel), id))
            return true;
    }
    return false;
}

static void
remove_unknown_holds(Channeld *daemon)
{
    g_autoptr(GDir) directory = g_dir_open(daemon->directory, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(daemon->directory, name, NULL);

        if (!is_known(name, daemon))
            g_unlink(path);
    }
}

static bool
listen_to_control(Channeld *daemon, GError **error)
{
    g_autofree char *path = channeld_socket_get_path(daemon->options->root);

    daemon->control = control_new(path, describe_channels, daemon, error);
    return daemon->control != NULL;
}

/* All channels that are there are served: now others may know that we are. */
static void
on_complete(gpointer user_data)
{
    Channeld *daemon = user_data;

    remove_unknown_holds(daemon);
    fd_store_prune(daemon->fd_store, is_known, daemon);
    if (!listen_to_control(daemon, &daemon->error) ||
        (daemon->options->log_path &&
         !detach_redirect_output(daemon->options->log_path, &daemon->error))) {
        g_main_loop_quit(daemon->loop);
        return;
    }
    detach_ready(daemon->options->ready);
    service_manager_notify("READY=1\nSTATUS=Serving channels");
    g_message("ready, with %u channels", g_hash_table_size(daemon->channels));
}

/* --- its life ----------------------------------------------------------------- */

static void
on_lost(gpointer user_data)
{
    Channeld *daemon = user_data;

    daemon->is_lost = true;
    g_main_loop_quit(daemon->loop);
}

static gboolean
on_stop(gpointer user_data)
{
    Channeld *daemon = user_data;

    service_manager_notify("STOPPING=1");
    g_main_loop_quit(daemon->loop);
    return G_SOURCE_CONTINUE;
}

static bool
open_host(Channeld *daemon, GError **error)
{
    static const ChannelHostCallbacks callbacks = {
        .changed = on_changed, .gone = on_gone, .complete = on_complete, .lost = on_lost};

    daemon->host = daemon->options->simulated ? channel_host_sim_open(daemon->options->root, error)
                                              : channel_host_xen_open(error);
    if (!daemon->host)
        return false;
    daemon->context = (ChannelContext){daemon->host, daemon->fd_store, daemon->directory};
    return isolation_complete(error) &&
           daemon->host->ops->watch(daemon->host, &callbacks, daemon, error);
}

/* A second daemon would take rings away from the first. The lock is held as long as
 * the process lives. */
static bool
take_lock(Channeld *daemon, GError **error)
{
    g_autofree char *path = g_strconcat(daemon->options->root, "/run/virtxl/channeld.lock", NULL);

    if (!file_make_directory(daemon->directory, 0700, error))
        return false;
    daemon->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (daemon->lock_fd < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot open '%s': %s"), path,
                                g_strerror(errno));
    if (flock(daemon->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    daemon->is_second = true;
    return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                            _("another virtxl-channeld serves this host: it holds '%s'"), path);
}

static bool
start(Channeld *daemon, GError **error)
{
    return isolation_begin(error) && take_lock(daemon, error) && open_host(daemon, error);
}

/* Signals make a thread of GLib's, which is not to have more privileges than we: so not
 * before start(). */
static void
run_loop(Channeld *daemon)
{
    guint terminate = g_unix_signal_add(SIGTERM, on_stop, daemon);
    guint interrupt = g_unix_signal_add(SIGINT, on_stop, daemon);

    g_main_loop_run(daemon->loop);
    g_source_remove(terminate);
    g_source_remove(interrupt);
}

static void
let_go_of_channels(Channeld *daemon)
{
    GHashTableIter iter;
    gpointer channel;

    g_hash_table_iter_init(&iter, daemon->channels);
    while (g_hash_table_iter_next(&iter, NULL, &channel)) {
        if (daemon->is_lost)
            channel_free(channel);
        else
            channel_abandon(channel);
    }
    g_hash_table_unref(daemon->channels);
    while (daemon->ending->len > 0)
        channel_free(g_ptr_array_steal_index_fast(daemon->ending, 0));
    g_ptr_array_unref(daemon->ending);
}

static void
clear(Channeld *daemon)
{
    control_free(daemon->control);
    let_go_of_channels(daemon);
    channel_host_close(daemon->host);
    fd_store_free(daemon->fd_store);
    g_main_loop_unref(daemon->loop);
    g_free(daemon->directory);
    if (daemon->lock_fd >= 0)
        close(daemon->lock_fd);
}

bool
channeld_run(const ChanneldOptions *options, GError **error)
{
    Channeld daemon = {
        .options = options,
        .lock_fd = -1,
        .loop = g_main_loop_new(NULL, FALSE),
        .directory = g_strconcat(options->root, "/run/virtxl/channeld", NULL),
        .fd_store = fd_store_new(),
        .channels = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
        .ending = g_ptr_array_new(),
    };

    if (start(&daemon, &daemon.error))
        run_loop(&daemon);
    clear(&daemon);
    if (!daemon.error)
        return true;
    if (daemon.is_second && options->ready >= 0) {
        detach_ready(options->ready);
        g_error_free(daemon.error);
        return true;
    }
    g_propagate_error(error, daemon.error);
    return false;
}

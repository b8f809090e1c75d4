/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon.h"

#include "daemon/daemon_config.h"
#include "daemon/daemon_sockets.h"
#include "daemon/driver_settings.h"
#include "remote/remote_server.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/log.h"
#include "util/service_manager.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_FILE      "/etc/libvirt/virtxld.conf"
#define DRIVER_FILE      "/etc/libvirt/libxl.conf"
#define SOCKET_DIRECTORY "/run/libvirt"

/* How long clients may wait for answers after SIGTERM. A domain's start can take
 * a minute; the service manager's patience is 90 seconds. */
#define STOP_GRACE_MS (80 * 1000)

typedef struct {
    const DaemonOptions *options;
    char *root; /* absolute, without a slash at the end; "" for the real paths */
    char *config_path;
    DaemonConfig *config;
    LibxlDriver *driver;
    RemoteServer *server;
    GMainLoop *loop;
    guint terminate; /* sources for SIGTERM and SIGINT; 0: not yet */
    guint interrupt;
    bool stopping;
    bool reloading;
    bool reload_again; /* asked for while one was under way */
} Daemon;

/* Configuration */

static void
set_log_level(const Daemon *daemon)
{
    log_set_level(daemon->options->verbose ? 1 : daemon->config->log_level);
}

static bool
load_config(Daemon *daemon, GError **error)
{
    DaemonConfig *config =
        daemon_config_load(daemon->config_path, daemon->options->config != NULL, error);

    if (!config)
        return false;
    daemon_config_free(daemon->config);
    daemon->config = config;
    set_log_level(daemon);
    return true;
}

static char *
get_root(const DaemonOptions *options)
{
    g_autofree char *root = NULL;

    if (!options->root)
        return g_strdup("");
    root = g_canonicalize_filename(options->root, NULL);
    return g_strdup(strcmp(root, "/") == 0 ? "" : root);
}

static char *
get_socket_directory(const Daemon *daemon)
{
    const char *configured = daemon->config->unix_sock_dir;

    if (daemon->options->socket_dir)
        return g_canonicalize_filename(daemon->options->socket_dir, NULL);
    return g_strconcat(daemon->root, configured ? configured : SOCKET_DIRECTORY, NULL);
}

/* The host */

/* In the build's folder the simulated host is in the room beside ours; when
 * installed, where the host port knows it. */
static char *
find_simhost(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *directory = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *program =
        directory ? g_build_filename(directory, "..", "simhost", "virtxl-simhost", NULL) : NULL;

    if (program && g_file_test(program, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer(&program);
    return NULL;
}

static XenHost *
open_host(const Daemon *daemon, GError **error)
{
    const char *name = daemon->options->host;

    if (g_strcmp0(name, "sim") == 0) {
        g_autofree char *program = find_simhost();

        return xen_host_sim_open(daemon->root, program, error);
    }
    if (!name && !g_file_test("/dev/xen", G_FILE_TEST_EXISTS)) {
        virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                         _("this machine does not run Xen (there is no /dev/xen); "
                           "--host sim serves a simulated host instead"));
        return NULL;
    }
    return xen_host_libxl_open(daemon->root, error);
}

/* Starting */

static RemoteServerOptions
get_server_options(const DaemonConfig *config)
{
    RemoteServerOptions options = {
        .limits = RPC_SERVER_LIMITS_DEFAULT,
        .n_workers = config->max_workers,
        .n_priority_workers = config->prio_workers,
        .keepalive_interval_ms = config->keepalive_interval * 1000,
        .keepalive_count = config->keepalive_count,
        .checks_access = daemon_config_checks_access(config),
    };

    options.limits.max_clients = config->max_clients;
    options.limits.max_unauthenticated = config->max_anonymous_clients;
    options.limits.client.max_requests = config->max_client_requests;
    return options;
}

static LibxlDriverConfig *
get_driver_config(const Daemon *daemon, GError **error)
{
    g_autoptr(LibxlDriverConfig) config = libxl_driver_config_new(daemon->root);
    g_autofree char *path = g_strconcat(daemon->root, DRIVER_FILE, NULL);

    config->channel_mode = daemon->config->channel_mode;
    if (!daemon_config_get_channel_group(daemon->config, &config->channel_group, error) ||
        !driver_settings_load(path, config, error))
        return NULL;
    return g_steal_pointer(&config);
}

static bool
open_driver(Daemon *daemon, GError **error)
{
    g_autoptr(LibxlDriverConfig) config = get_driver_config(daemon, error);
    XenHost *host = config ? open_host(daemon, error) : NULL;

    if (!host)
        return false;
    daemon->driver = libxl_driver_open(g_steal_pointer(&config), host, remote_server_handle_event,
                                       daemon->server, error);
    if (!daemon->driver)
        return false;
    remote_server_set_driver(daemon->server, daemon->driver);
    return true;
}

static bool
start(Daemon *daemon, GError **error)
{
    RemoteServerOptions options;

    if (!load_config(daemon, error))
        return false;
    options = get_server_options(daemon->config);
    daemon->server = remote_server_new(&options);
    return open_driver(daemon, error);
}

/* Stopping */

static void
quit(gpointer user_data)
{
    Daemon *daemon = user_data;

    g_main_loop_quit(daemon->loop);
}

static gboolean
handle_stop(gpointer user_data)
{
    Daemon *daemon = user_data;

    if (daemon->stopping)
        return G_SOURCE_CONTINUE;
    daemon->stopping = true;
    g_info("stopping; domains go on");
    service_manager_notify("STOPPING=1\nSTATUS=Ending operations");
    remote_server_stop(daemon->server, STOP_GRACE_MS, quit, daemon);
    return G_SOURCE_CONTINUE;
}

/* Reloading: of the configuration what can change while we run, and the
 * definitions of domains. */

static void
reload_driver(GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
    const Daemon *daemon = task_data;

    libxl_driver_reload(daemon->driver);
    g_task_return_boolean(task, TRUE);
}

static void begin_reload(Daemon *daemon);

static void
finish_reload(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Daemon *daemon = user_data;

    daemon->reloading = false;
    g_info("reloaded");
    if (daemon->reload_again && !daemon->stopping)
        begin_reload(daemon);
    else
        service_manager_notify("READY=1\nSTATUS=Serving clients");
}

static void
begin_reload(Daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GTask) task = NULL;

    daemon->reloading = true;
    daemon->reload_again = false;
    service_manager_notify_reloading();
    if (!load_config(daemon, &error))
        g_warning("the configuration stays as it was: %s", error->message);
    task = g_task_new(NULL, NULL, finish_reload, daemon);
    g_task_set_task_data(task, daemon, NULL);
    g_task_run_in_thread(task, reload_driver);
}

static gboolean
handle_reload(gpointer user_data)
{
    Daemon *daemon = user_data;

    if (daemon->reloading)
        daemon->reload_again = true;
    else if (!daemon->stopping)
        begin_reload(daemon);
    return G_SOURCE_CONTINUE;
}

/* Running */

/* Who can connect may also ask us to end in an orderly way: first the one, then
 * the other. */
static bool
listen_to_all(Daemon *daemon, GError **error)
{
    g_autofree char *directory = get_socket_directory(daemon);

    daemon->terminate = g_unix_signal_add(SIGTERM, handle_stop, daemon);
    daemon->interrupt = g_unix_signal_add(SIGINT, handle_stop, daemon);
    return daemon_sockets_listen(remote_server_get_rpc(daemon->server), daemon->config, directory,
                                 error);
}

static void
run(Daemon *daemon)
{
    g_info("ready");
    service_manager_notify("READY=1\nSTATUS=Serving clients");
    g_main_loop_run(daemon->loop);
    while (daemon->reloading)
        g_main_context_iteration(NULL, TRUE);
}

static void
clear(Daemon *daemon)
{
    if (daemon->terminate)
        g_source_remove(daemon->terminate);
    if (daemon->interrupt)
        g_source_remove(daemon->interrupt);
    remote_server_free(daemon->server);
    libxl_driver_close(daemon->driver);
    daemon_config_free(daemon->config);
    g_main_loop_unref(daemon->loop);
    g_free(daemon->config_path);
    g_free(daemon->root);
}

bool
daemon_run(const DaemonOptions *options, GError **error)
{
    Daemon daemon = {.options = options, .loop = g_main_loop_new(NULL, FALSE)};
    /* From the beginning, as it would end us; answered once the loop runs. */
    guint hangup = g_unix_signal_add(SIGHUP, handle_reload, &daemon);
    bool ok;

    daemon.root = get_root(options);
    daemon.config_path = options->config ? g_canonicalize_filename(options->config, NULL)
                                         : g_strconcat(daemon.root, CONFIG_FILE, NULL);
    ok = start(&daemon, error) && listen_to_all(&daemon, error);
    if (ok)
        run(&daemon);
    g_source_remove(hangup);
    clear(&daemon);
    return ok;
}

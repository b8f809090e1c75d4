/* Calls the port to a hypervisor by hand, for development on a Xen host:
 *
 *   xen-host-try COMMAND [ARGUMENT...] [, COMMAND ...]
 *
 * Commands are called in order, in one process; see commands[] below. Events are
 * printed while "watch" waits. Ends with 1 at the first failure.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <libxl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen/xen_host_libxl.h"

static void
print_uuid(const guint8 *uuid)
{
    for (int i = 0; i < 16; i++)
        printf("%02x", uuid[i]);
}

static guint32
domid_of(char **argv)
{
    return (guint32)strtoul(argv[1], NULL, 10);
}

static bool
try_info(XenHost *host, char **argv, GError **error)
{
    XenHostInfo info;

    if (!host->ops->get_info(host, &info, error))
        return false;
    printf("%s %" G_GUINT64_FORMAT " KiB, %u cpus %u MHz, %u nodes %u sockets %u cores %u threads, "
           "max vcpus %u, version %" G_GUINT64_FORMAT ", '%s' hvm %d hap %d\n",
           info.model, info.memory_kib, info.cpus, info.mhz, info.nodes, info.sockets, info.cores,
           info.threads, info.max_vcpus, info.version, info.capabilities, info.has_hvm,
           info.has_hap);
    xen_host_info_clear(&info);
    return true;
}

static bool
try_list(XenHost *host, char **argv, GError **error)
{
    g_autoptr(GPtrArray) domains = host->ops->list_domains(host, error);

    for (guint i = 0; domains && i < domains->len; i++) {
        const XenDomainInfo *info = g_ptr_array_index(domains, i);

        printf("%u %s ", info->domid, info->name);
        print_uuid(info->uuid);
        printf(" %s %c%c%c%c%c reason %d, %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT
               " KiB, %" G_GUINT64_FORMAT " ns, %u/%u vcpus\n",
               libxl_domain_type_to_string(info->type), info->is_running ? 'r' : '-',
               info->is_blocked ? 'b' : '-', info->is_paused ? 'p' : '-',
               info->is_shutdown ? 's' : '-', info->is_dying ? 'd' : '-', info->shutdown_reason,
               info->current_memory_kib, info->max_memory_kib, info->cpu_time_ns,
               info->online_vcpus, info->max_vcpus);
    }
    return domains != NULL;
}

/* libxl parses JSON in a context only: without one it crashes on any string. */
static bool
parse_config(libxl_domain_config *config, const char *json, GError **error)
{
    XenContextPool *pool = xen_context_pool_new();
    XenContext *context = xen_context_take(pool, error);
    int rc = context ? libxl_domain_config_from_json(context->libxl, config, json) : 0;

    if (rc)
        xen_context_fail(context, rc, error, "bad JSON");
    if (context)
        xen_context_give_back(context);
    xen_context_pool_free(pool);
    return context && rc == 0;
}

static bool
try_create(XenHost *host, char **argv, GError **error)
{
    g_autofree char *json = NULL;
    libxl_domain_config config;
    guint32 domid = 0;
    bool ok;

    if (!g_file_get_contents(argv[1], &json, NULL, error))
        return false;
    libxl_domain_config_init(&config);
    ok = parse_config(&config, json, error) && host->ops->create(host, &config, &domid, error);
    libxl_domain_config_dispose(&config);
    if (ok)
        printf("created %u\n", domid);
    return ok;
}

#define TRY_DOMAIN(call)                                                                           \
    static bool try_##call(XenHost *host, char **argv, GError **error)                             \
    {                                                                                              \
        return host->ops->call(host, domid_of(argv), error);                                       \
    }
TRY_DOMAIN(unpause)
TRY_DOMAIN(pause)
TRY_DOMAIN(shutdown)
TRY_DOMAIN(reboot)
TRY_DOMAIN(destroy)

static bool
try_dump(XenHost *host, char **argv, GError **error)
{
    return host->ops->dump_core(host, domid_of(argv), argv[2], error);
}

static bool
try_channels(XenHost *host, char **argv, GError **error)
{
    g_autoptr(GPtrArray) channels = host->ops->list_channels(host, domid_of(argv), error);

    for (guint i = 0; channels && i < channels->len; i++) {
        const XenChannelInfo *info = g_ptr_array_index(channels, i);

        printf("%u %s %s %s%s state %d\n", info->devid, info->name, info->is_pty ? "pty" : "socket",
               info->path ? info->path : "-", info->is_ours ? " ours" : "", info->state);
    }
    return channels != NULL;
}

/* A pty, or a socket that listens if there is a path. */
static bool
try_add(XenHost *host, char **argv, GError **error)
{
    bool is_pty = strcmp(argv[4], "pty") == 0;
    g_autoptr(ChannelSource) source =
        channel_source_new(is_pty ? CHANNEL_SOURCE_PTY : CHANNEL_SOURCE_UNIX);

    source->listen = !is_pty;
    source->path = is_pty ? NULL : g_strdup(argv[4]);
    return host->ops->check_channel_backend(host, error) &&
           host->ops->add_channel(host, domid_of(argv), (guint)atoi(argv[2]), argv[3], source,
                                  error);
}

static bool
try_remove(XenHost *host, char **argv, GError **error)
{
    return host->ops->remove_channel(host, domid_of(argv), (guint)atoi(argv[2]),
                                     strcmp(argv[3], "force") == 0, error);
}

static bool
try_console(XenHost *host, char **argv, GError **error)
{
    XenConsoleKind kind = strcmp(argv[2], "pv") == 0 ? XEN_CONSOLE_PV : XEN_CONSOLE_SERIAL;
    GError *problem = NULL;
    g_autofree char *path = host->ops->get_console_path(host, domid_of(argv), kind, 0, &problem);

    printf("%s\n", path ? path : "-");
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool
try_store(XenHost *host, char **argv, GError **error)
{
    return host->ops->store_userdata(host, domid_of(argv), argv[2], argv[3], strlen(argv[3]),
                                     error);
}

static bool
try_load(XenHost *host, char **argv, GError **error)
{
    g_autofree char *data = NULL;
    gsize size;

    if (!host->ops->load_userdata(host, domid_of(argv), argv[2], &data, &size, error))
        return false;
    printf("%zu '%s'\n", size, data ? data : "-");
    return true;
}

static void
print_event(const XenHostEvent *event, gpointer user_data)
{
    static const char *const names[] = {"created", "shutdown", "gone", "lost"};

    printf("event %s %u ", names[event->type], event->domid);
    print_uuid(event->uuid);
    printf(" reason %d\n", event->reason);
    fflush(stdout);
}

static gboolean
end_waiting(gpointer user_data)
{
    g_main_loop_quit(user_data);
    return G_SOURCE_REMOVE;
}

static bool
try_watch(XenHost *host, char **argv, GError **error)
{
    return host->ops->watch(host, print_event, NULL, error);
}

static bool
try_wait(XenHost *host, char **argv, GError **error)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

    g_timeout_add_seconds((guint)atoi(argv[1]), end_waiting, loop);
    g_main_loop_run(loop);
    return true;
}

/* Every descriptor that a child would inherit. */
static bool
try_descriptors(XenHost *host, char **argv, GError **error)
{
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", fd);
        g_autofree char *target = flags >= 0 ? g_file_read_link(name, NULL) : NULL;

        if (target)
            printf("%d %s%s\n", fd, target, flags & FD_CLOEXEC ? "" : " INHERITED");
    }
    return true;
}

static const struct {
    const char *name;
    int n_arguments;
    bool (*function)(XenHost *host, char **argv, GError **error);
} commands[] = {
    {"info", 0, try_info},
    {"list", 0, try_list},
    {"create", 1, try_create},   /* FILE.json */
    {"unpause", 1, try_unpause}, /* DOMID */
    {"pause", 1, try_pause},
    {"shutdown", 1, try_shutdown},
    {"reboot", 1, try_reboot},
    {"destroy", 1, try_destroy},
    {"dump", 2, try_dump}, /* DOMID FILE */
    {"channels", 1, try_channels},
    {"add", 4, try_add},         /* DOMID DEVID NAME pty|PATH */
    {"remove", 3, try_remove},   /* DOMID DEVID force|ask */
    {"console", 2, try_console}, /* DOMID pv|serial */
    {"store", 3, try_store},     /* DOMID KEY DATA */
    {"load", 2, try_load},       /* DOMID KEY */
    {"watch", 0, try_watch},
    {"wait", 1, try_wait}, /* SECONDS */
    {"descriptors", 0, try_descriptors},
};

static bool
run(XenHost *host, int argc, char **argv)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autoptr(GError) error = NULL;

        if (strcmp(commands[i].name, argv[0]) != 0 || argc - 1 != commands[i].n_arguments)
            continue;
        if (commands[i].function(host, argv, &error))
            return true;
        printf("%s: error %d: %s\n", argv[0], error ? error->code : 0,
               error ? error->message : "no reason");
        return false;
    }
    printf("no such command: %s with %d arguments\n", argv[0], argc - 1);
    return false;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(XenHost) host = xen_host_libxl_open("", &error);
    bool ok = true;

    if (!host) {
        printf("%s\n", error->message);
        return 1;
    }
    for (int begin = 1, end; ok && begin < argc; begin = end + 1) {
        for (end = begin; end < argc && strcmp(argv[end], ",") != 0; end++)
            ;
        ok = run(host, end - begin, argv + begin);
        fflush(stdout);
    }
    return ok ? 0 : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim_fixture.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000
};

void
sim_fixture_set_up_root(SimFixture *fixture, gconstpointer data)
{
    /* Short, since paths of sockets are. */
    fixture->root = g_strdup("/tmp/virtxl-sim-XXXXXX");
    g_assert_nonnull(g_mkdtemp(fixture->root));
    fixture->program = g_getenv("VIRTXL_SIMHOST");
    g_assert_nonnull(fixture->program);
    /* No backend of channels but the test's own. */
    g_setenv("VIRTXL_CHANNELD", "/nowhere/virtxl-channeld", TRUE);
    fixture->events = g_array_new(FALSE, TRUE, sizeof(XenHostEvent));
}

void
sim_fixture_set_up(SimFixture *fixture, gconstpointer data)
{
    GError *error = NULL;

    sim_fixture_set_up_root(fixture, data);
    fixture->host = xen_host_sim_open(fixture->root, fixture->program, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(fixture->host->ops->name, ==, "sim");
}

char *
sim_fixture_path(const SimFixture *fixture, const char *relative)
{
    return g_build_filename(fixture->root, relative, NULL);
}

char *
sim_fixture_guest_path(const SimFixture *fixture, const char *domain, const char *channel)
{
    return g_build_filename(fixture->root, "run", "virtxl-sim", domain, channel, NULL);
}

static void
remove_tree(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};

    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

/* Has the host end, and waits for its process: a sanitizer speaks last. */
static void
quit_host(SimFixture *fixture)
{
    struct pollfd process = {.events = POLLIN};

    process.fd = (int)syscall(SYS_pidfd_open, sim_fixture_get_host_pid(fixture), 0);
    g_assert_cmpint(process.fd, >=, 0);
    g_free(sim_fixture_ctl(fixture, "quit"));
    g_assert_cmpint(poll(&process, 1, PATIENCE_MS), ==, 1);
    close(process.fd);
}

static void
assert_log_is_clean(const SimFixture *fixture)
{
    g_autofree char *path = sim_fixture_path(fixture, "var/log/virtxl-simhost.log");
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    if (strstr(text, "Sanitizer") || strstr(text, "runtime error") || strstr(text, "CRITICAL"))
        g_printerr("%s", text);
    g_assert_null(strstr(text, "Sanitizer"));
    g_assert_null(strstr(text, "runtime error"));
    g_assert_null(strstr(text, "CRITICAL"));
}

void
sim_fixture_tear_down(SimFixture *fixture, gconstpointer data)
{
    g_autofree char *directory = sim_fixture_path(fixture, "run/virtxl-sim");
    g_autofree char *socket = sim_fixture_path(fixture, "run/virtxl-sim/host.sock");

    if (g_file_test(socket, G_FILE_TEST_EXISTS))
        quit_host(fixture);
    xen_host_close(fixture->host);
    sim_fixture_wait_gone(directory);
    assert_log_is_clean(fixture);
    remove_tree(fixture->root);
    g_array_unref(fixture->events);
    g_free(fixture->root);
}

char *
sim_fixture_ctl(const SimFixture *fixture, const char *format, ...)
{
    va_list args;
    g_autofree char *command = NULL;
    char *output = NULL;
    GError *error = NULL;
    int status;

    va_start(args, format);
    command = g_strdup_vprintf(format, args);
    va_end(args);
    const char *const argv[] = {fixture->program, "--root", fixture->root, "--ctl", command, NULL};
    g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &output, NULL, &status, &error);
    g_assert_no_error(error);
    g_spawn_check_wait_status(status, &error);
    g_assert_no_error(error);
    return output;
}

/* --- Waiting --- */

static gboolean
on_patience(gpointer user_data)
{
    /* Waited in vain. */
    g_assert_not_reached();
}

static gboolean
on_tick(gpointer user_data)
{
    return G_SOURCE_CONTINUE;
}

void
sim_fixture_wait_gone(const char *path)
{
    guint patience = g_timeout_add(PATIENCE_MS, on_patience, NULL);
    guint tick = g_timeout_add(10, on_tick, NULL);

    while (g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK))
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(tick);
    g_source_remove(patience);
}

static void
on_event(const XenHostEvent *event, gpointer user_data)
{
    SimFixture *fixture = user_data;

    g_array_append_val(fixture->events, *event);
}

void
sim_fixture_watch(SimFixture *fixture)
{
    GError *error = NULL;

    fixture->host->ops->watch(fixture->host, on_event, fixture, &error);
    g_assert_no_error(error);
}

void
sim_fixture_wait_events(SimFixture *fixture, guint count)
{
    guint patience = g_timeout_add(PATIENCE_MS, on_patience, NULL);

    while (fixture->events->len < count)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(patience);
}

/* --- Reaching the host by other ways --- */

int
sim_fixture_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                     sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

pid_t
sim_fixture_get_host_pid(const SimFixture *fixture)
{
    g_autofree char *path = sim_fixture_path(fixture, "run/virtxl-sim/host.sock");
    int fd = sim_fixture_connect(path);
    struct ucred peer;
    socklen_t size = sizeof(peer);

    g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size), ==, 0);
    close(fd);
    return peer.pid;
}

/* --- Configs --- */

void
sim_config_init(libxl_domain_config *config, libxl_domain_type type, const char *name, guint8 id)
{
    libxl_domain_config_init(config);
    config->c_info.type = type;
    config->c_info.name = strdup(name);
    memset(config->c_info.uuid.uuid, id, sizeof(config->c_info.uuid.uuid));
    libxl_domain_build_info_init_type(&config->b_info, type);
    config->b_info.max_memkb = config->b_info.target_memkb = 65536;
    config->b_info.max_vcpus = 1;
}

void
sim_config_add_channel(libxl_domain_config *config, int devid, const char *name, const char *socket)
{
    libxl_device_channel *channel;

    config->channels = realloc(config->channels,
                               sizeof(libxl_device_channel) * (size_t)(config->num_channels + 1));
    channel = &config->channels[config->num_channels++];
    libxl_device_channel_init(channel);
    channel->devid = devid;
    channel->name = strdup(name);
    if (!socket) {
        libxl_device_channel_init_connection(channel, LIBXL_CHANNEL_CONNECTION_PTY);
        return;
    }
    libxl_device_channel_init_connection(channel, LIBXL_CHANNEL_CONNECTION_SOCKET);
    channel->u.socket.path = strdup(socket);
}

guint32
sim_config_create(SimFixture *fixture, libxl_domain_config *config)
{
    GError *error = NULL;
    guint32 domid = 0;

    fixture->host->ops->create(fixture->host, config, &domid, &error);
    g_assert_no_error(error);
    libxl_domain_config_dispose(config);
    return domid;
}

guint32
sim_fixture_start_domain(SimFixture *fixture, const char *name, guint8 id)
{
    libxl_domain_config config;
    GError *error = NULL;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, name, id);
    domid = sim_config_create(fixture, &config);
    fixture->host->ops->unpause(fixture->host, domid, &error);
    g_assert_no_error(error);
    return domid;
}

int
sim_fixture_run(int *argc, char ***argv, const char *prefix, const SimTest *tests, gsize n_tests)
{
    g_test_init(argc, argv, NULL);
    for (gsize i = 0; i < n_tests; i++) {
        g_autofree char *path = g_strconcat(prefix, "/", tests[i].name, NULL);

        g_test_add(path, SimFixture, NULL,
                   tests[i].without_host ? sim_fixture_set_up_root : sim_fixture_set_up,
                   tests[i].func, sim_fixture_tear_down);
    }
    return g_test_run();
}

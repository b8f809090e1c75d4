/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel_fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

/* The warnings of a test. */
static GString *warnings;

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    for (gsize i = 0; i < n_fields; i++) {
        if ((level & G_LOG_LEVEL_WARNING) && g_str_equal(fields[i].key, "MESSAGE"))
            g_string_append_printf(warnings, "%s\n", (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

void
channel_fixture_assert_warned(const char *part)
{
    g_assert_nonnull(strstr(warnings->str, part));
    g_string_truncate(warnings, 0);
}

static void
on_done(Channel *channel, gpointer user_data)
{
    ChannelFixture *f = user_data;

    f->ended = true;
    f->channel = NULL;
    channel_free(channel);
}

void
channel_fixture_end(ChannelFixture *f)
{
    channel_end(f->channel, on_done, f);
}

guint
channel_fixture_count_warnings(void)
{
    guint n = 0;

    for (const char *c = warnings->str; *c; c++)
        n += *c == '\n';
    return n;
}

static void
set_up(ChannelFixture *f, gconstpointer data)
{
    f->host = fake_host_new();
    f->fd_store = fd_store_new();
    f->directory = g_dir_make_tmp("virtxl-channel-XXXXXX", NULL);
    f->socket = g_build_filename(f->directory, "socket", NULL);
    f->context = (ChannelContext){&f->host->base, f->fd_store, f->directory};
    f->source = channel_source_new(CHANNEL_SOURCE_UNIX);
    f->source->listen = true;
    f->source->path = g_strdup(f->socket);
    f->source->hold_in = f->source->hold_out = HOLD_SIZE;
    f->view = (ChannelView){.domid = 7,
                            .devid = 1,
                            .domain_name = (char *)"guest",
                            .name = (char *)"org.example.test",
                            .online = true,
                            .backend_state = XenbusStateInitialising,
                            .frontend_state = XenbusStateInitialising,
                            .ring_ref = 8,
                            .port = 9};
    g_assert_true(ring_open(&f->guest, RING_FRONTEND, f->host->page));
}

void
channel_fixture_begin(ChannelFixture *f)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&f->view.source, g_hash_table_unref);
    f->view.source = channel_source_to_nodes(f->source);
    f->channel = channel_new(&f->context, &f->view, &error);
    g_assert_no_error(error);
}

void
channel_fixture_frontend_goes_to(ChannelFixture *f, int state)
{
    f->view.frontend_state = state;
    f->view.frontend_writes++;
    f->view.has_ring = state == XenbusStateInitialised || state == XenbusStateConnected;
    channel_update(f->channel, &f->view);
}

void
channel_fixture_begin_connected(ChannelFixture *f)
{
    channel_fixture_begin(f);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_frontend_goes_to(f, XenbusStateConnected);
    g_free(fake_host_take_log(f->host));
}

static void
tear_down(ChannelFixture *f, gconstpointer data)
{
    if (f->channel)
        channel_free(f->channel);
    g_assert_cmpuint(f->host->maps, ==, 0);
    g_assert_cmpuint(f->host->binds, ==, 0);
    /* Nothing of it is left, and so the directory is empty. */
    g_assert_cmpint(g_rmdir(f->directory), ==, 0);
    g_hash_table_unref(f->view.source);
    channel_source_free(f->source);
    fd_store_free(f->fd_store);
    fake_host_free(f->host);
    g_free(f->directory);
    g_free(f->socket);
    /* Each is one that the test has asked for. */
    g_assert_cmpstr(warnings->str, ==, "");
}

void
channel_fixture_assert_log(ChannelFixture *f, const char *expected)
{
    g_autofree char *log = fake_host_take_log(f->host);

    g_assert_cmpstr(log, ==, expected);
}

void
channel_fixture_iterate(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static gboolean
set_flag(gpointer flag)
{
    *(bool *)flag = true;
    return G_SOURCE_REMOVE;
}

void
channel_fixture_wait_ms(guint ms)
{
    bool over = false;

    g_timeout_add(ms, set_flag, &over);
    while (!over)
        g_main_context_iteration(NULL, TRUE);
}

int
channel_fixture_connect_client(ChannelFixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, f->socket, sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    channel_fixture_iterate();
    return fd;
}

void
channel_fixture_client_says(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
    channel_fixture_iterate();
}

char *
channel_fixture_client_hears(int fd)
{
    char text[65536];
    gssize n;

    channel_fixture_iterate();
    n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    return g_strndup(text, n > 0 ? (gsize)n : 0);
}

void
channel_fixture_guest_says(ChannelFixture *f, const char *text)
{
    struct iovec iov = {(void *)text, strlen(text)};

    g_assert_cmpint(ring_write(&f->guest, &iov, 1), ==, (gssize)strlen(text));
    fake_host_send_event(f->host);
    channel_fixture_iterate();
}

char *
channel_fixture_guest_hears(ChannelFixture *f)
{
    char text[RING_IN_SIZE];
    struct iovec iov = {text, sizeof(text)};
    gssize n;

    channel_fixture_iterate();
    n = ring_peek(&f->guest, &iov, 1);
    g_assert_cmpint(n, >=, 0);
    ring_consume(&f->guest, (gsize)n);
    fake_host_send_event(f->host);
    return g_strndup(text, (gsize)n);
}

void
channel_fixture_assert_client_hears(int fd, const char *expected)
{
    g_autofree char *text = channel_fixture_client_hears(fd);

    g_assert_cmpstr(text, ==, expected);
}

void
channel_fixture_assert_new_client_hears(ChannelFixture *f, const char *expected)
{
    int client = channel_fixture_connect_client(f);

    channel_fixture_assert_client_hears(client, expected);
    close(client);
}

void
channel_fixture_assert_guest_hears(ChannelFixture *f, const char *expected)
{
    g_autofree char *text = channel_fixture_guest_hears(f);

    g_assert_cmpstr(text, ==, expected);
}

int
channel_fixture_run(int argc, char **argv, const ChannelFixtureTest *tests, gsize n)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    warnings = g_string_new(NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
    for (gsize i = 0; i < n; i++)
        g_test_add(tests[i].path, ChannelFixture, NULL, set_up, tests[i].func, tear_down);
    status = g_test_run();
    g_string_free(warnings, TRUE);
    return status;
}

/* One channel between a guest that is a page of memory and a client on a socket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "channel/channel.h"
#include "fake_host.h"
#include "util/channel_source.h"
#include "util/log_limit.h"

#define HOLD_SIZE 4096

typedef struct {
    FakeHost *host;
    FdStore *fd_store;
    char *directory;
    char *socket;
    ChannelContext context;
    ChannelSource *source;
    ChannelView view;
    Channel *channel;
    Ring guest; /* the other side of the ring */
    bool ended;
} Fixture;

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

static void
assert_warned(const char *part)
{
    g_assert_nonnull(strstr(warnings->str, part));
    g_string_truncate(warnings, 0);
}

static void
set_up(Fixture *f, gconstpointer data)
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

static void
begin(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&f->view.source, g_hash_table_unref);
    f->view.source = channel_source_to_nodes(f->source);
    f->channel = channel_new(&f->context, &f->view, &error);
    g_assert_no_error(error);
}

static void
frontend_goes_to(Fixture *f, int state)
{
    f->view.frontend_state = state;
    f->view.frontend_writes++;
    f->view.has_ring = state == XenbusStateInitialised || state == XenbusStateConnected;
    channel_update(f->channel, &f->view);
}

static void
begin_connected(Fixture *f)
{
    begin(f);
    frontend_goes_to(f, XenbusStateInitialised);
    frontend_goes_to(f, XenbusStateConnected);
    g_free(fake_host_take_log(f->host));
}

static void
tear_down(Fixture *f, gconstpointer data)
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

static void
assert_log(Fixture *f, const char *expected)
{
    g_autofree char *log = fake_host_take_log(f->host);

    g_assert_cmpstr(log, ==, expected);
}

/* Lets the loop do what is due. */
static void
iterate(void)
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

static void
wait_ms(guint ms)
{
    bool over = false;

    g_timeout_add(ms, set_flag, &over);
    while (!over)
        g_main_context_iteration(NULL, TRUE);
}

/* --- both ends --- */

static int
connect_client(Fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, f->socket, sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    iterate();
    return fd;
}

static void
client_says(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
    iterate();
}

/* What the client gets without waiting. */
static char *
client_hears(int fd)
{
    char text[65536];
    gssize n;

    iterate();
    n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    return g_strndup(text, n > 0 ? (gsize)n : 0);
}

static void
guest_says(Fixture *f, const char *text)
{
    struct iovec iov = {(void *)text, strlen(text)};

    g_assert_cmpint(ring_write(&f->guest, &iov, 1), ==, (gssize)strlen(text));
    fake_host_send_event(f->host);
    iterate();
}

static char *
guest_hears(Fixture *f)
{
    char text[RING_IN_SIZE];
    struct iovec iov = {text, sizeof(text)};
    gssize n;

    iterate();
    n = ring_peek(&f->guest, &iov, 1);
    g_assert_cmpint(n, >=, 0);
    ring_consume(&f->guest, (gsize)n);
    fake_host_send_event(f->host);
    return g_strndup(text, (gsize)n);
}

static void
assert_client_hears(int fd, const char *expected)
{
    g_autofree char *text = client_hears(fd);

    g_assert_cmpstr(text, ==, expected);
}

static void
assert_guest_hears(Fixture *f, const char *expected)
{
    g_autofree char *text = guest_hears(f);

    g_assert_cmpstr(text, ==, expected);
}

/* --- states --- */

static void
test_follows_the_frontend_up(Fixture *f, gconstpointer data)
{
    begin(f);
    assert_log(f, "state=2");
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "map bind state=4");
    frontend_goes_to(f, XenbusStateConnected);
    assert_log(f, "");
}

static void
test_lets_go_before_it_says_so(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    frontend_goes_to(f, XenbusStateClosing);
    assert_log(f, "unmap unbind state=5");
    frontend_goes_to(f, XenbusStateClosed);
    assert_log(f, "state=6");
}

static void
close_in_good_order(Fixture *f)
{
    begin_connected(f);
    frontend_goes_to(f, XenbusStateClosing);
    frontend_goes_to(f, XenbusStateClosed);
    assert_log(f, "unmap unbind state=5 state=6");
}

static void
test_a_frontend_can_come_back_at_once(Fixture *f, gconstpointer data)
{
    close_in_good_order(f);
    frontend_goes_to(f, XenbusStateInitialising);
    assert_log(f, "state=2");
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "map bind state=4");
    wait_ms(2 * CHANNEL_REST_MS);
    assert_log(f, "");
}

/* Linux's driver takes our Closed for an end when it is bound again. */
static void
test_a_driver_that_was_unbound_does_not_find_us_closed(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    frontend_goes_to(f, XenbusStateClosed);
    assert_log(f, "unmap unbind state=2");
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "map bind state=4");
}

static void
test_a_closed_frontend_can_come_back(Fixture *f, gconstpointer data)
{
    close_in_good_order(f);
    wait_ms(2 * CHANNEL_REST_MS);
    assert_log(f, "state=2");
    memset(f->host->page, 0, sizeof(f->host->page));
    ring_open(&f->guest, RING_FRONTEND, f->host->page);
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "map bind state=4");
    frontend_goes_to(f, XenbusStateConnected);
    guest_says(f, "here again");
    {
        int client = connect_client(f);

        assert_client_hears(client, "here again");
        close(client);
    }
}

static void
test_a_frontend_that_starts_anew_is_let_go(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    frontend_goes_to(f, XenbusStateInitialising);
    assert_log(f, "unmap unbind state=2");
}

static void
test_a_state_written_again_opens_the_ring_again(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    frontend_goes_to(f, XenbusStateConnected);
    assert_log(f, "unmap unbind map bind");
    channel_update(f->channel, &f->view);
    assert_log(f, "");
}

static void
test_another_ring_is_connected(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    f->view.ring_ref = 80;
    frontend_goes_to(f, XenbusStateConnected);
    assert_log(f, "unmap unbind map bind");
}

static void
test_a_detached_channel_stays_closed(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    f->view.online = false;
    channel_update(f->channel, &f->view);
    assert_log(f, "unmap unbind state=5");
    frontend_goes_to(f, XenbusStateClosed);
    assert_log(f, "state=6");
    wait_ms(2 * CHANNEL_REST_MS);
    assert_log(f, "");
}

static void
test_a_channel_that_stays_after_all_comes_back(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    f->view.online = false;
    channel_update(f->channel, &f->view);
    f->view.online = true;
    channel_update(f->channel, &f->view);
    assert_log(f, "unmap unbind state=5 map bind state=4");
    f->view.online = false;
    frontend_goes_to(f, XenbusStateClosed);
    f->view.online = true;
    channel_update(f->channel, &f->view);
    wait_ms(2 * CHANNEL_REST_MS);
    assert_log(f, "unmap unbind state=6 state=2");
}

static void
test_a_restart_while_it_rests_does_not_leave_it_closed(Fixture *f, gconstpointer data)
{
    close_in_good_order(f);
    channel_abandon(f->channel);
    f->view.backend_state = XenbusStateClosed;
    begin(f);
    wait_ms(2 * CHANNEL_REST_MS);
    assert_log(f, "state=2");
}

static void
test_a_channel_without_a_host_end_can_be_detached(Fixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    begin(f);
    assert_warned("socket");
    f->view.online = false;
    f->view.frontend_state = XenbusStateInitialised;
    channel_update(f->channel, &f->view);
    assert_log(f, "state=5");
    frontend_goes_to(f, XenbusStateClosed);
    assert_log(f, "state=6");
    g_unlink(f->socket);
}

static void
test_a_ring_that_cannot_be_mapped_is_refused(Fixture *f, gconstpointer data)
{
    begin(f);
    f->host->fail_map = true;
    frontend_goes_to(f, XenbusStateInitialised);
    assert_warned("no such grant");
    assert_log(f, "state=2 state=5");
    f->host->fail_map = false;
    frontend_goes_to(f, XenbusStateInitialising);
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "state=2 map bind state=4");
}

static void
test_impossible_indices_close_the_ring(Fixture *f, gconstpointer data)
{
    guint32 *out_prod = (guint32 *)(void *)(f->host->page + RING_IN_SIZE + RING_OUT_SIZE + 12);

    begin_connected(f);
    *out_prod = RING_OUT_SIZE + 1;
    fake_host_send_event(f->host);
    assert_warned("makes no sense");
    assert_log(f, "unmap unbind state=5");
    /* and the host's end lives */
    close(connect_client(f));
}

static void
test_a_storm_of_events_is_answered_slowly(Fixture *f, gconstpointer data)
{
    guint before;

    begin_connected(f);
    for (int i = 0; i < 1000; i++)
        fake_host_send_event(f->host);
    before = f->host->unmasks;
    for (int i = 0; i < 1000; i++)
        fake_host_send_event(f->host);
    g_assert_cmpuint(f->host->unmasks, ==, before);
    wait_ms(100);
    g_assert_cmpuint(f->host->unmasks, >, before);
    guest_says(f, "and still there");
    {
        int client = connect_client(f);

        assert_client_hears(client, "and still there");
        close(client);
    }
}

static guint
count_lines(const char *text)
{
    guint n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void
test_a_guest_cannot_fill_the_log(Fixture *f, gconstpointer data)
{
    begin(f);
    f->host->fail_map = true;
    for (int i = 0; i < 1000; i++) {
        frontend_goes_to(f, XenbusStateInitialising);
        frontend_goes_to(f, XenbusStateInitialised);
    }
    g_assert_cmpuint(count_lines(warnings->str), <, 2 * LOG_LIMIT_BURST);
    assert_warned("no such grant");
}

/* Sends an event whenever it can; returns how often that was in @ms. */
static guint
storm(Fixture *f, guint ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;
    guint before = f->host->unmasks;

    while (g_get_monotonic_time() < end) {
        fake_host_send_event(f->host);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(100);
    }
    return f->host->unmasks - before;
}

static void
test_a_storm_that_goes_on_costs_less_and_less(Fixture *f, gconstpointer data)
{
    begin_connected(f);
    (void)storm(f, 3000);
    g_assert_cmpuint(storm(f, 1000), <, 10);
    guest_says(f, "a byte");
    wait_ms(1000);
    {
        int client = connect_client(f);

        assert_client_hears(client, "a byte");
        close(client);
    }
}

/* --- bytes --- */

/* Also one that has not read what came before: it may have looked at our index
 * already, and store its own only after the next move. */
static void
test_the_guest_hears_of_each_move(Fixture *f, gconstpointer data)
{
    guint before;
    int client;

    begin_connected(f);
    client = connect_client(f);
    for (int i = 0; i < 3; i++) {
        before = f->host->notifications;
        client_says(client, "x");
        g_assert_cmpuint(f->host->notifications, ==, before + 1);
    }
    before = f->host->notifications;
    guest_says(f, "not full, but it may wait");
    g_assert_cmpuint(f->host->notifications, ==, before + 1);
    assert_client_hears(client, "not full, but it may wait");
    assert_guest_hears(f, "xxx");
    close(client);
}

static void
test_bytes_go_both_ways(Fixture *f, gconstpointer data)
{
    int client;

    begin_connected(f);
    client = connect_client(f);
    client_says(client, "to the guest");
    assert_guest_hears(f, "to the guest");
    guest_says(f, "to the host");
    assert_client_hears(client, "to the host");
    close(client);
}

static void
test_a_client_may_be_gone_before_the_guest_comes(Fixture *f, gconstpointer data)
{
    int client;

    begin(f);
    client = connect_client(f);
    client_says(client, "cmdline\n");
    close(client);
    iterate();
    client = connect_client(f);
    client_says(client, "second\n");
    close(client);
    iterate();
    frontend_goes_to(f, XenbusStateInitialised);
    assert_guest_hears(f, "cmdline\nsecond\n");
}

static void
test_a_guest_may_talk_before_a_client_comes(Fixture *f, gconstpointer data)
{
    int client;

    begin_connected(f);
    guest_says(f, "hello");
    client = connect_client(f);
    assert_client_hears(client, "hello");
    close(client);
}

/* What neither the ring nor the hold takes waits in the client's socket. */
static void
test_more_than_is_held_arrives_whole(Fixture *f, gconstpointer data)
{
    GString *sent = g_string_new(NULL);
    GString *heard = g_string_new(NULL);
    int client;

    begin_connected(f);
    client = connect_client(f);
    for (guint i = 0; sent->len < 10 * HOLD_SIZE; i++) {
        g_autofree char *line = g_strdup_printf("line %u\n", i);

        g_string_append(sent, line);
    }
    client_says(client, sent->str);
    while (heard->len < sent->len) {
        g_autofree char *part = guest_hears(f);

        g_assert_cmpint(*part, !=, '\0');
        g_string_append(heard, part);
    }
    g_assert_cmpstr(heard->str, ==, sent->str);
    close(client);
    g_string_free(sent, TRUE);
    g_string_free(heard, TRUE);
}

/* Fills the hold without anybody there, and @more than that. */
static void
overfill(Fixture *f, guint more)
{
    g_autofree char *thousand = g_strnfill(1000, 'x');

    for (guint i = 0; i < HOLD_SIZE / 1000 + more; i++) {
        g_autofree char *text = g_strdup_printf("%03u%s", i, thousand + 3);

        guest_says(f, text);
    }
}

static void
test_the_oldest_is_discarded_when_nobody_is_there(Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;
    int client;

    begin_connected(f);
    overfill(f, 6);
    assert_warned("discarded");
    client = connect_client(f);
    text = client_hears(client);
    g_assert_cmpuint(strlen(text), ==, HOLD_SIZE);
    g_assert_nonnull(strstr(text, "009x"));
    close(client);
}

static void
test_the_guest_waits_where_that_is_wanted(Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;
    int client;

    f->source->wait = true;
    begin_connected(f);
    overfill(f, 2); /* what is more than the hold's stays in the ring */
    g_assert_cmpint(ring_get_writable(&f->guest), <, RING_OUT_SIZE);
    client = connect_client(f);
    text = client_hears(client);
    g_assert_cmpuint(strlen(text), ==, 6000);
    g_assert_true(g_str_has_prefix(text, "000x"));
    close(client);
}

static void
on_done(Channel *channel, gpointer user_data)
{
    Fixture *f = user_data;

    f->ended = true;
    f->channel = NULL;
    channel_free(channel);
}

static void
test_the_guests_last_words_are_heard(Fixture *f, gconstpointer data)
{
    struct iovec iov = {(void *)"good bye", 8};
    int client;

    begin_connected(f);
    client = connect_client(f);
    ring_write(&f->guest, &iov, 1);
    channel_end(f->channel, on_done, f);
    assert_log(f, "unmap unbind");
    g_assert_false(g_file_test(f->socket, G_FILE_TEST_EXISTS));
    assert_client_hears(client, "good bye");
    g_assert_true(f->ended);
    g_assert_cmpint(read(client, iov.iov_base, 0), ==, 0);
    close(client);
}

static void
test_held_bytes_outlive_the_process(Fixture *f, gconstpointer data)
{
    int client;

    begin_connected(f);
    guest_says(f, "from before");
    client = connect_client(f);
    client_says(client, "one");
    close(client);
    iterate();
    assert_client_hears(-1, "");
    channel_abandon(f->channel);
    f->view.backend_state = XenbusStateConnected;
    begin(f);
    assert_log(f, "unmap unbind map bind");
    assert_guest_hears(f, "one");
}

static void
test_an_endpoint_that_cannot_be_opened_is_told(Fixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    begin(f);
    assert_warned("socket");
    g_assert_nonnull(strstr(f->host->error, f->socket));
    assert_log(f, "");
    g_unlink(f->socket);
}

/* Waits until the endpoint is there, and no error is told. */
static void
wait_served(Fixture *f)
{
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    while (f->host->error && g_get_monotonic_time() < end)
        wait_ms(10);
    g_assert_cmpstr(f->host->error, ==, NULL);
}

static void
test_an_endpoint_that_could_not_be_opened_is_tried_again(Fixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    begin(f);
    assert_warned("socket");
    wait_ms(1000); /* tried again in vain, and no word more of it */
    g_unlink(f->socket);
    wait_served(f);
    assert_log(f, "state=2");
}

static void
test_a_hold_that_could_not_be_opened_is_tried_again(Fixture *f, gconstpointer data)
{
    f->context.directory = "/nowhere";
    begin(f);
    assert_warned("/nowhere");
    g_assert_nonnull(f->host->error);
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, "");
    f->context.directory = f->directory;
    wait_served(f);
    assert_log(f, "map bind state=4");
}

static void
assert_file_gets(Fixture *f, const char *expected)
{
    g_autofree char *text = NULL;
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    while (g_strcmp0(text, expected) != 0 && g_get_monotonic_time() < end) {
        wait_ms(1);
        g_free(text);
        g_assert_true(g_file_get_contents(f->socket, &text, NULL, NULL));
    }
    g_assert_cmpstr(text, ==, expected);
    g_unlink(f->socket);
}

static void
test_a_file_is_opened_before_the_guest_talks(Fixture *f, gconstpointer data)
{
    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    begin(f);
    frontend_goes_to(f, XenbusStateInitialised);
    assert_log(f, ""); /* a thread opens it; it comes by the main loop */
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
    guest_says(f, "to the file");
    assert_file_gets(f, "to the file");
}

/* Begins with a file, to which the guest has written "abc", and is killed when all, or only
 * a part, of that has come there and the main loop doesn't know yet. */
static void
kill_while_writing(Fixture *f, const char *content)
{
    g_autofree char *hold = g_build_filename(f->directory, f->source->id, NULL);
    g_autofree char *left = NULL;
    struct iovec iov = {(void *)"abc", 3};
    GStatBuf info = {0};
    gsize size;

    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    begin(f);
    frontend_goes_to(f, XenbusStateInitialised);
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
    ring_write(&f->guest, &iov, 1);
    fake_host_send_event(f->host);
    while (g_stat(f->socket, &info) < 0 || info.st_size < 3)
        g_usleep(1000);
    /* What a kill leaves. */
    g_assert_true(g_file_get_contents(hold, &left, &size, NULL));
    channel_free(f->channel);
    g_assert_true(g_file_set_contents(hold, left, (gssize)size, NULL));
    g_assert_true(g_file_set_contents(f->socket, content, -1, NULL));
    f->view.backend_state = XenbusStateConnected;
    begin(f);
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
}

static void
test_a_kill_repeats_nothing_in_a_file(Fixture *f, gconstpointer data)
{
    kill_while_writing(f, "abc");
    guest_says(f, "def");
    assert_file_gets(f, "abcdef");
}

static void
test_a_kill_within_a_piece_repeats_nothing(Fixture *f, gconstpointer data)
{
    kill_while_writing(f, "ab");
    guest_says(f, "def");
    assert_file_gets(f, "abcdef");
}

static void
test_a_file_that_others_write_loses_nothing_by_a_kill(Fixture *f, gconstpointer data)
{
    kill_while_writing(f, "abX");
    guest_says(f, "def");
    assert_file_gets(f, "abXabcdef");
}

static void
test_a_log_is_opened_before_a_guest_that_was_there_goes_on(Fixture *f, gconstpointer data)
{
    g_autofree char *log = g_strconcat(f->directory, "/log", NULL);

    f->source->log_path = g_strdup(log);
    begin(f);
    channel_abandon(f->channel);
    f->view.frontend_state = XenbusStateInitialised;
    f->view.has_ring = true;
    begin(f);
    channel_update(f->channel, &f->view);
    assert_log(f, "");
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
    g_unlink(log);
}

static void
test_a_channel_can_go_while_its_file_is_opened(Fixture *f, gconstpointer data)
{
    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    begin(f);
    channel_end(f->channel, on_done, f);
    g_assert_true(f->ended);
    while (!g_file_test(f->socket, G_FILE_TEST_EXISTS))
        wait_ms(1);
    wait_ms(50); /* comes back to nobody, and is closed */
    g_unlink(f->socket);
}

static void
test_what_was_told_before_a_restart_is_taken_back(Fixture *f, gconstpointer data)
{
    begin(f);
    channel_abandon(f->channel);
    f->host->error = g_strdup("cannot listen");
    begin(f);
    g_assert_null(f->host->error);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"/channel/state/follows-the-frontend-up", test_follows_the_frontend_up},
        {"/channel/state/lets-go-before-it-says-so", test_lets_go_before_it_says_so},
        {"/channel/state/closed-comes-back", test_a_closed_frontend_can_come_back},
        {"/channel/state/comes-back-at-once", test_a_frontend_can_come_back_at_once},
        {"/channel/state/unbound", test_a_driver_that_was_unbound_does_not_find_us_closed},
        {"/channel/state/starts-anew", test_a_frontend_that_starts_anew_is_let_go},
        {"/channel/state/written-again", test_a_state_written_again_opens_the_ring_again},
        {"/channel/state/another-ring", test_another_ring_is_connected},
        {"/channel/state/detached", test_a_detached_channel_stays_closed},
        {"/channel/state/stays-after-all", test_a_channel_that_stays_after_all_comes_back},
        {"/channel/state/detached-without-end", test_a_channel_without_a_host_end_can_be_detached},
        {"/channel/hostile/log", test_a_guest_cannot_fill_the_log},
        {"/channel/hostile/no-such-grant", test_a_ring_that_cannot_be_mapped_is_refused},
        {"/channel/hostile/indices", test_impossible_indices_close_the_ring},
        {"/channel/hostile/storm", test_a_storm_of_events_is_answered_slowly},
        {"/channel/hostile/long-storm", test_a_storm_that_goes_on_costs_less_and_less},
        {"/channel/bytes/each-move-is-told", test_the_guest_hears_of_each_move},
        {"/channel/bytes/both-ways", test_bytes_go_both_ways},
        {"/channel/bytes/client-gone-before", test_a_client_may_be_gone_before_the_guest_comes},
        {"/channel/bytes/guest-talks-before", test_a_guest_may_talk_before_a_client_comes},
        {"/channel/bytes/more-than-is-held", test_more_than_is_held_arrives_whole},
        {"/channel/bytes/discarded", test_the_oldest_is_discarded_when_nobody_is_there},
        {"/channel/bytes/guest-waits", test_the_guest_waits_where_that_is_wanted},
        {"/channel/bytes/last-words", test_the_guests_last_words_are_heard},
        {"/channel/restart/held", test_held_bytes_outlive_the_process},
        {"/channel/restart/resting", test_a_restart_while_it_rests_does_not_leave_it_closed},
        {"/channel/restart/error", test_what_was_told_before_a_restart_is_taken_back},
        {"/channel/endpoint/error", test_an_endpoint_that_cannot_be_opened_is_told},
        {"/channel/endpoint/again", test_an_endpoint_that_could_not_be_opened_is_tried_again},
        {"/channel/endpoint/hold-again", test_a_hold_that_could_not_be_opened_is_tried_again},
        {"/channel/endpoint/file", test_a_file_is_opened_before_the_guest_talks},
        {"/channel/restart/file", test_a_kill_repeats_nothing_in_a_file},
        {"/channel/restart/file-part", test_a_kill_within_a_piece_repeats_nothing},
        {"/channel/restart/file-others", test_a_file_that_others_write_loses_nothing_by_a_kill},
        {"/channel/endpoint/log", test_a_log_is_opened_before_a_guest_that_was_there_goes_on},
        {"/channel/endpoint/gone", test_a_channel_can_go_while_its_file_is_opened},
    };
    int status;

    g_test_init(&argc, &argv, NULL);
    warnings = g_string_new(NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
    status = g_test_run();
    g_string_free(warnings, TRUE);
    return status;
}

/* Bytes between guest and client, whoever comes first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel_fixture.h"

#include <string.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

/* Also one that has not read what came before: it may have looked at our index
 * already, and store its own only after the next move. */
static void
test_the_guest_hears_of_each_move(ChannelFixture *f, gconstpointer data)
{
    guint before;
    int client;

    channel_fixture_begin_connected(f);
    client = channel_fixture_connect_client(f);
    for (int i = 0; i < 3; i++) {
        before = f->host->notifications;
        channel_fixture_client_says(client, "x");
        g_assert_cmpuint(f->host->notifications, ==, before + 1);
    }
    before = f->host->notifications;
    channel_fixture_guest_says(f, "not full, but it may wait");
    g_assert_cmpuint(f->host->notifications, ==, before + 1);
    channel_fixture_assert_client_hears(client, "not full, but it may wait");
    channel_fixture_assert_guest_hears(f, "xxx");
    close(client);
}

static void
test_bytes_go_both_ways(ChannelFixture *f, gconstpointer data)
{
    int client;

    channel_fixture_begin_connected(f);
    client = channel_fixture_connect_client(f);
    channel_fixture_client_says(client, "to the guest");
    channel_fixture_assert_guest_hears(f, "to the guest");
    channel_fixture_guest_says(f, "to the host");
    channel_fixture_assert_client_hears(client, "to the host");
    close(client);
}

static void
test_a_client_may_be_gone_before_the_guest_comes(ChannelFixture *f, gconstpointer data)
{
    int client;

    channel_fixture_begin(f);
    client = channel_fixture_connect_client(f);
    channel_fixture_client_says(client, "cmdline\n");
    close(client);
    channel_fixture_iterate();
    client = channel_fixture_connect_client(f);
    channel_fixture_client_says(client, "second\n");
    close(client);
    channel_fixture_iterate();
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_guest_hears(f, "cmdline\nsecond\n");
}

static void
test_a_guest_may_talk_before_a_client_comes(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    channel_fixture_guest_says(f, "hello");
    channel_fixture_assert_new_client_hears(f, "hello");
}

/* What neither the ring nor the hold takes waits in the client's socket. */
static void
test_more_than_is_held_arrives_whole(ChannelFixture *f, gconstpointer data)
{
    GString *sent = g_string_new(NULL);
    GString *heard = g_string_new(NULL);
    int client;

    channel_fixture_begin_connected(f);
    client = channel_fixture_connect_client(f);
    for (guint i = 0; sent->len < 10 * HOLD_SIZE; i++) {
        g_autofree char *line = g_strdup_printf("line %u\n", i);

        g_string_append(sent, line);
    }
    channel_fixture_client_says(client, sent->str);
    while (heard->len < sent->len) {
        g_autofree char *part = channel_fixture_guest_hears(f);

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
overfill(ChannelFixture *f, guint more)
{
    g_autofree char *thousand = g_strnfill(1000, 'x');

    for (guint i = 0; i < HOLD_SIZE / 1000 + more; i++) {
        g_autofree char *text = g_strdup_printf("%03u%s", i, thousand + 3);

        channel_fixture_guest_says(f, text);
    }
}

static void
test_the_oldest_is_discarded_when_nobody_is_there(ChannelFixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;
    int client;

    channel_fixture_begin_connected(f);
    overfill(f, 6);
    channel_fixture_assert_warned("discarded");
    client = channel_fixture_connect_client(f);
    text = channel_fixture_client_hears(client);
    g_assert_cmpuint(strlen(text), ==, HOLD_SIZE);
    g_assert_nonnull(strstr(text, "009x"));
    close(client);
}

static void
test_the_guest_waits_where_that_is_wanted(ChannelFixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;
    int client;

    f->source->wait = true;
    channel_fixture_begin_connected(f);
    overfill(f, 2); /* what is more than the hold's stays in the ring */
    g_assert_cmpint(ring_get_writable(&f->guest), <, RING_OUT_SIZE);
    client = channel_fixture_connect_client(f);
    text = channel_fixture_client_hears(client);
    g_assert_cmpuint(strlen(text), ==, 6000);
    g_assert_true(g_str_has_prefix(text, "000x"));
    close(client);
}

static void
test_the_guests_last_words_are_heard(ChannelFixture *f, gconstpointer data)
{
    struct iovec iov = {(void *)"good bye", 8};
    int client;

    channel_fixture_begin_connected(f);
    client = channel_fixture_connect_client(f);
    ring_write(&f->guest, &iov, 1);
    channel_fixture_end(f);
    channel_fixture_assert_log(f, "unmap unbind");
    g_assert_false(g_file_test(f->socket, G_FILE_TEST_EXISTS));
    channel_fixture_assert_client_hears(client, "good bye");
    g_assert_true(f->ended);
    g_assert_cmpint(read(client, iov.iov_base, 0), ==, 0);
    close(client);
}

static void
test_held_bytes_outlive_the_process(ChannelFixture *f, gconstpointer data)
{
    int client;

    channel_fixture_begin_connected(f);
    channel_fixture_guest_says(f, "from before");
    client = channel_fixture_connect_client(f);
    channel_fixture_client_says(client, "one");
    close(client);
    channel_fixture_iterate();
    channel_fixture_assert_client_hears(-1, "");
    channel_abandon(f->channel);
    f->view.backend_state = XenbusStateConnected;
    channel_fixture_begin(f);
    channel_fixture_assert_log(f, "unmap unbind map bind");
    channel_fixture_assert_guest_hears(f, "one");
}

int
main(int argc, char **argv)
{
    static const ChannelFixtureTest tests[] = {
        {"/channel/bytes/each-move-is-told", test_the_guest_hears_of_each_move},
        {"/channel/bytes/both-ways", test_bytes_go_both_ways},
        {"/channel/bytes/client-gone-before", test_a_client_may_be_gone_before_the_guest_comes},
        {"/channel/bytes/guest-talks-before", test_a_guest_may_talk_before_a_client_comes},
        {"/channel/bytes/more-than-is-held", test_more_than_is_held_arrives_whole},
        {"/channel/bytes/discarded", test_the_oldest_is_discarded_when_nobody_is_there},
        {"/channel/bytes/guest-waits", test_the_guest_waits_where_that_is_wanted},
        {"/channel/bytes/last-words", test_the_guests_last_words_are_heard},
        {"/channel/restart/held", test_held_bytes_outlive_the_process},
    };

    return channel_fixture_run(argc, argv, tests, G_N_ELEMENTS(tests));
}

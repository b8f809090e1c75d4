/* The host's end of a channel: what can't be opened, files, a restart of the process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel_fixture.h"
#include "hanging_open.h"

#include <glib/gstdio.h>
#include <string.h>
#include <xen/io/xenbus.h>

static void
test_an_endpoint_that_cannot_be_opened_is_told(ChannelFixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    channel_fixture_begin(f);
    channel_fixture_assert_warned("socket");
    g_assert_nonnull(strstr(f->host->error, f->socket));
    channel_fixture_assert_log(f, "");
    g_unlink(f->socket);
}

/* Waits until the endpoint is there, and no error is told. */
static void
wait_served(ChannelFixture *f)
{
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    while (f->host->error && g_get_monotonic_time() < end)
        channel_fixture_wait_ms(10);
    g_assert_cmpstr(f->host->error, ==, NULL);
}

static void
test_an_endpoint_that_could_not_be_opened_is_tried_again(ChannelFixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    channel_fixture_begin(f);
    channel_fixture_assert_warned("socket");
    channel_fixture_wait_ms(1000); /* tried again in vain, and no word more of it */
    g_unlink(f->socket);
    wait_served(f);
    channel_fixture_assert_log(f, "state=2");
}

static void
test_a_hold_that_could_not_be_opened_is_tried_again(ChannelFixture *f, gconstpointer data)
{
    f->context.directory = "/nowhere";
    channel_fixture_begin(f);
    channel_fixture_assert_warned("/nowhere");
    g_assert_nonnull(f->host->error);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "");
    f->context.directory = f->directory;
    wait_served(f);
    channel_fixture_assert_log(f, "map bind state=4");
}

static void
assert_file_gets(ChannelFixture *f, const char *expected)
{
    g_autofree char *text = NULL;
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    while (g_strcmp0(text, expected) != 0 && g_get_monotonic_time() < end) {
        channel_fixture_wait_ms(1);
        g_free(text);
        g_assert_true(g_file_get_contents(f->socket, &text, NULL, NULL));
    }
    g_assert_cmpstr(text, ==, expected);
    g_unlink(f->socket);
}

static void
test_a_file_is_opened_before_the_guest_talks(ChannelFixture *f, gconstpointer data)
{
    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    channel_fixture_begin(f);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, ""); /* a thread opens it; it comes by the main loop */
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
    channel_fixture_guest_says(f, "to the file");
    assert_file_gets(f, "to the file");
}

/* Begins with a file, to which the guest has written "abc", and is killed when all, or only
 * a part, of that has come there and the main loop doesn't know yet. */
static void
kill_while_writing(ChannelFixture *f, const char *content)
{
    g_autofree char *hold = g_build_filename(f->directory, f->source->id, NULL);
    g_autofree char *left = NULL;
    struct iovec iov = {(void *)"abc", 3};
    GStatBuf info = {0};
    gsize size;

    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    channel_fixture_begin(f);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
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
    channel_fixture_begin(f);
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
}

static void
test_a_kill_repeats_nothing_in_a_file(ChannelFixture *f, gconstpointer data)
{
    kill_while_writing(f, "abc");
    channel_fixture_guest_says(f, "def");
    assert_file_gets(f, "abcdef");
}

static void
test_a_kill_within_a_piece_repeats_nothing(ChannelFixture *f, gconstpointer data)
{
    kill_while_writing(f, "ab");
    channel_fixture_guest_says(f, "def");
    assert_file_gets(f, "abcdef");
}

static void
test_a_file_that_others_write_loses_nothing_by_a_kill(ChannelFixture *f, gconstpointer data)
{
    kill_while_writing(f, "abX");
    channel_fixture_guest_says(f, "def");
    assert_file_gets(f, "abXabcdef");
}

static void
test_a_log_is_opened_before_a_guest_that_was_there_goes_on(ChannelFixture *f, gconstpointer data)
{
    g_autofree char *log = g_strconcat(f->directory, "/log", NULL);

    f->source->log_path = g_strdup(log);
    channel_fixture_begin(f);
    channel_abandon(f->channel);
    f->view.frontend_state = XenbusStateInitialised;
    f->view.has_ring = true;
    channel_fixture_begin(f);
    channel_update(f->channel, &f->view);
    channel_fixture_assert_log(f, "");
    while (!f->host->maps)
        g_main_context_iteration(NULL, TRUE);
    g_unlink(log);
}

static void
test_a_channel_can_go_while_its_file_is_opened(ChannelFixture *f, gconstpointer data)
{
    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_FILE;
    channel_fixture_begin(f);
    channel_fixture_end(f);
    g_assert_true(f->ended);
    channel_fixture_wait_ms(50); /* it comes back to nobody, or was not begun and made no file */
    g_unlink(f->socket);
}

static void
test_what_was_told_before_a_restart_is_taken_back(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin(f);
    channel_abandon(f->channel);
    f->host->error = g_strdup("cannot listen");
    channel_fixture_begin(f);
    g_assert_null(f->host->error);
}

static void
begin_with_a_device_that_hangs(ChannelFixture *f)
{
    g_free(f->source->path);
    f->source->path = g_strdup("/dev/null");
    f->source->listen = false;
    f->source->type = CHANNEL_SOURCE_DEV;
    hanging_open_begin("/dev/null");
    channel_fixture_begin(f);
}

static void
wait_error(ChannelFixture *f)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (!f->host->error && g_get_monotonic_time() < end)
        channel_fixture_wait_ms(10);
    g_assert_nonnull(f->host->error);
}

static void
test_a_device_that_does_not_open_is_told_and_waited_for(ChannelFixture *f, gconstpointer data)
{
    begin_with_a_device_that_hangs(f);
    wait_error(f);
    channel_fixture_assert_warned("'/dev/null' is not open after");
    channel_fixture_assert_log(f, "");
    hanging_open_end();
    wait_served(f);
    channel_fixture_assert_log(f, "state=2");
}

static void
test_a_channel_can_go_while_its_device_hangs(ChannelFixture *f, gconstpointer data)
{
    begin_with_a_device_that_hangs(f);
    channel_fixture_end(f);
    g_assert_true(f->ended);
    hanging_open_end();
}

int
main(int argc, char **argv)
{
    static const ChannelFixtureTest tests[] = {
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
        {"/channel/endpoint/hangs", test_a_device_that_does_not_open_is_told_and_waited_for},
        {"/channel/endpoint/hangs-and-goes", test_a_channel_can_go_while_its_device_hangs},
    };

    return channel_fixture_run(argc, argv, tests, G_N_ELEMENTS(tests));
}

/* What a guest does to its channel and must not reach anybody else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel_fixture.h"

#include <unistd.h>
#include <xen/io/xenbus.h>

#include "util/log_limit.h"

static void
test_a_ring_that_cannot_be_mapped_is_refused(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin(f);
    f->host->fail_map = true;
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_warned("no such grant");
    channel_fixture_assert_log(f, "state=2 state=5");
    f->host->fail_map = false;
    channel_fixture_frontend_goes_to(f, XenbusStateInitialising);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "state=2 map bind state=4");
}

static void
test_impossible_indices_close_the_ring(ChannelFixture *f, gconstpointer data)
{
    guint32 *out_prod = (guint32 *)(void *)(f->host->page + RING_IN_SIZE + RING_OUT_SIZE + 12);

    channel_fixture_begin_connected(f);
    *out_prod = RING_OUT_SIZE + 1;
    fake_host_send_event(f->host);
    channel_fixture_assert_warned("makes no sense");
    channel_fixture_assert_log(f, "unmap unbind state=5");
    /* and the host's end lives */
    close(channel_fixture_connect_client(f));
}

static void
test_a_storm_of_events_is_answered_slowly(ChannelFixture *f, gconstpointer data)
{
    guint before;

    channel_fixture_begin_connected(f);
    for (int i = 0; i < 1000; i++)
        fake_host_send_event(f->host);
    before = f->host->unmasks;
    for (int i = 0; i < 1000; i++)
        fake_host_send_event(f->host);
    g_assert_cmpuint(f->host->unmasks, ==, before);
    channel_fixture_wait_ms(100);
    g_assert_cmpuint(f->host->unmasks, >, before);
    channel_fixture_guest_says(f, "and still there");
    channel_fixture_assert_new_client_hears(f, "and still there");
}

static void
test_a_guest_cannot_fill_the_log(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin(f);
    f->host->fail_map = true;
    for (int i = 0; i < 1000; i++) {
        channel_fixture_frontend_goes_to(f, XenbusStateInitialising);
        channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    }
    g_assert_cmpuint(channel_fixture_count_warnings(), <, 2 * LOG_LIMIT_BURST);
    channel_fixture_assert_warned("no such grant");
}

/* Sends an event whenever it can; returns how often that was in @ms. */
static guint
storm(ChannelFixture *f, guint ms)
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
test_a_storm_that_goes_on_costs_less_and_less(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    (void)storm(f, 3000);
    g_assert_cmpuint(storm(f, 1000), <, 10);
    channel_fixture_guest_says(f, "a byte");
    channel_fixture_wait_ms(1000);
    channel_fixture_assert_new_client_hears(f, "a byte");
}

int
main(int argc, char **argv)
{
    static const ChannelFixtureTest tests[] = {
        {"/channel/hostile/log", test_a_guest_cannot_fill_the_log},
        {"/channel/hostile/no-such-grant", test_a_ring_that_cannot_be_mapped_is_refused},
        {"/channel/hostile/indices", test_impossible_indices_close_the_ring},
        {"/channel/hostile/storm", test_a_storm_of_events_is_answered_slowly},
        {"/channel/hostile/long-storm", test_a_storm_that_goes_on_costs_less_and_less},
    };

    return channel_fixture_run(argc, argv, tests, G_N_ELEMENTS(tests));
}

/* States of xenbus that a channel follows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel_fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

static void
test_follows_the_frontend_up(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin(f);
    channel_fixture_assert_log(f, "state=2");
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "map bind state=4");
    channel_fixture_frontend_goes_to(f, XenbusStateConnected);
    channel_fixture_assert_log(f, "");
}

static void
test_lets_go_before_it_says_so(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    channel_fixture_frontend_goes_to(f, XenbusStateClosing);
    channel_fixture_assert_log(f, "unmap unbind state=5");
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    channel_fixture_assert_log(f, "state=6");
}

static void
close_in_good_order(ChannelFixture *f)
{
    channel_fixture_begin_connected(f);
    channel_fixture_frontend_goes_to(f, XenbusStateClosing);
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    channel_fixture_assert_log(f, "unmap unbind state=5 state=6");
}

static void
test_a_frontend_can_come_back_at_once(ChannelFixture *f, gconstpointer data)
{
    close_in_good_order(f);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialising);
    channel_fixture_assert_log(f, "state=2");
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "map bind state=4");
    channel_fixture_wait_ms(2 * CHANNEL_REST_MS);
    channel_fixture_assert_log(f, "");
}

/* Linux's driver takes our Closed for an end when it is bound again. */
static void
test_a_driver_that_was_unbound_does_not_find_us_closed(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    channel_fixture_assert_log(f, "unmap unbind state=2");
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "map bind state=4");
}

static void
test_a_closed_frontend_can_come_back(ChannelFixture *f, gconstpointer data)
{
    close_in_good_order(f);
    channel_fixture_wait_ms(2 * CHANNEL_REST_MS);
    channel_fixture_assert_log(f, "state=2");
    memset(f->host->page, 0, sizeof(f->host->page));
    ring_open(&f->guest, RING_FRONTEND, f->host->page);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialised);
    channel_fixture_assert_log(f, "map bind state=4");
    channel_fixture_frontend_goes_to(f, XenbusStateConnected);
    channel_fixture_guest_says(f, "here again");
    channel_fixture_assert_new_client_hears(f, "here again");
}

static void
test_a_frontend_that_starts_anew_is_let_go(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    channel_fixture_frontend_goes_to(f, XenbusStateInitialising);
    channel_fixture_assert_log(f, "unmap unbind state=2");
}

static void
test_a_state_written_again_opens_the_ring_again(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    channel_fixture_frontend_goes_to(f, XenbusStateConnected);
    channel_fixture_assert_log(f, "unmap unbind map bind");
    channel_update(f->channel, &f->view);
    channel_fixture_assert_log(f, "");
}

static void
test_another_ring_is_connected(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    f->view.ring_ref = 80;
    channel_fixture_frontend_goes_to(f, XenbusStateConnected);
    channel_fixture_assert_log(f, "unmap unbind map bind");
}

static void
test_a_detached_channel_stays_closed(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    f->view.online = false;
    channel_update(f->channel, &f->view);
    channel_fixture_assert_log(f, "unmap unbind state=5");
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    channel_fixture_assert_log(f, "state=6");
    channel_fixture_wait_ms(2 * CHANNEL_REST_MS);
    channel_fixture_assert_log(f, "");
}

static void
test_a_channel_that_stays_after_all_comes_back(ChannelFixture *f, gconstpointer data)
{
    channel_fixture_begin_connected(f);
    f->view.online = false;
    channel_update(f->channel, &f->view);
    f->view.online = true;
    channel_update(f->channel, &f->view);
    channel_fixture_assert_log(f, "unmap unbind state=5 map bind state=4");
    f->view.online = false;
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    f->view.online = true;
    channel_update(f->channel, &f->view);
    channel_fixture_wait_ms(2 * CHANNEL_REST_MS);
    channel_fixture_assert_log(f, "unmap unbind state=6 state=2");
}

static void
test_a_restart_while_it_rests_does_not_leave_it_closed(ChannelFixture *f, gconstpointer data)
{
    close_in_good_order(f);
    channel_abandon(f->channel);
    f->view.backend_state = XenbusStateClosed;
    channel_fixture_begin(f);
    channel_fixture_wait_ms(2 * CHANNEL_REST_MS);
    channel_fixture_assert_log(f, "state=2");
}

static void
test_a_channel_without_a_host_end_can_be_detached(ChannelFixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->socket, "mine", -1, NULL));
    channel_fixture_begin(f);
    channel_fixture_assert_warned("socket");
    f->view.online = false;
    f->view.frontend_state = XenbusStateInitialised;
    channel_update(f->channel, &f->view);
    channel_fixture_assert_log(f, "state=5");
    channel_fixture_frontend_goes_to(f, XenbusStateClosed);
    channel_fixture_assert_log(f, "state=6");
    g_unlink(f->socket);
}

int
main(int argc, char **argv)
{
    static const ChannelFixtureTest tests[] = {
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
        {"/channel/restart/resting", test_a_restart_while_it_rests_does_not_leave_it_closed},
    };

    return channel_fixture_run(argc, argv, tests, G_N_ELEMENTS(tests));
}

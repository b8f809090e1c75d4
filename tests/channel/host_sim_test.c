/* The backend's port on a real simulated host: what it tells, and bytes through rings.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel/ring.h"
#include "sim_fixture.h"
#include "util/error.h"
#include "xen/xen_host_sim_client.h"

enum {
    PATIENCE_MS = 20000,
    SIZE = 300 * 1000,
    PATTERN = 251,
};

/* A running domain "guest"; and the port, watched. */
typedef struct {
    SimFixture sim;
    XenSimClient *toolstack;
    guint32 domid;
    ChannelHost *host;
    ChannelView *view; /* the last one of devid 1, NULL if it is not there */
    guint n_changed;
    guint n_gone;
    bool complete;
    bool lost;
    /* Of the ring that is open. */
    void *page;
    Ring ring;
    ChannelPort *port;
    guint n_events;
} F;

/* --- What the port tells --- */

static void
on_changed(const ChannelView *view, gpointer user_data)
{
    F *f = user_data;

    f->n_changed++;
    if (view->devid != 1)
        return;
    g_clear_pointer(&f->view, channel_view_free);
    f->view = channel_view_copy(view);
}

static void
on_gone(guint32 domid, guint devid, gpointer user_data)
{
    F *f = user_data;

    g_assert_cmpuint(domid, ==, f->domid);
    f->n_gone++;
    g_clear_pointer(&f->view, channel_view_free);
}

static void
on_complete(gpointer user_data)
{
    F *f = user_data;

    g_assert_false(f->complete);
    f->complete = true;
}

static void
on_lost(gpointer user_data)
{
    F *f = user_data;

    f->lost = true;
}

static gboolean
on_patience(gpointer user_data)
{
    /* Waited in vain. */
    g_assert_not_reached();
}

/* Runs the main loop until @condition, which is looked at after each step. */
#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        guint patience_ = g_timeout_add(PATIENCE_MS, on_patience, NULL);                           \
                                                                                                   \
        while (!(condition))                                                                       \
            g_main_context_iteration(NULL, TRUE);                                                  \
        g_source_remove(patience_);                                                                \
    } while (0)

/* --- Setting up --- */

static void
add_channel(F *f, guint devid, const char *name)
{
    g_autofree char *text = g_strdup_printf("{\"domid\": %u, \"devid\": %u, \"name\": \"%s\", "
                                            "\"source\": {\"type\": \"null\", \"id\": \"x\"}}",
                                            f->domid, devid, name);
    struct json_object *result;
    GError *error = NULL;

    result = xen_sim_client_call(f->toolstack, "add_channel", json_tokener_parse(text), &error);
    g_assert_no_error(error);
    json_object_put(result);
}

static void
open_port(F *f)
{
    static const ChannelHostCallbacks callbacks = {on_changed, on_gone, on_complete, on_lost};
    GError *error = NULL;

    f->complete = false;
    f->host = channel_host_sim_open(f->sim.root, &error);
    g_assert_no_error(error);
    f->host->ops->watch(f->host, &callbacks, f, &error);
    g_assert_no_error(error);
}

static void
set_up(F *f, gconstpointer data)
{
    sim_fixture_set_up(&f->sim, data);
    f->toolstack = xen_sim_client_open(f->sim.root, f->sim.program, NULL);
    f->domid = sim_fixture_start_domain(&f->sim, "guest", 1);
    open_port(f);
}

static void
close_ring(F *f)
{
    if (f->port)
        f->host->ops->unbind(f->host, g_steal_pointer(&f->port));
    if (f->page)
        f->host->ops->unmap(f->host, g_steal_pointer(&f->page));
}

static void
close_port(F *f)
{
    close_ring(f);
    g_clear_pointer(&f->host, channel_host_close);
    g_clear_pointer(&f->view, channel_view_free);
}

static void
tear_down(F *f, gconstpointer data)
{
    close_port(f);
    xen_sim_client_close(f->toolstack);
    sim_fixture_tear_down(&f->sim, data);
}

static void
set_state(F *f, int state)
{
    f->host->ops->set_state(f->host, f->domid, 1, state);
}

static void
on_event(gpointer user_data)
{
    F *f = user_data;

    f->n_events++;
}

/* Takes up the ring of the last view. */
static void
open_ring(F *f)
{
    GError *error = NULL;

    f->n_events = 0;
    f->page = f->host->ops->map(f->host, f->view, &error);
    g_assert_no_error(error);
    f->port = f->host->ops->bind(f->host, f->view, on_event, f, &error);
    g_assert_no_error(error);
    g_assert_true(ring_open(&f->ring, RING_BACKEND, f->page));
}

/* A channel "agent" with devid 1, both of whose ends are connected. */
static void
connect_channel(F *f)
{
    add_channel(f, 1, "agent");
    WAIT_UNTIL(f->view && f->view->has_ring && f->view->frontend_state == 3);
    open_ring(f);
    set_state(f, 4);
    WAIT_UNTIL(f->view->frontend_state == 4);
}

static int
open_guest_end(F *f)
{
    g_autofree char *path = sim_fixture_guest_path(&f->sim, "guest", "agent");
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

/* --- Views --- */

static void
channels_that_are_there_are_told_first(F *f, gconstpointer data)
{
    add_channel(f, 1, "agent");
    add_channel(f, 2, "other");
    close_port(f);
    f->n_changed = 0;
    open_port(f);
    WAIT_UNTIL(f->complete);
    g_assert_cmpuint(f->n_changed, ==, 2);
    g_assert_cmpuint(f->view->domid, ==, f->domid);
    g_assert_cmpuint(f->view->devid, ==, 1);
    g_assert_cmpstr(f->view->domain_name, ==, "guest");
    g_assert_cmpstr(f->view->name, ==, "agent");
    g_assert_cmpuint(g_hash_table_size(f->view->source), ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(f->view->source, "type"), ==, "null");
    g_assert_true(f->view->online && f->view->has_ring);
    g_assert_cmpint(f->view->backend_state, ==, 1);
    g_assert_cmpint(f->view->frontend_state, ==, 3);
}

static void
new_and_gone_channels_are_told(F *f, gconstpointer data)
{
    WAIT_UNTIL(f->complete);
    add_channel(f, 1, "agent");
    WAIT_UNTIL(f->view);
    g_assert_true(f->sim.host->ops->destroy(f->sim.host, f->domid, NULL));
    WAIT_UNTIL(f->n_gone == 1);
}

static void
own_state_is_never_shown_older(F *f, gconstpointer data)
{
    add_channel(f, 1, "agent");
    WAIT_UNTIL(f->view && f->view->frontend_state == 3);
    /* Each change of the guest's is a view that may cross what we write. */
    for (int i = 0; i < 50; i++) {
        guint before = f->n_changed;

        g_free(sim_fixture_ctl(&f->sim, "channel guest agent state 3"));
        set_state(f, i % 2 ? 1 : 2);
        WAIT_UNTIL(f->n_changed > before + 1);
        g_assert_cmpint(f->view->backend_state, ==, i % 2 ? 1 : 2);
    }
}

static void
write_that_fails_is_made_again(F *f, gconstpointer data)
{
    add_channel(f, 1, "agent");
    WAIT_UNTIL(f->view && f->view->frontend_state == 3);
    g_free(sim_fixture_ctl(&f->sim, "fail backend_set"));
    set_state(f, 4);
    WAIT_UNTIL(f->view->frontend_state == 4);
}

static void
terminal_and_error_reach_the_store(F *f, gconstpointer data)
{
    g_autofree char *text = g_strdup_printf("{\"domid\": %u, \"devid\": 1}", f->domid);
    struct json_object *channel;

    add_channel(f, 1, "agent");
    WAIT_UNTIL(f->view);
    f->host->ops->set_tty(f->host, f->domid, 1, "/dev/pts/7");
    f->host->ops->set_error(f->host, f->domid, 1, "out of paper");
    f->host->ops->set_error(f->host, f->domid, 1, NULL);
    f->host->ops->set_error(f->host, f->domid, 1, "out of ink");
    set_state(f, 4);
    WAIT_UNTIL(f->view->frontend_state == 4);
    channel = xen_sim_client_call(f->toolstack, "get_channel", json_tokener_parse(text), NULL);
    g_assert_cmpstr(json_object_get_string(json_object_object_get(channel, "tty")), ==,
                    "/dev/pts/7");
    g_assert_cmpstr(json_object_get_string(json_object_object_get(channel, "error")), ==,
                    "out of ink");
    json_object_put(channel);
}

static void
lost_host_is_told(F *f, gconstpointer data)
{
    WAIT_UNTIL(f->complete);
    g_free(sim_fixture_ctl(&f->sim, "quit"));
    WAIT_UNTIL(f->lost);
}

static void
missing_host_and_second_backend_are_refused(F *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(channel_host_sim_open("/nowhere", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_CONNECT);
    g_clear_error(&error);
    g_assert_null(channel_host_sim_open(f->sim.root, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_CONNECT);
    g_assert_nonnull(strstr(error->message, "already"));
}

/* --- Bytes --- */

typedef struct {
    int fd;
    gint done;
} Program;

static gpointer
write_pattern(gpointer data)
{
    Program *program = data;
    g_autofree guint8 *bytes = g_malloc(SIZE);

    for (gsize i = 0; i < SIZE; i++)
        bytes[i] = (guint8)(i % PATTERN);
    for (gsize done = 0; done < SIZE;) {
        gssize n = write(program->fd, bytes + done, MIN(SIZE - done, 1009));

        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    return NULL;
}

static gpointer
read_pattern(gpointer data)
{
    Program *program = data;
    guint8 bytes[4096];

    for (gsize done = 0; done < SIZE;) {
        gssize n = read(program->fd, bytes, sizeof(bytes));

        g_assert_cmpint(n, >, 0);
        for (gssize i = 0; i < n; i++)
            g_assert_cmpuint(bytes[i], ==, (done + (gsize)i) % PATTERN);
        done += (gsize)n;
    }
    g_atomic_int_set(&program->done, 1);
    g_main_context_wakeup(NULL);
    return NULL;
}

/* Takes what the guest has written, checks it, and gives what it has room for, up to
 * SIZE. */
static void
exchange(F *f, gsize *taken, gsize *given)
{
    guint8 bytes[RING_OUT_SIZE];
    struct iovec iov = {bytes, sizeof(bytes)};
    gssize n = ring_peek(&f->ring, &iov, 1);
    gssize written;

    g_assert_cmpint(n, >=, 0);
    for (gssize i = 0; i < n; i++)
        g_assert_cmpuint(bytes[i], ==, (*taken + (gsize)i) % PATTERN);
    ring_consume(&f->ring, (gsize)n);
    *taken += (gsize)n;
    iov.iov_len = MIN(SIZE - *given, RING_IN_SIZE);
    for (gsize i = 0; i < iov.iov_len; i++)
        bytes[i] = (guint8)((*given + i) % PATTERN);
    written = ring_write(&f->ring, &iov, 1);
    g_assert_cmpint(written, >=, 0);
    *given += (gsize)written;
    if (n > 0 || written > 0)
        f->host->ops->notify(f->host, f->port);
}

static void
bytes_pass_both_ways_at_once(F *f, gconstpointer data)
{
    Program program = {0};
    GThread *writer;
    GThread *reader;
    gsize taken = 0;
    gsize given = 0;

    connect_channel(f);
    program.fd = open_guest_end(f);
    writer = g_thread_new("writer", write_pattern, &program);
    reader = g_thread_new("reader", read_pattern, &program);
    while (taken < SIZE || !g_atomic_int_get(&program.done)) {
        guint before = f->n_events;

        exchange(f, &taken, &given);
        f->host->ops->unmask(f->host, f->port);
        WAIT_UNTIL(f->n_events > before || (taken == SIZE && g_atomic_int_get(&program.done)));
    }
    g_thread_join(writer);
    g_thread_join(reader);
    close(program.fd);
}

static void
guest_that_writes_much_is_simulated(F *f, gconstpointer data)
{
    gsize taken = 0;
    gsize given = SIZE;

    connect_channel(f);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent write %d", SIZE));
    while (taken < SIZE) {
        guint before = f->n_events;

        exchange(f, &taken, &given);
        f->host->ops->unmask(f->host, f->port);
        if (taken < SIZE)
            WAIT_UNTIL(f->n_events > before);
    }
    g_assert_cmpuint(taken, ==, SIZE);
}

static void
bytes_wait_while_the_guest_is_paused(F *f, gconstpointer data)
{
    struct iovec iov = {(char *)"x", 1};
    int guest;
    struct pollfd entry = {.events = POLLIN};

    connect_channel(f);
    entry.fd = guest = open_guest_end(f);
    g_assert_true(f->sim.host->ops->pause(f->sim.host, f->domid, NULL));
    g_assert_cmpint(ring_write(&f->ring, &iov, 1), ==, 1);
    f->host->ops->notify(f->host, f->port);
    g_assert_cmpint(poll(&entry, 1, 50), ==, 0);
    g_assert_true(f->sim.host->ops->unpause(f->sim.host, f->domid, NULL));
    g_assert_cmpint(poll(&entry, 1, PATIENCE_MS), ==, 1);
    close(guest);
}

static void
bytes_of_before_a_restart_are_in_the_ring(F *f, gconstpointer data)
{
    guint8 bytes[8];
    struct iovec iov = {bytes, sizeof(bytes)};
    int guest;

    connect_channel(f);
    guest = open_guest_end(f);
    close_port(f);
    g_assert_cmpint(write(guest, "meanwhile", 8), ==, 8);
    open_port(f);
    WAIT_UNTIL(f->view);
    g_assert_cmpint(f->view->backend_state, ==, 4);
    g_assert_cmpint(f->view->frontend_state, ==, 4);
    open_ring(f);
    f->host->ops->unmask(f->host, f->port);
    WAIT_UNTIL(f->n_events > 0);
    g_assert_cmpint(ring_peek(&f->ring, &iov, 1), ==, 8);
    g_assert_cmpmem(bytes, 8, "meanwhil", 8);
    close(guest);
}

/* --- Events, and guests that are no friends --- */

static void
storm_is_one_event_until_it_is_unmasked(F *f, gconstpointer data)
{
    guint before;

    connect_channel(f);
    f->host->ops->unmask(f->host, f->port);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent storm 100000"));
    WAIT_UNTIL(f->n_events == 1);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent storm 10"));
    before = f->n_changed;
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent state 4"));
    WAIT_UNTIL(f->n_changed > before);
    g_assert_cmpuint(f->n_events, ==, 1);
    f->host->ops->unmask(f->host, f->port);
    WAIT_UNTIL(f->n_events == 2);
}

static void
made_up_ring_can_not_be_reached(F *f, gconstpointer data)
{
    g_autoptr(GError) map_error = NULL;
    g_autoptr(GError) bind_error = NULL;

    connect_channel(f);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent ring 4294967295 77"));
    WAIT_UNTIL(f->view->port == 77);
    g_assert_cmpuint(f->view->ring_ref, ==, 4294967295);
    g_assert_null(f->host->ops->map(f->host, f->view, &map_error));
    g_assert_error(map_error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_null(f->host->ops->bind(f->host, f->view, on_event, f, &bind_error));
    g_assert_error(bind_error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
}

static void
indices_are_what_the_guest_says(F *f, gconstpointer data)
{
    connect_channel(f);
    g_assert_cmpint(ring_get_readable(&f->ring), ==, 0);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent index out_prod 2049"));
    g_assert_cmpint(ring_get_readable(&f->ring), ==, -1);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent index in_cons 1"));
    g_assert_cmpint(ring_get_writable(&f->ring), ==, -1);
}

/* --- Closing --- */

static void
reloaded_driver_comes_back_with_another_ring(F *f, gconstpointer data)
{
    guint32 reference;

    connect_channel(f);
    reference = f->view->ring_ref;
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent reconnect"));
    WAIT_UNTIL(f->view->frontend_state == 6);
    close_ring(f);
    set_state(f, 6);
    WAIT_UNTIL(f->view->frontend_state == 3);
    g_assert_cmpuint(f->view->ring_ref, !=, reference);
    open_ring(f);
    set_state(f, 4);
    WAIT_UNTIL(f->view->frontend_state == 4);
}

static void
guest_closes_when_we_do(F *f, gconstpointer data)
{
    connect_channel(f);
    set_state(f, 5);
    WAIT_UNTIL(f->view->frontend_state == 6);
    g_assert_false(f->view->has_ring);
}

static void
state_that_is_written_again_is_told(F *f, gconstpointer data)
{
    guint before;

    connect_channel(f);
    before = f->view->frontend_writes;
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent state 4"));
    WAIT_UNTIL(f->view->frontend_writes == before + 1);
    g_assert_cmpint(f->view->frontend_state, ==, 4);
}

static void
stuck_guest_does_not_close(F *f, gconstpointer data)
{
    connect_channel(f);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent stuck on"));
    set_state(f, 5);
    WAIT_UNTIL(f->view->backend_state == 5);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent storm 1"));
    g_assert_cmpint(f->view->frontend_state, ==, 4);
    g_free(sim_fixture_ctl(&f->sim, "channel guest agent stuck off"));
    WAIT_UNTIL(f->view->frontend_state == 6);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(F *f, gconstpointer data);
    } tests[] = {
        {"channels-that-are-there-are-told-first", channels_that_are_there_are_told_first},
        {"new-and-gone-channels-are-told", new_and_gone_channels_are_told},
        {"own-state-is-never-shown-older", own_state_is_never_shown_older},
        {"write-that-fails-is-made-again", write_that_fails_is_made_again},
        {"terminal-and-error-reach-the-store", terminal_and_error_reach_the_store},
        {"lost-host-is-told", lost_host_is_told},
        {"missing-host-and-second-backend-are-refused",
         missing_host_and_second_backend_are_refused},
        {"bytes-pass-both-ways-at-once", bytes_pass_both_ways_at_once},
        {"guest-that-writes-much-is-simulated", guest_that_writes_much_is_simulated},
        {"bytes-wait-while-the-guest-is-paused", bytes_wait_while_the_guest_is_paused},
        {"bytes-of-before-a-restart-are-in-the-ring", bytes_of_before_a_restart_are_in_the_ring},
        {"storm-is-one-event-until-it-is-unmasked", storm_is_one_event_until_it_is_unmasked},
        {"made-up-ring-can-not-be-reached", made_up_ring_can_not_be_reached},
        {"indices-are-what-the-guest-says", indices_are_what_the_guest_says},
        {"reloaded-driver-comes-back-with-another-ring",
         reloaded_driver_comes_back_with_another_ring},
        {"guest-closes-when-we-do", guest_closes_when_we_do},
        {"state-that-is-written-again-is-told", state_that_is_written_again_is_told},
        {"stuck-guest-does-not-close", stuck_guest_does_not_close},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/channel/host-sim/", tests[i].name, NULL);

        g_test_add(path, F, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}

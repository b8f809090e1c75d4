/* The thread that reads and writes xenstore, on a xenstore in memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/host_xen_store.h"

#include <errno.h>
#include <string.h>

#include "../xen/fake_xenstore.h"

#define PATIENCE_S 20
#define BACKEND    "/local/domain/0/backend/console/7/1"
#define FRONTEND   "/local/domain/7/device/console/1"
#define LIBXL      "/libxl/7/device/console/1"

typedef struct {
    HostXenStore *store;
    GHashTable *views; /* "DOMID/DEVID" -> ChannelView: as told last */
    guint changes;
    guint gone;
    bool is_complete;
} Fixture;

/* --- the main loop's side ---------------------------------------------------- */

static char *
make_key(guint32 domid, guint devid)
{
    return g_strdup_printf("%u/%u", domid, devid);
}

static void
on_changed(const ChannelView *view, gpointer user_data)
{
    Fixture *f = user_data;

    f->changes++;
    g_hash_table_replace(f->views, make_key(view->domid, view->devid), channel_view_copy(view));
}

static void
on_gone(guint32 domid, guint devid, gpointer user_data)
{
    Fixture *f = user_data;
    g_autofree char *key = make_key(domid, devid);

    f->gone++;
    g_assert_true(g_hash_table_remove(f->views, key));
}

static void
on_complete(gpointer user_data)
{
    Fixture *f = user_data;

    g_assert_false(f->is_complete);
    f->is_complete = true;
}

static gboolean
on_tick(gpointer user_data)
{
    return G_SOURCE_CONTINUE;
}

/* Runs the loop until @condition, or fails. */
#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        guint tick = g_timeout_add(1, on_tick, NULL);                                              \
        gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;                         \
                                                                                                   \
        while (!(condition) && g_get_monotonic_time() < end)                                       \
            g_main_context_iteration(NULL, TRUE);                                                  \
        g_source_remove(tick);                                                                     \
        g_assert_true(condition);                                                                  \
    } while (0)

static void
wait_ms(guint ms)
{
    gint64 over = g_get_monotonic_time() + ms * 1000;

    WAIT_UNTIL(g_get_monotonic_time() >= over);
}

static const ChannelView *
get_view(const Fixture *f, const char *key)
{
    return g_hash_table_lookup(f->views, key);
}

/* While its nodes are written, one by one here, a channel may be there and gone again. */
static int
get_frontend_state(const Fixture *f, const char *key)
{
    const ChannelView *view = get_view(f, key);

    return view ? view->frontend_state : -1;
}

/* --- the other ends ------------------------------------------------------------ */

static void G_GNUC_PRINTF(2, 3) set_node(const char *value, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    fake_xenstore_set(path, value);
}

static void
add_channel(guint domid, guint devid)
{
    g_autofree char *id = g_strdup_printf("id-%u-%u", domid, devid);

    set_node("guest", "/local/domain/%u/name", domid);
    set_node("1", "/local/domain/%u/device/console/%u/state", domid, devid);
    set_node("", "/local/domain/%u/device/console/%u", domid, devid);
    set_node("", "/libxl/%u/device/console/%u", domid, devid);
    set_node("unix", "/libxl/%u/device/console/%u/source/type", domid, devid);
    set_node(id, "/libxl/%u/device/console/%u/source/id", domid, devid);
    set_node("", "/local/domain/0/backend/console/%u/%u", domid, devid);
    set_node("org.example.test", "/local/domain/0/backend/console/%u/%u/name", domid, devid);
    set_node("1", "/local/domain/0/backend/console/%u/%u/online", domid, devid);
    set_node("1", "/local/domain/0/backend/console/%u/%u/state", domid, devid);
    set_node("/x", "/local/domain/0/backend/console/%u/%u/frontend", domid, devid);
}

static void
remove_channel(void)
{
    fake_xenstore_remove(BACKEND);
    fake_xenstore_remove(FRONTEND);
    fake_xenstore_remove(LIBXL);
}

/* --- fixture --------------------------------------------------------------------- */

static void
set_up(Fixture *f, gconstpointer data)
{
    fake_xenstore_reset();
    fake_xenstore_start_daemon();
    f->views =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)channel_view_free);
}

static void
start(Fixture *f)
{
    static const ChannelHostCallbacks callbacks = {
        .changed = on_changed, .gone = on_gone, .complete = on_complete};
    g_autoptr(GError) error = NULL;

    f->store = host_xen_store_new(&error);
    g_assert_no_error(error);
    host_xen_store_watch(f->store, &callbacks, f);
}

/* With channel 7/1. */
static void
start_with_channel(Fixture *f)
{
    add_channel(7, 1);
    start(f);
    WAIT_UNTIL(f->is_complete);
    /* The watch of its state fires once at first. */
    WAIT_UNTIL(f->changes >= 2);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    host_xen_store_free(f->store);
    fake_xenstore_stop_daemon();
    g_hash_table_unref(f->views);
}

/* --- what it tells --------------------------------------------------------------- */

static void
test_what_is_there_is_told(Fixture *f, gconstpointer data)
{
    add_channel(7, 1);
    add_channel(7, 2);
    add_channel(8, 1);
    fake_xenstore_set("/local/domain/0/backend/console/9/1/frontend", "/not/ours");
    start(f);
    WAIT_UNTIL(f->is_complete);
    g_assert_cmpuint(g_hash_table_size(f->views), ==, 3);
    g_assert_cmpstr(get_view(f, "8/1")->name, ==, "org.example.test");
    g_assert_cmpint(get_view(f, "8/1")->frontend_state, ==, 1);
    g_assert_true(get_view(f, "8/1")->online);
}

static void
test_what_comes_and_goes_is_told(Fixture *f, gconstpointer data)
{
    start(f);
    WAIT_UNTIL(f->is_complete);
    add_channel(7, 1);
    WAIT_UNTIL(get_view(f, "7/1"));
    fake_xenstore_set(FRONTEND "/ring-ref", "8");
    fake_xenstore_set(FRONTEND "/port", "9");
    fake_xenstore_set(FRONTEND "/state", "3");
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 3);
    g_assert_true(get_view(f, "7/1")->has_ring);
    g_assert_cmpuint(get_view(f, "7/1")->port, ==, 9);
    remove_channel();
    /* It may be seen half removed, and so go twice. */
    WAIT_UNTIL(f->gone >= 1 && !get_view(f, "7/1"));
}

static void
test_what_cannot_be_read_has_not_gone(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_fail_reads("/libxl");
    fake_xenstore_set(FRONTEND "/state", "3");
    wait_ms(100);
    g_assert_cmpuint(f->gone, ==, 0);
    g_assert_cmpint(get_view(f, "7/1")->frontend_state, ==, 1);
    fake_xenstore_fail_reads(NULL);
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 3);
}

static void
test_all_is_not_told_while_something_cannot_be_read(Fixture *f, gconstpointer data)
{
    const char *const unreadable = data;

    add_channel(7, 1);
    fake_xenstore_fail_reads(unreadable);
    start(f);
    wait_ms(100);
    g_assert_false(f->is_complete);
    fake_xenstore_fail_reads(NULL);
    WAIT_UNTIL(f->is_complete);
    g_assert_nonnull(get_view(f, "7/1"));
}

/* --- guests that write too often --------------------------------------------------- */

/* How often the frontend's state of @devid is read while the guest writes those of the
 * first @n_devices channels for @ms. */
static guint
storm(guint n_devices, guint ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;
    guint before = 0, after = 0;

    for (guint devid = 1; devid <= n_devices; devid++) {
        g_autofree char *path = g_strdup_printf("/local/domain/7/device/console/%u/state", devid);

        before += fake_xenstore_get_reads(path);
    }
    while (g_get_monotonic_time() < end) {
        for (guint devid = 1; devid <= n_devices; devid++)
            set_node("1", "/local/domain/7/device/console/%u/state", devid);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(500);
    }
    for (guint devid = 1; devid <= n_devices; devid++) {
        g_autofree char *path = g_strdup_printf("/local/domain/7/device/console/%u/state", devid);

        after += fake_xenstore_get_reads(path);
    }
    return after - before;
}

static void
test_a_channel_that_writes_too_often_is_read_less_often(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    g_assert_cmpuint(storm(1, 2000), <, 32 + 3 * 20);
    /* and its last word is heard */
    fake_xenstore_set(FRONTEND "/state", "6");
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 6);
}

static void
test_many_channels_of_a_guest_have_one_limit(Fixture *f, gconstpointer data)
{
    const guint n = 100;

    for (guint devid = 1; devid <= n; devid++)
        add_channel(7, devid);
    add_channel(8, 1);
    start(f);
    WAIT_UNTIL(f->is_complete);
    /* When its watch has begun each fires once: they are 100 reads that are not the guest's. */
    g_assert_cmpuint(storm(n, 2000), <, n + 256 + 3 * 50);
    /* Others are not kept waiting. */
    fake_xenstore_set("/local/domain/8/device/console/1/state", "3");
    WAIT_UNTIL(get_frontend_state(f, "8/1") == 3);
    fake_xenstore_set(FRONTEND "/state", "6");
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 6);
}

/* --- writing ------------------------------------------------------------------------ */

static void
test_what_is_set_is_written(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_fail_commits(3);
    host_xen_store_set(f->store, 7, 1, HOST_XEN_BACKEND_STATE, "2");
    host_xen_store_set(f->store, 7, 1, HOST_XEN_FRONTEND_TTY, "/dev/pts/1");
    WAIT_UNTIL(g_strcmp0(fake_xenstore_get(FRONTEND "/tty"), "/dev/pts/1") == 0);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "2");
}

static void
test_what_the_quota_forbids_is_tried_again(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_fail_writes(ENOSPC);
    host_xen_store_set(f->store, 7, 1, HOST_XEN_BACKEND_STATE, "5");
    host_xen_store_set(f->store, 7, 1, HOST_XEN_FRONTEND_TTY, "/dev/pts/1");
    host_xen_store_set(f->store, 7, 1, HOST_XEN_BACKEND_STATE, "6");
    wait_ms(300);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "1");
    fake_xenstore_fail_writes(0);
    WAIT_UNTIL(g_strcmp0(fake_xenstore_get(BACKEND "/state"), "1") != 0);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "6"); /* the newest, and no other */
    WAIT_UNTIL(g_strcmp0(fake_xenstore_get(FRONTEND "/tty"), "/dev/pts/1") == 0);
}

static void
test_nothing_is_written_where_the_device_has_gone(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_fail_writes(ENOSPC);
    host_xen_store_set(f->store, 7, 1, HOST_XEN_BACKEND_STATE, "2");
    wait_ms(50);
    remove_channel();
    fake_xenstore_fail_writes(0);
    WAIT_UNTIL(f->gone == 1);
    wait_ms(500);
    g_assert_null(fake_xenstore_get(BACKEND "/state"));
}

/* --- xenstored goes ------------------------------------------------------------------ */

static void
test_channels_stay_when_xenstored_goes(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_stop_daemon();
    host_xen_store_set(f->store, 7, 1, HOST_XEN_BACKEND_STATE, "2");
    wait_ms(300);
    g_assert_cmpuint(f->gone, ==, 0);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "1");
    fake_xenstore_set(FRONTEND "/state", "3");
    fake_xenstore_start_daemon();
    WAIT_UNTIL(g_strcmp0(fake_xenstore_get(BACKEND "/state"), "2") == 0);
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 3);
    g_assert_cmpuint(f->gone, ==, 0);
    /* and it is watched as before */
    fake_xenstore_set(FRONTEND "/state", "4");
    WAIT_UNTIL(get_frontend_state(f, "7/1") == 4);
    add_channel(8, 1);
    WAIT_UNTIL(get_view(f, "8/1"));
}

static void
test_what_has_gone_with_xenstored_is_told(Fixture *f, gconstpointer data)
{
    start_with_channel(f);
    fake_xenstore_stop_daemon();
    remove_channel();
    wait_ms(100);
    g_assert_cmpuint(f->gone, ==, 0);
    fake_xenstore_start_daemon();
    WAIT_UNTIL(f->gone == 1);
}

/* --------------------------------------------------------------------------------------- */

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    return G_LOG_WRITER_HANDLED; /* of what fails, each test knows */
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *f, gconstpointer data);
        gconstpointer data;
    } tests[] = {
        {"/host-xen-store/told/there", test_what_is_there_is_told, NULL},
        {"/host-xen-store/told/comes-and-goes", test_what_comes_and_goes_is_told, NULL},
        {"/host-xen-store/told/unreadable", test_what_cannot_be_read_has_not_gone, NULL},
        {"/host-xen-store/told/source-unreadable",
         test_all_is_not_told_while_something_cannot_be_read, "/libxl/7"},
        {"/host-xen-store/told/backends-unreadable",
         test_all_is_not_told_while_something_cannot_be_read, "/local/domain/0/backend"},
        {"/host-xen-store/hostile/channel", test_a_channel_that_writes_too_often_is_read_less_often,
         NULL},
        {"/host-xen-store/hostile/channels", test_many_channels_of_a_guest_have_one_limit, NULL},
        {"/host-xen-store/written/set", test_what_is_set_is_written, NULL},
        {"/host-xen-store/written/quota", test_what_the_quota_forbids_is_tried_again, NULL},
        {"/host-xen-store/written/gone", test_nothing_is_written_where_the_device_has_gone, NULL},
        {"/host-xen-store/lost/stay", test_channels_stay_when_xenstored_goes, NULL},
        {"/host-xen-store/lost/gone", test_what_has_gone_with_xenstored_is_told, NULL},
    };

    g_test_init(&argc, &argv, NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, tests[i].data, set_up, tests[i].func, tear_down);
    return g_test_run();
}

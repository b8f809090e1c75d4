/* Channels that virtxl-channeld serves, on a xenstore in memory: which nodes are
 * written, with which permissions, and what happens when the backend or the guest
 * answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_xenstore.h"
#include "util/error.h"
#include "util/file.h"
#include "xen/xen_host_libxl.h"

#define LIBXL    "/libxl/7/device/console/2"
#define FRONTEND "/local/domain/7/device/console/2"
#define BACKEND  "/local/domain/0/backend/console/7/2"

/* --- the other ends -------------------------------------------------------- */

static void
backend_serves(void)
{
    if (fake_xenstore_get(BACKEND "/state"))
        fake_xenstore_set(BACKEND "/state", "2");
}

static void
backend_refuses(void)
{
    if (fake_xenstore_get(LIBXL))
        fake_xenstore_set(LIBXL "/error", "'/run/x' is not a socket");
}

static void
guest_lets_go(void)
{
    if (g_strcmp0(fake_xenstore_get(BACKEND "/online"), "0") == 0)
        fake_xenstore_set(FRONTEND "/state", "6");
}

static void
domain_goes(void)
{
    struct xs_handle *xs = xs_open(0);

    xs_rm(xs, XBT_NULL, FRONTEND);
    xs_rm(xs, XBT_NULL, BACKEND);
    xs_rm(xs, XBT_NULL, LIBXL);
    xs_close(xs);
}

/* --- fixture --------------------------------------------------------------- */

static void
set_up(void)
{
    fake_xenstore_reset();
    fake_xenstore_set("/local/domain/7", "");
    fake_xenstore_set("/libxl/7", "");
}

static bool
add_source(ChannelSourceType type, const char *path, GError **error)
{
    g_autoptr(ChannelSource) source = channel_source_new(type);

    source->path = g_strdup(path);
    source->listen = type == CHANNEL_SOURCE_UNIX;
    return xen_channel_add(7, 2, "org.example", source, error);
}

static bool
add(GError **error)
{
    return add_source(CHANNEL_SOURCE_UNIX, "/run/x", error);
}

static void
add_served(void)
{
    g_autoptr(GError) error = NULL;

    set_up();
    fake_xenstore_set_peer(backend_serves);
    add(&error);
    g_assert_no_error(error);
}

static void
assert_nothing_left(void)
{
    g_assert_cmpuint(fake_xenstore_count(LIBXL), ==, 0);
    g_assert_cmpuint(fake_xenstore_count(FRONTEND), ==, 0);
    g_assert_cmpuint(fake_xenstore_count(BACKEND), ==, 0);
}

/* --- add ------------------------------------------------------------------- */

/* The nodes as libxl would write them, and who may do what with them. */
static void
test_nodes_and_permissions(void)
{
    static const struct {
        const char *path, *value, *permissions;
    } nodes[] = {
        {LIBXL, "", "n0"},
        {LIBXL "/frontend", FRONTEND, "n0"},
        {LIBXL "/backend", BACKEND, "n0"},
        {LIBXL "/name", "org.example", "n0"},
        {LIBXL "/connection", "socket", "n0"},
        {LIBXL "/path", "/run/x", "n0"},
        {LIBXL "/source", "", "n0"},
        {LIBXL "/source/type", "unix", "n0"},
        {LIBXL "/source/path", "/run/x", "n0"},
        {LIBXL "/source/mode", "bind", "n0"},
        {FRONTEND, "", "n7,r0"},
        {FRONTEND "/state", "1", "n7,r0"},
        {FRONTEND "/protocol", "vt100", "n7,r0"},
        {FRONTEND "/backend-id", "0", "n7,r0"},
        {FRONTEND "/backend", BACKEND, "n0,r7"},
        {FRONTEND "/name", "org.example", "n0,r7"},
        {FRONTEND "/type", "virtxl", "n0,r7"},
        {FRONTEND "/output", "chardev:libxl-channel2", "n0,r7"},
        {FRONTEND "/limit", "1048576", "n0,r7"},
        {FRONTEND "/tty", "", "n0,r7"},
        {BACKEND, "", "n0,r7"},
        {BACKEND "/frontend", FRONTEND, "n0,r7"},
        {BACKEND "/frontend-id", "7", "n0,r7"},
        {BACKEND "/online", "1", "n0,r7"},
        {BACKEND "/state", "2", "n0,r7"},
        {BACKEND "/protocol", "vt100", "n0,r7"},
        {BACKEND "/name", "org.example", "n0,r7"},
        {BACKEND "/connection", "socket", "n0,r7"},
        {BACKEND "/path", "/run/x", "n0,r7"},
    };

    add_served();
    for (gsize i = 0; i < G_N_ELEMENTS(nodes); i++) {
        g_test_message("%s", nodes[i].path);
        g_assert_cmpstr(fake_xenstore_get(nodes[i].path), ==, nodes[i].value);
        g_assert_cmpstr(fake_xenstore_get_permissions(nodes[i].path), ==, nodes[i].permissions);
    }
}

static void
test_all_is_written_at_once(void)
{
    add_served();
    g_assert_cmpuint(fake_xenstore_get_commits(), ==, 1);
    g_assert_cmpuint(fake_xenstore_get_loose_changes(), ==, 0);
}

static void
test_a_conflict_is_tried_again(void)
{
    g_autoptr(GError) error = NULL;

    set_up();
    fake_xenstore_set_peer(backend_serves);
    fake_xenstore_fail_commits(3);
    add(&error);
    g_assert_no_error(error);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "2");
}

static void
test_the_backends_words_are_the_error(void)
{
    g_autoptr(GError) error = NULL;

    set_up();
    fake_xenstore_set_peer(backend_refuses);
    g_assert_false(add(&error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "'/run/x' is not a socket");
    assert_nothing_left();
    g_assert_cmpuint(fake_xenstore_get_commits(), ==, 2);
}

static void
test_a_device_id_is_not_used_twice(void)
{
    g_autoptr(GError) error = NULL;

    add_served();
    g_assert_false(add(&error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/state"), ==, "2");
}

static void
test_nothing_is_written_for_no_domain(void)
{
    g_autoptr(GError) error = NULL;

    fake_xenstore_reset();
    g_assert_false(add(&error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN);
    assert_nothing_left();
}

static void
test_a_domain_that_goes_is_not_waited_for(void)
{
    g_autoptr(GError) error = NULL;

    set_up();
    fake_xenstore_set_peer(domain_goes);
    g_assert_false(add(&error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN);
    assert_nothing_left();
}

/* --- list ------------------------------------------------------------------ */

static const XenChannelInfo *
only_channel(GPtrArray *channels)
{
    g_assert_cmpuint(channels->len, ==, 1);
    return channels->pdata[0];
}

static void
test_a_socket_is_listed(void)
{
    g_autoptr(GPtrArray) channels = NULL;

    add_served();
    channels = xen_store_list_channels(NULL, 7);
    g_assert_true(only_channel(channels)->is_ours);
    g_assert_false(only_channel(channels)->is_pty);
    g_assert_cmpuint(only_channel(channels)->devid, ==, 2);
    g_assert_cmpstr(only_channel(channels)->name, ==, "org.example");
    g_assert_cmpstr(only_channel(channels)->path, ==, "/run/x");
}

static void
test_it_is_connected_when_the_backend_is(void)
{
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    add_served();
    fake_xenstore_set(FRONTEND "/state", "4");
    before = xen_store_list_channels(NULL, 7);
    g_assert_false(only_channel(before)->is_connected);
    fake_xenstore_set(BACKEND "/state", "4");
    after = xen_store_list_channels(NULL, 7);
    g_assert_true(only_channel(after)->is_connected);
}

static void
test_a_pty_is_listed_once_it_is_known(void)
{
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    set_up();
    fake_xenstore_set_peer(backend_serves);
    g_assert_true(add_source(CHANNEL_SOURCE_PTY, NULL, NULL));
    before = xen_store_list_channels(NULL, 7);
    g_assert_true(only_channel(before)->is_pty);
    g_assert_null(only_channel(before)->path);
    fake_xenstore_set(FRONTEND "/tty", "/dev/pts/3");
    after = xen_store_list_channels(NULL, 7);
    g_assert_cmpstr(only_channel(after)->path, ==, "/dev/pts/3");
}

static void
test_a_file_is_listed(void)
{
    g_autoptr(GPtrArray) channels = NULL;

    set_up();
    fake_xenstore_set_peer(backend_serves);
    g_assert_true(add_source(CHANNEL_SOURCE_FILE, "/var/a", NULL));
    channels = xen_store_list_channels(NULL, 7);
    g_assert_cmpstr(only_channel(channels)->path, ==, "/var/a");
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/connection"), ==, "virtxl");
}

static void
test_libxls_own_is_not_ours(void)
{
    g_autoptr(GPtrArray) channels = NULL;
    struct xs_handle *xs = xs_open(0);

    add_served();
    xs_rm(xs, XBT_NULL, LIBXL "/source");
    xs_close(xs);
    channels = xen_store_list_channels(NULL, 7);
    g_assert_false(only_channel(channels)->is_ours);
    g_assert_cmpstr(only_channel(channels)->path, ==, "/run/x");
}

/* --- remove ---------------------------------------------------------------- */

static void
test_remove_waits_for_the_guest(void)
{
    g_autoptr(GError) error = NULL;

    add_served();
    fake_xenstore_set_peer(guest_lets_go);
    xen_channel_remove(7, 2, false, &error);
    g_assert_no_error(error);
    assert_nothing_left();
    g_assert_cmpuint(fake_xenstore_get_loose_changes(), ==, 0);
}

static void
test_a_guest_that_holds_on_keeps_its_channel(void)
{
    g_autoptr(GError) error = NULL;

    add_served();
    fake_xenstore_set_peer(NULL);
    fake_xenstore_set(FRONTEND "/state", "4");
    g_assert_false(xen_channel_remove(7, 2, false, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT);
    g_assert_cmpstr(fake_xenstore_get(BACKEND "/online"), ==, "1");
    g_assert_cmpstr(fake_xenstore_get(FRONTEND "/state"), ==, "4");
}

static void
test_one_that_no_driver_has_taken_is_removed(void)
{
    g_autoptr(GError) error = NULL;

    add_served();
    fake_xenstore_set_peer(NULL);
    xen_channel_remove(7, 2, false, &error);
    g_assert_no_error(error);
    assert_nothing_left();
}

static void
test_force_removes_it_anyway(void)
{
    g_autoptr(GError) error = NULL;

    add_served();
    fake_xenstore_set_peer(NULL);
    fake_xenstore_set(FRONTEND "/state", "4");
    xen_channel_remove(7, 2, true, &error);
    g_assert_no_error(error);
    assert_nothing_left();
}

/* --- is the backend there? ------------------------------------------------- */

static void
test_a_missing_backend_is_told_how_to_start(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(xen_channel_check_backend("/nowhere", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "systemctl start virtxl-channeld"));
    g_assert_nonnull(strstr(error->message, "/nowhere/run/virtxl/channeld.sock"));
}

static void
test_a_backend_that_listens_is_there(void)
{
    g_autofree char *root = g_dir_make_tmp("virtxl-xen-XXXXXX", NULL);
    g_autofree char *directory = g_build_filename(root, "run/virtxl", NULL);
    g_autofree char *path = g_build_filename(directory, "channeld.sock", NULL);
    g_autofree char *run = g_build_filename(root, "run", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autoptr(GError) error = NULL;

    g_assert_true(file_make_directory(directory, 0700, NULL));
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_false(xen_channel_check_backend(root, NULL));
    g_assert_cmpint(listen(fd, 1), ==, 0);
    xen_channel_check_backend(root, &error);
    g_assert_no_error(error);
    close(fd);
    unlink(path);
    rmdir(directory);
    rmdir(run);
    rmdir(root);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(void);
    } tests[] = {
        {"add/nodes-and-permissions", test_nodes_and_permissions},
        {"add/all-is-written-at-once", test_all_is_written_at_once},
        {"add/a-conflict-is-tried-again", test_a_conflict_is_tried_again},
        {"add/the-backends-words-are-the-error", test_the_backends_words_are_the_error},
        {"add/a-device-id-is-not-used-twice", test_a_device_id_is_not_used_twice},
        {"add/nothing-is-written-for-no-domain", test_nothing_is_written_for_no_domain},
        {"add/a-domain-that-goes-is-not-waited-for", test_a_domain_that_goes_is_not_waited_for},
        {"list/a-socket", test_a_socket_is_listed},
        {"list/connected-when-the-backend-is", test_it_is_connected_when_the_backend_is},
        {"list/a-pty-once-it-is-known", test_a_pty_is_listed_once_it_is_known},
        {"list/a-file", test_a_file_is_listed},
        {"list/libxls-own-is-not-ours", test_libxls_own_is_not_ours},
        {"remove/waits-for-the-guest", test_remove_waits_for_the_guest},
        {"remove/a-guest-that-holds-on-keeps-its-channel",
         test_a_guest_that_holds_on_keeps_its_channel},
        {"remove/one-that-no-driver-has-taken-is-removed",
         test_one_that_no_driver_has_taken_is_removed},
        {"remove/force-removes-it-anyway", test_force_removes_it_anyway},
        {"backend/a-missing-one-is-told-how-to-start", test_a_missing_backend_is_told_how_to_start},
        {"backend/one-that-listens-is-there", test_a_backend_that_listens_is_there},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/xen/host/libxl/channel/", tests[i].name, NULL);

        g_test_add_func(path, tests[i].func);
    }
    return g_test_run();
}

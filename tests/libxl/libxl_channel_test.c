/* Channels before a start: device ids, automatic paths, and what may be at a
 * socket's path.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_devid.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/error.h"

typedef struct {
    char *root;
    LibxlDriverConfig *config;
    GPtrArray *messages;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("virtxl-channel-XXXXXX", NULL);
    fixture->config = libxl_driver_config_new(fixture->root);
    fixture->messages = g_ptr_array_new_with_free_func(g_free);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    const char *argv[] = {"rm", "-rf", fixture->root, NULL};

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    libxl_driver_config_free(fixture->config);
    g_ptr_array_unref(fixture->messages);
    g_free(fixture->root);
}

static DomainDef *
parse(const char *channels)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='xen'><name>guest</name>"
                        "<uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
                        "<os><type machine='xenpv'>linux</type><kernel>/k</kernel></os>"
                        "<devices>%s</devices></domain>",
                        channels);
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, &error);

    g_assert_no_error(error);
    return def;
}

static DomainDef *
parse_socket(const char *path)
{
    g_autofree char *channel =
        g_strdup_printf("<channel type='unix'><source mode='bind' path='%s'/>"
                        "<target type='virtio' name='one'/></channel>",
                        path);

    return parse(channel);
}

static const DomainChrDef *
channel_of(const DomainDef *def, guint index)
{
    return def->channels->pdata[index];
}

#define PTY(name)    "<channel type='pty'><target type='xen' name='" name "'/></channel>"
#define SOCKET(name) "<channel type='unix'><target type='xen' name='" name "'/></channel>"

static void
test_devids_count_from_one(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def = parse(PTY("a") PTY("b") PTY("c"));
    g_autoptr(GError) error = NULL;

    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    for (guint i = 0; i < 3; i++) {
        g_autofree char *alias = g_strdup_printf("channel%u", i);

        g_assert_cmpuint(channel_of(def, i)->devid, ==, i + 1);
        g_assert_cmpstr(channel_of(def, i)->info.alias, ==, alias);
    }
    g_assert_cmpuint(fixture->messages->len, ==, 0);
}

static void
set_alias(DomainDef *def, guint index, const char *alias)
{
    DomainChrDef *channel = def->channels->pdata[index];

    g_free(channel->info.alias);
    channel->info.alias = g_strdup(alias);
}

static void
test_restored_channels_keep_their_devids(Fixture *fixture, gconstpointer data)
{
    static const char *const aliases[] = {"channel2", "ua-mine", "channel0",   "channel0",
                                          NULL,       "channel", "channel4096"};
    static const unsigned devids[] = {3, 2, 1, 4, 5, 6, 7};
    g_autoptr(DomainDef) def =
        parse(PTY("a") PTY("b") PTY("c") PTY("d") PTY("e") PTY("f") PTY("g"));
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++)
        set_alias(def, i, aliases[i]);
    libxl_channels_keep_devids(def);
    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    for (guint i = 0; i < G_N_ELEMENTS(devids); i++)
        g_assert_cmpuint(channel_of(def, i)->devid, ==, devids[i]);
    g_assert_cmpstr(channel_of(def, 1)->info.alias, ==, "ua-mine");
}

static void
test_more_than_linux_opens_is_said(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def =
        parse(PTY("a") PTY("b") PTY("c") PTY("d") PTY("e") PTY("f") PTY("g") PTY("h"));
    g_autoptr(GError) error = NULL;

    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_cmpuint(fixture->messages->len, ==, 1);
    g_assert_nonnull(strstr(fixture->messages->pdata[0], "guest"));
}

static void
test_automatic_path_is_by_uuid(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def = parse(SOCKET("vport"));
    g_autofree char *expected =
        g_strconcat(fixture->root,
                    "/run/libvirt/libxl/channel/c7a5fdbd-cdaf-9455-926a-d65c16db1809/"
                    "vport",
                    NULL);
    g_autofree char *directory = g_path_get_dirname(expected);
    g_autoptr(GError) error = NULL;

    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_cmpstr(channel_of(def, 0)->source->path, ==, expected);
    g_assert_true(g_file_test(directory, G_FILE_TEST_IS_DIR));

    libxl_channels_remove(def, fixture->config);
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
    libxl_channels_drop_automatic_paths(def, fixture->config);
    g_assert_null(channel_of(def, 0)->source->path);
}

static void
test_automatic_path_must_fit(Fixture *fixture, gconstpointer data)
{
    g_autofree char *name = g_strnfill(100, 'n');
    g_autofree char *xml = g_strdup_printf(SOCKET("%s"), name);
    g_autoptr(DomainDef) def = parse(xml);
    g_autoptr(GError) error = NULL;

    g_assert_false(libxl_channels_check(def, fixture->config, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, name));
    g_assert_nonnull(strstr(error->message, "107"));
}

static void
test_given_path_is_not_dropped(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def = parse_socket("/somewhere/else");

    libxl_channels_drop_automatic_paths(def, fixture->config);
    g_assert_cmpstr(channel_of(def, 0)->source->path, ==, "/somewhere/else");
}

/* Returns a socket bound to @path that listens if @listening. */
static int
bind_socket(const char *path, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    if (listening)
        g_assert_cmpint(listen(fd, 1), ==, 0);
    return fd;
}

static void
test_stale_socket_is_replaced(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);
    g_autoptr(GError) error = NULL;

    close(bind_socket(path, true));
    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
assert_refused(Fixture *fixture, const char *path)
{
    g_autoptr(DomainDef) def = parse_socket(path);
    g_autoptr(GError) error = NULL;
    struct stat before, after;

    g_assert_cmpint(lstat(path, &before), ==, 0);
    g_assert_false(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_cmpint(lstat(path, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
}

static void
test_live_socket_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    int fd = bind_socket(path, true);

    assert_refused(fixture, path);
    close(fd);
}

static void
test_file_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "file", NULL);

    g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
    assert_refused(fixture, path);
}

static void
test_directory_is_refused(Fixture *fixture, gconstpointer data)
{
    assert_refused(fixture, fixture->root);
}

static void
test_link_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "link", NULL);
    g_autofree char *target = g_build_filename(fixture->root, "sock", NULL);

    close(bind_socket(target, false));
    g_assert_cmpint(symlink(target, path), ==, 0);
    assert_refused(fixture, path);
}

static void
test_shared_directory_is_said(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_chmod(fixture->root, 0777), ==, 0);
    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_cmpuint(fixture->messages->len, ==, 1);
    g_assert_nonnull(strstr(fixture->messages->pdata[0], fixture->root));
}

static void
test_remove_leaves_foreign_file(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "file", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);

    g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
    libxl_channels_remove(def, fixture->config);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
test_remove_takes_a_stale_socket(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);

    close(bind_socket(path, true));
    libxl_channels_remove(def, fixture->config);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* It may be another domain's by now. */
static void
test_remove_leaves_a_served_socket(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);
    int fd = bind_socket(path, true);

    libxl_channels_remove(def, fixture->config);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    close(fd);
}

static gpointer
close_later(gpointer data)
{
    g_usleep(G_USEC_PER_SEC / 10);
    close(GPOINTER_TO_INT(data));
    return NULL;
}

static void
test_remove_waits_for_the_backend(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "sock", NULL);
    g_autoptr(DomainDef) def = parse_socket(path);
    GThread *thread =
        g_thread_new("backend", close_later, GINT_TO_POINTER(bind_socket(path, true)));

    libxl_channels_remove(def, fixture->config);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_thread_join(thread);
}

static void
test_backend_is_as_configured(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def =
        parse(PTY("a") "<channel type='null'><target type='xen' name='b'/></channel>");
    g_autoptr(GError) error = NULL;

    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_true(channel_of(def, 0)->ours);
    fixture->config->channel_backend = LIBXL_CHANNEL_BACKEND_LIBXL;
    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_false(channel_of(def, 0)->ours);
    g_assert_true(channel_of(def, 1)->ours);
}

static void
test_an_alias_follows_the_device_id(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def = parse(PTY("a") "<channel type='pty'><target type='xen' name='b'/>"
                                              "<alias name='ua-mine'/></channel>");
    DomainChrDef *first = def->channels->pdata[0];
    g_autoptr(GError) error = NULL;

    /* As it was called before the guest's reboot. */
    first->info.alias = g_strdup("channel4");
    g_assert_true(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_cmpstr(channel_of(def, 0)->info.alias, ==, "channel0");
    g_assert_cmpstr(channel_of(def, 1)->info.alias, ==, "ua-mine");
}

/* The first one's directory was made before the second was found to be impossible. */
static void
test_what_can_not_be_prepared_leaves_no_directory(Fixture *fixture, gconstpointer data)
{
    g_autofree char *file = g_build_filename(fixture->root, "file", NULL);
    g_autofree char *xml =
        g_strdup_printf(SOCKET("vport") "<channel type='unix'><source mode='bind' path='%s'/>"
                                        "<target type='xen' name='b'/></channel>",
                        file);
    g_autoptr(DomainDef) def = parse(xml);
    g_autofree char *directory = g_build_filename(fixture->config->channel_dir,
                                                  "c7a5fdbd-cdaf-9455-926a-d65c16db1809", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, "precious", -1, NULL));
    g_assert_false(libxl_channels_prepare(def, fixture->config, fixture->messages, &error));
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        {"devids-count-from-one", test_devids_count_from_one},
        {"restored-channels-keep-their-devids", test_restored_channels_keep_their_devids},
        {"more-than-linux-opens-is-said", test_more_than_linux_opens_is_said},
        {"automatic-path-is-by-uuid", test_automatic_path_is_by_uuid},
        {"automatic-path-must-fit", test_automatic_path_must_fit},
        {"given-path-is-not-dropped", test_given_path_is_not_dropped},
        {"stale-socket-is-replaced", test_stale_socket_is_replaced},
        {"live-socket-is-refused", test_live_socket_is_refused},
        {"file-is-refused", test_file_is_refused},
        {"directory-is-refused", test_directory_is_refused},
        {"link-is-refused", test_link_is_refused},
        {"shared-directory-is-said", test_shared_directory_is_said},
        {"remove-leaves-foreign-file", test_remove_leaves_foreign_file},
        {"remove-takes-a-stale-socket", test_remove_takes_a_stale_socket},
        {"remove-leaves-a-served-socket", test_remove_leaves_a_served_socket},
        {"remove-waits-for-the-backend", test_remove_waits_for_the_backend},
        {"backend-is-as-configured", test_backend_is_as_configured},
        {"an-alias-follows-the-device-id", test_an_alias_follows_the_device_id},
        {"what-can-not-be-prepared-leaves-no-directory",
         test_what_can_not_be_prepared_leaves_no_directory},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/libxl/channel/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}

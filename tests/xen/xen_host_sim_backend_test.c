/* Channels that a backend of their own serves, through the port to the simulated host,
 * with a backend that the test plays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fake_backend.h"
#include "util/error.h"

typedef SimFixture F;

static bool
add_channel(F *f, guint32 domid, guint devid, const char *name, GError **error)
{
    g_autoptr(ChannelSource) source = channel_source_new(CHANNEL_SOURCE_UNIX);

    source->path = g_strdup("/run/agent.sock");
    source->listen = true;
    return f->host->ops->add_channel(f->host, domid, devid, name, source, error);
}

static void
must_add_channel(F *f, guint32 domid, guint devid, const char *name)
{
    GError *error = NULL;

    add_channel(f, domid, devid, name, &error);
    g_assert_no_error(error);
}

/* A running guest whose channel a backend serves. */
static FakeBackend *
serve_channel(F *f, guint32 *domid)
{
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);

    *domid = sim_fixture_start_domain(f, "guest", 1);
    must_add_channel(f, *domid, 1, "agent");
    return backend;
}

static void
assert_channel_count(F *f, guint32 domid, guint count)
{
    g_autoptr(GPtrArray) channels = f->host->ops->list_channels(f->host, domid, NULL);

    g_assert_nonnull(channels);
    g_assert_cmpuint(channels->len, ==, count);
}

static XenChannelInfo *
get_only_channel(F *f, guint32 domid)
{
    g_autoptr(GPtrArray) channels = f->host->ops->list_channels(f->host, domid, NULL);

    g_assert_cmpuint(channels->len, ==, 1);
    return g_ptr_array_steal_index(channels, 0);
}

/* --- Is there a backend? --- */

static void
missing_backend_is_named(F *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(f->host->ops->check_channel_backend(f->host, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "/nowhere/virtxl-channeld"));
    g_clear_error(&error);
    g_setenv("VIRTXL_CHANNELD", "/bin/true", TRUE);
    g_assert_false(f->host->ops->check_channel_backend(f->host, &error));
    g_assert_nonnull(strstr(error->message, "--host sim --root"));
}

static void
present_backend_is_found(F *f, gconstpointer data)
{
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    g_autoptr(GError) error = NULL;

    f->host->ops->check_channel_backend(f->host, &error);
    g_assert_no_error(error);
    fake_backend_free(backend);
    g_assert_false(f->host->ops->check_channel_backend(f->host, NULL));
}

static void
backend_is_started_where_none_is(F *f, gconstpointer data)
{
    g_autofree char *program = sim_fixture_path(f, "channeld");
    g_autofree char *record = sim_fixture_path(f, "record");
    g_autofree char *script = g_strdup_printf("#!/bin/sh\necho \"$@\" >>%s\n", record);
    g_autofree char *expected = g_strdup_printf("--host sim --root %s --detach\n", f->root);
    g_autofree char *text = NULL;
    FakeBackend *backend;
    XenHost *second;

    g_assert_true(
        g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    g_setenv("VIRTXL_CHANNELD", program, TRUE);
    f->host = xen_host_sim_open(f->root, f->program, NULL);
    g_assert_nonnull(f->host);
    backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    second = xen_host_sim_open(f->root, f->program, NULL);
    g_assert_nonnull(second);
    xen_host_close(second);
    fake_backend_free(backend);
    g_assert_true(g_file_get_contents(record, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void
backend_is_no_reason_to_stay(F *f, gconstpointer data)
{
    g_autofree char *directory = sim_fixture_path(f, "run/virtxl-sim");
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);

    g_clear_pointer(&f->host, xen_host_close);
    sim_fixture_wait_gone(directory);
    fake_backend_free(backend);
}

/* --- Adding --- */

static void
served_channel_is_listed_with_all_others(F *f, gconstpointer data)
{
    g_autofree char *socket = sim_fixture_path(f, "s");
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    g_autoptr(GPtrArray) channels = NULL;
    const XenChannelInfo *ours;
    libxl_domain_config config;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
    sim_config_add_channel(&config, 2, "libxl's", socket);
    domid = sim_config_create(f, &config);
    must_add_channel(f, domid, 1, "agent");
    fake_backend_wait(backend, "{\"event\": \"channel\", \"domain\": \"guest\", \"devid\": 1, "
                               "\"name\": \"agent\", \"online\": true, \"backend_state\": 2}");
    channels = f->host->ops->list_channels(f->host, domid, NULL);
    g_assert_cmpuint(channels->len, ==, 2);
    ours = g_ptr_array_index(channels, 0);
    g_assert_cmpuint(ours->devid, ==, 1);
    g_assert_cmpstr(ours->name, ==, "agent");
    g_assert_cmpstr(ours->path, ==, "/run/agent.sock");
    g_assert_true(ours->is_ours && !ours->is_pty);
    g_assert_false(ours->is_connected);
    g_assert_false(((XenChannelInfo *)g_ptr_array_index(channels, 1))->is_ours);
    fake_backend_free(backend);
}

static void
path_of_a_pty_is_the_backends(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    g_autoptr(ChannelSource) source = channel_source_new(CHANNEL_SOURCE_PTY);
    g_autoptr(XenChannelInfo) channel = NULL;

    g_assert_true(f->host->ops->add_channel(f->host, domid, 1, "tty", source, NULL));
    channel = get_only_channel(f, domid);
    g_assert_true(channel->is_pty);
    g_assert_cmpstr(channel->path, ==, "/dev/pts/99");
    fake_backend_free(backend);
}

static void
refusal_is_in_the_backends_words(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_REFUSES);
    g_autoptr(GError) error = NULL;

    g_assert_false(add_channel(f, domid, 1, "agent", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "no room at the inn");
    assert_channel_count(f, domid, 0);
    fake_backend_wait(backend, "{\"event\": \"channel-gone\", \"devid\": 1}");
    fake_backend_free(backend);
}

static void
silent_backend_is_not_waited_for_forever(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SILENT);
    g_autoptr(GError) error = NULL;

    g_assert_false(add_channel(f, domid, 1, "agent", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "did not answer"));
    assert_channel_count(f, domid, 0);
    fake_backend_free(backend);
}

static void
taken_names_and_ids_are_refused(F *f, gconstpointer data)
{
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    libxl_domain_config config;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
    sim_config_add_channel(&config, 2, "libxl's", NULL);
    domid = sim_config_create(f, &config);
    must_add_channel(f, domid, 1, "agent");
    g_assert_false(add_channel(f, domid, 1, "other", NULL));
    g_assert_false(add_channel(f, domid, 3, "agent", NULL));
    g_assert_false(add_channel(f, domid, 2, "other", NULL));
    g_assert_false(add_channel(f, domid, 3, "libxl's", NULL));
    g_assert_false(add_channel(f, domid, 0, "other", NULL));
    g_assert_false(add_channel(f, domid, 4, "", NULL));
    g_assert_false(add_channel(f, 0, 1, "other", NULL));
    assert_channel_count(f, domid, 2);
    fake_backend_free(backend);
}

static void
calls_fail_on_demand(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    g_autoptr(GError) error = NULL;

    g_free(sim_fixture_ctl(f, "fail add_channel 1 'quota'"));
    g_assert_false(add_channel(f, domid, 1, "agent", &error));
    g_assert_cmpstr(error->message, ==, "quota");
    assert_channel_count(f, domid, 0);
    must_add_channel(f, domid, 1, "agent");
    g_free(sim_fixture_ctl(f, "fail remove_channel"));
    g_assert_false(f->host->ops->remove_channel(f->host, domid, 1, false, NULL));
    assert_channel_count(f, domid, 1);
    fake_backend_free(backend);
}

/* --- The guest --- */

static void
guest_connects_when_it_first_runs(F *f, gconstpointer data)
{
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    libxl_domain_config config;
    g_autoptr(XenChannelInfo) before = NULL;
    g_autoptr(XenChannelInfo) after = NULL;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
    domid = sim_config_create(f, &config);
    must_add_channel(f, domid, 1, "agent");
    before = get_only_channel(f, domid);
    g_assert_false(before->is_connected);
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 3}");
    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 4}");
    after = get_only_channel(f, domid);
    g_assert_true(after->is_connected);
    fake_backend_free(backend);
}

static void
dead_guest_changes_nothing(F *f, gconstpointer data)
{
    guint32 domid;
    FakeBackend *backend = serve_channel(f, &domid);
    g_autoptr(XenChannelInfo) channel = NULL;

    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 4}");
    g_free(sim_fixture_ctl(f, "guest guest crash"));
    channel = get_only_channel(f, domid);
    g_assert_true(channel->is_connected);
    fake_backend_free(backend);
}

static void
destroyed_domain_takes_its_channels_along(F *f, gconstpointer data)
{
    guint32 domid;
    g_autofree char *rings = sim_fixture_path(f, "run/virtxl-sim/rings");
    FakeBackend *backend = serve_channel(f, &domid);

    g_assert_true(g_file_test(rings, G_FILE_TEST_EXISTS));
    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    fake_backend_wait(backend, "{\"event\": \"channel-gone\", \"devid\": 1}");
    g_assert_false(g_file_test(rings, G_FILE_TEST_EXISTS));
    fake_backend_free(backend);
}

static void
rings_of_a_killed_host_are_removed(F *f, gconstpointer data)
{
    guint32 domid;
    g_autofree char *rings = sim_fixture_path(f, "run/virtxl-sim/rings");
    FakeBackend *backend = serve_channel(f, &domid);

    kill(sim_fixture_get_host_pid(f), SIGKILL);
    fake_backend_free(backend);
    g_clear_pointer(&f->host, xen_host_close);
    g_assert_true(g_file_test(rings, G_FILE_TEST_EXISTS));
    f->host = xen_host_sim_open(f->root, f->program, NULL);
    g_assert_nonnull(f->host);
    g_assert_false(g_file_test(rings, G_FILE_TEST_EXISTS));
}

/* --- Removing --- */

static void
guest_lets_go_and_the_channel_is_removed(F *f, gconstpointer data)
{
    guint32 domid;
    g_autofree char *link = sim_fixture_guest_path(f, "guest", "agent");
    FakeBackend *backend = serve_channel(f, &domid);
    g_autoptr(GError) error = NULL;

    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 4}");
    f->host->ops->remove_channel(f->host, domid, 1, false, &error);
    g_assert_no_error(error);
    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 6}");
    fake_backend_wait(backend, "{\"event\": \"channel-gone\", \"devid\": 1}");
    assert_channel_count(f, domid, 0);
    g_assert_false(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    must_add_channel(f, domid, 1, "agent");
    fake_backend_free(backend);
}

static void
stuck_guest_keeps_its_channel_unless_forced(F *f, gconstpointer data)
{
    guint32 domid;
    FakeBackend *backend = serve_channel(f, &domid);
    g_autoptr(GError) error = NULL;

    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 4}");
    g_free(sim_fixture_ctl(f, "channel guest agent stuck on"));
    g_assert_false(f->host->ops->remove_channel(f->host, domid, 1, false, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT);
    fake_backend_wait(backend, "{\"online\": true, \"backend_state\": 5}");
    assert_channel_count(f, domid, 1);
    g_assert_true(f->host->ops->remove_channel(f->host, domid, 1, true, NULL));
    assert_channel_count(f, domid, 0);
    fake_backend_free(backend);
}

/* --- One backend after another --- */

static void
second_backend_is_refused_while_the_first_lives(F *f, gconstpointer data)
{
    FakeBackend *backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    g_autofree char *refusal = fake_backend_exchange(f, "{\"id\": 1, \"call\": \"backend\"}\n");

    g_assert_nonnull(strstr(refusal, "error"));
    g_assert_nonnull(strstr(refusal, "already"));
    fake_backend_free(backend);
}

static void
only_the_backend_may_write(F *f, gconstpointer data)
{
    guint32 domid;
    FakeBackend *backend = serve_channel(f, &domid);
    g_autofree char *refusal = NULL;

    refusal = fake_backend_exchange(f, "{\"id\": 1, \"call\": \"backend_set\", \"args\": "
                                       "{\"domid\": 1, \"devid\": 1, \"state\": 6}}\n");
    g_assert_nonnull(strstr(refusal, "error"));
    fake_backend_free(backend);
}

static void
next_backend_finds_all_as_it_was(F *f, gconstpointer data)
{
    guint32 domid;
    FakeBackend *backend = serve_channel(f, &domid);

    fake_backend_wait(backend, "{\"event\": \"channel\", \"frontend_state\": 4}");
    fake_backend_free(backend);
    backend = fake_backend_new(f, FAKE_BACKEND_SERVES);
    fake_backend_wait(backend, "{\"event\": \"channel\", \"devid\": 1, \"backend_state\": 4, "
                               "\"frontend_state\": 4, \"online\": true}");
    fake_backend_free(backend);
}

static void
writes_to_what_has_gone_are_no_error(F *f, gconstpointer data)
{
    static const char lines[] =
        "{\"id\": 1, \"call\": \"backend\"}\n"
        "{\"id\": 2, \"call\": \"backend_set\", \"args\": {\"domid\": 99, \"devid\": 1, "
        "\"state\": 4}}\n";
    g_autofree char *path = sim_fixture_path(f, "run/virtxl-sim/host.sock");
    g_autoptr(GString) text = g_string_new(NULL);
    int fd = sim_fixture_connect(path);
    char byte;

    g_assert_cmpint(write(fd, lines, strlen(lines)), ==, strlen(lines));
    while (!strstr(text->str, "\"id\":2") || text->str[text->len - 1] != '\n') {
        g_assert_cmpint(read(fd, &byte, 1), ==, 1);
        g_string_append_c(text, byte);
    }
    g_assert_null(strstr(text->str, "\"error\""));
    close(fd);
}

int
main(int argc, char **argv)
{
    static const SimTest tests[] = {
        {"missing-backend-is-named", missing_backend_is_named},
        {"present-backend-is-found", present_backend_is_found},
        {"backend-is-started-where-none-is", backend_is_started_where_none_is,
         .without_host = true},
        {"backend-is-no-reason-to-stay", backend_is_no_reason_to_stay},
        {"served-channel-is-listed-with-all-others", served_channel_is_listed_with_all_others},
        {"path-of-a-pty-is-the-backends", path_of_a_pty_is_the_backends},
        {"refusal-is-in-the-backends-words", refusal_is_in_the_backends_words},
        {"silent-backend-is-not-waited-for-forever", silent_backend_is_not_waited_for_forever},
        {"taken-names-and-ids-are-refused", taken_names_and_ids_are_refused},
        {"calls-fail-on-demand", calls_fail_on_demand},
        {"guest-connects-when-it-first-runs", guest_connects_when_it_first_runs},
        {"dead-guest-changes-nothing", dead_guest_changes_nothing},
        {"destroyed-domain-takes-its-channels-along", destroyed_domain_takes_its_channels_along},
        {"rings-of-a-killed-host-are-removed", rings_of_a_killed_host_are_removed},
        {"guest-lets-go-and-the-channel-is-removed", guest_lets_go_and_the_channel_is_removed},
        {"stuck-guest-keeps-its-channel-unless-forced",
         stuck_guest_keeps_its_channel_unless_forced},
        {"second-backend-is-refused-while-the-first-lives",
         second_backend_is_refused_while_the_first_lives},
        {"only-the-backend-may-write", only_the_backend_may_write},
        {"next-backend-finds-all-as-it-was", next_backend_finds_all_as_it_was},
        {"writes-to-what-has-gone-are-no-error", writes_to_what_has_gone_are_no_error},
    };

    return sim_fixture_run(&argc, &argv, "/xen/host-sim-backend", tests, G_N_ELEMENTS(tests));
}

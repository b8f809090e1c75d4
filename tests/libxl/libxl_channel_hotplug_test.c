/* Channels of a running domain, attached and detached through a host that is made of
 * functions of this test: what the host is asked for, and which failure leaves what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_channel_hotplug.h"

#include <string.h>

#include "util/error.h"

#define CHANNEL(type, name)                                                                        \
    "<channel type='" type "'><target type='xen' name='" name "'/></channel>"

/* --- a host ------------------------------------------------------------------- */

/* Which of its calls fails, and what it has. */
typedef enum {
    FAIL_NONE,
    FAIL_CHECK,
    FAIL_ADD,
    FAIL_LIST,
    FAIL_STORE,
    FAIL_REMOVE,
    FAIL_LAST,
} Failure;

typedef struct {
    XenHost base;
    Failure failure;
    GPtrArray *channels; /* of XenChannelInfo */
    char *userdata;
    bool forced;
} FakeHost;

static bool
answer(XenHost *host, Failure call, GError **error)
{
    FakeHost *fake = (FakeHost *)host;

    if (fake->failure != call)
        return true;
    fake->failure = FAIL_NONE;
    return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT, "as it was told to");
}

static bool
fake_check_backend(XenHost *host, GError **error)
{
    return answer(host, FAIL_CHECK, error);
}

static XenChannelInfo *
new_info(guint devid, const char *name, bool is_pty, bool is_ours)
{
    XenChannelInfo *info = g_new0(XenChannelInfo, 1);

    info->devid = devid;
    info->name = g_strdup(name);
    info->path = is_pty ? g_strdup("/dev/pts/9") : NULL;
    info->is_pty = is_pty;
    info->is_ours = is_ours;
    return info;
}

static bool
fake_add(XenHost *host, guint32 domid, guint devid, const char *name, const ChannelSource *source,
         GError **error)
{
    bool is_pty = source->type == CHANNEL_SOURCE_PTY;

    if (!answer(host, FAIL_ADD, error))
        return false;
    g_ptr_array_add(((FakeHost *)host)->channels, new_info(devid, name, is_pty, true));
    return true;
}

static bool
fake_remove(XenHost *host, guint32 domid, guint devid, bool force, GError **error)
{
    FakeHost *fake = (FakeHost *)host;

    if (!answer(host, FAIL_REMOVE, error))
        return false;
    fake->forced = force;
    for (guint i = 0; i < fake->channels->len; i++) {
        if (((XenChannelInfo *)fake->channels->pdata[i])->devid == devid)
            g_ptr_array_remove_index(fake->channels, i);
    }
    return true;
}

static GPtrArray *
fake_list(XenHost *host, guint32 domid, GError **error)
{
    return answer(host, FAIL_LIST, error) ? g_ptr_array_ref(((FakeHost *)host)->channels) : NULL;
}

static bool
fake_store(XenHost *host, guint32 domid, const char *key, const void *data, gsize size,
           GError **error)
{
    FakeHost *fake = (FakeHost *)host;

    if (!answer(host, FAIL_STORE, error))
        return false;
    g_free(fake->userdata);
    fake->userdata = g_strndup(data, size);
    return true;
}

static const XenHostOps fake_ops = {
    .name = "fake",
    .check_channel_backend = fake_check_backend,
    .add_channel = fake_add,
    .remove_channel = fake_remove,
    .list_channels = fake_list,
    .store_userdata = fake_store,
};

/* --- a driver with one domain -------------------------------------------------- */

typedef struct {
    char *root;
    FakeHost host;
    LibxlDriver driver;
    LibxlDomain *domain;
} Fixture;

static DomainDef *
parse(const char *channels)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='xen' id='5'><name>guest</name>"
                        "<uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
                        "<os><type machine='xenpv'>linux</type><kernel>/k</kernel></os>"
                        "<devices>%s</devices></domain>",
                        channels);
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, 0, &error);

    g_assert_no_error(error);
    return def;
}

static void
free_event(gpointer data)
{
    LibxlDriverEvent *event = data;

    libxl_domain_ref_free(event->domain);
    g_free(event->alias);
    g_free(event);
}

/* The domain runs with one channel, of device id 1. */
static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) live = parse(CHANNEL("pty", "boot"));
    DomainChrDef *boot = live->channels->pdata[0];

    boot->devid = 1;
    boot->ours = true;
    fixture->root = g_dir_make_tmp("virtxl-hotplug-XXXXXX", NULL);
    fixture->host.base.ops = &fake_ops;
    fixture->host.channels = g_ptr_array_new_with_free_func((GDestroyNotify)xen_channel_info_free);
    g_ptr_array_add(fixture->host.channels, new_info(1, "boot", true, true));
    fixture->driver.config = libxl_driver_config_new(fixture->root);
    g_assert_cmpint(g_mkdir_with_parents(fixture->driver.config->state_dir, 0700), ==, 0);
    fixture->driver.host = &fixture->host.base;
    fixture->driver.domains = libxl_domain_list_new();
    fixture->driver.events = g_async_queue_new_full(free_event);
    fixture->domain =
        libxl_domain_list_obtain(fixture->driver.domains, live->name, live->uuid, NULL);
    libxl_domain_set_live(fixture->domain, g_steal_pointer(&live));
    libxl_domain_set_state(fixture->domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    const char *argv[] = {"rm", "-rf", fixture->root, NULL};

    while (g_idle_remove_by_data(&fixture->driver))
        continue;
    g_async_queue_unref(fixture->driver.events);
    libxl_domain_unref(fixture->domain);
    libxl_domain_list_free(fixture->driver.domains);
    libxl_driver_config_free(fixture->driver.config);
    g_ptr_array_unref(fixture->host.channels);
    g_free(fixture->host.userdata);
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    g_free(fixture->root);
}

static bool
attach(Fixture *fixture, const char *xml, GError **error)
{
    g_autoptr(DomainDevice) device =
        domain_device_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, error);

    return device && libxl_channel_attach(&fixture->driver, fixture->domain, device, error);
}

static DomainChrDef *
channel_of(Fixture *fixture, guint index)
{
    return fixture->domain->live->channels->pdata[index];
}

/* What the status file says. */
static char *
read_status(Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->driver.config->state_dir, "guest.xml", NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text ? text : g_strdup("");
}

/* Definition, host and files have so many channels; the last one is of that name. */
static void
assert_all_have(Fixture *fixture, guint count, const char *name)
{
    g_autofree char *status = read_status(fixture);

    g_assert_cmpuint(fixture->domain->live->channels->len, ==, count);
    g_assert_cmpuint(fixture->host.channels->len, ==, count);
    g_assert_true((strstr(status, "name='new'") != NULL) == (strcmp(name, "new") == 0));
    if (fixture->host.userdata)
        g_assert_true((strstr(fixture->host.userdata, "name='new'") != NULL) ==
                      (strcmp(name, "new") == 0));
}

static void
assert_event(Fixture *fixture, int id, const char *alias)
{
    LibxlDriverEvent *event = g_async_queue_try_pop(fixture->driver.events);

    g_assert_nonnull(event);
    g_assert_cmpint(event->id, ==, id);
    g_assert_cmpstr(event->alias, ==, alias);
    free_event(event);
}

/* --- tests ---------------------------------------------------------------------- */

static void
test_what_is_attached_is_ours_whatever_the_settings_say(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->driver.config->channel_backend = LIBXL_CHANNEL_BACKEND_LIBXL;
    attach(fixture, CHANNEL("pty", "new"), &error);
    g_assert_no_error(error);
    g_assert_true(channel_of(fixture, 1)->ours);
    g_assert_cmpuint(channel_of(fixture, 1)->devid, ==, 2);
    g_assert_cmpstr(channel_of(fixture, 1)->source->path, ==, "/dev/pts/9");
    g_assert_true(fixture->domain->is_updated);
    assert_all_have(fixture, 2, "new");
    assert_event(fixture, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, "channel1");
}

static void
test_an_attach_that_fails_anywhere_leaves_nothing(Fixture *fixture, gconstpointer data)
{
    for (Failure failure = FAIL_CHECK; failure < FAIL_REMOVE; failure++) {
        g_autoptr(GError) error = NULL;

        fixture->host.failure = failure;
        g_assert_false(attach(fixture, CHANNEL("null", "new"), &error));
        g_assert_nonnull(error);
        assert_all_have(fixture, 1, "boot");
        g_assert_null(g_async_queue_try_pop(fixture->driver.events));
    }
    g_assert_true(attach(fixture, CHANNEL("null", "new"), NULL));
}

static void
test_a_detached_channel_is_gone_everywhere(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(libxl_channel_detach(&fixture->driver, fixture->domain, channel_of(fixture, 0),
                                       true, &error));
    g_assert_true(fixture->host.forced);
    assert_all_have(fixture, 0, "none");
}

static void
test_a_detach_that_fails_anywhere_changes_nothing(Fixture *fixture, gconstpointer data)
{
    static const Failure failures[] = {FAIL_STORE, FAIL_REMOVE};

    g_assert_true(attach(fixture, CHANNEL("null", "new"), NULL));
    assert_event(fixture, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, "channel1");
    for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_autoptr(GError) error = NULL;

        fixture->host.failure = failures[i];
        g_assert_false(libxl_channel_detach(&fixture->driver, fixture->domain,
                                            channel_of(fixture, 1), false, &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT);
        assert_all_have(fixture, 2, "new");
    }
    /* Only a guest that was asked can have refused. */
    assert_event(fixture, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, "channel1");
    g_assert_null(g_async_queue_try_pop(fixture->driver.events));
}

static void
test_what_qemu_serves_is_not_detached(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    channel_of(fixture, 0)->ours = false;
    g_assert_false(libxl_channel_detach(&fixture->driver, fixture->domain, channel_of(fixture, 0),
                                        false, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "QEMU"));
}

static void
test_a_channel_that_is_not_on_the_host_can_be_detached(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_ptr_array_set_size(fixture->host.channels, 0);
    channel_of(fixture, 0)->devid = 0;
    channel_of(fixture, 0)->ours = false;
    libxl_channel_detach(&fixture->driver, fixture->domain, channel_of(fixture, 0), false, &error);
    g_assert_no_error(error);
    assert_all_have(fixture, 0, "none");
}

static void
test_a_hole_is_filled_in_order(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    channel_of(fixture, 0)->devid = 2;
    ((XenChannelInfo *)fixture->host.channels->pdata[0])->devid = 2;
    attach(fixture, CHANNEL("null", "new"), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(channel_of(fixture, 0)->target_name, ==, "new");
    g_assert_cmpuint(channel_of(fixture, 0)->devid, ==, 1);
    g_assert_cmpstr(channel_of(fixture, 1)->target_name, ==, "boot");
}

static DomainChrDef *
find(Fixture *fixture, const char *xml)
{
    g_autoptr(DomainDevice) wanted = domain_device_parse_string(xml, NULL, 0, NULL);

    return libxl_channel_find(fixture->domain->live, wanted);
}

static void
test_found_by_name_and_what_else_is_said(Fixture *fixture, gconstpointer data)
{
    DomainChrDef *boot = channel_of(fixture, 0);

    boot->source->path = g_strdup("/dev/pts/3");
    g_assert_true(find(fixture, CHANNEL("pty", "boot")) == boot);
    g_assert_true(find(fixture, "<channel><target type='virtio' name='boot'/></channel>") == boot);
    g_assert_true(find(fixture, "<channel type='pty'><source path='/dev/pts/3'/>"
                                "<target type='xen' name='boot'/></channel>") == boot);
    g_assert_null(find(fixture, "<channel type='pty'><source path='/dev/pts/4'/>"
                                "<target type='xen' name='boot'/></channel>"));
    g_assert_null(find(fixture, CHANNEL("unix", "boot")));
    g_assert_null(find(fixture, CHANNEL("pty", "new")));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        {"what-is-attached-is-ours-whatever-the-settings-say",
         test_what_is_attached_is_ours_whatever_the_settings_say},
        {"an-attach-that-fails-anywhere-leaves-nothing",
         test_an_attach_that_fails_anywhere_leaves_nothing},
        {"a-detached-channel-is-gone-everywhere", test_a_detached_channel_is_gone_everywhere},
        {"a-detach-that-fails-anywhere-changes-nothing",
         test_a_detach_that_fails_anywhere_changes_nothing},
        {"what-qemu-serves-is-not-detached", test_what_qemu_serves_is_not_detached},
        {"a-channel-that-is-not-on-the-host-can-be-detached",
         test_a_channel_that_is_not_on_the_host_can_be_detached},
        {"a-hole-is-filled-in-order", test_a_hole_is_filled_in_order},
        {"found-by-name-and-what-else-is-said", test_found_by_name_and_what_else_is_said},
    };

    g_test_init(&argc, &argv, NULL);
    /* A failure is told in the log, and is no reason to end. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/libxl/channel-hotplug/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}

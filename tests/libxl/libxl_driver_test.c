/* The driver on the simulated host, with failures: whichever call to the host
 * fails, nothing is left over, and what the driver says of the domain is what
 * the host says.
 *
 * The path of virtxl-simhost comes in VIRTXL_SIMHOST.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver.h"

#include <glib/gstdio.h>
#include <string.h>

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_store.h"
#include "util/error.h"

static const char *simhost;

#define UUID_TEXT "c7a5fdbd-cdaf-9455-926a-d65c16db1809"
static const guint8 uuid[] = {0xc7, 0xa5, 0xfd, 0xbd, 0xcd, 0xaf, 0x94, 0x55,
                              0x92, 0x6a, 0xd6, 0x5c, 0x16, 0xdb, 0x18, 0x09};

typedef struct {
    char *root;
    char *socket;
    char *status_file;
    LibxlDriver *driver;
    XenHost *host;     /* another connection, to look from outside */
    GPtrArray *events; /* of char *, "type/detail" */
} Fixture;

static void
on_event(const LibxlDriverEvent *event, gpointer user_data)
{
    Fixture *fixture = user_data;

    if (event->id == VIR_DOMAIN_EVENT_ID_LIFECYCLE)
        g_ptr_array_add(fixture->events, g_strdup_printf("%d/%d", event->type, event->detail));
}

/* Takes @host over. */
static void
open_driver(Fixture *fixture, XenHost *host, LibxlChannelBackend backend)
{
    LibxlDriverConfig *config = libxl_driver_config_new(fixture->root);
    g_autoptr(GError) error = NULL;

    config->channel_backend = backend;
    fixture->driver = libxl_driver_open(config, host, on_event, fixture, &error);
    g_assert_no_error(error);
}

static XenHost *
open_host(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    XenHost *host = xen_host_sim_open(fixture->root, simhost, &error);

    g_assert_no_error(error);
    return host;
}

/* Tells the simulated host something: see virtxl-simhost --help. */
static void
tell_host(Fixture *fixture, const char *command)
{
    const char *argv[] = {simhost, "--root", fixture->root, "--ctl", command, NULL};
    int status = -1;

    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                               NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("virtxl-driver-XXXXXX", NULL);
    fixture->socket =
        g_build_filename(fixture->root, "run/libvirt/libxl/channel", UUID_TEXT, "one", NULL);
    fixture->status_file = g_build_filename(fixture->root, "run/libvirt/libxl/guest.xml", NULL);
    fixture->events = g_ptr_array_new_with_free_func(g_free);
    open_driver(fixture, open_host(fixture), LIBXL_CHANNEL_BACKEND_LIBXL);
    fixture->host = open_host(fixture);
}

static void
drain_main_loop(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    const char *argv[] = {"rm", "-rf", fixture->root, NULL};

    libxl_driver_close(fixture->driver);
    xen_host_close(fixture->host);
    tell_host(fixture, "quit");
    drain_main_loop();
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    g_ptr_array_unref(fixture->events);
    g_free(fixture->status_file);
    g_free(fixture->socket);
    g_free(fixture->root);
}

#define GUEST(actions)                                                                             \
    "<domain type='xen'><name>guest</name><uuid>" UUID_TEXT "</uuid><memory>65536</memory>"        \
    "<os><type machine='xenpv'>linux</type><kernel>/k</kernel></os>" actions                       \
    "<devices><channel type='unix'><target type='virtio' name='one'/></channel>"                   \
    "<channel type='pty'><target type='xen' name='two'/></channel></devices></domain>"

static void
define(Fixture *fixture, const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LibxlDomainRef) ref = libxl_driver_domain_define_xml(fixture->driver, xml, 0, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(ref->name, ==, "guest");
}

static guint
domains_on_host(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *infos = fixture->host->ops->list_domains(fixture->host, &error);
    guint count;

    g_assert_no_error(error);
    count = infos->len - 1; /* Domain-0 */
    g_ptr_array_unref(infos);
    return count;
}

static bool
is_active(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    bool active = false;

    libxl_driver_domain_is_active(fixture->driver, uuid, &active, &error);
    g_assert_no_error(error);
    return active;
}

/* What the driver says is what there is. */
static void
assert_truth(Fixture *fixture, bool active)
{
    g_assert_cmpint(is_active(fixture), ==, active);
    g_assert_cmpuint(domains_on_host(fixture), ==, active ? 1 : 0);
    g_assert_cmpint(g_file_test(fixture->socket, G_FILE_TEST_EXISTS), ==, active);
    g_assert_cmpint(g_file_test(fixture->status_file, G_FILE_TEST_EXISTS), ==, active);
}

static bool
start(Fixture *fixture, GError **error)
{
    int id = -1;

    return libxl_driver_domain_create(fixture->driver, uuid, 0, &id, error);
}

/* Runs the main loop until @condition holds; fails after a long while. */
static void
wait_for(Fixture *fixture, bool (*condition)(Fixture *fixture))
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (!condition(fixture)) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
}

/* More calls than a start makes. */
#define CALLS_OF_A_START 12

/* A start may do without an answer (the path of the console's pty), but what it
 * says must be true. */
static void
test_start_fails_at_each_call(Fixture *fixture, gconstpointer data)
{
    guint failures = 0;

    define(fixture, GUEST(""));
    for (guint k = 1; k <= CALLS_OF_A_START; k++) {
        g_autofree char *command = g_strdup_printf("fail-any %u", k);
        g_autoptr(GError) error = NULL;
        bool started;

        tell_host(fixture, command);
        started = start(fixture, &error);
        tell_host(fixture, "reset");
        g_assert_true(started == (error == NULL));
        assert_truth(fixture, started);
        failures += started ? 0 : 1;
        if (started)
            g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, NULL));
        assert_truth(fixture, false);
    }
    /* At least: build, look at the channels, keep the definition, unpause. */
    g_assert_cmpuint(failures, >=, 4);
    g_assert_cmpuint(failures, <, CALLS_OF_A_START);
}

static void
test_destroy_fails_and_succeeds_again(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST(""));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "fail destroy");
    g_assert_false(libxl_driver_domain_destroy(fixture->driver, uuid, 0, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    assert_truth(fixture, true);
    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, &error));
    assert_truth(fixture, false);
}

static void
test_pause_fails(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    int state = 0, reason = 0;

    define(fixture, GUEST(""));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "fail pause");
    g_assert_false(libxl_driver_domain_suspend(fixture->driver, uuid, &error));
    g_assert_true(libxl_driver_domain_get_state(fixture->driver, uuid, 0, &state, &reason, NULL));
    g_assert_cmpint(state, ==, VIR_DOMAIN_RUNNING);
}

static bool
has_stopped(Fixture *fixture)
{
    return !is_active(fixture);
}

static void
test_restart_fails(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *stopped_failed =
        g_strdup_printf("%d/%d", VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);

    define(fixture, GUEST(""));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "fail create");
    tell_host(fixture, "guest guest reboot");
    wait_for(fixture, has_stopped);
    assert_truth(fixture, false);
    drain_main_loop();
    g_assert_cmpstr(fixture->events->pdata[fixture->events->len - 1], ==, stopped_failed);
}

static int
state_of(Fixture *fixture)
{
    int state = -1, reason = 0;

    libxl_driver_domain_get_state(fixture->driver, uuid, 0, &state, &reason, NULL);
    return state;
}

static bool
restart_waits(Fixture *fixture)
{
    return state_of(fixture) == VIR_DOMAIN_SHUTDOWN;
}

static bool
is_running(Fixture *fixture)
{
    return state_of(fixture) == VIR_DOMAIN_RUNNING;
}

static bool
is_paused(Fixture *fixture)
{
    return state_of(fixture) == VIR_DOMAIN_PAUSED;
}

static int
current_id(Fixture *fixture)
{
    g_autoptr(LibxlDomainRef) ref = libxl_driver_domain_lookup_by_uuid(fixture->driver, uuid, NULL);

    return ref->id;
}

static int id_before;

static bool
has_new_id_or_waits(Fixture *fixture)
{
    return restart_waits(fixture) || (current_id(fixture) != id_before && is_running(fixture));
}

static void
reboot(Fixture *fixture)
{
    id_before = current_id(fixture);
    tell_host(fixture, "guest guest reboot");
    wait_for(fixture, has_new_id_or_waits);
}

/* A guest that reboots at once after its start, until it has to wait. */
static void
reboot_in_a_loop(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    int reboots = 0;

    define(fixture, GUEST(""));
    g_assert_true(start(fixture, &error));
    while (!restart_waits(fixture)) {
        reboot(fixture);
        g_assert_cmpint(++reboots, <, 100);
    }
    g_assert_cmpint(reboots, >, 1);
}

/* As if it had started a minute ago. */
static void
let_a_minute_pass(Fixture *fixture)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_find_uuid(fixture->driver->domains, uuid);

    g_assert_true(libxl_domain_begin_job(domain, NULL));
    domain->started_us -= 60 * G_USEC_PER_SEC;
    libxl_domain_end_job(domain);
}

/* What the driver does when the wait is over. */
static void
end_the_wait(Fixture *fixture)
{
    XenHostEvent event = {
        .type = XEN_HOST_DOMAIN_SHUTDOWN,
        .domid = (guint32)current_id(fixture),
        .reason = LIBXL_SHUTDOWN_REASON_REBOOT,
    };

    memcpy(event.uuid, uuid, sizeof(event.uuid));
    let_a_minute_pass(fixture);
    libxl_lifecycle_follow_up(fixture->driver, &event);
}

static void
test_reboot_loop_waits_again_after_a_wait(Fixture *fixture, gconstpointer data)
{
    reboot_in_a_loop(fixture);
    end_the_wait(fixture);
    g_assert_true(is_running(fixture));
    reboot(fixture);
    g_assert_true(restart_waits(fixture));

    /* Once it has run for a while, it need not wait any more. */
    end_the_wait(fixture);
    let_a_minute_pass(fixture);
    reboot(fixture);
    g_assert_true(is_running(fixture));
    reboot(fixture);
    g_assert_true(is_running(fixture));
}

/* CVE-2021-4147 was a reboot against a destroy. */
static void
test_reboot_loop_waits_and_can_be_destroyed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    reboot_in_a_loop(fixture);
    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, &error));
    assert_truth(fixture, false);
}

static bool
is_crashed(Fixture *fixture)
{
    return state_of(fixture) == VIR_DOMAIN_CRASHED;
}

static void
test_crash_preserved_is_kept_and_destroyed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST("<on_crash>preserve</on_crash>"));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "guest guest crash");
    wait_for(fixture, is_crashed);
    assert_truth(fixture, true);
    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, &error));
    assert_truth(fixture, false);
}

static void
test_coredump_destroy_leaves_a_core(Fixture *fixture, gconstpointer data)
{
    g_autofree char *dumps = g_build_filename(fixture->root, "var/lib/libvirt/libxl/dump", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = NULL;

    define(fixture, GUEST("<on_crash>coredump-destroy</on_crash>"));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "guest guest crash");
    wait_for(fixture, has_stopped);
    assert_truth(fixture, false);
    directory = g_dir_open(dumps, 0, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(g_dir_read_name(directory), "guest-"));
}

static bool
is_crashed_or_gone(Fixture *fixture)
{
    return is_crashed(fixture) || !is_active(fixture);
}

static void
test_a_dead_guest_that_stays_is_not_running(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST("<on_crash>destroy</on_crash>"));
    g_assert_true(start(fixture, &error));
    tell_host(fixture, "fail destroy");
    tell_host(fixture, "guest guest crash");
    wait_for(fixture, is_crashed_or_gone);
    assert_truth(fixture, true);
    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, &error));
    assert_truth(fixture, false);
}

static gpointer
suspend_in_vain(gpointer data)
{
    Fixture *fixture = data;
    GError *error = NULL;

    libxl_driver_domain_suspend(fixture->driver, uuid, &error);
    return error;
}

static gpointer
destroy_slowly(gpointer data)
{
    Fixture *fixture = data;

    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, NULL));
    return NULL;
}

/* Each of them has to be told, or it would wait for half a minute. */
static void
test_all_who_wait_for_a_removed_domain_are_told(Fixture *fixture, gconstpointer data)
{
    g_autoptr(LibxlDomainRef) ref =
        libxl_driver_domain_create_xml(fixture->driver, GUEST(""), 0, NULL);
    GThread *waiting[3];
    GThread *destroying;

    g_assert_nonnull(ref);
    tell_host(fixture, "delay destroy 2000");
    destroying = g_thread_new("destroy", destroy_slowly, fixture);
    g_usleep(G_USEC_PER_SEC / 2);
    for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++)
        waiting[i] = g_thread_new("suspend", suspend_in_vain, fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++) {
        g_autoptr(GError) error = g_thread_join(waiting[i]);

        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN);
    }
    g_thread_join(destroying);
}

/* Builds a domain past the driver; returns its id. */
static guint32
build_on_host(Fixture *fixture, const char *name)
{
    libxl_domain_config config;
    guint32 domid = 0;

    libxl_domain_config_init(&config);
    config.c_info.name = g_strdup(name);
    config.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    memcpy(config.c_info.uuid.uuid, uuid, sizeof(uuid));
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PV);
    g_assert_true(fixture->host->ops->create(fixture->host, &config, &domid, NULL));
    libxl_domain_config_dispose(&config);
    return domid;
}

/* Another toolstack builds a domain and then lets it run, which nobody reports. */
static void
test_a_foreign_domain_runs_when_it_does(Fixture *fixture, gconstpointer data)
{
    guint32 domid = build_on_host(fixture, "foreign");

    wait_for(fixture, is_paused);
    g_assert_true(fixture->host->ops->unpause(fixture->host, domid, NULL));
    wait_for(fixture, is_running);
}

/* --- channels that virtxl-channeld serves ---------------------------------- */

/* In place of virtxl-channeld: knows what it was given. The rest of the host is the
 * simulated one. */
static struct {
    const XenHostOps *host;
    GPtrArray *added; /* of XenChannelInfo */
    guint32 domid;    /* that they were added to */
    bool is_missing;
    const char *refuses; /* a channel */
} backend;

static bool
backend_check(XenHost *host, GError **error)
{
    return !backend.is_missing ||
           virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, "start the backend");
}

static bool
backend_add(XenHost *host, guint32 domid, guint devid, const char *name,
            const ChannelSource *source, GError **error)
{
    XenChannelInfo *info;

    if (g_strcmp0(name, backend.refuses) == 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, "something is in the way");
    if (domid != backend.domid)
        g_ptr_array_set_size(backend.added, 0);
    backend.domid = domid;
    info = g_new0(XenChannelInfo, 1);
    info->devid = devid;
    info->name = g_strdup(name);
    info->is_ours = true;
    info->is_pty = source->type == CHANNEL_SOURCE_PTY;
    info->path = info->is_pty ? g_strdup("/dev/pts/99") : g_strdup(source->path);
    g_ptr_array_add(backend.added, info);
    return true;
}

static GPtrArray *
backend_list(XenHost *host, guint32 domid, GError **error)
{
    GPtrArray *infos = backend.host->list_channels(host, domid, error);

    for (guint i = 0; infos && domid == backend.domid && i < backend.added->len; i++) {
        XenChannelInfo *copy = g_memdup2(backend.added->pdata[i], sizeof(*copy));

        copy->name = g_strdup(copy->name);
        copy->path = g_strdup(copy->path);
        g_ptr_array_add(infos, copy);
    }
    return infos;
}

static void
reopen_driver(Fixture *fixture, LibxlChannelBackend setting)
{
    static XenHostOps ops;
    XenHost *host = open_host(fixture);

    libxl_driver_close(fixture->driver);
    backend.host = host->ops;
    ops = *host->ops;
    ops.check_channel_backend = backend_check;
    ops.add_channel = backend_add;
    ops.list_channels = backend_list;
    host->ops = &ops;
    open_driver(fixture, host, setting);
}

static void
set_up_backend(Fixture *fixture, gconstpointer data)
{
    set_up(fixture, data);
    backend.is_missing = false;
    backend.refuses = NULL;
    backend.domid = 0;
    backend.added =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_channel_info_free);
    reopen_driver(fixture, LIBXL_CHANNEL_BACKEND_VIRTXL);
}

static void
tear_down_backend(Fixture *fixture, gconstpointer data)
{
    tear_down(fixture, data);
    g_ptr_array_unref(backend.added);
}

/* The channel of the running domain. */
static const DomainChrDef *
live_channel(Fixture *fixture, guint index)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_find_uuid(fixture->driver->domains, uuid);

    g_assert_nonnull(domain->live);
    return domain->live->channels->pdata[index];
}

static void
test_channels_are_added_to_the_built_domain(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST(""));
    start(fixture, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(backend.added->len, ==, 2);
    g_assert_cmpuint(backend.domid, ==, (guint32)current_id(fixture));
    g_assert_cmpstr(live_channel(fixture, 0)->source->path, ==, fixture->socket);
    g_assert_cmpstr(live_channel(fixture, 1)->source->path, ==, "/dev/pts/99");
}

static void
test_without_the_backend_nothing_is_built(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST(""));
    backend.is_missing = true;
    tell_host(fixture, "fail create"); /* what would be another error */
    g_assert_false(start(fixture, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "domain 'guest': channel 'one': start the backend");
    assert_truth(fixture, false);
}

static void
test_a_channel_that_is_refused_leaves_no_domain(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    define(fixture, GUEST(""));
    backend.refuses = "two";
    g_assert_false(start(fixture, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "domain 'guest': channel 'two': something is in the way");
    assert_truth(fixture, false);
}

static void
test_a_reboot_adds_the_channels_again(Fixture *fixture, gconstpointer data)
{
    define(fixture, GUEST(""));
    g_assert_true(start(fixture, NULL));
    reboot(fixture);
    g_assert_cmpuint(backend.domid, ==, (guint32)current_id(fixture));
    g_assert_cmpuint(backend.added->len, ==, 2);
    g_assert_cmpstr(live_channel(fixture, 0)->source->path, ==, fixture->socket);
}

/* A driver that was killed after the domain was built, before it had its channels,
 * leaves this. */
static void
test_a_domain_that_got_no_channels_is_removed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(DomainDef) def =
        domain_def_parse_string(GUEST(""), NULL, DOMAIN_PARSE_INACTIVE, NULL);

    define(fixture, GUEST(""));
    {
        g_autoptr(LibxlDomain) domain =
            libxl_domain_list_find_uuid(fixture->driver->domains, def->uuid);

        g_assert_true(libxl_store_save_status(fixture->driver, domain, def, VIR_DOMAIN_PAUSED,
                                              VIR_DOMAIN_PAUSED_STARTING_UP, NULL));
    }
    g_clear_pointer(&fixture->driver, libxl_driver_close);
    build_on_host(fixture, "guest");
    reopen_driver(fixture, LIBXL_CHANNEL_BACKEND_VIRTXL);
    assert_truth(fixture, false);
    g_assert_true(start(fixture, NULL));
    g_assert_cmpuint(backend.added->len, ==, 2);
}

static void
test_the_setting_does_not_touch_who_runs(Fixture *fixture, gconstpointer data)
{
    define(fixture, GUEST(""));
    g_assert_true(start(fixture, NULL));
    reopen_driver(fixture, LIBXL_CHANNEL_BACKEND_LIBXL);
    g_assert_true(is_active(fixture));
    for (guint i = 0; i < 2; i++) {
        g_assert_true(live_channel(fixture, i)->ours);
        g_assert_cmpuint(live_channel(fixture, i)->devid, ==, i + 1);
    }
    g_assert_true(libxl_driver_domain_destroy(fixture->driver, uuid, 0, NULL));
    g_assert_true(start(fixture, NULL));
    g_assert_false(live_channel(fixture, 0)->ours);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *, gconstpointer);
        bool has_backend;
    } tests[] = {
        {"start-fails-at-each-call", test_start_fails_at_each_call},
        {"destroy-fails-and-succeeds-again", test_destroy_fails_and_succeeds_again},
        {"pause-fails", test_pause_fails},
        {"restart-fails", test_restart_fails},
        {"reboot-loop-waits-and-can-be-destroyed", test_reboot_loop_waits_and_can_be_destroyed},
        {"reboot-loop-waits-again-after-a-wait", test_reboot_loop_waits_again_after_a_wait},
        {"crash-preserved-is-kept-and-destroyed", test_crash_preserved_is_kept_and_destroyed},
        {"coredump-destroy-leaves-a-core", test_coredump_destroy_leaves_a_core},
        {"a-dead-guest-that-stays-is-not-running", test_a_dead_guest_that_stays_is_not_running},
        {"a-foreign-domain-runs-when-it-does", test_a_foreign_domain_runs_when_it_does},
        {"all-who-wait-for-a-removed-domain-are-told",
         test_all_who_wait_for_a_removed_domain_are_told},
        {"channels-are-added-to-the-built-domain", test_channels_are_added_to_the_built_domain,
         true},
        {"without-the-backend-nothing-is-built", test_without_the_backend_nothing_is_built, true},
        {"a-channel-that-is-refused-leaves-no-domain",
         test_a_channel_that_is_refused_leaves_no_domain, true},
        {"a-reboot-adds-the-channels-again", test_a_reboot_adds_the_channels_again, true},
        {"a-domain-that-got-no-channels-is-removed", test_a_domain_that_got_no_channels_is_removed,
         true},
        {"the-setting-does-not-touch-who-runs", test_the_setting_does_not_touch_who_runs, true},
    };

    g_test_init(&argc, &argv, NULL);
    /* Warnings are what most of these are about. */
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    simhost = g_getenv("VIRTXL_SIMHOST");
    g_assert_nonnull(simhost);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/libxl/driver/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, tests[i].has_backend ? set_up_backend : set_up,
                   tests[i].func, tests[i].has_backend ? tear_down_backend : tear_down);
    }
    return g_test_run();
}

/* The port against the simulated host: every function of the table, events,
 * threads, failures on demand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "sim_fixture.h"
#include "util/error.h"

typedef SimFixture F;

static XenDomainInfo *
get_domain(F *f, guint32 domid)
{
    GError *error = NULL;
    XenDomainInfo *info = f->host->ops->get_domain(f->host, domid, &error);

    g_assert_no_error(error);
    return info;
}

static void
assert_event(F *f, guint index, XenHostEventType type, guint32 domid, guint8 id)
{
    const XenHostEvent *event = &g_array_index(f->events, XenHostEvent, index);

    g_assert_cmpint(event->type, ==, type);
    g_assert_cmpuint(event->domid, ==, domid);
    g_assert_cmpuint(event->uuid[0], ==, id);
}

static libxl_shutdown_reason
get_reason(F *f, guint index)
{
    return g_array_index(f->events, XenHostEvent, index).reason;
}

/* --- The host --- */

static void
info_is_that_of_a_plain_machine(F *f, gconstpointer data)
{
    XenHostInfo info;
    GError *error = NULL;

    f->host->ops->get_info(f->host, &info, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info.model, ==, "x86_64");
    g_assert_cmpuint(info.cpus, ==, 8);
    g_assert_cmpuint(info.cpus, ==, info.nodes * info.sockets * info.cores * info.threads);
    g_assert_cmpuint(info.memory_kib, ==, 16 * 1024 * 1024);
    g_assert_cmpuint(info.version, ==, 4017007);
    g_assert_true(info.has_hvm && info.has_hap);
    g_assert_nonnull(strstr(info.capabilities, "hvm-3.0-x86_64"));
    xen_host_info_clear(&info);
}

static void
domain_0_is_listed_first(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    g_autoptr(GPtrArray) domains = f->host->ops->list_domains(f->host, NULL);
    const XenDomainInfo *control;
    const XenDomainInfo *guest;

    g_assert_cmpuint(domains->len, ==, 2);
    control = g_ptr_array_index(domains, 0);
    guest = g_ptr_array_index(domains, 1);
    g_assert_cmpuint(control->domid, ==, 0);
    g_assert_cmpstr(control->name, ==, "Domain-0");
    g_assert_true(control->is_running);
    g_assert_cmpuint(guest->domid, ==, domid);
    g_assert_cmpstr(guest->name, ==, "guest");
    g_assert_cmpuint(guest->uuid[15], ==, 1);
}

static void
memory_is_used_up(F *f, gconstpointer data)
{
    libxl_domain_config config;
    g_autoptr(GError) error = NULL;
    guint64 before;
    guint64 after;
    guint32 domid;

    g_assert_true(f->host->ops->get_free_memory(f->host, &before, NULL));
    domid = sim_fixture_start_domain(f, "guest", 1);
    g_assert_true(f->host->ops->get_free_memory(f->host, &after, NULL));
    g_assert_cmpuint(before - after, ==, 65536);
    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PVH, "large", 2);
    config.b_info.max_memkb = config.b_info.target_memkb = after + 1;
    g_assert_false(f->host->ops->create(f->host, &config, &domid, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "not enough free memory"));
    config.b_info.max_memkb = config.b_info.target_memkb = after;
    sim_config_create(f, &config);
}

/* --- A domain's life --- */

static void
domain_is_created_paused_and_lives(F *f, gconstpointer data)
{
    g_autoptr(XenDomainInfo) paused = NULL;
    g_autoptr(XenDomainInfo) running = NULL;
    g_autoptr(XenDomainInfo) paused_again = NULL;
    g_autoptr(GError) error = NULL;
    libxl_domain_config config;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_HVM, "guest", 7);
    config.b_info.max_memkb = 131072;
    config.b_info.max_vcpus = 4;
    domid = sim_config_create(f, &config);
    paused = get_domain(f, domid);
    g_assert_true(paused->is_paused && !paused->is_running);
    g_assert_cmpuint(paused->cpu_time_ns, ==, 0);
    g_assert_cmpuint(paused->current_memory_kib, ==, 65536);
    g_assert_cmpuint(paused->max_memory_kib, ==, 131072);
    g_assert_cmpuint(paused->max_vcpus, ==, 4);
    g_assert_cmpuint(paused->online_vcpus, ==, 1);
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    g_usleep(2000);
    running = get_domain(f, domid);
    g_assert_true(running->is_running && !running->is_paused);
    g_assert_cmpuint(running->cpu_time_ns, >=, 2000000);
    g_assert_true(f->host->ops->pause(f->host, domid, NULL));
    paused_again = get_domain(f, domid);
    g_assert_true(paused_again->is_paused && !paused_again->is_shutdown);
    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    g_assert_null(f->host->ops->get_domain(f->host, domid, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN);
}

static void
pauses_are_counted(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    g_autoptr(XenDomainInfo) info = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(f->host->ops->pause(f->host, domid, NULL));
    g_assert_true(f->host->ops->pause(f->host, domid, NULL));
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    info = get_domain(f, domid);
    g_assert_true(info->is_paused);
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    g_assert_false(f->host->ops->unpause(f->host, domid, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
}

static void
events_come_in_order(F *f, gconstpointer data)
{
    guint32 domid;

    sim_fixture_watch(f);
    domid = sim_fixture_start_domain(f, "guest", 3);
    g_assert_true(f->host->ops->shutdown(f->host, domid, NULL));
    sim_fixture_wait_events(f, 2);
    assert_event(f, 0, XEN_HOST_DOMAIN_CREATED, domid, 3);
    assert_event(f, 1, XEN_HOST_DOMAIN_SHUTDOWN, domid, 3);
    g_assert_cmpint(get_reason(f, 1), ==, LIBXL_SHUTDOWN_REASON_POWEROFF);
    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    domid = sim_fixture_start_domain(f, "guest", 3);
    g_assert_true(f->host->ops->reboot(f->host, domid, NULL));
    sim_fixture_wait_events(f, 5);
    assert_event(f, 2, XEN_HOST_DOMAIN_GONE, domid - 1, 3);
    assert_event(f, 3, XEN_HOST_DOMAIN_CREATED, domid, 3);
    assert_event(f, 4, XEN_HOST_DOMAIN_SHUTDOWN, domid, 3);
    g_assert_cmpint(get_reason(f, 4), ==, LIBXL_SHUTDOWN_REASON_REBOOT);
}

static void
domain_that_shut_down_stays(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    g_autoptr(XenDomainInfo) info = NULL;

    g_free(sim_fixture_ctl(f, "guest guest crash"));
    info = get_domain(f, domid);
    g_assert_true(info->is_shutdown && !info->is_running);
    g_assert_cmpint(info->shutdown_reason, ==, LIBXL_SHUTDOWN_REASON_CRASH);
}

static void
paused_guest_obeys_when_it_runs(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    g_autoptr(XenDomainInfo) info = NULL;

    sim_fixture_watch(f);
    g_assert_true(f->host->ops->shutdown(f->host, domid, NULL));
    g_assert_true(f->host->ops->pause(f->host, domid, NULL));
    g_usleep(100000);
    info = get_domain(f, domid);
    g_assert_false(info->is_shutdown);
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    sim_fixture_wait_events(f, 1);
    assert_event(f, 0, XEN_HOST_DOMAIN_SHUTDOWN, domid, 1);
}

static void
assert_refused(F *f, const char *name, guint8 id, const char *message)
{
    libxl_domain_config config;
    g_autoptr(GError) error = NULL;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, name, id);
    g_assert_false(f->host->ops->create(f->host, &config, &domid, &error));
    libxl_domain_config_dispose(&config);
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, message));
}

static void
what_is_there_already_is_refused(F *f, gconstpointer data)
{
    sim_fixture_start_domain(f, "guest", 1);
    assert_refused(f, "guest", 2, "already exists");
    assert_refused(f, "other", 1, "already exists");
    assert_refused(f, "Domain-0", 2, "already exists");
}

static void
domain_0_is_safe(F *f, gconstpointer data)
{
    const XenHostOps *ops = f->host->ops;

    g_assert_false(ops->destroy(f->host, 0, NULL));
    g_assert_false(ops->pause(f->host, 0, NULL));
    g_assert_false(ops->shutdown(f->host, 0, NULL));
    g_assert_false(ops->reboot(f->host, 0, NULL));
    g_assert_false(ops->dump_core(f->host, 0, "/nowhere", NULL));
}

static void
domain_of_another_toolstack_is_seen(F *f, gconstpointer data)
{
    g_autofree char *file = sim_fixture_path(f, "xl.json");
    g_autofree char *list = NULL;
    libxl_domain_config config;
    char *json;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "xl's", 9);
    json = libxl_domain_config_to_json(NULL, &config);
    g_assert_true(g_file_set_contents(file, json, -1, NULL));
    free(json);
    libxl_domain_config_dispose(&config);
    sim_fixture_watch(f);
    g_free(sim_fixture_ctl(f, "create %s", file));
    list = sim_fixture_ctl(f, "list");
    g_assert_nonnull(strstr(list, "1\txl's\t09090909-0909-0909-0909-090909090909\trunning\n"));
    g_free(sim_fixture_ctl(f, "destroy \"xl's\""));
    sim_fixture_wait_events(f, 2);
    assert_event(f, 0, XEN_HOST_DOMAIN_CREATED, 1, 9);
    assert_event(f, 1, XEN_HOST_DOMAIN_GONE, 1, 9);
}

/* --- What is kept with a domain --- */

static void
userdata_lives_as_long_as_the_domain(F *f, gconstpointer data)
{
    const char bytes[] = {'<', 0, (char)0xff, '>', '\n'};
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    char *loaded = NULL;
    gsize size = 9;

    g_assert_true(f->host->ops->load_userdata(f->host, domid, "xml", &loaded, &size, NULL));
    g_assert_null(loaded);
    g_assert_cmpuint(size, ==, 0);
    g_assert_true(f->host->ops->store_userdata(f->host, domid, "xml", bytes, sizeof(bytes), NULL));
    g_assert_true(f->host->ops->load_userdata(f->host, domid, "xml", &loaded, &size, NULL));
    g_assert_cmpmem(loaded, size, bytes, sizeof(bytes));
    g_free(loaded);
    g_assert_true(f->host->ops->store_userdata(f->host, domid, "xml", "", 0, NULL));
    g_assert_true(f->host->ops->load_userdata(f->host, domid, "xml", &loaded, &size, NULL));
    g_assert_nonnull(loaded);
    g_assert_cmpuint(size, ==, 0);
    g_free(loaded);
}

static void
large_userdata_passes_and_too_large_is_refused(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    gsize size = 5 * 1024 * 1024;
    g_autofree char *large = g_malloc0(4 * size);
    g_autofree char *loaded = NULL;
    g_autoptr(GError) error = NULL;

    memset(large, 'x', size);
    g_assert_true(f->host->ops->store_userdata(f->host, domid, "k", large, size, NULL));
    g_assert_false(f->host->ops->store_userdata(f->host, domid, "k", large, 4 * size, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_true(f->host->ops->load_userdata(f->host, domid, "k", &loaded, &size, NULL));
    g_assert_cmpmem(loaded, size, large, 5 * 1024 * 1024);
}

static void
core_has_a_header_of_our_own(F *f, gconstpointer data)
{
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    g_autofree char *path = sim_fixture_path(f, "core");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(f->host->ops->dump_core(f->host, domid, path, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, "virtxl simulated core\n"));
    g_assert_false(f->host->ops->dump_core(f->host, domid, "/nowhere/core", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
}

/* --- Threads --- */

static gpointer
live_and_die(gpointer data)
{
    F *f = data;
    static int next_id = 100;
    guint8 id = (guint8)g_atomic_int_add(&next_id, 1);

    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("guest-%u", id);
        g_autofree char *loaded = NULL;
        guint32 domid = sim_fixture_start_domain(f, name, id);
        g_autoptr(XenDomainInfo) info = get_domain(f, domid);
        gsize size;

        g_assert_cmpstr(info->name, ==, name);
        g_assert_true(f->host->ops->store_userdata(f->host, domid, "k", name, strlen(name), NULL));
        g_assert_true(f->host->ops->load_userdata(f->host, domid, "k", &loaded, &size, NULL));
        g_assert_cmpstr(loaded, ==, name);
        g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    }
    return NULL;
}

static void
threads_do_not_mix(F *f, gconstpointer data)
{
    GThread *threads[8];

    sim_fixture_watch(f);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("caller", live_and_die, f);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    sim_fixture_wait_events(f, 8 * 20 * 2);
}

static gpointer
create_slowly(gpointer data)
{
    sim_fixture_start_domain(data, "slow", 1);
    return GINT_TO_POINTER(g_get_monotonic_time() / 1000);
}

static void
slow_call_holds_up_no_other(F *f, gconstpointer data)
{
    GThread *thread;
    guint64 kib;
    int asked;

    g_free(sim_fixture_ctl(f, "delay create 300"));
    thread = g_thread_new("slow", create_slowly, f);
    g_usleep(50000);
    g_assert_true(f->host->ops->get_free_memory(f->host, &kib, NULL));
    asked = (int)(g_get_monotonic_time() / 1000);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), >, asked + 100);
    g_free(sim_fixture_ctl(f, "reset"));
}

/* --- Failures on demand --- */

/* Makes each call once, on a domain that runs; returns how many failed. */
static guint
make_every_call(F *f, guint32 domid, const char *fails)
{
    const XenHostOps *ops = f->host->ops;
    XenHost *h = f->host;
    g_autofree char *core = sim_fixture_path(f, "core");
    g_autofree char *data = NULL;
    g_autoptr(GPtrArray) domains = NULL;
    g_autoptr(GPtrArray) channels = NULL;
    g_autoptr(XenDomainInfo) domain = NULL;
    g_autofree char *console = NULL;
    XenHostInfo info = {0};
    guint failed = 0;
    guint64 kib;
    gsize size;
    struct {
        const char *name;
        bool ok;
    } made[] = {
        {"get_info", ops->get_info(h, &info, NULL)},
        {"get_free_memory", ops->get_free_memory(h, &kib, NULL)},
        {"list_domains", (domains = ops->list_domains(h, NULL))},
        {"get_domain", (domain = ops->get_domain(h, domid, NULL))},
        {"pause", ops->pause(h, domid, NULL)},
        {"unpause", ops->unpause(h, domid, NULL)},
        {"dump_core", ops->dump_core(h, domid, core, NULL)},
        {"list_channels", (channels = ops->list_channels(h, domid, NULL))},
        {"get_console_path", (console = ops->get_console_path(h, domid, XEN_CONSOLE_PV, 0, NULL))},
        {"store_userdata", ops->store_userdata(h, domid, "k", "v", 1, NULL)},
        {"load_userdata", ops->load_userdata(h, domid, "k", &data, &size, NULL)},
        {"shutdown", ops->shutdown(h, domid, NULL)},
        {"reboot", ops->reboot(h, domid, NULL)},
        {"destroy", ops->destroy(h, domid, NULL)},
    };

    xen_host_info_clear(&info);
    for (gsize i = 0; i < G_N_ELEMENTS(made); i++) {
        if (made[i].ok)
            continue;
        failed++;
        g_assert_cmpstr(made[i].name, ==, fails);
    }
    return failed;
}

static void
each_call_fails_when_told_to(F *f, gconstpointer data)
{
    static const char *const names[] = {
        "get_info",       "get_free_memory", "list_domains", "get_domain",       "pause",
        "dump_core",      "list_channels",   "shutdown",     "get_console_path", "reboot",
        "store_userdata", "load_userdata",   "destroy",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strdup_printf("guest-%zu", i);
        guint32 domid = sim_fixture_start_domain(f, name, (guint8)i + 1);

        g_free(sim_fixture_ctl(f, "fail %s", names[i]));
        if (g_str_equal(names[i], "pause"))
            g_assert_false(f->host->ops->pause(f->host, domid, NULL));
        else
            g_assert_cmpuint(make_every_call(f, domid, names[i]), ==, 1);
    }
}

static void
failed_create_leaves_nothing(F *f, gconstpointer data)
{
    g_autofree char *directory = sim_fixture_guest_path(f, "guest", "");
    libxl_domain_config config;
    g_autoptr(GError) error = NULL;
    guint32 domid;

    g_free(sim_fixture_ctl(f, "fail create 2 'the hypervisor is tired'"));
    sim_fixture_start_domain(f, "other", 1);
    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 2);
    g_assert_false(f->host->ops->create(f->host, &config, &domid, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_cmpstr(error->message, ==, "the hypervisor is tired");
    g_clear_error(&error);
    sim_config_add_channel(&config, 1, "good", NULL);
    sim_config_add_channel(&config, 2, "bad", "/nowhere/socket");
    g_assert_false(f->host->ops->create(f->host, &config, &domid, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/socket"));
    libxl_domain_config_dispose(&config);
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(sim_fixture_start_domain(f, "guest", 2), ==, 2);
}

static void
kth_call_of_any_kind_fails_once(F *f, gconstpointer data)
{
    guint64 kib;

    g_free(sim_fixture_ctl(f, "fail-any 3"));
    g_assert_true(f->host->ops->get_free_memory(f->host, &kib, NULL));
    sim_fixture_watch(f);
    g_assert_false(f->host->ops->get_free_memory(f->host, &kib, NULL));
    g_assert_true(f->host->ops->get_free_memory(f->host, &kib, NULL));
    g_free(sim_fixture_ctl(f, "fail-any 1"));
    g_free(sim_fixture_ctl(f, "reset"));
    g_assert_true(f->host->ops->get_free_memory(f->host, &kib, NULL));
}

int
main(int argc, char **argv)
{
    static const SimTest tests[] = {
        {"info-is-that-of-a-plain-machine", info_is_that_of_a_plain_machine},
        {"domain-0-is-listed-first", domain_0_is_listed_first},
        {"memory-is-used-up", memory_is_used_up},
        {"domain-is-created-paused-and-lives", domain_is_created_paused_and_lives},
        {"pauses-are-counted", pauses_are_counted},
        {"events-come-in-order", events_come_in_order},
        {"domain-that-shut-down-stays", domain_that_shut_down_stays},
        {"paused-guest-obeys-when-it-runs", paused_guest_obeys_when_it_runs},
        {"what-is-there-already-is-refused", what_is_there_already_is_refused},
        {"domain-0-is-safe", domain_0_is_safe},
        {"domain-of-another-toolstack-is-seen", domain_of_another_toolstack_is_seen},
        {"userdata-lives-as-long-as-the-domain", userdata_lives_as_long_as_the_domain},
        {"large-userdata-passes-and-too-large-is-refused",
         large_userdata_passes_and_too_large_is_refused},
        {"core-has-a-header-of-our-own", core_has_a_header_of_our_own},
        {"threads-do-not-mix", threads_do_not_mix},
        {"slow-call-holds-up-no-other", slow_call_holds_up_no_other},
        {"each-call-fails-when-told-to", each_call_fails_when_told_to},
        {"failed-create-leaves-nothing", failed_create_leaves_nothing},
        {"kth-call-of-any-kind-fails-once", kth_call_of_any_kind_fails_once},
    };

    return sim_fixture_run(&argc, &argv, "/xen/host-sim", tests, G_N_ELEMENTS(tests));
}

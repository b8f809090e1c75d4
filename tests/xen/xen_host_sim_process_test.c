/* The simulated host as a process: who starts it, what it outlives, how it ends,
 * and what a hostile client can do to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_fixture.h"
#include "util/error.h"

typedef SimFixture F;

static void
open_host(F *f)
{
    GError *error = NULL;

    f->host = xen_host_sim_open(f->root, f->program, &error);
    g_assert_no_error(error);
}

static void
assert_domain_count(F *f, guint count)
{
    g_autoptr(GPtrArray) domains = f->host->ops->list_domains(f->host, NULL);

    g_assert_nonnull(domains);
    g_assert_cmpuint(domains->len, ==, count);
}

/* --- Starting --- */

static gpointer
open_at_once(gpointer data)
{
    const F *f = data;
    GError *error = NULL;
    XenHost *host = xen_host_sim_open(f->root, f->program, &error);

    g_assert_no_error(error);
    return host;
}

static void
many_that_open_at_once_get_one_host(F *f, gconstpointer data)
{
    GThread *threads[8];
    XenHost *hosts[8];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("opener", open_at_once, f);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        hosts[i] = g_thread_join(threads[i]);
    f->host = hosts[0];
    sim_fixture_start_domain(f, "guest", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        f->host = hosts[i];
        assert_domain_count(f, 2);
        if (i > 0)
            xen_host_close(hosts[i]);
    }
    f->host = hosts[0];
}

static void
host_that_cannot_start_says_why(F *f, gconstpointer data)
{
    g_autofree char *run = sim_fixture_path(f, "run");
    g_autoptr(GError) error = NULL;

    g_assert_null(xen_host_sim_open(f->root, "/nowhere/virtxl-simhost", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "/nowhere/virtxl-simhost"));
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(run, "no directory", -1, NULL));
    g_assert_null(xen_host_sim_open(f->root, f->program, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "run/virtxl-sim"));
}

/* --- What it outlives --- */

/* In a process of its own: starts a domain with a channel and waits to die. */
static pid_t
fork_daemon(F *f)
{
    g_autofree char *socket = sim_fixture_path(f, "agent.sock");
    libxl_domain_config config;
    guint32 domid;
    int ready[2];
    pid_t pid;
    char byte;

    g_assert_cmpint(pipe(ready), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        open_host(f);
        sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
        sim_config_add_channel(&config, 1, "agent", socket);
        domid = sim_config_create(f, &config);
        f->host->ops->unpause(f->host, domid, NULL);
        f->host->ops->store_userdata(f->host, domid, "libvirt-xml", "<xml/>", 6, NULL);
        if (write(ready[1], "r", 1) == 1)
            pause();
        _exit(1);
    }
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void
daemon_that_is_killed_disturbs_nothing(F *f, gconstpointer data)
{
    pid_t daemon = fork_daemon(f);
    g_autofree char *socket = sim_fixture_path(f, "agent.sock");
    g_autofree char *link = sim_fixture_guest_path(f, "guest", "agent");
    g_autofree char *xml = NULL;
    int client = sim_fixture_connect(socket);
    char line[7] = "";
    gsize size;
    int guest;

    kill(daemon, SIGKILL);
    waitpid(daemon, NULL, 0);
    g_usleep(1500000); /* longer than a host without guests lingers */
    g_assert_cmpint(write(client, "still\n", 6), ==, 6);
    guest = open(link, O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(read(guest, line, 6), ==, 6);
    g_assert_cmpstr(line, ==, "still\n");
    open_host(f);
    assert_domain_count(f, 2);
    g_assert_true(f->host->ops->load_userdata(f->host, 1, "libvirt-xml", &xml, &size, NULL));
    g_assert_cmpstr(xml, ==, "<xml/>");
    close(client);
    close(guest);
}

/* --- Ending --- */

static void
idle_host_ends_and_leaves_nothing(F *f, gconstpointer data)
{
    g_autofree char *directory = sim_fixture_path(f, "run/virtxl-sim");
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);

    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    g_clear_pointer(&f->host, xen_host_close);
    g_assert_true(g_file_test(directory, G_FILE_TEST_EXISTS));
    sim_fixture_wait_gone(directory);
}

static void
loss_is_told_and_calls_fail(F *f, gconstpointer data)
{
    g_autofree char *directory = sim_fixture_path(f, "run/virtxl-sim");
    g_autoptr(GError) error = NULL;
    guint64 kib;

    sim_fixture_start_domain(f, "guest", 1);
    sim_fixture_watch(f);
    g_free(sim_fixture_ctl(f, "quit"));
    sim_fixture_wait_events(f, 1);
    g_assert_cmpint(g_array_index(f->events, XenHostEvent, 0).type, ==, XEN_HOST_LOST);
    g_assert_false(f->host->ops->get_free_memory(f->host, &kib, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "has ended"));
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
}

static gpointer
call_that_hangs(gpointer data)
{
    F *f = data;
    guint64 kib;

    return GINT_TO_POINTER(f->host->ops->get_free_memory(f->host, &kib, NULL));
}

static void
killed_host_fails_calls_and_is_followed_by_another(F *f, gconstpointer data)
{
    g_autofree char *link = sim_fixture_guest_path(f, "guest", "console");
    GThread *thread;

    sim_fixture_start_domain(f, "guest", 1);
    g_free(sim_fixture_ctl(f, "delay get_free_memory 60000"));
    thread = g_thread_new("caller", call_that_hangs, f);
    g_usleep(50000);
    kill(sim_fixture_get_host_pid(f), SIGKILL);
    g_assert_false(GPOINTER_TO_INT(g_thread_join(thread)));
    g_clear_pointer(&f->host, xen_host_close);
    g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    open_host(f);
    g_assert_false(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    assert_domain_count(f, 1);
    sim_fixture_start_domain(f, "guest", 1);
}

/* --- Hostile clients --- */

static int
connect_raw(F *f)
{
    g_autofree char *path = sim_fixture_path(f, "run/virtxl-sim/host.sock");

    return sim_fixture_connect(path);
}

/* Returns the reply to the line, a new string. */
static char *
exchange(int fd, const char *line, gsize length)
{
    GString *reply = g_string_new(NULL);
    char byte;

    g_assert_cmpint(send(fd, line, length, MSG_NOSIGNAL), ==, length);
    while (recv(fd, &byte, 1, 0) == 1 && byte != '\n')
        g_string_append_c(reply, byte);
    return g_string_free(reply, FALSE);
}

static void
nonsense_is_answered_by_an_error(F *f, gconstpointer data)
{
    static const char *const lines[] = {
        "\n",
        "nonsense\n",
        "{\n",
        "[]\n",
        "{}\n",
        "{\"call\": 3}\n",
        "{\"call\": \"bogus\", \"id\": {\"a\": []}}\n",
        "{\"call\": \"get_info\"} trailing\n",
        "{\"call\": \"\xff\xfe\"}\n",
        "{\"id\": 1, \"call\": \"get_domain\"}\n",
        "{\"id\": 1, \"call\": \"get_domain\", \"args\": []}\n",
        "{\"id\": 1, \"call\": \"get_domain\", \"args\": {\"domid\": -1}}\n",
        "{\"id\": 1, \"call\": \"get_domain\", \"args\": {\"domid\": 1e99}}\n",
        "{\"id\": 1, \"call\": \"create\"}\n",
        "{\"id\": 1, \"call\": \"create\", \"args\": {\"config\": 7}}\n",
        "{\"call\": \"create\", \"args\": {\"config\": {\"c_info\": {\"name\": \"a\", \"type\": "
        "1}}}}\n",
        "{\"call\": \"create\", \"args\": {\"config\": {\"c_info\": {\"name\": \"a\", \"type\": "
        "\"pv\"},"
        " \"b_info\": {\"max_memkb\": -5}}}}\n",
        "{\"call\": \"create\", \"args\": {\"config\": {\"c_info\": {\"name\": \"a\", \"type\": "
        "\"pv\"},"
        " \"channels\": [null, 3, \"x\"]}}}\n",
        "{\"call\": \"create\", \"args\": {\"config\": {\"c_info\": {\"name\": \"a\", \"type\": "
        "\"pv\","
        " \"uuid\": \"x\"}}}}\n",
        "{\"call\": \"store_userdata\", \"args\": {\"domid\": 0, \"key\": 1, \"data\": []}}\n",
        "{\"call\": \"control\", \"args\": {\"command\": [[], {}, null]}}\n",
        "{\"call\": \"control\", \"args\": {\"command\": [\"guest\", \"a\", \"b\", \"c\", \"d\", "
        "\"e\"]}}\n",
    };
    int fd = connect_raw(f);

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *reply = exchange(fd, lines[i], strlen(lines[i]));

        g_autofree char *printable = g_strescape(lines[i], NULL);

        g_test_message("%s -> %s", printable, reply);
        g_assert_nonnull(strstr(reply, "\"error\""));
    }
    close(fd);
    assert_domain_count(f, 1);
}

static void
nul_bytes_and_depth_are_no_trouble(F *f, gconstpointer data)
{
    static const char nul[] = "{\"call\": \"get_info\"}\0 more\n";
    g_autofree char *depth = g_strnfill(100000, '[');
    int fd = connect_raw(f);
    g_autofree char *nul_reply = exchange(fd, nul, sizeof(nul) - 1);
    g_autofree char *depth_reply = NULL;

    g_assert_cmpstr(nul_reply, !=, "");
    depth[99999] = '\n';
    depth_reply = exchange(fd, depth, 100000);
    g_assert_nonnull(strstr(depth_reply, "\"error\""));
    close(fd);
    assert_domain_count(f, 1);
}

static void
endless_line_ends_only_its_client(F *f, gconstpointer data)
{
    g_autofree char *chunk = g_strnfill(1024 * 1024, 'x');
    int fd = connect_raw(f);
    gsize sent = 0;
    gssize n;

    while ((n = send(fd, chunk, 1024 * 1024, MSG_NOSIGNAL)) > 0) {
        sent += (gsize)n;
        g_assert_cmpuint(sent, <, 64 * 1024 * 1024);
    }
    close(fd);
    assert_domain_count(f, 1);
}

static void
assert_is_dropped(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLRDHUP};

    g_assert_cmpint(poll(&entry, 1, 10000), ==, 1);
}

static void
client_that_does_not_read_ends_only_itself(F *f, gconstpointer data)
{
    static const char line[] =
        "{\"id\": 1, \"call\": \"load_userdata\", \"args\": {\"domid\": 1, \"key\": \"k\"}}\n";
    g_autofree char *large = g_malloc0(4 * 1024 * 1024);
    guint32 domid = sim_fixture_start_domain(f, "guest", 1);
    int fd = connect_raw(f);

    f->host->ops->store_userdata(f->host, domid, "k", large, 4 * 1024 * 1024, NULL);
    for (int i = 0; i < 32; i++)
        if (send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
            break;
    /* The replies would be 170 MiB; the client is gone before. */
    assert_is_dropped(fd);
    close(fd);
    assert_domain_count(f, 2);
}

int
main(int argc, char **argv)
{
    static const SimTest tests[] = {
        /* First, while this process has no threads: it forks. */
        {"daemon-that-is-killed-disturbs-nothing", daemon_that_is_killed_disturbs_nothing,
         .without_host = true},
        {"many-that-open-at-once-get-one-host", many_that_open_at_once_get_one_host,
         .without_host = true},
        {"host-that-cannot-start-says-why", host_that_cannot_start_says_why, .without_host = true},
        {"idle-host-ends-and-leaves-nothing", idle_host_ends_and_leaves_nothing},
        {"loss-is-told-and-calls-fail", loss_is_told_and_calls_fail},
        {"killed-host-fails-calls-and-is-followed-by-another",
         killed_host_fails_calls_and_is_followed_by_another},
        {"nonsense-is-answered-by-an-error", nonsense_is_answered_by_an_error},
        {"nul-bytes-and-depth-are-no-trouble", nul_bytes_and_depth_are_no_trouble},
        {"endless-line-ends-only-its-client", endless_line_ends_only_its_client},
        {"client-that-does-not-read-ends-only-itself", client_that_does_not_read_ends_only_itself},
    };

    return sim_fixture_run(&argc, &argv, "/xen/host-sim-process", tests, G_N_ELEMENTS(tests));
}

/* Channels and consoles of simulated domains: bytes between the host's end and
 * a program in the guest's chair.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sim_fixture.h"
#include "util/error.h"

enum {
    MIB = 1024 * 1024,
    PATIENCE_MS = 10000,
};

typedef SimFixture F;

/* A running domain "guest" with a socket channel "agent" (devid 1) and a pty
 * channel "tty" (devid 2). */
static guint32
start_guest(F *f)
{
    g_autofree char *socket = sim_fixture_path(f, "agent.sock");
    libxl_domain_config config;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
    sim_config_add_channel(&config, 1, "agent", socket);
    sim_config_add_channel(&config, 2, "tty", NULL);
    domid = sim_config_create(f, &config);
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    return domid;
}

static int
open_guest_end(F *f, const char *channel)
{
    g_autofree char *path = sim_fixture_guest_path(f, "guest", channel);
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static int
connect_client(F *f)
{
    g_autofree char *path = sim_fixture_path(f, "agent.sock");

    return sim_fixture_connect(path);
}

static XenChannelInfo *
get_channel(F *f, guint32 domid, guint index)
{
    g_autoptr(GPtrArray) channels = f->host->ops->list_channels(f->host, domid, NULL);

    g_assert_nonnull(channels);
    g_assert_cmpuint(index, <, channels->len);
    return g_ptr_array_steal_index(channels, index);
}

static int
open_host_pty(F *f, guint32 domid)
{
    g_autoptr(XenChannelInfo) channel = get_channel(f, domid, 1);
    int fd = open(channel->path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
send_text(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

static bool
is_readable(int fd, int timeout_ms)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

static void
assert_receives(int fd, const char *text)
{
    g_autofree char *received = g_malloc0(strlen(text) + 1);
    gsize length = 0;

    while (length < strlen(text)) {
        gssize n;

        g_assert_true(is_readable(fd, PATIENCE_MS));
        n = read(fd, received + length, strlen(text) - length);
        g_assert_cmpint(n, >, 0);
        length += (gsize)n;
    }
    g_assert_cmpstr(received, ==, text);
}

/* --- 1 MiB each way at once, checked by checksum --- */

typedef struct {
    int fd;
    guint32 seed;
} Stream;

static void
fill_random(guint8 *data, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);

    for (gsize i = 0; i < MIB; i++)
        data[i] = (guint8)g_rand_int(random);
}

static gpointer
send_stream(gpointer data)
{
    const Stream *stream = data;
    g_autofree guint8 *bytes = g_malloc(MIB);
    gsize done = 0;

    fill_random(bytes, stream->seed);
    while (done < MIB) {
        gssize n = write(stream->fd, bytes + done, MIN(MIB - done, 10007));

        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    return NULL;
}

static gpointer
receive_stream(gpointer data)
{
    const Stream *stream = data;
    g_autofree guint8 *bytes = g_malloc(MIB);
    g_autofree char *sent = NULL;
    g_autofree char *received = NULL;

    for (gsize done = 0; done < MIB;) {
        gssize n = read(stream->fd, bytes + done, MIB - done);

        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    received = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, MIB);
    fill_random(bytes, stream->seed);
    sent = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, MIB);
    g_assert_cmpstr(received, ==, sent);
    return NULL;
}

static void
pass_both_ways(int host, int guest)
{
    Stream streams[] = {{host, 1}, {guest, 1}, {guest, 2}, {host, 2}};
    GThread *threads[4];

    for (guint i = 0; i < 4; i++)
        threads[i] = g_thread_new("stream", i % 2 ? receive_stream : send_stream, &streams[i]);
    for (guint i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    close(host);
    close(guest);
}

static void
socket_passes_a_mebibyte_both_ways(F *f, gconstpointer data)
{
    start_guest(f);
    pass_both_ways(connect_client(f), open_guest_end(f, "agent"));
}

static void
pty_passes_a_mebibyte_both_ways(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);

    pass_both_ways(open_host_pty(f, domid), open_guest_end(f, "tty"));
}

static void
console_passes_both_ways(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);
    g_autofree char *path = f->host->ops->get_console_path(f->host, domid, XEN_CONSOLE_PV, 0, NULL);
    int host = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    int guest = open_guest_end(f, "console");

    send_text(host, "root\r");
    assert_receives(guest, "root\r");
    send_text(guest, "login: \n");
    assert_receives(host, "login: \n");
    close(host);
    close(guest);
}

/* --- What is listed --- */

static void
channels_are_listed_by_devid(F *f, gconstpointer data)
{
    g_autofree char *socket = sim_fixture_path(f, "s");
    libxl_domain_config config;
    g_autoptr(GPtrArray) channels = NULL;
    const XenChannelInfo *first;
    const XenChannelInfo *second;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PVH, "guest", 1);
    sim_config_add_channel(&config, 5, "pty", NULL);
    sim_config_add_channel(&config, 0, "zero", NULL);
    sim_config_add_channel(&config, -1, "by position", socket);
    domid = sim_config_create(f, &config);
    channels = f->host->ops->list_channels(f->host, domid, NULL);
    g_assert_cmpuint(channels->len, ==, 2);
    first = g_ptr_array_index(channels, 0);
    second = g_ptr_array_index(channels, 1);
    g_assert_cmpuint(first->devid, ==, 3);
    g_assert_cmpstr(first->name, ==, "by position");
    g_assert_cmpstr(first->path, ==, socket);
    g_assert_false(first->is_pty);
    g_assert_false(first->is_connected);
    g_assert_cmpuint(second->devid, ==, 5);
    g_assert_true(g_str_has_prefix(second->path, "/dev/pts/"));
    g_assert_true(second->is_pty);
}

static void
serial_ports_of_hvm_have_ptys(F *f, gconstpointer data)
{
    g_autofree char *link = sim_fixture_guest_path(f, "guest", "serial0");
    g_autofree char *serial = NULL;
    g_autofree char *console = NULL;
    libxl_domain_config config;
    g_autoptr(GError) error = NULL;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_HVM, "guest", 1);
    config.b_info.u.hvm.serial = strdup("pty");
    domid = sim_config_create(f, &config);
    serial = f->host->ops->get_console_path(f->host, domid, XEN_CONSOLE_SERIAL, 0, NULL);
    console = f->host->ops->get_console_path(f->host, domid, XEN_CONSOLE_PV, 0, NULL);
    g_assert_nonnull(serial);
    g_assert_nonnull(console);
    g_assert_cmpstr(serial, !=, console);
    g_assert_true(g_file_test(link, G_FILE_TEST_EXISTS));
    g_assert_null(f->host->ops->get_console_path(f->host, domid, XEN_CONSOLE_SERIAL, 1, &error));
    g_assert_no_error(error);
}

static void
names_stay_in_their_directory(F *f, gconstpointer data)
{
    static const char *const links[] = {"..%2F..%2Fescape/%2E.", "..%2F..%2Fescape/a%2Fb",
                                        "..%2F..%2Fescape/%63onsole", "..%2F..%2Fescape/console"};
    libxl_domain_config config;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "../../escape", 1);
    sim_config_add_channel(&config, 1, "..", NULL);
    sim_config_add_channel(&config, 2, "a/b", NULL);
    sim_config_add_channel(&config, 3, "console", NULL);
    sim_config_create(f, &config);
    for (gsize i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autofree char *relative = g_strconcat("run/virtxl-sim/", links[i], NULL);
        g_autofree char *path = sim_fixture_path(f, relative);

        g_assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
    }
    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "host.sock", 2);
    sim_config_create(f, &config);
}

/* --- Coming and going --- */

static void
guest_end_is_raw_and_outlives_programs(F *f, gconstpointer data)
{
    struct termios settings;
    int host;

    start_guest(f);
    host = connect_client(f);
    for (int i = 0; i < 3; i++) {
        int guest = open_guest_end(f, "agent");

        g_assert_cmpint(tcgetattr(guest, &settings), ==, 0);
        g_assert_cmpuint(settings.c_lflag & (ECHO | ICANON | ISIG), ==, 0);
        send_text(host, "to the guest\n");
        assert_receives(guest, "to the guest\n");
        send_text(guest, "to the host\n");
        assert_receives(host, "to the host\n");
        close(guest);
    }
    close(host);
}

static void
guest_gets_what_a_gone_client_wrote(F *f, gconstpointer data)
{
    int client;
    int guest;

    start_guest(f);
    client = connect_client(f);
    send_text(client, "written and gone\n");
    close(client);
    client = connect_client(f);
    send_text(client, "the next\n");
    guest = open_guest_end(f, "agent");
    assert_receives(guest, "written and gone\nthe next\n");
    close(client);
    close(guest);
}

static void
next_client_gets_what_the_guest_wrote(F *f, gconstpointer data)
{
    int client;
    int guest;

    start_guest(f);
    guest = open_guest_end(f, "agent");
    send_text(guest, "nobody there?\n");
    client = connect_client(f);
    assert_receives(client, "nobody there?\n");
    close(client);
    close(guest);
}

static void
half_closed_client_gets_its_reply(F *f, gconstpointer data)
{
    int client;
    int guest;

    start_guest(f);
    client = connect_client(f);
    guest = open_guest_end(f, "agent");
    send_text(client, "question\n");
    shutdown(client, SHUT_WR);
    assert_receives(guest, "question\n");
    send_text(guest, "answer\n");
    assert_receives(client, "answer\n");
    close(client);
    client = connect_client(f);
    send_text(guest, "more\n");
    assert_receives(client, "more\n");
    close(client);
    close(guest);
}

static void
second_client_waits_in_line(F *f, gconstpointer data)
{
    int first;
    int second;
    int guest;

    start_guest(f);
    first = connect_client(f);
    second = connect_client(f);
    guest = open_guest_end(f, "agent");
    send_text(second, "second\n");
    g_assert_false(is_readable(guest, 50));
    send_text(first, "first\n");
    assert_receives(guest, "first\n");
    close(first);
    assert_receives(guest, "second\n");
    close(second);
    close(guest);
}

/* How many bytes @fd takes before it takes none for a while. */
static gsize
write_until_stalled(int fd)
{
    static const char bytes[4096];
    struct pollfd entry = {.fd = fd, .events = POLLOUT};
    gsize written = 0;

    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    while (written < 4 * MIB && poll(&entry, 1, 100) == 1) {
        gssize n = write(fd, bytes, sizeof(bytes));

        if (n > 0)
            written += (gsize)n;
    }
    return written;
}

static void
who_does_not_read_stalls_the_other(F *f, gconstpointer data)
{
    int client;
    int guest;

    start_guest(f);
    client = connect_client(f);
    guest = open_guest_end(f, "agent");
    g_assert_cmpuint(write_until_stalled(client), <, MIB);
    g_assert_cmpuint(write_until_stalled(guest), <, MIB);
    close(client);
    close(guest);
}

/* --- The frontend and the domain --- */

static void
nothing_flows_while_the_frontend_is_closed(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);
    int client = connect_client(f);
    int guest = open_guest_end(f, "agent");
    g_autoptr(XenChannelInfo) closed = NULL;
    g_autoptr(XenChannelInfo) connected = NULL;

    g_free(sim_fixture_ctl(f, "channel guest agent close"));
    closed = get_channel(f, domid, 0);
    g_assert_false(closed->is_connected);
    send_text(client, "held\n");
    g_assert_false(is_readable(guest, 50));
    g_free(sim_fixture_ctl(f, "channel guest agent connect"));
    connected = get_channel(f, domid, 0);
    g_assert_true(connected->is_connected);
    assert_receives(guest, "held\n");
    close(client);
    close(guest);
}

static void
nothing_flows_while_the_domain_is_paused(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);
    int client = connect_client(f);
    int guest = open_guest_end(f, "agent");

    g_assert_true(f->host->ops->pause(f->host, domid, NULL));
    send_text(guest, "later\n");
    g_assert_false(is_readable(client, 50));
    g_assert_true(f->host->ops->unpause(f->host, domid, NULL));
    assert_receives(client, "later\n");
    close(client);
    close(guest);
}

static void
destroy_removes_every_file(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);
    g_autofree char *directory = sim_fixture_guest_path(f, "guest", "");
    g_autofree char *socket = sim_fixture_path(f, "agent.sock");
    int client = connect_client(f);
    int guest = open_guest_end(f, "agent");
    char byte;

    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(socket, G_FILE_TEST_EXISTS));
    g_assert_cmpint(read(client, &byte, 1), <=, 0);
    g_assert_cmpint(read(guest, &byte, 1), <=, 0);
    close(client);
    close(guest);
}

static void
socket_of_another_is_left_alone(F *f, gconstpointer data)
{
    guint32 domid = start_guest(f);
    g_autofree char *socket = sim_fixture_path(f, "agent.sock");

    g_assert_cmpint(unlink(socket), ==, 0);
    g_assert_true(g_file_set_contents(socket, "another's", -1, NULL));
    g_assert_true(f->host->ops->destroy(f->host, domid, NULL));
    g_assert_true(g_file_test(socket, G_FILE_TEST_EXISTS));
}

static void
too_long_a_path_is_refused(F *f, gconstpointer data)
{
    g_autofree char *path = g_strnfill(108, 'x');
    libxl_domain_config config;
    g_autoptr(GError) error = NULL;
    guint32 domid;

    sim_config_init(&config, LIBXL_DOMAIN_TYPE_PV, "guest", 1);
    sim_config_add_channel(&config, 1, "agent", path);
    g_assert_false(f->host->ops->create(f->host, &config, &domid, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    libxl_domain_config_dispose(&config);
}

int
main(int argc, char **argv)
{
    static const SimTest tests[] = {
        {"socket-passes-a-mebibyte-both-ways", socket_passes_a_mebibyte_both_ways},
        {"pty-passes-a-mebibyte-both-ways", pty_passes_a_mebibyte_both_ways},
        {"console-passes-both-ways", console_passes_both_ways},
        {"channels-are-listed-by-devid", channels_are_listed_by_devid},
        {"serial-ports-of-hvm-have-ptys", serial_ports_of_hvm_have_ptys},
        {"names-stay-in-their-directory", names_stay_in_their_directory},
        {"guest-end-is-raw-and-outlives-programs", guest_end_is_raw_and_outlives_programs},
        {"guest-gets-what-a-gone-client-wrote", guest_gets_what_a_gone_client_wrote},
        {"next-client-gets-what-the-guest-wrote", next_client_gets_what_the_guest_wrote},
        {"half-closed-client-gets-its-reply", half_closed_client_gets_its_reply},
        {"second-client-waits-in-line", second_client_waits_in_line},
        {"who-does-not-read-stalls-the-other", who_does_not_read_stalls_the_other},
        {"nothing-flows-while-the-frontend-is-closed", nothing_flows_while_the_frontend_is_closed},
        {"nothing-flows-while-the-domain-is-paused", nothing_flows_while_the_domain_is_paused},
        {"destroy-removes-every-file", destroy_removes_every_file},
        {"socket-of-another-is-left-alone", socket_of_another_is_left_alone},
        {"too-long-a-path-is-refused", too_long_a_path_is_refused},
    };

    return sim_fixture_run(&argc, &argv, "/xen/host-sim-channel", tests, G_N_ELEMENTS(tests));
}

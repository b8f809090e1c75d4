/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel/host_open.h"

#define BUFFER_SIZE 65536

static GQueue warnings = G_QUEUE_INIT; /* of their texts, not expected yet */

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    for (gsize i = 0; i < n_fields && (level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            g_queue_push_tail(&warnings, g_strdup(fields[i].value));
    }
    return g_log_writer_default(level, fields, n_fields, user_data);
}

void
fixture_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    g_log_set_writer_func(write_log, NULL, NULL);
}

/* As the pump does it: wants input while there is room, output while there are bytes. */
static void
want(Stage *stage)
{
    endpoint_want(stage->endpoint, stage->input->len<stage->input_limit, stage->output->len> 0);
}

static void
read_input(Stage *stage)
{
    static char buffer[BUFFER_SIZE];
    gsize room = MIN(stage->input_limit - stage->input->len, sizeof(buffer));
    /* In two pieces, as from a ring buffer that wraps. */
    const struct iovec iov[] = {{buffer, room / 3}, {buffer + room / 3, room - room / 3}};

    g_byte_array_append(stage->input, (guint8 *)buffer,
                        (guint)endpoint_read(stage->endpoint, iov, 2));
}

static void
write_output(Stage *stage)
{
    gsize first = stage->output->len / 2;
    const struct iovec iov[] = {{stage->output->data, first},
                                {stage->output->data + first, stage->output->len - first}};
    gsize n = endpoint_write(stage->endpoint, iov, 2);

    g_assert_cmpuint(n, <=, stage->output->len);
    if (n > 0)
        g_byte_array_remove_range(stage->output, 0, (guint)n);
}

static void
on_ready(gpointer user_data)
{
    Stage *stage = user_data;

    if (stage->input->len < stage->input_limit)
        read_input(stage);
    if (stage->output->len > 0)
        write_output(stage);
    want(stage);
}

static void
on_changed(gpointer user_data)
{
    Stage *stage = user_data;

    stage->changes++;
    want(stage);
}

Stage *
stage_new(ChannelSourceType type)
{
    Stage *stage = g_new0(Stage, 1);

    stage->directory = g_dir_make_tmp("virtxl-XXXXXX", NULL);
    g_assert_nonnull(stage->directory);
    stage->path = g_build_filename(stage->directory, "end", NULL);
    stage->source = (ChannelSource){
        .id = (char *)CHANNEL_ID,
        .type = type,
        .path = stage->path,
        .group = (gid_t)-1,
        .permissions = 0600,
        .hold_in = CHANNEL_SOURCE_HOLD_IN,
        .hold_out = CHANNEL_SOURCE_HOLD_OUT,
    };
    stage->input = g_byte_array_new();
    stage->input_limit = 16 * 1024 * 1024;
    stage->output = g_byte_array_new();
    return stage;
}

static void
remove_directory(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(directory))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_directory(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

void
stage_free(Stage *stage)
{
    endpoint_free(stage->endpoint);
    fd_store_free(stage->fd_store);
    remove_directory(stage->directory);
    g_byte_array_unref(stage->input);
    g_byte_array_unref(stage->output);
    g_free(stage->directory);
    g_free(stage->path);
    g_free(stage);
    g_assert_cmpstr(g_queue_peek_head(&warnings), ==, NULL);
}

static bool
has_path(const Stage *stage)
{
    ChannelSourceType type = stage->source.type;

    return type == CHANNEL_SOURCE_FILE || type == CHANNEL_SOURCE_PIPE || type == CHANNEL_SOURCE_DEV;
}

static bool
open_path(const Stage *stage, bool resumed, HostFile *file, GError **error)
{
    static const HostOpenKind kinds[] = {
        [CHANNEL_SOURCE_FILE] = HOST_OPEN_FILE,
        [CHANNEL_SOURCE_PIPE] = HOST_OPEN_PIPE,
        [CHANNEL_SOURCE_DEV] = HOST_OPEN_DEVICE,
    };
    const HostOpenRequest request = {kinds[stage->source.type], stage->source.path,
                                     stage->source.append || resumed, -1};

    return host_open(&request, file, error);
}

static void
open_endpoint(Stage *stage, bool resumed, GError **error)
{
    EndpointContext context = {"a channel", resumed, stage->fd_store, NULL};
    const EndpointCallbacks callbacks = {on_ready, on_changed};

    HostFile file;

    if (has_path(stage)) {
        if (!open_path(stage, resumed, &file, error))
            return;
        context.file = &file;
    }
    stage->endpoint = endpoint_new(&stage->source, &context, &callbacks, stage, error);
    if (stage->endpoint)
        want(stage);
}

void
stage_open(Stage *stage)
{
    g_autoptr(GError) error = NULL;

    open_endpoint(stage, false, &error);
    g_assert_no_error(error);
}

void
stage_open_resumed(Stage *stage)
{
    g_autoptr(GError) error = NULL;

    open_endpoint(stage, true, &error);
    g_assert_no_error(error);
}

char *
stage_open_in_vain(Stage *stage)
{
    g_autoptr(GError) error = NULL;

    open_endpoint(stage, false, &error);
    g_assert_null(stage->endpoint);
    g_assert_nonnull(error);
    return g_strdup(error->message);
}

void
stage_send(Stage *stage, const void *data, gsize size)
{
    g_byte_array_append(stage->output, data, (guint)size);
    want(stage);
}

void
stage_expect_content(const Stage *stage, const char *content)
{
    g_autofree char *found = NULL;

    g_assert_true(g_file_get_contents(stage->path, &found, NULL, NULL));
    g_assert_cmpstr(found, ==, content);
}

static gboolean
on_tick(gpointer user_data)
{
    return G_SOURCE_CONTINUE;
}

static gboolean
on_rested(gpointer user_data)
{
    *(bool *)user_data = true;
    return G_SOURCE_REMOVE;
}

static gint64
get_end(void)
{
    return g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
}

/* Turns the main loop, and looks at least every 10 ms. */
static void
turn(gint64 end)
{
    guint tick = g_timeout_add(10, on_tick, NULL);

    g_assert_cmpint(g_get_monotonic_time(), <, end);
    g_main_context_iteration(NULL, TRUE);
    g_source_remove(tick);
}

void
stage_wait(Stage *stage, bool (*condition)(const Stage *stage))
{
    gint64 end = get_end();

    while (!condition(stage))
        turn(end);
}

void
stage_expect_warning(const char *text)
{
    gint64 end = get_end();
    g_autofree char *warning = NULL;

    while (!(warning = g_queue_pop_head(&warnings)))
        turn(end);
    if (!strstr(warning, text))
        g_error("'%s' is not in '%s'", text, warning);
}

guint
stage_count_turns(void)
{
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 5;
    guint turns = 0;

    while (g_get_monotonic_time() < end) {
        turns += g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    return turns;
}

bool
stage_is_connected(const Stage *stage)
{
    return endpoint_is_connected(stage->endpoint);
}

bool
stage_is_unconnected(const Stage *stage)
{
    return !endpoint_is_connected(stage->endpoint);
}

bool
stage_has_sent(const Stage *stage)
{
    return stage->output->len == 0;
}

void
stage_wait_input(Stage *stage, gsize size)
{
    gint64 end = get_end();

    while (stage->input->len < size)
        turn(end);
}

void
stage_expect_input(Stage *stage, const char *text)
{
    stage_wait_input(stage, strlen(text));
    g_assert_cmpmem(stage->input->data, stage->input->len, text, strlen(text));
}

void
stage_rest(guint ms)
{
    bool rested = false;

    g_timeout_add(ms, on_rested, &rested);
    while (!rested)
        g_main_context_iteration(NULL, TRUE);
}

static struct sockaddr_un
get_unix_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_assert_cmpuint(strlen(path), <, sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

static void
expect_success(int result)
{
    if (result < 0)
        g_error("%s", g_strerror(errno));
}

int
client_connect_unix(const char *path)
{
    struct sockaddr_un address = get_unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    expect_success(fd);
    expect_success(connect(fd, (struct sockaddr *)&address, sizeof(address)));
    return fd;
}

int
client_listen_unix(const char *path)
{
    struct sockaddr_un address = get_unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    expect_success(fd);
    expect_success(bind(fd, (struct sockaddr *)&address, sizeof(address)));
    expect_success(listen(fd, 5));
    return fd;
}

static void
wait_readable(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

    while (poll(&poller, 1, 5) == 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
}

int
client_accept(int listener)
{
    int fd;

    wait_readable(listener);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    expect_success(fd);
    return fd;
}

struct sockaddr_in
client_get_loopback(guint16 port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int
client_connect_tcp(guint16 port)
{
    struct sockaddr_in address = client_get_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    expect_success(fd);
    expect_success(connect(fd, (struct sockaddr *)&address, sizeof(address)));
    return fd;
}

guint16
client_find_port(int type)
{
    struct sockaddr_in address = client_get_loopback(0);
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    expect_success(fd);
    expect_success(bind(fd, (struct sockaddr *)&address, sizeof(address)));
    expect_success(getsockname(fd, (struct sockaddr *)&address, &size));
    close(fd);
    return ntohs(address.sin_port);
}

void
client_send(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
}

void
client_expect(Stage *stage, int fd, const char *text)
{
    gsize size = strlen(text);
    g_autofree char *buffer = g_malloc(size + 1);

    for (gsize done = 0; done < size;) {
        gssize n;

        wait_readable(fd);
        n = read(fd, buffer + done, size - done);
        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    g_assert_cmpmem(buffer, size, text, size);
}

void
client_expect_end(Stage *stage, int fd)
{
    char byte;

    wait_readable(fd);
    g_assert_cmpint(read(fd, &byte, 1), <=, 0);
}

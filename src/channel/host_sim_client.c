/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_sim_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

enum {
    CHUNK = 65536,
    MAX_LINE = 64 * 1024 * 1024, /* what the host lets wait for a client */
    OPEN_TIMEOUT_MS = 10000,
};

struct HostSimClient {
    int fd;
    FdWatch *watch;
    GByteArray *in;
    gsize scanned; /* of in: there is no newline up to here */
    GByteArray *out;
    struct json_tokener *tokener;
    const HostSimClientCallbacks *callbacks; /* NULL until it is started */
    gpointer user_data;
    guint first; /* source that handles what came before the start */
};

/* --- Receiving --- */

/* Returns the first whole line of what was received, without its newline, in place,
 * or NULL; *@length is its length. */
static char *
peek_line(HostSimClient *client, gsize *length)
{
    guint8 *newline =
        memchr(client->in->data + client->scanned, '\n', client->in->len - client->scanned);

    if (!newline) {
        client->scanned = client->in->len;
        return NULL;
    }
    *length = (gsize)(newline - client->in->data);
    return (char *)client->in->data;
}

/* Returns the first message of what was received, or NULL if it is not whole yet; to
 * be released with json_object_put(). */
static struct json_object *
take_message(HostSimClient *client)
{
    struct json_object *message = NULL;
    gsize length;
    char *line;

    while (!message && (line = peek_line(client, &length))) {
        json_tokener_reset(client->tokener);
        message = json_tokener_parse_ex(client->tokener, line, (int)length);
        if (!message)
            g_warning("the simulated host sends what is no JSON");
        g_byte_array_remove_range(client->in, 0, (guint)length + 1);
        client->scanned = 0;
    }
    return message;
}

static void
handle_messages(HostSimClient *client)
{
    struct json_object *message;

    while ((message = take_message(client))) {
        client->callbacks->message(message, client->user_data);
        json_object_put(message);
    }
}

/* Returns false if the host has gone. */
static bool
receive(HostSimClient *client)
{
    guint length = client->in->len;
    gssize n;

    g_byte_array_set_size(client->in, length + CHUNK);
    n = recv(client->fd, client->in->data + length, CHUNK, 0);
    g_byte_array_set_size(client->in, length + (guint)MAX(n, 0));
    return (n > 0 && client->in->len <= MAX_LINE) || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* --- Sending --- */

/* If the host has gone, receiving tells. */
static void
send_out(HostSimClient *client)
{
    gssize n = 1;

    while (client->out->len > 0 && n > 0) {
        n = send(client->fd, client->out->data, client->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            g_byte_array_remove_range(client->out, 0, (guint)n);
    }
    if (client->watch)
        fd_watch_set(client->watch, client->out->len > 0 ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

void
host_sim_client_call(HostSimClient *client, gint64 id, const char *name, struct json_object *args)
{
    struct json_object *request = json_object_new_object();
    const char *line;

    json_object_object_add(request, "id", json_object_new_int64(id));
    json_object_object_add(request, "call", json_object_new_string(name));
    json_object_object_add(request, "args", args);
    line = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    g_byte_array_append(client->out, (const guint8 *)line, (guint)strlen(line));
    g_byte_array_append(client->out, (const guint8 *)"\n", 1);
    json_object_put(request);
    send_out(client);
}

/* --- The main loop --- */

static void
on_ready(GIOCondition condition, gpointer user_data)
{
    HostSimClient *client = user_data;
    bool ok = true;

    if (condition & G_IO_OUT)
        send_out(client);
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
        ok = receive(client);
    handle_messages(client);
    if (ok)
        return;
    g_clear_pointer(&client->watch, fd_watch_free);
    client->callbacks->lost(client->user_data);
}

static gboolean
on_first(gpointer user_data)
{
    HostSimClient *client = user_data;

    client->first = 0;
    client->watch = fd_watch_new(client->fd, on_ready, client);
    handle_messages(client);
    send_out(client);
    return G_SOURCE_REMOVE;
}

void
host_sim_client_start(HostSimClient *client, const HostSimClientCallbacks *callbacks,
                      gpointer user_data)
{
    client->callbacks = callbacks;
    client->user_data = user_data;
    client->first = g_idle_add_full(G_PRIORITY_DEFAULT, on_first, client, NULL);
}

/* --- Opening and closing --- */

static bool
connect_to_host(HostSimClient *client, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("the simulated host's socket path '%s' is too long"), path);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->fd >= 0 && connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                            _("no simulated host answers at '%s' (%s); virtxld --host sim "
                              "starts one"),
                            path, g_strerror(errno));
}

/* The answer comes before any event. Returns NULL if none comes. */
static struct json_object *
wait_for_answer(HostSimClient *client)
{
    struct pollfd entry = {.fd = client->fd, .events = POLLIN};
    struct json_object *answer = NULL;

    while (!answer && poll(&entry, 1, OPEN_TIMEOUT_MS) == 1 && receive(client))
        answer = take_message(client);
    return answer;
}

static bool
become_backend(HostSimClient *client, const char *path, GError **error)
{
    struct json_object *answer;
    struct json_object *failure;

    host_sim_client_call(client, 0, "backend", NULL);
    answer = wait_for_answer(client);
    failure = json_object_object_get(answer, "error");
    if (!answer)
        virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("the simulated host at '%s' does not answer"),
                         path);
    else if (failure)
        virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("the simulated host at '%s' says: %s"), path,
                         json_object_get_string(json_object_object_get(failure, "message")));
    json_object_put(answer);
    return answer && !failure;
}

HostSimClient *
host_sim_client_new(const char *path, GError **error)
{
    g_autoptr(HostSimClient) client = g_new0(HostSimClient, 1);

    client->fd = -1;
    client->in = g_byte_array_new();
    client->out = g_byte_array_new();
    client->tokener = json_tokener_new();
    if (!connect_to_host(client, path, error) || !become_backend(client, path, error))
        return NULL;
    return g_steal_pointer(&client);
}

void
host_sim_client_free(HostSimClient *client)
{
    if (!client)
        return;
    g_clear_handle_id(&client->first, g_source_remove);
    fd_watch_free(client->watch);
    if (client->fd >= 0)
        close(client->fd);
    json_tokener_free(client->tokener);
    g_byte_array_unref(client->in);
    g_byte_array_unref(client->out);
    g_free(client);
}

/* How it works
 *
 * One connection carries everything. A caller sends its request under a lock,
 * so that lines don't mix, and sleeps until the reader thread has found the
 * reply with its id. The reader puts events into a queue, which an idle source
 * empties in the default main context.
 *
 * To open is to connect and, if nobody answers, to start the program and
 * connect again: it returns once it serves, and sees to it that there is one
 * host for a root. A host that is about to end may still take the connection,
 * so the first call decides whether it counts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "xen/xen_host_sim_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host.h"

/* The same as in src/simhost/connection.h, as sender and as receiver. */
#define MAX_REQUEST (16 * 1024 * 1024)
#define MAX_REPLY   (64 * 1024 * 1024)

enum {
    OPEN_TIMEOUT_MS = 10000,
    RETRY_MS = 20,
    MAX_DEPTH = 64,
};

struct XenSimClient {
    int fd;
    GThread *reader;
    GMutex send_lock; /* keeps requests apart; taken before lock, never after */

    GMutex lock; /* guards what follows */
    GCond replied;
    GHashTable *calls; /* id -> Call, those that wait */
    gint64 next_id;
    bool is_lost;
    bool is_closing;
    GQueue events; /* of json_object; NULL for the loss */
    GSource *dispatch;
    XenSimEventFunc event_func;
    gpointer user_data;
};

typedef struct {
    struct json_object *reply;
    bool is_over; /* with a reply or without */
} Call;

/* --- Events, in the default main context --- */

static gboolean
on_dispatch(gpointer user_data)
{
    XenSimClient *client = user_data;
    struct json_object *event;
    XenSimEventFunc func;
    bool is_empty;

    g_mutex_lock(&client->lock);
    is_empty = g_queue_is_empty(&client->events);
    event = g_queue_pop_head(&client->events);
    func = client->event_func;
    if (is_empty)
        g_clear_pointer(&client->dispatch, g_source_unref);
    g_mutex_unlock(&client->lock);
    if (is_empty)
        return G_SOURCE_REMOVE;
    if (func)
        func(event, client->user_data);
    json_object_put(event);
    return G_SOURCE_CONTINUE;
}

/* Takes @event over. The lock is held. */
static void
queue_event(XenSimClient *client, struct json_object *event)
{
    g_queue_push_tail(&client->events, event);
    if (client->dispatch)
        return;
    client->dispatch = g_idle_source_new();
    g_source_set_priority(client->dispatch, G_PRIORITY_DEFAULT);
    g_source_set_callback(client->dispatch, on_dispatch, client, NULL);
    g_source_attach(client->dispatch, NULL);
}

/* --- The reader thread --- */

/* Takes @message over. The lock is held. */
static void
handle_message(XenSimClient *client, struct json_object *message)
{
    gint64 id = json_object_get_int64(json_object_object_get(message, "id"));
    Call *call;

    if (json_object_object_get_ex(message, "event", NULL)) {
        queue_event(client, message);
        return;
    }
    call = g_hash_table_lookup(client->calls, &id);
    if (!call || call->is_over) {
        json_object_put(message);
        return;
    }
    call->reply = message;
    call->is_over = true;
    g_cond_broadcast(&client->replied);
}

static bool
handle_line(XenSimClient *client, struct json_tokener *tokener, const char *line, gsize length)
{
    struct json_object *message;

    json_tokener_reset(tokener);
    message = json_tokener_parse_ex(tokener, line, (int)length);
    if (!message)
        return false;
    g_mutex_lock(&client->lock);
    handle_message(client, message);
    g_mutex_unlock(&client->lock);
    return true;
}

/* Handles the whole lines of @in and leaves the rest. Returns false if the host
 * sends nonsense. */
static bool
handle_lines(XenSimClient *client, struct json_tokener *tokener, GByteArray *in, gsize scanned)
{
    guint8 *start = in->data;
    guint8 *end = in->data + in->len;
    guint8 *newline = memchr(start + scanned, '\n', in->len - scanned);

    for (; newline; newline = memchr(start, '\n', (gsize)(end - start))) {
        if (!handle_line(client, tokener, (const char *)start, (gsize)(newline + 1 - start)))
            return false;
        start = newline + 1;
    }
    if (start > in->data)
        g_byte_array_remove_range(in, 0, (guint)(start - in->data));
    return in->len <= MAX_REPLY;
}

static void
read_messages(XenSimClient *client)
{
    g_autoptr(GByteArray) in = g_byte_array_new();
    struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    guint8 chunk[65536];
    gssize n;

    while ((n = recv(client->fd, chunk, sizeof(chunk), 0)) > 0 || (n < 0 && errno == EINTR)) {
        gsize scanned = in->len;

        if (n < 0)
            continue;
        g_byte_array_append(in, chunk, (guint)n);
        if (!handle_lines(client, tokener, in, scanned)) {
            g_warning("the simulated host sends what is no reply");
            break;
        }
    }
    json_tokener_free(tokener);
}

static gpointer
run_reader(gpointer data)
{
    XenSimClient *client = data;
    GHashTableIter iter;
    gpointer value;

    read_messages(client);
    g_mutex_lock(&client->lock);
    client->is_lost = true;
    g_hash_table_iter_init(&iter, client->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        ((Call *)value)->is_over = true;
    g_cond_broadcast(&client->replied);
    if (!client->is_closing)
        queue_event(client, NULL);
    g_mutex_unlock(&client->lock);
    return NULL;
}

/* --- Calls --- */

static bool
set_lost(GError **error)
{
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("the simulated host has ended"));
}

static char *
format_request(gint64 id, const char *name, struct json_object *args)
{
    struct json_object *request = json_object_new_object();
    char *line;

    json_object_object_add(request, "id", json_object_new_int64(id));
    json_object_object_add(request, "call", json_object_new_string(name));
    if (args)
        json_object_object_add(request, "args", args);
    if (xen_host_is_own())
        json_object_object_add(request, "own", json_object_new_boolean(true));
    line = g_strconcat(json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN), "\n", NULL);
    json_object_put(request);
    return line;
}

/* A failure needs no word: the reader sees the end too. */
static void
send_line(XenSimClient *client, const char *line, gsize length)
{
    g_mutex_lock(&client->send_lock);
    while (length > 0) {
        gssize n = send(client->fd, line, length, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            shutdown(client->fd, SHUT_RDWR);
            break;
        }
        line += MAX(n, 0);
        length -= (gsize)MAX(n, 0);
    }
    g_mutex_unlock(&client->send_lock);
}

static gint64
new_id(XenSimClient *client)
{
    gint64 id;

    g_mutex_lock(&client->lock);
    id = ++client->next_id;
    g_mutex_unlock(&client->lock);
    return id;
}

/* @id stays where it is until end_call(). */
static void
begin_call(XenSimClient *client, gint64 *id, Call *call)
{
    g_mutex_lock(&client->lock);
    call->is_over = client->is_lost;
    g_hash_table_insert(client->calls, id, call);
    g_mutex_unlock(&client->lock);
}

static void
end_call(XenSimClient *client, gint64 *id, const Call *call)
{
    g_mutex_lock(&client->lock);
    while (!call->is_over)
        g_cond_wait(&client->replied, &client->lock);
    g_hash_table_remove(client->calls, id);
    g_mutex_unlock(&client->lock);
}

/* Takes @reply over. */
static struct json_object *
take_result(struct json_object *reply, GError **error)
{
    struct json_object *failure = json_object_object_get(reply, "error");
    struct json_object *result = json_object_object_get(reply, "result");

    if (failure)
        virtxl_error_set(error, json_object_get_int(json_object_object_get(failure, "code")), "%s",
                         json_object_get_string(json_object_object_get(failure, "message")));
    else if (!result)
        set_lost(error);
    json_object_get(result);
    json_object_put(reply);
    return result;
}

struct json_object *
xen_sim_client_call(XenSimClient *client, const char *name, struct json_object *args,
                    GError **error)
{
    Call call = {NULL, false};
    gint64 id = new_id(client);
    g_autofree char *line = format_request(id, name, args);
    gsize length = strlen(line);

    if (length > MAX_REQUEST) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("call '%s' of %zu bytes is too large for the simulated host"), name,
                         length);
        return NULL;
    }
    begin_call(client, &id, &call);
    send_line(client, line, length);
    end_call(client, &id, &call);
    return take_result(call.reply, error);
}

void
xen_sim_client_set_event_func(XenSimClient *client, XenSimEventFunc func, gpointer user_data)
{
    g_mutex_lock(&client->lock);
    client->event_func = func;
    client->user_data = user_data;
    g_mutex_unlock(&client->lock);
}

/* --- Opening and closing --- */

static int
connect_to_host(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Takes @fd over. Returns NULL if the host goes away. */
static XenSimClient *
client_new(int fd)
{
    g_autoptr(XenSimClient) client = g_new0(XenSimClient, 1);
    struct json_object *result;

    client->fd = fd;
    g_mutex_init(&client->send_lock);
    g_mutex_init(&client->lock);
    g_cond_init(&client->replied);
    g_queue_init(&client->events);
    client->calls = g_hash_table_new(g_int64_hash, g_int64_equal);
    client->reader = g_thread_new("simhost-reader", run_reader, client);
    result = xen_sim_client_call(client, "hello", NULL, NULL);
    if (!result)
        return NULL;
    json_object_put(result);
    return g_steal_pointer(&client);
}

/* The program returns when the host serves, started by it or by another. */
static bool
start_host(const char *root, const char *program, GError **error)
{
    const char *const argv[] = {program, "--root", root, "--detach", NULL};
    g_autofree char *complaint = NULL;
    g_autoptr(GError) detail = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                      &complaint, &status, &detail))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("cannot start the simulated host: %s"), detail->message);
    if (g_spawn_check_wait_status(status, &detail))
        return true;
    g_strstrip(complaint);
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot start the simulated host: %s"),
                            *complaint ? complaint : detail->message);
}

XenSimClient *
xen_sim_client_open(const char *root, const char *program, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(root, NULL);
    g_autofree char *path = g_build_filename(absolute, "run", "virtxl-sim", "host.sock", NULL);
    gint64 deadline = g_get_monotonic_time() + OPEN_TIMEOUT_MS * 1000;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("the simulated host's socket path '%s' is too long"), path);
        return NULL;
    }
    while (g_get_monotonic_time() < deadline) {
        int fd = connect_to_host(path);
        XenSimClient *client = fd >= 0 ? client_new(fd) : NULL;

        if (client)
            return client;
        if (!start_host(absolute, program, error))
            return NULL;
        g_usleep(RETRY_MS * 1000);
    }
    virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("the simulated host at '%s' does not answer"),
                     path);
    return NULL;
}

void
xen_sim_client_close(XenSimClient *client)
{
    struct json_object *event;

    if (!client)
        return;
    g_mutex_lock(&client->lock);
    client->is_closing = true;
    g_mutex_unlock(&client->lock);
    shutdown(client->fd, SHUT_RDWR);
    g_thread_join(client->reader);
    close(client->fd);
    if (client->dispatch) {
        g_source_destroy(client->dispatch);
        g_source_unref(client->dispatch);
    }
    while (!g_queue_is_empty(&client->events)) {
        event = g_queue_pop_head(&client->events);
        json_object_put(event);
    }
    g_hash_table_unref(client->calls);
    g_cond_clear(&client->replied);
    g_mutex_clear(&client->lock);
    g_mutex_clear(&client->send_lock);
    g_free(client);
}

bool
xen_sim_client_call_plain(XenSimClient *client, const char *name, struct json_object *args,
                          GError **error)
{
    struct json_object *result = xen_sim_client_call(client, name, args, error);

    if (!result)
        return false;
    json_object_put(result);
    return true;
}

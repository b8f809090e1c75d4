/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/server.h"

#include <errno.h>
#include <glib-unix.h>
#include <json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "simhost/calls.h"
#include "simhost/connection.h"
#include "simhost/instance.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    MAX_CLIENTS = 256,
    MAX_DELAYED = 1024,
    MAX_DEPTH = 64, /* of a request's JSON */
    BACKLOG = 128,
    FIRST_LINGER_MS = 10000, /* for the first client to come */
};

struct SimServer {
    SimInstance instance;
    GMainLoop *loop;
    char *root;
    char *path; /* of the socket, NULL until it is there */
    int listener;
    guint listener_source;
    guint linger_ms;
    guint linger_timer;
    guint signals[2];
    SimHost *host;
    SimFaults *faults;
    GPtrArray *clients; /* of Client */
};

typedef struct {
    SimServer *server;
    SimConnection *connection;
    bool is_watching;
    GPtrArray *delayed; /* of Delayed */
} Client;

typedef struct {
    Client *client;
    struct json_object *request;
    guint timer;
} Delayed;

char *
sim_server_get_directory(const char *root)
{
    return g_build_filename(root, "run", "virtxl-sim", NULL);
}

char *
sim_server_get_socket(const char *root)
{
    return g_build_filename(root, "run", "virtxl-sim", "host.sock", NULL);
}

/* --- Ending by itself --- */

static gboolean
on_linger(gpointer user_data)
{
    SimServer *server = user_data;

    server->linger_timer = 0;
    g_main_loop_quit(server->loop);
    return G_SOURCE_REMOVE;
}

/* The backend is there for the guests: it is no reason to stay. */
static void
update_linger(SimServer *server)
{
    const SimBackend *backend = sim_host_get_backend(server->host);
    guint backends = sim_backend_get_connection(backend) ? 1 : 0;
    bool is_idle = server->clients->len == backends && !sim_host_has_guests(server->host);

    if (!is_idle)
        g_clear_handle_id(&server->linger_timer, g_source_remove);
    else if (!server->linger_timer)
        server->linger_timer = g_timeout_add(server->linger_ms, on_linger, server);
}

/* --- Sending --- */

static void
send_object(Client *client, struct json_object *object)
{
    sim_connection_send(client->connection,
                        json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
}

static struct json_object *
new_reply(struct json_object *id)
{
    struct json_object *reply = json_object_new_object();

    if (id)
        json_object_object_add(reply, "id", json_object_get(id));
    return reply;
}

static void
send_error(Client *client, struct json_object *id, const GError *failure)
{
    struct json_object *reply = new_reply(id);
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "code", json_object_new_int(failure->code));
    json_object_object_add(object, "message", json_object_new_string(failure->message));
    json_object_object_add(reply, "error", object);
    send_object(client, reply);
}

static struct json_object *
new_event(const char *event, const SimDomain *domain)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "event", json_object_new_string(event));
    json_object_object_add(object, "domid", json_object_new_int64(sim_domain_get_domid(domain)));
    json_object_object_add(object, "uuid", json_object_new_string(sim_domain_get_uuid(domain)));
    json_object_object_add(object, "reason", json_object_new_int(sim_domain_get_reason(domain)));
    return object;
}

static void
on_host_event(const char *event, const SimDomain *domain, gpointer user_data)
{
    SimServer *server = user_data;

    g_message("domain %u (%s) %s", sim_domain_get_domid(domain), sim_domain_get_name(domain),
              event);
    for (guint i = 0; i < server->clients->len; i++) {
        Client *client = g_ptr_array_index(server->clients, i);

        if (client->is_watching)
            send_object(client, new_event(event, domain));
    }
    update_linger(server);
}

/* --- Receiving --- */

static void
make_call(Client *client, struct json_object *request)
{
    SimServer *server = client->server;
    SimCallContext context = {
        .host = server->host,
        .root = server->root,
        .faults = server->faults,
        .caller = client->connection,
        .is_own = json_object_get_boolean(json_object_object_get(request, "own")),
    };
    struct json_object *id = json_object_object_get(request, "id");
    struct json_object *result = json_object_new_object();
    g_autoptr(GError) failure = NULL;

    if (sim_call(&context, json_object_get_string(json_object_object_get(request, "call")),
                 json_object_object_get(request, "args"), result, &failure)) {
        struct json_object *reply = new_reply(id);

        json_object_object_add(reply, "result", result);
        send_object(client, reply);
    } else {
        json_object_put(result);
        send_error(client, id, failure);
    }
    client->is_watching |= context.watch;
    if (context.serve) {
        sim_host_attach_backend(server->host, client->connection);
        update_linger(server);
    }
    if (context.quit)
        g_main_loop_quit(server->loop);
}

static void
delayed_free(Delayed *delayed)
{
    g_clear_handle_id(&delayed->timer, g_source_remove);
    json_object_put(delayed->request);
    g_free(delayed);
}

static gboolean
on_delayed(gpointer user_data)
{
    Delayed *delayed = user_data;

    delayed->timer = 0;
    make_call(delayed->client, delayed->request);
    g_ptr_array_remove_fast(delayed->client->delayed, delayed);
    return G_SOURCE_REMOVE;
}

/* Takes @request over. */
static void
delay_call(Client *client, struct json_object *request, guint ms)
{
    Delayed *delayed = g_new0(Delayed, 1);

    delayed->client = client;
    delayed->request = request;
    delayed->timer = g_timeout_add(ms, on_delayed, delayed);
    g_ptr_array_add(client->delayed, delayed);
}

static void
handle_request(Client *client, struct json_object *request)
{
    SimCallContext context = {.host = client->server->host, .faults = client->server->faults};
    const char *call = json_object_get_string(json_object_object_get(request, "call"));
    guint delay = sim_call_get_delay(&context, call);

    if (delay > 0 && client->delayed->len < MAX_DELAYED)
        delay_call(client, json_object_get(request), delay);
    else
        make_call(client, request);
}

/* Returns NULL, with a reason in *@why, unless @line is one JSON object that
 * names a call. */
static struct json_object *
parse_request(const char *line, gsize length, const char **why)
{
    struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    struct json_object *request;

    /* Read with its final NUL, which ends it in any case. */
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    request = json_tokener_parse_ex(tokener, line, (int)length + 1);
    *why = json_tokener_error_desc(json_tokener_get_error(tokener));
    if (request &&
        !json_object_is_type(json_object_object_get(request, "call"), json_type_string)) {
        *why = "it names no call";
        g_clear_pointer(&request, json_object_put);
    }
    json_tokener_free(tokener);
    return request;
}

static void
on_line(SimConnection *connection, const char *line, gsize length, gpointer user_data)
{
    Client *client = user_data;
    const char *why;
    struct json_object *request = parse_request(line, length, &why);
    g_autoptr(GError) failure = NULL;

    if (!request) {
        virtxl_error_set(&failure, VIR_ERR_INVALID_ARG, _("not a request: %s"), why);
        send_error(client, NULL, failure);
        return;
    }
    handle_request(client, request);
    json_object_put(request);
}

/* --- Clients --- */

static void
client_free(Client *client)
{
    g_ptr_array_unref(client->delayed);
    sim_connection_free(client->connection);
    g_free(client);
}

static void
on_closed(SimConnection *connection, gpointer user_data)
{
    Client *client = user_data;
    SimServer *server = client->server;
    SimBackend *backend = sim_host_get_backend(server->host);

    if (sim_backend_get_connection(backend) == connection)
        sim_backend_set_connection(backend, NULL);
    g_ptr_array_remove(server->clients, client);
    update_linger(server);
}

static gboolean
on_client(int fd, GIOCondition condition, gpointer user_data)
{
    static const SimConnectionCallbacks callbacks = {on_line, on_closed};
    SimServer *server = user_data;
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    Client *client;

    if (accepted < 0)
        return G_SOURCE_CONTINUE;
    if (server->clients->len == MAX_CLIENTS) {
        close(accepted);
        return G_SOURCE_CONTINUE;
    }
    client = g_new0(Client, 1);
    client->server = server;
    client->delayed = g_ptr_array_new_with_free_func((GDestroyNotify)delayed_free);
    client->connection = sim_connection_new(accepted, &callbacks, client);
    g_ptr_array_add(server->clients, client);
    update_linger(server);
    return G_SOURCE_CONTINUE;
}

/* --- The server --- */

static bool
open_socket(SimServer *server, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int bound;

    if (strlen(path) >= sizeof(address.sun_path))
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("socket path '%s' is longer than %zu bytes"), path,
                                sizeof(address.sun_path) - 1);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* We hold the lock: what is there is a dead host's. */
    unlink(path);
    mask = umask(0177);
    bound = bind(server->listener, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (bound < 0 || listen(server->listener, BACKLOG) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot listen on '%s': %s"), path,
                                g_strerror(errno));
    server->path = g_strdup(path);
    server->listener_source = g_unix_fd_add(server->listener, G_IO_IN, on_client, server);
    return true;
}

static gboolean
on_signal(gpointer user_data)
{
    SimServer *server = user_data;

    g_main_loop_quit(server->loop);
    return G_SOURCE_CONTINUE;
}

SimServer *
sim_server_new(const char *root, guint linger_ms, bool *is_running, GError **error)
{
    g_autoptr(SimServer) server = g_new0(SimServer, 1);
    g_autofree char *directory = sim_server_get_directory(root);
    g_autofree char *path = sim_server_get_socket(root);

    server->loop = g_main_loop_new(NULL, FALSE);
    server->root = g_strdup(root);
    server->listener = -1;
    server->linger_ms = linger_ms;
    server->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
    server->faults = sim_faults_new();
    if (!sim_instance_acquire(&server->instance, directory, is_running, error))
        return NULL;
    server->host = sim_host_new(directory, on_host_event, server);
    if (!open_socket(server, path, error))
        return NULL;
    server->signals[0] = g_unix_signal_add(SIGTERM, on_signal, server);
    server->signals[1] = g_unix_signal_add(SIGINT, on_signal, server);
    return g_steal_pointer(&server);
}

void
sim_server_free(SimServer *server)
{
    if (!server)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(server->signals); i++)
        g_clear_handle_id(&server->signals[i], g_source_remove);
    g_clear_handle_id(&server->linger_timer, g_source_remove);
    g_clear_handle_id(&server->listener_source, g_source_remove);
    if (server->path)
        unlink(server->path);
    if (server->listener >= 0)
        close(server->listener);
    sim_host_free(server->host);
    sim_instance_release(&server->instance);
    /* Clients see the end last, when everything is gone. */
    g_ptr_array_unref(server->clients);
    sim_faults_free(server->faults);
    g_main_loop_unref(server->loop);
    g_free(server->root);
    g_free(server->path);
    g_free(server);
}

void
sim_server_run(SimServer *server)
{
    server->linger_timer =
        g_timeout_add(MAX(server->linger_ms, FIRST_LINGER_MS), on_linger, server);
    g_main_loop_run(server->loop);
}

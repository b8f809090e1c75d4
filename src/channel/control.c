/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/control.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/channeld_socket.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

/* For a list: a daemon that is busy answers late. */
#define LIST_WAIT_MS 10000

struct Control {
    GSocketService *service;
    char *path; /* that we have made, or NULL */
    ControlFunc func;
    gpointer user_data;
};

/* --- serving ------------------------------------------------------------------ */

static void
on_written(GObject *stream, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GSocketConnection) connection = user_data;

    g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL);
}

/* Who doesn't read keeps a copy of the list waiting, and no one else. */
static gboolean
on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source,
            gpointer user_data)
{
    Control *control = user_data;
    struct json_object *object = json_object_new_object();
    GOutputStream *stream = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    char *text;

    control->func(object, control->user_data);
    text = g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    json_object_put(object);
    g_object_set_data_full(G_OBJECT(connection), "text", text, g_free);
    g_socket_set_timeout(g_socket_connection_get_socket(connection), 10);
    g_output_stream_write_all_async(stream, text, strlen(text), G_PRIORITY_DEFAULT, NULL,
                                    on_written, g_object_ref(connection));
    return TRUE;
}

/* The daemon has its lock, so what is at the path is a dead one's. */
static bool
listen_at(Control *control, const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GError) reason = NULL;
    mode_t mask;
    bool ok;

    if (!file_make_directory(directory, 0755, error))
        return false;
    g_unlink(path);
    mask = umask(0177);
    ok = g_socket_listener_add_address(G_SOCKET_LISTENER(control->service), address,
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                       &reason);
    umask(mask);
    if (!ok)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot listen at '%s': %s"), path,
                                reason->message);
    control->path = g_strdup(path);
    return true;
}

Control *
control_new(const char *path, ControlFunc func, gpointer user_data, GError **error)
{
    Control *control = g_new0(Control, 1);

    control->service = g_socket_service_new();
    control->func = func;
    control->user_data = user_data;
    if (listen_at(control, path, error)) {
        g_signal_connect(control->service, "incoming", G_CALLBACK(on_incoming), control);
        g_socket_service_start(control->service);
        return control;
    }
    control_free(control);
    return NULL;
}

void
control_free(Control *control)
{
    if (!control)
        return;
    g_socket_service_stop(control->service);
    g_socket_listener_close(G_SOCKET_LISTENER(control->service));
    g_object_unref(control->service);
    if (control->path)
        g_unlink(control->path);
    g_free(control->path);
    g_free(control);
}

/* --- asking ------------------------------------------------------------------- */

static const char *
get_string(struct json_object *channel, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(channel, key));

    return text ? text : "";
}

static guint64
get_number(struct json_object *channel, const char *key)
{
    return json_object_get_uint64(json_object_object_get(channel, key));
}

/* As Xen's headers call them. */
static const char *
get_state_name(guint64 state)
{
    static const char *const names[] = {"unknown",   "initialising", "init-wait", "initialised",
                                        "connected", "closing",      "closed"};

    return state < G_N_ELEMENTS(names) ? names[state] : names[0];
}

static void
print_channel(struct json_object *channel)
{
    const char *error = get_string(channel, "error");
    guint64 pid = get_number(channel, "client_pid");
    bool connected = json_object_get_boolean(json_object_object_get(channel, "connected"));
    char client[32];

    if (pid)
        g_snprintf(client, sizeof(client), "%" G_GUINT64_FORMAT, pid);
    else
        g_strlcpy(client, connected ? "yes" : "-", sizeof(client));
    printf("%-20s %-28s %2" G_GUINT64_FORMAT "  %-12s %-12s %12" G_GUINT64_FORMAT
           " %12" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT " %8s  %s\n",
           get_string(channel, "domain"), get_string(channel, "name"), get_number(channel, "devid"),
           get_state_name(get_number(channel, "frontend_state")),
           get_state_name(get_number(channel, "backend_state")), get_number(channel, "in_bytes"),
           get_number(channel, "out_bytes"), get_number(channel, "in_held"),
           get_number(channel, "out_held"), client,
           *error ? error : get_string(channel, "endpoint"));
}

static void
print_table(struct json_object *channels)
{
    printf("%-20s %-28s %2s  %-12s %-12s %12s %12s %8s %8s %8s  %s\n", _("Domain"), _("Channel"),
           _("Id"), _("Guest"), _("Host"), _("To guest"), _("From guest"), _("Held to"), _("from"),
           _("Client"), _("Endpoint"));
    for (size_t i = 0; i < json_object_array_length(channels); i++)
        print_channel(json_object_array_get_idx(channels, i));
}

bool
control_print_list(const char *path, bool as_json, GError **error)
{
    g_autofree char *text = channeld_socket_ask(path, LIST_WAIT_MS, error);
    struct json_object *object = text ? json_tokener_parse(text) : NULL;
    struct json_object *channels = json_object_object_get(object, "channels");
    bool is_list = json_object_is_type(channels, json_type_array);

    if (text && !is_list)
        virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("what answers at '%s' is something else"),
                         path);
    else if (text && as_json)
        printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
    else if (text)
        print_table(channels);
    json_object_put(object);
    return is_list;
}

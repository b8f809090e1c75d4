/* How it works
 *
 * A channel is made or told to close by one call, and then looked at again and again
 * until backend or guest has done its part: callers are worker threads, which may wait.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "xen/xen_host_sim_channel.h"

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_sim_json.h"

enum {
    ADD_WAIT_MS = 10000,
    REMOVE_WAIT_MS = 5000,
    LOOK_MS = 10,
    /* XenbusState of Xen's io/xenbus.h. */
    STATE_INITIALISING = 1,
    STATE_INIT_WAIT = 2,
    STATE_CLOSING = 5,
    STATE_CLOSED = 6,
};

static const char *
get_string(Json *object, const char *key)
{
    return json_object_get_string(json_object_object_get(object, key));
}

static Json *
new_args(guint32 domid, guint devid)
{
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_number(args, "devid", devid);
    return args;
}

/* --- The backend --- */

static bool
is_backend_present(XenSimClient *client)
{
    g_autoptr(Json) result = xen_sim_client_call(client, "get_backend", NULL, NULL);

    return result && xen_sim_get_flag(result, "present");
}

/* In the build's folder it is in the room beside ours. Returns a new string. */
static char *
find_program(void)
{
    const char *program = g_getenv("VIRTXL_CHANNELD");
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *directory = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *built = NULL;

    if (program)
        return g_strdup(program);
    if (directory)
        built = g_build_filename(directory, "..", "channel", "virtxl-channeld", NULL);
    if (built && g_file_test(built, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer(&built);
    return g_strdup(VIRTXL_CHANNELD_PATH);
}

void
xen_sim_start_backend(XenSimClient *client, const char *root)
{
    g_autofree char *program = find_program();
    const char *const argv[] = {program, "--host", "sim", "--root", root, "--detach", NULL};
    g_autofree char *complaint = NULL;
    g_autoptr(GError) detail = NULL;
    int status;

    if (is_backend_present(client) || !g_file_test(program, G_FILE_TEST_IS_EXECUTABLE))
        return;
    if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                     &complaint, &status, &detail) &&
        g_spawn_check_wait_status(status, &detail))
        return;
    if (complaint)
        g_strstrip(complaint);
    g_warning("cannot start virtxl-channeld: %s",
              complaint && *complaint ? complaint : detail->message);
}

bool
xen_sim_check_backend(XenSimClient *client, const char *root, GError **error)
{
    g_autofree char *program = find_program();

    if (is_backend_present(client))
        return true;
    if (!g_file_test(program, G_FILE_TEST_IS_EXECUTABLE))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("virtxl-channeld does not run, and its program '%s' is missing; "
                                  "install it, or name it in the environment variable "
                                  "VIRTXL_CHANNELD"),
                                program);
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                            _("virtxl-channeld does not run; start it: '%s --host sim --root %s "
                              "--detach'"),
                            program, root);
}

/* --- Listing --- */

static XenChannelInfo *
new_channel_info(Json *object)
{
    XenChannelInfo *info = g_new0(XenChannelInfo, 1);

    info->devid = (guint)xen_sim_get_number(object, "devid");
    info->name = g_strdup(get_string(object, "name"));
    info->path = g_strdup(get_string(object, "path"));
    info->is_pty = xen_sim_get_flag(object, "pty");
    info->is_ours = xen_sim_get_flag(object, "ours");
    info->is_connected = xen_sim_get_flag(object, "connected");
    return info;
}

GPtrArray *
xen_sim_list_channels(XenSimClient *client, guint32 domid, GError **error)
{
    Json *args = json_object_new_object();
    g_autoptr(Json) result = NULL;
    GPtrArray *channels;
    gsize length = 0;
    Json *list;

    json_object_object_add(args, "domid", json_object_new_int64(domid));
    result = xen_sim_client_call(client, "list_channels", args, error);
    if (!result)
        return NULL;
    list = json_object_object_get(result, "channels");
    if (json_object_is_type(list, json_type_array))
        length = json_object_array_length(list);
    channels = g_ptr_array_new_with_free_func((GDestroyNotify)xen_channel_info_free);
    for (gsize i = 0; i < length; i++)
        g_ptr_array_add(channels, new_channel_info(json_object_array_get_idx(list, i)));
    return channels;
}

/* --- Waiting --- */

typedef bool (*ConditionFunc)(Json *channel);

/* Returns the channel as it is when @condition is true, or as it is after @limit_ms.
 * NULL, with an error, if it has gone. */
static Json *
wait_until(XenSimClient *client, guint32 domid, guint devid, ConditionFunc condition,
           guint limit_ms, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)limit_ms * 1000;

    for (;;) {
        Json *channel = xen_sim_client_call(client, "get_channel", new_args(domid, devid), error);

        if (!channel || condition(channel) || g_get_monotonic_time() >= deadline)
            return channel;
        json_object_put(channel);
        g_usleep(LOOK_MS * 1000);
    }
}

/* The backend serves it, or has said why it can't. */
static bool
is_decided(Json *channel)
{
    return get_string(channel, "error") ||
           xen_sim_get_number(channel, "backend_state") >= STATE_INIT_WAIT;
}

static bool
is_released(Json *channel)
{
    return xen_sim_get_number(channel, "frontend_state") == STATE_CLOSED;
}

/* --- Adding --- */

static Json *
format_source(const ChannelSource *source)
{
    g_autoptr(GHashTable) nodes = channel_source_to_nodes(source);
    Json *object = json_object_new_object();
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, nodes);
    while (g_hash_table_iter_next(&iter, &name, &value))
        json_object_object_add(object, name, json_object_new_string(value));
    return object;
}

static bool
wait_served(XenSimClient *client, guint32 domid, guint devid, GError **error)
{
    g_autoptr(Json) channel = wait_until(client, domid, devid, is_decided, ADD_WAIT_MS, error);
    guint64 state;

    if (!channel)
        return false;
    if (get_string(channel, "error"))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, "%s",
                                get_string(channel, "error"));
    state = xen_sim_get_number(channel, "backend_state");
    if (state < STATE_INIT_WAIT)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("virtxl-channeld did not answer within %d seconds"),
                                ADD_WAIT_MS / 1000);
    return state < STATE_CLOSING || virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                                     _("virtxl-channeld does not serve it"));
}

bool
xen_sim_add_channel(XenSimClient *client, guint32 domid, guint devid, const char *name,
                    const ChannelSource *source, GError **error)
{
    Json *args = new_args(domid, devid);

    json_object_object_add(args, "name", json_object_new_string(name));
    json_object_object_add(args, "source", format_source(source));
    if (!xen_sim_client_call_plain(client, "add_channel", args, error))
        return false;
    if (wait_served(client, domid, devid, error))
        return true;
    xen_sim_client_call_plain(client, "remove_channel", new_args(domid, devid), NULL);
    return false;
}

/* --- Removing --- */

static bool
set_online(XenSimClient *client, guint32 domid, guint devid, bool online, GError **error)
{
    Json *args = new_args(domid, devid);

    json_object_object_add(args, "online", json_object_new_boolean(online));
    return xen_sim_client_call_plain(client, "set_channel_online", args, error);
}

/* No driver of the guest has ever taken it. */
static bool
is_unused(Json *channel)
{
    return xen_sim_get_number(channel, "frontend_state") == STATE_INITIALISING;
}

static bool
remove_released(XenSimClient *client, guint32 domid, guint devid, bool force, GError **error)
{
    g_autoptr(Json) channel = wait_until(client, domid, devid, is_released, REMOVE_WAIT_MS, error);

    if (!channel)
        return false;
    if (is_released(channel) || is_unused(channel) || force)
        return xen_sim_client_call_plain(client, "remove_channel", new_args(domid, devid), error);
    return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                            _("domain %u: the guest does not let go of device id %u"), domid,
                            devid);
}

bool
xen_sim_remove_channel(XenSimClient *client, guint32 domid, guint devid, bool force, GError **error)
{
    if (!set_online(client, domid, devid, false, error))
        return false;
    if (remove_released(client, domid, devid, force, error))
        return true;
    set_online(client, domid, devid, true, NULL);
    return false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/channel_calls.h"

#include "simhost/call_args.h"
#include "simhost/json_tools.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- Listing --- */

static struct json_object *
describe_channel(SimChannel *channel)
{
    struct json_object *object = json_object_new_object();

    sim_json_add_number(object, "devid", sim_channel_get_devid(channel));
    sim_json_add_string(object, "name", sim_channel_get_name(channel));
    sim_json_add_string(object, "path", sim_channel_get_path(channel));
    sim_json_add_flag(object, "pty", sim_channel_is_pty(channel));
    sim_json_add_flag(object, "connected", sim_channel_get_state(channel) == SIM_CHANNEL_CONNECTED);
    return object;
}

static void
add_device(gpointer data, gpointer user_data)
{
    SimDevice *device = data;
    struct json_object *object = json_object_new_object();

    sim_json_add_number(object, "devid", sim_device_get_devid(device));
    sim_json_add_string(object, "name", sim_device_get_name(device));
    sim_json_add_string(object, "path", sim_device_get_path(device));
    sim_json_add_flag(object, "pty", sim_device_is_pty(device));
    sim_json_add_flag(object, "ours", true);
    sim_json_add_flag(object, "connected", sim_device_is_connected(device));
    json_object_array_add(user_data, object);
}

static gint64
get_devid(struct json_object *channel)
{
    return json_object_get_int64(json_object_object_get(channel, "devid"));
}

static int
compare_devids(const void *a, const void *b)
{
    gint64 left = get_devid(*(struct json_object *const *)a);
    gint64 right = get_devid(*(struct json_object *const *)b);

    return (left > right) - (left < right);
}

bool
sim_call_list_channels(SimCallContext *context, struct json_object *args,
                       struct json_object *result, GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);
    struct json_object *list;
    GPtrArray *channels;

    if (!domain)
        return false;
    channels = sim_domain_get_channels(domain);
    list = json_object_new_array();
    for (guint i = 0; i < channels->len; i++)
        json_object_array_add(list, describe_channel(g_ptr_array_index(channels, i)));
    sim_device_list_foreach(sim_domain_get_devices(domain), add_device, list);
    json_object_array_sort(list, compare_devids);
    json_object_object_add(result, "channels", list);
    return true;
}

/* --- Of the toolstack --- */

bool
sim_call_get_backend(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    sim_json_add_flag(result, "present", sim_backend_is_alive(sim_host_get_backend(context->host)));
    return true;
}

static bool
read_devid(struct json_object *args, guint *devid, GError **error)
{
    struct json_object *value = json_object_object_get(args, "devid");
    gint64 number = json_object_get_int64(value);

    *devid = (guint)number;
    if (json_object_is_type(value, json_type_int) && number >= 0 && number <= SIM_DEVICE_MAX)
        return true;
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no device id"));
}

/* Is it the devid or the name of one that the domain was built with? */
static bool
check_channels(SimDomain *domain, guint devid, const char *name, GError **error)
{
    GPtrArray *channels = sim_domain_get_channels(domain);

    for (guint i = 0; i < channels->len; i++) {
        const SimChannel *channel = g_ptr_array_index(channels, i);

        if (sim_channel_get_devid(channel) == devid ||
            g_str_equal(sim_channel_get_name(channel), name))
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("domain '%s' has channel '%s' with device id %u already"),
                                    sim_domain_get_name(domain), sim_channel_get_name(channel),
                                    sim_channel_get_devid(channel));
    }
    return true;
}

bool
sim_call_add_channel(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);
    const char *name = domain ? sim_args_get_string(args, "name", error) : NULL;
    struct json_object *source = json_object_object_get(args, "source");
    guint devid;

    if (!name || !read_devid(args, &devid, error))
        return false;
    if (!json_object_is_type(source, json_type_object))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no source"));
    return check_channels(domain, devid, name, error) &&
           sim_domain_add_device(domain, devid, name, source, error);
}

static SimDevice *
get_device(SimCallContext *context, struct json_object *args, SimDomain **domain, GError **error)
{
    SimDevice *device;
    guint devid;

    *domain = sim_args_get_guest(context, args, error);
    if (!*domain || !read_devid(args, &devid, error))
        return NULL;
    device = sim_device_list_get(sim_domain_get_devices(*domain), devid);
    if (!device)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("domain '%s' has no channel with device id %u"),
                         sim_domain_get_name(*domain), devid);
    return device;
}

bool
sim_call_get_channel(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    SimDomain *domain;
    SimDevice *device = get_device(context, args, &domain, error);

    if (device)
        sim_device_describe(device, result);
    return device != NULL;
}

bool
sim_call_set_channel_online(SimCallContext *context, struct json_object *args,
                            struct json_object *result, GError **error)
{
    SimDomain *domain;
    SimDevice *device = get_device(context, args, &domain, error);
    struct json_object *online = json_object_object_get(args, "online");

    if (!device)
        return false;
    if (!json_object_is_type(online, json_type_boolean))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("online or not, the call says not"));
    sim_device_set_online(device, json_object_get_boolean(online));
    return true;
}

bool
sim_call_remove_channel(SimCallContext *context, struct json_object *args,
                        struct json_object *result, GError **error)
{
    SimDomain *domain;
    SimDevice *device = get_device(context, args, &domain, error);

    if (device)
        sim_device_list_remove(sim_domain_get_devices(domain), device);
    return device != NULL;
}

/* --- Of the backend --- */

bool
sim_call_backend(SimCallContext *context, struct json_object *args, struct json_object *result,
                 GError **error)
{
    const SimBackend *backend = sim_host_get_backend(context->host);

    if (sim_backend_is_alive(backend))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_INVALID, _("process %lld serves the channels already"),
            (long long)sim_connection_get_pid(sim_backend_get_connection(backend)));
    context->serve = true;
    return true;
}

static bool
set_device(SimDevice *device, struct json_object *args, GError **error)
{
    struct json_object *state = json_object_object_get(args, "state");
    struct json_object *terminal = json_object_object_get(args, "tty");
    struct json_object *message;
    int number = json_object_get_int(state);

    if (json_object_is_type(state, json_type_int) && number >= SIM_XENBUS_UNKNOWN &&
        number <= SIM_XENBUS_RECONFIGURED)
        sim_device_set_backend_state(device, number);
    else if (json_object_is_type(terminal, json_type_string))
        sim_device_set_terminal(device, json_object_get_string(terminal));
    else if (json_object_object_get_ex(args, "error", &message))
        sim_device_set_error(device, json_object_get_string(message));
    else
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("nothing that a backend sets"));
    return true;
}

bool
sim_call_backend_set(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    const SimBackend *backend = sim_host_get_backend(context->host);
    SimDevice *device;
    SimDomain *domain;

    if (sim_backend_get_connection(backend) != context->caller)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("only the backend of channels may call this"));
    device = get_device(context, args, &domain, NULL);
    return !device || set_device(device, args, error);
}

/* Calls about the host's devices. Those that return a device return its name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_node_device.h"
#include "remote/remote_access.h"
#include "remote/remote_handlers.h"
#include "remote_protocol.h"

static const char *
get_text(const remote_string string)
{
    return string ? *string : NULL;
}

/* Takes at most @maximum of @names over. */
static remote_nonnull_string *
take_names(GPtrArray *names, guint maximum, u_int *n)
{
    remote_nonnull_string *list;

    *n = MIN(MIN(names->len, maximum), REMOTE_NODE_DEVICE_LIST_MAX);
    list = g_new0(remote_nonnull_string, *n);
    for (guint i = 0; i < *n; i++)
        list[i] = g_steal_pointer(&names->pdata[i]);
    return list;
}

/* --- lists ---------------------------------------------------------------------------- */

bool
remote_node_num_of_devices(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_num_of_devices_args *args = data;
    remote_node_num_of_devices_ret *ret = result;
    g_autoptr(GPtrArray) names =
        libxl_driver_node_list_devices(call->driver, get_text(args->cap), args->flags, error);

    if (!names)
        return false;
    remote_access_filter_names(call, names);
    ret->num = (int)names->len;
    return true;
}

bool
remote_node_list_devices(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_list_devices_args *args = data;
    remote_node_list_devices_ret *ret = result;
    g_autoptr(GPtrArray) names =
        libxl_driver_node_list_devices(call->driver, get_text(args->cap), args->flags, error);

    if (!names)
        return false;
    remote_access_filter_names(call, names);
    ret->names.names_val = take_names(names, (guint)MAX(args->maxnames, 0), &ret->names.names_len);
    return true;
}

bool
remote_connect_list_all_node_devices(RemoteCall *call, gconstpointer data, gpointer result,
                                     GError **error)
{
    const remote_connect_list_all_node_devices_args *args = data;
    remote_connect_list_all_node_devices_ret *ret = result;
    g_autoptr(GPtrArray) names =
        libxl_driver_connect_list_all_node_devices(call->driver, args->flags, error);

    if (!names)
        return false;
    remote_access_filter_names(call, names);
    ret->ret = names->len;
    if (args->need_results)
        ret->devices.devices_val = take_names(names, G_MAXUINT, &ret->devices.devices_len);
    return true;
}

/* --- one ------------------------------------------------------------------------------- */

bool
remote_node_device_lookup_by_name(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_node_device_lookup_by_name_args *args = data;
    remote_node_device_lookup_by_name_ret *ret = result;

    if (!libxl_driver_node_device_lookup_by_name(call->driver, args->name, error))
        return false;
    ret->dev = g_strdup(args->name);
    return true;
}

bool
remote_node_device_get_xml_desc(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_node_device_get_xml_desc_args *args = data;
    remote_node_device_get_xml_desc_ret *ret = result;

    ret->xml = libxl_driver_node_device_get_xml_desc(call->driver, args->name, args->flags, error);
    return ret->xml != NULL;
}

bool
remote_node_device_get_parent(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_device_get_parent_args *args = data;
    remote_node_device_get_parent_ret *ret = result;
    char *parent = NULL;

    if (!libxl_driver_node_device_get_parent(call->driver, args->name, &parent, error))
        return false;
    if (parent) {
        ret->parentName = g_new(remote_nonnull_string, 1);
        *ret->parentName = parent;
    }
    return true;
}

bool
remote_node_device_num_of_caps(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    const remote_node_device_num_of_caps_args *args = data;
    remote_node_device_num_of_caps_ret *ret = result;

    ret->num = 1;
    return libxl_driver_node_device_lookup_by_name(call->driver, args->name, error);
}

bool
remote_node_device_list_caps(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_device_list_caps_args *args = data;
    remote_node_device_list_caps_ret *ret = result;
    g_autoptr(GPtrArray) caps = g_ptr_array_new_with_free_func(g_free);

    if (!libxl_driver_node_device_lookup_by_name(call->driver, args->name, error))
        return false;
    g_ptr_array_add(caps, g_strdup("pci"));
    ret->names.names_val = take_names(caps, (guint)MAX(args->maxnames, 0), &ret->names.names_len);
    return true;
}

/* --- to guests and back --------------------------------------------------------------- */

bool
remote_node_device_dettach(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_device_dettach_args *args = data;

    return libxl_driver_node_device_detach(call->driver, args->name, NULL, 0, error);
}

bool
remote_node_device_detach_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_node_device_detach_flags_args *args = data;

    return libxl_driver_node_device_detach(call->driver, args->name, get_text(args->driverName),
                                           args->flags, error);
}

bool
remote_node_device_re_attach(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_device_re_attach_args *args = data;

    return libxl_driver_node_device_re_attach(call->driver, args->name, error);
}

bool
remote_node_device_reset(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_device_reset_args *args = data;

    return libxl_driver_node_device_reset(call->driver, args->name, error);
}

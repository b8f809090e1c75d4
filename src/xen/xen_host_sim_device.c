/* Each function is one call, with the device as libxl's own JSON; see
 * simhost/device_calls.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "xen/xen_host_sim_device.h"

#include <stdlib.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_sim_json.h"

static Json *
new_args(guint32 domid, XenDeviceType type)
{
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_string(args, "type", xen_device_type_names[type]);
    return args;
}

/* A call about @device, with its name. */
static bool
call_with_device(XenSimClient *client, const char *call, guint32 domid, XenDevice *device,
                 GError **error)
{
    g_autofree char *name = xen_device_dup_name(device);
    Json *args = new_args(domid, device->type);
    char *text = xen_device_format(device);

    xen_sim_add_string(args, "name", name);
    json_object_object_add(args, "device", text ? json_tokener_parse(text) : NULL);
    free(text);
    return xen_sim_client_call_plain(client, call, args, error);
}

static bool
find_type(const char *name, XenDeviceType *type)
{
    for (guint i = 0; i < XEN_DEVICE_TYPES; i++) {
        if (g_strcmp0(xen_device_type_names[i], name) == 0) {
            *type = (XenDeviceType)i;
            return true;
        }
    }
    return false;
}

GPtrArray *
xen_sim_list_devices(XenSimClient *client, guint32 domid, GError **error)
{
    g_autoptr(Json) result =
        xen_sim_client_call(client, "list_devices", xen_sim_args_new(domid), error);
    GPtrArray *infos;
    Json *list;

    if (!result)
        return NULL;
    list = json_object_object_get(result, "devices");
    infos = g_ptr_array_new_with_free_func((GDestroyNotify)xen_device_info_free);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        Json *device = json_object_array_get_idx(list, i);
        const char *name = json_object_get_string(json_object_object_get(device, "name"));
        XenDeviceType type;

        if (find_type(json_object_get_string(json_object_object_get(device, "type")), &type))
            g_ptr_array_add(infos, xen_device_info_new(type, g_strdup(name)));
    }
    return infos;
}

bool
xen_sim_add_device(XenSimClient *client, guint32 domid, XenDevice *device, GError **error)
{
    return call_with_device(client, "add_device", domid, device, error);
}

bool
xen_sim_change_medium(XenSimClient *client, guint32 domid, XenDevice *disk, GError **error)
{
    return call_with_device(client, "change_medium", domid, disk, error);
}

bool
xen_sim_remove_device(XenSimClient *client, guint32 domid, XenDeviceType type, const char *name,
                      bool force, GError **error)
{
    Json *args = new_args(domid, type);

    xen_sim_add_string(args, "name", name);
    json_object_object_add(args, "force", json_object_new_boolean(force));
    return xen_sim_client_call_plain(client, "remove_device", args, error);
}

bool
xen_sim_set_assignable(XenSimClient *client, const XenDevice *pci, bool assignable, GError **error)
{
    g_autofree char *name = xen_device_dup_name(pci);
    Json *args = json_object_new_object();

    xen_sim_add_string(args, "name", name);
    json_object_object_add(args, "assignable", json_object_new_boolean(assignable));
    return xen_sim_client_call_plain(client, "set_assignable", args, error);
}

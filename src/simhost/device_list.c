/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/device_list.h"

#include "util/error.h"
#include "util/i18n.h"

struct SimDeviceList {
    guint32 domid;
    char *name;
    char *links;
    char *rings;
    SimBackend *backend;
    GFunc connected;
    gpointer user_data;
    bool running;
    GPtrArray *devices; /* of SimDevice */
};

SimDeviceList *
sim_device_list_new(const SimDeviceListConfig *config)
{
    SimDeviceList *list = g_new0(SimDeviceList, 1);

    list->domid = config->domid;
    list->name = g_strdup(config->name);
    list->links = g_strdup(config->links);
    list->rings = g_strdup(config->rings);
    list->backend = config->backend;
    list->connected = config->connected;
    list->user_data = config->user_data;
    list->devices = g_ptr_array_new_with_free_func((GDestroyNotify)sim_device_free);
    return list;
}

void
sim_device_list_free(SimDeviceList *list)
{
    if (!list)
        return;
    g_ptr_array_unref(list->devices);
    g_free(list->name);
    g_free(list->links);
    g_free(list->rings);
    g_free(list);
}

static bool
check_new(SimDeviceList *list, guint devid, const char *name, struct json_object *source,
          GError **error)
{
    struct json_object_iterator at = json_object_iter_begin(source);
    struct json_object_iterator end = json_object_iter_end(source);

    if (devid < 1 || devid > SIM_DEVICE_MAX || sim_device_list_get(list, devid))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' can't have a channel with device id %u"), list->name,
                                devid);
    if (!*name || sim_device_list_find(list, name))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' can't have a channel with the name '%s'"),
                                list->name, name);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (!json_object_is_type(json_object_iter_peek_value(&at), json_type_string))
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("node '%s' of channel '%s' is no string"),
                                    json_object_iter_peek_name(&at), name);
    return true;
}

SimDevice *
sim_device_list_add(SimDeviceList *list, guint devid, const char *name, const char *file,
                    struct json_object *source, GError **error)
{
    g_autofree char *link = g_build_filename(list->links, file, NULL);
    SimDeviceConfig config = {
        .frontend = {list->domid, devid, name, link, list->rings},
        .domain = list->name,
        .source = source,
        .backend = list->backend,
        .connected = list->connected,
        .user_data = list->user_data,
    };
    SimDevice *device;

    if (!check_new(list, devid, name, source, error))
        return NULL;
    device = sim_device_new(&config, error);
    if (!device)
        return NULL;
    g_ptr_array_add(list->devices, device);
    sim_frontend_set_running(sim_device_get_frontend(device), list->running);
    return device;
}

void
sim_device_list_remove(SimDeviceList *list, SimDevice *device)
{
    g_ptr_array_remove(list->devices, device);
}

SimDevice *
sim_device_list_get(SimDeviceList *list, guint devid)
{
    for (guint i = 0; list && i < list->devices->len; i++) {
        SimDevice *device = g_ptr_array_index(list->devices, i);

        if (sim_device_get_devid(device) == devid)
            return device;
    }
    return NULL;
}

SimDevice *
sim_device_list_find(SimDeviceList *list, const char *name)
{
    for (guint i = 0; list && i < list->devices->len; i++) {
        SimDevice *device = g_ptr_array_index(list->devices, i);

        if (g_str_equal(sim_device_get_name(device), name))
            return device;
    }
    return NULL;
}

void
sim_device_list_foreach(SimDeviceList *list, GFunc func, gpointer user_data)
{
    if (list)
        g_ptr_array_foreach(list->devices, func, user_data);
}

void
sim_device_list_set_running(SimDeviceList *list, bool running)
{
    if (!list)
        return;
    list->running = running;
    for (guint i = 0; i < list->devices->len; i++)
        sim_frontend_set_running(sim_device_get_frontend(g_ptr_array_index(list->devices, i)),
                                 running);
}

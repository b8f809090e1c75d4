/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/device.h"

#include "simhost/json_tools.h"

struct SimDevice {
    guint32 domid;
    guint devid;
    char *domain;
    char *name;
    struct json_object *source;
    SimBackend *backend;
    SimFrontend *frontend;
    GFunc connected;
    gpointer user_data;
    bool online;
    int backend_state;
    char *terminal;
    char *error;
};

/* --- Telling --- */

void
sim_device_describe(const SimDevice *device, struct json_object *object)
{
    guint32 reference;
    guint32 port;

    sim_json_add_number(object, "domid", device->domid);
    sim_json_add_number(object, "devid", device->devid);
    sim_json_add_string(object, "domain", device->domain);
    sim_json_add_string(object, "name", device->name);
    json_object_object_add(object, "source", json_object_get(device->source));
    sim_json_add_flag(object, "online", device->online);
    sim_json_add_number(object, "backend_state", (guint64)device->backend_state);
    sim_json_add_number(object, "frontend_state",
                        (guint64)sim_frontend_get_state(device->frontend));
    sim_json_add_number(object, "frontend_writes", sim_frontend_get_writes(device->frontend));
    if (sim_frontend_get_ring(device->frontend, &reference, &port)) {
        sim_json_add_number(object, "ring_ref", reference);
        sim_json_add_number(object, "port", port);
    }
    sim_json_add_string(object, "tty", device->terminal);
    sim_json_add_string(object, "error", device->error);
}

void
sim_device_tell(SimDevice *device)
{
    struct json_object *event = json_object_new_object();

    sim_json_add_string(event, "event", "channel");
    sim_device_describe(device, event);
    sim_backend_send(device->backend, event);
}

static void
tell_gone(const SimDevice *device)
{
    struct json_object *event = json_object_new_object();

    sim_json_add_string(event, "event", "channel-gone");
    sim_json_add_number(event, "domid", device->domid);
    sim_json_add_number(event, "devid", device->devid);
    sim_backend_send(device->backend, event);
}

static void
on_frontend_changed(gpointer user_data)
{
    sim_device_tell(user_data);
}

/* --- Writing --- */

void
sim_device_set_backend_state(SimDevice *device, int state)
{
    bool was_connected = sim_device_is_connected(device);

    device->backend_state = state;
    sim_device_tell(device);
    sim_frontend_handle_backend(device->frontend, state);
    if (sim_device_is_connected(device) != was_connected)
        device->connected(device, device->user_data);
}

void
sim_device_set_terminal(SimDevice *device, const char *path)
{
    g_free(device->terminal);
    device->terminal = g_strdup(path);
    sim_device_tell(device);
}

void
sim_device_set_error(SimDevice *device, const char *message)
{
    g_free(device->error);
    device->error = g_strdup(message);
    sim_device_tell(device);
}

void
sim_device_set_online(SimDevice *device, bool online)
{
    device->online = online;
    sim_device_tell(device);
}

/* --- Looking --- */

guint
sim_device_get_devid(const SimDevice *device)
{
    return device->devid;
}

const char *
sim_device_get_name(const SimDevice *device)
{
    return device->name;
}

static const char *
get_source(const SimDevice *device, const char *key)
{
    return json_object_get_string(json_object_object_get(device->source, key));
}

bool
sim_device_is_pty(const SimDevice *device)
{
    return g_strcmp0(get_source(device, "type"), "pty") == 0;
}

bool
sim_device_is_connected(const SimDevice *device)
{
    return device->backend_state == SIM_XENBUS_CONNECTED;
}

const char *
sim_device_get_path(const SimDevice *device)
{
    return sim_device_is_pty(device) ? device->terminal : get_source(device, "path");
}

SimFrontend *
sim_device_get_frontend(SimDevice *device)
{
    return device->frontend;
}

/* --- Coming and going --- */

SimDevice *
sim_device_new(const SimDeviceConfig *config, GError **error)
{
    SimDevice *device = g_new0(SimDevice, 1);

    device->frontend = sim_frontend_new(&config->frontend, on_frontend_changed, device, error);
    if (!device->frontend) {
        g_free(device);
        return NULL;
    }
    device->domid = config->frontend.domid;
    device->devid = config->frontend.devid;
    device->domain = g_strdup(config->domain);
    device->name = g_strdup(config->frontend.name);
    device->source = json_object_get(config->source);
    device->backend = config->backend;
    device->connected = config->connected;
    device->user_data = config->user_data;
    device->online = true;
    device->backend_state = SIM_XENBUS_INITIALISING;
    sim_device_tell(device);
    return device;
}

void
sim_device_free(SimDevice *device)
{
    if (!device)
        return;
    tell_gone(device);
    sim_frontend_free(device->frontend);
    json_object_put(device->source);
    g_free(device->domain);
    g_free(device->name);
    g_free(device->terminal);
    g_free(device->error);
    g_free(device);
}

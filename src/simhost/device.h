/* A channel that the backend daemon serves: what the store has of it, and its guest.
 *
 * The toolstack makes it, with a source (util/channel_source.h); the backend reads
 * that, and writes its state, the path of a terminal, or why it can't serve it; the
 * guest (frontend.h) writes its state and its ring. The backend is told of each
 * change.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/backend.h"
#include "simhost/frontend.h"

typedef struct SimDevice SimDevice;

typedef struct {
    SimFrontendConfig frontend;
    const char *domain;         /* its name */
    struct json_object *source; /* an object of strings; shared */
    SimBackend *backend;        /* outlives the device */
    GFunc connected;            /* called with the device when it has connected, or is no more */
    gpointer user_data;
} SimDeviceConfig;

/* The guest does not run yet. Errors: VIR_ERR_INTERNAL_ERROR; then nothing is left. */
SimDevice *sim_device_new(const SimDeviceConfig *config, GError **error);
void sim_device_free(SimDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimDevice, sim_device_free)

guint sim_device_get_devid(const SimDevice *device);
const char *sim_device_get_name(const SimDevice *device);
/* Where users find the host's end, or NULL. */
const char *sim_device_get_path(const SimDevice *device);
bool sim_device_is_pty(const SimDevice *device);
/* The backend's state is Connected. */
bool sim_device_is_connected(const SimDevice *device);
SimFrontend *sim_device_get_frontend(SimDevice *device);

/* Adds all that the store has. */
void sim_device_describe(const SimDevice *device, struct json_object *object);
/* Tells the backend of the device as it is. */
void sim_device_tell(SimDevice *device);

/* The backend writes. @path, @message: NULL removes it. */
void sim_device_set_backend_state(SimDevice *device, int state);
void sim_device_set_terminal(SimDevice *device, const char *path);
void sim_device_set_error(SimDevice *device, const char *message);

/* False: the toolstack wants it detached. The backend then closes, and the guest lets
 * go; or the toolstack wants that no more. */
void sim_device_set_online(SimDevice *device, bool online);

/* The channels of one domain that the backend daemon serves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/device.h"

#define SIM_DEVICE_MAX 4095 /* the highest devid */

typedef struct SimDeviceList SimDeviceList;

/* The domain whose channels they are. */
typedef struct {
    guint32 domid;
    const char *name;
    const char *links;   /* directory for the guest's ends */
    const char *rings;   /* directory for rings */
    SimBackend *backend; /* outlives the list */
    GFunc connected;     /* as SimDeviceConfig has it */
    gpointer user_data;
} SimDeviceListConfig;

SimDeviceList *sim_device_list_new(const SimDeviceListConfig *config);
/* Removes all that are left. */
void sim_device_list_free(SimDeviceList *list);

/* Adds a channel; its guest's end is named @file. The list owns what is returned. Errors:
 * VIR_ERR_INTERNAL_ERROR if the devid or the name is taken or makes no sense. */
SimDevice *sim_device_list_add(SimDeviceList *list, guint devid, const char *name, const char *file,
                               struct json_object *source, GError **error);
void sim_device_list_remove(SimDeviceList *list, SimDevice *device);

/* By devid, or by name; NULL if there is none. NULL has none. */
SimDevice *sim_device_list_get(SimDeviceList *list, guint devid);
SimDevice *sim_device_list_find(SimDeviceList *list, const char *name);
void sim_device_list_foreach(SimDeviceList *list, GFunc func, gpointer user_data);

/* Whether the guest runs. */
void sim_device_list_set_running(SimDeviceList *list, bool running);

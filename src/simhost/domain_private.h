/* What domain.c and domain_life.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/domain.h"

#define SIM_NO_REQUEST (-1)

struct SimDomain {
    guint32 domid;
    SimDomainConfig *config;
    char *directory; /* with the links to the guest's ends, NULL if there is none */

    guint pauses;
    bool is_connected; /* the guest has come up and connected its channels */
    bool is_shutdown;
    SimShutdownReason reason;
    int request; /* a SimShutdownReason that the guest was asked for, or SIM_NO_REQUEST */
    guint request_timer;
    SimDomainEventFunc event_func;
    gpointer user_data;

    gint64 cpu_time_us; /* up to running_since */
    gint64 running_since;

    GPtrArray *channels; /* of SimChannel, by devid */
    SimChannel *console;
    GPtrArray *serials;     /* of SimChannel, or NULL where it is no pty */
    SimDeviceList *devices; /* channels of the backend; NULL if there can be none */
    GHashTable *userdata;
};

/* Tells who wants to know. */
void sim_domain_tell(SimDomain *domain, const char *event);

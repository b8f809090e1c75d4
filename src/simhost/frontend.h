/* The guest's driver of a channel that has a ring, as Linux's hvc_xen behaves, with the
 * terminal that a program in the guest's chair opens.
 *
 * How it works
 *
 * It starts when the domain first runs: makes a ring, writes ring-ref and port, and
 * goes to Initialised. When the backend is Connected it is, too. When the backend
 * closes it lets go of the ring and is Closed. It drives the ring from Initialised on,
 * as a program's first bytes are in the ring before a backend has looked.
 *
 * A guest that does not run changes nothing: what the backend did meanwhile is
 * answered when it runs again; after a shutdown, never.
 *
 * Below are also the things that only a hostile or broken guest does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "simhost/guest_ring.h"

typedef struct SimFrontend SimFrontend;

/* XenbusState of Xen's io/xenbus.h. */
typedef enum {
    SIM_XENBUS_UNKNOWN = 0,
    SIM_XENBUS_INITIALISING = 1,
    SIM_XENBUS_INIT_WAIT = 2,
    SIM_XENBUS_INITIALISED = 3,
    SIM_XENBUS_CONNECTED = 4,
    SIM_XENBUS_CLOSING = 5,
    SIM_XENBUS_CLOSED = 6,
    SIM_XENBUS_RECONFIGURED = 8, /* the last */
} SimXenbusState;

typedef struct {
    guint32 domid;
    guint devid;
    const char *name;  /* of the channel */
    const char *link;  /* path of the link to the terminal */
    const char *rings; /* directory for rings */
} SimFrontendConfig;

/* @changed is called after each change of what the guest has in the store. Errors:
 * VIR_ERR_INTERNAL_ERROR naming the path; then nothing is left. */
SimFrontend *sim_frontend_new(const SimFrontendConfig *config, void (*changed)(gpointer user_data),
                              gpointer user_data, GError **error);
/* Removes the terminal, its link and the ring. */
void sim_frontend_free(SimFrontend *frontend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimFrontend, sim_frontend_free)

int sim_frontend_get_state(const SimFrontend *frontend);
/* How often the guest has written its state. */
guint sim_frontend_get_writes(const SimFrontend *frontend);
/* False if the guest has not written them. */
bool sim_frontend_get_ring(const SimFrontend *frontend, guint32 *reference, guint32 *port);

void sim_frontend_set_running(SimFrontend *frontend, bool running);
/* The backend's state is @state now. */
void sim_frontend_handle_backend(SimFrontend *frontend, int state);

/* The driver is loaded anew: closes and, when the backend has closed, comes back with
 * another ring. */
void sim_frontend_reconnect(SimFrontend *frontend);
/* A stuck guest never answers a backend that closes. */
void sim_frontend_set_stuck(SimFrontend *frontend, bool stuck);
/* The store gets what the guest says, and nothing else happens. */
void sim_frontend_set_state(SimFrontend *frontend, int state);
void sim_frontend_set_ring(SimFrontend *frontend, guint32 reference, guint32 port);
/* NULL while there is no ring. */
SimGuestRing *sim_frontend_get_guest_ring(SimFrontend *frontend);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/frontend.h"

#include <errno.h>
#include <unistd.h>

#include "simhost/pty.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    DEVID_SHIFT = 16,      /* of what numbers a domain's rings */
    PORT_OFFSET = 1 << 15, /* so that nobody takes a port for a reference */
};

struct SimFrontend {
    guint32 domid;
    guint devid;
    char *name;
    char *link; /* NULL until it is there */
    char *rings;
    void (*changed)(gpointer user_data);
    gpointer user_data;
    SimPty terminal;

    int state;
    guint n_writes; /* of the state */
    bool has_ring;  /* in the store */
    guint32 reference;
    guint32 port;
    SimGuestRing *ring; /* the real one */
    guint n_rings;      /* so far */

    int backend_state;
    bool running;
    bool started; /* has run once */
    bool stuck;
    bool reconnecting;  /* waits for the backend to close */
    bool ignores_close; /* which was the answer to ours */
};

static void
write_state(SimFrontend *frontend, int state)
{
    frontend->state = state;
    frontend->n_writes++;
    frontend->changed(frontend->user_data);
}

static void
write_ring(SimFrontend *frontend, guint32 reference, guint32 port)
{
    frontend->has_ring = true;
    frontend->reference = reference;
    frontend->port = port;
    frontend->changed(frontend->user_data);
}

static void
connect_ring(SimFrontend *frontend)
{
    guint32 number = (frontend->devid << DEVID_SHIFT) | (++frontend->n_rings % PORT_OFFSET);
    SimGuestRingConfig config = {frontend->rings, frontend->domid, number, number + PORT_OFFSET};
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&frontend->ring, sim_guest_ring_free);
    frontend->ring = sim_guest_ring_new(&config, frontend->terminal.master, &error);
    if (!frontend->ring) {
        g_warning("domain %u: channel '%s': %s", frontend->domid, frontend->name, error->message);
        return;
    }
    write_ring(frontend, config.reference, config.port);
    sim_guest_ring_set_running(frontend->ring, true);
    write_state(frontend, SIM_XENBUS_INITIALISED);
}

static void
close_ring(SimFrontend *frontend)
{
    if (frontend->ring)
        sim_guest_ring_pump(frontend->ring);
    g_clear_pointer(&frontend->ring, sim_guest_ring_free);
    frontend->has_ring = false;
    write_state(frontend, SIM_XENBUS_CLOSED);
}

/* --- The driver's life --- */

static bool
is_backend_closing(const SimFrontend *frontend)
{
    return frontend->backend_state == SIM_XENBUS_CLOSING ||
           frontend->backend_state == SIM_XENBUS_CLOSED;
}

static bool
has_backend_let_go(const SimFrontend *frontend)
{
    return frontend->backend_state == SIM_XENBUS_CLOSED ||
           frontend->backend_state == SIM_XENBUS_INIT_WAIT;
}

/* Does what is to be done in this state of things. */
static void
react(SimFrontend *frontend)
{
    if (!frontend->running)
        return;
    if (!frontend->started) {
        frontend->started = true;
        connect_ring(frontend);
    } else if (frontend->reconnecting && has_backend_let_go(frontend)) {
        frontend->reconnecting = false;
        frontend->ignores_close = true;
        connect_ring(frontend);
    }
    frontend->ignores_close &= is_backend_closing(frontend);
    if (frontend->reconnecting || frontend->ignores_close)
        return;
    if (frontend->backend_state == SIM_XENBUS_CONNECTED &&
        frontend->state == SIM_XENBUS_INITIALISED)
        write_state(frontend, SIM_XENBUS_CONNECTED);
    else if (is_backend_closing(frontend) && !frontend->stuck &&
             frontend->state != SIM_XENBUS_CLOSED)
        close_ring(frontend);
}

void
sim_frontend_set_running(SimFrontend *frontend, bool running)
{
    frontend->running = running;
    if (frontend->ring && !frontend->reconnecting)
        sim_guest_ring_set_running(frontend->ring, running);
    react(frontend);
}

void
sim_frontend_handle_backend(SimFrontend *frontend, int state)
{
    frontend->backend_state = state;
    react(frontend);
}

void
sim_frontend_reconnect(SimFrontend *frontend)
{
    frontend->reconnecting = true;
    if (frontend->ring)
        sim_guest_ring_set_running(frontend->ring, false);
    /* Only a backend that has connected is asked to close: the answer of one that has yet to
     * would come when there is a new ring, and be taken for its end. */
    if (frontend->state == SIM_XENBUS_CONNECTED)
        write_state(frontend, SIM_XENBUS_CLOSING);
    write_state(frontend, SIM_XENBUS_CLOSED);
    react(frontend);
}

void
sim_frontend_set_stuck(SimFrontend *frontend, bool stuck)
{
    frontend->stuck = stuck;
    react(frontend);
}

void
sim_frontend_set_state(SimFrontend *frontend, int state)
{
    write_state(frontend, state);
}

void
sim_frontend_set_ring(SimFrontend *frontend, guint32 reference, guint32 port)
{
    write_ring(frontend, reference, port);
}

/* --- Looking --- */

int
sim_frontend_get_state(const SimFrontend *frontend)
{
    return frontend->state;
}

guint
sim_frontend_get_writes(const SimFrontend *frontend)
{
    return frontend->n_writes;
}

bool
sim_frontend_get_ring(const SimFrontend *frontend, guint32 *reference, guint32 *port)
{
    *reference = frontend->reference;
    *port = frontend->port;
    return frontend->has_ring;
}

SimGuestRing *
sim_frontend_get_guest_ring(SimFrontend *frontend)
{
    return frontend->ring;
}

/* --- Coming and going --- */

static bool
make_terminal(SimFrontend *frontend, const char *link, GError **error)
{
    if (!sim_pty_open(&frontend->terminal, error))
        return false;
    if (symlink(frontend->terminal.path, link) < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("cannot link the guest's end of channel '%s' at '%s': %s"),
                                frontend->name, link, g_strerror(errno));
    frontend->link = g_strdup(link);
    return true;
}

SimFrontend *
sim_frontend_new(const SimFrontendConfig *config, void (*changed)(gpointer user_data),
                 gpointer user_data, GError **error)
{
    g_autoptr(SimFrontend) frontend = g_new0(SimFrontend, 1);

    frontend->domid = config->domid;
    frontend->devid = config->devid;
    frontend->name = g_strdup(config->name);
    frontend->rings = g_strdup(config->rings);
    frontend->changed = changed;
    frontend->user_data = user_data;
    frontend->state = frontend->backend_state = SIM_XENBUS_INITIALISING;
    frontend->terminal = (SimPty){.master = -1, .slave = -1};
    if (!make_terminal(frontend, config->link, error))
        return NULL;
    return g_steal_pointer(&frontend);
}

void
sim_frontend_free(SimFrontend *frontend)
{
    if (!frontend)
        return;
    sim_guest_ring_free(frontend->ring);
    if (frontend->link)
        unlink(frontend->link);
    sim_pty_close(&frontend->terminal);
    g_free(frontend->rings);
    g_free(frontend->link);
    g_free(frontend->name);
    g_free(frontend);
}

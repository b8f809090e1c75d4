/* The backend's port to Xen: where it learns of its channels, and how it reaches
 * their rings. Two implementations:
 *
 *   host_xen.c  xenstore, /dev/xen/gntdev, /dev/xen/evtchn
 *   host_sim.c  the simulated host: virtxl-simhost's socket, files, FIFOs
 *
 * A channel is a console device of which the toolstack has written a source
 * (util/channel_source.h). States are XenbusState of Xen's io/xenbus.h.
 *
 * Nothing here blocks: what takes time is done by a thread of the implementation.
 * All callbacks come from the default main context.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct ChannelHost ChannelHost;
typedef struct ChannelPort ChannelPort;

/* A channel as the toolstack and the guest have it in the store right now. What
 * the guest can write (frontend_state, ring_ref, port) is a number or nothing, and
 * no more than that is sure. */
typedef struct {
    guint32 domid;
    guint devid;
    char *domain_name; /* "" if it has none */
    char *name;        /* of the channel */
    GHashTable *source;
    bool online;           /* false: the toolstack wants it detached */
    int backend_state;     /* ours, but a toolstack may have written Closing */
    int frontend_state;    /* 0 if it can't be read */
    guint frontend_writes; /* how often it was written since we look; counts on */
    bool has_ring;         /* the guest has written ring_ref and port */
    guint32 ring_ref;
    guint32 port;
} ChannelView;

ChannelView *channel_view_copy(const ChannelView *view);
void channel_view_free(ChannelView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChannelView, channel_view_free)

typedef struct {
    /* It is new, or something of it is different from before. */
    void (*changed)(const ChannelView *view, gpointer user_data);
    /* It is not there any more. */
    void (*gone)(guint32 domid, guint devid, gpointer user_data);
    /* All that are there have been told. Once. */
    void (*complete)(gpointer user_data);
    /* The host has gone with all domains; nothing works any more. A simulated one only: Xen's
     * store can come back. */
    void (*lost)(gpointer user_data);
} ChannelHostCallbacks;

typedef struct {
    const char *name;
    void (*close)(ChannelHost *host);

    /* Begins to tell, of what is there already, too. Once. */
    bool (*watch)(ChannelHost *host, const ChannelHostCallbacks *callbacks, gpointer user_data,
                  GError **error);

    /* Writes; later, in order, and never for a device that has gone. What can't be
     * written is logged, and tried again where that makes sense. */
    void (*set_state)(ChannelHost *host, guint32 domid, guint devid, int state);
    /* The path of the terminal that the host's users open. */
    void (*set_tty)(ChannelHost *host, guint32 domid, guint devid, const char *path);
    /* Why it can't be served, for the toolstack to tell its user; NULL: it can. */
    void (*set_error)(ChannelHost *host, guint32 domid, guint devid, const char *message);

    /* The guest's page. Errors: VIR_ERR_INTERNAL_ERROR. */
    void *(*map)(ChannelHost *host, const ChannelView *view, GError **error);
    void (*unmap)(ChannelHost *host, void *page);

    /* @func is called when the guest has sent an event, and then not again before
     * unmask(). It is masked at first. Errors: VIR_ERR_INTERNAL_ERROR. */
    ChannelPort *(*bind)(ChannelHost *host, const ChannelView *view,
                         void (*func)(gpointer user_data), gpointer user_data, GError **error);
    void (*unbind)(ChannelHost *host, ChannelPort *port);
    void (*notify)(ChannelHost *host, ChannelPort *port);
    void (*unmask)(ChannelHost *host, ChannelPort *port);
} ChannelHostOps;

/* An implementation embeds this as its first member. */
struct ChannelHost {
    const ChannelHostOps *ops;
};

/* Errors: VIR_ERR_NO_CONNECT, in one line that says how to go on. */
ChannelHost *channel_host_xen_open(GError **error);
/* Connects to the simulated host of @root, which must run. */
ChannelHost *channel_host_sim_open(const char *root, GError **error);

/* Closes (NULL is no error). Rings must be unmapped and ports unbound. */
void channel_host_close(ChannelHost *host);

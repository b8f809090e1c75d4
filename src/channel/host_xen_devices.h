/* Which channels there are in xenstore, and what has changed of them.
 *
 * Watches the backends of consoles, and of those that are ours (their source is there,
 * see util/channel_source.h) the frontend's state. When a watch fires the device waits in a
 * queue to be read again.
 *
 * A guest can write its state as often as it likes. Each device may be read again
 * 32 times at once and then 20 times a second, and for what a guest writes to all of its
 * channels together, 256 times and then 50 times a second. A device that wants more is not
 * watched at all for a while. What a toolstack writes does not count for the guest.
 *
 * What can't be read because xenstored fails stays as it was told last, and is read again.
 *
 * For the thread that owns the connection to xenstored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <xenstore.h>

#include "channel/host.h"

typedef struct HostXenDevices HostXenDevices;

/* Called from host_xen_devices_read_next(). */
typedef struct {
    void (*changed)(const ChannelView *view, gpointer user_data);
    void (*gone)(guint32 domid, guint devid, gpointer user_data);
} HostXenDevicesCallbacks;

HostXenDevices *host_xen_devices_new(const HostXenDevicesCallbacks *callbacks, gpointer user_data);
void host_xen_devices_free(HostXenDevices *devices);

/* Goes on with a new connection, on which nothing is watched yet: watches, and has all be
 * read. */
void host_xen_devices_connect(HostXenDevices *devices, struct xs_handle *xs);

/* Takes notice of the watches that have fired. */
void host_xen_devices_take_firings(HostXenDevices *devices);
/* Those that had to wait and need not any longer will be read. Returns for how many
 * milliseconds there is none, -1 for ever. */
int host_xen_devices_wake(HostXenDevices *devices);
/* Reads one device; false if none waits for it. */
bool host_xen_devices_read_next(HostXenDevices *devices);
/* Have all that are there been told? False while some can't be read. */
bool host_xen_devices_are_told(const HostXenDevices *devices);

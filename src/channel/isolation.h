/* What the daemon gives up, so that a guest that takes it over has little.
 *
 * In two stages. From the start it can gain no privileges (no new privileges, a
 * capability bounding set), keeps its files to itself, and can't be looked into.
 * Once Xen's devices and the store are open, it keeps only the capabilities below, and
 * a list of system calls: no programs are started, nothing is mounted, traced or
 * loaded. The unit file adds what only a service manager can do: private mounts and
 * the devices that may be opened at all.
 *
 * Capabilities are each thread's own: there must be no other thread yet.
 *
 * Capabilities that stay, if the daemon is run as root:
 *
 *   CAP_CHOWN         a socket gets the group that the administrator has chosen
 *   CAP_FOWNER        ... and its permissions, when it is another's by then
 *   CAP_DAC_OVERRIDE  sockets are made in directories of other users, such as
 *                     /var/lib/libvirt/qemu
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Errors: VIR_ERR_SYSTEM_ERROR. */
bool isolation_begin(GError **error);
bool isolation_complete(GError **error);

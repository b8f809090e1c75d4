/* Domains that were there before this driver, and what a driver before it left
 * undone.
 *
 * A start leaves its traces in this order: the status file with no id in it, the
 * domain (paused), its channels that virtxl-channeld serves, its userdata, the
 * status file with the id, and the domain runs. So when a driver died on the way, the next one finds
 *
 *   a status file without an id, and no domain: nothing was built. If it says
 *     that the domain was restarting, it is started;
 *   a domain without userdata, and such a status file: half built (it may have
 *     no channels yet), destroyed;
 *   a paused domain with userdata, whose status file says that it was starting:
 *     the start is finished.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* Takes over the domain @domid, which runs already, if it isn't known. A domain
 * of another toolstack is listed and left to it. Called without the job. */
void libxl_adopt_domain(LibxlDriver *driver, guint32 domid);

/* A pool of one thread for domains that were taken over: it tells hooks of each, with its
 * job, so that a hook that takes long holds up no client. */
GThreadPool *libxl_adopt_reconnects_new(LibxlDriver *driver);

/* Deals with the domains that ended while no driver was there; those that run
 * have been adopted before. Called without a job. */
void libxl_adopt_dead(LibxlDriver *driver);

/* All that can be said of a domain that another toolstack runs. */
DomainDef *libxl_adopt_describe(const LibxlDriver *driver, const XenDomainInfo *info);

/* A domain's life: start, stop, and what follows when a guest stops by itself.
 *
 * The driver is the toolstack. Xen keeps a domain that has stopped until
 * somebody destroys it; what then happens is what on_poweroff, on_reboot and
 * on_crash say. A restart is a new domain (a new id) from the live definition of
 * the old one, so that what was changed while it ran stays.
 *
 * All of this may block, and the caller holds the domain's job where not said
 * otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_image.h"

/* Builds and runs @domain from a copy of @def; left paused with
 * VIR_DOMAIN_START_PAUSED in @flags. @reason: a virDomainRunningReason. On
 * failure nothing of it is left running. */
bool libxl_lifecycle_start(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def,
                           guint flags, virDomainRunningReason reason, GError **error);

/* The same from @image, which then has been read to its end; @def is what it says.
 * Channels have the device ids that they had, so that the guest finds them. The image
 * stays as it is, whatever comes of it. */
bool libxl_lifecycle_restore(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def,
                             const LibxlImage *image, bool paused, GError **error);

/* The end of a start: the domain is built, and its live definition complete.
 * Makes it known, so that a driver after us finds it, and lets it run unless it is
 * to be @paused. On failure it is destroyed. */
bool libxl_lifecycle_finish_start(LibxlDriver *driver, LibxlDomain *domain, bool paused,
                                  virDomainRunningReason reason, GError **error);

/* Destroys the running domain, and forgets its live side: see below. */
bool libxl_lifecycle_destroy(LibxlDriver *driver, LibxlDomain *domain,
                             virDomainShutoffReason reason, int event_detail, GError **error);

/* The domain no longer runs: drops its live definition, sockets and status
 * file, tells clients, and takes it out of the list if it was transient. */
void libxl_lifecycle_stopped(LibxlDriver *driver, LibxlDomain *domain,
                             virDomainShutoffReason reason, int event_detail);

/* Destroys the running domain and builds it again from its live definition, as after a
 * reboot. If it can't be destroyed it goes on; if it can't be built it is stopped. */
bool libxl_lifecycle_reset(LibxlDriver *driver, LibxlDomain *domain, GError **error);

/* Called by the follow-up pool, without the job, for each event of the host
 * about a domain that is known. */
void libxl_lifecycle_follow_up(LibxlDriver *driver, const XenHostEvent *event);

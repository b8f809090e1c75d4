/* The part of the driver's API that opens a domain's consoles, channels and screen to a
 * client: one function for each public call, as in libxl_driver.h.
 *
 * All are operations, and the first two take neither the domain's job nor wait for a guest.
 * What they give is held until libxl_chr_lease_release(); its descriptor does not block.
 *
 * Errors: VIR_ERR_OPERATION_INVALID if the domain does not run, VIR_ERR_INTERNAL_ERROR for a
 * device that is not there or that is nothing to open, VIR_ERR_OPERATION_FAILED if another
 * client has it open or it can't be opened.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_chr_lease.h"
#include "libxl/libxl_driver.h"

/* @device: the alias of a console, serial or parallel port, or channel; NULL: the first
 * console or serial port. @flags: virDomainConsoleFlags. The exclusion that
 * VIR_DOMAIN_CONSOLE_SAFE asks for there is always, among the clients of this daemon. */
LibxlChrLease *libxl_driver_domain_open_console(LibxlDriver *driver, const guint8 *uuid,
                                                const char *device, guint flags, GError **error);

/* @name: target name or alias; NULL: the first channel. @flags: virDomainChannelFlags. */
LibxlChrLease *libxl_driver_domain_open_channel(LibxlDriver *driver, const guint8 *uuid,
                                                const char *name, guint flags, GError **error);

/* What is on the screen now, a picture (image/x-portable-pixmap). @screen: 0. Takes the
 * domain's job. Errors: VIR_ERR_OPERATION_UNSUPPORTED for a guest that has none
 * (neither HVM nor graphics). */
LibxlChrLease *libxl_driver_domain_screenshot(LibxlDriver *driver, const guint8 *uuid, guint screen,
                                              guint flags, GError **error);

/* Devices that libxl makes, of a domain that runs: attach, detach, change of medium.
 *
 * As with channels (libxl_channel_hotplug.h) each is done on a copy of the live
 * definition, which takes the place of the old one when all has succeeded. The order is
 * another one, though:
 *
 *   attach: the files have it, the host makes it, the definition has it
 *   detach: the host removes it, the files do not have it any more, the definition
 *           does not have it
 *
 * So that what is on the host and in no file was never this driver's: an administrator
 * may have attached it with xl, and it is left alone. If the driver dies in between, a
 * device is in the files and not on the host, and the next one drops it
 * (libxl_devices_adopt()).
 *
 * All of this may block, for as long as a guest takes to let go of a device, and the
 * caller holds the domain's job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_device.h"

/* Takes over what is in @device, parsed as inactive. A cdrom whose drive is there is a
 * change of its medium. */
bool libxl_device_attach(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device,
                         GError **error);

/* Detaches @device of @family, which is in the live definition. Errors:
 * VIR_ERR_OPERATION_TIMEOUT if the guest does not let go of it. */
bool libxl_device_detach(LibxlDriver *driver, LibxlDomain *domain, const DomainDeviceFamily *family,
                         gconstpointer device, bool force, GError **error);

/* Makes the device of the live definition that @device means what that says. */
bool libxl_device_update(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device,
                         GError **error);

/* For a domain that runs already: drops from @live what is not on the host. */
bool libxl_devices_adopt(DomainDef *live, XenHost *host, GError **error);

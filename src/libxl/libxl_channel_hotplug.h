/* Channels of a domain that runs: attach and detach.
 *
 * Each is done on a copy of the live definition, which takes the place of the old one
 * (for getters, in one moment) when all has succeeded. The host, the files and the
 * definition change in an order that leaves something to go on from if the driver dies
 * in between: a channel of ours that is on the host and in no file is one that was not
 * attached, or detached, to the end, and the next driver removes it
 * (libxl_channels_adopt()).
 *
 *   attach: the host makes it, the files have it, the definition has it
 *   detach: the files do not have it any more, the host removes it, the definition
 *           does not have it
 *
 * A step that fails takes back those before it. What is attached is always
 * virtxl-channeld's; what QEMU serves can't be detached.
 *
 * All of this may block, for as long as a guest takes to let go of a device, and the
 * caller holds the domain's job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_device_edit.h"
#include "libxl/libxl_driver_state.h"

/* The channel of @def that has the name of @wanted and, where @wanted says them, its
 * type and path, or NULL. */
DomainChrDef *libxl_channel_find(const DomainDef *def, const DomainDevice *wanted);

/* Makes @device, a channel parsed as inactive whose name no other channel has, of which it takes over what is in it. */
bool libxl_channel_attach(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device,
                          GError **error);

/* Detaches @channel, which is in the live definition. Errors: VIR_ERR_OPERATION_TIMEOUT
 * if the guest does not let go of it (then it goes on; not with @force),
 * VIR_ERR_OPERATION_UNSUPPORTED if QEMU serves it. */
bool libxl_channel_detach(LibxlDriver *driver, LibxlDomain *domain, const DomainChrDef *channel,
                          bool force, GError **error);

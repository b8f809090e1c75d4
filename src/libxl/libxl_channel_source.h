/* The host's end of a channel as its definition has it, for whoever serves it.
 *
 * Two can: virtxl-channeld ("ours"), which takes a ChannelSource, and the QEMU that
 * libxl starts, which can listen on a socket or make a pty and nothing else. What
 * only ours can do goes to ours, the rest to the one that the settings name.
 *
 * Pure: asks no hypervisor and touches no file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"
#include "libxl/libxl_driver.h"

/* Is @channel one for virtxl-channeld? */
bool libxl_channel_source_is_ours(const DomainChrDef *channel, LibxlChannelBackend configured);

/* Can @channel, which has its path and its `ours`, be served? Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED naming domain, channel and what is not possible. */
bool libxl_channel_source_check(const DomainDef *def, const DomainChrDef *channel, GError **error);

/* What virtxl-channeld gets for @channel, which has been checked. */
ChannelSource *libxl_channel_source_new(const DomainChrDef *channel,
                                        const LibxlDriverConfig *config);

/* What a message calls the channel. */
const char *libxl_channel_source_name(const DomainChrDef *channel);

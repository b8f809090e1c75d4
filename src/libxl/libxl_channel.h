/* The channels of a domain, from the host's side: device ids, names of devices,
 * paths of sockets, and what must be true before and after a start.
 *
 * A start goes
 *   libxl_channels_prepare()  on a copy of the definition: gives each channel
 *                             without a device id the lowest free one, an alias, and, where the
 *                             XML names no path, the automatic one; looks at
 *                             what is at each path
 *   libxl_channels_check_backend()
 *                             is virtxl-channeld there, if it will be needed?
 *   (libxl_conf.c maps, the host builds the domain, paused)
 *   libxl_channels_add()      adds the channels that virtxl-channeld serves
 *   libxl_channels_settle()   looks whether each channel really is there (libxl
 *                             starts a domain without one that it could not
 *                             make), reads the ptys' paths, and gives QEMU's
 *                             sockets their group and mode (virtxl-channeld
 *                             does that by itself)
 * and a stop ends with libxl_channels_remove(). A channel that is attached while the
 * domain runs (libxl_channel_hotplug.c) goes through the same steps by itself.
 *
 * Device ids are libxl_channel_devid.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"
#include "libxl/libxl_driver.h"
#include "xen/xen_host.h"

/* The name of the channel of qemu-ga, which libvirt's clients know, too. */
#define LIBXL_AGENT_CHANNEL "org.qemu.guest_agent.0"

/* What a Linux guest can open beside its primary console (hvc1 to hvc7). */
#define LIBXL_CHANNELS_FOR_LINUX 7

/* What can be said when a domain is defined: that each automatic path will fit
 * into a socket's address, and no two paths are the same. Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
bool libxl_channels_check(const DomainDef *def, const LibxlDriverConfig *config, GError **error);

/* @messages gets a string for each thing that an administrator should know.
 * Errors: VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OPERATION_FAILED for a path that
 * something else has, VIR_ERR_SYSTEM_ERROR; each names domain and path. */
bool libxl_channels_prepare(DomainDef *live, const LibxlDriverConfig *config, GPtrArray *messages,
                            GError **error);

/* The same for @channel, which is in @live, while all others are complete; @backend
 * is who serves it if both can. */
bool libxl_channel_prepare(DomainDef *live, DomainChrDef *channel, LibxlChannelBackend backend,
                           const LibxlDriverConfig *config, GPtrArray *messages, GError **error);

/* Errors: VIR_ERR_OPERATION_FAILED, in words that say how to start it. */
bool libxl_channels_check_backend(const DomainDef *live, XenHost *host, GError **error);
bool libxl_channel_check_backend(const DomainDef *live, const DomainChrDef *channel, XenHost *host,
                                 GError **error);

/* Adds them to the domain, which is built and does not run yet. Errors:
 * VIR_ERR_OPERATION_FAILED, naming the channel, in the backend's words; whoever
 * destroys the domain then removes those before it, too. */
bool libxl_channels_add(const DomainDef *live, const LibxlDriverConfig *config, XenHost *host,
                        GError **error);
/* One, which is ours. If that fails, nothing of it is left on the host. */
bool libxl_channel_add(const DomainDef *live, const DomainChrDef *channel,
                       const LibxlDriverConfig *config, XenHost *host, GError **error);

/* Errors: VIR_ERR_OPERATION_FAILED, naming the channel that is not there. */
bool libxl_channels_settle(DomainDef *live, const LibxlDriverConfig *config, XenHost *host,
                           GError **error);
bool libxl_channel_settle(DomainDef *live, DomainChrDef *channel, const LibxlDriverConfig *config,
                          XenHost *host, GError **error);

/* For a domain that runs already: finds each channel's device id, backend (whatever
 * the settings say now) and pty by its name. A channel that is not there is left without a
 * device id; one of ours that the definition does not have is detached. */
bool libxl_channels_adopt(DomainDef *live, XenHost *host, GError **error);

/* The channel with that name, or NULL. */
DomainChrDef *libxl_channels_find(const DomainDef *live, const char *name);

bool libxl_channel_is_agent(const DomainChrDef *channel);

/* The one of @infos (of XenChannelInfo) with that name, or NULL. */
const XenChannelInfo *libxl_channel_find_info(GPtrArray *infos, const char *name);

/* Takes automatic paths, this domain's or (in XML that was copied) another's,
 * out of a definition: they are made at start. */
void libxl_channels_drop_automatic_paths(DomainDef *def, const LibxlDriverConfig *config);
void libxl_channel_drop_automatic_path(DomainChrDef *channel, const LibxlDriverConfig *config);

/* The domain has gone: removes the sockets that nobody serves any more, and the
 * directory of automatic ones. A backend that notices a moment later than we that
 * the domain has gone is waited for; who still serves a socket after that is
 * somebody else, and keeps it. */
void libxl_channels_remove(const DomainDef *live, const LibxlDriverConfig *config);
/* The same for one that has gone from the domain. */
void libxl_channel_remove(const DomainDef *live, const DomainChrDef *channel,
                          const LibxlDriverConfig *config);

/* A domain definition as libxl's configuration.
 *
 * Pure: asks no hypervisor and touches no file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libxl.h>

#include "conf/domain_conf.h"

/* Fills @config (initialised by the caller, who also disposes of it, also after
 * an error) from @def, a live definition that libxl_channels_prepare() has been
 * over: each channel has its device id and path. Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED for what Xen can't do, naming domain, device and
 * setting. */
bool libxl_build_domain_config(const DomainDef *def, libxl_domain_config *config, GError **error);

/* The part of it that can be said of a channel before it has a path: has it a target
 * that is possible, and a name? */
bool libxl_conf_check_channel_target(const DomainDef *def, const DomainChrDef *channel,
                                     GError **error);

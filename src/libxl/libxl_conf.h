/* A domain definition as libxl's configuration.
 *
 * Pure: asks no hypervisor and touches no file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libxl.h>

#include "conf/controller_conf.h"
#include "conf/disk_conf.h"
#include "conf/domain_conf.h"
#include "conf/hostdev_conf.h"
#include "conf/net_conf.h"

/* Fills @config (initialised by the caller, who also disposes of it, also after
 * an error) from @def, a live definition that libxl_channels_prepare() has been
 * over: each channel has its device id and path. Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED for what Xen can't do, naming domain, device and
 * setting. */
bool libxl_build_domain_config(const DomainDef *def, libxl_domain_config *config, GError **error);

/* Has the guest of @config, if it is an HVM guest that is to see the host's processor
 * (<cpu mode='host-passthrough'>) with vmx and svm in it, have virtualisation of its own. */
void libxl_conf_allow_nesting(const DomainDef *def, libxl_domain_config *config);

/* The same for one device of @def, which need not be in it: into @device, initialised by
 * the caller. An interface's device id is left to libxl. */
bool libxl_conf_map_disk(const DomainDef *def, const DomainDiskDef *disk, libxl_device_disk *device,
                         GError **error);
bool libxl_conf_map_net(const DomainDef *def, const DomainNetDef *net, libxl_device_nic *device,
                        GError **error);
/* @controller is a USB controller. */
bool libxl_conf_map_usb(const DomainDef *def, const DomainControllerDef *controller,
                        libxl_device_usbctrl *device, GError **error);
/* Whether it is a PCI or a USB device; each of these takes one of its own. */
bool libxl_conf_check_hostdev(const DomainDef *def, const DomainHostdevDef *hostdev,
                              GError **error);
bool libxl_conf_map_pci(const DomainDef *def, const DomainHostdevDef *hostdev,
                        libxl_device_pci *device, GError **error);
bool libxl_conf_map_usbdev(const DomainDef *def, const DomainHostdevDef *hostdev,
                           libxl_device_usbdev *device, GError **error);

/* The part of it that can be said of a channel before it has a path: has it a target
 * that is possible, and a name? */
bool libxl_conf_check_channel_target(const DomainDef *def, const DomainChrDef *channel,
                                     GError **error);

/* PCI devices of the host as node devices, out of sysfs.
 *
 * libvirt has a driver of its own for the devices of a host, fed by udev. A Xen host needs
 * one kind of them, those that can be given to guests, and only when a client asks: so
 * nothing is kept here, and sysfs is read each time. A name is "pci_0000_00_1f_2".
 *
 * All of it reads files of the kernel's: not for the event loop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

/* Their names, sorted, in the file system at @sysfs ("/sys"). Empty if it has none. */
GPtrArray *libxl_node_device_list(const char *sysfs);

/* Where the device @name is. Errors: VIR_ERR_NO_NODE_DEVICE. */
bool libxl_node_device_find(const char *sysfs, const char *name, DomainDeviceAddress *address,
                            GError **error);

/* Of a device that was found; new strings. The parent is the bridge that it is behind, or
 * NULL. The path is its folder's. */
char *libxl_node_device_print(const char *sysfs, const char *name);
char *libxl_node_device_dup_parent(const char *sysfs, const char *name);
char *libxl_node_device_dup_path(const char *sysfs, const char *name);

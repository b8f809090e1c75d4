/* The calls of the driver's API about devices of the host: see libxl_driver.h, and
 * libxl_node_device.h for what they are. All are operations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* Names, of all that have the capability @cap (NULL: any). @flags: none. */
GPtrArray *libxl_driver_node_list_devices(LibxlDriver *driver, const char *cap, guint flags,
                                          GError **error);
/* @flags: virConnectListAllNodeDeviceFlags. */
GPtrArray *libxl_driver_connect_list_all_node_devices(LibxlDriver *driver, guint flags,
                                                      GError **error);

/* Is there a device @name? Errors of all that follow: VIR_ERR_NO_NODE_DEVICE. */
bool libxl_driver_node_device_lookup_by_name(LibxlDriver *driver, const char *name, GError **error);
char *libxl_driver_node_device_get_xml_desc(LibxlDriver *driver, const char *name, guint flags,
                                            GError **error);
/* NULL in *@parent: it has none that is a node device. */
bool libxl_driver_node_device_get_parent(LibxlDriver *driver, const char *name, char **parent,
                                         GError **error);

/* Takes the device from its driver on the host, so that it can be given to a guest; gives
 * it back; resets it. Errors: VIR_ERR_OPERATION_INVALID for one that a guest has.
 * @driver_name: NULL or "xen". */
bool libxl_driver_node_device_detach(LibxlDriver *driver, const char *name, const char *driver_name,
                                     guint flags, GError **error);
bool libxl_driver_node_device_re_attach(LibxlDriver *driver, const char *name, GError **error);
bool libxl_driver_node_device_reset(LibxlDriver *driver, const char *name, GError **error);

/* PCI devices of the simulated machine that go to guests and come back.
 *
 * Whoever arranges a test makes devices as the kernel shows them, folders in
 * <root>/sys/bus/pci/devices. What the kernel would do is done to the link "driver".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Binds the device @name ("0000:03:00.0") of the machine under @root to pciback, or to the
 * driver that it had. One that is bound so already is no error. Errors:
 * VIR_ERR_INTERNAL_ERROR. */
bool sim_pci_set_assignable(const char *root, const char *name, bool assignable, GError **error);

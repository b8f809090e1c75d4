/* Keys of a keyboard, as virDomainSendKey names them and as QEMU does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* QEMU's number of the key that has @keycode in @codeset (virKeycodeSet): its scancode of
 * set 1, with bit 7 where a keyboard sends 0xe0 first. Errors: VIR_ERR_INVALID_ARG for a
 * key that isn't known, VIR_ERR_OPERATION_UNSUPPORTED for other sets than Linux', QEMU's
 * own and scancodes of set 1. */
bool libxl_keycode_to_qemu(guint codeset, guint keycode, guint *number, GError **error);

/* What is known of channels, in /run/virtxl-guest, and how udev hears of it.
 *
 *     slots    which hvc belongs to which console device (hvc_slots.h)
 *     hvcN     XEN_CHANNEL_NAME=NAME, while somebody holds hvcN in raw mode. udev's rules
 *              read it, and serial-getty@hvcN does not start beside it.
 *
 * Several processes, one for each channel, share the folder. Each of these functions leaves
 * it whole: files are written beside their place and renamed.
 *
 * Functions return 0, or -1 with errno set.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "guest/hvc_slots.h"

#define CHANNEL_FOLDER "/run/virtxl-guest"

/* Makes the folder and waits for its lock, which ends with the descriptor that is returned. */
int channel_files_lock(void);

/* Both need the lock. A file that is not there or makes no sense has no slots. */
void channel_files_load_slots(HvcSlots *slots);
int channel_files_save_slots(const HvcSlots *slots);

/* hvc @hvc has this name now, and is raw; or has none any more. udev hears of it: it gets a
 * "change" event of the terminal, since the kernel has none for it. */
int channel_files_publish(int hvc, const char *name);
int channel_files_withdraw(int hvc);

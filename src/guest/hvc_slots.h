/* Which /dev/hvcN belongs to which console device.
 *
 * Linux gives a console the lowest hvc that is free when it is set up, and nothing in
 * sysfs tells which. So this repeats what the kernel does: the consoles that are there at
 * boot get theirs in order of device id, one that comes later the lowest that is left.
 * hvc0 is the primary console's. Linux has device nodes for hvc0 to hvc7 and takes device
 * ids of one digit.
 *
 * As text it is one digit for each of hvc1 to hvc7: the device id, 0 if it is free.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#define HVC_MAX       7
#define HVC_DEVID_MAX 9

typedef struct {
    int devid[HVC_MAX + 1]; /* by hvc; 0: free; [0] is not used */
} HvcSlots;

/* Takes what hvc_slots_format() has made. False, and no slots taken, if @text is anything
 * else. */
bool hvc_slots_parse(HvcSlots *slots, const char *text);
void hvc_slots_format(const HvcSlots *slots, char text[HVC_MAX + 1]);

/* Follows the kernel. @states has the XENBUS_STATE_* of each device id: a slot is taken from one
 * that is closed or not there and given to one that is set up. */
void hvc_slots_update(HvcSlots *slots, const int states[HVC_DEVID_MAX + 1]);

/* The number of the hvc of @devid; 0 if it has none. */
int hvc_slots_find(const HvcSlots *slots, int devid);
void hvc_slots_free(HvcSlots *slots, int devid);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/hvc_slots.h"

#include <string.h>

#include "guest/xenbus.h"

bool
hvc_slots_parse(HvcSlots *slots, const char *text)
{
    HvcSlots parsed = {{0}};

    *slots = parsed;
    if (strlen(text) != HVC_MAX)
        return false;
    for (int hvc = 1; hvc <= HVC_MAX; hvc++) {
        int devid = text[hvc - 1] - '0';

        if (devid < 0 || devid > HVC_DEVID_MAX || (devid > 0 && hvc_slots_find(&parsed, devid)))
            return false;
        parsed.devid[hvc] = devid;
    }
    *slots = parsed;
    return true;
}

void
hvc_slots_format(const HvcSlots *slots, char text[HVC_MAX + 1])
{
    for (int hvc = 1; hvc <= HVC_MAX; hvc++)
        text[hvc - 1] = (char)('0' + slots->devid[hvc]);
    text[HVC_MAX] = '\0';
}

static bool
is_gone(int state)
{
    return state == XENBUS_STATE_UNKNOWN || state == XENBUS_STATE_CLOSING ||
           state == XENBUS_STATE_CLOSED;
}

/* The kernel has made its hvc before it says so. */
static bool
is_set_up(int state)
{
    return state == XENBUS_STATE_INITIALISED || state == XENBUS_STATE_CONNECTED;
}

static void
take_lowest(HvcSlots *slots, int devid)
{
    for (int hvc = 1; hvc <= HVC_MAX; hvc++) {
        if (!slots->devid[hvc]) {
            slots->devid[hvc] = devid;
            return;
        }
    }
}

void
hvc_slots_update(HvcSlots *slots, const int states[HVC_DEVID_MAX + 1])
{
    for (int devid = 1; devid <= HVC_DEVID_MAX; devid++) {
        if (is_gone(states[devid]))
            hvc_slots_free(slots, devid);
    }
    for (int devid = 1; devid <= HVC_DEVID_MAX; devid++) {
        if (is_set_up(states[devid]) && !hvc_slots_find(slots, devid))
            take_lowest(slots, devid);
    }
}

int
hvc_slots_find(const HvcSlots *slots, int devid)
{
    for (int hvc = 1; hvc <= HVC_MAX; hvc++) {
        if (slots->devid[hvc] == devid)
            return hvc;
    }
    return 0;
}

void
hvc_slots_free(HvcSlots *slots, int devid)
{
    int hvc = hvc_slots_find(slots, devid);

    if (hvc)
        slots->devid[hvc] = 0;
}

/* A guest's end of a channel in user space: the ring's page, the event channel and
 * the device's keys in xenstore, through /dev/xen. The kernel's driver must have been
 * unbound from the device. See attack.c and bulk.c for what it is good for.
 *
 * Every function ends the program with a message if the kernel refuses what every
 * guest may do; what Xen's toolstack may refuse is returned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* struct xencons_interface of Xen's io/console.h. */
typedef struct {
    char in[1024];
    char out[2048];
    volatile uint32_t in_cons, in_prod;
    volatile uint32_t out_cons, out_prod;
} ConsoleRing;

typedef struct {
    unsigned devid;
    ConsoleRing *ring;
    unsigned ring_ref;
    int events; /* /dev/xen/evtchn */
    unsigned port;
} Frontend;

/* Takes console @devid from the kernel's driver, or gives it back. Linux's driver frees the
 * ring's page at once when it is unbound, whether the host still has it mapped or not, and then
 * strange things happen in the guest: so before, the host is made to let go of it. */
void driver_unbind(unsigned devid);
void driver_bind(unsigned devid);

/* A new page and a new port for @devid, of which nobody knows yet. */
void frontend_init(Frontend *frontend, unsigned devid);
/* Tells the backend of them, and waits @seconds for its state 4. */
bool frontend_connect(Frontend *frontend, unsigned seconds);
/* Both, after the device has been taken from the kernel's driver, if that has it. */
bool frontend_take_over(Frontend *frontend, unsigned devid, unsigned seconds);
/* Waits until the state of @devid's backend is one of @states ("56"), @seconds at most. */
bool backend_wait(unsigned devid, const char *states, unsigned seconds);
void frontend_notify(const Frontend *frontend);
/* Waits for an event of the host's; one that came since the last wait is enough. */
void frontend_wait(const Frontend *frontend);

/* xenstore. @path: relative to the domain's own directory, or absolute. These
 * return 0, or an errno by its name in xenstore's protocol ("EQUOTA"); NULL is
 * success. */
const char *store_write(const char *path, const char *value);
const char *store_remove(const char *path);
const char *store_watch(const char *path, const char *token);
/* The value in a static buffer; NULL if it can't be read. */
const char *store_read(const char *path);

/* The keys of a console device: writes device/console/DEVID/@key. */
const char *device_write(unsigned devid, const char *key, const char *value);

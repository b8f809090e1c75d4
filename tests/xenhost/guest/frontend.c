/* See frontend.h. xenstore's protocol is that of Xen's io/xs_wire.h: a header and
 * strings that end with a zero byte. One request at a time; events of watches come
 * in between and are dropped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frontend.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <xen/xen.h>

#include <xen/evtchn.h>
#include <xen/gntalloc.h>
#include <xen/io/xs_wire.h>

#define DRIVER  "/sys/bus/xen/drivers/xenconsole/"
#define DOM0    0
#define PAYLOAD 4096
#define LOOK_MS 20

static void
write_device(const char *path, unsigned devid)
{
    char device[32];
    int size = snprintf(device, sizeof(device), "console-%u", devid);
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, device, size) != size) {
        err(1, "%s to %s", device, path);
    }
    close(fd);
}

void
driver_unbind(unsigned devid)
{
    char path[64];
    const char *state;

    snprintf(path, sizeof(path), "device/console/%u/state", devid);
    state = store_read(path);
    if (state && strcmp(state, "4") == 0) {
        device_write(devid, "state", "5");
        backend_wait(devid, "56", 10);
    }
    write_device(DRIVER "unbind", devid);
}

void
driver_bind(unsigned devid)
{
    /* A kernel that finds a state that is no number takes the device for removed. */
    device_write(devid, "state", "1");
    write_device(DRIVER "bind", devid);
}

static int
open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        err(1, "%s", path);
    }
    return fd;
}

void
frontend_init(Frontend *frontend, unsigned devid)
{
    struct ioctl_gntalloc_alloc_gref grant = {
        .domid = DOM0, .flags = GNTALLOC_FLAG_WRITABLE, .count = 1};
    struct ioctl_evtchn_bind_unbound_port port = {.remote_domain = DOM0};
    int fd = open_device("/dev/xen/gntalloc");

    if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &grant)) {
        err(1, "a page for the ring");
    }
    frontend->devid = devid;
    frontend->ring_ref = grant.gref_ids[0];
    frontend->ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)grant.index);
    if (frontend->ring == MAP_FAILED) {
        err(1, "the ring's page");
    }
    memset(frontend->ring, 0, 4096);
    frontend->events = open_device("/dev/xen/evtchn");
    int number = ioctl(frontend->events, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &port);
    if (number < 0) {
        err(1, "an event channel");
    }
    frontend->port = (unsigned)number;
}

bool
backend_wait(unsigned devid, const char *states, unsigned seconds)
{
    char path[PAYLOAD + 16];
    const char *value;

    snprintf(path, sizeof(path), "device/console/%u/backend", devid);
    value = store_read(path);
    snprintf(path, sizeof(path), "%s/state", value ? value : "");
    for (unsigned tries = 0; tries < seconds * 1000 / LOOK_MS; tries++) {
        value = store_read(path);
        if (value && strlen(value) == 1 && strchr(states, *value)) {
            return true;
        }
        usleep(LOOK_MS * 1000);
    }
    return false;
}

bool
frontend_connect(Frontend *frontend, unsigned seconds)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", frontend->ring_ref);
    device_write(frontend->devid, "ring-ref", number);
    snprintf(number, sizeof(number), "%u", frontend->port);
    device_write(frontend->devid, "port", number);
    device_write(frontend->devid, "state", "3");
    if (!backend_wait(frontend->devid, "4", seconds)) {
        return false;
    }
    device_write(frontend->devid, "state", "4");
    return true;
}

bool
frontend_take_over(Frontend *frontend, unsigned devid, unsigned seconds)
{
    char link[64];

    snprintf(link, sizeof(link), "/sys/bus/xen/devices/console-%u/driver", devid);
    if (access(link, F_OK) == 0) {
        driver_unbind(devid);
    }
    frontend_init(frontend, devid);
    return frontend_connect(frontend, seconds);
}

void
frontend_wait(const Frontend *frontend)
{
    uint32_t port;

    /* What has been read has to be written back, to be told again. */
    if (read(frontend->events, &port, sizeof(port)) != sizeof(port) ||
        write(frontend->events, &port, sizeof(port)) != sizeof(port)) {
        err(1, "an event");
    }
}

void
frontend_notify(const Frontend *frontend)
{
    struct ioctl_evtchn_notify notify = {.port = frontend->port};

    ioctl(frontend->events, IOCTL_EVTCHN_NOTIFY, &notify);
}

static void
read_all(int fd, void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, (char *)data + done, size - done);
        if (count <= 0) {
            err(1, "xenstore");
        }
        done += (size_t)count;
    }
}

/* Sends @size bytes; the answer's payload is left in @answer, with a zero byte at its
 * end. Returns the error's name, or NULL. */
static const char *
store_request(uint32_t type, const char *payload, size_t size, char answer[PAYLOAD + 1])
{
    static int fd = -1;
    struct {
        struct xsd_sockmsg header;
        char payload[PAYLOAD];
    } request = {.header = {.type = type, .len = (uint32_t)size}};
    struct xsd_sockmsg header;

    if (fd < 0) {
        fd = open_device("/dev/xen/xenbus");
    }
    memcpy(request.payload, payload, size);
    /* The kernel refuses some messages itself, by an error of write(). */
    if (write(fd, &request, sizeof(request.header) + size) < 0) {
        return strerrorname_np(errno);
    }
    do {
        read_all(fd, &header, sizeof(header));
        if (header.len > PAYLOAD) {
            errx(1, "xenstore sent %u bytes", header.len);
        }
        read_all(fd, answer, header.len);
        answer[header.len] = '\0';
    } while (header.type == XS_WATCH_EVENT);
    return header.type == XS_ERROR ? answer : NULL;
}

static char last_answer[PAYLOAD + 1];

const char *
store_write(const char *path, const char *value)
{
    char payload[PAYLOAD];
    size_t size = strlen(path) + 1, length = strlen(value);

    if (size + length > sizeof(payload)) {
        return "E2BIG";
    }
    memcpy(payload, path, size);
    memcpy(payload + size, value, length);
    return store_request(XS_WRITE, payload, size + length, last_answer);
}

const char *
store_remove(const char *path)
{
    return store_request(XS_RM, path, strlen(path) + 1, last_answer);
}

const char *
store_watch(const char *path, const char *token)
{
    char payload[PAYLOAD];
    int size = snprintf(payload, sizeof(payload), "%s%c%s", path, '\0', token);

    return store_request(XS_WATCH, payload, (size_t)size + 1, last_answer);
}

const char *
store_read(const char *path)
{
    return store_request(XS_READ, path, strlen(path) + 1, last_answer) ? NULL : last_answer;
}

const char *
device_write(unsigned devid, const char *key, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "device/console/%u/%s", devid, key);
    return store_write(path, value);
}

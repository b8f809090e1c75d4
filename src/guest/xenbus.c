/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/xenbus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
    TYPE_READ = 2,
    TYPE_ERROR = 16,
    PAYLOAD_MAX = 4096,
    REQUEST_ID = 1,
};

typedef struct {
    uint32_t type;
    uint32_t request;
    uint32_t transaction;
    uint32_t length;
} Header;

/* All or nothing: false with errno set if not all could be written. */
static bool
write_all(int fd, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t n = write(fd, next, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        next += n;
        size -= (size_t)n;
    }
    return true;
}

static bool
read_all(int fd, void *data, size_t size)
{
    char *next = data;

    while (size > 0) {
        ssize_t n = read(fd, next, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EPROTO;
        if (n <= 0)
            return false;
        next += n;
        size -= (size_t)n;
    }
    return true;
}

static int
fail(int error)
{
    errno = error;
    return -1;
}

/* xenstored sends an error's name, with its NUL. */
static int
error_number(const char *name)
{
    if (strcmp(name, "ENOENT") == 0)
        return ENOENT;
    if (strcmp(name, "EACCES") == 0)
        return EACCES;
    return EIO;
}

static bool
send_request(int fd, const char *path)
{
    char message[sizeof(Header) + PAYLOAD_MAX];
    size_t length = strlen(path) + 1;
    Header header = {TYPE_READ, REQUEST_ID, 0, (uint32_t)length};

    if (length > PAYLOAD_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), path, length);
    return write_all(fd, message, sizeof(header) + length);
}

int
xenbus_read(int fd, const char *path, char *value, size_t size)
{
    char payload[PAYLOAD_MAX + 1];
    Header header;

    if (!send_request(fd, path) || !read_all(fd, &header, sizeof(header)))
        return -1;
    if ((header.type != TYPE_READ && header.type != TYPE_ERROR) || header.request != REQUEST_ID ||
        header.length > PAYLOAD_MAX)
        return fail(EPROTO);
    if (!read_all(fd, payload, header.length))
        return -1;
    payload[header.length] = '\0';
    if (header.type == TYPE_ERROR)
        return fail(error_number(payload));
    if (memchr(payload, '\0', header.length))
        return fail(EPROTO);
    if (header.length >= size)
        return fail(EMSGSIZE);
    memcpy(value, payload, header.length + 1);
    return (int)header.length;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/service_manager.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3
#define MAX_FDS  65536
#define MAX_NAME 255

/* A manager that does not read its messages must not stop our main loop. */
#define SEND_TIMEOUT_US (200 * 1000)

static bool
make_address(const char *path, struct sockaddr_un *address, socklen_t *size)
{
    gsize length = strlen(path);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((*path != '/' && *path != '@') || length >= sizeof(address->sun_path))
        return false;
    memcpy(address->sun_path, path, length);
    if (*path == '@')
        address->sun_path[0] = '\0';
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

static void
attach_fd(struct msghdr *message, int fd)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

/* @fd: goes with it, if it is not -1. */
static bool
send_from(int sender, const char *path, const char *state, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct timeval timeout = {.tv_usec = SEND_TIMEOUT_US};
    struct sockaddr_un address;
    struct iovec text = {.iov_base = (char *)state, .iov_len = strlen(state)};
    struct msghdr message = {.msg_name = &address, .msg_iov = &text, .msg_iovlen = 1};

    if (!make_address(path, &address, &message.msg_namelen))
        return false;
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        attach_fd(&message, fd);
    }
    (void)setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (sendmsg(sender, &message, MSG_NOSIGNAL) >= 0)
        return true;
    g_warning("can't notify the service manager at '%s': %s", path, g_strerror(errno));
    return false;
}

static bool
send_to_manager(const char *state, int fd)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    bool ok;
    int sender;

    if (!path)
        return false;
    sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0)
        return false;
    ok = send_from(sender, path, state, fd);
    close(sender);
    return ok;
}

bool
service_manager_notify(const char *state)
{
    return send_to_manager(state, -1);
}

void
service_manager_notify_reloading(void)
{
    g_autofree char *state =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());

    service_manager_notify(state);
}

static bool
name_is_valid(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isprint(*c) || *c == ':')
            return false;
    }
    return *name && strlen(name) <= MAX_NAME;
}

bool
service_manager_keep_fd(const char *name, int fd)
{
    g_autofree char *state = g_strdup_printf("FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);

    g_return_val_if_fail(name_is_valid(name) && fd >= 0, false);
    return send_to_manager(state, fd);
}

void
service_manager_forget_fd(const char *name)
{
    g_autofree char *state = g_strdup_printf("FDSTOREREMOVE=1\nFDNAME=%s", name);

    g_return_if_fail(name_is_valid(name));
    send_to_manager(state, -1);
}

static guint
count_passed_fds(void)
{
    const char *pid = g_getenv("LISTEN_PID");
    const char *count = g_getenv("LISTEN_FDS");
    guint64 pid_number;
    guint64 n;

    if (!pid || !count || !g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &pid_number, NULL) ||
        (pid_t)pid_number != getpid() ||
        !g_ascii_string_to_unsigned(count, 10, 0, MAX_FDS, &n, NULL))
        return 0;
    return (guint)n;
}

static void
clear_descriptor(gpointer data)
{
    ServiceDescriptor *passed = data;

    g_free(passed->name);
}

GArray *
service_manager_take_fds(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(ServiceDescriptor));
    const char *list = g_getenv("LISTEN_FDNAMES");
    g_auto(GStrv) names = g_strsplit(list ? list : "", ":", -1);
    guint n_names = g_strv_length(names);
    guint n = count_passed_fds();

    g_array_set_clear_func(fds, clear_descriptor);
    for (guint i = 0; i < n; i++) {
        ServiceDescriptor passed = {.fd = FIRST_FD + (int)i};

        if (fcntl(passed.fd, F_SETFD, FD_CLOEXEC) < 0) {
            g_warning("descriptor %d from the service manager is none", passed.fd);
            continue;
        }
        passed.name = g_strdup(i < n_names ? names[i] : "");
        g_array_append_val(fds, passed);
    }
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    return fds;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/service_manager.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

static void
send_to_manager(const char *path, const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gsize length = strlen(path);
    int fd;

    if ((*path != '/' && *path != '@') || length >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, length);
    if (*path == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
        g_warning("can't notify the service manager at '%s': %s", path, g_strerror(errno));
    close(fd);
}

void
service_manager_notify(const char *state)
{
    const char *path = g_getenv("NOTIFY_SOCKET");

    if (path)
        send_to_manager(path, state);
}

void
service_manager_notify_reloading(void)
{
    g_autofree char *state =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());

    service_manager_notify(state);
}

static bool
name_is_readonly(const char *name)
{
    return g_str_has_suffix(name, "-ro") || g_str_has_suffix(name, "-ro.socket");
}

static bool
path_is_readonly(int fd)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof(address) - 1;

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.sun_family != AF_UNIX)
        return false;
    return g_str_has_suffix(address.sun_path, "-ro");
}

static guint
count_passed_sockets(void)
{
    const char *pid = g_getenv("LISTEN_PID");
    const char *count = g_getenv("LISTEN_FDS");
    guint64 pid_number;
    guint64 n;

    if (!pid || !count || !g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &pid_number, NULL) ||
        (pid_t)pid_number != getpid() || !g_ascii_string_to_unsigned(count, 10, 0, 1024, &n, NULL))
        return 0;
    return (guint)n;
}

GArray *
service_manager_take_sockets(void)
{
    GArray *sockets = g_array_new(FALSE, FALSE, sizeof(ServiceSocket));
    const char *list = g_getenv("LISTEN_FDNAMES");
    g_auto(GStrv) names = g_strsplit(list ? list : "", ":", -1);
    guint n_names = g_strv_length(names);
    guint n = count_passed_sockets();

    for (guint i = 0; i < n; i++) {
        ServiceSocket passed = {.fd = FIRST_FD + (int)i};
        const char *name = i < n_names ? names[i] : "";

        passed.readonly = name_is_readonly(name) || path_is_readonly(passed.fd);
        if (fcntl(passed.fd, F_SETFD, FD_CLOEXEC) < 0)
            g_warning("descriptor %d from the service manager is none", passed.fd);
        else
            g_array_append_val(sockets, passed);
    }
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    return sockets;
}

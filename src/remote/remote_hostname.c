/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_hostname.h"

#include "util/error.h"
#include "util/i18n.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_TIME (5 * G_TIME_SPAN_MINUTE)

static GMutex lock;
static GCond changed;
static bool asking; /* somebody is at the name service */
static char *known_node;
static char *known_name;
static gint64 known_until; /* monotonic time */

static bool
read_node_name(char *node, gsize size, GError **error)
{
    memset(node, 0, size);
    if (gethostname(node, size - 1) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("can't read the host's name: %s"),
                                g_strerror(errno));
    return true;
}

/* With the lock held. */
static bool
is_known(const char *node)
{
    return known_node && strcmp(known_node, node) == 0 && g_get_monotonic_time() < known_until;
}

/* The name that the name service has for @node, or NULL. May take long. */
static char *
ask_name_service(const char *node)
{
    const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_family = AF_UNSPEC};
    struct addrinfo *info = NULL;
    char *name = NULL;

    if (strchr(node, '.') || g_str_has_prefix(node, "localhost"))
        return g_strdup(node);
    if (getaddrinfo(node, NULL, &hints, &info) != 0)
        return NULL;
    if (info->ai_canonname && !g_str_has_prefix(info->ai_canonname, "localhost"))
        name = g_strdup(info->ai_canonname);
    freeaddrinfo(info);
    return name ? name : g_strdup(node);
}

/* With the lock held, which is let go meanwhile. */
static void
learn_name(const char *node)
{
    char *name;

    asking = true;
    g_mutex_unlock(&lock);
    name = ask_name_service(node);
    g_mutex_lock(&lock);
    g_free(known_node);
    g_free(known_name);
    known_node = g_strdup(node);
    known_until = name ? G_MAXINT64 : g_get_monotonic_time() + RETRY_TIME;
    known_name = name ? name : g_strdup(node);
    asking = false;
    g_cond_broadcast(&changed);
}

bool
remote_hostname_is_known(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    char node[HOST_NAME_MAX + 1];

    return locker && read_node_name(node, sizeof(node), NULL) && is_known(node);
}

char *
remote_hostname_get(GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    char node[HOST_NAME_MAX + 1];

    if (!locker || !read_node_name(node, sizeof(node), error))
        return NULL;
    while (asking && !is_known(node))
        g_cond_wait(&changed, &lock);
    if (!is_known(node))
        learn_name(node);
    return g_strdup(known_name);
}

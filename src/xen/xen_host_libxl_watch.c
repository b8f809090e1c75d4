/* The thread that tells what happens to domains.
 *
 * xenstored says only that something happened: @introduceDomain fires when a
 * domain is introduced to it, @releaseDomain when one has shut down and again
 * when one is gone. So the thread lists the domains at each firing, compares with
 * the list before, and reports the differences:
 *
 *   - an id that was not there, or belongs to another uuid than before
 *     (the old domain is reported gone first): CREATED, and SHUTDOWN as well if
 *     it has shut down already. A domain that xenstored has not been told of yet
 *     is still being built and waits for its introduction;
 *   - shut down now and not before, or for another reason: SHUTDOWN. A domain
 *     that was resumed (after a suspend) counts as running again;
 *   - an id that is not there any more: GONE.
 *
 * libxl does not give an id to another domain within a minute, so an id with
 * the same uuid is the same domain.
 *
 * @releaseDomain may fire while a destroyed domain still dies, and then does not
 * fire again when its id becomes free. So as long as a domain is dying, the
 * thread looks again by the clock, less and less often.
 *
 * A third watch is on the backends of all consoles: when the state of one changes that
 * is a channel, the channels of its domain have CHANGED. That is all that is read of
 * it; who wants to know more lists them.
 *
 * Events are handed to the main loop (util/handover.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/error.h"
#include "util/handover.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

#define BACKENDS "/local/domain/0/backend/console"

#define LOOK_AGAIN_FIRST_MS 50
#define LOOK_AGAIN_LAST_MS  5000
#define LOOK_NEVER          (-1)

typedef struct {
    guint32 domid;
    guint8 uuid[16];
    bool is_shutdown;
    bool is_dying;
    libxl_shutdown_reason reason;
} WatchedDomain;

struct XenWatch {
    XenContextPool *pool;
    XenHostEventFunc func;
    gpointer user_data;

    /* The thread's own. */
    struct xs_handle *xs;
    GArray *domains; /* of WatchedDomain, by domid: what was there last time */
    int look_again_ms;

    int store_fd; /* hangs up when xenstored ends; or -1 */
    int stop_fd;
    GThread *thread;

    Handover *events; /* of XenHostEvent */
};

/* --- delivery ----------------------------------------------------------- */

static void
deliver_event(gpointer item, gpointer user_data)
{
    XenWatch *watch = user_data;

    watch->func(item, watch->user_data);
}

static void
report(XenWatch *watch, XenHostEventType type, const WatchedDomain *domain)
{
    XenHostEvent *event = g_new0(XenHostEvent, 1);

    event->type = type;
    if (domain) {
        event->domid = domain->domid;
        memcpy(event->uuid, domain->uuid, sizeof(event->uuid));
        event->reason = domain->reason;
    }
    handover_push(watch->events, event);
}

/* --- comparing ---------------------------------------------------------- */

static int
compare_domains(gconstpointer a, gconstpointer b)
{
    const WatchedDomain *left = a, *right = b;

    return left->domid < right->domid ? -1 : left->domid > right->domid;
}

/* The domains as they are now, or NULL. */
static GArray *
list_domains(XenWatch *watch, GError **error)
{
    g_autoptr(XenContext) context = xen_context_take(watch->pool, error);
    GArray *domains;
    libxl_dominfo *infos;
    int n_infos = 0;

    if (!context)
        return NULL;
    infos = xen_context_list_domains(context, &n_infos, error);
    if (!infos)
        return NULL;

    domains = g_array_new(FALSE, TRUE, sizeof(WatchedDomain));
    for (int i = 0; i < n_infos; i++) {
        WatchedDomain domain = {.domid = infos[i].domid,
                                .is_shutdown = infos[i].shutdown,
                                .is_dying = infos[i].dying,
                                .reason = infos[i].shutdown_reason};

        memcpy(domain.uuid, infos[i].uuid.uuid, sizeof(domain.uuid));
        g_array_append_val(domains, domain);
    }
    libxl_dominfo_list_free(infos, n_infos);
    g_array_sort(domains, compare_domains);
    return domains;
}

/* A domain that was not there last time. True if it counts from now on. */
static bool
meet_domain(XenWatch *watch, const WatchedDomain *now)
{
    if (now->is_dying || !xs_is_domain_introduced(watch->xs, now->domid))
        return false;
    report(watch, XEN_HOST_DOMAIN_CREATED, now);
    if (now->is_shutdown)
        report(watch, XEN_HOST_DOMAIN_SHUTDOWN, now);
    return true;
}

static void
compare_domain(XenWatch *watch, const WatchedDomain *before, const WatchedDomain *now)
{
    if (now->is_shutdown && (!before->is_shutdown || before->reason != now->reason))
        report(watch, XEN_HOST_DOMAIN_SHUTDOWN, now);
}

/* The entry of the list before, from *@old on, that is @now's domain; or NULL.
 * Those that are passed over on the way there are gone. */
static const WatchedDomain *
find_before(XenWatch *watch, guint *old, const WatchedDomain *now)
{
    while (*old < watch->domains->len) {
        const WatchedDomain *before = &g_array_index(watch->domains, WatchedDomain, *old);

        if (before->domid > now->domid)
            return NULL;
        (*old)++;
        if (before->domid == now->domid && !memcmp(before->uuid, now->uuid, sizeof(now->uuid)))
            return before;
        report(watch, XEN_HOST_DOMAIN_GONE, before);
    }
    return NULL;
}

/* Reports what is different between watch->domains and @list, both by domid.
 * Returns the domains that count. */
static GArray *
compare_lists(XenWatch *watch, const GArray *list)
{
    GArray *domains = g_array_new(FALSE, TRUE, sizeof(WatchedDomain));
    guint old = 0;

    for (guint i = 0; i < list->len; i++) {
        const WatchedDomain *now = &g_array_index(list, WatchedDomain, i);
        const WatchedDomain *before = find_before(watch, &old, now);

        if (before)
            compare_domain(watch, before, now);
        if (before || meet_domain(watch, now))
            g_array_append_vals(domains, now, 1);
    }
    for (; old < watch->domains->len; old++)
        report(watch, XEN_HOST_DOMAIN_GONE, &g_array_index(watch->domains, WatchedDomain, old));
    return domains;
}

static bool
is_one_dying(const GArray *domains)
{
    for (guint i = 0; i < domains->len; i++) {
        if (g_array_index(domains, WatchedDomain, i).is_dying)
            return true;
    }
    return false;
}

static void
look_again_later(XenWatch *watch)
{
    watch->look_again_ms = watch->look_again_ms == LOOK_NEVER
                               ? LOOK_AGAIN_FIRST_MS
                               : MIN(watch->look_again_ms * 2, LOOK_AGAIN_LAST_MS);
}

static void
look(XenWatch *watch)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) now = list_domains(watch, &error);
    GArray *domains;

    if (!now) {
        g_warning("what happened to domains is not known yet: %s", error->message);
        look_again_later(watch);
        return;
    }
    domains = compare_lists(watch, now);
    g_array_unref(watch->domains);
    watch->domains = domains;

    if (is_one_dying(domains))
        look_again_later(watch);
    else
        watch->look_again_ms = LOOK_NEVER;
}

/* --- the thread --------------------------------------------------------- */

/* BACKENDS/DOMID/DEVID/state; the primary console, 0, is no channel. */
static bool
parse_channel_state_path(const char *path, guint32 *domid)
{
    unsigned devid;
    int length = 0;

    return sscanf(path, BACKENDS "/%" SCNu32 "/%u/state%n", domid, &devid, &length) == 2 &&
           length > 0 && !path[length] && devid > 0;
}

/* The frontend is not looked at: a guest changes its state as it likes, and the backend
 * follows only so fast. */
static void
channels_changed(XenWatch *watch, guint32 domid)
{
    for (guint i = 0; i < watch->domains->len; i++) {
        const WatchedDomain *domain = &g_array_index(watch->domains, WatchedDomain, i);

        if (domain->domid == domid)
            report(watch, XEN_HOST_CHANNELS_CHANGED, domain);
    }
}

/* True if the list of domains may have changed. */
static bool
take_firings(XenWatch *watch)
{
    bool is_of_domains = false;
    char **firing;

    while ((firing = xs_check_watch(watch->xs))) {
        guint32 domid;

        if (firing[XS_WATCH_PATH][0] == '@')
            is_of_domains = true;
        else if (parse_channel_state_path(firing[XS_WATCH_PATH], &domid))
            channels_changed(watch, domid);
        free(firing);
    }
    return is_of_domains;
}

static gpointer
watch_thread(gpointer user_data)
{
    XenWatch *watch = user_data;
    struct pollfd fds[] = {
        {.fd = watch->stop_fd, .events = POLLIN},
        {.fd = watch->store_fd},
        {.fd = xs_fileno(watch->xs), .events = POLLIN},
    };

    for (;;) {
        int n = poll(fds, G_N_ELEMENTS(fds), watch->look_again_ms);

        if (n < 0)
            continue; /* EINTR */
        if (fds[0].revents)
            return NULL;
        if (fds[1].revents) {
            g_critical("xenstored is gone; this host needs a restart of Xen");
            report(watch, XEN_HOST_LOST, NULL);
            return NULL;
        }
        if (fds[2].revents && take_firings(watch))
            watch->look_again_ms = LOOK_NEVER;
        else if (fds[2].revents && watch->look_again_ms == LOOK_NEVER)
            continue;
        look(watch);
    }
}

static bool
open_store(XenWatch *watch, GError **error)
{
    watch->xs = xs_open(0);
    if (watch->xs && xs_fileno(watch->xs) >= 0 && xs_watch(watch->xs, "@introduceDomain", "") &&
        xs_watch(watch->xs, "@releaseDomain", "") && xs_watch(watch->xs, BACKENDS, ""))
        return true;
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot watch xenstore: %s"),
                            g_strerror(errno));
}

/* What is there at the beginning. A domain that is still being built is not
 * among it, so that it is reported when it is introduced. */
static GArray *
list_first_domains(XenWatch *watch, GError **error)
{
    GArray *domains = list_domains(watch, error);

    for (guint i = domains ? domains->len : 0; i > 0; i--) {
        const WatchedDomain *domain = &g_array_index(domains, WatchedDomain, i - 1);

        if (!domain->is_dying && !xs_is_domain_introduced(watch->xs, domain->domid))
            g_array_remove_index(domains, i - 1);
    }
    return domains;
}

XenWatch *
xen_watch_new(XenContextPool *pool, XenHostEventFunc func, gpointer user_data, GError **error)
{
    XenWatch *watch = g_new0(XenWatch, 1);

    watch->pool = pool;
    watch->func = func;
    watch->user_data = user_data;
    watch->look_again_ms = LOOK_NEVER;
    watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->store_fd = xen_store_connect();
    watch->events = handover_new(deliver_event, g_free, watch);

    /* In this order, or what happens between the two would be lost. */
    if (!open_store(watch, error) || !(watch->domains = list_first_domains(watch, error))) {
        xen_watch_free(watch);
        return NULL;
    }
    watch->thread = g_thread_new("xen-watch", watch_thread, watch);
    return watch;
}

void
xen_watch_free(XenWatch *watch)
{
    const uint64_t one = 1;

    if (!watch)
        return;
    if (watch->thread) {
        if (write(watch->stop_fd, &one, sizeof(one)) != sizeof(one))
            g_critical("cannot end the thread that watches domains: %s", g_strerror(errno));
        g_thread_join(watch->thread);
    }
    handover_free(watch->events);
    xs_close(watch->xs);
    if (watch->stop_fd >= 0)
        close(watch->stop_fd);
    if (watch->store_fd >= 0)
        close(watch->store_fd);
    if (watch->domains)
        g_array_unref(watch->domains);
    g_free(watch);
}

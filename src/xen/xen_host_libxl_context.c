/* libxl contexts, and what libxl has to say.
 *
 * A context costs a handful of descriptors and a connection to xenstored, so the
 * pool keeps a few of them for the next call. One that reported an error is not
 * used again.
 *
 * Each context is its own logger. Lines of level error are kept, in order and
 * stripped of libxl's source positions, until the context is given back, so that
 * the GError of the call carries them: the first one tells the cause, later ones
 * what could not be done because of it. Every line goes to the log as well, in
 * the log domain "virtxl-libxl".
 *
 * libxl forks (device model, hotplug scripts, teardown), and logs in the child
 * too. There, locks of GLib's may be held by a thread that does not exist any
 * more: a child writes straight to stderr.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-libxl"

#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

#define IDLE_CONTEXTS_MAX 4
#define ERROR_LINES_MAX   4

struct XenContextPool {
    GMutex lock;
    GPtrArray *idle; /* of XenContext, not owned */
};

/* libxl reaps its own children and no others, with any number of contexts, as
 * long as all of them say so (libxl_event.h). It must outlast every context. */
static const libxl_childproc_hooks childproc_hooks = {
    .chldowner = libxl_sigchld_owner_libxl_always_selective_reap,
};

/* What follows "libxl_file.c:123:function: " or "panic: xg_file.c:123: " in
 * @line, or all of it. */
static const char *
skip_source_position(const char *line)
{
    const char *text = g_str_has_prefix(line, "panic: ") ? line + strlen("panic: ") : line;
    const char *number = strstr(text, ".c:");
    const char *function, *end;

    if (!number || memchr(text, ' ', (gsize)(number - text)))
        return line;
    number += strlen(".c:");
    end = number + strspn(number, "0123456789");
    if (end == number || *end != ':')
        return line;
    function = end + 1;
    end = function + strspn(function, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
    text = end > function && *end == ':' ? end + 1 : function;
    return text + strspn(text, " ");
}

static GLogLevelFlags
log_level(xentoollog_level level)
{
    if (level >= XTL_WARN)
        return G_LOG_LEVEL_WARNING;
    return level >= XTL_PROGRESS ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG;
}

static void
write_in_child(const char *source, const char *text)
{
    dprintf(STDERR_FILENO, "%s: %s\n", source, text);
}

static void G_GNUC_PRINTF(5, 0)
    logger_message(xentoollog_logger *logger, xentoollog_level level, int errnum,
                   const char *source, const char *format, va_list args)
{
    XenContext *context = (XenContext *)logger;
    g_autofree char *message = g_strdup_vprintf(format, args);
    g_autofree char *text = NULL;

    if (!source)
        source = "libxl";
    g_strchomp(message);
    text = errnum > 0 ? g_strconcat(message, ": ", g_strerror(errnum), NULL)
                      : g_steal_pointer(&message);
    if (context->pid != getpid()) {
        write_in_child(source, text);
        return;
    }

    g_log_structured(G_LOG_DOMAIN, log_level(level), "MESSAGE", "%s: %s", source, text);
    if (level >= XTL_ERROR && context->errors->len < ERROR_LINES_MAX)
        g_ptr_array_add(context->errors, g_strdup(skip_source_position(text)));
}

static void
logger_progress(xentoollog_logger *logger, const char *source, const char *doing_what, int percent,
                unsigned long done, unsigned long total)
{
}

static void
logger_destroy(xentoollog_logger *logger)
{
}

static void
context_free(XenContext *context)
{
    libxl_ctx_free(context->libxl);
    g_ptr_array_unref(context->errors);
    g_free(context);
}

static XenContext *
context_new(XenContextPool *pool, GError **error)
{
    XenContext *context = g_new0(XenContext, 1);
    int rc;

    context->logger.vmessage = logger_message;
    context->logger.progress = logger_progress;
    context->logger.destroy = logger_destroy;
    context->pool = pool;
    context->pid = getpid();
    context->errors = g_ptr_array_new_with_free_func(g_free);

    rc = libxl_ctx_alloc(&context->libxl, LIBXL_VERSION, 0, &context->logger);
    if (rc) {
        xen_context_fail(context, rc, error, _("cannot reach Xen through libxl"));
        context_free(context);
        return NULL;
    }
    libxl_childproc_setmode(context->libxl, &childproc_hooks, NULL);
    return context;
}

XenContextPool *
xen_context_pool_new(void)
{
    XenContextPool *pool = g_new0(XenContextPool, 1);

    g_mutex_init(&pool->lock);
    pool->idle = g_ptr_array_new();
    return pool;
}

void
xen_context_pool_free(XenContextPool *pool)
{
    if (!pool)
        return;
    g_ptr_array_foreach(pool->idle, (GFunc)(void (*)(void))context_free, NULL);
    g_ptr_array_unref(pool->idle);
    g_mutex_clear(&pool->lock);
    g_free(pool);
}

XenContext *
xen_context_take(XenContextPool *pool, GError **error)
{
    XenContext *context = NULL;

    g_mutex_lock(&pool->lock);
    if (pool->idle->len > 0)
        context = g_ptr_array_steal_index(pool->idle, pool->idle->len - 1);
    g_mutex_unlock(&pool->lock);
    return context ? context : context_new(pool, error);
}

void
xen_context_give_back(XenContext *context)
{
    XenContextPool *pool = context->pool;
    bool keep;

    g_mutex_lock(&pool->lock);
    keep = context->errors->len == 0 && pool->idle->len < IDLE_CONTEXTS_MAX;
    if (keep)
        g_ptr_array_add(pool->idle, context);
    g_mutex_unlock(&pool->lock);
    if (!keep)
        context_free(context);
}

/* libxl's messages of this call on one line, or the name of its result. */
static char *
describe_failure(XenContext *context, int rc)
{
    const char *name = libxl_error_to_string(rc);

    if (context->errors->len > 0) {
        g_autoptr(GPtrArray) lines =
            g_ptr_array_copy(context->errors, (GCopyFunc)(void (*)(void))g_strdup, NULL);

        g_ptr_array_add(lines, NULL);
        return g_strjoinv("; ", (char **)lines->pdata);
    }
    return name ? g_strdup_printf(_("libxl gives no reason (%s)"), name)
                : g_strdup_printf(_("libxl gives no reason (%d)"), rc);
}

static bool G_GNUC_PRINTF(4, 0)
    fail(XenContext *context, int rc, GError **error, const char *format, va_list args)
{
    g_autofree char *reason = describe_failure(context, rc);
    g_autofree char *what = g_strdup_vprintf(format, args);

    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, "%s: %s", what, reason);
}

bool
xen_context_fail(XenContext *context, int rc, GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(context, rc, error, format, args);
    va_end(args);
    return false;
}

libxl_dominfo *
xen_context_list_domains(XenContext *context, int *n_infos, GError **error)
{
    libxl_dominfo *infos = libxl_list_domain(context->libxl, n_infos);

    if (!infos)
        xen_context_fail(context, ERROR_FAIL, error, _("cannot list domains"));
    return infos;
}

bool
xen_context_fail_domain(XenContext *context, int rc, guint32 domid, GError **error,
                        const char *format, ...)
{
    va_list args;

    /* Most of libxl's functions fail with something else than
     * ERROR_DOMAIN_NOTFOUND where the domain is missing. */
    if (libxl_domain_info(context->libxl, NULL, domid) == ERROR_DOMAIN_NOTFOUND)
        return xen_host_no_domain(domid, error);

    va_start(args, format);
    fail(context, rc, error, format, args);
    va_end(args);
    return false;
}

bool
xen_context_has_error(const XenContext *context, const char *part)
{
    for (guint i = 0; i < context->errors->len; i++) {
        if (strstr(context->errors->pdata[i], part))
            return true;
    }
    return false;
}

bool
xen_host_no_domain(guint32 domid, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain with id %u"), domid);
}

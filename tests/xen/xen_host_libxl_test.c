/* The real host, as far as it goes on a machine that does not run Xen: it says
 * so in one line, and how to go on. On a Xen host, tests/xenhost has the tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "xen/xen_host_libxl.h"

static void
test_open_without_xen(void)
{
    g_autoptr(GError) error = NULL;
    XenHost *host;

    if (access("/dev/xen/privcmd", F_OK) == 0 || access("/proc/xen/privcmd", F_OK) == 0) {
        g_test_skip("this machine runs Xen");
        return;
    }
    host = xen_host_libxl_open("", &error);
    g_assert_null(host);
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_CONNECT);
    g_assert_nonnull(strstr(error->message, "does not run Xen"));
    g_assert_nonnull(strstr(error->message, "--host sim"));
    g_assert_null(strchr(error->message, '\n'));
}

static void
test_close_nothing(void)
{
    xen_host_close(NULL);
}

/* Without Xen no context can be had; libxl's own words say why. */
static void
test_context_without_xen(void)
{
    XenContextPool *pool = xen_context_pool_new();
    g_autoptr(GError) error = NULL;
    XenContext *context = xen_context_take(pool, &error);

    if (context) {
        xen_context_give_back(context);
        g_test_skip("this machine runs Xen");
    } else {
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
        g_assert_true(g_str_has_prefix(error->message, "cannot reach Xen through libxl: "));
        /* The reason is libxl's, without its source positions. */
        g_assert_null(strstr(error->message, ".c:"));
        g_assert_null(strstr(error->message, "gives no reason"));
    }
    xen_context_pool_free(pool);
}

/* libxl's lines go to the log as warnings, which would end the test. */
static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    return G_LOG_WRITER_HANDLED;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
    g_test_add_func("/xen/host/libxl/open-without-xen", test_open_without_xen);
    g_test_add_func("/xen/host/libxl/close-nothing", test_close_nothing);
    g_test_add_func("/xen/host/libxl/context-without-xen", test_context_without_xen);
    return g_test_run();
}

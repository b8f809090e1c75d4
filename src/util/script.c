/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/script.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

/* A script that has written more than this, or complained more, is ended: what it writes is in
 * memory. And more than this of what it complains about is not told. */
#define OUTPUT_MAX    (16 * 1024 * 1024)
#define COMPLAINT_MAX 1024

/* How often a script that runs is looked at. */
#define LOOK_MS 20

/* What a program gets of our own environment, beside a PATH. */
static const char *const passed[] = {"HOME", "USER", "LOGNAME", "TMPDIR"};

static bool
fail(const char *const *argv, const char *what, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_HOOK_SCRIPT_FAILED, _("'%s': %s"), argv[0], what);
}

/* A file in memory that begins with @text, to be read from its begin; -1: errno tells. */
static int
open_memory(const char *text)
{
    gsize size = strlen(text);
    int fd = memfd_create("script", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && (write(fd, text, size) != (gssize)size || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* At most @max bytes from the end of what is in @fd. */
static char *
read_end(int fd, gsize max)
{
    off_t size = lseek(fd, 0, SEEK_END);
    off_t start = MAX(size - (off_t)max, 0);
    char *text = g_malloc0((gsize)(size - start) + 1);
    gssize n = pread(fd, text, (gsize)(size - start), start);

    text[MAX(n, 0)] = '\0';
    return text;
}

static char **
new_environment(void)
{
    char **environment = g_new0(char *, 1);

    for (guint i = 0; i < G_N_ELEMENTS(passed); i++) {
        const char *value = g_getenv(passed[i]);

        if (value)
            environment = g_environ_setenv(environment, passed[i], value, TRUE);
    }
    environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
    return g_environ_setenv(environment, "PATH",
                            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", TRUE);
}

static GSubprocess *
spawn(const char *const *argv, const int fds[3], GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_auto(GStrv) environment = new_environment();

    g_subprocess_launcher_take_stdin_fd(launcher, dup(fds[0]));
    g_subprocess_launcher_take_stdout_fd(launcher, dup(fds[1]));
    g_subprocess_launcher_take_stderr_fd(launcher, dup(fds[2]));
    g_subprocess_launcher_set_environ(launcher, environment);
    return g_subprocess_launcher_spawnv(launcher, argv, error);
}

/* --- while it runs ------------------------------------------------------------------------ */

typedef struct {
    GSubprocess *process;
    const int *fds;
    bool has_ended;
    bool is_too_much; /* what it has written */
    GError *error;
} Watch;

static void
handle_end(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Watch *watch = user_data;

    g_subprocess_wait_finish(watch->process, result, &watch->error);
    watch->has_ended = true;
}

static bool
has_too_much(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_size > OUTPUT_MAX;
}

/* What it has started may go on; it can't write any more either. */
static gboolean
look(gpointer user_data)
{
    Watch *watch = user_data;

    if (!has_too_much(watch->fds[1]) && !has_too_much(watch->fds[2]))
        return G_SOURCE_CONTINUE;
    watch->is_too_much = true;
    fcntl(watch->fds[1], F_ADD_SEALS, F_SEAL_WRITE);
    fcntl(watch->fds[2], F_ADD_SEALS, F_SEAL_WRITE);
    g_subprocess_force_exit(watch->process);
    return G_SOURCE_REMOVE;
}

/* Until @process has ended. */
static bool
wait_for_end(const char *const *argv, GSubprocess *process, const int fds[3], GError **error)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GSource) timer = g_timeout_source_new(LOOK_MS);
    Watch watch = {.process = process, .fds = fds};
    g_autoptr(GError) detail = NULL;
    g_autofree char *what = NULL;

    g_main_context_push_thread_default(context);
    g_source_set_callback(timer, look, &watch, NULL);
    g_source_attach(timer, context);
    g_subprocess_wait_async(process, NULL, handle_end, &watch);
    while (!watch.has_ended)
        g_main_context_iteration(context, TRUE);
    g_source_destroy(timer);
    g_main_context_pop_thread_default(context);

    detail = watch.error;
    if (detail)
        return fail(argv, detail->message, error);
    if (!watch.is_too_much && !has_too_much(fds[1]) && !has_too_much(fds[2]))
        return true;
    what = g_strdup_printf(_("more than %d bytes of output"), OUTPUT_MAX);
    return fail(argv, what, error);
}

/* --- all of it ---------------------------------------------------------------------------- */

/* What is in its output, if @output is not NULL. */
static bool
judge(const char *const *argv, GSubprocess *process, const int fds[3], char **output,
      GError **error)
{
    g_autofree char *complaint = g_strstrip(read_end(fds[2], COMPLAINT_MAX));
    g_autofree char *how = NULL;

    if (g_subprocess_get_if_signaled(process))
        how = g_strdup_printf(_("ended by signal %d"), g_subprocess_get_term_sig(process));
    else if (g_subprocess_get_exit_status(process) != 0)
        how = g_strdup_printf(_("exit status %d"), g_subprocess_get_exit_status(process));
    if (how) {
        g_autofree char *text = *complaint ? g_strconcat(how, ": ", complaint, NULL) : NULL;

        return fail(argv, text ? text : how, error);
    }
    if (output)
        *output = read_end(fds[1], OUTPUT_MAX);
    return true;
}

static bool
run(const char *const *argv, const int fds[3], char **output, GError **error)
{
    g_autoptr(GError) detail = NULL;
    g_autoptr(GSubprocess) process = spawn(argv, fds, &detail);

    if (!process)
        return fail(argv, detail->message, error);
    return wait_for_end(argv, process, fds, error) && judge(argv, process, fds, output, error);
}

bool
script_run(const char *const *argv, const char *input, char **output, GError **error)
{
    const int fds[3] = {open_memory(input), open_memory(""), open_memory("")};
    bool ok = false;

    if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
        fail(argv, g_strerror(errno), error);
    else
        ok = run(argv, fds, output, error);
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return ok;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

static bool
open_ends(SimPty *pty)
{
    struct termios settings;
    char path[64];

    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->master < 0 || grantpt(pty->master) < 0 || unlockpt(pty->master) < 0)
        return false;
    errno = ptsname_r(pty->master, path, sizeof(path));
    if (errno)
        return false;
    pty->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->slave < 0 || tcgetattr(pty->slave, &settings) < 0)
        return false;
    cfmakeraw(&settings);
    if (tcsetattr(pty->slave, TCSANOW, &settings) < 0)
        return false;
    pty->path = g_strdup(path);
    return true;
}

bool
sim_pty_open(SimPty *pty, GError **error)
{
    *pty = (SimPty){.master = -1, .slave = -1};
    if (open_ends(pty))
        return true;
    virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot allocate a pseudo terminal: %s"),
                     g_strerror(errno));
    sim_pty_close(pty);
    return false;
}

void
sim_pty_close(SimPty *pty)
{
    if (pty->slave >= 0)
        close(pty->slave);
    if (pty->master >= 0)
        close(pty->master);
    g_free(pty->path);
    *pty = (SimPty){.master = -1, .slave = -1};
}

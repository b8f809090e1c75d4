/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/terminal.h"

#include <termios.h>

bool
terminal_make_raw(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) < 0)
        return false;
    cfmakeraw(&settings);
    return tcsetattr(fd, TCSANOW, &settings) == 0;
}

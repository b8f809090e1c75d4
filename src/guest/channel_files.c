/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/channel_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/channel_name.h"

#define SLOTS_FILE CHANNEL_FOLDER "/slots"

enum {
    PATH_SIZE = 64, /* of all paths here: they differ in a digit */
    TEXT_SIZE = CHANNEL_NAME_MAX + 64,
};

int
channel_files_lock(void)
{
    int fd;

    if (mkdir(CHANNEL_FOLDER, 0755) < 0 && errno != EEXIST)
        return -1;
    fd = open(CHANNEL_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int
write_text(const char *path, int flags, const char *text)
{
    int fd = open(path, flags | O_WRONLY | O_CLOEXEC, 0644);
    ssize_t n;
    int error;

    if (fd < 0)
        return -1;
    n = write(fd, text, strlen(text));
    error = n < 0 ? errno : ENOSPC;
    close(fd);
    if (n == (ssize_t)strlen(text))
        return 0;
    errno = error;
    return -1;
}

static int
replace_file(const char *path, const char *text)
{
    char beside[PATH_SIZE + sizeof(".new")];

    snprintf(beside, sizeof(beside), "%s.new", path);
    if (write_text(beside, O_CREAT | O_TRUNC, text) < 0)
        return -1;
    return rename(beside, path);
}

void
channel_files_load_slots(HvcSlots *slots)
{
    char text[TEXT_SIZE] = "";
    int fd = open(SLOTS_FILE, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof(text) - 1);

        text[n > 0 ? n : 0] = '\0';
        close(fd);
    }
    hvc_slots_parse(slots, text);
}

int
channel_files_save_slots(const HvcSlots *slots)
{
    char text[HVC_MAX + 1];

    hvc_slots_format(slots, text);
    return replace_file(SLOTS_FILE, text);
}

static int
tell_udev(int hvc)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/sys/class/tty/hvc%d/uevent", hvc);
    return write_text(path, 0, "change");
}

int
channel_files_publish(int hvc, const char *name)
{
    char path[PATH_SIZE], text[TEXT_SIZE];

    snprintf(path, sizeof(path), CHANNEL_FOLDER "/hvc%d", hvc);
    snprintf(text, sizeof(text), "XEN_CHANNEL_NAME=%s\n", name);
    if (replace_file(path, text) < 0)
        return -1;
    return tell_udev(hvc);
}

int
channel_files_withdraw(int hvc)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), CHANNEL_FOLDER "/hvc%d", hvc);
    if (unlink(path) < 0)
        return -1;
    return tell_udev(hvc);
}

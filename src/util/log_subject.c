/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log_subject.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX (1024 * 1024)

static char *directory;
static GPrivate current_name = G_PRIVATE_INIT(g_free);

void
log_subject_set_directory(const char *path)
{
    g_free(directory);
    directory = g_strdup(path);
}

void
log_subject_begin(const char *name)
{
    g_private_replace(&current_name, strchr(name, '/') ? NULL : g_strdup(name));
}

void
log_subject_end(void)
{
    g_private_replace(&current_name, NULL);
}

static int
open_to_append(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* The file to append to, which is not too large; -1: there is none. */
static int
open_file(const char *name)
{
    g_autofree char *file = g_strconcat(name, ".log", NULL);
    g_autofree char *path = g_build_filename(directory, file, NULL);
    g_autofree char *old = g_strconcat(path, ".0", NULL);
    int fd = open_to_append(path);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < FILE_SIZE_MAX)
        return fd;
    close(fd);
    return rename(path, old) == 0 ? open_to_append(path) : -1;
}

static void
append(int fd, const char *line)
{
    if (write(fd, line, strlen(line)) < 0)
        return; /* the disk is full, and the log has the line */
}

void
log_subject_write(const char *line)
{
    const char *name = g_private_get(&current_name);
    int fd = name && directory ? open_file(name) : -1;

    if (fd < 0)
        return;
    append(fd, line);
    close(fd);
}

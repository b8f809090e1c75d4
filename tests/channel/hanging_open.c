/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hanging_open.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const char *suffix;
static guint count;

void
hanging_open_begin(const char *new_suffix)
{
    pthread_mutex_lock(&lock);
    suffix = new_suffix;
    pthread_mutex_unlock(&lock);
}

void
hanging_open_end(void)
{
    pthread_mutex_lock(&lock);
    suffix = NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

guint
hanging_open_count(void)
{
    guint n;

    pthread_mutex_lock(&lock);
    n = count;
    pthread_mutex_unlock(&lock);
    return n;
}

static void
hang(const char *path)
{
    pthread_mutex_lock(&lock);
    count++;
    while (suffix && g_str_has_suffix(path, suffix))
        pthread_cond_wait(&changed, &lock);
    count--;
    pthread_mutex_unlock(&lock);
}

/* The linker's names. */
int __real_open64(const char *path, int flags, mode_t mode);
int __wrap_open64(const char *path, int flags, ...);

int
__wrap_open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    if (flags & O_CREAT) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    hang(path);
    return __real_open64(path, flags, mode);
}

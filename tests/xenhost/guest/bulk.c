/* A guest's end of a channel that moves as much at a time as the ring holds (the kernel's
 * driver moves 16 bytes), to see a gigabyte through the ring in minutes.
 *
 *     bulk DEVID take BYTES   reads so many, which must be the pattern (/pattern), over and over
 *     bulk DEVID give BYTES   writes so many of it
 *
 * It takes the channel from the kernel's driver. Prints "ready" then, and "whole" in the end, or
 * where the first wrong byte was.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend.h"

#define PATTERN_SIZE 65536u
#define LOOKS_MAX    20000u

static char pattern[PATTERN_SIZE];

static uint32_t
minimum(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* How many bytes to move from or to index @at of a buffer of @size bytes: at most @count, and
 * not over the end of the buffer or of the pattern. */
static uint32_t
step(uint32_t at, uint32_t size, uint64_t done, uint64_t count)
{
    count = minimum(count, size - at % size);
    return minimum(count, PATTERN_SIZE - done % PATTERN_SIZE);
}

/* Tells the host what was done, and waits until @index is no longer @known: the host is soon
 * there, and an event takes its time. */
static void
wait_for_host(const Frontend *frontend, const volatile uint32_t *index, uint32_t known)
{
    frontend_notify(frontend);
    for (unsigned looks = 0; looks < LOOKS_MAX; looks++) {
        if (__atomic_load_n(index, __ATOMIC_ACQUIRE) != known) {
            return;
        }
    }
    frontend_wait(frontend);
}

static void
take(const Frontend *frontend, uint64_t total)
{
    ConsoleRing *ring = frontend->ring;

    for (uint64_t done = 0; done < total;) {
        uint32_t at = ring->in_cons;
        uint32_t count = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE) - at;

        if (count > sizeof(ring->in)) {
            errx(1, "the host has written %u bytes into a ring of %zu", count, sizeof(ring->in));
        }
        if (count == 0) {
            wait_for_host(frontend, &ring->in_prod, at);
            continue;
        }
        count = step(at, sizeof(ring->in), done, minimum(count, total - done));
        if (memcmp(ring->in + at % sizeof(ring->in), pattern + done % PATTERN_SIZE, count)) {
            errx(1, "one of the %u bytes from %llu on is wrong", count, (unsigned long long)done);
        }
        __atomic_store_n(&ring->in_cons, at + count, __ATOMIC_RELEASE);
        done += count;
    }
    frontend_notify(frontend);
}

static void
give(const Frontend *frontend, uint64_t total)
{
    ConsoleRing *ring = frontend->ring;

    for (uint64_t done = 0; done < total;) {
        uint32_t at = ring->out_prod;
        uint32_t taken = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
        uint32_t count = at - taken;

        if (count > sizeof(ring->out)) {
            errx(1, "the host has read bytes that it was not given");
        }
        count = step(at, sizeof(ring->out), done, minimum(sizeof(ring->out) - count, total - done));
        if (count == 0) {
            wait_for_host(frontend, &ring->out_cons, taken);
            continue;
        }
        memcpy(ring->out + at % sizeof(ring->out), pattern + done % PATTERN_SIZE, count);
        __atomic_store_n(&ring->out_prod, at + count, __ATOMIC_RELEASE);
        done += count;
    }
    for (uint32_t taken; (taken = ring->out_cons) != ring->out_prod;) {
        wait_for_host(frontend, &ring->out_cons, taken);
    }
}

int
main(int argc, char **argv)
{
    Frontend frontend = {0};
    FILE *file = fopen("/pattern", "r");

    if (argc != 4 || (strcmp(argv[2], "take") != 0 && strcmp(argv[2], "give") != 0)) {
        errx(2, "usage: bulk DEVID take|give BYTES");
    }
    if (!file || fread(pattern, 1, PATTERN_SIZE, file) != PATTERN_SIZE) {
        err(1, "/pattern");
    }
    if (!frontend_take_over(&frontend, (unsigned)atoi(argv[1]), 30)) {
        errx(1, "the host does not connect");
    }
    puts("ready");
    fflush(stdout);
    (argv[2][0] == 't' ? take : give)(&frontend, strtoull(argv[3], NULL, 10));
    puts("whole");
    device_write(frontend.devid, "state", "5");
    backend_wait(frontend.devid, "56", 10);
    return 0;
}

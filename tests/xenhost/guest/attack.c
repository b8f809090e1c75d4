/* A hostile guest: attacks the host's backend of a channel from the guest's side.
 *
 * usage: attack DEVID KIND SECONDS
 *
 * It takes the channel from the kernel's driver, plays its frontend itself
 * (frontend.h), breaks every rule of KIND for SECONDS, and ends. KIND is
 *
 *     indices   impossible indices, and ones that change while they are read, with data
 *               and events between them
 *     events    as many events as the kernel lets through
 *     states    the device's state, any value and none, as fast as xenstore takes it
 *     garbage   a ring and a port that are no numbers, do not exist or are not ours
 *     keys      keys and the whole directory disappear and come back
 *     quota     fills the guest's quota of nodes and of watches
 *
 * or, as no attack, take (the channel from the kernel's driver, in good order) or
 * release (give it back).
 *
 * Prints what it did; that it ends by itself is the test's proof that the guest lives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frontend.h"

static time_t end;
static unsigned long rounds;

static bool
is_on(void)
{
    rounds++;
    return time(NULL) < end;
}

/* The same for each run, so that what it finds can be found again. */
static uint32_t
any_number(void)
{
    static uint64_t state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void *
flip_indices(void *data)
{
    ConsoleRing *ring = ((Frontend *)data)->ring;

    while (time(NULL) < end) {
        for (unsigned i = 0; i < 5000; i++) {
            ring->out_prod = ring->out_cons + 2048;
            ring->in_cons = ring->in_prod - 1024;
            ring->out_prod = ring->out_cons + 2049;
            ring->in_cons = ring->in_prod + 1;
            ring->out_prod = ring->out_cons + 0x80000000;
            ring->in_cons = 0;
        }
    }
    return NULL;
}

static void
attack_indices(Frontend *frontend)
{
    ConsoleRing *ring = frontend->ring;
    pthread_t thread;

    pthread_create(&thread, NULL, flip_indices, frontend);
    while (is_on()) {
        memset(ring->out, (int)any_number(), sizeof(ring->out));
        ring->out_prod = any_number();
        ring->out_cons = any_number();
        ring->in_cons = any_number();
        ring->in_prod = any_number();
        frontend_notify(frontend);
        ring->out_cons = ring->out_prod = any_number() | 0xfffff000;
        ring->in_cons = ring->in_prod = 0xffffff00;
        frontend_notify(frontend);
    }
    pthread_join(thread, NULL);
}

static void
attack_events(Frontend *frontend)
{
    while (is_on()) {
        for (unsigned i = 0; i < 1000; i++) {
            frontend_notify(frontend);
        }
    }
}

static const char *const odd_values[] = {
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "",
    "-1",
    "4 ",
    "04",
    "x",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "0x4",
    "nan",
    "4\n6",
    "%s%n",
    "2147483648",
};
#define N_ODD (sizeof(odd_values) / sizeof(odd_values[0]))

static void
attack_states(Frontend *frontend)
{
    char large[2048];

    memset(large, '4', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    while (is_on()) {
        device_write(frontend->devid, "state", odd_values[any_number() % N_ODD]);
        if (rounds % 64 == 0) {
            device_write(frontend->devid, "state", large);
        }
    }
}

static void
attack_garbage(Frontend *frontend)
{
    char number[16];

    while (is_on()) {
        snprintf(number, sizeof(number), "%u", any_number() % 16);
        device_write(frontend->devid, "ring-ref",
                     rounds % 2 ? number : odd_values[any_number() % N_ODD]);
        device_write(frontend->devid, "port",
                     rounds % 3 ? odd_values[any_number() % N_ODD] : number);
        device_write(frontend->devid, "state", "1");
        device_write(frontend->devid, "state", "3");
        usleep(20000);
        device_write(frontend->devid, "state", rounds % 2 ? "4" : "6");
    }
}

static void
attack_keys(Frontend *frontend)
{
    static const char *const keys[] = {"/state", "/ring-ref", "/port", "/protocol", "/backend", ""};
    char path[64];

    while (is_on()) {
        snprintf(path, sizeof(path), "device/console/%u%s", frontend->devid,
                 keys[any_number() % (sizeof(keys) / sizeof(keys[0]))]);
        store_remove(path);
        usleep(5000);
        device_write(frontend->devid, "backend-id", "0");
        device_write(frontend->devid, "ring-ref", "1");
        device_write(frontend->devid, "port", "1");
        device_write(frontend->devid, "type", "ioemu");
        device_write(frontend->devid, "name", "../../etc");
        device_write(frontend->devid, "state", odd_values[any_number() % 8]);
    }
}

/* Until xenstored says no, and then again and again. */
static void
attack_quota(Frontend *frontend)
{
    const char *node_error = NULL, *watch_error = NULL;
    unsigned long nodes = 0, watches = 0;
    char path[64];

    (void)frontend;
    while (is_on()) {
        snprintf(path, sizeof(path), "data/fill-%lu", rounds);
        node_error = store_write(path, "x");
        nodes += !node_error;
        node_error = node_error ? "refused" : NULL;
        watch_error = store_watch("data", path);
        watches += !watch_error;
        watch_error = watch_error ? "refused" : NULL;
    }
    printf("%lu nodes, the next was %s; %lu watches, the next was %s\n", nodes,
           node_error ? node_error : "taken", watches, watch_error ? watch_error : "taken");
}

typedef struct {
    const char *name;
    bool plays_frontend;
    void (*run)(Frontend *frontend);
} Attack;

static const Attack attacks[] = {
    {"indices", true, attack_indices}, {"events", true, attack_events},
    {"states", true, attack_states},   {"garbage", true, attack_garbage},
    {"keys", true, attack_keys},       {"quota", false, attack_quota},
};

static const Attack *
find_attack(const char *name)
{
    for (unsigned i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (strcmp(attacks[i].name, name) == 0) {
            return &attacks[i];
        }
    }
    errx(2, "no attack %s", name);
}

int
main(int argc, char **argv)
{
    Frontend frontend = {0};

    if (argc != 4) {
        errx(2, "usage: attack DEVID KIND SECONDS");
    }
    frontend.devid = (unsigned)atoi(argv[1]);
    if (strcmp(argv[2], "take") == 0) {
        driver_unbind(frontend.devid);
        return 0;
    }
    if (strcmp(argv[2], "release") == 0) {
        driver_bind(frontend.devid);
        return 0;
    }
    const Attack *attack = find_attack(argv[2]);
    if (attack->plays_frontend) {
        bool connected = frontend_take_over(&frontend, frontend.devid, 30);
        printf("connected: %s\n", connected ? "yes" : "no");
    }
    end = time(NULL) + atoi(argv[3]);
    attack->run(&frontend);
    printf("%s: %lu rounds\n", attack->name, rounds);
    return 0;
}

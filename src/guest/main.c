/* virtxl-guest-channel: what a guest does for one of its channels.
 *
 * How it works
 *
 * To Linux a channel is a console device on the xen bus, console-N, and a terminal, hvcM.
 * A udev rule has systemd start this program for each console-N, and systemd ends it when
 * that is gone. It waits until the kernel has set the console up, reads its name
 * (xenbus.h), finds its terminal (hvc_slots.h), opens that and sets it raw (terminal.h), and
 * then publishes the name (channel_files.h): only now udev makes the links to the
 * terminal, so whoever opens them finds it raw. It stays, without reading or writing, because a
 * terminal that nobody has open forgets its settings; and it takes the name back
 * when the terminal is hung up.
 *
 * It needs the C library only, and can be linked statically.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "guest/channel_files.h"
#include "guest/channel_name.h"
#include "guest/terminal.h"
#include "guest/xenbus.h"

enum {
    STATUS_FAILED = 1,   /* it may go better the next time */
    STATUS_HOPELESS = 2, /* the unit does not try again */
    SET_UP_ROUNDS = 300, /* half a minute, for a host that sets the channel up slowly */
    GONE_ROUNDS = 50,
};

/* Between two looks at a channel's state: 100 ms. */
static const struct timespec pause_between = {0, 100000000};

typedef struct {
    int xenbus;
    int devid;
    int hvc;
    char name[CHANNEL_NAME_MAX + 1];
} Channel;

static int
complain(const Channel *channel, const char *what)
{
    fprintf(stderr, "console-%d: %s: %s\n", channel->devid, what, strerror(errno));
    return STATUS_FAILED;
}

static int
read_node(int xenbus, int devid, const char *node, char *value, size_t size)
{
    char path[64];

    snprintf(path, sizeof(path), "device/console/%d/%s", devid, node);
    return xenbus_read(xenbus, path, value, size);
}

static int
read_state(int xenbus, int devid)
{
    char text[16];

    if (read_node(xenbus, devid, "state", text, sizeof(text)) < 0)
        return XENBUS_STATE_UNKNOWN;
    return (int)strtol(text, NULL, 10);
}

/* Under the folder's lock: gives each channel its hvc, as the kernel did. */
static int
update_slots(const Channel *channel, HvcSlots *slots)
{
    int states[HVC_DEVID_MAX + 1] = {0};

    channel_files_load_slots(slots);
    for (int devid = 1; devid <= HVC_DEVID_MAX; devid++)
        states[devid] = read_state(channel->xenbus, devid);
    hvc_slots_update(slots, states);
    return channel_files_save_slots(slots);
}

static int
take_slot(Channel *channel)
{
    HvcSlots slots;
    int lock = channel_files_lock();
    int saved;

    if (lock < 0)
        return complain(channel, CHANNEL_FOLDER);
    saved = update_slots(channel, &slots);
    close(lock);
    if (saved < 0)
        return complain(channel, CHANNEL_FOLDER);
    channel->hvc = hvc_slots_find(&slots, channel->devid);
    if (channel->hvc)
        return 0;
    fprintf(stderr, "console-%d: no terminal is left for it: Linux has %d for channels\n",
            channel->devid, HVC_MAX);
    return STATUS_HOPELESS;
}

/* The terminal is the next one's that the kernel gives it to. */
static void
free_slot(const Channel *channel)
{
    HvcSlots slots;
    int lock = channel_files_lock();

    if (lock < 0)
        return;
    channel_files_load_slots(&slots);
    hvc_slots_free(&slots, channel->devid);
    channel_files_save_slots(&slots);
    close(lock);
}

static bool
is_set_up(const Channel *channel)
{
    int state = read_state(channel->xenbus, channel->devid);

    return state == XENBUS_STATE_INITIALISED || state == XENBUS_STATE_CONNECTED;
}

static int
wait_until_set_up(const Channel *channel)
{
    for (int i = 0; i < SET_UP_ROUNDS; i++) {
        if (is_set_up(channel))
            return 0;
        nanosleep(&pause_between, NULL);
    }
    errno = ETIMEDOUT;
    return complain(channel, "not set up");
}

static int
read_name(Channel *channel)
{
    if (read_node(channel->xenbus, channel->devid, "name", channel->name, sizeof(channel->name)) <
            0 &&
        errno != EMSGSIZE)
        return complain(channel, "name");
    if (channel_name_is_valid(channel->name))
        return 0;
    fprintf(stderr, "console-%d: its name can't be a device's\n", channel->devid);
    return STATUS_HOPELESS;
}

static void
change_mask(int how, sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(how, signals, NULL);
}

/* While a name is published, a signal does not end us before it is taken back. */
static int
catch_signals(void)
{
    sigset_t signals;

    change_mask(SIG_BLOCK, &signals);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* From now on it ends us at once: the unit may be stopped, to be started for the next channel. */
static void
release_signals(void)
{
    sigset_t signals;

    change_mask(SIG_UNBLOCK, &signals);
}

/* Linux hangs up the terminal of a channel that goes before it says so in xenstore. If it does
 * not go, somebody else has hung up, and the channel is taken up again. */
static int
after_hangup(const Channel *channel)
{
    for (int i = 0; i < GONE_ROUNDS; i++) {
        if (!is_set_up(channel)) {
            free_slot(channel);
            return 0;
        }
        nanosleep(&pause_between, NULL);
    }
    errno = EIO;
    return complain(channel, "hung up");
}

/* Until the channel is gone or somebody ends us. */
static int
hold_terminal(const Channel *channel)
{
    int signals = catch_signals();
    int terminal, end, status = 0;
    char path[32];

    if (signals < 0)
        return complain(channel, "signalfd");
    snprintf(path, sizeof(path), "/dev/hvc%d", channel->hvc);
    terminal = terminal_open_raw(path);
    if (terminal < 0)
        return complain(channel, path);
    if (channel_files_publish(channel->hvc, channel->name) < 0)
        return complain(channel, "udev");
    end = terminal_wait(terminal, signals);
    if (end < 0)
        status = complain(channel, "wait");
    if (channel_files_withdraw(channel->hvc) < 0)
        status = complain(channel, "udev");
    release_signals();
    return end > 0 ? after_hangup(channel) : status;
}

static int
hold(Channel *channel)
{
    int status = wait_until_set_up(channel);

    if (!status)
        status = read_name(channel);
    if (!status)
        status = take_slot(channel);
    if (!status)
        status = hold_terminal(channel);
    return status;
}

int
main(int argc, char **argv)
{
    Channel channel = {.xenbus = -1};

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("virtxl-guest-channel " VIRTXL_VERSION);
        return 0;
    }
    if (argc != 2 || strlen(argv[1]) != 1 || argv[1][0] < '1' || argv[1][0] > '9') {
        fprintf(stderr, "usage: virtxl-guest-channel DEVID   (1 to %d)\n", HVC_DEVID_MAX);
        return STATUS_HOPELESS;
    }
    channel.devid = argv[1][0] - '0';
    channel.xenbus = open(XENBUS_DEVICE, O_RDWR | O_CLOEXEC);
    if (channel.xenbus < 0)
        return complain(&channel, XENBUS_DEVICE);
    return hold(&channel);
}

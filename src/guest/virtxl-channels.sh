#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guest's side of channels where there is no systemd: makes /dev/xen-channel/NAME and
# /dev/virtio-ports/NAME, raw and without echo, for each channel, and removes them when the
# channel has gone. It needs a shell and busybox's tools only, and runs as long as the
# guest does. In busybox's inittab:
#
#     ::respawn:/usr/sbin/virtxl-channels.sh
#
# or in an initramfs: virtxl-channels.sh &
#
# Once a second it looks which consoles the xen bus has. One that is new gets the lowest
# terminal that is free, as in the kernel, and a process that keeps it open, since a
# terminal that nobody has open forgets that it is raw.

consoles=/sys/bus/xen/devices
terminals= # CONSOLE:TERMINAL for each one that is known
trap '' HUP # of a terminal that is unplugged
export LC_ALL=C

# Prints the node $1 of this guest in xenstore. A request and its answer are type (2: read),
# request id, transaction id and length, of four bytes each, and then the path with a NUL,
# or the value. (A path of ours is shorter than 64 bytes.)
read_node() {
    {
        # shellcheck disable=SC2059 # the length is an escape
        printf "\\002\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\$(printf %03o $((${#1} + 1)))\\0\\0\\0$1\\0" >&4
        # shellcheck disable=SC2046 # four numbers
        set -- $(dd bs=16 count=1 <&4 2>/dev/null | od -A n -t u4)
        [ "${4:-0}" -gt 0 ] || return 1
        value=$(dd bs="$4" count=1 <&4 2>/dev/null)
        [ "$1" = 2 ] && printf '%s' "$value"
    } 4<>/dev/xen/xenbus
}

# May $1 be a file's name, and nothing more than that?
is_name() {
    case "$1" in
    '' | . | .. | *[!A-Za-z0-9#+.:=@_-]*) return 1 ;;
    esac
    [ ${#1} -le 255 ]
}

# Those that have gone leave their terminals to others.
forget_gone() {
    kept=
    for pair in $terminals; do
        [ -e "$consoles/console-${pair%:*}" ] && kept="$kept $pair"
    done
    terminals=$kept
}

# Sets "terminal" to the one of console $1, if it is known.
find_terminal() {
    for pair in $terminals; do
        terminal=${pair#*:}
        [ "${pair%:*}" = "$1" ] && return 0
    done
    return 1
}

# The kernel has set it up (3), or the host has connected it, too (4).
is_set_up() {
    case "$(read_node "device/console/$1/state")" in
    3 | 4) return 0 ;;
    esac
    return 1
}

# Sets "terminal" to the lowest that is free and gives it to console $1.
take_terminal() {
    for terminal in 1 2 3 4 5 6 7; do
        case "$terminals " in
        *":$terminal "*) ;;
        *)
            terminals="$terminals $1:$terminal"
            return 0
            ;;
        esac
    done
    return 1
}

# Keeps terminal $1 open and raw, with links of name $2 to it, until it is hung up.
hold() {
    {
        stty raw -echo <&3 || return 0
        ln -sf "../hvc$1" "/dev/virtio-ports/$2"
        ln -sf "../hvc$1" "/dev/xen-channel/$2"
        while stty <&3 >/dev/null 2>&1; do
            sleep 1
        done
        rm -f "/dev/xen-channel/$2" "/dev/virtio-ports/$2"
    } 3<>"/dev/hvc$1"
}

take_up() {
    find_terminal "$1" || { is_set_up "$1" && take_terminal "$1"; } || return 0
    eval "holder=\$holder_$terminal"
    # shellcheck disable=SC2154 # eval has set it
    [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null && return 0
    name=$(read_node "device/console/$1/name")
    if is_name "$name"; then
        hold "$terminal" "$name" &
        eval "holder_$terminal=$!"
    fi
}

mkdir -p /dev/xen-channel /dev/virtio-ports
# Of one that was killed: what it held is cooked again.
rm -f /dev/xen-channel/* /dev/virtio-ports/*
while :; do
    forget_gone
    for device in "$consoles"/console-[1-9]; do
        [ -e "$device" ] && take_up "${device##*-}"
    done
    sleep 1
done

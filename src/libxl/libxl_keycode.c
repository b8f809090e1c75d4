/* Linux numbered the keys of the first PC keyboards by their scancodes; a table has those
 * that came later.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_keycode.h"

#include <libvirt/libvirt.h>
#include <linux/input-event-codes.h>

#include "util/error.h"
#include "util/i18n.h"

#define QEMU_NUMBER_MAX 0xff
#define EXTENDED        0x80u /* in QEMU's number: a keyboard sends 0xe0 first */

static const struct {
    guint keycode;
    guint number;
} later_keys[] = {
    {KEY_RO, 0x73},        {KEY_HENKAN, 0x79},  {KEY_MUHENKAN, 0x7b}, {KEY_KPENTER, 0x9c},
    {KEY_RIGHTCTRL, 0x9d}, {KEY_KPSLASH, 0xb5}, {KEY_SYSRQ, 0x54},    {KEY_RIGHTALT, 0xb8},
    {KEY_HOME, 0xc7},      {KEY_UP, 0xc8},      {KEY_PAGEUP, 0xc9},   {KEY_LEFT, 0xcb},
    {KEY_RIGHT, 0xcd},     {KEY_END, 0xcf},     {KEY_DOWN, 0xd0},     {KEY_PAGEDOWN, 0xd1},
    {KEY_INSERT, 0xd2},    {KEY_DELETE, 0xd3},  {KEY_MUTE, 0xa0},     {KEY_VOLUMEDOWN, 0xae},
    {KEY_VOLUMEUP, 0xb0},  {KEY_POWER, 0xde},   {KEY_PAUSE, 0xc6},    {KEY_LEFTMETA, 0xdb},
    {KEY_RIGHTMETA, 0xdc}, {KEY_COMPOSE, 0xdd},
};

static bool
find_linux_key(guint keycode, guint *number)
{
    *number = keycode;
    if ((keycode >= KEY_ESC && keycode <= KEY_KPDOT) ||
        (keycode >= KEY_102ND && keycode <= KEY_F12))
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(later_keys); i++) {
        if (later_keys[i].keycode == keycode) {
            *number = later_keys[i].number;
            return true;
        }
    }
    return false;
}

/* 0xe0 before a scancode is its upper byte. */
static bool
find_scancode(guint keycode, guint *number)
{
    guint scancode = keycode & 0xff, prefix = keycode >> 8;

    *number = prefix ? scancode | EXTENDED : scancode;
    return scancode > 0 && scancode < EXTENDED && (prefix == 0 || prefix == 0xe0);
}

bool
libxl_keycode_to_qemu(guint codeset, guint keycode, guint *number, GError **error)
{
    bool is_known;

    switch (codeset) {
    case VIR_KEYCODE_SET_LINUX:
        is_known = find_linux_key(keycode, number);
        break;
    case VIR_KEYCODE_SET_XT:
    case VIR_KEYCODE_SET_ATSET1:
        is_known = find_scancode(keycode, number);
        break;
    case VIR_KEYCODE_SET_QNUM:
        *number = keycode;
        is_known = keycode > 0 && keycode <= QEMU_NUMBER_MAX;
        break;
    default:
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("keys of the code set %u can't be sent, only Linux', QEMU's "
                                  "(qnum) and scancodes of set 1"),
                                codeset);
    }
    if (!is_known)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("no key has the code %u"), keycode);
    return true;
}

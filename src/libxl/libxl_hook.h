/* Hooks: programs of the administrator's that are told of what happens to a domain.
 *
 * They are called as libvirt calls them: hooks/libxl, if it is there and executable, and after
 * it each program in hooks/libxl.d, by name; with the domain's name, the operation, where in it
 * we are ("begin" or "end") and "-" as arguments, and the domain's XML as input. Nobody has to
 * say when one is put there. Where there is none, nothing is made for it.
 *
 * All of this blocks as long as the programs run. The caller has the domain's job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

typedef enum {
    LIBXL_HOOK_PREPARE,   /* before anything is made for the start of a domain */
    LIBXL_HOOK_START,     /* before it is built */
    LIBXL_HOOK_STARTED,   /* it runs */
    LIBXL_HOOK_STOPPED,   /* it does not run any more */
    LIBXL_HOOK_RELEASE,   /* nothing of it is left */
    LIBXL_HOOK_RECONNECT, /* it runs and this driver, which has just started, has found it */
    LIBXL_HOOK_RESTORE,   /* before it is started from an image */
} LibxlHook;

/* @def: of the domain. Error: VIR_ERR_HOOK_SCRIPT_FAILED of the first that fails; others are
 * not called then. */
bool libxl_hook_call(LibxlDriver *driver, const DomainDef *def, LibxlHook hook, GError **error);

/* The same, where a failure changes nothing: it is a warning. */
void libxl_hook_tell(LibxlDriver *driver, const DomainDef *def, LibxlHook hook);

/* LIBXL_HOOK_RESTORE: what the programs write is the definition to restore with, in *@xml;
 * NULL: it stays as it is. */
bool libxl_hook_restore(LibxlDriver *driver, const DomainDef *def, char **xml, GError **error);
